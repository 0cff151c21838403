// Summaries over posterior draws: predictive log-likelihoods with their errors, leave-one-out estimates, and the rows of
// quantities that only draws have.
import type { DrawnValues } from "./draws.js";
import { elementNames, inFileOrder } from "./layout.js";
import { smoothTail } from "./pareto.js";
import { LEVELS, momentsOf, type SummaryRow } from "./posterior.js";
import type { AtDraws } from "./predict.js";
import { weightedQuantiles } from "./quantiles.js";
import { meanAndVariance } from "./schedule.js";
import { combineSets } from "./sets.js";
import type { Sizes } from "../ir/axis.js";

/** The logarithm of a mean over draws, and its Monte Carlo standard error (by the delta method). */
export type LogMean = { readonly value: number; readonly mcse: number };

/** log mean exp of log densities at independent draws. `ratios`, where given, is left with each density over the largest. */
export function logMeanExp(
  logs: ArrayLike<number>,
  ratios: Float64Array = new Float64Array(logs.length),
): LogMean {
  const n = logs.length;
  let most = -Infinity;
  for (let i = 0; i < n; i++) most = Math.max(most, logs[i] ?? -Infinity);
  if (!Number.isFinite(most)) {
    ratios.fill(NaN);
    return { value: most, mcse: NaN };
  }
  let sum = 0;
  for (let i = 0; i < n; i++) sum += ratios[i] = Math.exp((logs[i] ?? -Infinity) - most);
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((ratios[i] ?? NaN) - mean) ** 2;
  const variance = squares / Math.max(1, n - 1);
  return { value: most + Math.log(mean), mcse: Math.sqrt(variance / n) / mean };
}

/** One observation's log density over the draws. */
export type PointwiseRow = {
  readonly name: string;
  /** Log of its mean density: the log predictive density. */
  readonly lpd: number;
  readonly mcse_lpd: number;
};

/** The same of data that the posterior was inferred from, with what would be if this observation were left out. */
export type LeaveOneOutRow = PointwiseRow & {
  readonly elpd_loo: number;
  readonly p_loo: number;
  /** Shape of the tail of the weights that leave it out: above 0.7 `elpd_loo` is not reliable. */
  readonly pareto_k: number;
};

export type LeaveOneOut = {
  readonly rows: readonly LeaveOneOutRow[];
  readonly elpd: number;
  /** Standard error of `elpd` over observations. */
  readonly se: number;
  /** Effective number of parameters. */
  readonly p: number;
  readonly largestK: number;
};

/** Every observation that counts, in the model's order. */
export function pointwise({ observations, count }: AtDraws, sizes: Sizes): PointwiseRow[] {
  return everyObservation(observations, count, sizes, (name, logs) => {
    const { value, mcse } = logMeanExp(logs);
    return { name, lpd: value, mcse_lpd: mcse };
  });
}

/** The same of one observation, a row for each element in the order of storage; undefined for those that do not count. */
export function pointwiseSummary(
  name: string,
  { axes, values, counted }: AtDraws["observations"] extends ReadonlyMap<string, infer V> ? V : never,
  count: number,
  sizes: Sizes,
): (PointwiseRow | undefined)[] {
  return elementNames(name, axes, sizes).map((element, e) => {
    if (counted[e] === 0) return undefined;
    const { value, mcse } = logMeanExp(values.subarray(e * count, (e + 1) * count));
    return { name: element, lpd: value, mcse_lpd: mcse };
  });
}

function everyObservation<Row>(
  observations: AtDraws["observations"],
  count: number,
  sizes: Sizes,
  row: (name: string, logs: Float32Array) => Row,
): Row[] {
  return [...observations].flatMap(([name, { axes, values, counted }]) => {
    const rows = elementNames(name, axes, sizes).map((element, e) =>
      counted[e] === 0 ? [] : [row(element, values.subarray(e * count, (e + 1) * count))],
    );
    return inFileOrder(rows, axes, sizes).flat();
  });
}

