// The process that does jobs of a batch: one after the other, with devices and models that it keeps from one to the next.
// First, before anything takes memory.
import "../small-heap.js";
import { dirname, join } from "node:path";
import { changedFile } from "../../batch/errors.js";
import type { InputFile, Job } from "../../batch/manifest.js";
import { DiagnosticError } from "../../diagnostic.js";
import { sha256 } from "../../runtime/compiled-file.js";
import { DeviceError, type Device } from "../../runtime/device.js";
import { readUnfinished, type UnfinishedRun } from "../checkpoints.js";
import type { RunOptions } from "../commands/run.js";
import { openFor } from "../device-choice.js";
import { Interrupted, reportFailure, UnwritableError, UsageError } from "../failures.js";
import { readText } from "../files.js";
import { stopRequested } from "../interrupts.js";
import { ModelCache } from "../model-cache.js";
import { performRun, prepareRun, type PreparedRun } from "../one-run.js";
import type { DeviceChoice } from "../options.js";
import type { Terminal } from "../terminal.js";
import { RENEW_EVERY, type Lease } from "./leases.js";
import type { Assignment, FromWorker, Outcome } from "./messages.js";
import { optionsOf } from "./settings.js";
import { Results } from "./states.js";

const SILENT: Terminal = { out: () => undefined, err: () => undefined, interactive: false, color: false };

/** Does the jobs that it is given. */
export class Worker {
  private readonly models = new ModelCache();
  private readonly devices = new Map<DeviceChoice, Device>();
  private readonly leases = new Map<string, Lease>();
  private readonly results: Results;

  constructor(
    private readonly assignment: Assignment,
    private readonly tell: (message: FromWorker) => void,
  ) {
    this.results = new Results(assignment.results);
    setInterval(() => {
      for (const lease of this.leases.values()) lease.renew();
    }, RENEW_EVERY).unref();
  }

  /** Does these jobs, telling how each ended. Throws an UnwritableError where results cannot be written. */
  async work(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      this.tell({ type: "begin", id: job.id });
      const outcome = await this.holding(job.id, () => this.one(job));
      this.tell({ type: "end", id: job.id, outcome });
    }
  }

  /** Takes a job for as long as it takes. */
  private async holding(id: string, use: () => Promise<Outcome>): Promise<Outcome> {
    const lease = this.results.leases.claim(id);
    if (lease === null) return { kind: "elsewhere" };
    this.leases.set(id, lease);
    try {
      // Whoever was at it before may have ended it meanwhile.
      if (this.results.stateOf(id, new Map()).kind === "done") return { kind: "done" };
      return await use();
    } finally {
      this.leases.delete(id);
      lease.release();
    }
  }

  private async one(job: Job): Promise<Outcome> {
    if (stopRequested() !== null) return { kind: "stopped" };
    try {
      const prepared = await this.prepare(job);
      await this.perform(job.id, prepared);
      this.results.forgetFailure(job.id);
      return { kind: "done" };
    } catch (problem) {
      if (problem instanceof UnwritableError) throw problem;
      if (problem instanceof Interrupted) return { kind: "stopped" };
      return this.failed(job.id, problem);
    }
  }

  private failed(id: string, problem: unknown): Outcome {
    let text = "";
    const exitCode = reportFailure(problem, { ...SILENT, err: (words) => void (text += words) });
    const { message } = this.results.recordFailure(id, exitCode, text);
    return { kind: "failed", exitCode, message };
  }

  private prepare(job: Job): Promise<PreparedRun> {
    const place = ({ path, sha256: planned }: InputFile): string => {
      const here = join(dirname(this.assignment.manifest), path);
      if (sha256(readText(here).text) !== planned) throw new DiagnosticError([changedFile(here)]);
      return here;
    };
    const options: RunOptions = {
      ...optionsOf(job.settings),
      ...(job.data.length === 0 ? {} : { data: job.data.map(place) }),
      ...(job.test.length === 0 ? {} : { test: job.test.map(place) }),
      ...(job.init === null ? {} : { init: place(job.init) }),
      seed: job.seed,
      checkpointEvery: this.assignment.checkpointEvery,
    };
    return prepareRun(place(job.model), options, this.models, SILENT);
  }

  /** A device that fails is opened anew, once, and the run goes on from its checkpoint. */
  private async perform(id: string, prepared: PreparedRun): Promise<void> {
    const choice = prepared.options.device;
    try {
      await this.performOn(await this.device(choice), id, prepared);
    } catch (problem) {
      if (!(problem instanceof DeviceError)) throw problem;
      await this.closeDevice(choice);
      await this.performOn(await this.device(choice), id, prepared);
    }
  }

  private async performOn(device: Device, id: string, prepared: PreparedRun): Promise<void> {
    const directory = this.results.of(id);
    const unfinished = unfinishedIn(directory);
    try {
      await performRun(prepared, { directory, unfinished }, device, SILENT);
    } catch (problem) {
      // Begun by another version, or on another device: it cannot go on, but it can begin again.
      if (unfinished === null || !isOtherSettings(problem)) throw problem;
      await performRun(prepared, { directory, unfinished: null }, device, SILENT);
    }
  }

  private async device(choice: DeviceChoice): Promise<Device> {
    const open = this.devices.get(choice) ?? (await openFor(choice, SILENT));
    this.devices.set(choice, open);
    return open;
  }

  private async closeDevice(choice: DeviceChoice): Promise<void> {
    const device = this.devices.get(choice);
    this.devices.delete(choice);
    // A device that was lost may not close in good order either.
    await device?.close().catch(() => undefined);
  }
}

/** Whether a run cannot go on because it was begun otherwise. */
const isOtherSettings = (problem: unknown): boolean =>
  problem instanceof UsageError && problem.diagnostic.code === "E0823";

/** The unfinished run in a job's directory; null where none was begun, or its checkpoint is damaged: it begins again. */
function unfinishedIn(directory: string): UnfinishedRun | null {
  try {
    return readUnfinished(directory);
  } catch (problem) {
    if (problem instanceof UsageError) return null;
    throw problem;
  }
}
