// What `mppc run` does: compiles, binds data, fits, and reports on screen and in the run's directory.
// First, before anything takes memory.
import "../small-heap.js";
import { statSync } from "node:fs";
import { basename, join } from "node:path";
import type { CompiledModel, ProgramName } from "../../compiled.js";
import { DiagnosticError, hasErrors } from "../../diagnostic.js";
import { allJointGroups, latentPairs } from "../../inference/covariance.js";
import { runInference, STOPPING_WORDS, type InferenceResult, type Progress } from "../../inference/infer.js";
import type { SavedArrays } from "../../inference/method.js";
import { programOf } from "../../inference/run.js";
import {
  axisSizes,
  DEFAULT_SETTINGS,
  DEFAULT_STEPS,
  particlesPerGroup,
  withDefaultParticles,
  type InferenceSettings,
  type MethodName,
} from "../../inference/settings.js";
import { sha256 } from "../../runtime/compiled-file.js";
import type { BoundData } from "../../runtime/data.js";
import { DeviceError, type Device, type DrawsFrom } from "../../runtime/device.js";
import { VERSION } from "../../version.js";
import type { RunOptions } from "../commands/run.js";
import { readUnfinished, RunKeeper } from "../checkpoints.js";
import { loadData } from "../data-files.js";
import { adapterOf, languageOf, largestTable, withDevice } from "../device-choice.js";
import { methodUnavailable, optionWithoutUse } from "../errors.js";
import { readGuideParameters } from "../estimate-input.js";
import { Interrupted, printDiagnostics, UsageError } from "../failures.js";
import { readText } from "../files.js";
import { heldOutText, loadHeldOut, predictHeldOut, predictor, writeHeldOut } from "../held-out.js";
import { withInterrupts } from "../interrupts.js";
import { loadModel } from "../model-file.js";
import { checkCovariances, runPairs } from "../readouts.js";
import { particleSettings } from "../particle-settings.js";
import { showProgress } from "../progress.js";
import { takeDraws, type RunDraws } from "../run-draws.js";
import { drawParticles } from "../run-particles.js";
import { checkUnchanged, storedOptions } from "../resume.js";
import { beginRun, chooseDirectory, writeRun } from "../run-directory.js";
import {
  learnedParameters,
  runReport,
  sizesReport,
  type RunFacts,
  type RunSettingsReport,
} from "../run-report.js";
import { groupsText, summaryText } from "../summary-text.js";
import type { Terminal } from "../terminal.js";

/** What the start, the final pass and the weighted particles take; a method has a program of its name besides. */
const PROGRAMS = ["start", "posterior", "prior", "initial", "fit", "widen", "fixed"] as const;

/** The programs of a run by this method. */
const programsOf = (method: MethodName): readonly ProgramName[] =>
  method === "importance" ? PROGRAMS : [method, ...PROGRAMS];

/** What posterior draws take besides. */
const DRAW_PROGRAMS = ["draws", "predict"] as const;

