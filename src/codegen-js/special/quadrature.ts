// Integrals of the tails of densities in float64, for distribution functions and their derivatives.

/** Nodes and weights of Gauss and Legendre on (0, 1), by Newton's step on the Legendre polynomial. */
function gaussLegendre(count: number): readonly { readonly node: number; readonly weight: number }[] {
  return Array.from({ length: count }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 8; step++) {
      let [before, p] = [0, 1];
      for (let n = 1; n <= count; n++) [before, p] = [p, ((2 * n - 1) * x * p - (n - 1) * before) / n];
      slope = (count * (x * p - before)) / (x * x - 1);
      x -= p / slope;
    }
    return { node: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}
const NODES = gaussLegendre(32);

/** An integrand is left out where it is below exp(-NEGLIGIBLE) of its value at 0. */
export const NEGLIGIBLE = 38;

/** The sum over neighbouring panels of the integral of `f`, each by Gauss and Legendre's rule. */
export function integratePanels(ends: readonly number[], f: (s: number) => number): number {
  let sum = 0;
  for (let i = 1; i < ends.length; i++) {
    const [from = 0, to = 0] = [ends[i - 1], ends[i]];
    if (to <= from) continue;
    let panel = 0;
    for (const { node, weight } of NODES) panel += weight * f(from + (to - from) * node);
    sum += (to - from) * panel;
  }
  return sum;
}

/** Where -fall s - curvature s^2 / 2 has come down to -NEGLIGIBLE. */
export function rangeByQuadratic(fall: number, curvature: number): number {
  const root = Math.sqrt(fall * fall + 2 * curvature * NEGLIGIBLE);
  return fall > 0 ? (2 * NEGLIGIBLE) / (fall + root) : (root - fall) / curvature;
}

/** exp(y) - 1 - y */
export function expm1Less(y: number): number {
  if (Math.abs(y) >= 0.5) return Math.expm1(y) - y;
  let sum = 0;
  for (let k = 18; k > 2; k--) sum = ((sum + 1) * y) / k;
  return 0.5 * y * y * (1 + sum);
}

/** log(1 + r) - r for r > -1. */
export function log1pLess(r: number): number {
  if (Math.abs(r) >= 0.4) return Math.log1p(r) - r;
  const s = r / (2 + r);
  const w = s * s;
  let series = 0;
  for (let k = 23; k > 1; k -= 2) series = series * w + 1 / k;
  return 2 * s * w * series - r * s;
}

/** log(1 - exp(x)) for x <= 0. */
export const log1mExp = (x: number): number =>
  x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
