// Pareto smoothing of importance weights: tames the few largest, and says by its shape how far they can be trusted.
import { orderStatistic } from "./quantiles.js";

/** Shape 0 or less: a light tail. Above 0.5 the weights' variance is infinite, above 1 their mean. */
export type Tail = { readonly shape: number };

/** Share of the weights, and multiple of the square root of their number, that make up the tail at most. */
const TAIL_SHARE = 0.2;
const TAIL_ROOTS = 3;
const SMALLEST_TAIL = 5;

/**
 * Replaces the largest of these weights, in place, by the expected order statistics of the generalised Pareto
 * distribution that is fitted to them, at most the largest weight itself; their order stays. Returns that distribution's
 * shape, NaN where there are too few different weights for a fit. Source: Vehtari, Simpson, Gelman, Yao and Gabry,
 * "Pareto smoothed importance sampling", 2024, section 3.
 */
export function smoothTail(weights: Float64Array): Tail {
  const size = Math.ceil(Math.min(TAIL_SHARE * weights.length, TAIL_ROOTS * Math.sqrt(weights.length)));
  if (size < SMALLEST_TAIL || size >= weights.length) return { shape: NaN };
  const threshold = orderStatistic(weights.slice(), weights.length - size - 1);
  const tail = indicesAbove(weights, threshold);
  const count = tail.length;
  const largest = weights[tail[count - 1] ?? 0] ?? NaN;
  if (count < SMALLEST_TAIL || largest <= threshold * (1 + 1e-9)) return { shape: NaN };
  const excesses = new Float64Array(count);
  for (let i = 0; i < count; i++) excesses[i] = (weights[tail[i] ?? 0] ?? NaN) - threshold;
  const { shape, scale } = fitGeneralisedPareto(excesses);
  if (!Number.isFinite(shape)) return { shape: NaN };
  for (let i = 0; i < count; i++) {
    const smoothed = threshold + paretoQuantile((i + 0.5) / count, shape, scale);
    weights[tail[i] ?? 0] = Math.min(smoothed, largest);
  }
  return { shape };
}

/** Places of the values above a threshold, by ascending value. */
function indicesAbove(values: Float64Array, threshold: number): Uint32Array {
  let count = 0;
  for (let i = 0; i < values.length; i++) if ((values[i] ?? NaN) > threshold) count++;
  const indices = new Uint32Array(count);
  for (let i = 0, to = 0; i < values.length; i++) if ((values[i] ?? NaN) > threshold) indices[to++] = i;
  return indices.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
}

/** Quantile of the generalised Pareto distribution at location 0. */
export function paretoQuantile(p: number, shape: number, scale: number): number {
  const log = Math.log1p(-p);
  return Math.abs(shape) < 1e-10 ? -scale * log : (scale * Math.expm1(-shape * log)) / shape;
}

/**
 * Shape and scale of a generalised Pareto distribution from ascending positive excesses: the quasi-Bayesian estimate of
 * Zhang and Stephens, "A new and efficient estimation method for the generalized Pareto distribution", Technometrics 2009,
 * with the weakly informative prior for the shape of Vehtari et al. (as ten observations at 0.5).
 */
export function fitGeneralisedPareto(excesses: Float64Array): {
  readonly shape: number;
  readonly scale: number;
} {
  const n = excesses.length;
  const largest = excesses[n - 1] ?? NaN;
  const quartile = excesses[Math.max(0, Math.floor(n / 4 + 0.5) - 1)] ?? NaN;
  const points = 30 + Math.floor(Math.sqrt(n));
  const thetas = Array.from(
    { length: points },
    (_, j) => 1 / largest + (1 - Math.sqrt(points / (j + 0.5))) / (3 * quartile),
  );
  const shapeAt = (theta: number): number => sumOfLogs(excesses, theta) / n;
  const logLikelihoods = thetas.map((theta) => {
    const k = shapeAt(theta);
    return n * (Math.log(-theta / k) - k - 1);
  });
  const most = Math.max(...logLikelihoods.filter(Number.isFinite));
  const posterior = logLikelihoods.map((l) => (Number.isFinite(l) ? Math.exp(l - most) : 0));
  const total = posterior.reduce((sum, w) => sum + w, 0);
  const theta = thetas.reduce((sum, t, j) => sum + (t * (posterior[j] ?? 0)) / total, 0);
  const k = shapeAt(theta);
  return { shape: (n * k + 10 * 0.5) / (n + 10), scale: -k / theta };
}

/** Products beyond this, or below its inverse, are taken the logarithm of before they leave float64's range. */
const LARGE_PRODUCT = 1e150;

/** Sum of log(1 - theta x): of the logarithms of products of many terms, as logarithms are what takes long. */
function sumOfLogs(xs: Float64Array, theta: number): number {
  let [sum, product] = [0, 1];
  for (let i = 0; i < xs.length; i++) {
    product *= 1 - theta * (xs[i] ?? NaN);
    if (product < LARGE_PRODUCT && product > 1 / LARGE_PRODUCT) continue;
    sum += Math.log(product);
    product = 1;
  }
  return sum + Math.log(product);
}
