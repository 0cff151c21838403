// Batches from plan to table: what is done once is not done again, and what befalls one job is not the end of the others.
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../src/batch/manifest.js";
import { MadeBatch } from "./made.js";

let made: MadeBatch;
let jobs: readonly Job[] = [];
beforeAll(async () => {
  made = new MadeBatch(4);
  jobs = await made.plan("jobs.jsonl", " --set iterations=8");
  const { code, err } = await made.run("batch run jobs.jsonl --results whole");
  expect(code, err).toBe(0);
}, 180_000);
afterAll(() => made.remove());

const path = (...parts: string[]): string => join(made.folder, ...parts);
const idOf = (data: string): string => jobs.find((job) => job.data[0]?.path.includes(data))?.id ?? "";
type Listed = {
  job: string;
  data: string[];
  state: string;
  failure?: { exit_code: number; code: string; attempts: number };
};
const status = async (results: string, manifest = "jobs.jsonl"): Promise<Listed[]> => {
  const { out } = await made.run(`batch status ${manifest} --results ${results} --json`);
  return JSON.parse(out) as Listed[];
};

describe("a batch", () => {
  it("leaves of every job what `mppc run` leaves", async () => {
    const [job] = jobs;
    const options = "-K 6 --draws 50 --device reference --iterations 8 --seed 1";
    const { code } = await made.run(
      `run model.mpp --data data/d0.json ${options} --output single/${job?.id ?? ""}`,
    );
    expect(code).toBe(0);
    made.expectSame(jobs.slice(0, 1), "whole", "single");
  }, 90_000);

  it("gives the same by several processes, and does nothing again", async () => {
    const { code, err } = await made.run("batch run jobs.jsonl --jobs 3 --results several");
    expect(code, err).toBe(0);
    expect(err).toContain("0 done, 4 to do\n");
    expect(err).toContain("4 done, 0 to do\nresults are in several\n");
    made.expectSame(jobs, "several", "whole");
    const before = jobs.map(({ id }) => statSync(path("several", id, "result.json")).mtimeMs);
    const again = await made.run("batch run jobs.jsonl --results several");
    expect(again).toEqual({
      code: 0,
      out: "",
      err: "4 done, 0 failed before, nothing to do\nresults are in several\n",
    });
    expect(jobs.map(({ id }) => statSync(path("several", id, "result.json")).mtimeMs)).toEqual(before);
    expect(made.list("several/.leases")).toEqual([]);
  }, 180_000);

  it("can be done task by task, with results in a place of its own", async () => {
    expect((await made.run("batch run jobs.jsonl --index 1 --per-task 3")).code).toBe(0);
    expect(made.list("jobs-results")).toEqual([".leases", jobs[3]?.id].sort());
    const { code, err } = await made.run("batch run jobs.jsonl --index 2 --per-task 3");
    expect(code).toBe(2);
    expect(err).toContain("error[E1214]: there is no task 2: the batch has those from 0 to 1");
  }, 90_000);

  it("by two who begin at the same time does each job once", async () => {
    const both = await Promise.all([1, 2].map(() => made.run("batch run jobs.jsonl --results both")));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    made.expectSame(jobs, "both", "whole");
    for (const { err } of both) expect(err).toContain("4 done, 0 to do");
    expect(made.list("both/.leases")).toEqual([]);
  }, 180_000);

  it("takes over what a process that is gone was at", async () => {
    mkdirSync(path("taken", ".leases"), { recursive: true });
    const host = hostname().replaceAll(/[^A-Za-z0-9-]/g, "_");
    // No process has this number, on Linux or elsewhere.
    made.write(`taken/.leases/${jobs[0]?.id ?? ""}.${host}.4194999.12345678-1`, "");
    expect((await made.run("batch run jobs.jsonl --results taken")).code).toBe(0);
    made.expectSame(jobs, "taken", "whole");
    expect(made.list("taken/.leases")).toEqual([]);
  }, 90_000);
});

