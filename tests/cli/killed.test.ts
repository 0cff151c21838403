// Runs that are killed at any moment of their lives, again and again, and go on: the files that they leave are whole at
// every moment, and in the end byte for byte those of a run that nothing disturbed.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/javascript.js";
import { buildProgram, removeProgram, runProgram, SAME } from "./built.js";

// The prior is far from the posterior, so that there is a path of tempered iterations; one group is one normal.
const MODEL = `
data { plate groups; plate items; real y[groups, items]; }
parameters { real<lower=0> noise = 2; }
model {
  m ~ normal(0, 100);
  log_s ~ normal(0, 1);
  plate groups { theta ~ normal(m, exp(log_s)); plate items { y ~ normal(theta, noise); } }
}
guide { group top : multi_normal { m; log_s; } }
`;
const y = Array.from({ length: 6 }, (_, i) =>
  Array.from({ length: 5 }, (_, j) => 300 + Math.sin(i) + Math.cos(j * i)),
);
const KILLER = join(ROOT, "tests", "cli", "killing.mjs");

let main = "";
let folder = "";
beforeAll(async () => {
  main = buildProgram();
  folder = mkdtempSync(join(tmpdir(), "mppc-killed-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(join(folder, "data.json"), JSON.stringify({ y }));
  // Compiled once: half of what each of the many short runs would take.
  const { code, err } = await runProgram(main, ["compile", "model.mpp", "-o", "model.mppc"], { cwd: folder });
  expect(code, err).toBe(0);
}, 60_000);
afterAll(() => {
  removeProgram(main);
  rmSync(folder, { recursive: true, force: true });
});

const read = (directory: string, file: string): string => readFileSync(join(folder, directory, file), "utf8");

/** Runs the program until it ends or is killed at that moment; true if it came to its end. */
async function survives(args: readonly string[], moment: string): Promise<boolean> {
  const env = { KILL_AT: moment, NODE_OPTIONS: `--import=${KILLER}` };
  const { code, err } = await runProgram(main, args, { cwd: folder, env });
  if (code !== null) expect(code, err).toBe(0);
  return code === 0;
}

/** Every file that a reader may look at is whole: the results are those of the end from the moment that they are there. */
function expectWhole(directory: string, whole: string): void {
  if (!existsSync(join(folder, directory))) return;
  for (const file of readdirSync(join(folder, directory))) {
    if (file.endsWith(".json")) expect(() => void JSON.parse(read(directory, file)), file).not.toThrow();
    if (SAME.some((each) => each === file)) expect(read(directory, file), file).toBe(read(whole, file));
  }
}

/** A run that is killed at each of these moments in turn, going on in between. Returns how many times it was. */
async function live(
  begin: readonly string[],
  directory: string,
  whole: string,
  moments: readonly string[],
): Promise<number> {
  let kills = 0;
  const next = (): readonly string[] =>
    existsSync(join(folder, directory, "settings.json"))
      ? ["run", "--resume", directory, "--checkpoint-every", "0.001"]
      : [...begin, "--checkpoint-every", "0.001", "--output", directory];
  for (const moment of moments) {
    if (await survives(next(), moment)) return kills;
    kills++;
    expectWhole(directory, whole);
  }
  expect(await survives(next(), "")).toBe(true);
  return kills;
}

function expectSame(directory: string, whole: string): void {
  for (const file of SAME) expect(read(directory, file), file).toBe(read(whole, file));
  const evidence = (of: string): unknown =>
    (JSON.parse(read(of, "result.json")) as { evidence: unknown }).evidence;
  expect(evidence(directory)).toEqual(evidence(whole));
  expect(readdirSync(join(folder, directory)).sort()).toEqual(readdirSync(join(folder, whole)).sort());
}

/** A generator of whole numbers below `below`, the same on every run of the tests. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One moment of each part of a run's life, in their order. */
const PARTS = [
  "operation 3",
  "renameSync settings.json",
  "text start, iteration 1",
  "text iteration 1,",
  "text final pass",
  "text posterior draw",
  "renameSync guide.json",
  "renameSync result.json",
  "rmSync checkpoint.json",
];

describe.each([
  ["qem", PARTS],
  ["vi", PARTS.filter((moment) => moment.startsWith("text"))],
])("a run by %s that is killed", (method, moments) => {
  const begin = `run model.mppc --data data.json --device reference -K 6 --iterations 40 --seed 5 --draws 50 --method ${method}`;
  const whole = `whole-${method}`;
  beforeAll(async () => {
    expect(await survives([...begin.split(" "), "--output", whole], "")).toBe(true);
    expect(read(whole, "trace.csv").match(/,start,/g)?.length).toBeGreaterThan(3);
  }, 60_000);

  it("in every part of its life ends with the numbers of one that was not", async () => {
    expect(await live(begin.split(" "), `parts-${method}`, whole, moments)).toBe(moments.length);
    expectSame(`parts-${method}`, whole);
  }, 120_000);

  it("at random moments, too", async () => {
    const random = seeded(method.length);
    // A checkpoint is some six operations, and there is one in each of some sixty iterations.
    const instants = Array.from({ length: 4 }, () => `operation ${1 + random(160)}`);
    expect(await live(begin.split(" "), `random-${method}`, whole, instants)).toBe(instants.length);
    expectSame(`random-${method}`, whole);
  }, 120_000);
});
