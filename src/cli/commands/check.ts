// The command `mppc check`: its arguments and help.
import { Command } from "commander";
import type { Context } from "../command-line.js";

export function checkCommand(context: Context): Command {
  return new Command("check")
    .description("Print the errors and warnings of models, and nothing else.")
    .argument("<model...>", "model sources (.mpp)")
    .addHelpText("after", "\nExample:\n  mppc check radon.mpp\n")
    .action(async (paths: string[]) => {
      const { check } = await import("../actions/check.js");
      context.finish(check(paths, context.terminal));
    });
}
