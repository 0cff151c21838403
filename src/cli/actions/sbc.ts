// What `mppc sbc` does: simulation-based calibration of a model's inference.
// First, before anything takes memory.
import "../small-heap.js";
import { statSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../directories.js";
import { DiagnosticError } from "../../diagnostic.js";
import { verdicts } from "../../inference/calibration.js";
import { calibrate, type RunJobs } from "../../inference/sbc.js";
import {
  axisSizes,
  DEFAULT_SETTINGS,
  particlesPerGroup,
  withDefaultParticles,
} from "../../inference/settings.js";
import type { Device } from "../../runtime/device.js";
import { withLanes } from "../../runtime/lanes.js";
import { calibrationReport, calibrationText, isCalibrated } from "../calibration-report.js";
import { calibrationSvg } from "../calibration-figure.js";
import type { SbcOptions } from "../commands/sbc.js";
import { csv } from "../csv.js";
import { adapterOf, languageOf, largestTable, withDevice } from "../device-choice.js";
import { methodUnavailable, outputIsFile, systemReason, unwritableFile } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { UsageError } from "../failures.js";
import { writeAtomically } from "../files.js";
import { loadModel } from "../model-file.js";
import { DRAW_PROGRAMS, programsOf } from "../one-run.js";
import { particleSettings } from "../particle-settings.js";
import { initialParameters, prepareSimulation, simulationContext } from "../simulation.js";
import { noLatentInCommon, otherData } from "../simulation-errors.js";
import { duration } from "../table.js";
import type { Terminal } from "../terminal.js";

/** Returns the exit code: whether the posteriors are calibrated. */
export async function sbc(path: string, options: SbcOptions, terminal: Terminal): Promise<number> {
  const { output } = options;
  if (output !== undefined && statSync(output, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UsageError(outputIsFile(output));
  const source = loadModel(path, terminal, options);
  const { interface: head } = source.head;
  const quiet: Terminal = { ...terminal, err: () => undefined };
  const from = options.simulateFrom === undefined ? source : loadModel(options.simulateFrom, terminal);
  const prepared = await prepareSimulation(from, options, quiet);
  const simulation = simulationContext(prepared, {
    seed: options.seed,
    parameters: await initialParameters(from, prepared.data),
  });
  const names = new Set([...prepared.data.arrays.keys(), ...prepared.simulator.simulated]);
  const missing = head.data.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  if (missing.length > 0 && options.simulateFrom !== undefined)
    throw new DiagnosticError([otherData(options.simulateFrom, missing)]);
  const drawn = new Set(prepared.model.interface.latents.map(({ name }) => name));
  if (!head.latents.some(({ name }) => drawn.has(name))) throw new DiagnosticError([noLatentInCommon()]);
  // Axes that only this model has have their lengths from its own binding.
  const data =
    options.simulateFrom === undefined
      ? prepared.data
      : (await prepareSimulation(source, options, quiet)).data;
  const asked = {
    ...DEFAULT_SETTINGS,
    method: options.method,
    start: options.start,
    ...particleSettings(options.K, head),
    seed: options.seed,
    iterations: options.iterations ?? null,
    drawsFrom: options.method === "vi" ? ("iid" as const) : DEFAULT_SETTINGS.drawsFrom,
  };
  const settings = options.K?.all === undefined ? withDefaultParticles(asked, head, data.sizes) : asked;
  return withDevice(options.device, terminal, async (device) => {
    const begin = performance.now();
    const model = source.compile({
      programs: [...programsOf(settings.method), ...DRAW_PROGRAMS],
      sizes: axisSizes(data.sizes, head, particlesPerGroup(head, settings)),
      adapter: adapterOf(device),
      language: languageOf(device),
      largestBinding: largestTable(device),
      ...(device.loadPacked === undefined ? {} : { packed: true }),
    });
    const reason =
      options.method === "vi" || options.method === "rws"
        ? model.methodsUnavailable[options.method]
        : undefined;
    if (reason !== undefined) throw new DiagnosticError([methodUnavailable(options.method, reason)]);
    const { simulations, draws, level } = options;
    const found = await calibrate(
      { model, simulation, sizes: data.sizes, settings, simulations, draws },
      jobsOn(device),
      (done) => {
        if (!terminal.interactive) return;
        const left = ((performance.now() - begin) / 1000 / done) * (simulations - done);
        terminal.err(
          `\r${done} of ${simulations} runs, ${duration(left)} left      ${done === simulations ? "\n" : ""}`,
        );
      },
    );
    const judged = verdicts(found.quantities, level);
    const report = calibrationReport(found, judged, {
      ...options,
      model: path,
      seconds: (performance.now() - begin) / 1000,
    });
    if (options.output !== undefined) {
      const folder = options.output;
      try {
        makeDirectory(folder);
      } catch (problem) {
        throw new UsageError(unwritableFile(folder, systemReason(problem)));
      }
      const numbers = Array.from({ length: simulations - found.failed.length }, (_, i) => i);
      writeAtomically(
        join(folder, "ranks.csv"),
        csv(
          found.quantities.map((q) => q.name),
          numbers,
          (i) => found.quantities.map((q) => q.ranks[i] ?? ""),
        ),
      );
      writeAtomically(join(folder, "calibration.json"), `${JSON.stringify(report, null, 2)}\n`);
      writeAtomically(join(folder, "calibration.svg"), calibrationSvg(judged, draws, level));
    }
    terminal.out(
      options.json === true ? `${JSON.stringify(report)}\n` : calibrationText(report, options.all === true),
    );
    return isCalibrated(report) ? EXIT.done : EXIT.inference;
  });
}

/** Runs that a device computes together: more of them take more memory, and gain little. */
const AT_ONCE = 64;

/** Runs side by side where the device packs them, and one after the other where it does not. */
const jobsOn =
  (device: Device): RunJobs =>
  async (count, job) => {
    const together = device.loadPacked === undefined ? 1 : AT_ONCE;
    for (let from = 0; from < count; from += together) {
      const jobs = Math.min(together, count - from);
      for (const result of await withLanes(device, jobs, (lane, i) => job(from + i, lane)))
        if (!result.ok) throw result.problem;
    }
  };
