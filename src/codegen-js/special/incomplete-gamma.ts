// The gamma distribution's tails in float64: regularised incomplete gamma functions, their quantiles, and how quantiles
// move with the shape.
import { digamma, lgamma, stirlingError } from "./gamma.js";
import { invPhi } from "./normal.js";
import {
  expm1Less,
  integratePanels,
  log1mExp,
  log1pLess,
  NEGLIGIBLE,
  rangeByQuadratic,
} from "./quadrature.js";

/** log(z) - digamma(a), without the cancellation of that difference for large a. */
export function logLessDigamma(z: number, a: number): number {
  if (a < 8) return Math.log(z) - digamma(a);
  const w = 1 / (a * a);
  const tail = 1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - w * (691 / 32760)))));
  const r = (z - a) / a;
  return (r < -0.5 ? Math.log(z / a) : Math.log1p(r)) + 0.5 / a + w * tail;
}

/**
 * The integral over s > 0 of (constant + linear s) times the density of log(t) at t = z exp(side s) over that at z, for t
 * of the gamma distribution of shape a and rate 1: over t > z for side 1, t < z for side -1.
 * Meant for the side on which z is beyond the distribution's middle; relative error about 1e-11 for shapes from 0.05 on.
 */
function tailOverDensity(a: number, z: number, side: 1 | -1, constant: number, linear: number): number {
  const fall = side * (z - a);
  const exponent = (s: number): number => -fall * s - z * expm1Less(side * s);
  let end = rangeByQuadratic(fall, z);
  if (side > 0) end = Math.min(end, Math.log1p((NEGLIGIBLE + a * Math.log1p((NEGLIGIBLE + 40 * a) / z)) / z));
  for (let step = 0; step < 5; step++) {
    const slope = -fall - z * side * Math.expm1(side * end);
    if (slope < 0) end = Math.max(end - (exponent(end) + NEGLIGIBLE) / slope, end / 4);
  }
  // Above, the integrand is flat until t = 1 and falls then; below, t has fallen to almost nothing at s = 3.
  const middle = Math.min(end, side > 0 ? Math.max(0, -Math.log(z)) : end > 6 ? 3 : 0);
  return integratePanels([0, middle, end], (s) => (constant + linear * s) * Math.exp(exponent(s)));
}

/** Which tail z is in: 1 above the distribution's middle exp(digamma(a)), -1 below. */
const sideOf = (delta: number): 1 | -1 => (delta > 0 ? 1 : -1);

const inRange = (z: number): number => Math.max(z, 1e-300);

/** log(z^a exp(-z) / Gamma(a)): the log density of the logarithm of a gamma variable of shape a and rate 1. */
export function logGammaKernel(a: number, z: number): number {
  if (!(a > 0 && z >= 0)) return NaN;
  const x = inRange(z);
  const r = (x - a) / a;
  const far = r < -0.5 ? Math.log(x / a) - r : log1pLess(r);
  return a * far - stirlingError(a) + 0.5 * Math.log(a / (2 * Math.PI));
}

/** The logarithm of the probability of the tail of z on this side. */
function logTail(a: number, z: number, side: 1 | -1): number {
  if (!(a > 0 && z >= 0)) return NaN;
  const x = inRange(z);
  const near = sideOf(logLessDigamma(x, a));
  const log = logGammaKernel(a, x) + Math.log(tailOverDensity(a, x, near, 1, 0));
  return near === side ? log : log1mExp(Math.min(log, 0));
}

/** log P(a, z), the logarithm of the regularised lower incomplete gamma function. */
export const logGammaP = (a: number, z: number): number => logTail(a, z, -1);

/** log Q(a, z), the logarithm of the regularised upper incomplete gamma function. */
export const logGammaQ = (a: number, z: number): number => logTail(a, z, 1);

/**
 * The z with P(a, z) = u: Newton's iterations for log(z) on the logarithm of the smaller tail, a concave function of it,
 * from Wilson and Hilferty's approximation (1931) or the power law near 0.
 */
export function gammaQuantile(u: number, a: number): number {
  if (!(a > 0 && u >= 0 && u <= 1)) return NaN;
  if (u === 0 || u === 1) return u === 0 ? 0 : Infinity;
  const side = u > 0.5 ? 1 : -1;
  const target = side > 0 ? Math.log1p(-u) : Math.log(u);
  const root = 1 - 1 / (9 * a) + invPhi(u) / (3 * Math.sqrt(a));
  let log =
    root > 0.2 ? Math.log(a * root ** 3) : Math.min((Math.log(u) + lgamma(a + 1)) / a, Math.log(a + 1));
  for (let i = 0; i < 40; i++) {
    const z = Math.exp(log);
    const tail = logTail(a, z, side);
    const step = (side * (tail - target)) / Math.exp(logGammaKernel(a, z) - tail);
    const next = Math.min(700, Math.max(-690, log + step));
    const isDone = Math.abs(next - log) <= 1e-14 * Math.max(1, Math.abs(log));
    log = next;
    if (isDone) break;
  }
  return Math.exp(log);
}

/**
 * dz/da for z the quantile of the gamma distribution of shape a and rate 1 at a fixed probability, in terms of z itself:
 * -(dF/da) / p at z (Figurnov, Mohamed and Mnih 2018). As dp/da = (log t - digamma(a)) p and p has the same mass for
 * every a, that is the integral of (log t - digamma(a)) p(t) / p(z) over t > z, or of its negative over t < z; the one
 * on which it has no change of sign is taken.
 * Relative error about 1e-11 for shapes from 0.05 on, 1e-9 down to 0.02.
 */
export function gammaQuantileSlope(shape: number, value: number): number {
  if (!(shape > 0 && value >= 0)) return NaN;
  const z = inRange(value);
  const delta = logLessDigamma(z, shape);
  return value * tailOverDensity(shape, z, sideOf(delta), Math.abs(delta), 1);
}
