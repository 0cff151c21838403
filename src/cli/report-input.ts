// From a run's directory to what its report is made of: files read, the model found again, predictions beside their data.
import { statSync } from "node:fs";
import { basename } from "node:path";
import type { CheckedModel } from "../compile.js";
import type { Diagnostic } from "../diagnostic.js";
import { axisSizes } from "../inference/settings.js";
import type { LeaveOneOutRow } from "../inference/predictive.js";
import type { Sizes } from "../ir/axis.js";
import { highlight } from "../report/highlight.js";
import { plateGraph } from "../report/plate-graph.js";
import { drawnElements, quantityOf } from "../report/quantities.js";
import type { DrawColumns, ModelRecord, RunRecord, TracePoint } from "../report/run-record.js";
import { sha256 } from "../runtime/compiled-file.js";
import { contractionRows } from "./contraction-rows.js";
import { dataNotThere, modelNotThere } from "./errors.js";
import { readText } from "./files.js";
import { cellsOf, readResult, readSettings, readTable, type Table } from "./finished-run.js";
import { loadModel, type Model } from "./model-file.js";
import { replicationPairs } from "./replications.js";
import { drawAnew } from "./report-draws.js";
import { fromHere } from "./resume.js";
import { runCommandText } from "./run-command-text.js";
import { trainedSizes, type RunReport, type RunSettingsReport } from "./run-report.js";
import type { Terminal } from "./terminal.js";

/**
 * Everything that a report shows of the run in `directory`. What cannot be had any more, the model or its data, is left
 * out with a warning. Throws a UsageError where there is no finished run.
 */
