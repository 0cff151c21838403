// What a run reports to programs: the object of `mppc run --json` and of `result.json`, and `settings.json`.
import { afterStart } from "../inference/diagnosis.js";
import { STOPPING_WORDS, type InferenceResult } from "../inference/infer.js";
import type { SummaryRow } from "../inference/posterior.js";
import { VERSION } from "../version.js";
import type { StoredOptions } from "./resume.js";

/** What of a run inference does not know. */
export type RunFacts = {
  readonly compileSeconds: number;
  readonly totalSeconds: number;
  readonly peakRssBytes: number;
  readonly deviceBytes: number;
  readonly device: string;
  readonly seed: number;
};

/** `mppc run --json`; numbers that are not finite are null in JSON. */
export type RunReport = {
  readonly summary: readonly SummaryRow[];
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
    }[];
    readonly stopped: string;
    readonly warnings: readonly { readonly code: string; readonly message: string }[];
  };
  readonly timing: {
    readonly compile_seconds: number;
    readonly first_iteration_seconds: number;
    readonly seconds_per_iteration: number;
    readonly iterations: number;
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
  readonly start: string;
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

export function runReport(result: InferenceResult, facts: RunFacts): RunReport {
  const { timing } = result;
  return {
    summary: result.summary,
    evidence: {
      mean: result.evidence.mean,
      mcse: result.evidence.mcse,
      trace: afterStart(result.trace).map((entry) => entry.logEvidence),
      final: result.evidence.sets,
    },
    diagnostics: {
      effective_sample_sizes: result.groups.map(({ group, particles, final }) => ({
        group,
        particles,
        median: final.median,
        minimum: final.minimum,
      })),
      stopped: STOPPING_WORDS[result.stopped],
      warnings: result.warnings.map(({ code, message }) => ({ code, message })),
    },
    timing: {
      compile_seconds: facts.compileSeconds,
      first_iteration_seconds: timing.first_iteration_seconds,
      seconds_per_iteration: timing.seconds_per_iteration,
      iterations: timing.iterations,
      total_seconds: facts.totalSeconds,
    },
    memory: { peak_rss_bytes: facts.peakRssBytes, device_bytes: facts.deviceBytes },
    device: facts.device,
    seed: facts.seed,
    version: VERSION,
  };
}
