// The command `mppc compile`: its arguments and help.
import { Command, InvalidArgumentError, Option } from "commander";
import type { Stage } from "../../compile.js";
import type { ProgramName } from "../../compiled.js";
import { didYouMean } from "../../diagnostic.js";
import type { Context } from "../command-line.js";
import { couplingOption, estimatorOption, optimizeOption, type EstimationOptions } from "../options.js";

/** A row for every stage, in the order of compilation: the compiler's own list is not loaded for `--help`. */
const STAGES = Object.keys({
  ast: 1,
  types: 1,
  factors: 1,
  ir: 1,
  plan: 1,
  kernels: 1,
  wgsl: 1,
  js: 1,
} satisfies Record<Stage, 1>) as Stage[];

const PROGRAMS = Object.keys({
  qem: 1,
  start: 1,
  rws: 1,
  vi: 1,
  posterior: 1,
  draws: 1,
  predict: 1,
  density: 1,
  estimate: 1,
  gradients_vi: 1,
  gradients_rws: 1,
  prior: 1,
  simulate: 1,
  replicate: 1,
  initial: 1,
  fit: 1,
  widen: 1,
  fixed: 1,
  bounds: 1,
  data: 1,
} satisfies Record<ProgramName, 1>) as ProgramName[];

export type CompileOptions = EstimationOptions & {
  readonly output?: string;
  readonly emit?: readonly Stage[];
  readonly program: ProgramName;
};

export function compileCommand(context: Context): Command {
  return new Command("compile")
    .description("Compile a model to a file, or print what a stage of the compiler makes of it.")
    .argument("<model>", "model source (.mpp)")
    .option("-o, --output <file>", "write the compiled model here (default: <model>.mppc)")
    .addOption(
      new Option("--emit <stage>", `print a stage instead (may be repeated): ${STAGES.join(", ")}`).argParser(
        stage,
      ),
    )
    .addOption(estimatorOption())
    .addOption(couplingOption())
    .addOption(optimizeOption())
    .addOption(
      new Option("--program <name>", "the program whose stages are printed").choices(PROGRAMS).default("qem"),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  mppc compile radon.mpp -o radon.mppc\n  mppc compile radon.mpp --emit wgsl\n",
    )
    .action(async (path: string, options: CompileOptions) => {
      const { compile } = await import("../actions/compile.js");
      compile(path, options, context.terminal);
    });
}

function stage(text: string, before: readonly Stage[] | undefined): readonly Stage[] {
  const known = STAGES.find((name) => name === text);
  if (known !== undefined) return [...(before ?? []), known];
  const near = didYouMean(text, STAGES);
  throw new InvalidArgumentError(
    near === undefined ? `The stages are ${STAGES.join(", ")}.` : `Did you mean ${near}?`,
  );
}
