// One run into a directory, on a device that is open: what `mppc run` does once, and a batch for each of its jobs.
import { statSync } from "node:fs";
import { join } from "node:path";
import type { CompiledModel, ProgramName } from "../compiled.js";
import { DiagnosticError, hasErrors } from "../diagnostic.js";
import { allJointGroups, latentPairs } from "../inference/covariance.js";
import { runInference, type InferenceResult, type Progress } from "../inference/infer.js";
import type { SavedArrays } from "../inference/method.js";
import { programOf } from "../inference/run.js";
import {
  axisSizes,
  particlesPerGroup,
  withDefaultParticles,
  type InferenceSettings,
  type MethodName,
} from "../inference/settings.js";
import { sha256 } from "../runtime/compiled-file.js";
import type { BoundData } from "../runtime/data.js";
import { DeviceError, type Device } from "../runtime/device.js";
import { VERSION } from "../version.js";
import { RunKeeper, type UnfinishedRun } from "./checkpoints.js";
import type { RunOptions } from "./commands/run.js";
import { loadData } from "./data-files.js";
import { compiledFor } from "./device-choice.js";
import { methodUnavailable } from "./errors.js";
import { readGuideParameters } from "./estimate-input.js";
import { Interrupted, UnwritableError } from "./failures.js";
import { readText } from "./files.js";
import {
  loadHeldOut,
  predictHeldOut,
  predictor,
  writeHeldOut,
  type HeldOut,
  type NewData,
} from "./held-out.js";
import { withInterrupts, type StopSignal } from "./interrupts.js";
import type { Model } from "./model-file.js";
import type { ModelCache } from "./model-cache.js";
import { showProgress } from "./progress.js";
import { checkCovariances } from "./readouts.js";
import { defaultPlace, saveResults } from "./result-files.js";
import { checkUnchanged, storedOptions } from "./resume.js";
import { beginRun, writeRun } from "./run-directory.js";
import { takeDraws, type RunDraws } from "./run-draws.js";
import { drawParticles } from "./run-particles.js";
import {
  runReport,
  sizesReport,
  type RunFacts,
  type RunReport,
  type RunSettingsReport,
} from "./run-report.js";
import { refuseWithoutUse, settingsFrom } from "./run-settings.js";
import type { Terminal } from "./terminal.js";

/** What the start, the final pass and the weighted particles take; a method has a program of its name besides. */
const PROGRAMS = ["start", "posterior", "prior", "initial", "fit", "widen", "fixed"] as const;

/** The programs of a run by this method. */
export const programsOf = (method: MethodName): readonly ProgramName[] =>
  method === "importance" ? PROGRAMS : [method, ...PROGRAMS];

/** What posterior draws take besides. */
export const DRAW_PROGRAMS = ["draws", "predict"] as const;

/** A run whose model and data are read and found right, before it has a device. */
export type PreparedRun = {
  /** The model's file. */
  readonly path: string;
  readonly options: RunOptions;
  readonly model: Model;
  readonly data: BoundData;
  readonly settings: InferenceSettings;
  readonly heldOut: NewData | null;
  /** When the preparation began: milliseconds of `performance.now()`, and the date. */
  readonly begin: number;
  readonly started: Date;
};

/**
 * Reads and checks what a run takes. Throws a DiagnosticError for what is wrong with the model or the data, a UsageError
 * for options that do not fit them and files that cannot be read.
 */
export async function prepareRun(
  path: string,
  options: RunOptions,
  models: ModelCache,
  terminal: Terminal,
): Promise<PreparedRun> {
  const begin = performance.now();
  const started = new Date();
  refuseWithoutUse(options);
  const model = models.load(path, terminal, options);
  const asked = settingsFrom(options, model.head);
  const data = await loadData(model.head, options.data ?? [], terminal);
  const settings =
    options.K?.all === undefined ? withDefaultParticles(asked, model.head.interface, data.sizes) : asked;
  const heldOut = await loadHeldOut(model.head, data, options, terminal);
  return { path, options, model, data, settings, heldOut, begin, started };
}

/** Where a run leaves its results; `unfinished`: the run there that it goes on with. */
export type RunPlace = { readonly directory: string; readonly unfinished: UnfinishedRun | null };

/** A run that has left its results. */
export type PerformedRun = {
  readonly model: CompiledModel;
  readonly result: InferenceResult;
  readonly report: RunReport;
  /** Predictions of held-out data, where there is any. */
  readonly predicted: HeldOut | null;
};

/**
 * Fits, takes draws and writes the directory. `terminal` gets the progress. Throws a DiagnosticError where the model
 * cannot be compiled for this data or method, an InferenceError, a DeviceError, an UnwritableError, and Interrupted once
 * there is a checkpoint after a signal; after the last three the directory holds a run that can go on.
 */
