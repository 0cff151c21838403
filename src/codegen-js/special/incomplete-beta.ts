// The beta distribution's tails in float64, by the log odds w of its value x = inv_logit(w), which loses nothing at
// either end: the regularised incomplete beta function, its quantiles, and how quantiles move with the shapes.
import { digamma, stirlingError, trigamma } from "./gamma.js";
import { logLessDigamma } from "./incomplete-gamma.js";
import { invPhi } from "./normal.js";
import { integratePanels, log1mExp, log1pLess, NEGLIGIBLE, rangeByQuadratic } from "./quadrature.js";

/** inv_logit(w) */
const share = (w: number): number => {
  const e = Math.exp(-Math.abs(w));
  return (w >= 0 ? 1 : e) / (1 + e);
};
const inRange = (w: number): number => Math.min(700, Math.max(-700, w));

/** log(1 + x (exp(-s) - 1)), for s >= 0 and y = 1 - x. */
const logMoved = (x: number, y: number, s: number): number =>
  x > y && s > 0.7 ? Math.log(y + x * Math.exp(-s)) : Math.log1p(x * Math.expm1(-s));

/** logMoved(x, y, s) + x s, which is also log(1 + y (exp(s) - 1)) - y s: for small s by the cumulants of a Bernoulli variable. */
function logMovedLess(x: number, y: number, s: number): number {
  if (s > 0.02) {
    if (y < x && s < 700) return Math.log1p(y * Math.expm1(s)) - y * s;
    return logMoved(x, y, s) + x * s;
  }
  const k2 = x * y;
  const k3 = k2 * (y - x);
  const k4 = k2 * (1 - 6 * k2);
  const k5 = k3 * (1 - 12 * k2);
  const k6 = k2 * (1 - 30 * k2 * (1 - 4 * k2));
  const rest = k3 / 6 - s * (k4 / 24 - s * (k5 / 120 - (s * k6) / 720));
  return s * s * (0.5 * k2 - s * rest);
}

/** The log density of the log odds at w - s less that at w, for a beta distribution of shapes a and b; concave in s. */
function densityBelow(a: number, b: number, w: number) {
  const [x, y] = [share(w), share(-w)];
  const total = a + b;
  const fall = x < 0.5 ? a - total * x : total * y - b;
  return {
    fall,
    curvature: total * x * y,
    log: (s: number): number => -fall * s - total * logMovedLess(x, y, s),
    slope: (s: number): number => {
      const moved = x * Math.exp(-s);
      return -fall - total * (x - moved / (y + moved));
    },
    /** The log density is at most that of exp(-a s) / y^(a + b). */
    bound: (NEGLIGIBLE - total * Math.log(y)) / a,
  };
}

const FROM_TURN = [-75, -15, -3, 3, 15, 75];

/**
 * The integral over s > 0 of `weight` times the density of the log odds at w - s over that at w: over the lower tail of a
 * beta distribution of shapes a and b. The upper tail is the lower one of the shapes exchanged at -w.
 */
function tailOverDensity(a: number, b: number, w: number, weight: (s: number) => number): number {
  const density = densityBelow(a, b, w);
  let end = Math.min(rangeByQuadratic(density.fall, density.curvature), density.bound);
  for (let step = 0; step < 60; step++) {
    const excess = density.log(end) + NEGLIGIBLE;
    if (Math.abs(excess) < 1) break;
    const slope = density.slope(end);
    end = slope < 0 ? Math.max(end - excess / slope, end / 4) : 2 * end;
  }
  // Where the log odds' density turns slowly from its rise to its fall, it does so around this place; panels grow from it.
  const turn = Math.max(0, w - Math.log((a + 1) / (b + 1)));
  const inside = (s: number): number => Math.min(end, Math.max(0, s));
  const ends = end > 6 ? [0, ...FROM_TURN.map((s) => inside(turn + s)), end] : [0, end];
  return integratePanels(ends, (s) => weight(s) * Math.exp(density.log(s)));
}

