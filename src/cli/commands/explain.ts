// The command `mppc explain`: its arguments and help.
import { Command } from "commander";
import type { Context } from "../command-line.js";
import {
  couplingOption,
  dataOption,
  deviceOption,
  estimatorOption,
  modelAndData,
  optimizeOption,
  particlesOption,
  type DeviceChoice,
  type EstimationOptions,
  type Particles,
} from "../options.js";

export type ExplainOptions = EstimationOptions & {
  readonly data?: readonly string[];
  readonly K?: Particles;
  readonly measure?: true;
  readonly savings?: true;
  readonly device: DeviceChoice;
};

export function explainCommand(context: Context): Command {
  return new Command("explain")
    .description("Show how a model is computed: contraction steps, tables, operations, memory and kernels.")
    .usage("[options] <model>")
    .argument("[model]", "model source (.mpp) or compiled model (.mppc)")
    .addOption(dataOption())
    .addOption(estimatorOption())
    .addOption(couplingOption())
    .addOption(optimizeOption())
    .addOption(particlesOption())
    .option("--measure", "time every launch on the device")
    .option("--savings", "estimate an iteration without each optimisation, too")
    .addOption(deviceOption())
    .addHelpText("after", "\nExample:\n  mppc explain radon.mpp --data radon.json -K 30\n")
    .action(async (first: string | undefined, given: ExplainOptions, command: Command) => {
      const { model, data } = modelAndData(command, first, given.data);
      const options = data === undefined ? given : { ...given, data };
      const { explain } = await import("../actions/explain.js");
      await explain(model, options, context.terminal);
    });
}
