// The directory that a run leaves: where it is, that it replaces nothing unasked, and its files.
import { accessSync, constants, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { makeDirectory } from "./directories.js";
import type { CompiledModel } from "../compiled.js";
import type { InferenceResult } from "../inference/infer.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS, CORRELATIONS } from "../ir/interface.js";
import { nestOver, type Nested } from "../runtime/arrangement.js";
import { CHECKPOINT } from "./checkpoints.js";
import { covarianceCsv, leaveOneOutCsv, summaryCsv } from "./csv.js";
import { drawsCsv } from "./draws-file.js";
import { notARun, otherRunThere, outputIsFile, systemReason, unwritableFile } from "./errors.js";
import { UnwritableError, UsageError } from "./failures.js";
import { isLeftover, settleFolder, writeAtomically, writeUnsettled, type Content } from "./files.js";
import { removeResults } from "./result-files.js";
import type { RunDraws } from "./run-draws.js";
import type { WeightedParticles } from "./run-particles.js";
import type { RunReport, RunSettingsReport } from "./run-report.js";

type RunFile =
  | "summary.csv"
  | "covariance.csv"
  | "trace.csv"
  | "draws.csv"
  | "log_lik.csv"
  | "guide.json"
  | "posterior.json"
  | "settings.json";
/** Files that not every run leaves. */
const ON_REQUEST: readonly RunFile[] = ["covariance.csv", "draws.csv", "log_lik.csv"];
const DEFAULT_FOLDER = "mppc-runs";

/**
 * Chooses the run's directory before there is anything to write, and changes nothing: a new one, an empty one, or one of
 * an earlier run of the same model, which the run will replace (said through `report`). Throws a UsageError for any other.
 */
export function chooseDirectory(
  asked: string | undefined,
  name: string,
  modelPath: string,
  started: Date,
  report: (line: string) => void,
): string {
  const directory = asked ?? freshDirectory(name, started);
  try {
    const there = statSync(directory, { throwIfNoEntry: false });
    const existing = existingPart(directory);
    if (!statSync(existing).isDirectory()) throw new UsageError(outputIsFile(existing));
    accessSync(existing, constants.W_OK);
    if (there === undefined || readdirSync(directory).every(isLeftover)) return directory;
    const before = modelOfRun(directory);
    if (before === null) throw new UsageError(notARun(directory));
    if (before !== modelPath) throw new UsageError(otherRunThere(directory, before));
    report(`the earlier run in ${directory} will be replaced`);
    return directory;
  } catch (problem) {
    if (problem instanceof UsageError) throw problem;
    throw new UnwritableError(unwritableFile(directory, systemReason(problem)));
  }
}

/** The directory itself, or the closest of those above it that is there. */
function existingPart(directory: string): string {
  if (statSync(directory, { throwIfNoEntry: false }) !== undefined) return directory;
  let part = resolve(directory);
  while (statSync(part, { throwIfNoEntry: false }) === undefined) part = dirname(part);
  return part;
}

/** `mppc-runs/<model>-<date>-<time>`, with a number where that is taken. */
function freshDirectory(name: string, started: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = `${started.getFullYear()}${two(started.getMonth() + 1)}${two(started.getDate())}`;
  const time = `${two(started.getHours())}${two(started.getMinutes())}${two(started.getSeconds())}`;
  const plain = join(DEFAULT_FOLDER, `${name}-${day}-${time}`);
  for (let n = 1; ; n++) {
    const directory = n === 1 ? plain : `${plain}-${n}`;
    if (statSync(directory, { throwIfNoEntry: false }) === undefined) return directory;
  }
}

/** The model whose run the directory holds; null if it holds none. */
function modelOfRun(directory: string): string | null {
  try {
    const settings: unknown = JSON.parse(readFileSync(join(directory, "settings.json"), "utf8"));
    const run = settings as Partial<RunSettingsReport>;
    return run.format === "mppc run" ? (run.model?.path ?? null) : null;
  } catch {
    return null;
  }
}

export type FinishedRun = {
  readonly report: RunReport;
  readonly result: InferenceResult;
  readonly model: CompiledModel;
  readonly sizes: Sizes;
  /** Null where they are too many. */
  readonly particles: WeightedParticles | null;
  /** Null where none were asked for. */
  readonly drawn: RunDraws | null;
  readonly settings: RunSettingsReport;
};

/**
 * Makes the directory of a run that begins: from here on an earlier one there is gone, and this one can go on after a
 * stop. Returns what takes it away again where the run has nothing to leave.
 */
export function beginRun(directory: string, settings: RunSettingsReport): () => void {
  try {
    const isNew = statSync(directory, { throwIfNoEntry: false }) === undefined;
    makeDirectory(directory);
    for (const file of [CHECKPOINT, "result.json", "posterior.json", ...ON_REQUEST])
      rmSync(join(directory, file), { force: true });
    removeResults(directory);
    writeAtomically(join(directory, "settings.json"), settingsJson(settings));
    return () => {
      for (const file of [CHECKPOINT, "settings.json"]) rmSync(join(directory, file), { force: true });
      if (isNew && readdirSync(directory).length === 0) rmdirSync(directory);
    };
  } catch (problem) {
    if (problem instanceof UsageError) throw problem;
    throw new UnwritableError(unwritableFile(directory, systemReason(problem)));
  }
}

const settingsJson = (settings: RunSettingsReport): string => `${JSON.stringify(settings, null, 2)}\n`;

/**
 * Writes every file of a finished run, each whole; `result.json` comes last, once the others are on disk, so that where it
 * is all are, and only then the checkpoint goes: until then the run can go on.
 */
export function writeRun(directory: string, run: FinishedRun): void {
  const write = (file: RunFile, content: Content): void => writeUnsettled(join(directory, file), content);
  write("settings.json", settingsJson(run.settings));
  write("summary.csv", summaryCsv(run.result));
  if (run.report.covariance !== undefined) write("covariance.csv", covarianceCsv(run.result));
  write("trace.csv", traceCsv(run.result));
  write(
    "guide.json",
    `${JSON.stringify({ parameters: guideParameters(run), model_parameters: run.report.parameters })}\n`,
  );
  if (run.drawn !== null) {
    write("draws.csv", drawsCsv(run.drawn.draws, run.drawn.atData, run.sizes));
    write("log_lik.csv", leaveOneOutCsv(run.drawn.leaveOneOut.rows));
  }
  if (run.particles !== null) write("posterior.json", `${JSON.stringify(run.particles)}\n`);
  settleFolder(directory);
  writeAtomically(join(directory, "result.json"), `${JSON.stringify(run.report)}\n`);
  removeLeftovers(directory);
  rmSync(join(directory, CHECKPOINT), { force: true });
}

/** Takes away what processes that were killed left half written. */
function removeLeftovers(directory: string): void {
  for (const file of readdirSync(directory))
    if (isLeftover(file)) rmSync(join(directory, file), { recursive: true, force: true });
}

export function traceCsv({ trace }: Pick<InferenceResult, "trace">): string {
  const rows = trace.map((t) =>
    [t.iteration, t.phase, t.temper, t.logEvidence, t.minimumEss, t.medianEss, t.step].join(","),
  );
  return `${["iteration,phase,temper,log_evidence,minimum_ess,median_ess,step", ...rows].join("\n")}\n`;
}

/**
 * {latent: {parameter: [plates..., event...]}}, and of correlated groups {group: {parameter: [plates..., row, column]}}:
 * what `mppc estimate --guide-parameters` reads.
 */
function guideParameters({ model, result, sizes }: FinishedRun): Record<string, Record<string, Nested>> {
  const plates = model.interface.plates.map((plate) => plate.name);
  const groups = model.interface.groups.flatMap(({ name, plates: over, correlated }) => {
    const array = result.guide.get(BUFFERS.correlations(name));
    if (correlated === null || array === undefined) return [];
    const last = [correlated.row, correlated.column];
    const stored = [...plates.filter((plate) => over.includes(plate)), ...last];
    return [[name, { [CORRELATIONS]: nestOver(array, stored, [...over, ...last], sizes) }] as const];
  });
  return Object.fromEntries([
    ...model.interface.guides.map(({ latent, parameters }) => {
      const values = parameters.flatMap(({ name, over, event }): [string, Nested][] => {
        const array = result.guide.get(BUFFERS.guide(latent, name));
        if (array === undefined) return [];
        const last = event === null ? [] : [event];
        const stored = [...plates.filter((plate) => over.includes(plate)), ...last];
        return [[name, nestOver(array, stored, [...over, ...last], sizes)]];
      });
      return [latent, Object.fromEntries(values)] as const;
    }),
    ...groups,
  ]);
}
