// The command `mppc export`: its arguments and help.
import { Command, InvalidArgumentError, Option } from "commander";
import { didYouMean } from "../../diagnostic.js";
import { FORMAT_NAMES, FORMATS, type FormatName } from "../../results/formats.js";
import type { Context } from "../command-line.js";
import { dataOption, deviceOption, names, wholeNumber, type DeviceChoice } from "../options.js";

export type ExportOptions = {
  readonly to: readonly FormatName[];
  readonly output?: string;
  readonly data?: readonly string[];
  readonly chains: number;
  readonly device: DeviceChoice;
};

/** Parser of formats between commas. */
export function formats(text: string): readonly FormatName[] {
  return names(text).map((name) => {
    const found = FORMAT_NAMES.find((format) => format === name);
    if (found !== undefined) return found;
    const near = didYouMean(name, FORMAT_NAMES);
    throw new InvalidArgumentError(
      near === undefined
        ? `There are ${FORMAT_NAMES.join(", ")}.`
        : `There is no '${name}'. Did you mean ${near}?`,
    );
  });
}

export function exportCommand(context: Context): Command {
  return new Command("export")
    .description("Write a finished run's draws in the formats of Stan, Arrow, Parquet and ArviZ (Zarr).")
    .usage("[options] <run>")
    .argument("<run>", "directory that `mppc run` left")
    .addOption(
      new Option("--to <formats>", `formats between commas: ${FORMAT_NAMES.join(", ")}`)
        .argParser(formats)
        .makeOptionMandatory(),
    )
    .option("--output <path>", "where to, if it is one format (default: in the run's directory)")
    .option("--chains <n>", "chains to share the draws out among", wholeNumber(1, 1_000_000), 1)
    .addOption(dataOption())
    .addOption(deviceOption())
    .addHelpText(
      "after",
      "\nExamples:\n  mppc export radon-run --to zarr\n  mppc export radon-run --to stan-csv --chains 4 --output radon.csv\n",
    )
    .action(async (directory: string, options: ExportOptions) => {
      const computes = options.to.some((format) => FORMATS[format].takesFurther);
      if (computes && options.device !== "reference") await context.beforeDevice();
      const { exportRun } = await import("../actions/export.js");
      await exportRun(directory, options, context.terminal);
    });
}
