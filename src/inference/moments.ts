// Moments of the guide's sufficient statistics as the host has them: raw, in float64. The start fills them, the running
// moments of the device begin with them, and what follows takes them up.
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { elementCount, bufferAxes, output } from "./layout.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { BUFFERS, PRIOR_AXIS, type GuideInterface, type ModelInterface } from "../ir/interface.js";
import { MOST_NOISE } from "../ir/weighting.js";

/** Least variance that a fit may give: a share of the first one, and of the square of the mean (float32's resolution). */
const FLOOR_OF_FIRST = 1e-24;
const FLOOR_OF_MEAN = 1e-13;

/** The moments of one latent's guide. */
export type LatentMoments = {
  readonly guide: GuideInterface;
  readonly group: string;
  /** Axes of the moments: those over which any of the guide's fitted parameters varies. */
  readonly axes: readonly Axis[];
  /** Raw means of each statistic, [over, event]. */
  readonly raw: readonly Float64Array[];
  /** Variances that the guide began with, [over, event], for statistics with a square. */
  readonly firstVariance: Map<number, Float64Array>;
  /** Variance of the averaged mean by weights' noise, as a share of the variance, [over, event]. */
  readonly noise: Float64Array;
};

/** Guides that moments fit. */
export const fittedGuides = (model: ModelInterface): readonly GuideInterface[] =>
  model.guides.filter((guide) => guide.parameters.some((p) => p.fitted));

/** Moments, all zero as yet, of every guide that is fitted; `initial` is the program of that name. */
export function emptyMoments(model: ModelInterface, initial: CompiledProgram, sizes: Sizes): LatentMoments[] {
  return fittedGuides(model).map((guide) => {
    const latent = model.latents.find((l) => l.name === guide.latent);
    const drawn = bufferAxes(initial, BUFFERS.statistic(guide.latent, 0));
    if (latent === undefined || drawn === undefined)
      throw new Bug(`the guide of '${guide.latent}' has no moments`);
    const elementAxes = drawn.filter((axis) => axis.name !== PRIOR_AXIS);
    const learned = guide.parameters.filter((p) => p.fitted);
    const varying = new Set(learned.flatMap((p) => [...p.over, ...(p.event === null ? [] : [p.event])]));
    const axes = elementAxes.filter((axis) => varying.has(axis.name));
    const count = elementCount(axes, sizes);
    return {
      guide,
      group: latent.group,
      axes,
      raw: Array.from({ length: guide.statistics }, () => new Float64Array(count)),
      firstVariance: new Map(),
      noise: new Float64Array(count),
    };
  });
}

/** Remembers the present variances as the ones that later ones are compared with. */
export function rememberVariances(moments: LatentMoments): void {
  moments.guide.squareOf.forEach((base, j) => {
    if (base === null) return;
    const mean = at(moments.raw, base);
    moments.firstVariance.set(
      j,
      at(moments.raw, j).map((square, c) => Math.max(0, square - (mean[c] ?? 0) ** 2)),
    );
  });
}

/** The running moments that the device keeps for a latent, by the names of their buffers, and the constants of their update. */
export function runningMoments(moments: LatentMoments, isGiven: boolean): Map<string, Float64Array> {
  const { guide, raw, noise, firstVariance } = moments;
  const { latent } = guide;
  const running = raw.map((values, i): [string, Float64Array] => {
    const base = guide.squareOf[i] ?? null;
    const means = base === null ? null : at(raw, base);
    const own =
      means === null ? values.slice() : values.map((square, c) => Math.max(0, square - (means[c] ?? 0) ** 2));
    return [BUFFERS.running(latent, i), own];
  });
  const least = guide.squareOf.flatMap((base, j): [string, Float64Array][] =>
    base === null
      ? []
      : [
          [
            BUFFERS.leastVariance(latent, j),
            Float64Array.from(noise, (_, c) =>
              Math.max(FLOOR_OF_FIRST * (firstVariance.get(j)?.[c] ?? 0), 1e-30),
            ),
          ],
        ],
  );
  return new Map([
    ...running,
    ...least,
    [BUFFERS.noise(latent), noise.slice()],
    [BUFFERS.nonFinite(latent), new Float64Array(noise.length)],
    [BUFFERS.given(latent), Float64Array.of(isGiven ? 1 : 0)],
  ]);
}

/** The inverse of `runningMoments`: takes what the device kept. */
export function takeRunning(moments: LatentMoments, running: ReadonlyMap<string, Float64Array>): void {
  const { guide, raw, noise } = moments;
  const values = guide.squareOf.map((_, i) => output(running, BUFFERS.running(guide.latent, i)));
  guide.squareOf.forEach((base, i) => {
    const means = base === null ? null : at(values, base);
    raw[i]?.set(at(values, i).map((x, c) => x + (means?.[c] ?? 0) ** 2));
  });
  noise.set(output(running, BUFFERS.noise(guide.latent)));
}

/**
 * Moments as the fit should see them. The variance between a noisy running mean and the truth is missing from
 * E[t^2] - E[t]^2, so a guide that is fitted to them would shrink at every step; this puts the missing share back, and
 * holds variances above their floor.
 */
export function momentsForFit(moments: LatentMoments): Float64Array[] {
  const { guide, raw, noise, firstVariance } = moments;
  return raw.map((values, j) => {
    const base = guide.squareOf[j] ?? null;
    if (base === null) return values.slice();
    const means = at(raw, base);
    const first = firstVariance.get(j);
    return values.map((square, c) => {
      const mean = means[c] ?? 0;
      const share = Math.min(noise[c] ?? 0, MOST_NOISE);
      const variance = (square - mean * mean) / (1 - share);
      const floor = Math.max(FLOOR_OF_FIRST * (first?.[c] ?? 0), FLOOR_OF_MEAN * mean * mean, 1e-30);
      return mean * mean + Math.max(variance, floor);
    });
  });
}

function at<T>(list: readonly T[], i: number): T {
  const item = list[i];
  if (item === undefined) throw new Bug(`there is no statistic ${i}`);
  return item;
}