export async function performRun(
  { path, options, model: source, data, settings, heldOut, begin, started }: PreparedRun,
  { directory, unfinished }: RunPlace,
  device: Device,
  terminal: Terminal,
): Promise<PerformedRun> {
  const { interface: head } = source.head;
  const pairs = latentPairs(head, settings.covariance);
  const sizes = axisSizes(data.sizes, head, particlesPerGroup(head, settings));
  const model = source.compile({
    programs: [...programsOf(settings.method), ...(options.draws === 0 ? [] : DRAW_PROGRAMS)],
    sizes,
    ...(pairs.length === 0 ? {} : { joint: allJointGroups(head, pairs) }),
    ...compiledFor(device),
  });
  checkCovariances(model, pairs, sizes);
  const reason =
    options.method === "vi" || options.method === "rws"
      ? model.methodsUnavailable[options.method]
      : undefined;
  if (reason !== undefined) throw new DiagnosticError([methodUnavailable(options.method, reason)]);
  const init = initialGuide(model, data, options);
  const about = settingsReport(path, model, data, options, settings, device, started);
  if (unfinished !== null) checkUnchanged(directory, unfinished.settings, about);
  const present = unfinished?.settings ?? about;
  const { snapshot = null } = unfinished ?? {};
  const discard = unfinished === null ? beginRun(directory, present) : () => undefined;
  const keeper = new RunKeeper(directory, present.started, snapshot, options.checkpointEvery);
  const { result, drawn, deviceBytes } = await discardFailed(discard, () =>
    infer(model, data, device, settings, terminal, { keeper, init, draws: options.draws ?? null }),
  );
  const predicted =
    heldOut === null || drawn === null
      ? null
      : await predictHeldOut(
          { ...heldOut, source, model: predictor(source, heldOut.data, device), device, seed: settings.seed },
          drawn.draws,
        );
  const facts: RunFacts = {
    compileSeconds: source.compileSeconds(),
    totalSeconds: (performance.now() - begin) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    deviceBytes,
    device: device.description,
    seed: settings.seed,
    withCovariance: options.covariance !== undefined,
  };
  const report = runReport(model.interface, result, facts, drawn, predicted);
  const particles = await drawParticles(model, data, device, settings, result.guide);
  if (predicted !== null) writeHeldOut(join(directory, "predictions"), predicted);
  if (options.save !== undefined && drawn !== null) {
    const { draws, atData } = drawn;
    const generated = atData.count === draws.count ? atData.generated : new Map<string, never>();
    await saveResults(
      {
        model: source,
        data,
        settings: present,
        report,
        draws,
        generated,
        atData: () => Promise.resolve(atData),
      },
      options.save,
      (format) => defaultPlace(directory, format),
      1,
      terminal,
    );
  }
  writeRun(directory, { report, result, model, sizes: data.sizes, particles, drawn, settings: present });
  return { model, result, report, predicted };
}

/** A run without a result leaves nothing; one that was stopped, or whose device or disk failed, can go on. */
async function discardFailed<T>(discard: () => void, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (problem) {
    const canGoOn =
      problem instanceof Interrupted || problem instanceof DeviceError || problem instanceof UnwritableError;
    if (!canGoOn) discard();
    throw problem;
  }
}

/** The guide of `--init`: of an earlier run's directory, or in a file. */
function initialGuide(model: CompiledModel, data: BoundData, { init }: RunOptions): SavedArrays {
  if (init === undefined) return new Map();
  const isFolder = statSync(init, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = readText(isFolder ? join(init, "guide.json") : init);
  const { value, diagnostics } = readGuideParameters(model, programOf(model, "posterior"), data.sizes, file);
  if (value === null || hasErrors(diagnostics)) throw new DiagnosticError(diagnostics);
  return value;
}

/** Runs the fit and takes draws under a progress display; `deviceBytes` is the most memory seen in use on the device. */
async function infer(
  model: CompiledModel,
  data: BoundData,
  device: Device,
  settings: InferenceSettings,
  terminal: Terminal,
  more: {
    readonly keeper: RunKeeper;
    readonly init: SavedArrays;
    /** How many draws are asked for; null: the default number. */
    readonly draws: number | null;
  },
): Promise<{ result: InferenceResult; drawn: RunDraws | null; deviceBytes: number }> {
  const progress = showProgress(terminal);
  let deviceBytes = 0;
  try {
    const stop = (signal: StopSignal): void => {
      more.keeper.stop(signal);
      terminal.err("\nstopping as soon as there is a checkpoint (interrupt again to stop at once)\n");
    };
    const onProgress = (step: Progress): void => {
      deviceBytes = Math.max(deviceBytes, device.bytes);
      progress.update(step);
    };
    const result = await withInterrupts(stop, () =>
      runInference(model, data, device, settings, onProgress, more),
    );
    if (more.draws === 0) return { result, drawn: null, deviceBytes };
    const drawn = await takeDraws({ model, data, device, settings, onProgress }, result.sampler, more.draws);
    const summary = [...result.summary, ...drawn.rows];
    return { result: { ...result, summary }, drawn, deviceBytes };
  } finally {
    progress.stop();
  }
}

function settingsReport(
  path: string,
  model: CompiledModel,
  data: BoundData,
  options: RunOptions,
  settings: InferenceSettings,
  device: Device,
  started: Date,
): RunSettingsReport {
  return {
    format: "mppc run",
    model: { path, sha256: model.source.sha256 },
    data: (options.data ?? []).map((file) => ({ path: file, sha256: sha256(readText(file).text) })),
    method: options.method,
    start: settings.start,
    particles: Object.fromEntries(particlesPerGroup(model.interface, settings)),
    draws_from: settings.drawsFrom,
    ...model.estimation,
    optimisations: model.optimisations,
    ...sizesReport(data.sizes),
    iterations: settings.iterations,
    averaging_weight: settings.averagingWeight,
    step: settings.steps.step,
    decay_at: settings.steps.decayAt,
    betas: settings.steps.betas,
    seed: settings.seed,
    device: { kind: device.kind, description: device.description },
    versions: { mppc: VERSION, node: process.version },
    started: started.toISOString(),
    options: storedOptions(options),
    folder: process.cwd(),
  };
}
