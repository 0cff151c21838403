// A linear Gaussian series against the Kalman filter and smoother: the estimate of the evidence is unbiased and tightens
// with the particles; a fit gives the smoothed means and standard deviations.
import { describe, expect, it } from "vitest";
import type { CompiledModel } from "../../src/compiled.js";
import { runInference } from "../../src/inference/infer.js";
import { axisSizes, DEFAULT_SETTINGS, particlesPerGroup } from "../../src/inference/settings.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { volume } from "../../src/ir/axis.js";
import { compileSource } from "../../src/compile.js";
import { compileFixture, flatten, readFixture } from "../support/fixture.js";

/** The model of the fixture: x0 ~ N(0, 1), x_t ~ N(a x_{t-1}, s), y_t ~ N(x_t, noise). */
const [A, S, NOISE] = [0.9, 0.3, 0.8];
const y = flatten(readFixture("random_walk").data["y"] ?? []);
const EXACT = -18.7551351004899;

/** Log evidence, and the smoothed mean and variance of every step (Rauch, Tung and Striebel). */
function kalman(): { evidence: number; mean: number[]; variance: number[] } {
  let [m, v, evidence] = [0, 1, 0];
  const steps = y.map((x) => {
    const [pm, pv] = [A * m, A * A * v + S * S];
    const spread = pv + NOISE * NOISE;
    evidence -= 0.5 * (Math.log(2 * Math.PI * spread) + (x - pm) ** 2 / spread);
    [m, v] = [pm + (pv / spread) * (x - pm), (pv * NOISE * NOISE) / spread];
    return { pm, pv, m, v };
  });
  const [mean, variance] = [steps.map((s) => s.m), steps.map((s) => s.v)];
  for (let t = y.length - 2; t >= 0; t--) {
    const [here, next] = [steps[t], steps[t + 1]];
    if (here === undefined || next === undefined) continue;
    const gain = (A * here.v) / next.pv;
    mean[t] = here.m + gain * ((mean[t + 1] ?? NaN) - next.pm);
    variance[t] = here.v + gain * gain * ((variance[t + 1] ?? NaN) - next.pv);
  }
  return { evidence, mean, variance };
}

/** Log evidence of independent sets of particles of the guide that the model gives, N(0, 1) throughout. */
async function estimates(particles: number, sets: number): Promise<number[]> {
  const sizes = new Map([
    ["steps", y.length],
    ["k_x", particles],
    ["k_x0", particles],
  ]);
  const program = compileFixture("random_walk", { sizes, programs: ["qem"] }).programs.qem;
  if (program === undefined) throw new Error("no program");
  const loaded = await createReferenceDevice().load(program, sizes);
  for (const { name, axes, storage } of program.program.buffers)
    if (storage === "input")
      loaded.write(
        name,
        name === "y" ? y : new Array(volume(axes, sizes)).fill(Number(name.endsWith("sigma"))),
      );
  const found: number[] = [];
  for (let iteration = 0; iteration < sets; iteration++) {
    const outputs = await loaded.run({ seed: 3, iteration, drawsFrom: "iid" });
    found.push(outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN);
  }
  return found;
}

const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const deviation = (xs: readonly number[]): number => {
  const m = mean(xs);
  return Math.sqrt(xs.reduce((sum, x) => sum + (x - m) ** 2, 0) / (xs.length - 1));
};

describe("a linear Gaussian series", () => {
  it("has the fixture's exact evidence by the Kalman filter", () => {
    expect(kalman().evidence).toBeCloseTo(EXACT, 10);
  });

  it("has an unbiased evidence, whose error falls with the particles", async () => {
    const spread: number[] = [];
    for (const [particles, sets] of [
      [10, 150],
      [30, 100],
      [90, 50],
    ] as const) {
      const logs = await estimates(particles, sets);
      const ratios = logs.map((x) => Math.exp(x - EXACT));
      expect(Math.abs(mean(ratios) - 1)).toBeLessThan((3 * deviation(ratios)) / Math.sqrt(sets));
      spread.push(deviation(logs));
    }
    expect(spread[1]).toBeLessThan(0.75 * (spread[0] ?? NaN));
    expect(spread[2]).toBeLessThan(0.75 * (spread[1] ?? NaN));
  });

  it("is fitted to the smoothed means and standard deviations", async () => {
    const text =
      "data { plate steps ordered; real y[steps]; }\n" +
      `model { x0 ~ normal(0, 1); plate steps { x ~ normal(${A} * prev(x, x0), ${S}); y ~ normal(x, ${NOISE}); } }\n`;
    const settings = { ...DEFAULT_SETTINGS, particles: 20, iterations: 25, finalDraws: 20 };
    const source = { path: "walk.mpp", text };
    const head: CompiledModel | null = compileSource(source, { programs: ["bounds"] }).compiled;
    if (head === null) throw new Error("the model does not compile");
    const data = { sizes: new Map([["steps", y.length]]), arrays: new Map([["y", Float64Array.from(y)]]) };
    const sizes = axisSizes(data.sizes, head.interface, particlesPerGroup(head.interface, settings));
    const { compiled } = compileSource(source, { sizes });
    if (compiled === null) throw new Error("the model does not compile");
    const device = createReferenceDevice();
    const result = await runInference(compiled, data, device, settings, () => undefined);
    const exact = kalman();
    const rows = result.summary.filter((row) => row.name.startsWith("x["));
    expect(rows).toHaveLength(y.length);
    rows.forEach((row, t) => {
      const sd = Math.sqrt(exact.variance[t] ?? NaN);
      expect(Math.abs(row.mean - (exact.mean[t] ?? NaN)) / sd).toBeLessThan(0.05);
      expect(Math.abs(row.sd / sd - 1)).toBeLessThan(0.05);
    });
  });
});
