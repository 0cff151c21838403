// What a report is made of: a finished run as plain values, whatever files it came from.
import type { LeaveOneOutRow } from "../inference/predictive.js";
import type { SummaryRow } from "../inference/posterior.js";
import type { PlateGraph } from "./plate-graph.js";

/** One iteration of the fit. */
export type TracePoint = {
  readonly iteration: number;
  readonly phase: string;
  /** From 0, the guide alone, to 1, the posterior. */
  readonly temper: number;
  readonly logEvidence: number;
  readonly minimumEss: number;
  readonly medianEss: number;
};

/** How well the particles of one group did. */
export type GroupRecord = {
  readonly group: string;
  readonly particles: number;
  readonly medianEss: number;
  readonly minimumEss: number;
  /** What a set of its particles is worth; null where a run of an older version did not write it. */
  readonly independentDraws: number | null;
  /** NaN where the group has none, as its particles are all the values of a discrete latent. */
  readonly paretoK: number;
};

/** Draws of some quantities' elements, by their names. */
export type DrawColumns = {
  readonly count: number;
  readonly columns: ReadonlyMap<string, ArrayLike<number>>;
};

/** Replications beside the data that they are of. Only elements that are observed. */
export type PredictiveCheck = {
  /** The prediction of the `generated` block that they are draws of; null: the model's own, given each posterior draw. */
  readonly prediction: string | null;
  readonly data: string;
  readonly elements: readonly string[];
  readonly observed: Float64Array;
  /** Of each element, its draws. */
  readonly replicated: readonly ArrayLike<number>[];
  /** The same given draws from the prior; null where there are none. */
  readonly fromPrior: readonly ArrayLike<number>[] | null;
};

/** A step of the contraction, as `mppc explain` prints it. */
export type ContractionStep = {
  readonly step: string;
  readonly looksAt: string;
  readonly leaves: string;
  readonly combinations: number;
  /** What it takes: factors of the model and of the guide by their names, and results of steps before it by their places. */
  readonly factors: readonly string[];
  readonly steps: readonly number[];
};

/** What a piece of a model's text is, for its colours. */
export type TextKind = "comment" | "keyword" | "type" | "number" | "distribution" | "name" | "other";
export type HighlightedText = readonly { readonly kind: TextKind; readonly text: string }[];

/** What is known of the model itself; a report can do without. */
export type ModelRecord = {
  readonly source: HighlightedText;
  readonly graph: PlateGraph;
  readonly contraction: readonly ContractionStep[];
  readonly latents: readonly string[];
};

export type RunRecord = {
  readonly model: { readonly name: string; readonly path: string; readonly sha256: string };
  readonly data: readonly { readonly path: string; readonly sha256: string }[];
  /** Lengths of plates; of a ragged one its elements in all. */
  readonly plates: readonly (readonly [name: string, length: number])[];
  readonly method: string;
  readonly seed: number;
  readonly device: string;
  readonly versions: readonly (readonly [name: string, version: string])[];
  readonly started: string;
  /** The command line that does the run again, and the folder it was given in. */
  readonly command: string;
  readonly folder: string;
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly evidence: { readonly mean: number; readonly mcse: number; readonly sets: number };
  readonly stopped: string;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly groups: readonly GroupRecord[];
  readonly parameters: readonly (readonly [name: string, values: readonly number[]])[];
  readonly leaveOneOut: {
    readonly elpd: number;
    readonly se: number;
    readonly p: number;
    readonly largestK: number;
    readonly rows: readonly LeaveOneOutRow[];
  } | null;
  readonly heldOut: {
    readonly logLikelihood: number;
    readonly mcse: number;
    readonly observations: number;
  } | null;
  readonly timing: {
    readonly totalSeconds: number;
    readonly compileSeconds: number;
    readonly iterations: number;
    readonly secondsPerIteration: number;
  };
  readonly memory: { readonly hostBytes: number; readonly deviceBytes: number };
  readonly summary: readonly SummaryRow[];
  readonly trace: readonly TracePoint[];
  /** Null where the run took none. */
  readonly draws: DrawColumns | null;
  /** Draws of the same elements from the prior; null where there are none. */
  readonly prior: DrawColumns | null;
  readonly checks: readonly PredictiveCheck[];
  readonly knownModel: ModelRecord | null;
  /** What the report lacks and why, a sentence each. */
  readonly remarks: readonly string[];
};
