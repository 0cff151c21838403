// Pareto smoothing of importance weights: tames the few largest, and says by its shape how far they can be trusted.

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
  const order = Uint32Array.from(weights.keys()).sort((a, b) => (weights[a] ?? 0) - (weights[b] ?? 0));
  const at = (i: number): number => weights[order[i] ?? 0] ?? 0;
  const threshold = at(order.length - size - 1);
  let first = order.length - size;
  while (first < order.length && at(first) <= threshold) first++;
  const count = order.length - first;
  const largest = at(order.length - 1);
  if (count < SMALLEST_TAIL || largest <= threshold * (1 + 1e-9)) return { shape: NaN };
  const excesses = Float64Array.from({ length: count }, (_, i) => at(first + i) - threshold);
  const { shape, scale } = fitGeneralisedPareto(excesses);
  if (!Number.isFinite(shape)) return { shape: NaN };
  for (let i = 0; i < count; i++) {
    const smoothed = threshold + paretoQuantile((i + 0.5) / count, shape, scale);
    weights[order[first + i] ?? 0] = Math.min(smoothed, largest);
  }
  return { shape };
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
  const shapeAt = (theta: number): number => excesses.reduce((sum, x) => sum + Math.log1p(-theta * x), 0) / n;
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