export async function readRun(
  directory: string,
  terminal: Terminal,
): Promise<{ readonly run: RunRecord; readonly diagnostics: readonly Diagnostic[] }> {
  const settings = readSettings(directory);
  const result = readResult(directory);
  const diagnostics: Diagnostic[] = [];
  const model = findModel(settings, terminal);
  if (model === null) diagnostics.push(modelNotThere(settings.model.path));
  const sizes = trainedSizes(settings);
  const checked = model?.checked() ?? null;
  const pairs = checked === null ? [] : replicationPairs(checked.model);
  const isUnchanged = settings.data.every((file) =>
    unchanged(fromHere(settings.folder, file.path), file.sha256),
  );
  const names = checked === null ? [] : dataNames(checked);
  if (names.length > 0 && !isUnchanged) diagnostics.push(dataNotThere(names));
  const predictions = new Set(isUnchanged ? pairs.map(({ prediction }) => prediction) : []);
  const latents = checked === null ? null : new Set(checked.model.latents.map(({ name }) => name));
  const wanted = drawnElements(result.summary, predictions, latents);
  const draws = readDrawColumns(
    readTable(directory, "draws.csv"),
    (name) => wanted.has(name) || predictions.has(quantityOf(name)),
  );
  const drawn =
    model === null || !isUnchanged || draws === null
      ? { checks: [], prior: null, remarks: [] }
      : await drawAnew(directory, model, settings, { pairs, draws, wanted }, terminal);
  const knownModel = model === null || checked === null ? null : modelRecord(model, checked, settings, sizes);
  const run: RunRecord = {
    model: { ...settings.model, name: basename(settings.model.path).replace(/\.mppc?$/, "") },
    data: settings.data,
    plates: Object.keys(settings.sizes).flatMap((name) => plateLength(name, sizes, checked)),
    method: settings.method,
    seed: settings.seed,
    device: result.device,
    versions: Object.entries(settings.versions),
    started: settings.started,
    command: runCommandText(settings),
    folder: settings.folder,
    settings: settingRows(settings),
    ...resultParts(result),
    leaveOneOut: leaveOneOutPart(result, readTable(directory, "log_lik.csv")),
    trace: tracePoints(readTable(directory, "trace.csv")),
    draws,
    prior: drawn.prior,
    checks: drawn.checks,
    knownModel,
    remarks: [
      ...diagnostics.map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`)),
      ...drawn.remarks,
    ],
  };
  return { run, diagnostics };
}

/** The data that the model observes; where it observes none, all of it. */
function dataNames({ model }: CheckedModel): readonly string[] {
  const observed = model.factors.flatMap((factor) => (factor.kind === "observation" ? [factor.name] : []));
  return observed.length > 0 ? [...new Set(observed)] : model.data.map(({ name }) => name);
}

/** The lengths of plates; axes of vectors and of discrete latents are of no interest here. */
function plateLength(name: string, sizes: Sizes, checked: CheckedModel | null): [string, number][] {
  const isPlate = checked === null || checked.model.plates.some((plate) => plate.name === name);
  const length = sizes.get(name);
  return isPlate && length !== undefined ? [[name, length]] : [];
}

/** The run's model, if it is still there as it was. Its warnings were told by the run. */
function findModel(settings: RunSettingsReport, terminal: Terminal): Model | null {
  const path = fromHere(settings.folder, settings.model.path);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const model = loadModel(path, { ...terminal, err: () => undefined });
  return model.head.source.sha256 === settings.model.sha256 ? model : null;
}

const unchanged = (path: string, hash: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true && sha256(readText(path).text) === hash;

function modelRecord(
  model: Model,
  checked: CheckedModel,
  settings: RunSettingsReport,
  sizes: Sizes,
): ModelRecord {
  const { source, interface: shape, estimation } = model.head;
  const planned = axisSizes(sizes, shape, new Map(Object.entries(settings.particles)));
  const { lowered } = checked.plan("qem", {
    sizes: planned,
    estimator: settings.estimator === "global" ? "global" : estimation.estimator,
    coupling: settings.coupling === "categorical" ? "categorical" : estimation.coupling,
  });
  const families = [
    ...checked.model.factors.flatMap((factor) =>
      factor.kind === "target" ? [] : [factor.distribution.name],
    ),
    ...checked.model.guides.map(({ distribution }) => distribution.name),
    ...checked.model.generated.flatMap((q) => (q.kind === "prediction" ? [q.distribution.name] : [])),
  ];
  return {
    source: highlight({ path: source.path, text: source.text }, new Set(families)),
    graph: plateGraph(checked.model, new Map(sizes)),
    contraction: contractionRows(lowered.contraction.steps, planned),
    latents: checked.model.latents.map(({ name }) => name),
  };
}

/** The columns that are wanted, of as many rows as the table has. */
export function readDrawColumns(
  table: Table | null,
  isWanted: (name: string) => boolean,
): DrawColumns | null {
  if (table === null) return null;
  const { header, lines } = table;
  const wanted = [...header.keys()].filter((i) => i > 0 && isWanted(header[i] ?? ""));
  const columns = wanted.map((i) => [header[i] ?? "", new Float64Array(lines.length)] as const);
  lines.forEach((line, row) => {
    const cells = line.split(",");
    wanted.forEach((place, i) => {
      const column = columns[i]?.[1];
      if (column !== undefined) column[row] = Number(cells[place]);
    });
  });
  return { count: lines.length, columns: new Map(columns) };
}

function tracePoints(table: Table | null): readonly TracePoint[] {
  if (table === null) return [];
  const place = new Map(table.header.map((name, i) => [name, i]));
  return table.lines.map((line) => {
    const cells = cellsOf(line);
    const number = (name: string): number => Number(cells[place.get(name) ?? -1] ?? NaN);
    return {
      iteration: number("iteration"),
      phase: cells[place.get("phase") ?? -1] ?? "",
      temper: number("temper"),
      logEvidence: number("log_evidence"),
      minimumEss: number("minimum_ess"),
      medianEss: number("median_ess"),
    };
  });
}

function leaveOneOutPart({ leave_one_out: loo }: RunReport, table: Table | null): RunRecord["leaveOneOut"] {
  if (loo === undefined || table === null) return null;
  const rows = table.lines.map((line): LeaveOneOutRow => {
    const [name = "", ...cells] = cellsOf(line);
    const [lpd = NaN, mcse_lpd = NaN, elpd_loo = NaN, p_loo = NaN, pareto_k = NaN] = cells.map(Number);
    return { name, lpd, mcse_lpd, elpd_loo, p_loo, pareto_k };
  });
  return { elpd: loo.elpd, se: loo.se, p: loo.p, largestK: loo.largest_pareto_k, rows };
}

/** What `result.json` says; numbers that were not finite are null there. */
function resultParts(
  result: RunReport,
): Pick<
  RunRecord,
  "evidence" | "stopped" | "warnings" | "groups" | "parameters" | "heldOut" | "timing" | "memory" | "summary"
> {
  const { evidence, diagnostics, held_out: heldOut, timing, memory, parameters } = result;
  const orNaN = (value: number | null): number => value ?? NaN;
  return {
    evidence: { mean: orNaN(evidence.mean), mcse: orNaN(evidence.mcse), sets: evidence.final.length },
    stopped: diagnostics.stopped,
    warnings: diagnostics.warnings,
    groups: diagnostics.effective_sample_sizes.map((group) => ({
      group: group.group,
      particles: group.particles,
      medianEss: orNaN(group.median),
      minimumEss: orNaN(group.minimum),
      independentDraws: group.independent_draws,
      paretoK: orNaN(group.pareto_k),
    })),
    parameters: Object.entries(parameters).map(([name, value]) => [name, [value].flat()] as const),
    heldOut:
      heldOut === undefined
        ? null
        : {
            logLikelihood: orNaN(heldOut.log_likelihood),
            mcse: orNaN(heldOut.mcse),
            observations: heldOut.observations,
          },
    timing: {
      totalSeconds: timing.total_seconds,
      compileSeconds: timing.compile_seconds,
      iterations: timing.iterations,
      secondsPerIteration: timing.seconds_per_iteration,
    },
    memory: { hostBytes: memory.peak_rss_bytes, deviceBytes: memory.device_bytes },
    summary: result.summary,
  };
}

const settingRows = (settings: RunSettingsReport): RunRecord["settings"] => [
  ["method", settings.method],
  ["start", settings.start],
  [
    "particles",
    Object.entries(settings.particles)
      .map(([group, n]) => `${group} ${n}`)
      .join(", "),
  ],
  ["particles drawn", settings.draws_from],
  ["estimator", `${settings.estimator}, coupling ${settings.coupling}`],
  ["seed", String(settings.seed)],
  ["optimisations", settings.optimisations.join(", ") || "none"],
];
