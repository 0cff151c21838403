// What `mppc batch submit` does: writes what gives a batch to a scheduler.
import { basename } from "node:path";
import { clusterUnknown, nothingToSubmit, whichScheduler } from "../../batch/errors.js";
import { kubernetesJob } from "../../batch/kubernetes.js";
import { slurmScript, tasksOf, type Submission } from "../../batch/slurm.js";
import { openBatch } from "../batch/open-batch.js";
import type { SubmitOptions } from "../commands/batch.js";
import { UsageError } from "../failures.js";
import { writeAtomically } from "../files.js";
import type { Terminal } from "../terminal.js";

export function batchSubmit(manifest: string, options: SubmitOptions, terminal: Terminal): void {
  const { slurm = false, kubernetes = false } = options;
  if (slurm === kubernetes) throw new UsageError(whichScheduler(slurm));
  const { jobs, results } = openBatch(manifest, options.results);
  if (jobs.length === 0) throw new UsageError(nothingToSubmit(manifest));
  const submission: Submission = {
    manifest,
    results: results.directory,
    command: options.command.split(/\s+/).filter((word) => word !== ""),
    jobs: jobs.length,
    perTask: options.perTask,
    options: runOptions(options),
    name: basename(manifest).replace(/\.jsonl$/, ""),
  };
  const text = slurm ? slurmScript(submission, options.sbatch ?? []) : onCluster(submission, options);
  if (options.o === undefined) terminal.out(text);
  else {
    writeAtomically(options.o, text);
    const tasks = tasksOf(submission);
    const how = slurm ? `sbatch ${options.o}` : `kubectl apply -f ${options.o}`;
    terminal.err(
      `${jobs.length} jobs in ${tasks} ${tasks === 1 ? "task" : "tasks"}; submit them with: ${how}\n`,
    );
  }
}

/** Options of `mppc batch run` in every task. */
function runOptions({ jobs, timeout, checkpointEvery }: SubmitOptions): string[] {
  const given: readonly [string, number | undefined][] = [
    ["--jobs", jobs === 1 ? undefined : jobs],
    ["--timeout", timeout],
    ["--checkpoint-every", checkpointEvery],
  ];
  return given.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
}

function onCluster(submission: Submission, { image, claim, mount, parallelism }: SubmitOptions): string {
  if (image === undefined || claim === undefined) {
    const missing = [
      ...(image === undefined ? ["the image"] : []),
      ...(claim === undefined ? ["the volume"] : []),
    ];
    throw new UsageError(clusterUnknown(missing));
  }
  return kubernetesJob(submission, { image, claim, mount, parallelism });
}
