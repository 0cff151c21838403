// The command `mppc report`: its arguments and help.
import { Command } from "commander";
import type { Context } from "../command-line.js";

export type ReportOptions = { readonly output?: string; readonly open?: true };

export function reportCommand(context: Context): Command {
  return new Command("report")
    .description("Write a run's results as one HTML file with charts, which needs nothing else to be read.")
    .usage("[options] <run>")
    .argument("<run>", "directory that `mppc run` left")
    .option("--output <file>", "where to write it (default: <run>/report.html)")
    .option("--open", "show it in a browser")
    .addHelpText(
      "after",
      "\nExamples:\n  mppc report radon-run --open\n  mppc report radon-run --output radon.html\n",
    )
    .action(async (directory: string, options: ReportOptions) => {
      const { report } = await import("../actions/report.js");
      await report(directory, options, context.terminal);
    });
}
