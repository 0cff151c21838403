// Predictions of new data from posterior draws: which of its plates' elements the draws know, and what is reported.
import { join } from "node:path";
import { makeDirectory } from "./directories.js";
import type { CompiledModel } from "../compiled.js";
import type { PosteriorDraws } from "../inference/draws.js";
import type { SummaryRow } from "../inference/posterior.js";
import { atDraws, type AtDraws } from "../inference/predict.js";
import {
  drawnRows,
  logMeanExp,
  pointwise,
  type LogMean,
  type PointwiseRow,
} from "../inference/predictive.js";
import { replicate, type Replicated, type ReplicationContext } from "../inference/replicate.js";
import type { BoundData } from "../runtime/data.js";
import type { Device } from "../runtime/device.js";
import { pointwiseCsv, summaryCsv } from "./csv.js";
import { loadNewData } from "./data-files.js";
import { compiledFor } from "./device-choice.js";
import { newElementsAlone, systemReason, testWithoutDraws, unwritableFile } from "./errors.js";
import { UnwritableError, UsageError } from "./failures.js";
import { writeAtomically } from "./files.js";
import type { Model } from "./model-file.js";
import { replicationContext } from "./replicated.js";
import { replicationPairs } from "./replications.js";
import { plateElements, type PlateElements } from "./plate-elements.js";
import type { Terminal } from "./terminal.js";

/** New data, bound, and what its plates' elements are. */
export type NewData = { readonly data: BoundData; readonly plates: readonly PlateElements[] };

/** The data of `--test`, or null where none is given. Throws a DiagnosticError for what is wrong with it. */
export async function loadHeldOut(
  model: CompiledModel,
  trained: BoundData,
  options: {
    readonly test?: readonly string[];
    readonly newElements?: readonly string[];
    readonly draws?: number;
  },
  terminal: Terminal,
): Promise<NewData | null> {
  const { test, newElements = [] } = options;
  if (test === undefined && newElements.length > 0) throw new UsageError(newElementsAlone());
  if (test === undefined) return null;
  if (options.draws === 0) throw new UsageError(testWithoutDraws());
  const data = await loadNewData(model, test, terminal);
  return { data, plates: plateElements(model, trained.sizes, data.sizes, newElements) };
}

/** The program that predicts, planned for the new data. */
export const predictor = (source: Model, data: BoundData, device: Device): CompiledModel =>
  source.compile({
    programs: ["predict"],
    sizes: data.sizes,
    ...compiledFor(device),
  });

/** Predictions of new data. */
export type HeldOut = {
  readonly plates: readonly PlateElements[];
  readonly draws: number;
  /** Log of the mean over draws of the probability of all the new data together. */
  readonly joint: LogMean;
  readonly rows: readonly PointwiseRow[];
  /** Generated quantities on the new data, and outcomes that none of these stands for. */
  readonly summary: readonly SummaryRow[];
  /** Everything at every draw. */
  readonly atDraws: AtDraws;
  /** The outcomes, at as many draws as there is room for. */
  readonly replicated: Replicated;
};

export async function predictHeldOut(
  run: {
    readonly source: Model;
    readonly model: CompiledModel;
    readonly data: BoundData;
    readonly device: Device;
    readonly seed: number;
    readonly plates: readonly PlateElements[];
  },
  draws: PosteriorDraws,
): Promise<HeldOut> {
  const { source, model, data, plates } = run;
  const known = new Map(plates.map((p) => [p.plate, p.elements]));
  const countedFrom = new Map(plates.filter((p) => p.ordered).map((p) => [p.plate, p.known]));
  const found = await atDraws({ ...run, known, countedFrom }, draws);
  const replicated = await replicateOutcomes(source, { ...run, known, countedFrom }, draws);
  return {
    plates,
    draws: found.count,
    joint: logMeanExp(found.logLikelihood),
    rows: pointwise(found, data.sizes),
    summary: [
      ...model.interface.generated.flatMap(({ name }) => {
        const values = found.generated.get(name);
        return values === undefined ? [] : drawnRows(name, values, found, data.sizes);
      }),
      ...[...replicated.data].flatMap(([name, values]) =>
        // Steps that are known have no prediction, nor has what the model does not observe.
        drawnRows(name, values, replicated, data.sizes).filter(({ mean }) => !Number.isNaN(mean)),
      ),
    ],
    atDraws: found,
    replicated,
  };
}

