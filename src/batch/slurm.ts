// A batch as a Slurm job: an array, each of whose tasks does some of the manifest's jobs.

/** What the scripts of schedulers are made from. */
export type Submission = {
  /** Paths as the tasks are to use them. */
  readonly manifest: string;
  readonly results: string;
  /** What starts mppc there. */
  readonly command: readonly string[];
  readonly jobs: number;
  readonly perTask: number;
  /** Further options of `mppc batch run`. */
  readonly options: readonly string[];
  /** What the job is called. */
  readonly name: string;
};

/** Exit codes of `mppc batch run` after which the same task may go better, or goes on: no device, stopped. */
export const TRY_AGAIN = [4, 75] as const;
/** How often a task is put back into the queue. */
const MOST_RESTARTS = 20;
/** How many seconds before its time is up a task is told, to save what it has done. */
const WARNING_SECONDS = 60;

export const tasksOf = ({ jobs, perTask }: Submission): number => Math.ceil(jobs / perTask);

/** A word of a shell's command. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A script for `sbatch`. `directives`: further options of sbatch, as in "--partition=gpu". A task that was stopped, whose
 * device failed or whose process was killed asks to be put back into the queue, where it goes on from its checkpoints;
 * failures of jobs are recorded in their directories, and are no reason for that.
 */
export function slurmScript(submission: Submission, directives: readonly string[]): string {
  const { manifest, results, command, perTask, options, name } = submission;
  const words = [
    ...command,
    "batch",
    "run",
    manifest,
    "--results",
    results,
    "--per-task",
    String(perTask),
    ...options,
  ];
  return `#!/bin/bash
${[
  `--job-name=${name}`,
  `--array=0-${tasksOf(submission) - 1}`,
  "--requeue",
  "--open-mode=append",
  `--signal=B:TERM@${WARNING_SECONDS}`,
  ...directives,
]
  .map((directive) => `#SBATCH ${directive}`)
  .join("\n")}

# Slurm tells this shell when time is up (or the task is preempted); mppc saves what it has done and ends with 75.
trap '[ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
${words.map(word).join(" ")} --index "$SLURM_ARRAY_TASK_ID" &
child=$!
wait "$child"
# A signal ends the waiting before it ends mppc.
while kill -0 "$child" 2>/dev/null; do wait "$child"; done
wait "$child"
code=$?

# ${TRY_AGAIN.join(", ")}: no device, stopped; above 128: killed. The task goes on where it was.
if [ "$code" -eq ${TRY_AGAIN.join(' ] || [ "$code" -eq ')} ] || [ "$code" -gt 128 ]; then
  if [ "\${SLURM_RESTART_COUNT:-0}" -lt ${MOST_RESTARTS} ]; then
    echo "mppc ended with $code: the task goes back into the queue" >&2
    scontrol requeue "$SLURM_JOB_ID" && sleep 60
  fi
fi
exit "$code"
`;
}
