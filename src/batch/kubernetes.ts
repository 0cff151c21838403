// A batch as a Kubernetes job: indexed, each of whose pods does some of the manifest's jobs.
import { stringify } from "yaml";
import { tasksOf, TRY_AGAIN, type Submission } from "./slurm.js";

/** What a cluster has to know besides. */
export type Cluster = {
  readonly image: string;
  /** The persistent volume claim that holds the manifest, models, data and results, and where it is mounted. */
  readonly claim: string;
  readonly mount: string;
  readonly parallelism: number;
};

/** How often a pod of one index is started anew. */
const MOST_RESTARTS = 20;
/** Exit codes that a restart does not mend: of the failures of jobs, which are recorded, and of a batch that cannot be run. */
const FINAL = [1, 2, 3, 70, 124];
/** How long a pod that is told to stop has to save what it has done. */
const GRACE_SECONDS = 60;

/** A name as Kubernetes takes it: lower case, digits and dashes. */
const nameFor = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 50)
    .replace(/-+$/, "") || "mppc";

/**
 * A manifest for `kubectl apply`. Pods that are stopped or evicted, whose device failed or whose process was killed are
 * started anew and go on from their checkpoints; one whose jobs failed is not, and does not stop the others.
 */
export function kubernetesJob(submission: Submission, { image, claim, mount, parallelism }: Cluster): string {
  const { manifest, results, command, perTask, options, name } = submission;
  const tasks = tasksOf(submission);
  const args = ["batch", "run", manifest, "--results", results, "--per-task", String(perTask), ...options];
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: nameFor(name) },
    spec: {
      completionMode: "Indexed",
      completions: tasks,
      parallelism: Math.min(parallelism, tasks),
      backoffLimitPerIndex: MOST_RESTARTS,
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "FailIndex", onExitCodes: { containerName: "mppc", operator: "In", values: FINAL } },
          { action: "Count", onExitCodes: { containerName: "mppc", operator: "In", values: [...TRY_AGAIN] } },
        ],
      },
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: GRACE_SECONDS,
          containers: [
            {
              name: "mppc",
              image,
              // Kubernetes puts the pod's index in; no shell stands between its signals and mppc.
              command,
              args: [...args, "--index", "$(JOB_COMPLETION_INDEX)"],
              workingDir: mount,
              volumeMounts: [{ name: "batch", mountPath: mount }],
            },
          ],
          volumes: [{ name: "batch", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
  return stringify(job, { lineWidth: 0 });
}
