// The command `mppc lsp`: its arguments and help.
import { Command } from "commander";

export function lspCommand(): Command {
  return new Command("lsp")
    .description("Serve an editor over the language server protocol, on standard input and output.")
    .option("--stdio", "the only way there is, which some editors ask for")
    .addHelpText("after", "\nHow editors are set up to start it: docs/editors.md\n")
    .action(async () => {
      const { lsp } = await import("../actions/lsp.js");
      await lsp();
    });
}
