// The command `mppc devices`: its arguments and help.
import { Command, Option } from "commander";
import type { Context } from "../command-line.js";

export type DevicesOptions = {
  readonly installSoftwareVulkan?: true;
  readonly force?: true;
  readonly json?: true;
};

export function devicesCommand(context: Context): Command {
  return new Command("devices")
    .description("List the devices that mppc can compute on, and which it takes.")
    .option("--install-software-vulkan", "install Mesa's software Vulkan driver for mppc alone, without root")
    .addOption(new Option("--force", "with --install-software-vulkan: install it anew"))
    .addOption(new Option("--json", "print the list as JSON").conflicts("installSoftwareVulkan"))
    .addHelpText("after", "\nExamples:\n  mppc devices\n  mppc devices --install-software-vulkan\n")
    .action(async (options: DevicesOptions) => {
      await context.beforeDevice();
      const { devices } = await import("../actions/devices.js");
      await devices(options, context.terminal);
    });
}
