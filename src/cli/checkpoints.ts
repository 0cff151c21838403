// The checkpoint of a run: written in its directory now and then and when the user stops it, and read to go on.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  decodeSnapshot,
  encodeSnapshot,
  type EncodedSnapshot,
  type Keeper,
  type Snapshot,
} from "../inference/checkpoint.js";
import { brokenCheckpoint, noRunToResume, runIsFinished } from "./errors.js";
import { Interrupted, UsageError } from "./failures.js";
import { writeAtomically } from "./files.js";
import type { StopSignal } from "./interrupts.js";
import type { RunSettingsReport } from "./run-report.js";

export const CHECKPOINT = "checkpoint.json";
const FORMAT = "mppc checkpoint";

/** `started` ties a checkpoint to the run whose `settings.json` lies beside it. */
type CheckpointFile = {
  readonly format: typeof FORMAT;
  readonly started: string;
  readonly snapshot: EncodedSnapshot;
};

/** Keeps a run's progress in its directory, every so many seconds and once the user asks to stop. */
export class RunKeeper implements Keeper {
  private last = performance.now();
  private stopping: StopSignal | null = null;

  constructor(
    private readonly directory: string,
    private readonly started: string,
    readonly resumed: Snapshot | null,
    private readonly everySeconds: number,
  ) {}

  /** The run is to stop at the next place from which it can go on. */
  stop(signal: StopSignal): void {
    this.stopping = signal;
  }

  isDue(): boolean {
    return this.stopping !== null || performance.now() - this.last >= 1000 * this.everySeconds;
  }

  keep(snapshot: Snapshot): void {
    const file: CheckpointFile = {
      format: FORMAT,
      started: this.started,
      snapshot: encodeSnapshot(snapshot),
    };
    writeAtomically(join(this.directory, CHECKPOINT), JSON.stringify(file));
    this.last = performance.now();
    if (this.stopping !== null)
      throw new Interrupted(`go on with: mppc run --resume ${this.directory}`, this.stopping);
  }
}

/** A run that did not end: its settings, and its last checkpoint or null if it was stopped before the first. */
export type UnfinishedRun = { readonly settings: RunSettingsReport; readonly snapshot: Snapshot | null };

/** Reads the unfinished run in a directory. Throws a UsageError where there is none, or its checkpoint is damaged. */
export function readUnfinished(directory: string): UnfinishedRun {
  const settings = readJson(join(directory, "settings.json")) as Partial<RunSettingsReport> | null;
  if (settings?.format !== "mppc run" || settings.options === undefined)
    throw new UsageError(noRunToResume(directory));
  const path = join(directory, CHECKPOINT);
  const file = readJson(path) as Partial<CheckpointFile> | null | undefined;
  if (file === undefined) throw new UsageError(brokenCheckpoint(path));
  if (file === null && readJson(join(directory, "result.json")) !== null)
    throw new UsageError(runIsFinished(directory));
  return { settings: settings as RunSettingsReport, snapshot: snapshotIn(file, settings.started, path) };
}

function snapshotIn(
  file: Partial<CheckpointFile> | null,
  started: string | undefined,
  path: string,
): Snapshot | null {
  if (file === null || file.started !== started) return null;
  if (file.format !== FORMAT || file.snapshot === undefined) throw new UsageError(brokenCheckpoint(path));
  return decodeSnapshot(file.snapshot);
}

/** The JSON in a file; null if there is no such file, undefined if it is not JSON. */
function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
