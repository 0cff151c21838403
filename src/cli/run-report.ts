// What a run reports to programs: the object of `mppc run --json` and of `result.json`, and `settings.json`.
import type { CovarianceRow } from "../inference/covariance.js";
import { afterStart } from "../inference/diagnosis.js";
import { STOPPING_WORDS, type InferenceResult } from "../inference/infer.js";
import type { SummaryRow } from "../inference/posterior.js";
import { ExtendedSizes, rowsOfLengths, type Rows, type Sizes } from "../ir/axis.js";
import type { ModelInterface } from "../ir/interface.js";
import { VERSION } from "../version.js";
import { heldOutReport, type HeldOut, type HeldOutReport } from "./held-out.js";
import type { RunDraws } from "./run-draws.js";
import type { StoredOptions } from "./resume.js";

/** What of a run inference does not know. */
export type RunFacts = {
  readonly compileSeconds: number;
  readonly totalSeconds: number;
  readonly peakRssBytes: number;
  readonly deviceBytes: number;
  readonly device: string;
  readonly seed: number;
  /** Whether covariances were asked for. */
  readonly withCovariance: boolean;
};

/** `mppc run --json`; numbers that are not finite are null in JSON. */
export type RunReport = {
  readonly summary: readonly SummaryRow[];
  /** Correlations and covariances of pairs of numbers; missing where none were asked for. */
  readonly covariance?: readonly CovarianceRow[];
  /** The model's own parameters as learned: a number, or the elements of a vector. */
  readonly parameters: Readonly<Record<string, number | readonly number[]>>;
  readonly evidence: {
    readonly mean: number;
    /** Monte Carlo standard error of `mean`. */
    readonly mcse: number;
    /** Log evidence by iteration of the fit, without those of the tempered start. */
    readonly trace: readonly number[];
    /** Log evidence of the final draws. */
    readonly final: readonly number[];
  };
  readonly diagnostics: {
    readonly effective_sample_sizes: readonly {
      readonly group: string;
      readonly particles: number;
      readonly median: number;
      readonly minimum: number;
      /** What a set of its particles is worth. */
      readonly independent_draws: number;
      /** Shape of the tail of its weights, the largest over plate elements: above 0.7 they are not reliable. */
      readonly pareto_k: number;
    }[];
    readonly stopped: string;
    readonly warnings: readonly { readonly code: string; readonly message: string }[];
  };
  /** How many posterior draws `draws.csv` has; missing where there are none. */
  readonly draws?: number;
  /** Leave-one-out estimate of the log predictive density, over the observations in `log_lik.csv`. */
  readonly leave_one_out?: {
    readonly elpd: number;
    readonly se: number;
    readonly p: number;
    readonly largest_pareto_k: number;
  };
  /** Predictions of `--test`. */
  readonly held_out?: HeldOutReport;
  readonly timing: {
    readonly compile_seconds: number;
    readonly first_iteration_seconds: number;
    readonly seconds_per_iteration: number;
    readonly iterations: number;
    /** One set of particles of the final pass. */
    readonly seconds_per_set: number;
    readonly total_seconds: number;
  };
  readonly memory: { readonly peak_rss_bytes: number; readonly device_bytes: number };
  readonly device: string;
  readonly seed: number;
  readonly version: string;
};

/** `settings.json`: what it takes to do the run again. */
export type RunSettingsReport = {
  readonly format: "mppc run";
  readonly model: { readonly path: string; readonly sha256: string };
  readonly data: readonly { readonly path: string; readonly sha256: string }[];
  readonly method: string;
  readonly particles: Readonly<Record<string, number>>;
  readonly draws_from: string;
  readonly estimator: string;
  readonly coupling: string;
  /** What was done for speed alone. */
  readonly optimisations: readonly string[];
  readonly start: string;
  /** Lengths of the plates and vectors of the data; of ragged plates how many rows each element of the parent has. */
  readonly sizes: Readonly<
    Record<string, number | { readonly of: string; readonly rows: readonly number[] }>
  >;
  /** What plates' elements are called, where the data names them. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly iterations: number | null;
  readonly averaging_weight: number | null;
  /** Of Adam. */
  readonly step: number;
  readonly decay_at: readonly number[] | null;
  readonly betas: readonly [number, number];
  readonly seed: number;
  readonly device: { readonly kind: string; readonly description: string };
  readonly versions: { readonly mppc: string; readonly node: string };
  readonly started: string;
  /** Options as given, for `--resume`, and the folder that paths are relative to. */
  readonly options: StoredOptions;
  readonly folder: string;
};

