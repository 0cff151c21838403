// Independent draws of all latents from the prior, for those who compare it with the posterior.
import type { DrawnValues, PosteriorDraws } from "./draws.js";
import { bufferAxes, elementCount, output, writeInputs } from "./layout.js";
import { MOST_PER_RUN } from "./predict.js";
import { programOf, type InferenceData } from "./run.js";
import type { CompiledModel } from "../compiled.js";
import { ExtendedSizes } from "../ir/axis.js";
import { BUFFERS, PRIOR_AXIS } from "../ir/interface.js";
import { createReferenceDevice } from "../runtime/reference.js";

export type PriorDraws = { readonly count: number; readonly latents: ReadonlyMap<string, DrawnValues> };

/** Iteration numbers apart from those of everything else: of the random numbers of draws from the prior. */
const PRIOR_ITERATIONS = 0x60000000;
/** Numbers that all draws together may have. */
const MOST_KEPT = 2 ** 24;

/** Latents whose prior does not say how to draw from it. */
export const withoutDraws = ({ interface: model }: CompiledModel): readonly string[] =>
  model.latents.filter(({ hasDraw }) => !hasDraw).map(({ name }) => name);

/**
 * `count` draws, fewer where latents are very many, each of all latents jointly; every latent's prior can be drawn from.
 * `parameters`: the model's own, as they were learned. Each launch draws as many as there is room for at a time.
 */
export async function drawPrior(
  model: CompiledModel,
  data: InferenceData,
  parameters: PosteriorDraws["parameters"],
  seed: number,
  count: number,
): Promise<PriorDraws> {
  const compiled = programOf(model, "prior");
  const axesOf = (latent: string) =>
    (bufferAxes(compiled, BUFFERS.particles(latent)) ?? []).filter((axis) => axis.name !== PRIOR_AXIS);
  const names = model.interface.latents.map(({ name }) => name);
  const numbers = names.reduce((sum, name) => sum + elementCount(axesOf(name), data.sizes), 0);
  const kept = Math.max(1, Math.min(count, Math.floor(MOST_KEPT / Math.max(1, numbers))));
  const length = Math.max(1, Math.min(kept, Math.floor(MOST_PER_RUN / Math.max(1, numbers))));
  const latents = new Map(
    names.map((name): [string, DrawnValues] => {
      const axes = axesOf(name);
      return [name, { axes, values: new Float32Array(elementCount(axes, data.sizes) * kept) }];
    }),
  );
  const given = new Map([...parameters].map(([name, values]) => [BUFFERS.parameter(name), values]));
  const loaded = await createReferenceDevice().load(
    compiled,
    new ExtendedSizes(data.sizes, [[PRIOR_AXIS, length]]),
  );
  try {
    writeInputs(loaded, compiled, (name) => given.get(name) ?? data.arrays.get(name));
    for (let from = 0, run = 0; from < kept; from += length, run++) {
      const outputs = await loaded.run({ seed, iteration: PRIOR_ITERATIONS + run, drawsFrom: "iid" });
      const wanted = Math.min(length, kept - from);
      for (const [name, { values }] of latents) {
        const drawn = output(outputs, BUFFERS.particles(name));
        for (let e = 0; e * length < drawn.length; e++)
          values.set(drawn.subarray(e * length, e * length + wanted), e * kept + from);
      }
    }
  } finally {
    loaded.dispose();
  }
  return { count: kept, latents };
}
