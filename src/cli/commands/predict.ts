// The command `mppc predict`: its arguments and help.
import { Command } from "commander";
import type { Context } from "../command-line.js";
import { dataOption, deviceOption, newElementsOption, wholeNumber, type DeviceChoice } from "../options.js";

export type PredictOptions = {
  readonly data?: readonly string[];
  readonly newElements?: readonly string[];
  readonly seed: number;
  readonly output?: string;
  readonly device: DeviceChoice;
  readonly drawsCsv?: true;
  readonly json?: true;
  readonly all?: true;
};

export function predictCommand(context: Context): Command {
  return new Command("predict")
    .description(
      "Predict new data from a run's posterior draws: its log-likelihood, and the generated quantities on it.",
    )
    .usage("[options] <run>")
    .argument("<run>", "directory that `mppc run` left")
    .addOption(dataOption())
    .addOption(newElementsOption())
    .option("--seed <n>", "seed of the random numbers", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--output <directory>", "where to leave the predictions (default: <run>/predictions)")
    .addOption(deviceOption())
    .option("--draws-csv", "keep the generated quantities of every draw besides, as draws.csv")
    .option("--json", "print the results as JSON")
    .option("--all", "print every row of the predictions")
    .addHelpText(
      "after",
      "\nExamples:\n  mppc predict radon-run --data more-zips.json\n  mppc predict radon-run --data other-states.json --new-elements states\n",
    )
    .action(async (directory: string, options: PredictOptions) => {
      if (options.device !== "reference") await context.beforeDevice();
      const { predict } = await import("../actions/predict.js");
      await predict(directory, options, context.terminal);
    });
}