describe("a job that fails", () => {
  it("is recorded, and the others are done", async () => {
    made.write("data/d2.json", JSON.stringify({ y: [1, 2] }));
    const first = await made.run("batch run jobs.jsonl --results changed");
    expect(first.code).toBe(1);
    expect(first.err).toContain(`${join("changed", idOf("d2"))} failed: 'data/d2.json' has changed since`);
    expect(first.err).toContain("3 done, 1 failed, 0 to do");
    const [failed] = (await status("changed")).filter(({ state }) => state !== "done");
    expect(failed).toMatchObject({ job: idOf("d2"), failure: { exit_code: 1, code: "E1215", attempts: 1 } });
    // Not again by itself, but when asked.
    expect((await made.run("batch run jobs.jsonl --results changed")).err).toContain("nothing to do");
    const retried = await made.run("batch run jobs.jsonl --results changed --retry-failed");
    expect(retried.code).toBe(1);
    expect((await status("changed")).map(({ failure }) => failure?.attempts ?? 0)).toContain(2);
    made.write(
      "data/d2.json",
      JSON.stringify({ y: Array.from({ length: 6 }, (_, j) => 2 + Math.sin(2 + j)) }),
    );
    expect((await made.run("batch run jobs.jsonl --results changed --retry-failed")).code).toBe(0);
    made.expectSame(jobs, "changed", "whole");
  }, 180_000);

  it("for its data or its settings says what `mppc run` says", async () => {
    made.write("bad.json", JSON.stringify({ z: [1] }));
    made.write(
      "bad.yaml",
      "- models: model.mpp\n  data: [bad.json, data/d0.json]\n  settings: {device: reference, K: {all: 5, nobody: 3}}\n- models: model.mpp\n  data: bad.json\n  settings: {device: reference}\n",
    );
    expect((await made.run("batch plan bad.yaml -o bad.jsonl")).code).toBe(0);
    const { code } = await made.run("batch run bad.jsonl");
    expect(code).toBe(2);
    const found = await status("bad-results", "bad.jsonl");
    expect(found.map(({ failure }) => [failure?.exit_code, failure?.code])).toEqual([
      [2, "E0807"],
      [2, "E0807"],
      [1, "E0512"],
    ]);
    const { out } = await made.run("batch status bad.jsonl");
    expect(out).toMatch(/^failed +3$/m);
    expect(out).toContain("failed (exit code 2): -K nobody=... names no group of this model");
    const table = await made.run("batch collect bad.jsonl");
    expect(table.code).toBe(2);
    expect(table.err).toContain("error[E1219]");
  }, 90_000);

  it("by a crash of its process is recorded, and is tried again by the next run", async () => {
    const crash = await made.runWith(
      { CRASH_ON: "d1.json" },
      "batch run jobs.jsonl --results crashed --jobs 2",
    );
    expect(crash.code).toBe(4);
    expect(crash.err).toContain("3 done, 1 failed, 0 to do");
    const failed = (await status("crashed")).find(({ state }) => state === "failed");
    expect(failed).toMatchObject({ job: idOf("d1"), failure: { exit_code: 4, code: "E1216" } });
    expect((await made.run("batch run jobs.jsonl --results crashed")).code).toBe(0);
    made.expectSame(jobs, "crashed", "whole");
  }, 180_000);

  it("by taking too long is given up", async () => {
    const slow = await made.runWith(
      { HANG_ON: "d3.json" },
      "batch run jobs.jsonl --results slow --timeout 12",
    );
    expect(slow.code).toBe(124);
    expect(slow.err).toContain("3 done, 1 failed, 0 to do");
    expect((await status("slow")).at(-1)).toMatchObject({ failure: { exit_code: 124, code: "E1217" } });
    expect((await made.run("batch run jobs.jsonl --results slow --retry-failed")).code).toBe(0);
    made.expectSame(jobs, "slow", "whole");
  }, 180_000);

  it("is none where no process can do it: that ends the batch, with the reason", async () => {
    const { code, err } = await made.runWith({ CRASH_AT_START: "1" }, "batch run jobs.jsonl --results none");
    expect(code).toBe(2);
    expect(err).toContain(
      "error[E1218]: the processes that do the batch's jobs end as soon as they are started (SIGSEGV)",
    );
    expect((await status("none")).map(({ state }) => state)).toEqual(jobs.map(() => "waiting"));
  }, 180_000);
});

