// What `mppc estimate` does: runs the estimator once on particles from a file.
import type { CompileOptions } from "../../compile.js";
import type { CompiledModel, CompiledProgram, ProgramName } from "../../compiled.js";
import { DiagnosticError, hasErrors, type Diagnostic } from "../../diagnostic.js";
import { allJointGroups, type LatentPair } from "../../inference/covariance.js";
import { withDerived } from "../../inference/derived.js";
import { writeInputs } from "../../inference/layout.js";
import { programOf } from "../../inference/run.js";
import { ExtendedSizes, type Sizes } from "../../ir/axis.js";
import { BUFFERS, type ModelInterface } from "../../ir/interface.js";
import type { BoundData } from "../../runtime/data.js";
import type { Device } from "../../runtime/device.js";
import { createReferenceDevice } from "../../runtime/reference.js";
import type { EstimateOptions, GradientKind } from "../commands/estimate.js";
import { loadData } from "../data-files.js";
import { adapterOf, languageOf, largestTable, withDevice } from "../device-choice.js";
import { gradientsUnavailable } from "../errors.js";
import { readGuideParameters, readParticles, type EstimateInput } from "../estimate-input.js";
import { estimateOutput } from "../estimate-output.js";
import { printDiagnostics } from "../failures.js";
import { readText } from "../files.js";
import { loadModel } from "../model-file.js";
import { preciseJson } from "../nested.js";
import { covariancePairs, jointReadout, type JointReadout } from "../readouts.js";
import type { Terminal } from "../terminal.js";

type Outputs = ReadonlyMap<string, Float64Array>;
const ONCE = { seed: 0, iteration: 0, drawsFrom: "iid" } as const;

export async function estimate(path: string, options: EstimateOptions, terminal: Terminal): Promise<void> {
  const source = loadModel(path, terminal, options);
  const kind = options.gradients ?? null;
  const joint = (options.joint ?? []).map((wanted) => jointReadout(source.head.interface, wanted));
  const pairs = options.covariance ? covariancePairs(source.head.interface, options.covariance) : null;
  const names = programNames(kind);
  const data = await loadData(source.head, options.data ?? [], terminal);
  const planned = source.compile({ programs: ["estimate", "fixed"], sizes: data.sizes });
  const input = readInput(planned, data, options, terminal);
  const sizes = new ExtendedSizes(data.sizes, input.particleSizes);
  await withDevice(options.device, terminal, async (device) => {
    const model = source.compile({
      programs: [...names, "fixed"],
      sizes,
      ...jointPrograms(source.head.interface, joint, pairs),
      adapter: adapterOf(device),
      language: languageOf(device),
      largestBinding: largestTable(device),
    });
    const fixed = await fixedParameters(model, data);
    const { arrays } = await withDerived(model, data);
    const values = (name: string): Float64Array | undefined =>
      input.inputs.get(name) ?? fixed.get(name) ?? arrays.get(name);
    const outputs = new Map<string, Float64Array>();
    for (const name of names)
      for (const [output, array] of await runOnce(device, programOf(model, name), sizes, values))
        outputs.set(output, array);
    const programs = names.map((name) => programOf(model, name));
    const { result, diagnostics } = estimateOutput(model, programs, outputs, sizes, input.inputs, {
      gradients: kind,
      joint,
      pairs,
    });
    printDiagnostics(diagnostics, terminal);
    terminal.out(`${preciseJson(result)}\n`);
  });
}

/** The joint weights that programs are to give; none if nothing is asked for. */
function jointPrograms(
  model: ModelInterface,
  joint: readonly JointReadout[],
  pairs: readonly LatentPair[] | null,
): Pick<CompileOptions, "joint"> {
  if (joint.length === 0 && pairs === null) return {};
  const names = model.groups.map((group) => group.name);
  const asked = joint.map(({ groups }) =>
    names.filter((name) => groups.some((group) => group.name === name)),
  );
  const all = [...asked, ...allJointGroups(model, pairs ?? [])];
  return { joint: [...new Map(all.map((groups) => [BUFFERS.joint(groups), groups])).values()] };
}

const programNames = (kind: GradientKind | null): readonly ProgramName[] =>
  kind === null ? ["estimate"] : ["estimate", `gradients_${kind}`];

/** Particles and guide parameters; a DiagnosticError for what is wrong with them, or where there are no such gradients. */
function readInput(
  model: CompiledModel,
  data: BoundData,
  options: EstimateOptions,
  terminal: Terminal,
): EstimateInput {
  const kind = options.gradients;
  const unavailable = kind === undefined ? undefined : model.gradientsUnavailable[kind];
  if (kind !== undefined && unavailable !== undefined)
    throw new DiagnosticError([gradientsUnavailable(kind, unavailable)]);
  const program = programOf(model, "estimate");
  const particles = readParticles(model, program, data.sizes, readText(options.particles));
  const file = options.guideParameters;
  const source = file === undefined ? null : readText(file);
  const guide = readGuideParameters(model, program, data.sizes, source);
  const diagnostics: Diagnostic[] = [...particles.diagnostics, ...guide.diagnostics];
  if (hasErrors(diagnostics) || particles.value === null || guide.value === null)
    throw new DiagnosticError(diagnostics);
  printDiagnostics(diagnostics, terminal);
  return { ...particles.value, inputs: new Map([...particles.value.inputs, ...guide.value]) };
}

/** The guide's arguments that the model fixes, and its parameters' first values, by the names of their buffers. */
async function fixedParameters(model: CompiledModel, data: BoundData): Promise<Outputs> {
  const values = await runOnce(createReferenceDevice(), programOf(model, "fixed"), data.sizes, (name) =>
    data.arrays.get(name),
  );
  const first = model.interface.parameters.flatMap(({ name }): [string, Float64Array][] => {
    const value = values.get(BUFFERS.newParameter(name));
    return value === undefined ? [] : [[BUFFERS.parameter(name), value]];
  });
  return new Map([
    ...first,
    ...model.interface.guides.flatMap(({ latent, parameters }) =>
      parameters.flatMap((parameter) => {
        const value = values.get(BUFFERS.newGuide(latent, parameter.name));
        return parameter.learned || value === undefined
          ? []
          : [[BUFFERS.guide(latent, parameter.name), value] as const];
      }),
    ),
  ]);
}

async function runOnce(
  device: Device,
  program: CompiledProgram,
  sizes: Sizes,
  values: (name: string) => Float64Array | undefined,
): Promise<Outputs> {
  const loaded = await device.load(program, sizes);
  try {
    writeInputs(loaded, program, values);
    return await loaded.run(ONCE);
  } finally {
    loaded.dispose();
  }
}
