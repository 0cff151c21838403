// Whether ranks are uniform: simultaneous bands of their empirical distribution function, and what a departure means.

/** Ranks of the truth among draws, over simulations: the number of draws below it, from 0 to `draws`. */
export type Ranks = { readonly name: string; readonly draws: number; readonly ranks: readonly number[] };

/** What ranks that are not uniform say of a posterior. */
export type Departure = "too narrow" | "too wide" | "too high" | "too low" | "otherwise off";

export type RankVerdict = {
  readonly name: string;
  /** How often each rank came. */
  readonly counts: readonly number[];
  /** Mean of the ranks as shares of the draws: 0.5 if uniform. */
  readonly mean: number;
  /** The probability that uniform ranks stray so far at any of their values. */
  readonly p: number;
  /** The same among as many quantities as are looked at (Bonferroni). */
  readonly adjusted: number;
  /** Null where the ranks are as uniform ones. */
  readonly departure: Departure | null;
};

/** log n! up to some n. */
function logFactorials(most: number): Float64Array {
  const table = new Float64Array(most + 1);
  for (let n = 2; n <= most; n++) table[n] = (table[n - 1] ?? 0) + Math.log(n);
  return table;
}

/** The probability of k successes among n of probability p. */
function binomial(logs: Float64Array, k: number, n: number, p: number): number {
  if (p >= 1) return k === n ? 1 : 0;
  const choose = (logs[n] ?? 0) - (logs[k] ?? 0) - (logs[n - k] ?? 0);
  return Math.exp(choose + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** For every count of ranks up to and with each but the last, how far out it is: twice the smaller tail probability. */
class Tails {
  readonly #logs: Float64Array;
  /** By rank, then count. */
  readonly outlying: readonly Float64Array[];

  constructor(
    readonly bins: number,
    readonly simulations: number,
  ) {
    this.#logs = logFactorials(simulations);
    this.outlying = Array.from({ length: bins - 1 }, (_, i) => {
      const mass = Float64Array.from({ length: simulations + 1 }, (_, k) =>
        binomial(this.#logs, k, simulations, (i + 1) / bins),
      );
      const found = new Float64Array(simulations + 1);
      let below = 0;
      for (let k = 0; k <= simulations; k++) {
        found[k] = 2 * Math.min(below + (mass[k] ?? 0), 1 - below);
        below += mass[k] ?? 0;
      }
      return found;
    });
  }

  /** The probability that counts of uniform ranks are less far out than this everywhere: an exact sum over their course. */
  inside(level: number): number {
    const { bins, simulations } = this;
    let at = Float64Array.of(1);
    for (let i = 0; i < bins - 1; i++) {
      const next = new Float64Array(simulations + 1);
      // Of the ranks that are left, each is the next one with the same probability.
      const share = 1 / (bins - i);
      at.forEach((probability, before) => {
        if (probability < 1e-300) return;
        for (let k = before; k <= simulations; k++) {
          if ((this.outlying[i]?.[k] ?? 0) <= level * (1 + 1e-12)) continue;
          next[k] =
            (next[k] ?? 0) + probability * binomial(this.#logs, k - before, simulations - before, share);
        }
      });
      at = next;
    }
    return at.reduce((sum, probability) => sum + probability, 0);
  }
}

const cumulative = (counts: readonly number[]): number[] => {
  let sum = 0;
  return counts.slice(0, -1).map((n) => (sum += n));
};

/**
 * Whether the ranks of each quantity are uniform, at a level for all of them together. Source: Talts and others, "Validating
 * Bayesian inference algorithms with simulation-based calibration" (2018); Saeilynoja, Buerkner and Vehtari, "Graphical test
 * for discrete uniformity and its applications in goodness-of-fit evaluation and multiple sample comparison" (2022).
 */
export function verdicts(quantities: readonly Ranks[], level: number): RankVerdict[] {
  const known = new Map<string, Tails>();
  return quantities.map(({ name, draws, ranks }) => {
    const counts = Array.from({ length: draws + 1 }, () => 0);
    for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1;
    const key = `${draws} ${ranks.length}`;
    const tails = known.get(key) ?? new Tails(draws + 1, ranks.length);
    known.set(key, tails);
    const farthest = cumulative(counts).reduce(
      (least, count, i) => Math.min(least, tails.outlying[i]?.[count] ?? 1),
      1,
    );
    const p = Math.min(1, Math.max(0, 1 - tails.inside(farthest)));
    const adjusted = Math.min(1, p * quantities.length);
    const mean = ranks.reduce((sum, rank) => sum + rank, 0) / (ranks.length * draws);
    return { name, counts, mean, p, adjusted, departure: adjusted < level ? departure(ranks, draws) : null };
  });
}

/** By whether the mean of the ranks or their spread is farther from that of uniform ones, in standard errors. */
function departure(ranks: readonly number[], draws: number): Departure {
  const n = ranks.length;
  const shares = ranks.map((rank) => (rank + 0.5) / (draws + 1) - 0.5);
  const centre = shares.reduce((sum, x) => sum + x, 0) / n;
  const mean = centre / Math.sqrt(1 / 12 / n);
  // About their own mean: ranks that are all at one end are not spread out.
  const variance = shares.reduce((sum, x) => sum + (x - centre) ** 2, 0) / n;
  const spread = (variance - 1 / 12) / Math.sqrt(1 / 180 / n);
  if (Math.max(Math.abs(mean), Math.abs(spread)) < 2) return "otherwise off";
  if (Math.abs(spread) > Math.abs(mean)) return spread > 0 ? "too narrow" : "too wide";
  return mean < 0 ? "too high" : "too low";
}

/**
 * Bands that counts up to and with each rank but the last are all within, with probability 1 - `level` where ranks are
 * uniform.
 */
export function bands(
  draws: number,
  simulations: number,
  level: number,
): readonly { readonly from: number; readonly to: number }[] {
  const tails = new Tails(draws + 1, simulations);
  let [low, high] = [0, 1];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (tails.inside(middle) >= 1 - level) low = middle;
    else high = middle;
  }
  return tails.outlying.map((of) => {
    const within = Array.from(of.keys()).filter((k) => (of[k] ?? 0) > low);
    return { from: within[0] ?? 0, to: within.at(-1) ?? simulations };
  });
}
