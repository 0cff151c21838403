// The command `mppc simulate`: its arguments and help.
import { Command, Option } from "commander";
import type { Context } from "../command-line.js";
import { dataOption, sizeOption, wholeNumber } from "../options.js";

const FORMATS = ["json", "csv"] as const;

export type SimulateOptions = {
  readonly data?: readonly string[];
  readonly size?: ReadonlyMap<string, number>;
  readonly draws: number;
  readonly seed: number;
  readonly given?: string;
  readonly from?: string;
  readonly output?: string;
  readonly format: (typeof FORMATS)[number];
};

export function simulateCommand(context: Context): Command {
  return new Command("simulate")
    .description("Draw data from a model: its latents, and then what it observes, given the covariates.")
    .usage("[options] <model>")
    .argument("<model>", "model source (.mpp) or compiled model (.mppc)")
    .addOption(dataOption())
    .addOption(sizeOption())
    .option("--draws <n>", "how many data sets", wholeNumber(1, 1_000_000), 1)
    .option("--seed <n>", "seed of the random numbers", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--given <file>", "JSON file with values of latents that are not to be drawn")
    .option("--from <run>", "take latents from the posterior draws of a finished run")
    .option("--output <place>", "a directory, or a file that ends in .json (default: <model>-simulated)")
    .addOption(new Option("--format <format>", "of the data sets").choices(FORMATS).default("json"))
    .addHelpText(
      "after",
      "\nExamples:\n  mppc simulate eight_schools.mpp --data sigma.json --output simulated.json\n  mppc simulate radon.mpp --data covariates.json --draws 20 --given truth.json\n  mppc simulate radon.mpp --from radon-run --draws 100 --output replicated\n",
    )
    .action(async (model: string, options: SimulateOptions) => {
      const { simulate } = await import("../actions/simulate.js");
      await simulate(model, options, context.terminal);
    });
}
