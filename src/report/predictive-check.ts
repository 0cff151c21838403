// Posterior predictive checks (Gelman, Meng and Stern 1996): statistics of replicated data against those of the data.
import { areWhole, deviation, extent, mean, quantile } from "./numbers.js";
import type { PredictiveCheck } from "./run-record.js";

export type StatisticCheck = {
  readonly name: string;
  readonly observed: number;
  /** Of each replication. */
  readonly replicated: Float64Array;
  /** The share of replications with a larger value; half of those with the same count. */
  readonly p: number;
};

type Statistic = readonly [name: string, of: (values: ArrayLike<number>) => number];

const STATISTICS: readonly Statistic[] = [
  ["mean", mean],
  ["sd", deviation],
  ["smallest", (values) => extent(values)[0]],
  ["largest", (values) => extent(values)[1]],
];

const zeros: Statistic = [
  "share of zeros",
  (values) => mean(Array.from(values, (value) => (value === 0 ? 1 : 0))),
];

/** How far up `value` lies among others: the share of those below it, those equal to it by half. */
export function rankOf(value: number, among: ArrayLike<number>): number {
  let below = 0;
  for (let i = 0; i < among.length; i++) {
    const other = among[i] ?? NaN;
    below += other < value ? 1 : other === value ? 0.5 : 0;
  }
  return below / among.length;
}

/** Replication `draw`: the values of all elements in one posterior draw. */
export const replication = ({ replicated }: PredictiveCheck, draw: number): Float64Array =>
  Float64Array.from(replicated, (draws) => draws[draw] ?? NaN);

export const replications = ({ replicated }: PredictiveCheck): number => replicated[0]?.length ?? 0;

/**
 * Mean, standard deviation, smallest and largest of the data among those of its replications; for whole numbers also the
 * share of zeros, where there are any. Of one element the mean alone.
 */
export function statisticChecks(check: PredictiveCheck): readonly StatisticCheck[] {
  const { observed } = check;
  const draws = Array.from({ length: replications(check) }, (_, d) => replication(check, d));
  const counts = areWhole(observed) && [observed, ...draws].some((values) => values.includes(0));
  const statistics =
    observed.length < 2 ? STATISTICS.slice(0, 1) : counts ? [...STATISTICS, zeros] : STATISTICS;
  return statistics.map(([name, of]) => {
    const own = of(observed);
    const replicated = Float64Array.from(draws, of);
    return { name, observed: own, replicated, p: 1 - rankOf(own, replicated) };
  });
}

export type ElementCheck = {
  readonly name: string;
  readonly observed: number;
  readonly q5: number;
  readonly q50: number;
  readonly q95: number;
  /** How far up the observation lies in its predictive distribution: uniform if the model is right, but for the fit. */
  readonly rank: number;
  /** The share of predictions that equal it, which the rank lies in the middle of. */
  readonly ties: number;
};

/** Every observation beside quantiles of its predictions. */
export function elementChecks({ elements, observed, replicated }: PredictiveCheck): readonly ElementCheck[] {
  return elements.map((name, i) => {
    const sorted = Float64Array.from(replicated[i] ?? []).sort();
    const [q5, q50, q95] = [0.05, 0.5, 0.95].map((level) => quantile(sorted, level));
    const own = observed[i] ?? NaN;
    return {
      name,
      observed: own,
      q5: q5 ?? NaN,
      q50: q50 ?? NaN,
      q95: q95 ?? NaN,
      rank: rankOf(own, sorted),
      ties: sorted.reduce((n, value) => n + (value === own ? 1 : 0), 0) / sorted.length,
    };
  });
}

/**
 * How many observations have their rank in each of so many bins. One that some predictions equal, as with counts, has any of
 * the ranks among these, and is shared out (Czado, Gneiting and Held 2009): so that bins are even where the model is right.
 */
export function rankCounts(checks: readonly ElementCheck[], bins: number): readonly number[] {
  const below = ({ rank, ties }: ElementCheck, edge: number): number => {
    const low = rank - ties / 2;
    return ties === 0 ? (rank < edge || edge >= 1 ? 1 : 0) : Math.min(1, Math.max(0, (edge - low) / ties));
  };
  return Array.from({ length: bins }, (_, i) =>
    checks.reduce((n, check) => n + below(check, (i + 1) / bins) - (i === 0 ? 0 : below(check, i / bins)), 0),
  );
}

/** The share of observations within the middle 90 % of their predictions. */
export const coverage = (checks: readonly ElementCheck[]): number =>
  mean(checks.map(({ observed, q5, q95 }) => (observed >= q5 && observed <= q95 ? 1 : 0)));
