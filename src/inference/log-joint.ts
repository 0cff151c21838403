// The log joint density of a model at posterior draws.
import type { PosteriorDraws } from "./draws.js";
import { output, writeInputs } from "./layout.js";
import { drawsPerRun, inputsAt, type KnownElements } from "./predict.js";
import { programOf, type InferenceData } from "./run.js";
import type { CompiledModel } from "../compiled.js";
import { ExtendedSizes } from "../ir/axis.js";
import { BUFFERS, DRAW_AXIS } from "../ir/interface.js";
import { createReferenceDevice } from "../runtime/reference.js";

/**
 * log p(data, latents) at each draw, in the order of the draws: the density of latents as the model declares them, with all
 * constants, and no Jacobian of any unconstrained scale. In float64, by the program `density`.
 */
export async function logJoint(
  model: CompiledModel,
  data: InferenceData,
  draws: PosteriorDraws,
): Promise<Float64Array> {
  const compiled = programOf(model, "density");
  const { count } = draws;
  const length = drawsPerRun(compiled, data.sizes, count);
  const sizes = new ExtendedSizes(data.sizes, [[DRAW_AXIS, length]]);
  const context = {
    model,
    data,
    known: new Map<string, KnownElements>(),
    countedFrom: new Map<string, number>(),
  };
  const found = new Float64Array(count);
  const loaded = await createReferenceDevice().load(compiled, sizes);
  try {
    for (let from = 0; from < count; from += length) {
      writeInputs(loaded, compiled, inputsAt(compiled, context, draws, from, length));
      const outputs = await loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
      found.set(output(outputs, BUFFERS.logJoint).subarray(0, Math.min(length, count - from)), from);
    }
    return found;
  } finally {
    loaded.dispose();
  }
}
