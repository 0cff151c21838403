// What `mppc batch status` does: says how far the jobs of a batch are.
import type { Job } from "../../batch/manifest.js";
import { jobColumns } from "../batch/columns.js";
import { openBatch } from "../batch/open-batch.js";
import type { JobState } from "../batch/states.js";
import type { StatusOptions } from "../commands/batch.js";
import { alignedTable } from "../table.js";
import type { Terminal } from "../terminal.js";

/** How many jobs that are not done are listed. */
const MOST_LISTED = 20;

const KINDS = ["done", "failed", "running", "stopped", "waiting"] as const;

export function batchStatus(manifest: string, options: StatusOptions, terminal: Terminal): void {
  const { jobs, results } = openBatch(manifest, options.results);
  const states = results.states(jobs);
  if (options.json === true) {
    terminal.out(`${JSON.stringify(asJson(jobs, states, results.of.bind(results)))}\n`);
    return;
  }
  const counts = KINDS.map((kind): [string, string] => [
    kind,
    String(states.filter((state) => state.kind === kind).length),
  ]);
  terminal.out(alignedTable(["state", "jobs"], counts));
  const listed = jobs.flatMap((job, i) => {
    const words = wordsFor(states[i]);
    return words === null ? [] : [[...jobColumns(jobs).map((column) => column.of(job)), words]];
  });
  if (listed.length === 0) return;
  const columns = [...jobColumns(jobs).map((column) => column.name), "what"];
  terminal.out(`\n${alignedTable(columns, listed.slice(0, MOST_LISTED), columns.length)}`);
  if (listed.length > MOST_LISTED)
    terminal.out(`and ${listed.length - MOST_LISTED} more; --json gives all\n`);
}

/** What is to be said of a job; null of one that is done or has not been begun. */
function wordsFor(state: JobState | undefined): string | null {
  switch (state?.kind) {
    case "failed":
      return `failed (exit code ${state.failure.exit_code}): ${state.failure.message}`;
    case "running":
      return `running: ${state.by}`;
    case "stopped":
      return state.hasCheckpoint
        ? "stopped, goes on from its checkpoint"
        : "stopped before its first checkpoint";
    default:
      return null;
  }
}

/** The state of every job, for programs. */
const asJson = (jobs: readonly Job[], states: readonly JobState[], place: (id: string) => string) =>
  jobs.map((job, i) => {
    const state = states[i] ?? { kind: "waiting" as const };
    return {
      job: job.id,
      model: job.model.path,
      data: job.data.map((file) => file.path),
      seed: job.seed,
      settings: job.settings,
      directory: place(job.id),
      state: state.kind,
      ...(state.kind === "failed" ? { failure: state.failure } : {}),
      ...(state.kind === "running" ? { by: state.by } : {}),
      ...(state.kind === "stopped" ? { has_checkpoint: state.hasCheckpoint } : {}),
    };
  });
