// Integrals for tests: double-exponential quadrature (Takahasi and Mori 1974) over any interval, Simpson's rule inside.

const STEP = 1 / 128;
const REACH = 5.5;

/**
 * The integral of `f` from `lower` to `upper`, either of which may be infinite. `centre` and `spread` say where the bulk
 * is: they only place the nodes.
 */
export function integrate(
  f: (y: number) => number,
  lower: number,
  upper: number,
  centre: number,
  spread: number,
): number {
  let sum = 0;
  for (let t = -REACH; t <= REACH; t += STEP) {
    const x = 0.5 * Math.PI * Math.sinh(t);
    const dx = 0.5 * Math.PI * Math.cosh(t);
    const [y, slope] = place(x, lower, upper, centre, spread);
    if (y > lower && y < upper && slope > 0 && Number.isFinite(slope)) sum += f(y) * slope * dx;
  }
  return sum * STEP;
}

/** The node for x in (-infinity, infinity), and its derivative. */
function place(x: number, lower: number, upper: number, centre: number, spread: number): [number, number] {
  if (lower === -Infinity) return [centre + spread * Math.sinh(x), spread * Math.cosh(x)];
  if (upper === Infinity) return [lower + (centre - lower) * Math.exp(x), (centre - lower) * Math.exp(x)];
  const width = upper - lower;
  const odds = (centre - lower) / (upper - centre);
  const e = Math.exp(-Math.abs(2 * x)) * (x < 0 ? odds : 1 / odds);
  const share = x < 0 ? e / (1 + e) : 1 / (1 + e);
  return [lower + width * share, (2 * width * e) / (1 + e) ** 2];
}

/** The integral of a smooth function over a short interval. */
export function simpson(f: (y: number) => number, from: number, to: number): number {
  const pieces = 400;
  const h = (to - from) / pieces;
  let sum = f(from) + f(to);
  for (let i = 1; i < pieces; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * h);
  return (sum * h) / 3;
}
