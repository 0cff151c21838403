// How well a run went, in numbers and in words: effective sizes by group, collapses, and what is not to be trusted.
import { concat } from "./arrays.js";
import * as errors from "./errors.js";
import type { PooledWeights } from "./pooled-weights.js";
import type { SummaryRow } from "./posterior.js";
import { orderStatistic } from "./quantiles.js";
import { sampledGroups } from "./settings.js";
import type { Diagnostic } from "../diagnostic.js";
import { BUFFERS, type ModelInterface } from "../ir/interface.js";

/**
 * A group whose particles are worth fewer independent draws than this is not trusted. Chosen on runs against known
 * posteriors, of which docs/methods.md has the table: all 26 groups whose sd was below 0.7 of the true one are named.
 */
export const LEAST_TRUSTED_DRAWS = 7;
/** The worst numbers of a group that are left out of account: where there are thousands, some are worst by chance. */
const DISREGARDED_SHARE = 0.05;
/** Weights worth fewer particles than this count as collapsed. */
export const COLLAPSED_SIZE = 1.5;
/** A group that collapsed in more than this share of the fit's later half is warned of. */
const COLLAPSED_SHARE = 0.5;
/** Above it Pareto-smoothed weights are not reliable (Vehtari et al. 2024). */
const LARGEST_TRUSTED_SHAPE = 0.7;

/** Effective sizes of several sets of weights. */
export type EffectiveSizes = {
  readonly minimum: number;
  readonly median: number;
  readonly meanLog: number;
};

export type GroupDiagnosis = {
  readonly group: string;
  /** In the final pass: its particles, and their weights' effective sizes over plate elements and sets. */
  readonly particles: number;
  readonly final: EffectiveSizes;
  /**
   * How many independent draws a set of its particles is worth, by how much the posterior means differ between sets:
   * the posterior's variance over that of a set's mean. It counts what the weights' effective sizes do not see, the noise
   * of the groups that this one depends on, and sets that one heavy particle has to itself. Of its numbers the worst but
   * for 5 %. NaN where every number is the same in all draws.
   */
  readonly independentDraws: number;
  /**
   * The largest Pareto shape (k-hat) of the tails of its weights, over plate elements: above 0.7 they are not reliable.
   * NaN where there are too few weights to tell.
   */
  readonly tailShape: number;
  /** The median over plate elements. */
  readonly medianTailShape: number;
  /** Share of plate elements and iterations of the fit in which the weights rested on nearly one particle. */
  readonly collapsed: number;
};

/** A fit's phases, in their order. */
export const PHASES = ["start", "search", "settle"] as const;

/** One iteration of the fit, counted anew after the start, in which the evidence is that of the tempered model. */
export type TraceEntry = {
  readonly iteration: number;
  readonly phase: (typeof PHASES)[number];
  readonly logEvidence: number;
  /** The power to which the model was raised, and the first guide to one minus it; 1 after the start. */
  readonly temper: number;
  /** Over all sampled groups and their plate elements. */
  readonly minimumEss: number;
  readonly medianEss: number;
  readonly meanLogEss: number;
  /** Of the method: the iteration's weight in the moving averages, or the optimiser's step. */
  readonly step: number;
};

/** What `FitHealth` has counted, as plain values. */
export type HealthCounts = {
  readonly collapsed: Readonly<Record<string, number>>;
  readonly seen: Readonly<Record<string, number>>;
  readonly nonFinite: Readonly<Record<string, number>>;
};

/** The iterations that are counted: those after the tempered start. */
export const afterStart = (trace: readonly TraceEntry[]): readonly TraceEntry[] =>
  trace.filter(({ phase }) => phase !== "start");

/** An iteration's entry of the trace. */
export const traceEntry = (
  iteration: Omit<TraceEntry, "minimumEss" | "medianEss" | "meanLogEss">,
  { minimum, median, meanLog }: EffectiveSizes,
): TraceEntry => ({ ...iteration, minimumEss: minimum, medianEss: median, meanLogEss: meanLog });

/** Of sums of squared weights; plates may have millions of elements. */
export function effectiveSizes(weightSquares: Float64Array): EffectiveSizes {
  const sizes = weightSquares.map((x) => 1 / x);
  if (sizes.length === 0) return { minimum: NaN, median: NaN, meanLog: NaN };
  let [minimum, logs] = [Infinity, 0];
  for (const size of sizes) {
    minimum = Math.min(minimum, size);
    logs += Math.log(size);
  }
  const median = orderStatistic(sizes, Math.floor((sizes.length - 1) / 2));
  return { minimum, median, meanLog: logs / sizes.length };
}

/** Counts collapses while the guide is being fitted. */
export class FitHealth {
  private readonly collapsed: Map<string, number>;
  private readonly seen: Map<string, number>;
  private readonly nonFinite: Map<string, number>;

  /** `particles`: of the fit, by group; `counts`: what an earlier part of the same fit has counted. */
  constructor(
    private readonly model: ModelInterface,
    private readonly particles: ReadonlyMap<string, number>,
    counts: HealthCounts | null = null,
  ) {
    this.collapsed = new Map(Object.entries(counts?.collapsed ?? {}));
    this.seen = new Map(Object.entries(counts?.seen ?? {}));
    this.nonFinite = new Map(Object.entries(counts?.nonFinite ?? {}));
  }

  get counts(): HealthCounts {
    return {
      collapsed: Object.fromEntries(this.collapsed),
      seen: Object.fromEntries(this.seen),
      nonFinite: Object.fromEntries(this.nonFinite),
    };
  }

