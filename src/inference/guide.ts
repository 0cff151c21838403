// The guide's parameters: from moments by the families' own fits, element by element, and widened for the final pass.
import { writeInputs, type Inputs } from "./layout.js";
import { momentsForFit, type LatentMoments } from "./moments.js";
import type { CompiledProgram } from "../compiled.js";
import {
  BUFFERS,
  type GuideInterface,
  type GuideParameterInterface,
  type ModelInterface,
} from "../ir/interface.js";
import type { LoadedProgram } from "../runtime/device.js";

/** Values of the guide's parameters by the names of their buffers, [over, event]; the fixed ones too. */
export type GuideParameters = Map<string, Float64Array>;

/** The programs run on the host have no random numbers and no iterations. */
export const NO_RANDOMNESS = { seed: 0, iteration: 0, drawsFrom: "iid" } as const;

/** Can the device use it? Finite in float32, and inside the parameter's range. */
export function isUsable(parameter: GuideParameterInterface, value: number | undefined): boolean {
  const single = Math.fround(value ?? NaN);
  if (!Number.isFinite(single)) return false;
  switch (parameter.scale) {
    case "identity":
      return true;
    case "log":
      return single > 0;
    case "logit":
      return single > 0 && single < 1;
  }
}

/**
 * Sets a guide's parameters to new ones, element by element: an element of which any parameter is unusable keeps all of
 * its old ones. `only`: the parameters that may change. Returns how many elements were kept.
 */
export function accept(
  guide: GuideInterface,
  parameters: GuideParameters,
  outputs: ReadonlyMap<string, Float64Array>,
  only: (parameter: GuideParameterInterface) => boolean,
): number {
  const changes = guide.parameters.flatMap((parameter) => {
    const values = outputs.get(BUFFERS.newGuide(guide.latent, parameter.name));
    return values === undefined || !only(parameter) ? [] : [{ parameter, values }];
  });
  let kept = 0;
  for (const length of new Set(changes.map(({ values }) => values.length))) {
    const together = changes.filter(({ values }) => values.length === length);
    for (let e = 0; e < length; e++) {
      if (together.every(({ parameter, values }) => isUsable(parameter, values[e])))
        for (const { parameter, values } of together)
          target(parameters, guide.latent, parameter.name, length)[e] = values[e] ?? NaN;
      else kept++;
    }
  }
  return kept;
}

/** The array of a parameter; NaN throughout if it has no value yet. */
function target(
  parameters: GuideParameters,
  latent: string,
  parameter: string,
  length: number,
): Float64Array {
  const name = BUFFERS.guide(latent, parameter);
  const values = parameters.get(name) ?? new Float64Array(length).fill(NaN);
  parameters.set(name, values);
  return values;
}

/** A loaded program of the host with its description. */
export type HostProgram = { readonly compiled: CompiledProgram; readonly loaded: LoadedProgram };

/** Runs a program of the host on these inputs. */
export async function runOnHost(
  { compiled, loaded }: HostProgram,
  inputs: Inputs,
): Promise<ReadonlyMap<string, Float64Array>> {
  writeInputs(loaded, compiled, inputs);
  return loaded.run(NO_RANDOMNESS);
}

/**
 * The M-step: parameters from the running moments, of the latents in `only`. Returns how many elements kept their old ones,
 * by latent.
 */
export async function fitGuide(
  fit: HostProgram,
  moments: readonly LatentMoments[],
  parameters: GuideParameters,
  inputs: Inputs,
  only: readonly LatentMoments[] = moments,
): Promise<ReadonlyMap<string, number>> {
  const values = new Map<string, Float64Array>();
  for (const latent of moments)
    momentsForFit(latent).forEach((raw, i) => values.set(BUFFERS.moment(latent.guide.latent, i), raw));
  const outputs = await runOnHost(fit, (name) => values.get(name) ?? parameters.get(name) ?? inputs(name));
  return new Map(
    only.map(({ guide }) => [guide.latent, accept(guide, parameters, outputs, (p) => p.fitted)]),
  );
}

/** Particles from which on a group's guide is widened in full. */
const FULL_WIDENING = 26;

/**
 * Factor on the spread of a group's guide in the final pass, for a group of `dimension` numbers per plate element: 2 for
 * one, so that skewed and heavy tails get particles; ever less for more, as the weights' effective size falls like a
 * power of the dimension; and less where particles are few.
 */
export const widening = (dimension: number, particles: number): number =>
  1 + Math.min(1, particles / FULL_WIDENING) * dimension ** -0.55;

/** The guide with every latent's spread times `factor(latent)`; parameters that the family does not widen stay. */
export async function widenGuide(
  widen: HostProgram,
  model: ModelInterface,
  parameters: GuideParameters,
  factor: (latent: string) => number,
  inputs: Inputs,
): Promise<GuideParameters> {
  const factors = new Map(model.latents.map((l) => [BUFFERS.widenFactor(l.name), [factor(l.name)]]));
  const outputs = await runOnHost(widen, (name) => factors.get(name) ?? parameters.get(name) ?? inputs(name));
  const wider: GuideParameters = new Map([...parameters].map(([name, values]) => [name, values.slice()]));
  for (const guide of model.guides) accept(guide, wider, outputs, () => true);
  return wider;
}
