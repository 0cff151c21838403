// The density of draws: a kernel estimate, or the shares of a few whole numbers.
import { deviation, extent, quantile } from "./numbers.js";

export type Density = { readonly x: Float64Array; readonly density: Float64Array };

/** Where the density at the last draw is more than this share of its largest value, it ends there abruptly. */
const ABRUPT = 0.15;
/** Bandwidths that a density which fades out is drawn beyond the last draw. */
const FADING = 2.5;

/**
 * A Gaussian kernel estimate with Silverman's bandwidth, 0.9 min(sd, IQR / 1.34) n^(-1/5). Where the density ends
 * abruptly, as that of a scale at 0, what the kernels put beyond the end is reflected, so that it is not drawn as if it
 * fell off there. `within`: of what lies between these two alone, though it is of all draws. Null where the draws do not vary,
 * or nothing of the density lies there.
 */
export function kernelDensity(
  draws: ArrayLike<number>,
  points = 80,
  within: readonly [number, number] = [-Infinity, Infinity],
): Density | null {
  const sorted = Float64Array.from(draws).filter(Number.isFinite).sort();
  const [low, high] = extent(sorted);
  if (!(high > low)) return null;
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  const sd = deviation(sorted);
  const bandwidth = 0.9 * (spread > 0 ? Math.min(sd, spread) : sd) * sorted.length ** -0.2;
  const scale = 1 / (sorted.length * bandwidth * Math.sqrt(2 * Math.PI));
  const kernels = (at: number): number => {
    let sum = 0;
    for (const draw of sorted) {
      const z = (at - draw) / bandwidth;
      if (z < 6 && z > -6) sum += Math.exp(-0.5 * z * z);
    }
    return scale * sum;
  };
  const peak = [0.25, 0.5, 0.75].reduce((most, level) => Math.max(most, kernels(quantile(sorted, level))), 0);
  const [endsLow, endsHigh] = [kernels(low) > ABRUPT * peak, kernels(high) > ABRUPT * peak];
  const from = Math.max(within[0], endsLow ? low : low - FADING * bandwidth);
  const to = Math.min(within[1], endsHigh ? high : high + FADING * bandwidth);
  if (!(to > from)) return null;
  const x = Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  const density = x.map(
    (at) => kernels(at) + (endsLow ? kernels(2 * low - at) : 0) + (endsHigh ? kernels(2 * high - at) : 0),
  );
  return { x, density };
}

/** How often each whole number occurs, as a share of all. */
export function shares(values: ArrayLike<number>): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    counts.set(value, (counts.get(value) ?? 0) + 1 / values.length);
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}
