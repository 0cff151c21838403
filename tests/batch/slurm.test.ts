// A batch on a real Slurm cluster of one node: tasks that are killed, told to stop and put back into the queue go on from
// their checkpoints, and end with the results of a batch that nothing disturbed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../src/batch/manifest.js";
import { MadeBatch } from "./made.js";
import { noSlurm, SlurmCluster } from "./slurm.js";

const reason = noSlurm();
if (reason !== null) console.warn(`SKIPPED, no Slurm here: ${reason}`);

describe.skipIf(reason !== null)("a batch on Slurm", () => {
  let made: MadeBatch;
  let jobs: readonly Job[] = [];
  let cluster: SlurmCluster;
  beforeAll(async () => {
    made = new MadeBatch(4);
    jobs = await made.plan("jobs.jsonl", " --set iterations=1500");
    expect((await made.run("batch run jobs.jsonl --results whole --jobs 2")).code).toBe(0);
    cluster = new SlurmCluster();
    await cluster.start();
  }, 240_000);
  afterAll(async () => {
    await cluster.stop();
    made.remove();
  }, 60_000);

  const path = (...parts: string[]): string => join(made.folder, ...parts);
  const job = (task: number): string => path("results", jobs[task]?.id ?? "");
  /** What Slurm knows of a task. */
  const known = (id: string, task: number): string =>
    cluster.command("scontrol", "show", "job", `${id}_${task}`, "--oneliner");
  /** The process `mppc batch run` of a task. */
  const processOf = (task: number): number => {
    for (const entry of readdirSync("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      let words: readonly string[];
      try {
        words = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
      } catch {
        continue;
      }
      const index = words.indexOf("--index");
      if (index > 0 && words.includes(made.main) && words[index + 1] === String(task)) return Number(entry);
    }
    return 0;
  };
  /** Writes a script and gives it to Slurm; returns the number of the array job. */
  const submit = async (script: string, ...more: string[]): Promise<string> => {
    const command = ["--command", `${process.execPath} ${made.main}`];
    const args = ["batch", "submit", "jobs.jsonl", "--slurm", "-o", script, ...command, ...more];
    const { code, err } = await made.run(args);
    expect(code, err).toBe(0);
    expect(err).toContain(`submit them with: sbatch ${script}\n`);
    return cluster.command("sbatch", "--parsable", `--chdir=${made.folder}`, path(script)).trim();
  };

  it("goes on after each way of being stopped, and ends as one that was not", async () => {
    const id = await submit("jobs.sh", "--results", "results", "--checkpoint-every", "0.05");
    const tasks = [0, 1, 2];
    for (const task of tasks)
      await cluster.until(`checkpoint of task ${task}`, () => existsSync(join(job(task), "checkpoint.json")));
    const started = tasks.map((task) => readFileSync(join(job(task), "settings.json"), "utf8"));
    // One is killed outright, as for want of memory; one is told, as when its time is up; one loses its node.
    process.kill(processOf(0), "SIGKILL");
    cluster.command("scancel", "--signal=TERM", "--batch", `${id}_1`);
    cluster.command("scontrol", "requeue", `${id}_2`);
    for (const task of tasks) expect(existsSync(join(job(task), "result.json"))).toBe(false);
    await cluster.until("end of all tasks", () => cluster.command("squeue", "-h", "-j", id).trim() === "");
    for (const task of tasks) expect(known(id, task)).toMatch(/ Restarts=1 .*ExitCode=0:0 /);
    expect(known(id, 3)).toMatch(/ Restarts=0 .*ExitCode=0:0 /);
    // The same run, and not another one from its beginning.
    expect(tasks.map((task) => readFileSync(join(job(task), "settings.json"), "utf8"))).toEqual(started);
    made.expectSame(jobs, "results", "whole");
    expect(made.list("results/.leases")).toEqual([]);
  }, 240_000);

  it("records a job that fails, and does not try again", async () => {
    made.write("data/d1.json", JSON.stringify({ y: [1] }));
    const id = await submit("failing.sh", "--results", "failing", "--per-task", "2", "--sbatch=--time=10");
    expect(made.read("failing.sh")).toContain("#SBATCH --array=0-1\n");
    expect(known(id, 0)).toContain(" TimeLimit=00:10:00 ");
    await cluster.until("end of all tasks", () => cluster.command("squeue", "-h", "-j", id).trim() === "");
    expect(known(id, 0)).toMatch(/ Restarts=0 .*ExitCode=1:0 /);
    expect(known(id, 1)).toMatch(/ Restarts=0 .*ExitCode=0:0 /);
    const others = jobs.filter((_, i) => i !== 1);
    made.expectSame(others, "failing", "whole");
    expect(made.read(join("failing", jobs[1]?.id ?? "", "failed.json"))).toContain("E1215");
  }, 120_000);
});
