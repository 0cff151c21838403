// The command `mppc sbc`: its arguments and help.
import { Command, Option } from "commander";
import { METHODS, STARTS, type MethodName } from "../../inference/settings.js";
import type { Context } from "../command-line.js";
import {
  couplingOption,
  dataOption,
  deviceOption,
  estimatorOption,
  fraction,
  particlesOption,
  sizeOption,
  wholeNumber,
  type DeviceChoice,
  type EstimationOptions,
  type Particles,
} from "../options.js";

export type SbcOptions = EstimationOptions & {
  readonly data?: readonly string[];
  readonly size?: ReadonlyMap<string, number>;
  readonly simulations: number;
  readonly draws: number;
  readonly level: number;
  readonly seed: number;
  readonly K?: Particles;
  readonly method: MethodName;
  readonly start: (typeof STARTS)[number];
  readonly iterations?: number;
  readonly simulateFrom?: string;
  readonly output?: string;
  readonly device: DeviceChoice;
  readonly json?: true;
  readonly all?: true;
};

export function sbcCommand(context: Context): Command {
  return new Command("sbc")
    .description(
      "Check inference by simulation: data sets are drawn from the model, and the truth is ranked among each posterior's draws.",
    )
    .usage("[options] <model>")
    .argument("<model>", "model source (.mpp)")
    .addOption(dataOption())
    .addOption(sizeOption())
    .option("--simulations <n>", "how many data sets, each with a run of its own", wholeNumber(10, 1e5), 200)
    .option("--draws <n>", "posterior draws that each truth is ranked among", wholeNumber(4, 1000), 63)
    .option("--level <p>", "how often a calibrated model fails, all its latents together", fraction, 0.01)
    .option("--seed <n>", "seed of the random numbers", wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(estimatorOption())
    .addOption(couplingOption())
    .addOption(particlesOption())
    .addOption(new Option("--method <method>", "how the guide is fitted").choices(METHODS).default("qem"))
    .addOption(new Option("--start <where>", "where the fit begins").choices(STARTS).default("tempered"))
    .option(
      "--iterations <n>",
      "iterations of each run (default: until the evidence has stopped rising)",
      wholeNumber(1, 1e9),
    )
    .option("--simulate-from <model>", "draw the data sets from another model with the same data")
    .option("--output <directory>", "where to leave ranks and figures (default: nowhere)")
    .addOption(deviceOption())
    .option("--json", "print the results as JSON")
    .option("--all", "print every latent, not only those farthest from uniform")
    .addHelpText(
      "after",
      "\nExit code 0 if all ranks are as uniform ones, 3 if not.\n\nExamples:\n  mppc sbc eight_schools.mpp --data sigma.json\n  mppc sbc model.mpp --size rows=20 --simulations 500 -K 100 --output calibration\n",
    )
    .action(async (model: string, options: SbcOptions) => {
      if (options.device !== "reference") await context.beforeDevice();
      const { sbc } = await import("../actions/sbc.js");
      context.finish(await sbc(model, options, context.terminal));
    });
}