/**
 * Pareto-smoothed importance sampling estimate of the log predictive density of each observation given all others.
 * Source: Vehtari, Gelman and Gabry, "Practical Bayesian model evaluation using leave-one-out cross-validation and WAIC",
 * Statistics and Computing 2017.
 */
export function leaveOneOut({ observations, count }: AtDraws, sizes: Sizes): LeaveOneOut {
  const ratios = new Float64Array(count);
  const raw = new Float64Array(count);
  const weights = new Float64Array(count);
  const rows = everyObservation(observations, count, sizes, (name, logs): LeaveOneOutRow => {
    const { value: lpd, mcse } = logMeanExp(logs, ratios);
    const least = inverses(logs, ratios, raw);
    weights.set(raw);
    const { shape } = smoothTail(weights);
    // The sum of weights times densities, over the least density: the raw weights are its shares in the others.
    let [density, total] = [0, 0];
    for (let i = 0; i < count; i++) {
      const weight = weights[i] ?? NaN;
      total += weight;
      density += weight === raw[i] ? 1 : weight / (raw[i] ?? NaN);
    }
    const elpd = least + Math.log(density / total);
    return { name, lpd, mcse_lpd: mcse, elpd_loo: elpd, p_loo: lpd - elpd, pareto_k: shape };
  });
  const values = rows.map((row) => row.elpd_loo);
  const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
  const shapes = rows.map((row) => row.pareto_k).filter(Number.isFinite);
  return {
    rows,
    elpd: sum(values),
    se: Math.sqrt(values.length * meanAndVariance(values).variance),
    p: sum(rows.map((row) => row.p_loo)),
    largestK: shapes.length === 0 ? NaN : shapes.reduce((a, b) => Math.max(a, b)),
  };
}

/** Ratios from here on have an inverse in float64. */
const LEAST_RATIO = 2 ** -1000;

/**
 * The inverses of densities, over the largest of them; returns the logarithm of the least density. `ratios`: the
 * densities over their largest.
 */
function inverses(logs: ArrayLike<number>, ratios: Float64Array, into: Float64Array): number {
  let [least, smallest] = [Infinity, Infinity];
  for (let i = 0; i < logs.length; i++) {
    least = Math.min(least, logs[i] ?? NaN);
    smallest = Math.min(smallest, ratios[i] ?? NaN);
  }
  const inRange = smallest >= LEAST_RATIO;
  for (let i = 0; i < logs.length; i++)
    into[i] = inRange ? smallest / (ratios[i] ?? NaN) : Math.exp(least - (logs[i] ?? NaN));
  return least;
}

/** Summary rows of a quantity from its draws, in the order of the data's file. */
export const drawnRows = (
  name: string,
  drawn: DrawnValues,
  of: Pick<AtDraws, "count" | "perSet">,
  sizes: Sizes,
): readonly SummaryRow[] => inFileOrder(drawnSummary(name, drawn, of, sizes), drawn.axes, sizes);

/** The same in the order of storage; the error of a mean is that between the final sets. */
export function drawnSummary(
  name: string,
  { axes, values }: DrawnValues,
  { count, perSet }: Pick<AtDraws, "count" | "perSet">,
  sizes: Sizes,
): readonly SummaryRow[] {
  const weights = new Float64Array(count).fill(1 / count);
  const shares = perSet.filter((n) => n > 0).map((n) => n / count);
  return elementNames(name, axes, sizes).map((element, e): SummaryRow => {
    const mine = values.subarray(e * count, (e + 1) * count);
    let from = 0;
    const sets = perSet.flatMap((n) => {
      if (n === 0) return [];
      const set = momentsOf(mine.subarray(from, from + n), weights.subarray(0, n));
      from += n;
      return [set];
    });
    const [q5 = NaN, q50 = NaN, q95 = NaN] = weightedQuantiles(mine, weights, LEVELS);
    const { mean, sd, mcse, ess } = combineSets(sets, shares);
    return { name: element, mean, sd, mcse_mean: mcse, q5, q50, q95, ess };
  });
}
