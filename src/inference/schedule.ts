// How boldly the fit moves: the moving average's weight, the flattening of collapsed weights, and when to stop.
import * as weighting from "../ir/weighting.js";

/** Weight of the newest iteration in the moving average while the evidence still rises. */
export const SEARCH_WEIGHT = 0.3;
/** In the settling the weight falls like t^-0.7: faster and what is still off stays so, slower and the noise does. */
const SETTLE_POWER = 0.7;
/** How long the phases of a fit are at least, and the whole at most, in iterations. */
export type Pace = {
  readonly minimumSearch: number;
  readonly minimumSettle: number;
  /** The settling lasts at least this share of the search: where that was slow, the noise is slow to average out too. */
  readonly settleShare: number;
  readonly maximum: number;
  /** Iterations that the stopping rule looks at twice: at least, and at most. */
  readonly window: readonly [least: number, most: number];
};

export const QEM_PACE: Pace = {
  minimumSearch: 30,
  minimumSettle: 50,
  settleShare: 0.5,
  maximum: 1000,
  window: [15, 50],
};

/** Gradients move the guide by small steps, so that it takes many of them to see whether the evidence rises. */
export const GRADIENT_PACE: Pace = {
  minimumSearch: 400,
  minimumSettle: 200,
  settleShare: 0.25,
  maximum: 20_000,
  window: [100, 500],
};

/**
 * The weight of an iteration in the moving average. In the search it is constant; in the settling, where `settled`
 * counts the iterations already done, it falls from there like a power of t, so that the average's noise vanishes.
 */
export function averagingWeight(constant: number | null, settled: number | null): number {
  if (constant !== null) return constant;
  return settled === null
    ? SEARCH_WEIGHT
    : (settled + 1 + SEARCH_WEIGHT ** (-1 / SETTLE_POWER)) ** -SETTLE_POWER;
}

/** The formula of the same name, of numbers. */
export const flattening = (effectiveSize: number, particles: number): number =>
  weighting.flattening(weighting.NUMBERS, effectiveSize, particles);

/** The formula of the same name, of numbers. */
export const samplingNoise = (effectiveSize: number, particles: number, stratified: boolean): number =>
  weighting.samplingNoise(weighting.NUMBERS, effectiveSize, particles, Number(stratified));

/**
 * Has a trace stopped rising by more than its Monte Carlo error? Compares the mean of the newest `window`
 * iterations with that of the `window` before; the window grows with the trace between its bounds, so that slow rises are
 * seen. Entries that are not finite are left out.
 */
export function stoppedRising(
  trace: readonly number[],
  [least, most]: Pace["window"] = QEM_PACE.window,
): boolean {
  const finite = trace.filter(Number.isFinite);
  const window = Math.max(least, Math.min(most, Math.floor(finite.length / 4)));
  if (finite.length < 2 * window) return false;
  const newer = meanAndVariance(finite.slice(-window));
  const older = meanAndVariance(finite.slice(-2 * window, -window));
  const error = Math.sqrt((newer.variance + older.variance) / window);
  return newer.mean - older.mean <= error;
}

/** Mean and unbiased variance. */
export function meanAndVariance(values: readonly number[]): {
  readonly mean: number;
  readonly variance: number;
} {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, variance: squares / Math.max(1, values.length - 1) };
}
