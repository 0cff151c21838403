// Weighted particles of the fitted guide, for `posterior.json`: one last pass of the posterior program.
import type { CompiledModel } from "../compiled.js";
import { withDerived } from "../inference/derived.js";
import type { GuideParameters } from "../inference/guide.js";
import { bufferAxes, output, writeInputs } from "../inference/layout.js";
import { programOf } from "../inference/run.js";
import { axisSizes, particlesPerGroup, type InferenceSettings } from "../inference/settings.js";
import { volume } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";
import { nestOver, type Nested } from "../runtime/arrangement.js";
import type { BoundData } from "../runtime/data.js";
import type { Device } from "../runtime/device.js";

/** More numbers than this are not written as JSON. */
const MOST_NUMBERS = 4_000_000;
/** An iteration number apart from those of the fit and of the final sets. */
const ITERATION = 0x60000000;

/** `posterior.json`: [plates..., K, event...] of each latent, [plates..., K] of each group's weights. */
export type WeightedParticles = {
  readonly log_evidence: number;
  readonly particles: Readonly<Record<string, Nested>>;
  readonly weights: Readonly<Record<string, Nested>>;
};

/** One set of weighted particles; null where they would be too many to be of use as JSON. */
export async function drawParticles(
  model: CompiledModel,
  data: BoundData,
  device: Device,
  settings: InferenceSettings,
  guide: Readonly<Pick<GuideParameters, "get">>,
): Promise<WeightedParticles | null> {
  const compiled = programOf(model, "posterior");
  const { latents, groups } = model.interface;
  const sizes = axisSizes(data.sizes, model.interface, particlesPerGroup(model.interface, settings));
  const axesOf = (name: string) => bufferAxes(compiled, name) ?? [];
  const numbers = latents.reduce((sum, l) => sum + volume(axesOf(BUFFERS.particles(l.name)), sizes), 0);
  if (numbers > MOST_NUMBERS) return null;
  const loaded = await device.load(compiled, sizes);
  try {
    const { arrays } = await withDerived(model, data);
    writeInputs(loaded, compiled, (name) => arrays.get(name) ?? guide.get(name));
    const outputs = await loaded.run({
      seed: settings.seed,
      iteration: ITERATION,
      drawsFrom: settings.drawsFrom,
    });
    const nested = (name: string, wanted: readonly string[]): Nested =>
      nestOver(
        rounded(output(outputs, name)),
        axesOf(name).map((axis) => axis.name),
        wanted,
        sizes,
      );
    const axisOf = new Map(groups.map((group) => [group.name, group.axis]));
    const particleAxes = (l: (typeof latents)[number]): string[] => [
      ...l.plates,
      axisOf.get(l.group) ?? l.group,
      ...(l.event === null ? [] : [l.event]),
    ];
    return {
      log_evidence: output(outputs, BUFFERS.logEvidence)[0] ?? NaN,
      particles: Object.fromEntries(
        latents.map((l) => [l.name, nested(BUFFERS.particles(l.name), particleAxes(l))]),
      ),
      weights: Object.fromEntries(
        groups.map((g) => [g.name, nested(BUFFERS.weights(g.name), [...g.plates, g.axis])]),
      ),
    };
  } finally {
    loaded.dispose();
  }
}

/** To 9 digits: what float32 can hold, without the tail that its float64 form has. */
const rounded = (values: Float64Array): Float64Array => values.map((x) => Number(x.toPrecision(9)));
