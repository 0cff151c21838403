// The command `mppc run`: its arguments and help.
import { Command, Option } from "commander";
import { METHODS, STARTS, type MethodName } from "../../inference/settings.js";
import { FORMAT_NAMES, type FormatName } from "../../results/formats.js";
import type { Context } from "../command-line.js";
import { formats } from "./export.js";
import {
  couplingOption,
  covarianceOption,
  dataOption,
  decays,
  deviceOption,
  estimatorOption,
  fraction,
  modelAndData,
  newElementsOption,
  optimizeOption,
  testOption,
  particlesOption,
  positive,
  wholeNumber,
  wholeNumbers,
  type DeviceChoice,
  type EstimationOptions,
  type Particles,
} from "../options.js";

export const DRAWS_FROM = ["iid", "stratified", "sobol"] as const;

export type RunOptions = EstimationOptions & {
  readonly data?: readonly string[];
  readonly method: MethodName;
  readonly start: (typeof STARTS)[number];
  readonly K?: Particles;
  readonly drawsFrom?: (typeof DRAWS_FROM)[number];
  readonly iterations?: number;
  readonly averagingWeight?: number;
  readonly step?: number;
  readonly decayAt?: readonly number[];
  readonly betas?: readonly [number, number];
  readonly seed: number;
  readonly init?: string;
  readonly resume?: string;
  readonly checkpointEvery: number;
  readonly draws?: number;
  readonly covariance?: readonly string[];
  readonly test?: readonly string[];
  readonly newElements?: readonly string[];
  readonly output?: string;
  readonly save?: readonly FormatName[];
  readonly device: DeviceChoice;
  readonly json?: true;
  readonly all?: true;
  readonly diagnostics?: true;
  readonly quiet?: true;
};

/** The options, without what is done with them. */
export const runOptions = (): Command =>
  new Command("run")
    .argument("[model]", "model source (.mpp) or compiled model (.mppc)")
    .addOption(dataOption())
    .addOption(estimatorOption())
    .addOption(couplingOption())
    .addOption(optimizeOption())
    .addOption(new Option("--method <method>", "how the guide is fitted").choices(METHODS).default("qem"))
    .addOption(particlesOption())
    .addOption(
      new Option("--start <where>", "where the fit begins: at the prior, or led from there by tempering")
        .choices(STARTS)
        .default("tempered"),
    )
    .addOption(
      new Option(
        "--draws-from <how>",
        "how particles are drawn (default: stratified; iid for --method vi)",
      ).choices(DRAWS_FROM),
    )
    .option(
      "--iterations <n>",
      "iterations (default: until the evidence has stopped rising)",
      wholeNumber(1, 1e9),
    )
    .option(
      "--averaging-weight <a>",
      "weight of the newest iteration in the moving average, 0 to 1",
      fraction,
    )
    .option("--step <size>", "step of the optimiser (rws, vi; default: 0.001)", positive)
    .option(
      "--decay-at <iterations>",
      "iterations after which the step is a tenth, as in 1000,2000 (default: once the evidence stops rising)",
      wholeNumbers,
    )
    .option("--betas <pair>", "decays of the optimiser's averages (default: 0.9,0.999)", decays)
    .option("--seed <n>", "seed of the random numbers", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--init <run>", "begin with the guide of an earlier run: its directory, or a guide.json")
    .option("--resume <directory>", "go on with a run that was stopped, with its model, data and options")
    .option("--checkpoint-every <seconds>", "how often to save what is done", positive, 30)
    .option(
      "--draws <n>",
      "draws from the posterior (default: 1000, fewer of very many latents)",
      wholeNumber(0, 1_000_000),
    )
    .addOption(covarianceOption("; all: of every group, and of groups that a factor joins"))
    .addOption(testOption())
    .addOption(newElementsOption())
    .option("--output <directory>", "where to leave the results (default: mppc-runs/<model>-<time>)")
    .addOption(
      new Option(
        "--save <formats>",
        `write the draws in further formats, as \`mppc export\` does: ${FORMAT_NAMES.join(", ")}`,
      ).argParser(formats),
    )
    .addOption(deviceOption())
    .option("--json", "print the results as JSON")
    .option("--all", "print every row of the summary")
    .option("--diagnostics", "print how many draws the particles of each group are worth, the worst first")
    .option("--quiet", "no progress");

export function runCommand(context: Context): Command {
  return runOptions()
    .description("Infer a model's posterior from data; print a summary and leave the results in a directory.")
    .usage("[options] <model>")
    .addHelpText(
      "after",
      "\nExamples:\n  mppc run radon.mpp --data radon.json -K 20\n  mppc run bus.mpp --data bus.json -K 30 -K globals=300 --seed 7 --output bus-run\n",
    )
    .action(async (first: string | undefined, given: RunOptions, command: Command) => {
      const { model, options } = await modelAndOptions(first, given, command);
      if (options.device !== "reference") await context.beforeDevice();
      const { run } = await import("../actions/run.js");
      await run(model, options, context.terminal);
    });
}

/** Those of the run to go on with, or as given. */
async function modelAndOptions(
  first: string | undefined,
  given: RunOptions,
  command: Command,
): Promise<{ readonly model: string; readonly options: RunOptions }> {
  if (given.resume !== undefined) {
    const { resumedRun } = await import("../resume.js");
    const explicit = Object.keys(given).filter((name) => command.getOptionValueSource(name) === "cli");
    return resumedRun(first, given, explicit);
  }
  const { model, data } = modelAndData(command, first, given.data);
  return { model, options: data === undefined ? given : { ...given, data } };
}
