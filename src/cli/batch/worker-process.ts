// A worker as the process of a batch sees it: started, given jobs, watched, ended.
import { fork, type ChildProcess } from "node:child_process";
import type { Diagnostic } from "../../diagnostic.js";
import type { Job } from "../../batch/manifest.js";
import type { Assignment, FromWorker, Outcome, ToWorker } from "./messages.js";
import type { StopSignal } from "../interrupts.js";

/** The most of a worker's stderr that is kept to say why it ended, in characters. */
const LAST_WORDS = 2000;

export type Listener = {
  readonly onEnd: (id: string, outcome: Outcome) => void;
  readonly onIdle: (worker: WorkerProcess) => void;
  readonly onUnwritable: (diagnostic: Diagnostic) => void;
  /** It is gone, though nobody asked it to go. */
  readonly onCrash: (worker: WorkerProcess, crash: Crash) => void;
};

export type Crash = {
  /** "SIGSEGV", "exit code 134". */
  readonly how: string;
  /** The last that it said on stderr. */
  readonly words: string;
  /** Whether it ran out of its time. */
  readonly isLate: boolean;
  /** Jobs that it had begun, one of which may be to blame, and those that it had not come to. */
  readonly begun: readonly Job[];
  readonly untouched: readonly Job[];
};

/** A process that does jobs, `mppc batch work`. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private jobs = new Map<string, Job>();
  private begun = new Set<string>();
  private words = "";
  private timer: NodeJS.Timeout | null = null;
  private isLate = false;
  private isEnding = false;

  /** `timeoutSeconds`: what a job may take, or jobs that are done together. */
  constructor(
    assignment: Assignment,
    private readonly timeoutSeconds: number | null,
    private readonly listener: Listener,
  ) {
    // In a session of its own: what signals mean to it, this process says.
    this.child = fork(process.argv[1] ?? "", ["batch", "work"], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.words = (this.words + text).slice(-LAST_WORDS);
    });
    this.child.on("message", (message: FromWorker) => this.hear(message));
    // A message that it did not live to take; that it is gone, "close" says.
    this.child.on("error", () => undefined);
    this.child.once("close", (code, signal) => this.gone(signal ?? `exit code ${String(code)}`));
    this.tell({ type: "assign", ...assignment });
  }

  give(jobs: readonly Job[]): void {
    this.jobs = new Map(jobs.map((job) => [job.id, job]));
    this.begun = new Set();
    this.tell({ type: "work", jobs });
  }

  /** It saves what it has done and ends its jobs so. */
  stop(signal: StopSignal): void {
    this.tell({ type: "stop", signal });
  }

  /** Ends it: at once, as it has nothing to do. */
  end(): void {
    this.isEnding = true;
    this.disarm();
    this.child.kill("SIGKILL");
  }

  private tell(message: ToWorker): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private hear(message: FromWorker): void {
    switch (message.type) {
      case "begin":
        this.begun.add(message.id);
        this.arm();
        return;
      case "end":
        this.jobs.delete(message.id);
        this.begun.delete(message.id);
        // Jobs that are done together have their time together.
        if (this.begun.size === 0) this.disarm();
        this.listener.onEnd(message.id, message.outcome);
        return;
      case "idle":
        this.listener.onIdle(this);
        return;
      case "unwritable":
        this.listener.onUnwritable(message.diagnostic);
    }
  }

  private arm(): void {
    if (this.timeoutSeconds === null || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.isLate = true;
      this.child.kill("SIGKILL");
    }, 1000 * this.timeoutSeconds);
  }

  private disarm(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private gone(how: string): void {
    this.disarm();
    if (this.isEnding) return;
    const jobs = [...this.jobs.values()];
    this.listener.onCrash(this, {
      how,
      words: this.words.trim(),
      isLate: this.isLate,
      begun: jobs.filter((job) => this.begun.has(job.id)),
      untouched: jobs.filter((job) => !this.begun.has(job.id)),
    });
  }
}
