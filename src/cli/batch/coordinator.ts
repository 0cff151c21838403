// Does the jobs of a batch by processes of its own, so that nothing that becomes of one of them is the end of it.
import { crashed, noWorkers, timedOut } from "../../batch/errors.js";
import type { Job } from "../../batch/manifest.js";
import { renderDiagnostic, type Diagnostic } from "../../diagnostic.js";
import { EXIT } from "../exit-codes.js";
import { STOP_EXIT, UnwritableError, UsageError } from "../failures.js";
import { withInterrupts, type StopSignal } from "../interrupts.js";
import type { Terminal } from "../terminal.js";
import type { Assignment, Outcome } from "./messages.js";
import { showBatch, type BatchDisplay, type Counts } from "./progress.js";
import { worstOf, type JobState, type Results } from "./states.js";
import { WorkerProcess, type Crash } from "./worker-process.js";

export type BatchPlan = {
  readonly jobs: readonly Job[];
  readonly results: Results;
  readonly assignment: Assignment;
  /** How many processes. */
  readonly processes: number;
  /** The most jobs that one does together on its device. */
  readonly pack: number;
  readonly retryFailed: boolean;
  readonly timeoutSeconds: number | null;
};

/** Workers that end so often before they have begun a job will not begin any. */
const MOST_FALSE_STARTS = 3;
/** How often to look whether another process has done its jobs, in milliseconds. */
const LOOK_EVERY = 1000;

/** What a device could not do may go better the next time. */
const isToDo = (state: JobState, retryFailed: boolean): boolean =>
  state.kind === "failed" ? retryFailed || state.failure.exit_code === EXIT.device : state.kind !== "done";

/** Does what is to do, and returns the exit code of the whole batch. Throws a UsageError where it cannot go on. */
export async function performBatch(plan: BatchPlan, terminal: Terminal): Promise<number> {
  const states = plan.results.states(plan.jobs);
  const todo = plan.jobs.filter((_, i) => isToDo(states[i] ?? { kind: "waiting" }, plan.retryFailed));
  const todoIds = new Set(todo.map((job) => job.id));
  for (const [i, job] of plan.jobs.entries())
    if (states[i]?.kind === "done") plan.results.forgetFailure(job.id);
  const failed = states.filter((state, i) => state.kind === "failed" && !todoIds.has(plan.jobs[i]?.id ?? ""));
  const codes = failed.map((state) => (state.kind === "failed" ? state.failure.exit_code : EXIT.done));
  const counts = {
    done: plan.jobs.length - todo.length - failed.length,
    failed: failed.length,
    left: todo.length,
  };
  if (todo.length === 0) {
    terminal.err(`${counts.done} done, ${counts.failed} failed before, nothing to do\n`);
    return worstOf(codes);
  }
  const display = showBatch(counts, terminal);
  display.update(counts);
  const batch = new Batch(plan, todo, counts, codes, display);
  try {
    return await withInterrupts(
      (signal) => batch.stop(signal),
      () => batch.finished,
    );
  } finally {
    batch.end();
    display.stop();
  }
}

/** A batch under way. */
class Batch {
  readonly finished: Promise<number>;
  private readonly settle: { resolve: (exitCode: number) => void; reject: (problem: unknown) => void };
  /** Lists of jobs that are to be given out, each to one worker. */
  private readonly queue: Job[][] = [];
  private readonly workers = new Set<WorkerProcess>();
  /** Jobs that another process is at. */
  private readonly elsewhere = new Map<string, Job>();
  private readonly byId: ReadonlyMap<string, Job>;
  private stopped: StopSignal | null = null;
  private falseStarts = 0;
  private look: NodeJS.Timeout | null = null;
  private done: number;
  private failed: number;
  private left: number;

  constructor(
    private readonly plan: BatchPlan,
    todo: readonly Job[],
    { done, failed, left }: Counts,
    private readonly codes: number[],
    private readonly display: BatchDisplay,
  ) {
    [this.done, this.failed, this.left] = [done, failed, left];
    this.byId = new Map(todo.map((job) => [job.id, job]));
    const { promise, ...settle } = deferred();
    [this.finished, this.settle] = [promise, settle];
    this.queue.push(...this.inLists(todo));
    for (let i = 0; i < Math.min(plan.processes, this.queue.length); i++) this.start();
  }

  /** Lists of jobs that can be done together, but not so long that a process has none. */
  private inLists(jobs: readonly Job[]): Job[][] {
    const most = Math.max(1, Math.min(this.plan.pack, Math.ceil(jobs.length / this.plan.processes)));
    const lists: { readonly kind: string; readonly jobs: Job[] }[] = [];
    for (const job of jobs) {
      const kind = JSON.stringify([job.model.sha256, job.settings]);
      const last = lists.at(-1);
      if (last?.kind === kind && last.jobs.length < most && isPackable(job)) last.jobs.push(job);
      else lists.push({ kind, jobs: [job] });
    }
    return lists.map((list) => list.jobs);
  }