/** The model's own parameters, by name. */
export const learnedParameters = (
  model: ModelInterface,
  { parameters }: Pick<InferenceResult, "parameters">,
): readonly (readonly [string, number | readonly number[]])[] =>
  model.parameters.map(({ name, event }) => {
    const values = [...(parameters.get(name) ?? [])];
    return [name, event === null ? (values[0] ?? NaN) : values];
  });

export function runReport(
  model: ModelInterface,
  result: InferenceResult,
  facts: RunFacts,
  drawn: RunDraws | null,
  heldOut: HeldOut | null,
): RunReport {
  const { timing } = result;
  return {
    summary: result.summary,
    ...(facts.withCovariance ? { covariance: result.covariance } : {}),
    parameters: Object.fromEntries(learnedParameters(model, result)),
    evidence: {
      mean: result.evidence.mean,
      mcse: result.evidence.mcse,
      trace: afterStart(result.trace).map((entry) => entry.logEvidence),
      final: result.evidence.sets,
    },
    diagnostics: {
      effective_sample_sizes: result.groups.map(
        ({ group, particles, final, independentDraws, tailShape }) => ({
          group,
          particles,
          median: final.median,
          minimum: final.minimum,
          independent_draws: independentDraws,
          pareto_k: tailShape,
        }),
      ),
      stopped: STOPPING_WORDS[result.stopped],
      warnings: result.warnings.map(({ code, message }) => ({ code, message })),
    },
    ...(drawn === null ? {} : drawsReport(drawn)),
    ...(heldOut === null ? {} : { held_out: heldOutReport(heldOut) }),
    timing: {
      compile_seconds: facts.compileSeconds,
      first_iteration_seconds: timing.first_iteration_seconds,
      seconds_per_iteration: timing.seconds_per_iteration,
      iterations: timing.iterations,
      seconds_per_set: result.secondsPerSet,
      total_seconds: facts.totalSeconds,
    },
    memory: { peak_rss_bytes: facts.peakRssBytes, device_bytes: facts.deviceBytes },
    device: facts.device,
    seed: facts.seed,
    version: VERSION,
  };
}

function drawsReport({ draws, leaveOneOut }: RunDraws): Pick<RunReport, "draws" | "leave_one_out"> {
  const { rows, elpd, se, p, largestK } = leaveOneOut;
  if (rows.length === 0) return { draws: draws.count };
  return { draws: draws.count, leave_one_out: { elpd, se, p, largest_pareto_k: largestK } };
}

/** The data's sizes as `settings.json` has them. */
export function sizesReport(sizes: Sizes): Pick<RunSettingsReport, "sizes" | "labels"> {
  const lengths = (starts: Int32Array): number[] =>
    Array.from({ length: starts.length - 1 }, (_, p) => (starts[p + 1] ?? 0) - (starts[p] ?? 0));
  return {
    sizes: Object.fromEntries(
      [...sizes].map(([axis, size]) => {
        const rows = sizes.rows?.get(axis);
        return [axis, rows === undefined ? size : { of: rows.of, rows: lengths(rows.starts) }];
      }),
    ),
    labels: Object.fromEntries(sizes.labels ?? []),
  };
}

/** The sizes of the data that a run was of. */
export function trainedSizes({ sizes, labels }: RunSettingsReport): Sizes {
  const rows = new Map<string, Rows>();
  const lengths = Object.entries(sizes).map(([axis, size]): [string, number] => {
    if (typeof size === "number") return [axis, size];
    const own = rowsOfLengths(size.of, size.rows);
    rows.set(axis, own);
    return [axis, own.parent.length];
  });
  return new ExtendedSizes(new Map(lengths), [], { rows, labels: new Map(Object.entries(labels)) });
}
