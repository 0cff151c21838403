// The process that does jobs of a batch, with devices and models that it keeps from one to the next.
// First, before anything takes memory.
import "../small-heap.js";
import { statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { changedFile } from "../../batch/errors.js";
import type { InputFile, Job } from "../../batch/manifest.js";
import { DiagnosticError } from "../../diagnostic.js";
import { sha256 } from "../../runtime/compiled-file.js";
import { DeviceError, type Device } from "../../runtime/device.js";
import { withLanes } from "../../runtime/lanes.js";
import { readUnfinished, type UnfinishedRun } from "../checkpoints.js";
import type { RunOptions } from "../commands/run.js";
import { openFor } from "../device-choice.js";
import { Interrupted, reportFailure, UnwritableError, UsageError } from "../failures.js";
import { readText } from "../files.js";
import { stopRequested } from "../interrupts.js";
import { ModelCache, sizesKey } from "../model-cache.js";
import { performRun, prepareRun, type PreparedRun } from "../one-run.js";
import type { DeviceChoice } from "../options.js";
import type { Terminal } from "../terminal.js";
import { RENEW_EVERY, type Lease } from "./leases.js";
import type { Assignment, FromWorker, Outcome } from "./messages.js";
import { optionsOf } from "./settings.js";
import { Results } from "./states.js";

const SILENT: Terminal = { out: () => undefined, err: () => undefined, interactive: false, color: false };

/** A job that this process has, with its model and data read; `key`: jobs with the same run the same programs. */
type ReadyJob = { readonly id: string; readonly run: PreparedRun; readonly key: string };

/** Data that is read before the jobs that it is of are done, in bytes: of more, jobs are not done together. */
const MOST_BYTES = 2 ** 26;

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

  /**
   * Does these jobs, telling how each ended: together those whose runs are of the same programs, where the device can do
   * that. Throws an UnwritableError where results cannot be written.
   */
  async work(jobs: readonly Job[]): Promise<void> {
    for (const some of inPortions(jobs, (job) => this.bytesOf(job))) await this.workOn(some);
  }

  private async workOn(jobs: readonly Job[]): Promise<void> {
    const prepared: ReadyJob[] = [];
    for (const job of jobs) {
      this.tell({ type: "begin", id: job.id });
      const before = prepared.length;
      const prepare = async (): Promise<void> => void prepared.push(await this.prepare(job));
      const outcome = this.take(job.id) ?? (await this.attempt(job.id, prepare));
      if (prepared.length === before) this.end(job.id, outcome);
    }
    for (const alike of grouped(prepared)) await this.performTogether(alike);
  }

  /** Takes a job; an outcome where there is nothing to do. */
  private take(id: string): Outcome | null {
    const lease = this.results.leases.claim(id);
    if (lease === null) return { kind: "elsewhere" };
    this.leases.set(id, lease);
    // Whoever was at it before may have ended it meanwhile.
    return this.results.stateOf(id, new Map()).kind === "done" ? { kind: "done" } : null;
  }

  /** A job has ended: it is nobody's any more. */
  private end(id: string, outcome: Outcome): void {
    this.leases.get(id)?.release();
    this.leases.delete(id);
    this.tell({ type: "end", id, outcome });
  }

  /** What becomes of a job; what fails is recorded. Throws an UnwritableError. */
  private attempt(id: string, use: () => Promise<void>): Promise<Outcome>;
  /** Null where it failed in a way that is not to be recorded. */
  private attempt(
    id: string,
    use: () => Promise<void>,
    isExempt: (problem: unknown) => boolean,
  ): Promise<Outcome | null>;
  private async attempt(
    id: string,
    use: () => Promise<void>,
    isExempt: (problem: unknown) => boolean = () => false,
  ): Promise<Outcome | null> {
    if (stopRequested() !== null) return { kind: "stopped" };
    try {
      await use();
      return { kind: "done" };
    } catch (problem) {
      if (problem instanceof UnwritableError) throw problem;
      if (problem instanceof Interrupted) return { kind: "stopped" };
      return isExempt(problem) ? null : this.failed(id, problem);
    }
  }

  private failed(id: string, problem: unknown): Outcome {
    let text = "";
    const exitCode = reportFailure(problem, { ...SILENT, err: (words) => void (text += words) });
    const { message } = this.results.recordFailure(id, exitCode, text);
    return { kind: "failed", exitCode, message };
  }

  private async prepare(job: Job): Promise<ReadyJob> {
    const place = (file: InputFile): string => {
      const here = this.placeOf(file);
      if (sha256(readText(here).text) !== file.sha256) throw new DiagnosticError([changedFile(here)]);
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
    const run = await prepareRun(place(job.model), options, this.models, SILENT);
    const key = JSON.stringify([job.model.sha256, job.settings, sizesKey(run.data.sizes)]);
    return { id: job.id, run, key };
  }

  private placeOf({ path }: InputFile): string {
    return isAbsolute(path) ? path : join(dirname(this.assignment.manifest), path);
  }

  /** What a job's data takes on disk. */
  private bytesOf({ data, test }: Job): number {
    return [...data, ...test].reduce(
      (sum, file) => sum + (statSync(this.placeOf(file), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  /** Jobs whose runs are alike: side by side where the device does that faster than one after the other. */
  private async performTogether(jobs: readonly ReadyJob[]): Promise<void> {
    const [{ run } = { run: null }] = jobs;
    if (run === null) return;
    const choice = run.options.device;
    const alone = jobs.length > 1 ? await this.performInLanes(jobs, choice) : jobs;
    for (const job of alone)
      this.end(job.id, await this.attempt(job.id, () => this.performAlone(job, choice)));
  }

  /** Does jobs on lanes of a device; returns those that are to be done alone: all, or those that the device failed. */
  private async performInLanes(
    jobs: readonly ReadyJob[],
    choice: DeviceChoice,
  ): Promise<readonly ReadyJob[]> {
    const device = await this.deviceOrNull(choice);
    if (device?.loadPacked === undefined) return jobs;
    const alone: ReadyJob[] = [];
    const lanes = jobs.map((job) => async (lane: Device): Promise<void> => {
      const perform = () => this.performOn(lane, job);
      const outcome = await this.attempt(job.id, perform, (problem) => problem instanceof DeviceError);
      if (outcome === null) alone.push(job);
      else this.end(job.id, outcome);
    });
    const results = await withLanes(device, jobs.length, async (lane, i) => lanes[i]?.(lane));
    // What a device failed is tried on one that is opened anew.
    if (alone.length > 0) await this.closeDevice(choice);
    for (const result of results) if (!result.ok) throw result.problem;
    return alone;
  }

  /** A device that fails is opened anew, once, and the run goes on from its checkpoint. */
  private async performAlone(job: ReadyJob, choice: DeviceChoice): Promise<void> {
    const perform = async (): Promise<void> => {
      try {
        await this.performOn(await this.device(choice), job);
      } catch (problem) {
        // Nor is it left to the next job.
        if (problem instanceof DeviceError) await this.closeDevice(choice);
        throw problem;
      }
    };
    try {
      await perform();
    } catch (problem) {
      if (!(problem instanceof DeviceError)) throw problem;
      await perform();
    }
  }

  private async performOn(device: Device, { id, run }: ReadyJob): Promise<void> {
    const directory = this.results.of(id);
    const unfinished = unfinishedIn(directory);
    try {
      await performRun(run, { directory, unfinished }, device, SILENT);
    } catch (problem) {
      // Begun by another version, or on another device: it cannot go on, but it can begin again.
      if (unfinished === null || !isOtherSettings(problem)) throw problem;
      await performRun(run, { directory, unfinished: null }, device, SILENT);
    }
    this.results.forgetFailure(id);
  }

  private async device(choice: DeviceChoice): Promise<Device> {
    const open = this.devices.get(choice) ?? (await openFor(choice, SILENT));
    this.devices.set(choice, open);
    return open;
  }

  private async deviceOrNull(choice: DeviceChoice): Promise<Device | null> {
    try {
      return await this.device(choice);
    } catch (problem) {
      if (problem instanceof DeviceError) return null;
      throw problem;
    }
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

/** Jobs in their order, in portions of so much data at the most, one job at the least. */
function inPortions(jobs: readonly Job[], bytesOf: (job: Job) => number): Job[][] {
  const portions: Job[][] = [];
  let room = -1;
  for (const job of jobs) {
    room -= bytesOf(job);
    if (room < 0) {
      portions.push([]);
      room = MOST_BYTES - bytesOf(job);
    }
    portions.at(-1)?.push(job);
  }
  return portions;
}

/** Jobs with the same key, in order of the first of each. */
function grouped(jobs: readonly ReadyJob[]): ReadyJob[][] {
  const groups = new Map<string, ReadyJob[]>();
  for (const job of jobs) groups.set(job.key, [...(groups.get(job.key) ?? []), job]);
  return [...groups.values()];
}