  private start(): void {
    const worker = new WorkerProcess(this.plan.assignment, this.plan.timeoutSeconds, {
      onEnd: (id, outcome) => this.ended(id, outcome),
      onIdle: (idle) => this.next(idle),
      onUnwritable: (diagnostic) => this.settle.reject(new UnwritableError(diagnostic)),
      onCrash: (gone, crash) => this.crashed(gone, crash),
    });
    this.workers.add(worker);
    this.next(worker);
  }

  /** Gives a worker what is next, or ends it, and with the last one the batch. */
  private next(worker: WorkerProcess): void {
    const jobs = this.stopped === null ? this.queue.shift() : undefined;
    if (jobs !== undefined) {
      worker.give(jobs);
      return;
    }
    worker.end();
    this.workers.delete(worker);
    this.conclude();
  }

  private ended(id: string, outcome: Outcome): void {
    const job = this.byId.get(id);
    this.falseStarts = 0;
    if (outcome.kind === "elsewhere" && job !== undefined) this.elsewhere.set(id, job);
    else if (outcome.kind === "done") this.count(null, id, "");
    else if (outcome.kind === "failed") this.count(outcome.exitCode, id, outcome.message);
  }

  /** A job has ended: with its results, or with this exit code. */
  private count(exitCode: number | null, id: string, message: string): void {
    this.left--;
    if (exitCode === null) this.done++;
    else {
      this.failed++;
      this.codes.push(exitCode);
      this.display.say(`${this.plan.results.of(id)} failed: ${message}`);
    }
    this.display.update({ done: this.done, failed: this.failed, left: this.left });
  }

  private crashed(worker: WorkerProcess, { how, words, isLate, begun, untouched }: Crash): void {
    this.workers.delete(worker);
    const [blamed, ...more] = begun;
    if (blamed === undefined) {
      this.falseStarts++;
      if (this.falseStarts >= MOST_FALSE_STARTS) {
        this.settle.reject(new UsageError(noWorkers(how, words)));
        return;
      }
    } else if (more.length === 0) {
      const diagnostic = isLate ? timedOut(this.plan.timeoutSeconds ?? 0) : crashed(how);
      this.fail(blamed, diagnostic, isLate ? EXIT.timeout : EXIT.device, words);
    }
    // Of several that were done together any may be to blame: each goes on alone.
    else this.queue.unshift(...begun.map((job) => [job]));
    if (untouched.length > 0) this.queue.unshift([...untouched]);
    if (this.stopped === null && this.queue.length > 0) this.start();
    else this.conclude();
  }

  private fail(job: Job, diagnostic: Diagnostic, exitCode: number, words: string): void {
    const text = `${renderDiagnostic(diagnostic)}\n${words === "" ? "" : `${words}\n`}`;
    try {
      const failure = this.plan.results.recordFailure(job.id, exitCode, text);
      this.count(exitCode, job.id, failure.message);
    } catch (problem) {
      this.settle.reject(problem);
    }
  }

  /** Ends the batch where nothing is under way, or waits for what others are at. */
  private conclude(): void {
    if (this.workers.size > 0) return;
    if (this.stopped !== null) this.settle.resolve(STOP_EXIT[this.stopped]);
    else if (this.elsewhere.size === 0) this.settle.resolve(worstOf(this.codes));
    else {
      const [[id = ""] = []] = this.elsewhere;
      const by = this.plan.results.leases.held().get(id);
      if (by !== undefined)
        this.display.say(`waiting for ${this.elsewhere.size} jobs that others are at: ${by}`);
      this.look = setInterval(() => this.lookElsewhere(), LOOK_EVERY);
    }
  }

  private lookElsewhere(): void {
    const held = this.plan.results.leases.held();
    const free: Job[] = [];
    for (const [id, job] of this.elsewhere) {
      if (held.has(id)) continue;
      this.elsewhere.delete(id);
      const state = this.plan.results.stateOf(id, held);
      if (state.kind === "done") this.count(null, id, "");
      else if (state.kind === "failed") this.count(state.failure.exit_code, id, state.failure.message);
      else free.push(job);
    }
    this.queue.push(...this.inLists(free));
    if (free.length === 0 && this.elsewhere.size > 0) return;
    if (this.look !== null) clearInterval(this.look);
    this.look = null;
    if (this.queue.length === 0) this.conclude();
    else for (let i = 0; i < Math.min(this.plan.processes, this.queue.length); i++) this.start();
  }

  /** Jobs save what they have done; those that have not begun do not begin. */
  stop(signal: StopSignal): void {
    this.stopped = signal;
    this.display.say("stopping as soon as there are checkpoints (interrupt again to stop at once)");
    for (const worker of this.workers) worker.stop(signal);
    this.conclude();
  }

  end(): void {
    if (this.look !== null) clearInterval(this.look);
    for (const worker of this.workers) worker.end();
  }
}

/** On the reference device jobs at a time take as long as one after the other. */
const isPackable = ({ settings }: Job): boolean => settings["device"]?.[0] !== "reference";

function deferred() {
  let resolve: (exitCode: number) => void = () => undefined;
  let reject: (problem: unknown) => void = () => undefined;
  const promise = new Promise<number>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
