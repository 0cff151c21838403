// The error function and the standard normal's distribution and quantile functions, in float64.
import { polynomial } from "./gamma.js";

const SQRT_HALF = Math.SQRT1_2;
const TWO_OVER_SQRT_PI = 1.1283791670955126;

/** erf(x) for |x| <= 1: the series of positive terms 7.1.6 of Abramowitz and Stegun. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** Chebyshev coefficients of exp(x^2) erfc(x) / t over t = 2 / (2 + x) in [0, 0.8]. */
const SCALED_ERFC = [
  0.48699748965933807, 0.24101444861760663, 0.039171580198019343, 0.0028202013162589697,
  -0.00031900258801429847, -7.762458294633769e-5, 3.904758903066748e-6, 2.10650100538356e-6,
  -1.1719156145292981e-7, -6.458612977687304e-8, 6.547928118976531e-9, 2.0176470623078222e-9,
  -3.982401175873017e-10, -4.976143621029049e-11, 2.2139448391598873e-11, -1.7358623528113926e-13,
  -1.0262097876293879e-12, 1.4448991184132368e-13, 3.1589800536430022e-14, -1.242895997189401e-14,
  3.0295830930074995e-16, 6.42221434790985e-16, -1.3294242674635552e-16, -1.2796905792827282e-17,
  1.05322887602110474e-17,
];

/** exp(x^2) erfc(x) for x >= 1/2, by Clenshaw's recurrence. */
function scaledErfc(x: number): number {
  const t = 2 / (2 + x);
  const y = 5 * t - 2; // twice the place of t in [-1, 1]
  let b1 = 0;
  let b2 = 0;
  for (let j = SCALED_ERFC.length - 1; j >= 1; j--) [b1, b2] = [y * b1 - b2 + (SCALED_ERFC[j] ?? 0), b1];
  return t * (0.5 * y * b1 - b2 + (SCALED_ERFC[0] ?? 0));
}

/** exp(-scale x^2), for `scale` a power of two, without the rounding error of x^2: a leading part squares exactly. */
function expOfMinusSquare(x: number, scale: number): number {
  const leading = Math.round(x * 0x100000) / 0x100000;
  return Math.exp(-scale * leading * leading) * Math.exp(-scale * (x - leading) * (x + leading));
}

/** The error function. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size <= 1) return erfSeries(x);
  return size > 6 ? Math.sign(x) : Math.sign(x) * (1 - erfc(size));
}

/** 1 - erf(x), with full relative accuracy in the upper tail. */
export function erfc(x: number): number {
  if (x < -0.5) return 2 - erfc(-x);
  if (x <= 0.5) return 1 - erfSeries(x);
  return x > 27 ? 0 : expOfMinusSquare(x, 1) * scaledErfc(x);
}

/** The standard normal's distribution function, with full relative accuracy in the lower tail. */
export function Phi(x: number): number {
  if (Math.abs(x) < 0.75) return 0.5 + 0.5 * erfSeries(x * SQRT_HALF);
  if (x > 0) return 1 - Phi(-x);
  return x < -39 ? 0 : 0.5 * expOfMinusSquare(x, 0.5) * scaledErfc(-x * SQRT_HALF);
}

type Ratio = { readonly over: readonly number[]; readonly under: readonly number[] };

/** Wichura's rational approximations (1988), algorithm AS 241, PPND16: around 1/2, in the tail, far in the tail. */
const CENTRE: Ratio = {
  over: [
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
    13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
  ],
  under: [
    5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1,
  ],
};
const TAIL: Ratio = {
  over: [
    7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
  ],
  under: [
    1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
    0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1,
  ],
};
const FAR_TAIL: Ratio = {
  over: [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
    0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
  ],
  under: [
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
    0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1,
  ],
};
const ratio = ({ over, under }: Ratio, r: number): number => polynomial(over, r) / polynomial(under, r);

/** The standard normal's quantile function; infinite at 0 and 1. */
export function invPhi(u: number): number {
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  if (!(u > 0 && u < 1)) return u === 0 ? -Infinity : u === 1 ? Infinity : NaN;
  const r = Math.sqrt(-Math.log(q < 0 ? u : 1 - u));
  return Math.sign(q) * (r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR_TAIL, r - 5));
}
