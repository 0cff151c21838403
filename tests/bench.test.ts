// The suite of timings: its models compile, its worker times iterations, its tables and figures have their places.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileSource } from "../src/compile.js";
import { renderDiagnostics } from "../src/diagnostic.js";
import { buildProgram, removeProgram } from "./cli/built.js";
import { ROOT } from "./support/javascript.js";

const MODELS = join(ROOT, "bench", "models");

describe("the suite of timings", () => {
  it.each(readdirSync(MODELS))("%s compiles", (name) => {
    const { diagnostics } = compileSource({ path: name, text: readFileSync(join(MODELS, name), "utf8") });
    expect(renderDiagnostics(diagnostics)).toBe("");
  });

  it("times iterations in a process of its own, for as long as it is told", () => {
    const main = buildProgram();
    const example = join(ROOT, "examples", "eight_schools");
    const order = {
      root: dirname(dirname(dirname(main))),
      model: join(example, "eight_schools.mpp"),
      data: join(example, "data.json"),
      K: 3,
      device: "reference",
      optimise: "-share",
      mostSeconds: 10,
    };
    const input = ["step", "step", "stop"].map((each) => JSON.stringify({ order: each, seconds: 0.05 }));
    const worker = join(ROOT, "bench", "lib", "worker.mjs");
    const { stdout, stderr } = spawnSync(process.execPath, [worker, JSON.stringify(order)], {
      input: `${input.join("\n")}\n`,
      encoding: "utf8",
    });
    removeProgram(main);
    expect(stderr).toBe("");
    const [first, ...rest] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first?.["plan"]).toMatchObject({ device: "float64 reference" });
    const [once, again, memory] = rest.map((each) => each["iterations"] as number[] | undefined);
    for (const seconds of [once ?? [], again ?? []]) {
      const total = seconds.reduce((sum, s) => sum + s, 0);
      expect(Math.min(...seconds)).toBeGreaterThan(0);
      expect(total).toBeGreaterThan(0.03);
      expect(total).toBeLessThan(10);
    }
    expect(memory).toBeUndefined();
    expect(rest.at(-1)?.["peakBytes"]).toBeGreaterThan(1e7);
  });

  it("has places for its tables, and the figures of the page", () => {
    const page = readFileSync(join(ROOT, "docs", "performance.md"), "utf8");
    for (const name of ["cases", "peaks", "steps"])
      expect(page, name).toMatch(new RegExp(`<!-- bench:${name} -->[\\s\\S]*<!-- /bench:${name} -->`));
    const figures = [...page.matchAll(/\((figures\/\w+\.svg)\)/g)].map(([, file]) => file ?? "");
    expect(figures.length).toBeGreaterThan(2);
    expect(figures.filter((file) => !existsSync(join(ROOT, "docs", file)))).toEqual([]);
  });
});
