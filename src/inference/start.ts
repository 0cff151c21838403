// The first guide: what the model's author wrote, and for the rest a robust fit to draws from the prior.
import { InferenceError, noStart } from "./errors.js";
import { accept, fitGuide, isUsable, runOnHost, type GuideParameters, type HostProgram } from "./guide.js";
import { bufferAxes, elementCount, output, placesIn, writeInputs, type Inputs } from "./layout.js";
import type { SavedArrays } from "./method.js";
import { rememberVariances, type LatentMoments } from "./moments.js";
import { Bug } from "../diagnostic.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { BUFFERS, PRIOR_AXIS, type ModelInterface } from "../ir/interface.js";

/**
 * Shares of the prior's draws left out at each end: scales such as half-Cauchy or exp(normal) have no moments. Families
 * with a square among their statistics are fitted to the middle half, the variance scaled up to what it would be if the
 * draws were normal; others, for which there is no such remedy, to the middle 90 %.
 */
export const TRIMMED = { squared: 0.25, other: 0.05 } as const;
/** Variance of a standard normal between its quartiles: 1 - 2 z phi(z) / 0.5 at z = 0.6745. */
export const MIDDLE_HALF_VARIANCE = 0.142652;
/**
 * Draws further out say nothing: they come of priors such as inv_gamma(0.001, 0.001). Where most draws are such, only
 * near ones count, as a start that is too narrow is widened by tempering more easily than an overflowing one is narrowed.
 */
const FARTHEST = 1e10;
const NEAR = 1e4;
const ENOUGH_DRAWS = 0.01;
const FEWEST_PRIOR_DRAWS = 64;

/** Draws from the prior that fit into `bytes`: every latent's draws and statistics are held at once, in float64. */
export function priorDrawCount(
  model: ModelInterface,
  sizes: Sizes,
  most: number,
  bytes: number,
  axesOf: (latent: string) => readonly Axis[],
): number {
  const numbers = model.guides.reduce((sum, guide) => {
    const axes = axesOf(guide.latent).filter((axis) => axis.name !== PRIOR_AXIS);
    return sum + elementCount(axes, sizes) * (2 + guide.statistics);
  }, 0);
  const fit = Math.floor(bytes / (8 * Math.max(1, numbers)));
  return Math.max(Math.min(most, fit), Math.min(most, FEWEST_PRIOR_DRAWS));
}

export type Start = {
  readonly parameters: GuideParameters;
  /** Latents of which the model gives a first value: their moments are those of the guide, not of the prior. */
  readonly given: ReadonlySet<string>;
};

export type StartPrograms = {
  readonly fixed: HostProgram;
  readonly prior: HostProgram;
  readonly initial: HostProgram;
  readonly fit: HostProgram;
};

/**
 * The guide's first parameters and, in `moments`, the moments of the prior's draws: for every latent with something to
 * learn, means of its statistics over the middle of its draws (see `TRIMMED`). Parameters that the model gives, and
 * above these `init`, take precedence.
 */
export async function startGuide(
  programs: StartPrograms,
  model: ModelInterface,
  moments: readonly LatentMoments[],
  inputs: Inputs,
  sizes: Sizes,
  seed: number,
  init: SavedArrays = new Map(),
): Promise<Start> {
  const written = new Map([...(await runOnHost(programs.fixed, inputs)), ...asNewGuide(model, init)]);
  const parameters: GuideParameters = new Map(
    model.parameters.map(({ name }) => {
      const buffer = BUFFERS.parameter(name);
      return [buffer, (init.get(buffer) ?? output(written, BUFFERS.newParameter(name))).slice()];
    }),
  );
  const { compiled, loaded } = programs.prior;
  writeInputs(loaded, compiled, (name) => inputs(name) ?? parameters.get(name));
  const draws = await loaded.run({ seed, iteration: 0, drawsFrom: "iid" });
  for (const guide of model.guides) accept(guide, parameters, written, () => true);
  const known: Inputs = (name) => draws.get(name) ?? parameters.get(name) ?? inputs(name);
  const statistics = await runOnHost(programs.initial, unknownAsNaN(programs.initial, known, sizes));
  for (const latent of moments) {
    const axes = latent.guide.whole
      ? bufferAxes(programs.initial.compiled, BUFFERS.statistic(latent.guide.latent, 0))
      : bufferAxes(compiled, BUFFERS.particles(latent.guide.latent));
    if (axes === undefined) throw new Bug(`the prior does not draw '${latent.guide.latent}'`);
    averageDraws(latent, axes, output(draws, BUFFERS.particles(latent.guide.latent)), statistics, sizes);
    takeGiven(latent, written, statistics);
    rememberVariances(latent);
  }
  await fitGuide(programs.fit, moments, parameters, unknownAsNaN(programs.fit, inputs, sizes));
  const given = new Set<string>();
  for (const guide of model.guides) {
    accept(guide, parameters, written, () => true);
    const isGiven = (p: string): boolean => written.has(BUFFERS.newGuide(guide.latent, p));
    if (guide.parameters.some((p) => p.learned && isGiven(p.name))) given.add(guide.latent);
    const missing = guide.parameters.find((p) => {
      const values = parameters.get(BUFFERS.guide(guide.latent, p.name));
      return values === undefined ? p.learned : values.some((x) => !isUsable(p, x));
    });
    if (missing !== undefined) throw new InferenceError(noStart(guide.latent, missing.name));
  }
  return { parameters, given };
}

