// Robust moments of draws from the prior: what a latent's first guide is fitted to.
import { elementCount, output, placesIn } from "./layout.js";
import type { LatentMoments } from "./moments.js";
import type { PlateSample } from "./plate-sample.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { BUFFERS, PRIOR_AXIS } from "../ir/interface.js";

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

/**
 * Robust means of one latent's statistics, per cell of its moments. `axes`: of the draws, the prior's axis last. Draws and
 * statistics are of the sample's elements; along plates of which it has a part, all cells get the mean over these.
 */
export function averageDraws(
  moments: LatentMoments,
  axes: readonly Axis[],
  draws: Float64Array,
  statistics: ReadonlyMap<string, Float64Array>,
  sample: PlateSample,
  sizes: Sizes,
): void {
  const { guide, raw } = moments;
  const elementAxes = axes.filter((axis) => axis.name !== PRIOR_AXIS);
  const cellAxes = moments.axes.filter((axis) => !sample.isPart(axis));
  const cells = placesIn(elementAxes, cellAxes, sample.sizes);
  const cellCount = elementCount(cellAxes, sample.sizes);
  const columns = guide.squareOf.map((_, i) => output(statistics, BUFFERS.statistic(guide.latent, i)));
  const count = (columns[0] ?? draws).length / cells.length;
  const trimmed = guide.squareOf.some((base) => base !== null) ? TRIMMED.squared : TRIMMED.other;
  const sums = columns.map(() => new Float64Array(cellCount));
  const used = new Float64Array(cellCount);
  const scratch = new Float64Array(count);
  cells.forEach((cell, e) => {
    const begin = e * count;
    // The elements of a whole vector go together: none of its draws can be left out for one of them.
    const kept = guide.whole ? EVERYTHING : middle(draws.subarray(begin, begin + count), trimmed, scratch);
    for (let k = begin; k < begin + count; k++) {
      if (!guide.whole && !isWithin(draws[k] ?? NaN, kept)) continue;
      if (!columns.every((column) => Math.abs(column[k] ?? NaN) <= FARTHEST)) continue;
      used[cell] = (used[cell] ?? 0) + 1;
      for (const [i, sum] of sums.entries()) sum[cell] = (sum[cell] ?? 0) + (columns[i]?.[k] ?? NaN);
    }
  });
  const means = sums.map((sum) => sum.map((x, c) => x / (used[c] ?? 0)));
  guide.squareOf.forEach((base, j) => {
    if (base === null) return;
    means[j]?.forEach((square, c, squares) => {
      const mean = means[base]?.[c] ?? 0;
      squares[c] = mean * mean + Math.max(0, square - mean * mean) / (guide.whole ? 1 : MIDDLE_HALF_VARIANCE);
    });
  });
  const places = cellAxes.length === moments.axes.length ? null : placesIn(moments.axes, cellAxes, sizes);
  raw.forEach((values, i) => {
    if (places === null) values.set(means[i] ?? []);
    else places.forEach((cell, c) => (values[c] = means[i]?.[cell] ?? NaN));
  });
}

/** Both ends included. */
export type Range = { readonly from: number; readonly to: number };
const EVERYTHING: Range = { from: -Infinity, to: Infinity };
const NOTHING: Range = { from: NaN, to: NaN };
export const isWithin = (x: number, { from, to }: Range): boolean => x >= from && x <= to;

/**
 * Where the draws lie that are left when a share `trimmed` of them is cut off at each end; of discrete draws, which have
 * honest moments, all. `scratch`: room for as many numbers.
 */
export function middle(
  draws: Float64Array,
  trimmed: number,
  scratch: Float64Array = new Float64Array(draws.length),
): Range {
  let [usable, near] = [0, 0];
  for (let k = 0; k < draws.length; k++) {
    const size = Math.abs(draws[k] ?? NaN);
    if (size <= FARTHEST) usable++;
    if (size <= NEAR) near++;
  }
  const isHonest = usable >= draws.length / 2 || near < ENOUGH_DRAWS * draws.length;
  const most = isHonest ? FARTHEST : NEAR;
  let count = 0;
  for (let k = 0; k < draws.length; k++) {
    const x = draws[k] ?? NaN;
    if (Math.abs(x) <= most) scratch[count++] = x;
  }
  const sorted = scratch.subarray(0, count).sort();
  let different = 0;
  for (let i = 0; i < count; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) different++;
  const cut = different < count / 2 ? 0 : Math.floor(trimmed * count);
  if (count === 0) return NOTHING;
  return { from: sorted[cut] ?? NaN, to: sorted[count - 1 - cut] ?? NaN };
}