  /** Takes an iteration's sums of squared weights in; gives the effective sizes over all groups. */
  add(outputs: ReadonlyMap<string, Float64Array>): EffectiveSizes {
    const all: Float64Array[] = [];
    for (const { name } of sampledGroups(this.model)) {
      const squares = outputs.get(BUFFERS.weightSquares(name)) ?? new Float64Array();
      const single = this.particles.get(name) === 1;
      const collapsed = single ? 0 : squares.reduce((n, x) => n + (1 / x < COLLAPSED_SIZE ? 1 : 0), 0);
      this.collapsed.set(name, (this.collapsed.get(name) ?? 0) + collapsed);
      this.seen.set(name, (this.seen.get(name) ?? 0) + squares.length);
      all.push(squares);
    }
    return effectiveSizes(concat(all));
  }

  addNonFinite(latent: string, elements: number): void {
    if (elements > 0) this.nonFinite.set(latent, (this.nonFinite.get(latent) ?? 0) + elements);
  }

  /** As `addNonFinite`, of all iterations so far. */
  setNonFinite(latent: string, elements: number): void {
    if (elements > 0) this.nonFinite.set(latent, elements);
  }

  /** How often an element's results were not finite, by latent. */
  get nonFiniteElements(): ReadonlyMap<string, number> {
    return this.nonFinite;
  }

  collapsedShare(group: string): number {
    return (this.collapsed.get(group) ?? 0) / Math.max(1, this.seen.get(group) ?? 0);
  }
}

/** Effective sizes of the final weights, group by group: `weights.<group>` is [plates, particle]. */
export class FinalSizes {
  private readonly squares = new Map<string, Float64Array[]>();

  constructor(
    private readonly model: ModelInterface,
    private readonly particles: ReadonlyMap<string, number>,
  ) {}

  add(outputs: ReadonlyMap<string, Float64Array>): void {
    for (const { name } of sampledGroups(this.model)) {
      const weights = outputs.get(BUFFERS.weights(name)) ?? new Float64Array();
      const count = this.particles.get(name) ?? 1;
      const squares = new Float64Array(weights.length / count);
      for (let i = 0; i < weights.length; i++) {
        const weight = weights[i] ?? NaN;
        const element = Math.floor(i / count);
        squares[element] = (squares[element] ?? 0) + weight * weight;
      }
      this.squares.set(name, [...(this.squares.get(name) ?? []), squares]);
    }
  }

  /** `rowsOf`: the summary of a latent; `sets`: how many it is of. */
  diagnose(
    health: FitHealth,
    weights: ReadonlyMap<string, PooledWeights>,
    rowsOf: (latent: string) => readonly SummaryRow[],
    sets: number,
  ): GroupDiagnosis[] {
    const shapesOf = (group: string): number[] =>
      (weights.get(BUFFERS.weights(group))?.tailShapes ?? []).filter(Number.isFinite).sort((a, b) => a - b);
    return sampledGroups(this.model).map(({ name, latents }) => ({
      group: name,
      particles: this.particles.get(name) ?? 1,
      final: effectiveSizes(concat(this.squares.get(name) ?? [])),
      independentDraws: independentDraws(latents.flatMap(rowsOf), sets),
      tailShape: shapesOf(name).at(-1) ?? NaN,
      medianTailShape: shapesOf(name)[Math.floor((shapesOf(name).length - 1) / 2)] ?? NaN,
      collapsed: health.collapsedShare(name),
    }));
  }
}

/** As `GroupDiagnosis` has it: `rows` are of all latents of a group. */
export function independentDraws(
  rows: readonly Pick<SummaryRow, "sd" | "mcse_mean">[],
  sets: number,
): number {
  const draws = rows
    .map(({ sd, mcse_mean: error }) => (sd / error) ** 2 / sets)
    .filter((x) => !Number.isNaN(x))
    .sort((a, b) => a - b);
  return draws[Math.floor(DISREGARDED_SHARE * draws.length)] ?? NaN;
}

/** Groups in the order in which their uncertainties are to be doubted: by the independent draws that a set is worth. */
export const worstFirst = (groups: readonly GroupDiagnosis[]): readonly GroupDiagnosis[] => {
  const worth = ({ independentDraws: draws }: GroupDiagnosis): number =>
    Number.isNaN(draws) ? Infinity : draws;
  return groups.toSorted((a, b) => (worth(a) === worth(b) ? 0 : worth(a) - worth(b)));
};

/** Everything about a run that its reader should be warned of: a warning for each group that has one, worst first. */
export function warnings(
  model: ModelInterface,
  groups: readonly GroupDiagnosis[],
  health: FitHealth,
  /** `rising`: the iterations after which the fit ended with the evidence still rising; null if it did not. */
  run: { readonly rising: number | null },
): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { group, final, particles, collapsed, medianTailShape, independentDraws: draws } of worstFirst(
    groups,
  )) {
    const latents = model.groups.find((g) => g.name === group)?.latents ?? [];
    if (draws < LEAST_TRUSTED_DRAWS && particles > 1)
      found.push(errors.untrustedGroup(group, latents, { draws, particles, ess: final.median }));
    else if (medianTailShape > LARGEST_TRUSTED_SHAPE)
      found.push(errors.heavyTail(group, latents, medianTailShape, particles));
    else if (collapsed > COLLAPSED_SHARE && particles > 1) found.push(errors.collapsed(group, collapsed));
  }
  const nonFinite = [...health.nonFiniteElements];
  if (nonFinite.length > 0) {
    const times = nonFinite.reduce((sum, [, n]) => sum + n, 0);
    found.push(errors.nonFiniteElements(nonFinite.map(([latent]) => latent), times)); // prettier-ignore
  }
  if (run.rising !== null) found.push(errors.notSettled(run.rising));
  return found;
}
