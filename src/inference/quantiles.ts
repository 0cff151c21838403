// Quantiles of weighted draws, and the few points by which a large set of them is remembered.

/** Places of `values` in ascending order. NaN sorts last. */
export function ascending(values: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i);
  return order.sort((a, b) => {
    const [x, y] = [values[a] ?? NaN, values[b] ?? NaN];
    return Number.isNaN(x) ? 1 : Number.isNaN(y) ? -1 : x - y || a - b;
  });
}

/**
 * Quantiles of a discrete distribution with these (not necessarily normalised) weights: for each of `levels`, which
 * ascend, the smallest value up to which at least that share of the weight lies. NaN if there is no weight.
 */
export function weightedQuantiles(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  levels: readonly number[],
): number[] {
  const order = ascending(values);
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] ?? 0;
  if (!(total > 0)) return levels.map(() => NaN);
  const quantiles: number[] = [];
  let cumulative = 0;
  for (const i of order) {
    cumulative += weights[i] ?? 0;
    while (
      quantiles.length < levels.length &&
      cumulative >= (levels[quantiles.length] ?? 1) * total * (1 - 1e-12)
    )
      quantiles.push(values[i] ?? NaN);
  }
  const last = values[order.at(-1) ?? 0] ?? NaN;
  return levels.map((_, n) => quantiles[n] ?? last);
}

/** `count` points of equal weight that stand for weighted draws: their quantiles at (i + 1/2) / count. */
export function equalWeightPoints(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  count: number,
): number[] {
  return weightedQuantiles(
    values,
    weights,
    Array.from({ length: count }, (_, i) => (i + 0.5) / count),
  );
}