export async function run(path: string, options: RunOptions, terminal: Terminal): Promise<void> {
  const begin = performance.now();
  const started = new Date();
  refuseWithoutUse(options);
  const quiet: Terminal = options.quiet === true ? { ...terminal, err: () => undefined } : terminal;
  const source = loadModel(path, terminal, options);
  const asked = settingsFrom(options, source.head);
  const data = await loadData(source.head, options.data ?? [], terminal);
  const settings =
    options.K?.all === undefined ? withDefaultParticles(asked, source.head.interface, data.sizes) : asked;
  const pairs = latentPairs(source.head.interface, asked.covariance);
  const heldOut = await loadHeldOut(source.head, data, options, terminal);
  const unfinished = options.resume === undefined ? null : readUnfinished(options.resume);
  const directory = options.resume ?? directoryFor(path, options, started, quiet);
  await withDevice(options.device, quiet, async (device) => {
    const particlesOf = particlesPerGroup(source.head.interface, settings);
    const sizes = axisSizes(data.sizes, source.head.interface, particlesOf);
    const model = source.compile({
      programs: [...programsOf(settings.method), ...(options.draws === 0 ? [] : DRAW_PROGRAMS)],
      sizes,
      ...(pairs.length === 0 ? {} : { joint: allJointGroups(source.head.interface, pairs) }),
      adapter: adapterOf(device),
      language: languageOf(device),
      largestBinding: largestTable(device),
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
      infer(model, data, device, settings, quiet, { keeper, init, draws: options.draws ?? null }),
    );
    const predicted =
      heldOut === null || drawn === null
        ? null
        : await predictHeldOut(
            { ...heldOut, model: predictor(source, heldOut.data, device), device, seed: settings.seed },
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
    writeRun(directory, { report, result, model, sizes: data.sizes, particles, drawn, settings: present });
    if (options.json === true) terminal.out(`${JSON.stringify(report)}\n`);
    else {
      const parameters = learnedParameters(model.interface, result);
      const file = join(directory, "summary.csv");
      terminal.out(summaryText(result, { file, all: options.all === true, parameters }));
      if (options.diagnostics === true) terminal.out(groupsText(result));
      if (predicted !== null) terminal.out(heldOutText(predicted));
    }
    printDiagnostics(result.warnings, terminal);
    quiet.err(`${STOPPING_WORDS[result.stopped]}\nresults are in ${directory}\n`);
  });
}

/** Where a run that begins leaves its results. */
function directoryFor(path: string, options: RunOptions, started: Date, terminal: Terminal): string {
  const name = basename(path).replace(/\.mppc?$/, "");
  return chooseDirectory(options.output, name, path, started, (line) => terminal.err(`${line}\n`));
}

/** A run without a result leaves nothing; one that was stopped, or whose device failed, can go on. */
async function discardFailed<T>(discard: () => void, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (problem) {
    if (!(problem instanceof Interrupted || problem instanceof DeviceError)) discard();
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

/** Options that only some methods look at. */
function refuseWithoutUse(options: RunOptions): void {
  const uses = (option: string, given: unknown, methods: readonly MethodName[]): void => {
    if (given !== undefined && !methods.includes(options.method))
      throw new UsageError(optionWithoutUse(option, options.method, methods));
  };
  uses("--averaging-weight", options.averagingWeight, ["qem"]);
  uses("--step", options.step, ["rws", "vi"]);
  uses("--decay-at", options.decayAt, ["rws", "vi"]);
  uses("--betas", options.betas, ["rws", "vi"]);
}

/** VI learns from how the evidence estimate varies with the guide, which stratified particles all but take away. */
const defaultDraws = (method: MethodName): DrawsFrom =>
  method === "vi" ? "iid" : DEFAULT_SETTINGS.drawsFrom;

function settingsFrom(options: RunOptions, model: CompiledModel): InferenceSettings {
  return {
    ...DEFAULT_SETTINGS,
    method: options.method,
    start: options.start,
    ...particleSettings(options.K, model.interface),
    seed: options.seed,
    iterations: options.iterations ?? null,
    averagingWeight: options.averagingWeight ?? null,
    steps: {
      step: options.step ?? DEFAULT_STEPS.step,
      decayAt: options.decayAt ?? DEFAULT_STEPS.decayAt,
      betas: options.betas ?? DEFAULT_STEPS.betas,
    },
    // Importance weighting has no fit: its iterations are the passes that are averaged.
    ...(options.method === "importance" && options.iterations !== undefined
      ? { finalDraws: options.iterations }
      : {}),
    drawsFrom: options.drawsFrom ?? defaultDraws(options.method),
    covariance: runPairs(model.interface, options.covariance ?? []).map(([a, b]) => [a.name, b.name]),
  };
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
    const stop = (): void => {
      more.keeper.stop();
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
