// Posterior draws: the final sets of particles once more, and from each as many picks as its weight is worth.
import { withDerived } from "./derived.js";
import { FINAL_ITERATIONS, type FinalSampler } from "./final.js";
import { bufferAxes, elementCount, output, writeInputs } from "./layout.js";
import { programOf, sizesOf, type RunContext } from "./run.js";
import { ExtendedSizes, volume, type Axis } from "../ir/axis.js";
import { BUFFERS, DRAW_AXIS } from "../ir/interface.js";

/** Values of one quantity: element by element over `axes` (plates, event), the draws of an element side by side. */
export type DrawnValues = { readonly axes: readonly Axis[]; readonly values: Float32Array };

/** Draws from the posterior: each is one value of every latent, jointly. */
export type PosteriorDraws = {
  readonly count: number;
  /** How many come from each final set, in the order of the draws. */
  readonly perSet: readonly number[];
  readonly latents: ReadonlyMap<string, DrawnValues>;
  /** The model's own parameters, learned as points, by name. [event] */
  readonly parameters: ReadonlyMap<string, Float64Array>;
};

/** What of a run drawing takes. */
export type DrawContext = Pick<RunContext, "model" | "data" | "device" | "settings" | "onProgress">;

/** Numbers that a table of the draws' program may have. */
const MOST_NUMBERS = 2 ** 25;
/** Numbers that the draws of all latents may have where the user did not ask for any count. */
const MOST_UNASKED = 2 ** 23;
export const DEFAULT_DRAWS = 1000;

/** The default number of draws, fewer where latents are so many that their draws would be of no use as a file. */
export function defaultDraws(context: DrawContext): number {
  const compiled = programOf(context.model, "draws");
  const sizes = sizesOf(context, new Map());
  const numbers = context.model.interface.latents.reduce(
    (sum, l) => sum + volume(elementAxes(bufferAxes(compiled, BUFFERS.draws(l.name)) ?? []), sizes),
    0,
  );
  return Math.min(DEFAULT_DRAWS, Math.max(100, Math.floor(MOST_UNASKED / Math.max(1, numbers))));
}

/**
 * Picks `count` draws (fewer where a device's tables would grow too large). The particles are those of the final pass:
 * their random numbers follow from the seed and the set alone.
 */
export async function drawPosterior(
  context: DrawContext,
  sampler: FinalSampler,
  count: number,
): Promise<PosteriorDraws> {
  const { model, device, settings } = context;
  const data = await withDerived(model, context.data);
  const { seed, drawsFrom } = settings;
  const compiled = programOf(model, "draws");
  const most = mostPerSet(context, sampler);
  const weights = sampler.sets.map((set) => set.weight);
  const perSet = shareOut(Math.min(count, most * weights.length), weights).map((n) => Math.min(n, most));
  const total = perSet.reduce((sum, n) => sum + n, 0);
  const length = Math.max(...perSet);
  const sizes = new ExtendedSizes(sizesOf(context, sampler.particles), [[DRAW_AXIS, length]]);
  const latents = new Map<string, DrawnValues>();
  for (const { name } of model.interface.latents) {
    const axes = elementAxes(bufferAxes(compiled, BUFFERS.draws(name)) ?? []);
    latents.set(name, { axes, values: new Float32Array(elementCount(axes, sizes) * total) });
  }
  const loaded = await device.load(compiled, sizes);
  try {
    writeInputs(loaded, compiled, (name) => data.arrays.get(name) ?? sampler.guide.get(name));
    let from = 0;
    for (const [s, { iteration }] of sampler.sets.entries()) {
      const wanted = perSet[s] ?? 0;
      if (wanted === 0) continue;
      const outputs = await loaded.run({ seed, iteration: FINAL_ITERATIONS + iteration, drawsFrom });
      for (const [name, { values }] of latents) {
        const drawn = output(outputs, BUFFERS.draws(name));
        for (let e = 0; e * length < drawn.length; e++)
          values.set(drawn.subarray(e * length, e * length + wanted), e * total + from);
      }
      from += wanted;
      context.onProgress({ phase: "draws", drawn: from, of: total });
    }
  } finally {
    loaded.dispose();
  }
  const parameters = new Map(
    context.model.interface.parameters.map(({ name }) => [
      name,
      output(sampler.guide, BUFFERS.parameter(name)),
    ]),
  );
  return { count: total, perSet, latents, parameters };
}

/** Plates and event: what comes before the draws. */
const elementAxes = (axes: readonly Axis[]): readonly Axis[] =>
  axes.filter((axis) => axis.role !== "particle");

/** How many draws of one set the device's tables have room for. */
function mostPerSet(context: DrawContext, { particles }: FinalSampler): number {
  const { program } = programOf(context.model, "draws");
  const sizes = new ExtendedSizes(sizesOf(context, particles), [[DRAW_AXIS, 1]]);
  const perDraw = program.buffers
    .filter((buffer) => buffer.axes.some((axis) => axis.name === DRAW_AXIS))
    .map((buffer) => volume(buffer.axes, sizes));
  return Math.max(1, Math.floor(MOST_NUMBERS / Math.max(1, ...perDraw)));
}

/** `count` shared out in proportion to weights that sum to 1: each share is rounded up or down (systematic). */
export function shareOut(count: number, weights: readonly number[]): number[] {
  let sum = 0;
  let given = 0;
  return weights.map((weight) => {
    sum += weight * count;
    const share = Math.max(0, Math.floor(sum + 0.5) - given);
    given += share;
    return share;
  });
}
