// The command `mppc run`: its arguments and help.
import { Command, Option } from "commander";
import type { Context } from "../command-line.js";
import {
  dataOption,
  deviceOption,
  fraction,
  modelAndData,
  particlesOption,
  wholeNumber,
  type DeviceChoice,
  type Particles,
} from "../options.js";

export const METHODS = ["qem", "rws", "vi", "importance"] as const;
export const DRAWS_FROM = ["iid", "stratified", "sobol"] as const;

export type RunOptions = {
  readonly data?: readonly string[];
  readonly method: (typeof METHODS)[number];
  readonly K?: Particles;
  readonly drawsFrom: (typeof DRAWS_FROM)[number];
  readonly iterations?: number;
  readonly averagingWeight?: number;
  readonly seed: number;
  readonly output?: string;
  readonly device: DeviceChoice;
  readonly json?: true;
  readonly all?: true;
  readonly quiet?: true;
};

export function runCommand(context: Context): Command {
  return new Command("run")
    .description("Infer a model's posterior from data; print a summary and leave the results in a directory.")
    .usage("[options] <model>")
    .argument("[model]", "model source (.mpp) or compiled model (.mppc)")
    .addOption(dataOption())
    .addOption(new Option("--method <method>", "how the guide is fitted").choices(METHODS).default("qem"))
    .addOption(particlesOption())
    .addOption(
      new Option("--draws-from <how>", "how particles are drawn").choices(DRAWS_FROM).default("stratified"),
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
    .option("--seed <n>", "seed of the random numbers", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--output <directory>", "where to leave the results (default: mppc-runs/<model>-<time>)")
    .addOption(deviceOption())
    .option("--json", "print the results as JSON")
    .option("--all", "print every row of the summary")
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nExamples:\n  mppc run radon.mpp --data radon.json -K 20\n  mppc run bus.mpp --data bus.json -K 30 -K globals=300 --seed 7 --output bus-run\n",
    )
    .action(async (first: string | undefined, given: RunOptions, command: Command) => {
      const { model, data } = modelAndData(command, first, given.data);
      const options = data === undefined ? given : { ...given, data };
      if (options.device !== "reference") await context.beforeDevice();
      const { run } = await import("../actions/run.js");
      await run(model, options, context.terminal);
    });
}