describe("a disk that is full", () => {
  it("stops the batch, and leaves all that was written whole", async () => {
    // A job's files are some 10 kB.
    for (const room of [20, 3_000, 20_000, 30_000]) {
      const results = `full-${room}`;
      const { code, err } = await made.runWith(
        { ROOM: String(room) },
        `batch run jobs.jsonl --results ${results}`,
      );
      expect(code, err).toBe(2);
      expect(err).toContain("error[E0803]: cannot write '");
      expect(err).toContain("the disk is full");
      made.expectWhole(jobs, results, "whole");
      expect((await status(results)).map(({ state }) => state)).not.toContain("failed");
      expect((await made.run(`batch run jobs.jsonl --results ${results}`)).code).toBe(0);
      made.expectSame(jobs, results, "whole");
    }
  }, 240_000);
});

describe("a batch that is stopped", () => {
  it.each([
    ["SIGTERM", 75],
    ["SIGINT", 130],
  ] as const)(
    "by %s saves what it has done, and goes on from there",
    async (signal, exitCode) => {
      const long = await made.plan(`long-${signal}.jsonl`, " --set iterations=400");
      const results = `stopped-${signal}`;
      const run = `batch run long-${signal}.jsonl --results ${results}`;
      const whole = `long-${signal}`;
      const hasCheckpoint = (): boolean => existsSync(path(results, long[0]?.id ?? "", "checkpoint.json"));
      const { code, err } = await made.runUntil(
        `${run} --checkpoint-every 0.001 --jobs 2`,
        hasCheckpoint,
        signal,
      );
      expect(code, err).toBe(exitCode);
      const states = (await status(results, `long-${signal}.jsonl`)).map(({ state }) => state);
      expect(states[0]).toBe("stopped");
      expect(states).not.toContain("failed");
      expect((await made.run(run)).code).toBe(0);
      expect((await made.run(`batch run long-${signal}.jsonl --results ${whole}`)).code).toBe(0);
      made.expectSame(long, results, whole);
      rmSync(path(whole), { recursive: true });
    },
    120_000,
  );
});

describe("tables over a batch", () => {
  const rows = (text: string): string[][] =>
    text
      .trim()
      .split("\n")
      .map((line) => line.split(","));

  it("have the rows of every job that is done, with what tells jobs apart", async () => {
    const settings = await made.plan("two.jsonl", " --set iterations=4 --set iterations=5 --set method=qem");
    expect((await made.run("batch run two.jsonl --index 0 --per-task 7")).code).toBe(0);
    const { code, out, err } = await made.run("batch collect two.jsonl");
    expect(code).toBe(0);
    expect(err).toBe("1 of 8 jobs are not done, and not in the table\n");
    const [header, ...body] = rows(out);
    expect(header).toEqual("job,model,data,seed,iterations,name,mean,sd,mcse_mean,q5,q50,q95,ess".split(","));
    expect(body).toHaveLength(7 * 2);
    const [first] = settings;
    const own = made.read(join("two-results", first?.id ?? "", "summary.csv")).split("\n")[1] ?? "";
    expect(body[0]).toEqual([first?.id, "model.mpp", "data/d0.json", "1", "4", ...own.split(",")]);
  }, 180_000);

  it("of evidence and of groups have a row for each", async () => {
    const evidence = await made.run(
      "batch collect jobs.jsonl --results whole --table evidence -o evidence.csv",
    );
    expect(evidence).toEqual({ code: 0, out: "", err: "4 jobs in evidence.csv\n" });
    const [header, ...body] = rows(made.read("evidence.csv"));
    expect(header?.slice(0, 6)).toEqual(["job", "model", "data", "seed", "log_evidence", "mcse"]);
    expect(body).toHaveLength(4);
    const { out } = await made.run("batch collect jobs.jsonl --results whole --table diagnostics");
    expect(
      rows(out)
        .slice(1)
        .map((row) => row[4]),
    ).toEqual(jobs.flatMap(() => ["m", "s"]));
  }, 90_000);
});