/** log(x^a (1 - x)^b / B(a, b)) at x = inv_logit(w): the log density of the log odds of a beta variable. */
export function logBetaKernel(a: number, b: number, odds: number): number {
  if (!(a > 0 && b > 0) || Number.isNaN(odds)) return NaN;
  const w = inRange(odds);
  const [x, y] = [share(w), share(-w)];
  const total = a + b;
  const [m, n] = [a / total, b / total];
  const d = x < 0.5 ? x - m : n - y;
  const far = a * deviation(x, m, d / m) + b * deviation(y, n, -d / n);
  const errors = stirlingError(total) - stirlingError(a) - stirlingError(b);
  return far + errors + 0.5 * Math.log(((a / total) * b) / (2 * Math.PI));
}
/** log(x / m) - r, where x = m (1 + r). */
const deviation = (x: number, m: number, r: number): number =>
  r < -0.5 ? Math.log(x / m) - r : log1pLess(r);

const one = (): number => 1;

/** log I_x(a, b) at x = inv_logit(w), the logarithm of the regularised incomplete beta function. */
export function logIncBeta(a: number, b: number, odds: number): number {
  if (!(a > 0 && b > 0) || Number.isNaN(odds)) return NaN;
  const w = inRange(odds);
  const isLower = w < digamma(a) - digamma(b);
  const tail = isLower ? tailOverDensity(a, b, w, one) : tailOverDensity(b, a, -w, one);
  const log = logBetaKernel(a, b, w) + Math.log(tail);
  return isLower ? log : log1mExp(Math.min(log, 0));
}

/**
 * The log odds w of the x with I_x(a, b) = u: Newton's iterations on the logarithm of the smaller tail, a concave
 * function of w, from the normal with the mean and variance of the log odds.
 */
export function betaQuantile(u: number, a: number, b: number): number {
  if (!(a > 0 && b > 0 && u >= 0 && u <= 1)) return NaN;
  if (u === 0 || u === 1) return u === 0 ? -Infinity : Infinity;
  if (u > 0.5) return -lowerQuantile(Math.log1p(-u), -invPhi(u), b, a);
  return lowerQuantile(Math.log(u), invPhi(u), a, b);
}

function lowerQuantile(target: number, normal: number, a: number, b: number): number {
  let w = digamma(a) - digamma(b) + normal * Math.sqrt(trigamma(a) + trigamma(b));
  for (let i = 0; i < 60; i++) {
    const log = logIncBeta(a, b, w);
    const next = inRange(w - (log - target) / Math.exp(logBetaKernel(a, b, w) - log));
    const isDone = Math.abs(next - w) <= 1e-14 * Math.max(1, Math.abs(w));
    w = next;
    if (isDone) break;
  }
  return w;
}

/**
 * dw/da for w the log odds of the quantile of the beta distribution of shapes a and b at a fixed probability, in terms of
 * w itself: -(dI/da) / (dI/dw). As for the gamma distribution, from the tail on which the derivative of the density by a
 * has no change of sign.
 */
export function betaQuantileSlope(a: number, b: number, odds: number): number {
  if (!(a > 0 && b > 0) || Number.isNaN(odds)) return NaN;
  const w = inRange(odds);
  const [x, y, total] = [share(w), share(-w), a + b];
  const delta = logLessDigamma(total * x, a) - logLessDigamma(total, total);
  // log(x / t) for t below x, where w has moved by -s, and log(t / x) above.
  const below = (s: number): number =>
    s < 0.7 ? Math.log1p(y * Math.expm1(s)) : s + Math.log(y + x * Math.exp(-s));
  return delta < 0
    ? tailOverDensity(a, b, w, (s) => -delta + below(s))
    : tailOverDensity(b, a, -w, (s) => delta - logMoved(y, x, s));
}

/**
 * The smallest y with P(Y <= y) >= u for Y negative binomial: failures before `shape` successes, the log odds of a
 * success being `odds`. P(Y <= y) = I_x(shape, y + 1) at x = inv_logit(odds); by bisection.
 */
export function negBinomialQuantile(u: number, shape: number, odds: number): number {
  if (!(shape > 0 && u >= 0 && u <= 1) || Number.isNaN(odds)) return NaN;
  const reaches = (y: number): boolean =>
    u > 0.5
      ? logIncBeta(y + 1, shape, -odds) <= Math.log1p(-u)
      : logIncBeta(shape, y + 1, odds) >= Math.log(u);
  let [low, high] = [-1, 0];
  while (high < 2 ** 52 && !reaches(high)) [low, high] = [high, 2 * high + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}
