// The gamma function's family in float64, for positive arguments: lgamma, its differences and derivatives.

/** Horner's rule; coefficients from the highest power down. */
export function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const c of coefficients) sum = sum * x + c;
  return sum;
}

/** (-1)^n (zeta(n) - 1) / n for n = 30 down to 2: lgamma(2 + z) = (1 - gamma) z + the sum of these times z^n. */
const ZETA_TAIL = [
  3.104424774732227e-11, -6.4229645638381e-11, 1.330476437424449e-10, -2.759522885124233e-10,
  5.731367241678862e-10, -1.192140140586091e-9, 2.483674543802478e-9, -5.183475041970047e-9,
  1.0838659214896954e-8, -2.271109460894316e-8, 4.7698101693639806e-8, -1.00432248239681e-7,
  2.1207184805554666e-7, -4.492469198764566e-7, 9.55141213040742e-7, -2.039215753801366e-6,
  4.374866789907488e-6, -9.439488275268396e-6, 2.0507212775670692e-5, -4.492623673813314e-5,
  9.945751278180853e-5, -2.2315475845357938e-4, 5.096695247430424e-4, -1.192753911703261e-3,
  2.8905103307415233e-3, -7.385551028673985e-3, 2.0580808427784548e-2, -6.73523010531981e-2,
  3.224670334241132e-1,
];
const ONE_MINUS_EULER = 0.42278433509846714;

/** lgamma(2 + z) for |z| <= 1/2; Abramowitz and Stegun 6.1.33. */
const lgammaNearTwo = (z: number): number => z * (ONE_MINUS_EULER + z * polynomial(ZETA_TAIL, z));

/** B_2k / (2k (2k - 1)), k = 8 down to 1. */
const STIRLING = [
  -0.029550653594771242, 0.00641025641025641, -0.0019175269175269176, 8.417508417508417e-4,
  -5.952380952380953e-4, 7.936507936507937e-4, -0.002777777777777778, 0.08333333333333333,
];

/** Stirling's series: lgamma(x) less (x - 1/2) log(x) - x + log(2 pi) / 2, for x >= 10. Same, 6.1.40. */
const stirlingTail = (x: number): number => polynomial(STIRLING, 1 / (x * x)) / x;

const HALF_LOG_TWO_PI = 0.9189385332046728;

/** log(Gamma(x)) for x > 0; Infinity at 0 and NaN below. */
export function lgamma(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x < 0.5) return lgammaNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return lgammaNearTwo(x - 1) - Math.log(x);
  if (x <= 2.5) return lgammaNearTwo(x - 2);
  if (x < 10) {
    let shifted = x;
    let product = 1;
    while (shifted > 2.5) product *= --shifted;
    return lgammaNearTwo(shifted - 2) + Math.log(product);
  }
  if (x === Infinity) return Infinity;
  return (x - 0.5) * (Math.log(x) - 1) + (HALF_LOG_TWO_PI - 0.5) + stirlingTail(x);
}

/** lgamma(n + 1) less its leading terms (n + 1/2) log(n) - n + log(2 pi) / 2, for n > 0 (Loader 2000). */
export function stirlingError(n: number): number {
  if (n >= 10) return stirlingTail(n);
  return lgamma(n + 1) - (n + 0.5) * Math.log(n) + n - HALF_LOG_TWO_PI;
}

/** lgamma(x + a) - lgamma(x) for x > 0 and a >= 0, without the cancellation of that difference at large x. */
export function lgammaDelta(x: number, a: number): number {
  if (x < 10) return lgamma(x + a) - lgamma(x);
  const sum = x + a;
  return (x - 0.5) * Math.log1p(a / x) + a * (Math.log(sum) - 1) + (stirlingTail(sum) - stirlingTail(x));
}

/** B_2k / (2k), k = 7 down to 1. */
const DIGAMMA_TAIL = [
  0.08333333333333333, -0.021092796092796094, 0.007575757575757576, -0.004166666666666667,
  0.003968253968253968, -0.008333333333333333, 0.08333333333333333,
];

/** The derivative of lgamma, for x > 0: recurrence up to 10, then the series 6.3.18. */
export function digamma(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  let shifted = x;
  let sum = 0;
  for (; shifted < 10; shifted++) sum += 1 / shifted;
  const w = 1 / (shifted * shifted);
  return Math.log(shifted) - 0.5 / shifted - w * polynomial(DIGAMMA_TAIL, w) - sum;
}

/** B_2k, k = 8 down to 1. */
const BERNOULLI = [
  -7.092156862745098, 1.1666666666666667, -0.2531135531135531, 0.07575757575757576, -0.03333333333333333,
  0.023809523809523808, -0.03333333333333333, 0.16666666666666666,
];

/** The second derivative of lgamma, for x > 0: recurrence up to 10, then the series 6.4.12. */
export function trigamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Infinity : NaN;
  let shifted = x;
  let sum = 0;
  for (; shifted < 10; shifted++) sum += 1 / (shifted * shifted);
  const w = 1 / (shifted * shifted);
  return sum + (1 + 0.5 / shifted + w * polynomial(BERNOULLI, w)) / shifted;
}

/** B_2k, k = 1 up to 8. */
const BERNOULLI_UP = [...BERNOULLI].reverse();

/** Of higher derivatives, the factorial would overflow. */
const HIGHEST_ORDER = 170;

/**
 * The derivative of order `n` >= 1 of digamma, for x > 0: recurrence up to 12 + n, then the series 6.4.11 of Abramowitz
 * and Stegun. Its sign is that of (-1)^(n + 1).
 */
export function polygamma(n: number, x: number): number {
  if (!(x > 0 && n >= 1 && n <= HIGHEST_ORDER) || n !== Math.floor(n)) return NaN;
  let factorial = 1; // (n - 1)!
  for (let k = 2; k < n; k++) factorial *= k;
  let shifted = x;
  let sum = 0;
  for (; shifted < 12 + n; shifted++) sum += shifted ** (-n - 1);
  // Each term is B_2k (2k + n - 1)! / ((2k)! x^(2k)) over (n - 1)!.
  let series = 1 + n / (2 * shifted);
  let factor = 1;
  BERNOULLI_UP.forEach((bernoulli, i) => {
    const k = 2 * i + 2;
    factor *= ((k + n - 1) * (k + n - 2)) / (k * (k - 1) * shifted * shifted);
    series += bernoulli * factor;
  });
  const value = factorial * (n * sum + series * shifted ** -n);
  return n % 2 === 1 ? value : -value;
}
