// How far each job of a batch is: read from its files alone.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../directories.js";
import type { Job } from "../../batch/manifest.js";
import { CHECKPOINT } from "../checkpoints.js";
import { systemReason, unwritableFile } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { UnwritableError } from "../failures.js";
import { writeAtomically } from "../files.js";
import { Leases } from "./leases.js";

const FAILED = "failed.json";
const FORMAT = "mppc batch failure";

/** `failed.json`: what went wrong with a job, the last time it was tried. */
export type Failure = {
  readonly format: typeof FORMAT;
  /** What `mppc run` would have exited with. */
  readonly exit_code: number;
  /** How often the job has failed so far. */
  readonly attempts: number;
  /** Code of the first diagnostic; null for a fault of mppc. */
  readonly code: string | null;
  readonly message: string;
  /** All that was said of it. */
  readonly text: string;
  readonly when: string;
};

export type JobState =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "running"; readonly by: string }
  /** Was begun, and goes on from its checkpoint if it has one. */
  | { readonly kind: "stopped"; readonly hasCheckpoint: boolean }
  | { readonly kind: "waiting" };

/** The results of a batch: a directory for each job, by its id. */
export class Results {
  readonly leases: Leases;
  constructor(readonly directory: string) {
    this.leases = new Leases(directory);
  }

  of(id: string): string {
    return join(this.directory, id);
  }

  /** The state of one job; `held`: what processes are at. */
  stateOf(id: string, held: ReadonlyMap<string, string>): JobState {
    const directory = this.of(id);
    if (existsSync(join(directory, "result.json"))) return { kind: "done" };
    const by = held.get(id);
    if (by !== undefined) return { kind: "running", by };
    const failure = this.failureOf(id);
    if (failure !== null) return { kind: "failed", failure };
    const hasCheckpoint = existsSync(join(directory, CHECKPOINT));
    if (hasCheckpoint || existsSync(join(directory, "settings.json")))
      return { kind: "stopped", hasCheckpoint };
    return { kind: "waiting" };
  }

  /** The states of jobs, in their order. */
  states(jobs: readonly Job[]): readonly JobState[] {
    const held = this.leases.held();
    return jobs.map((job) => this.stateOf(job.id, held));
  }

  /** Null where the job has not failed, or what there is cannot be read. */
  private failureOf(id: string): Failure | null {
    try {
      const found = JSON.parse(readFileSync(join(this.of(id), FAILED), "utf8")) as Partial<Failure>;
      return found.format === FORMAT ? (found as Failure) : null;
    } catch {
      return null;
    }
  }

  /** Throws an UnwritableError. */
  recordFailure(id: string, exitCode: number, text: string): Failure {
    const [, code = null, message = text.split("\n")[0] ?? ""] = /error\[(E\d{4})\]: (.*)/.exec(text) ?? [];
    const failure: Failure = {
      format: FORMAT,
      exit_code: exitCode,
      attempts: (this.failureOf(id)?.attempts ?? 0) + 1,
      code,
      message,
      text,
      when: new Date().toISOString(),
    };
    try {
      makeDirectory(this.of(id));
    } catch (problem) {
      throw new UnwritableError(unwritableFile(this.of(id), systemReason(problem)));
    }
    writeAtomically(join(this.of(id), FAILED), `${JSON.stringify(failure, null, 2)}\n`);
    return failure;
  }

  /** A job that has got its results has not failed. */
  forgetFailure(id: string): void {
    rmSync(join(this.of(id), FAILED), { force: true });
  }
}

/** What a rerun may mend comes first, then what needs a person, the gravest first. */
const RANK: readonly number[] = [
  EXIT.stopped,
  EXIT.device,
  EXIT.bug,
  EXIT.usage,
  EXIT.diagnostics,
  EXIT.inference,
  EXIT.timeout,
];

/** The exit code of a batch whose jobs ended with these. */
export const worstOf = (codes: readonly number[]): number =>
  RANK.find((code) => codes.includes(code)) ?? codes.find((code) => code !== EXIT.done) ?? EXIT.done;
