// Jobs that are done together on one device: the results of each are those that it has alone, whatever becomes of the others.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Job } from "../../src/batch/manifest.js";
import { describeOnDevice } from "../device/adapter.js";
import { MadeBatch } from "./made.js";

describeOnDevice("a batch whose jobs are done together", () => {
  let made: MadeBatch;
  let jobs: readonly Job[] = [];
  beforeAll(async () => {
    made = new MadeBatch(5);
    // Of other sizes than the others, alike among themselves.
    for (const i of [5, 6]) made.write(`data/d${i}.json`, JSON.stringify({ y: [i, i + 1, i + 3] }));
    // The fit of this one fails, but not before it has begun.
    made.write("data/d7.json", JSON.stringify({ y: [1, 2, 3, 4, 5, 1e30] }));
    jobs = await made.planOn("gpu", "jobs.jsonl", " --set iterations=12");
    const { code } = await made.run("batch run jobs.jsonl --no-pack --results alone");
    expect(code).toBe(3);
  }, 240_000);
  afterAll(() => made.remove());

  const sound = (): readonly Job[] => jobs.slice(0, 7);
  /** What is recorded of the one that fails. */
  const failure = (of: string): unknown => {
    const { code, message } = JSON.parse(made.read(join(of, jobs[7]?.id ?? "", "failed.json"))) as {
      code: string;
      message: string;
    };
    return [code, message];
  };

  it("leaves what it leaves one by one, failures included", async () => {
    const { code, err } = await made.run("batch run jobs.jsonl --results together");
    expect(code, err).toBe(3);
    expect(err).toContain("7 done, 1 failed, 0 to do");
    made.expectSame(sound(), "together", "alone");
    expect(failure("together")).toEqual(failure("alone"));
  }, 180_000);

  it("is stopped with a checkpoint of each, and goes on", async () => {
    const long = await made.planOn("gpu", "long.jsonl", " --set iterations=400");
    const whole = long.slice(0, 7);
    expect((await made.run("batch run long.jsonl --results long")).code).toBe(3);
    const saved = (): number =>
      long.filter(({ id }) => existsSync(join(made.folder, "stopped", id, "checkpoint.json"))).length;
    const run = "batch run long.jsonl --results stopped";
    const { code, err } = await made.runUntil(`${run} --checkpoint-every 0.2`, () => saved() > 1, "SIGTERM");
    expect(code, err).toBe(75);
    expect(saved()).toBeGreaterThan(1);
    expect((await made.run(run)).code).toBe(3);
    made.expectSame(whole, "stopped", "long");
  }, 240_000);

  it("whose process crashes goes on with each alone, and the one to blame is recorded", async () => {
    const { code, err } = await made.runWith(
      { CRASH_ON: "d3.json" },
      "batch run jobs.jsonl --results crashed",
    );
    expect(code, err).toBe(4);
    expect(err).toContain("6 done, 2 failed, 0 to do");
    const [blamed] = jobs.slice(3);
    expect(made.read(join("crashed", blamed?.id ?? "", "failed.json"))).toContain("E1216");
    expect((await made.run("batch run jobs.jsonl --results crashed")).code).toBe(3);
    made.expectSame(sound(), "crashed", "alone");
  }, 240_000);

  it("whose device is lost goes on with each alone, on one that is opened anew", async () => {
    const { code, err } = await made.runWith({ LOSE_DEVICE: "9" }, "batch run jobs.jsonl --results lost-one");
    expect(code, err).toBe(3);
    expect(err).toContain("7 done, 1 failed, 0 to do");
    expect(made.read("lost")).toBe("x");
    made.expectSame(sound(), "lost-one", "alone");
    expect(failure("lost-one")).toEqual(failure("alone"));
  }, 180_000);

  it("whose devices are all lost is recorded job by job, with nothing half done, and is done by the next run", async () => {
    rmSync(join(made.folder, "lost"), { force: true });
    const { code, err } = await made.runWith({ LOSE_DEVICES: "9" }, "batch run jobs.jsonl --results none");
    expect(code, err).toBe(4);
    expect(err).toContain("0 done, 8 failed, 0 to do");
    // One for those of either size together, and two for each alone.
    expect(made.read("lost")).toHaveLength(2 + 2 * jobs.length);
    for (const { id } of jobs) {
      const { code: diagnostic, attempts } = JSON.parse(made.read(join("none", id, "failed.json"))) as {
        code: string;
        attempts: number;
      };
      expect([diagnostic, attempts]).toEqual(["E0603", 1]);
    }
    made.expectWhole(jobs, "none", "alone");
    expect(made.list("none/.leases")).toEqual([]);
    expect((await made.run("batch run jobs.jsonl --results none")).code).toBe(3);
    made.expectSame(sound(), "none", "alone");
  }, 180_000);

  it("may have files at absolute paths", async () => {
    mkdirSync(join(made.folder, "sub"));
    const model = join(made.folder, "model.mpp");
    const data = join(made.folder, "data", "d[01].json");
    const options = "-K 6 --set draws=50 --set device=gpu --set iterations=12";
    expect((await made.run(`batch plan ${model} --data ${data} ${options} -o sub/jobs.jsonl`)).code).toBe(0);
    const { code, err } = await made.run("batch run sub/jobs.jsonl --results absolute");
    expect(code, err).toBe(0);
    made.expectSame(jobs.slice(0, 2), "absolute", "alone");
  }, 180_000);
});
