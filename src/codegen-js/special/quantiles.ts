// Quantile functions of discrete families in float64: the smallest count whose distribution function reaches u.
import { stirlingError } from "./gamma.js";
import { invPhi } from "./normal.js";

/** A distribution over lowest, lowest + 1, ..., highest, with what a search for its quantiles needs. */
type Lattice = {
  readonly lowest: number;
  readonly highest: number;
  readonly mean: number;
  readonly variance: number;
  readonly skewness: number;
  readonly excessKurtosis: number;
  readonly mass: (y: number) => number;
  /** mass(y + 1) / mass(y) */
  readonly up: (y: number) => number;
};

/** Above this variance the expansion below is right to 1e-6 of a count, and the sums would be long. */
const LARGEST_SUMMED_VARIANCE = 1e10;

/** Cornish and Fisher's expansion with the corrections for a lattice (as in Giles 2016, equation 2.4, for Poisson). */
function approximateQuantile(u: number, of: Lattice): number {
  const w = invPhi(u);
  const sd = Math.sqrt(of.variance);
  const skew = (of.skewness * (w * w - 1)) / 6;
  const kurtosis = (of.excessKurtosis * (w * w * w - 3 * w)) / 24;
  const skew2 = (of.skewness * of.skewness * (2 * w * w * w - 5 * w)) / 36;
  const x = of.mean + sd * (w + skew + kurtosis - skew2) - w / (24 * sd) + 0.5;
  // Of very small means it may be anything; Cantelli's inequality bounds the quantiles of any distribution.
  const most = of.mean + sd * Math.sqrt(u / (1 - u)) + 1;
  const least = of.mean - sd * Math.sqrt((1 - u) / u) - 1;
  const near = Math.max(least, Math.min(most, x));
  return Math.min(of.highest, Math.max(of.lowest, Math.floor(near)));
}

/** The sum of masses from y down (`step` -1) or up (`step` 1) to the end of the support. */
function tailSum(of: Lattice, y: number, step: 1 | -1): number {
  let mass = of.mass(y);
  let sum = mass;
  for (let at = y; step > 0 ? at < of.highest : at > of.lowest; at += step) {
    mass = step > 0 ? mass * of.up(at) : mass / of.up(at - 1);
    sum += mass;
    if (mass <= 1e-17 * sum) break;
  }
  return sum;
}

/** Walks from the approximation to the exact quantile, summing the tail that u is in. */
function quantile(u: number, of: Lattice): number {
  if (Number.isNaN(u) || Number.isNaN(of.mean)) return NaN;
  if (u <= 0) return of.lowest;
  if (u >= 1) return of.highest;
  let y = approximateQuantile(u, of);
  if (of.variance > LARGEST_SUMMED_VARIANCE) return y;
  let mass = of.mass(y);
  if (u <= 0.5) {
    let below = tailSum(of, y, -1); // P(Y <= y)
    while (y > of.lowest && below - mass >= u) {
      below -= mass;
      mass /= of.up(--y);
    }
    while (y < of.highest && below < u) {
      mass *= of.up(y++);
      below += mass;
    }
    return y;
  }
  let above = tailSum(of, y, 1); // P(Y >= y)
  while (y > of.lowest && above <= 1 - u) {
    mass /= of.up(--y);
    above += mass;
  }
  while (y < of.highest && above - mass > 1 - u) {
    above -= mass;
    mass *= of.up(y++);
  }
  return y;
}

/** x log(x / m) + m - x, the deviance that a count x adds at mean m (Loader 2000). */
const deviance = (x: number, m: number): number => x * Math.log1p((x - m) / m) - (x - m);

/** Smallest y with P(Y <= y) >= u for Y Poisson of mean `rate` >= 0. */
export function poissonQuantile(u: number, rate: number): number {
  if (!(rate > 0)) return rate === 0 ? 0 : NaN;
  return quantile(u, {
    lowest: 0,
    highest: Infinity,
    mean: rate,
    variance: rate,
    skewness: 1 / Math.sqrt(rate),
    excessKurtosis: 1 / rate,
    mass: (y) =>
      y === 0
        ? Math.exp(-rate)
        : Math.exp(-stirlingError(y) - deviance(y, rate)) / Math.sqrt(2 * Math.PI * y),
    up: (y) => rate / (y + 1),
  });
}

/** Smallest y with P(Y <= y) >= u for Y the successes of `trials` trials of probability `theta`. */
export function binomialQuantile(u: number, trials: number, theta: number): number {
  if (!(trials >= 0 && theta >= 0 && theta <= 1)) return NaN;
  if (theta === 0 || theta === 1 || trials === 0) return theta === 1 ? trials : 0;
  const failure = 1 - theta;
  const variance = trials * theta * failure;
  const mass = (y: number): number => {
    if (y === 0) return Math.exp(trials * Math.log1p(-theta));
    if (y === trials) return Math.exp(trials * Math.log(theta));
    const errors = stirlingError(trials) - stirlingError(y) - stirlingError(trials - y);
    const far = deviance(y, trials * theta) + deviance(trials - y, trials * failure);
    return Math.exp(errors - far) * Math.sqrt(trials / (2 * Math.PI * y * (trials - y)));
  };
  return quantile(u, {
    lowest: 0,
    highest: trials,
    mean: trials * theta,
    variance,
    skewness: (failure - theta) / Math.sqrt(variance),
    excessKurtosis: (1 - 6 * theta * failure) / variance,
    mass,
    up: (y) => ((trials - y) * theta) / ((y + 1) * failure),
  });
}
