// Modified Bessel functions of the first kind, and the von Mises distribution's quantiles, in float64.
import { invPhi } from "./normal.js";

/** Below this, power series; above, asymptotic ones, whose smallest term is then below exp(-40). */
const SERIES_ENDS = 20;

/** The sum over k >= 1 of (x^2 / 4)^k / (k! (k + order)!), times order!; order 0 or 1. */
function powerSeries(x: number, order: 0 | 1): number {
  const t = 0.25 * x * x;
  let term = 1;
  let sum = 0;
  for (let k = 1; k < 200; k++) {
    term *= t / (k * (k + order));
    sum += term;
    if (term <= 1e-18 * sum) break;
  }
  return sum;
}

/** I_order(x) sqrt(2 pi x) exp(-x) by Hankel's expansion; Abramowitz and Stegun 9.7.1. */
function hankelSeries(x: number, order: 0 | 1): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 40; k++) {
    term *= ((2 * k - 1) ** 2 - 4 * order) / (8 * k * x);
    sum += term;
    if (Math.abs(term) <= 1e-18) break;
  }
  return sum;
}

/** log(I_0(x)), where I_0 is the modified Bessel function of the first kind of order 0. Even in x. */
export function logBesselI0(argument: number): number {
  const x = Math.abs(argument);
  if (x < SERIES_ENDS) return Math.log1p(powerSeries(x, 0));
  return x - 0.5 * Math.log(2 * Math.PI * x) + Math.log(hankelSeries(x, 0));
}

/** I_1(x) / I_0(x), the derivative of log(I_0(x)): the mean cosine of a von Mises angle of concentration x. Odd. */
export function besselRatio(argument: number): number {
  const x = Math.abs(argument);
  const ratio =
    x < SERIES_ENDS
      ? (0.5 * x * (1 + powerSeries(x, 1))) / (1 + powerSeries(x, 0))
      : hankelSeries(x, 1) / hankelSeries(x, 0);
  return argument < 0 ? -ratio : ratio;
}

/** Above this concentration the quantile comes from Hill's normal approximation, right to 1e-9. */
const NORMAL_FROM = 50;

/**
 * The angle in [-pi, pi] below which a von Mises angle of mean 0 and concentration `kappa` >= 0 falls with probability u.
 * Newton's iterations on the distribution function (Hill 1977, algorithm 518), each kept inside its bracket.
 */
export function vonMisesQuantile(u: number, kappa: number): number {
  if (Number.isNaN(u) || !(kappa >= 0)) return NaN;
  if (u <= 0) return -Math.PI;
  if (u >= 1) return Math.PI;
  if (u > 0.5) return -vonMisesQuantile(1 - u, kappa);
  if (kappa > NORMAL_FROM) return nearlyNormalQuantile(u, kappa);
  const logNormaliser = Math.log(2 * Math.PI) + logBesselI0(kappa);
  let [low, high] = [-Math.PI, 0];
  // The wrapped Cauchy distribution of the same mean cosine.
  const rho = besselRatio(kappa);
  let x = -2 * Math.atan(((1 - rho) / (1 + rho)) * Math.tan(Math.PI * (0.5 - u)));
  for (let i = 0; i < 60; i++) {
    const excess = distributionFunction(x, kappa) - u;
    if (excess > 0) high = x;
    else low = x;
    const next = x - excess * Math.exp(logNormaliser - kappa * Math.cos(x));
    const inside = next >= low && next <= high ? next : 0.5 * (low + high);
    if (Math.abs(inside - x) <= 1e-15 * Math.abs(x)) return inside;
    x = inside;
  }
  return x;
}

/** P(X < x) for -pi <= x <= 0, by the backward recurrence for the ratios of Bessel functions. */
function distributionFunction(x: number, kappa: number): number {
  const terms = Math.ceil(28 + 0.5 * kappa);
  let [ratio, sum] = [0, 0];
  for (let k = terms; k > 0; k--) {
    ratio = kappa / (2 * k + kappa * ratio);
    sum = ratio * (Math.sin(k * x) / k + sum);
  }
  return Math.max(0, 0.5 + x / (2 * Math.PI) + sum / Math.PI);
}

/** Hill's transformation of the angle to a normal variable, solved for the angle by repeated substitution. */
function nearlyNormalQuantile(u: number, kappa: number): number {
  const c = 24 * kappa;
  const v0 = c - 56;
  const r = Math.sqrt((54 / (347 / v0 + 26 - c) - 6 + c) / 12);
  const target = invPhi(u) / Math.SQRT2;
  let z = target;
  for (let i = 0; i < 30; i++) {
    const s = 2 * z * z;
    const v = v0 - s + 3;
    const y = (c - s - s - 16) / 3 - ((s + 1.75) * s + 83.5) / v;
    const next = target / (1 - s / (y * y));
    const isDone = Math.abs(next - z) <= 1e-16 * Math.abs(z);
    z = next;
    if (isDone) break;
  }
  return 2 * Math.asin(Math.max(-1, z / r));
}
