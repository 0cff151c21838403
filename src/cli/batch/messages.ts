// What the process of a batch and those that do its jobs tell each other.
import type { Diagnostic } from "../../diagnostic.js";
import type { Job } from "../../batch/manifest.js";
import type { StopSignal } from "../interrupts.js";

/** What every worker is told once. */
export type Assignment = {
  /** Where the manifest is: files of jobs are relative to its folder. */
  readonly manifest: string;
  readonly results: string;
  readonly checkpointEvery: number;
};

export type ToWorker =
  | ({ readonly type: "assign" } & Assignment)
  | { readonly type: "work"; readonly jobs: readonly Job[] }
  | { readonly type: "stop"; readonly signal: StopSignal };

export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly exitCode: number; readonly message: string }
  /** Told to stop; it goes on from its checkpoint. */
  | { readonly kind: "stopped" }
  /** Another process is at it. */
  | { readonly kind: "elsewhere" };

export type FromWorker =
  /** From here on a crash is this job's. */
  | { readonly type: "begin"; readonly id: string }
  | { readonly type: "end"; readonly id: string; readonly outcome: Outcome }
  /** All that it was given is ended. */
  | { readonly type: "idle" }
  /** Results cannot be written, which is no fault of the job's: there is no sense in going on. */
  | { readonly type: "unwritable"; readonly diagnostic: Diagnostic };
