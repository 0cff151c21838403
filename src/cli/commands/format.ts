// The command `mppc format`: its arguments and help.
import { Command } from "commander";
import type { Context } from "../command-line.js";

export type FormatOptions = { readonly check?: true; readonly stdinFilepath?: string };

export function formatCommand(context: Context): Command {
  return new Command("format")
    .description("Lay models out in one style, in place. Only white space changes.")
    .argument("<path...>", "models (.mpp), directories of them, or - for standard input to standard output")
    .option("--check", "change nothing; list the files that would change, and exit with 1 if there are any")
    .option("--stdin-filepath <path>", "where standard input comes from: for its configuration and messages")
    .addHelpText(
      "after",
      "\nLine width and indentation are those of .prettierrc or .editorconfig, else 100 and 2 spaces;\nfiles in .prettierignore and .gitignore are left alone.\n\nExample:\n  mppc format radon.mpp models/\n",
    )
    .action(async (paths: string[], options: FormatOptions) => {
      const { format } = await import("../actions/format.js");
      context.finish(await format(paths, options, context.terminal));
    });
}
