// Predictions of new data from posterior draws: which of its plates' elements the draws know, and what is reported.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError, didYouMean, type Diagnostic } from "../diagnostic.js";
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
import type { Sizes } from "../ir/axis.js";
import type { BoundData } from "../runtime/data.js";
import type { Device } from "../runtime/device.js";
import { pointwiseCsv, summaryCsv } from "./csv.js";
import { loadNewData } from "./data-files.js";
import { compiledFor } from "./device-choice.js";
import {
  cannotDrawLatent,
  fewerElements,
  newElementsAlone,
  otherElements,
  otherVectorLength,
  systemReason,
  testWithoutDraws,
  unknownPlate,
  unwritableFile,
} from "./errors.js";
import { UnwritableError, UsageError } from "./failures.js";
import { writeAtomically } from "./files.js";
import type { Model } from "./model-file.js";
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

/** What the elements of one plate of the new data are. */
export type PlateElements = {
  readonly plate: string;
  /** The first so many are those that the draws are of, or observed under them. */
  readonly known: number;
  readonly length: number;
  /** A time axis: what is observed at the known steps is what the draws are of, and is not predicted. */
  readonly ordered: boolean;
  /** Whether any latent is of the plate: elements beyond the known ones have latents that are drawn from the model. */
  readonly ownsLatents: boolean;
};

/**
 * Which elements of each plate the draws know. A plate in which a latent stands has the elements of the run first, in
 * their order, and any more are new ones, unless it is among `asNew`, all of whose elements are new. A plate without
 * latents holds new observations, as many as there are. Throws a DiagnosticError where that cannot be.
 */
export function plateElements(
  { interface: model }: CompiledModel,
  trained: Sizes,
  found: Sizes,
  asNew: readonly string[],
): PlateElements[] {
  const diagnostics: Diagnostic[] = [];
  const plates = model.plates.map((p) => p.name);
  for (const name of asNew)
    if (!plates.includes(name)) diagnostics.push(unknownPlate(name, didYouMean(name, plates), plates));
  const elements = model.plates.map(({ name: plate, ordered }): PlateElements => {
    const length = found.get(plate) ?? 0;
    const latents = model.latents.filter((l) => l.plates.includes(plate));
    if (latents.length === 0) return { plate, known: 0, length, ordered, ownsLatents: false };
    const had = trained.get(plate) ?? 0;
    const known = asNew.includes(plate) ? 0 : had;
    if (length < known) diagnostics.push(fewerElements(plate, had, length));
    else if (known > 0 && !isSameStructure(plate, trained, found)) diagnostics.push(otherElements(plate));
    if (length > known)
      for (const { name, family, hasDraw } of latents)
        if (!hasDraw) diagnostics.push(cannotDrawLatent(name, family, plate));
    return { plate, known, length, ordered, ownsLatents: true };
  });
  for (const { name, event } of model.latents) {
    const [had, has] = [trained.get(event ?? ""), found.get(event ?? "")];
    if (had !== has) diagnostics.push(otherVectorLength(name, had ?? 0, has ?? 0));
  }
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return elements;
}

/** Whether a plate's elements have the names that they had, and each element of its parent that was there as many as it had. */
function isSameStructure(plate: string, trained: Sizes, found: Sizes): boolean {
  const [starts, before] = [found.rows?.get(plate)?.starts, trained.rows?.get(plate)?.starts];
  const [names, namesBefore] = [found.labels?.get(plate), trained.labels?.get(plate)];
  const same = (a?: ArrayLike<unknown>, b?: ArrayLike<unknown>): boolean =>
    a === undefined || b === undefined
      ? a === b
      : a.length >= b.length && Array.from(b).every((x, i) => x === a[i]);
  return same(starts, before) && same(names, namesBefore);
}

/** Predictions of new data. */
export type HeldOut = {
  readonly plates: readonly PlateElements[];
  readonly draws: number;
  /** Log of the mean over draws of the probability of all the new data together. */
  readonly joint: LogMean;
  readonly rows: readonly PointwiseRow[];
  /** Generated quantities on the new data. */
  readonly summary: readonly SummaryRow[];
  /** Everything at every draw. */
  readonly atDraws: AtDraws;
};

export async function predictHeldOut(
  run: {
    readonly model: CompiledModel;
    readonly data: BoundData;
    readonly device: Device;
    readonly seed: number;
    readonly plates: readonly PlateElements[];
  },
  draws: PosteriorDraws,
): Promise<HeldOut> {
  const { model, data, plates } = run;
  const known = new Map(plates.map((p) => [p.plate, p.known]));
  const isSeries = new Set(model.interface.plates.filter((p) => p.ordered).map((p) => p.name));
  const countedFrom = new Map([...known].filter(([plate]) => isSeries.has(plate)));
  const found = await atDraws({ ...run, known, countedFrom }, draws);
  return {
    plates,
    draws: found.count,
    joint: logMeanExp(found.logLikelihood),
    rows: pointwise(found, data.sizes),
    summary: model.interface.generated.flatMap(({ name }) => {
      const values = found.generated.get(name);
      return values === undefined ? [] : drawnRows(name, values, found, data.sizes);
    }),
    atDraws: found,
  };
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

function elementWords({ known, length, ordered, ownsLatents }: PlateElements): string {
  if (!ownsLatents) return `${length} new observations each`;
  if (known === 0) return `${length} new elements, drawn from the model`;
  const more = length - known;
  if (ordered) return `the ${known} steps of the run, which are not predicted, and ${more} new ones`;
  return `the ${known} elements of the run${more > 0 ? `, and ${more} new ones, drawn from the model` : ""}`;
}

/** Writes `predictions.csv` and `log_lik.csv`. */
export function writeHeldOut(directory: string, { rows, summary }: HeldOut): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (problem) {
    throw new UnwritableError(unwritableFile(directory, systemReason(problem)));
  }
  if (rows.length > 0) writeAtomically(join(directory, "log_lik.csv"), pointwiseCsv(rows));
  if (summary.length > 0) writeAtomically(join(directory, "predictions.csv"), summaryCsv({ summary }));
}