/** The moments that a guide in a correlated group has of itself, where its parameters are given, in place of the draws'. */
function takeGiven({ guide, raw }: LatentMoments, written: SavedArrays, statistics: SavedArrays): void {
  const isGiven = guide.parameters.every(
    (p) => !p.learned || written.has(BUFFERS.newGuide(guide.latent, p.name)),
  );
  raw.forEach((values, i) => {
    const own = statistics.get(BUFFERS.guideMoment(guide.latent, i));
    if (isGiven && own !== undefined) values.set(own);
  });
}

/** Parameters of guides under the names that programs give them back by. */
const asNewGuide = (model: ModelInterface, parameters: SavedArrays): SavedArrays =>
  new Map(
    model.guides.flatMap(({ latent, parameters: of }) =>
      of.flatMap(({ name }): [string, Float64Array][] => {
        const values = parameters.get(BUFFERS.guide(latent, name));
        return values === undefined ? [] : [[BUFFERS.newGuide(latent, name), values]];
      }),
    ),
  );

/** Parameters that have no value before the first fit, which few families look at, are not numbers. */
function unknownAsNaN({ compiled }: HostProgram, known: Inputs, sizes: Sizes): Inputs {
  return (name) => {
    const axes = bufferAxes(compiled, name);
    return (
      known(name) ??
      (axes === undefined || !name.startsWith("guide.")
        ? undefined
        : new Float64Array(elementCount(axes, sizes)).fill(NaN))
    );
  };
}

/** Robust means of one latent's statistics, per cell of its moments. `axes`: of the draws, the prior's axis last. */
function averageDraws(
  moments: LatentMoments,
  axes: readonly Axis[],
  draws: Float64Array,
  statistics: ReadonlyMap<string, Float64Array>,
  sizes: Sizes,
): void {
  const { guide, raw } = moments;
  const elementAxes = axes.filter((axis) => axis.name !== PRIOR_AXIS);
  const cells = placesIn(elementAxes, moments.axes, sizes);
  const columns = guide.squareOf.map((_, i) => output(statistics, BUFFERS.statistic(guide.latent, i)));
  const count = (columns[0] ?? draws).length / cells.length;
  const trimmed = guide.squareOf.some((base) => base !== null) ? TRIMMED.squared : TRIMMED.other;
  const sums = columns.map(() => new Float64Array(moments.noise.length));
  const used = new Float64Array(moments.noise.length);
  cells.forEach((cell, e) => {
    // The elements of a whole vector go together: none of its draws can be left out for one of them.
    const kept = guide.whole
      ? Array.from({ length: count }, (_, k) => k)
      : middle(draws.subarray(e * count, (e + 1) * count), trimmed);
    for (const k of kept) {
      const values = columns.map((column) => column[e * count + k] ?? NaN);
      if (!values.every((x) => Math.abs(x) <= FARTHEST)) continue;
      used[cell] = (used[cell] ?? 0) + 1;
      sums.forEach((sum, i) => (sum[cell] = (sum[cell] ?? 0) + (values[i] ?? 0)));
    }
  });
  raw.forEach((means, i) => means.set((sums[i] ?? means).map((sum, c) => sum / (used[c] ?? 0))));
  guide.squareOf.forEach((base, j) => {
    if (base === null) return;
    const means = raw[base];
    raw[j]?.forEach((square, c, squares) => {
      const mean = means?.[c] ?? 0;
      squares[c] = mean * mean + Math.max(0, square - mean * mean) / (guide.whole ? 1 : MIDDLE_HALF_VARIANCE);
    });
  });
}

/**
 * Indices of the draws that are left when a share `trimmed` of them is cut off at each end; of discrete draws, which have
 * honest moments, all.
 */
export function middle(draws: Float64Array, trimmed: number): number[] {
  const within = (most: number): number[] =>
    Array.from(draws.keys()).filter((k) => Math.abs(draws[k] ?? NaN) <= most);
  const [near, usable] = [within(NEAR), within(FARTHEST)];
  const isHonest = usable.length >= draws.length / 2 || near.length < ENOUGH_DRAWS * draws.length;
  const order = isHonest ? usable : near;
  if (new Set(draws).size < draws.length / 2) return order;
  order.sort((a, b) => (draws[a] ?? 0) - (draws[b] ?? 0));
  const cut = Math.floor(trimmed * order.length);
  return order.slice(cut, order.length - cut);
}
