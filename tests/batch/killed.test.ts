// Batches whose processes are killed at random moments, again and again: whatever a reader finds is whole, and in the end
// the results are byte for byte those of a batch that nothing disturbed.
import { existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../src/batch/manifest.js";
import { ROOT } from "../support/javascript.js";
import { MadeBatch } from "./made.js";

const KILLER = join(ROOT, "tests", "cli", "killing.mjs");

let made: MadeBatch;
let jobs: readonly Job[] = [];
beforeAll(async () => {
  made = new MadeBatch(3);
  jobs = await made.plan("jobs.jsonl", " --set iterations=30");
  expect((await made.run("batch run jobs.jsonl --results whole")).code).toBe(0);
}, 180_000);
afterAll(() => made.remove());

/** A generator of whole numbers below `below`, the same on every run of the tests. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const RUN = "batch run jobs.jsonl --checkpoint-every 0.001 --results";

/** The batch's process, killed after so long, if it has not ended by itself; true if it had. */
function livesFor(milliseconds: number, results: string): Promise<boolean> {
  const args = [made.main, ...`${RUN} ${results} --jobs 2`.split(" ")];
  const child = spawn(process.execPath, args, { cwd: made.folder, stdio: "ignore" });
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  return new Promise((resolve) =>
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    }),
  );
}

describe("a batch that is killed", () => {
  it("again and again, leaves whole files, and ends as one that was not", async () => {
    const random = seeded(7);
    for (let n = 0; n < 8; n++) {
      if (await livesFor(150 + random(1200), "process")) break;
      made.expectWhole(jobs, "process", "whole");
    }
    const { code, err } = await made.run(`${RUN} process`);
    expect(code, err).toBe(0);
    made.expectSame(jobs, "process", "whole");
    expect(made.list("process/.leases")).toEqual([]);
  }, 240_000);

  it("in its workers alone, before any writing, goes on with others, and a rerun does what they were at", async () => {
    const random = seeded(11);
    const results = "workers";
    let failures = 0;
    for (let n = 0; n < 4; n++) {
      // A job is some two hundred operations with a checkpoint in each iteration; the batch's process has but a few.
      const env = { KILL_AT: `operation ${4 + random(220)}`, NODE_OPTIONS: `--import=${KILLER}` };
      const { code, err } = await made.run(`${RUN} ${results}`, { env });
      expect([0, 4], err).toContain(code);
      failures += (err.match(/ failed: the process of this job ended without a word/g) ?? []).length;
      made.expectWhole(jobs, results, "whole");
      if (code === 0) break;
    }
    expect(failures).toBeGreaterThan(0);
    expect((await made.run(`${RUN} ${results}`)).code).toBe(0);
    made.expectSame(jobs, results, "whole");
    expect(existsSync(join(made.folder, results, jobs[0]?.id ?? "", "failed.json"))).toBe(false);
  }, 240_000);
});
