// What `mppc batch run` does: the jobs of a manifest, or of one task of it, that are not done.
import { noSuchJob } from "../../batch/errors.js";
import type { Job } from "../../batch/manifest.js";
import { performBatch } from "../batch/coordinator.js";
import { openBatch } from "../batch/open-batch.js";
import type { BatchRunOptions } from "../commands/batch.js";
import { UsageError } from "../failures.js";
import type { Terminal } from "../terminal.js";

/** Returns the exit code: 0 where every job is done, else that of the worst failure. */
export async function batchRun(
  manifest: string,
  options: BatchRunOptions,
  terminal: Terminal,
): Promise<number> {
  const { jobs, results } = openBatch(manifest, options.results);
  const quiet: Terminal =
    options.quiet === true ? { ...terminal, err: () => undefined, interactive: false } : terminal;
  const plan = {
    jobs: ofTask(jobs, options),
    results,
    assignment: { manifest, results: results.directory, checkpointEvery: options.checkpointEvery },
    processes: options.jobs,
    pack: options.pack === false ? 1 : options.pack,
    retryFailed: options.retryFailed === true,
    timeoutSeconds: options.timeout ?? null,
  };
  const exitCode = await performBatch(plan, quiet);
  quiet.err(`results are in ${results.directory}\n`);
  return exitCode;
}

/** The jobs of one task, `perTask` of them, or all. */
function ofTask(jobs: readonly Job[], { index, perTask }: BatchRunOptions): readonly Job[] {
  if (index === undefined) return jobs;
  const tasks = Math.ceil(jobs.length / perTask);
  if (index >= tasks) throw new UsageError(noSuchJob(index, tasks));
  return jobs.slice(index * perTask, (index + 1) * perTask);
}
