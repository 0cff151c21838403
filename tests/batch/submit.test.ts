// What is written for schedulers: words as a shell takes them, and a job as Kubernetes knows it.
import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { kubernetesJob } from "../../src/batch/kubernetes.js";
import { slurmScript, type Submission } from "../../src/batch/slurm.js";

const SUBMISSION: Submission = {
  manifest: "it's here/jobs.jsonl",
  results: "res ults",
  command: ["mppc"],
  jobs: 201,
  perTask: 20,
  options: ["--jobs", "2"],
  name: "My batch (2)",
};
const CLUSTER = { image: "registry/mppc:0.1.0", claim: "data", mount: "/batch", parallelism: 50 };

describe("a script for Slurm", () => {
  const script = slurmScript(SUBMISSION, ["--partition=gpu"]);

  it("has a task for every so many jobs, and what the user adds", () => {
    expect(script).toContain("#SBATCH --array=0-10\n");
    expect(script).toContain("#SBATCH --partition=gpu\n");
    expect(script.split("\n").filter((line) => line.startsWith("#SBATCH"))).toHaveLength(6);
  });

  /** Runs the script with programs of our own for mppc and scontrol; each says what it was called with. */
  const run = (exitCode: number, more: Readonly<Record<string, string>> = {}) => {
    const programs = `mppc() { printf '<%s>' "$@"; return ${exitCode}; }; scontrol() { printf '[%s]' "$@"; return 1; }\n`;
    const env = { ...process.env, SLURM_ARRAY_TASK_ID: "3", SLURM_JOB_ID: "77", ...more };
    return spawnSync("bash", ["-c", programs + script], { encoding: "utf8", env });
  };

  it("gives mppc its words whole", () => {
    const { stdout, status } = run(0);
    expect(stdout).toBe(
      "<batch><run><it's here/jobs.jsonl><--results><res ults><--per-task><20><--jobs><2><--index><3>",
    );
    expect(status).toBe(0);
  });

  it.each([0, 1, 2, 3, 70, 124])("ends with exit code %i, and that is that", (exitCode) => {
    const { stdout, status } = run(exitCode);
    expect(stdout).not.toContain("[requeue]");
    expect(status).toBe(exitCode);
  });

  it.each([4, 75, 137, 143])("asks for another time after exit code %i, but not for ever", (exitCode) => {
    expect(run(exitCode).stdout).toContain("[requeue][77]");
    expect(run(exitCode, { SLURM_RESTART_COUNT: "19" }).stdout).toContain("[requeue][77]");
    const { stdout, status } = run(exitCode, { SLURM_RESTART_COUNT: "20" });
    expect(stdout).not.toContain("[requeue]");
    expect(status).toBe(exitCode);
  });
});

const kubectl = spawnSync("kubectl", ["version", "--client"], { encoding: "utf8" });
if (kubectl.error !== undefined)
  console.warn("SKIPPED, no kubectl here: jobs are not read as Kubernetes reads them");

describe("a job for Kubernetes", () => {
  const text = kubernetesJob(SUBMISSION, CLUSTER);
  type Job = {
    metadata: { name: string };
    spec: {
      completions: number;
      parallelism: number;
      podFailurePolicy: { rules: { action: string; onExitCodes?: { values: number[] } }[] };
      template: { spec: { containers: { command: string[]; args: string[] }[] } };
    };
  };
  const job = parse(text) as Job;

  it("has an index for every so many jobs", () => {
    expect(job.metadata.name).toBe("my-batch-2");
    expect(job.spec.completions).toBe(11);
    expect(job.spec.parallelism).toBe(11);
    expect(job.spec.template.spec.containers[0]?.args.slice(2)).toEqual(
      ["it's here/jobs.jsonl", "--results", "res ults", "--per-task", "20", "--jobs", "2", "--index"].concat(
        "$(JOB_COMPLETION_INDEX)",
      ),
    );
  });

  it("says of every exit code of a batch whether a restart may mend it", () => {
    const of = (action: string): number[] =>
      job.spec.podFailurePolicy.rules
        .filter((rule) => rule.action === action)
        .flatMap((rule) => rule.onExitCodes?.values ?? []);
    expect(of("FailIndex")).toEqual([1, 2, 3, 70, 124]);
    expect(of("Count")).toEqual([4, 75]);
  });

  /** `kubectl set env --local` reads a job into Kubernetes' own types, without a cluster, and writes it again. */
  const asKubernetesReads = (input: string): unknown => {
    const args = ["set", "env", "--local", "-f", "-", "MARK=1", "-o", "json"];
    return JSON.parse(execFileSync("kubectl", args, { input, encoding: "utf8" }));
  };

  it.skipIf(kubectl.error !== undefined)("has no key and no value that Kubernetes does not know", () => {
    expect(asKubernetesReads(text)).toMatchObject(job);
    // What it does not know it leaves out.
    const misspelt = text.replace("backoffLimitPerIndex", "backoffLimitPerindeks");
    expect(asKubernetesReads(misspelt)).not.toMatchObject(parse(misspelt) as object);
    expect(() => asKubernetesReads(text.replace("completions: 11", "completions: many"))).toThrow();
    expect(stringify(job)).toContain("Indexed");
  });
});
