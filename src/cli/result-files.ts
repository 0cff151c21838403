// Results in other programs' formats, written where a command or a run wants them.
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { makeDirectory } from "./directories.js";
import type { CompiledModel } from "../compiled.js";
import type { DrawnValues, PosteriorDraws } from "../inference/draws.js";
import { logJoint } from "../inference/log-joint.js";
import { atOwnData, type AtDraws } from "../inference/predict.js";
import { replicate } from "../inference/replicate.js";
import { buildDataSet, type Findings } from "../results/build.js";
import type { Facts } from "../results/data-set.js";
import { noPriorDraws, notOurs, unequalChains } from "../results/errors.js";
import { FORMATS, type Format, type FormatName } from "../results/formats.js";
import type { BoundData } from "../runtime/data.js";
import { systemReason, unwritableFile } from "./errors.js";
import { printDiagnostics, UnwritableError, UsageError } from "./failures.js";
import { writeAtomically, writeFolderAtomically } from "./files.js";
import type { Model } from "./model-file.js";
import type { RunReport, RunSettingsReport } from "./run-report.js";
import { priorDraws, replicationContext } from "./replicated.js";
import type { Terminal } from "./terminal.js";

/** A run's draws and what they are of. */
export type RunToSave = {
  readonly model: Model;
  readonly data: BoundData;
  readonly settings: RunSettingsReport;
  readonly report: RunReport;
  readonly draws: PosteriorDraws;
  /** Those generated quantities that there are for every draw. */
  readonly generated: ReadonlyMap<string, DrawnValues>;
  /** What the draws say of the data: asked for where a format takes it. */
  readonly atData: () => Promise<AtDraws>;
};

/** Where each format goes by default: in the run's directory. */
export const defaultPlace = (directory: string, format: FormatName): string =>
  join(directory, FORMATS[format].fileName);

/**
 * Writes the draws in each of these formats, in the place that `placeOf` gives; returns the places. Throws a UsageError
 * where there is something else, and a DiagnosticError where draws do not fit the format.
 */
export async function saveResults(
  run: RunToSave,
  formats: readonly FormatName[],
  placeOf: (format: FormatName) => string,
  chains: number,
  terminal: Terminal,
): Promise<readonly string[]> {
  const { data, draws } = run;
  if (draws.count % chains !== 0) throw new UsageError(unequalChains(draws.count, chains));
  const takesFurther = formats.some((name) => FORMATS[name].takesFurther);
  for (const name of formats) checkPlace(placeOf(name), FORMATS[name]);
  const model = run.model.compile({ programs: ["density"], sizes: data.sizes, language: "js" });
  const set = buildDataSet({
    model,
    data,
    facts: factsOf(run),
    chains,
    draws,
    logJoint: await logJoint(model, data, draws),
    generated: run.generated,
    further: takesFurther ? await furtherOf(run, model, terminal) : null,
  });
  const places: string[] = [];
  for (const name of formats) {
    const place = placeOf(name);
    makeFolder(dirname(place));
    const files = await FORMATS[name].write(set);
    if (FORMATS[name].folder) writeFolderAtomically(place, files);
    for (const { name: part, content } of FORMATS[name].folder ? [] : files)
      writeAtomically(withPart(place, part), content);
    places.push(files.length > 1 && !FORMATS[name].folder ? withPart(place, "_*") : place);
  }
  return places;
}

/** What the draws say of the data, and the prior for comparison. */
async function furtherOf(
  run: RunToSave,
  model: CompiledModel,
  terminal: Terminal,
): Promise<NonNullable<Findings["further"]>> {
  const { data, draws, settings } = run;
  const { seed } = settings;
  const atData = await run.atData();
  const replicated = await replicate(
    replicationContext(run.model, model, atOwnData({ model, data, seed })),
    draws,
    atData.count,
  );
  const { prior, missing } = await priorDraws(run.model, data, draws.parameters, seed, draws.count);
  if (missing.length > 0) printDiagnostics([noPriorDraws(missing)], terminal);
  return { atData, replicated, prior };
}

/** `stan.csv` with `_1` before its ending. */
const withPart = (path: string, part: string): string => {
  const ending = extname(path);
  return join(dirname(path), basename(path, ending) + part + ending);
};

/** A folder of another kind is not replaced. */
function checkPlace(place: string, format: Format): void {
  const there = statSync(place, { throwIfNoEntry: false });
  if (!format.folder || there === undefined) return;
  const isOurs =
    there.isDirectory() && (existsSync(join(place, ".zgroup")) || readdirSync(place).length === 0);
  if (!isOurs) throw new UsageError(notOurs(place, "Zarr folder"));
}

function makeFolder(path: string): void {
  try {
    makeDirectory(path);
  } catch (problem) {
    throw new UnwritableError(unwritableFile(path, systemReason(problem)));
  }
}

/** Takes away what an earlier run's results in these formats have left in a directory where another begins. */
export function removeResults(directory: string): void {
  for (const { fileName } of Object.values(FORMATS)) {
    rmSync(join(directory, fileName), { recursive: true, force: true });
    const [stem, ending] = [basename(fileName, extname(fileName)), extname(fileName)];
    for (const file of readdirSync(directory))
      if (file.startsWith(`${stem}_`) && /^_\d+$/.test(file.slice(stem.length, -ending.length)))
        rmSync(join(directory, file), { force: true });
  }
}

function factsOf({ settings, report }: RunToSave): Facts {
  return {
    model: basename(settings.model.path).replace(/\.mppc?$/, ""),
    version: report.version,
    seed: report.seed,
    started: settings.started,
    seconds: report.timing.total_seconds,
    method: settings.method,
    device: report.device,
    logEvidence: report.evidence.mean,
    logEvidenceError: report.evidence.mcse,
    learned: report.parameters,
  };
}