/** Numbers that outcomes are drawn of, and the fewest draws. */
const MOST_NUMBERS = 2 ** 22;
const FEWEST = 100;

/** Outcomes of the new data, of those that no prediction of the model stands for. */
function replicateOutcomes(
  source: Model,
  at: Omit<ReplicationContext, "program" | "simulated">,
  draws: PosteriorDraws,
): Promise<Replicated> {
  const context = replicationContext(source, at.model, at);
  const paired = new Set(replicationPairs(source.checked().model).map(({ data }) => data));
  const simulated = context.simulated.filter((name) => !paired.has(name));
  const numbers = simulated.reduce((n, name) => n + (at.data.arrays.get(name)?.length ?? 0), 0);
  const most = Math.max(FEWEST, Math.floor(MOST_NUMBERS / Math.max(1, numbers)));
  return replicate({ ...context, simulated }, draws, Math.min(draws.count, most));
}

/** `held_out` of `--json` and `result.json`. */
export type HeldOutReport = {
  /** Null where the new data has no value of what is observed. */
  readonly log_likelihood: number | null;
  readonly mcse: number | null;
  readonly draws: number;
  readonly observations: number;
  /** Sum of the observations' own log predictive densities. */
  readonly pointwise_total: number;
  readonly plates: Readonly<Record<string, { readonly length: number; readonly known: number }>>;
};

export function heldOutReport({ joint, draws, rows, plates }: HeldOut): HeldOutReport {
  return {
    log_likelihood: rows.length === 0 ? null : joint.value,
    mcse: rows.length === 0 ? null : joint.mcse,
    draws,
    observations: rows.length,
    pointwise_total: rows.reduce((sum, row) => sum + row.lpd, 0),
    plates: Object.fromEntries(
      plates.filter((p) => p.ownsLatents).map(({ plate, length, known }) => [plate, { length, known }]),
    ),
  };
}

/** A line for the screen, and one for each plate that says what its elements were taken for. */
export function heldOutText({ joint, draws, plates, rows }: HeldOut): string {
  const lines = plates.map((p) => `  ${p.plate}: ${elementWords(p)}`);
  if (rows.length === 0) return [`predicted by ${draws} draws`, ...lines, ""].join("\n");
  const error = Number.isFinite(joint.mcse) ? joint.mcse.toPrecision(2) : "unknown";
  return [
    `predictive log-likelihood ${joint.value.toFixed(2)} (Monte Carlo error ${error}, ${draws} draws)`,
    ...lines,
    "",
  ].join("\n");
}

function elementWords(of: PlateElements): string {
  const { known, length, ordered, ownsLatents, elements, unknown } = of;
  if (!ownsLatents) return `${length} new observations each`;
  const names = unknown.length === 0 ? "" : `: ${shortList(unknown)}`;
  if (known === 0) return `${length} new elements, drawn from the model${names}`;
  const more = length - known;
  if (ordered) return `the ${known} steps of the run, which are not predicted, and ${more} new ones`;
  const all = known === elements.of ? `the ${known} elements` : `${known} of the ${elements.of} elements`;
  return `${all} of the run${more > 0 ? `, and ${more} new ones, drawn from the model${names}` : ""}`;
}

const MOST_NAMES = 8;
const shortList = (names: readonly string[]): string =>
  [...names.slice(0, MOST_NAMES), ...(names.length > MOST_NAMES ? ["..."] : [])].join(", ");

/** Writes `predictions.csv` and `log_lik.csv`. */
export function writeHeldOut(directory: string, { rows, summary }: HeldOut): void {
  try {
    makeDirectory(directory);
  } catch (problem) {
    throw new UnwritableError(unwritableFile(directory, systemReason(problem)));
  }
  if (rows.length > 0) writeAtomically(join(directory, "log_lik.csv"), pointwiseCsv(rows));
  if (summary.length > 0) writeAtomically(join(directory, "predictions.csv"), summaryCsv({ summary }));
}
