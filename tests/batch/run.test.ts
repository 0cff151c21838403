// Batches from plan to table: what is done once is not done again, and what befalls one job is not the end of the others.
import { existsSync, mkdirSync, statSync, utimesSync } from "node:fs";
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

  it("takes over what processes that are gone were at, and leaves others what they are at", async () => {
    mkdirSync(path("taken", ".leases"), { recursive: true });
    const here = hostname().replaceAll(/[^A-Za-z0-9-]/g, "_");
    // No process has this number, on Linux or elsewhere.
    const leaseOf = (i: number, host: string): string =>
      `taken/.leases/${jobs[i]?.id ?? ""}.${host}.4194999.12345678-1`;
    const since = (lease: string, seconds: number): void => {
      const when = Date.now() / 1000 - seconds;
      utimesSync(path(lease), when, when);
    };
    const [gone, silent, live] = [leaseOf(0, here), leaseOf(1, "elsewhere"), leaseOf(2, "elsewhere")];
    for (const lease of [gone, silent, live]) made.write(lease, "");
    // Machines that share the folder have until then to renew what they hold.
    since(silent, 121);
    since(live, 20);
    const done = (): boolean[] => jobs.map(({ id }) => existsSync(path("taken", id, "result.json")));
    let found: readonly boolean[] = [];
    const { code, err } = await made.run("batch run jobs.jsonl --results taken", {
      onSays: {
        text: "waiting for 1 jobs that others are at: elsewhere, process 4194999",
        then: () => {
          found = done();
          since(live, 121);
        },
      },
    });
    expect(code, err).toBe(0);
    expect(found).toEqual([true, true, false, true]);
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

  it("by a crash of its process, or by taking too long, is recorded; a crash is tried again by the next run", async () => {
    const faults = { CRASH_ON: "d1.json", HANG_ON: "d3.json" };
    const { code, err } = await made.runWith(
      faults,
      "batch run jobs.jsonl --results crashed --jobs 2 --timeout 12",
    );
    expect(code).toBe(4);
    expect(err).toContain("2 done, 2 failed, 0 to do");
    const failures = async (): Promise<unknown[]> =>
      (await status("crashed"))
        .filter(({ state }) => state === "failed")
        .map(({ job, failure }) => [job, failure?.exit_code, failure?.code]);
    const late = [idOf("d3"), 124, "E1217"];
    expect(await failures()).toEqual([[idOf("d1"), 4, "E1216"], late]);
    expect((await made.run("batch run jobs.jsonl --results crashed")).code).toBe(124);
    expect(await failures()).toEqual([late]);
    expect((await made.run("batch run jobs.jsonl --results crashed --retry-failed")).code).toBe(0);
    made.expectSame(jobs, "crashed", "whole");
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
    // A job's files are some 10 kB: the rooms together hold not all of them.
    for (const room of [20, 3_000, 18_000, 12_000]) {
      const { code, err } = await made.runWith({ ROOM: String(room) }, "batch run jobs.jsonl --results full");
      expect(code, err).toBe(2);
      expect(err).toContain("error[E0803]: cannot write '");
      expect(err).toContain("the disk is full");
      made.expectWhole(jobs, "full", "whole");
    }
    const states = (await status("full")).map(({ state }) => state);
    expect(states).not.toContain("failed");
    expect(states).toContain("done");
    expect((await made.run("batch run jobs.jsonl --results full")).code).toBe(0);
    made.expectSame(jobs, "full", "whole");
  }, 240_000);
});

describe("a batch that is stopped", () => {
  let long: readonly Job[] = [];
  beforeAll(async () => {
    long = (await made.plan("long.jsonl", " --set iterations=400")).slice(0, 3);
    expect((await made.run("batch run long.jsonl --index 0 --per-task 3 --results long")).code).toBe(0);
  }, 90_000);

  it.each([
    ["SIGTERM", 75],
    ["SIGINT", 130],
  ] as const)(
    "by %s saves what it has done, and goes on from there",
    async (signal, exitCode) => {
      const results = `stopped-${signal}`;
      const run = `batch run long.jsonl --index 0 --per-task 3 --results ${results}`;
      const hasCheckpoint = (): boolean => existsSync(path(results, long[0]?.id ?? "", "checkpoint.json"));
      const { code, err } = await made.runUntil(
        `${run} --checkpoint-every 0.001 --jobs 2`,
        hasCheckpoint,
        signal,
      );
      expect(code, err).toBe(exitCode);
      const states = (await status(results, "long.jsonl")).map(({ state }) => state);
      expect(states).toEqual(["stopped", "stopped", "waiting", "waiting"]);
      expect((await made.run(run)).code).toBe(0);
      made.expectSame(long, results, "long");
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
