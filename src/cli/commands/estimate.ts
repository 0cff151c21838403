// The command `mppc estimate`: its arguments and help.
import { Command, Option } from "commander";
import type { Context } from "../command-line.js";
import {
  couplingOption,
  covarianceOption,
  dataOption,
  deviceOption,
  estimatorOption,
  modelAndData,
  nameLists,
  optimizeOption,
  type DeviceChoice,
  type EstimationOptions,
} from "../options.js";

export type GradientKind = "vi" | "rws";
export type EstimateOptions = EstimationOptions & {
  readonly data?: readonly string[];
  readonly particles: string;
  readonly guideParameters?: string;
  readonly gradients?: GradientKind;
  readonly joint?: readonly (readonly string[])[];
  readonly covariance?: readonly string[];
  readonly device: DeviceChoice;
};

export function estimateCommand(context: Context): Command {
  return new Command("estimate")
    .description(
      "Compute evidence, weights, moments and gradients at given particles, and print them as JSON.",
    )
    .usage("[options] <model>")
    .argument("[model]", "model source (.mpp) or compiled model (.mppc)")
    .addOption(dataOption())
    .addOption(estimatorOption())
    .addOption(couplingOption())
    .addOption(optimizeOption())
    .requiredOption("--particles <file>", 'JSON with "K" and "particles": {latent: [plates..., K, event...]}')
    .option(
      "--guide-parameters <file>",
      'JSON with "guide_parameters": {latent: {parameter: [plates..., event...]}}',
    )
    .addOption(new Option("--gradients <kind>", "gradients by the guide's parameters").choices(["vi", "rws"]))
    .addOption(
      new Option(
        "--joint <names>",
        "joint weights of the particles of these latents or groups, as in mu,theta",
      ).argParser(nameLists),
    )
    .addOption(covarianceOption(""))
    .addOption(deviceOption())
    .addHelpText(
      "after",
      "\nExample:\n  mppc estimate radon.mpp --data radon.json --particles radon.json --guide-parameters radon.json\n",
    )
    .action(async (first: string | undefined, given: EstimateOptions, command: Command) => {
      const { model, data } = modelAndData(command, first, given.data);
      const options = data === undefined ? given : { ...given, data };
      if (options.device !== "reference") await context.beforeDevice();
      const { estimate } = await import("../actions/estimate.js");
      await estimate(model, options, context.terminal);
    });
}
