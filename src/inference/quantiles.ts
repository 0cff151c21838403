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
  return alongWeight(values, weights, ascending(values), levels);
}

/** The values at which the weight, added up in this order, reaches each level's share of the whole. */
function alongWeight(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  order: Iterable<number>,
  levels: readonly number[],
): number[] {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i] ?? 0;
  if (!(total > 0)) return levels.map(() => NaN);
  const found: number[] = [];
  let cumulative = 0;
  let last = NaN;
  for (const i of order) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    cumulative += weight;
    last = values[i] ?? NaN;
    while (found.length < levels.length && cumulative >= (levels[found.length] ?? 1) * total * (1 - 1e-12))
      found.push(last);
  }
  return levels.map((_, n) => found[n] ?? last);
}

/** From so many draws per point on, they are taken as they come instead of in order. */
const MANY = 16;

/**
 * `count` points of equal weight that stand for weighted draws: their quantiles at (i + offset) / count; or, where there are
 * so many draws that sorting them takes long, a systematic sample, one point in every 1 / count of the weight.
 */
export function equalWeightPoints(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  count: number,
  offset = 0.5,
): number[] {
  const order = values.length > MANY * count ? Array(values.length).keys() : ascending(values);
  return alongWeight(
    values,
    weights,
    order,
    Array.from({ length: count }, (_, i) => (i + offset) / count),
  );
}

/**
 * The value that would be at `rank`, from 0, if these ascended; NaN counts as the largest. Reorders them in place
 * (Hoare's selection, in time proportional to their number).
 */
export function orderStatistic(values: Float32Array | Float64Array, rank: number): number {
  let [low, high] = [0, withoutNaN(values) - 1];
  if (rank > high) return NaN;
  while (low < high) {
    const pivot = median3(values[low] ?? 0, values[(low + high) >> 1] ?? 0, values[high] ?? 0);
    let [i, j] = [low, high];
    while (i <= j) {
      while ((values[i] ?? 0) < pivot) i++;
      while ((values[j] ?? 0) > pivot) j--;
      if (i > j) break;
      const kept = values[i] ?? 0;
      values[i++] = values[j] ?? 0;
      values[j--] = kept;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else return pivot;
  }
  return values[rank] ?? NaN;
}

const median3 = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** Moves what is not NaN to the front; returns how many there are. */
function withoutNaN(values: Float32Array | Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    values[i] = values[count] ?? NaN;
    values[count++] = value;
  }
  return count;
}
