// Runs that are interrupted go on, and end with the numbers of an undisturbed one. What is killed: killed.test.ts.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, removeProgram, runProgram, type Finished } from "./built.js";

const MODEL = `
data { plate groups; plate items; real y[groups, items]; }
model {
  m ~ normal(0, 5);
  s ~ gamma(2, 1);
  plate groups { theta ~ normal(m, s); plate items { y ~ normal(theta, 1); } }
}
`;
const y = Array.from({ length: 20 }, (_, i) =>
  Array.from({ length: 5 }, (_, j) => Math.sin(i) + Math.cos(j * i)),
);
const RUN = "run model.mpp --data data.json --device reference -K 10 --iterations 300 --seed 5".split(" ");
const FILES = ["summary.csv", "guide.json", "posterior.json", "trace.csv"] as const;

let main = "";
let folder = "";
beforeAll(async () => {
  main = buildProgram();
  folder = mkdtempSync(join(tmpdir(), "mppc-resume-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(join(folder, "data.json"), JSON.stringify({ y }));
  const { code } = await program(...RUN, "--output", "whole");
  expect(code).toBe(0);
}, 60_000);
afterAll(() => {
  removeProgram(main);
  rmSync(folder, { recursive: true, force: true });
});

const program = (...args: string[]): Promise<Finished> => runProgram(main, args, { cwd: folder });
const read = (directory: string, file: string): string => readFileSync(join(folder, directory, file), "utf8");
const expectSame = (directory: string): void => {
  for (const file of FILES) expect(read(directory, file), file).toBe(read("whole", file));
  const evidence = (of: string): unknown =>
    (JSON.parse(read(of, "result.json")) as { evidence: unknown }).evidence;
  expect(evidence(directory)).toEqual(evidence("whole"));
  expect(readdirSync(join(folder, directory)).filter((file) => /checkpoint|tmp/.test(file))).toEqual([]);
};

describe("a run that is interrupted", () => {
  it("leaves a checkpoint, says how to go on, and goes on", async () => {
    const options = { cwd: folder, interruptWhen: "iteration 1 of" };
    const { code, err } = await runProgram(main, [...RUN, "--output", "stopped"], options);
    expect(code).toBe(130);
    expect(err).toContain("interrupted\ngo on with: mppc run --resume stopped\n");
    expect(readdirSync(join(folder, "stopped")).sort()).toEqual(["checkpoint.json", "settings.json"]);

    const other = await program("run", "--resume", "stopped", "--seed", "6", "-K", "10");
    expect(other.code).toBe(2);
    expect(other.err).toContain(
      "error[E0823]: the run in 'stopped' cannot go on, as it was begun otherwise: --seed\n",
    );
    writeFileSync(join(folder, "other.json"), JSON.stringify({ y: y.slice(1) }));
    const data = await program("run", "--resume", "stopped", "--data", "other.json");
    expect(data.err).toContain("begun otherwise: the data");

    const resumed = await program("run", "model.mpp", "--resume", "stopped", "--seed", "5", "--quiet");
    expect(resumed.code).toBe(0);
    expectSame("stopped");
    const again = await program("run", "--resume", "stopped");
    expect(again.code).toBe(2);
    expect(again.err).toContain("error[E0821]: the run in 'stopped' is finished");
  }, 60_000);

  it("by the system ends with another exit code, which says that it is worth a rerun", async () => {
    const options = { cwd: folder, interruptWhen: "iteration 1 of", signal: "SIGTERM" } as const;
    const { code, err } = await runProgram(main, [...RUN, "--output", "terminated"], options);
    expect(code).toBe(75);
    expect(err).toContain("stopped\ngo on with: mppc run --resume terminated\n");
    expect((await program("run", "--resume", "terminated")).code).toBe(0);
    expectSame("terminated");
  }, 60_000);

  it("and whose checkpoint is damaged, or is none, is refused", async () => {
    expect((await program("run", "--resume", "nowhere")).err).toContain("error[E0820]");
    writeFileSync(join(folder, "stopped", "checkpoint.json"), "{");
    expect((await program("run", "--resume", "stopped")).err).toContain("error[E0822]");
  }, 60_000);
});

describe("--init", () => {
  it("begins with the guide of an earlier run", async () => {
    const from = ["run", "model.mpp", "--data", "data.json", "--device", "reference", "-K", "10"];
    const args = [...from, "--method", "importance", "--init", "whole", "--output", "importance"];
    expect((await program(...args)).code).toBe(0);
    expect(read("importance", "guide.json")).toBe(read("whole", "guide.json"));
    writeFileSync(join(folder, "wrong.json"), JSON.stringify({ m: { mu: [1, 2], sigma: 1 } }));
    const wrong = await program(...from, "--init", "wrong.json", "--output", "wrong");
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("error[E0813]: 'mu' of the guide of 'm' should be");
    expect(existsSync(join(folder, "wrong"))).toBe(false);
  }, 60_000);

  it("takes up the covariance of a group that is one normal", async () => {
    writeFileSync(
      join(folder, "line.mpp"),
      `data { plate t; real x[t]; real y[t]; }
model { a ~ normal(0, 9); real<lower=0> b ~ gamma(2, 1); plate t { y ~ normal(a + b * x, 1); } }
guide { group g : multi_normal { a; b; } }`,
    );
    const x = Array.from({ length: 9 }, (_, i) => 5 + Math.sin(i));
    writeFileSync(join(folder, "line.json"), JSON.stringify({ x, y: x.map((v) => 2 * v - 3) }));
    const from = ["run", "line.mpp", "--data", "line.json", "--device", "reference", "--quiet", "-K", "300"];
    expect((await program(...from, "--output", "line")).code).toBe(0);
    const again = [...from, "--init", "line", "--output", "line-again", "--method"];
    expect((await program(...again, "importance")).code).toBe(0);
    type Guide = { readonly parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
    const guideOf = (directory: string): Guide => JSON.parse(read(directory, "guide.json")) as Guide;
    const numbers = (directory: string): number[] =>
      Object.values(guideOf(directory).parameters).flatMap((of) => Object.values(of).flat(2) as number[]);
    const fitted = numbers("line");
    // The correlation is there: the guide is not that of independent latents.
    expect(Math.min(...fitted.slice(-4))).toBeLessThan(-0.9);
    numbers("line-again").forEach((value, i) => expect(value).toBeCloseTo(fitted[i] ?? NaN, 12));
    // An iteration of each method begins there.
    for (const method of ["qem", "vi"]) {
      expect((await program(...again, method, "--start", "prior", "--iterations", "1")).code).toBe(0);
      numbers("line-again").forEach((value, i) =>
        expect(Math.abs(value - (fitted[i] ?? NaN))).toBeLessThan(0.2),
      );
    }
  }, 60_000);
});
