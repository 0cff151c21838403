// Posterior draws and predictions against exact values of a conjugate model.
import { beforeAll, describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { drawPosterior, shareOut, type PosteriorDraws } from "../../src/inference/draws.js";
import { runInference, type InferenceResult } from "../../src/inference/infer.js";
import { atDraws, firstKnown, type AtDraws } from "../../src/inference/predict.js";
import { drawnRows, leaveOneOut, logMeanExp, pointwise } from "../../src/inference/predictive.js";
import { DEFAULT_SETTINGS } from "../../src/inference/settings.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { normalGroups } from "../support/normal-groups.js";

// Per group: theta ~ N(m, 1) and y ~ N(theta, 0.8), m ~ N(0, 2): everything is normal.
const SOURCE = `${normalGroups(0.8)}generated {
  plate groups { plate items { y_rep ~ normal(theta, 0.8); real excess = y_rep - theta; } }
}`;
const TRAIN = [
  [0.4, 0.9, 0.7],
  [1.5, 1.1, 1.6],
];
const TEST = [[0.2], [2.1]];
const COUNT = 4000;

const device = createReferenceDevice();
let model: CompiledModel;
let result: InferenceResult;
let draws: PosteriorDraws;

const bound = (
  y: readonly (readonly number[])[],
): { sizes: Map<string, number>; arrays: Map<string, Float64Array> } => ({
  sizes: new Map([
    ["groups", y.length],
    ["items", y[0]?.length ?? 0],
  ]),
  arrays: new Map([["y", Float64Array.from(y.flat())]]),
});

const predict = (
  y: readonly (readonly number[])[],
  known: number,
): Promise<{ at: AtDraws; sizes: Map<string, number> }> => {
  const data = bound(y);
  return atDraws(
    {
      model,
      data,
      device,
      seed: 3,
      known: new Map([["groups", firstKnown(known, y.length)]]),
      countedFrom: new Map(),
    },
    draws,
  ).then((at) => ({
    at,
    sizes: data.sizes,
  }));
};

beforeAll(async () => {
  const { compiled, diagnostics } = compileSource({ path: "conjugate.mpp", text: SOURCE });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  model = compiled;
  const settings = { ...DEFAULT_SETTINGS, particles: 20 };
  const data = bound(TRAIN);
  result = await runInference(model, data, device, settings, () => undefined);
  draws = await drawPosterior(
    { model, data, device, settings, onProgress: () => undefined },
    result.sampler,
    COUNT,
  );
});

/** log density of a normal vector of this covariance, by Cholesky. */
function logNormal(x: readonly number[], covariance: (i: number, j: number) => number): number {
  const n = x.length;
  const l = x.map(() => new Float64Array(n));
  const z = new Float64Array(n);
  let log = -0.5 * n * Math.log(2 * Math.PI);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = covariance(i, j);
      for (let k = 0; k < j; k++) s -= (l[i]?.[k] ?? 0) * (l[j]?.[k] ?? 0);
      (l[i] ?? [])[j] = i === j ? Math.sqrt(s) : s / (l[j]?.[j] ?? 1);
    }
    let s = x[i] ?? 0;
    for (let k = 0; k < i; k++) s -= (l[i]?.[k] ?? 0) * (z[k] ?? 0);
    z[i] = s / (l[i]?.[i] ?? 1);
    log -= Math.log(l[i]?.[i] ?? 1) + 0.5 * (z[i] ?? 0) ** 2;
  }
  return log;
}

type Observed = { readonly group: number; readonly y: number };
const observed = (y: readonly (readonly number[])[], offset = 0): Observed[] =>
  y.flatMap((row, group) => row.map((value) => ({ group: group + offset, y: value })));
/** Exact log evidence: m adds 4 to every covariance, a group's theta 1 within it, noise 0.64 to a variance. */
const logEvidence = (all: readonly Observed[]): number =>
  logNormal(
    all.map((o) => o.y),
    (i, j) => 4 + (all[i]?.group === all[j]?.group ? 1 : 0) + (i === j ? 0.64 : 0),
  );
const exactPredictive = (more: readonly Observed[]): number =>
  logEvidence([...observed(TRAIN), ...more]) - logEvidence(observed(TRAIN));

describe("posterior draws", () => {
  it("have the weighted particles' moments", () => {
    for (const row of result.summary) {
      const [, name = "", element] = /^(\w+)(?:\[(\d+)\])?$/.exec(row.name) ?? [];
      const all = draws.latents.get(name)?.values ?? new Float32Array();
      const e = element === undefined ? 0 : Number(element) - 1;
      const mine = [...all.subarray(e * draws.count, (e + 1) * draws.count)];
      const mean = mine.reduce((a, b) => a + b, 0) / mine.length;
      const sd = Math.sqrt(mine.reduce((a, x) => a + (x - mean) ** 2, 0) / mine.length);
      expect(Math.abs(mean - row.mean) / (row.sd / Math.sqrt(COUNT))).toBeLessThan(3);
      expect(Math.abs(sd / row.sd - 1)).toBeLessThan(0.05);
    }
  });
  it("are as many as asked for, shared out by the sets' weights", () => {
    expect(draws.count).toBe(COUNT);
    expect(shareOut(10, [0.25, 0.5, 0.25])).toEqual([3, 5, 2]);
    expect(shareOut(1000, Array<number>(30).fill(1 / 30)).reduce((a, b) => a + b, 0)).toBe(1000);
  });
});

describe("predictions", () => {
  it("of further observations have the exact predictive probability", async () => {
    const { at, sizes } = await predict(TEST, 2);
    const { value, mcse } = logMeanExp(at.logLikelihood);
    expect(mcse).toBeLessThan(0.05);
    expect(Math.abs(value - exactPredictive(observed(TEST)))).toBeLessThan(4 * mcse);
    for (const [i, row] of pointwise(at, sizes).entries()) {
      const exact = exactPredictive([observed(TEST)[i] as Observed]);
      expect(Math.abs(row.lpd - exact)).toBeLessThan(4 * row.mcse_lpd);
    }
  });
  it("of new elements draw their latents from the model", async () => {
    const { at } = await predict(TEST, 0);
    const { value, mcse } = logMeanExp(at.logLikelihood);
    expect(mcse).toBeLessThan(0.1);
    expect(Math.abs(value - exactPredictive(observed(TEST, 2)))).toBeLessThan(4 * mcse);
  });
  it("of a longer plate know its first elements and draw the others", async () => {
    const { at } = await predict([...TEST, [1.4]], 2);
    const { value, mcse } = logMeanExp(at.logLikelihood);
    expect(Math.abs(value - exactPredictive(observed([...TEST, [1.4]])))).toBeLessThan(4 * mcse);
  });
  it("drawn in the generated block have the predictive moments, and what depends on them is drawn too", async () => {
    const { at, sizes } = await predict(TRAIN, 2);
    const rep = drawnRows("y_rep", at.generated.get("y_rep") ?? { axes: [], values: new Float32Array() }, at, sizes); // prettier-ignore
    const theta = result.summary.find((row) => row.name === "theta[2]");
    const row = rep.find((each) => each.name === "y_rep[2,1]");
    expect(Math.abs((row?.mean ?? NaN) - (theta?.mean ?? NaN))).toBeLessThan(4 * ((row?.sd ?? NaN) / 63));
    expect((row?.sd ?? NaN) / Math.hypot(theta?.sd ?? NaN, 0.8)).toBeCloseTo(1, 1);
    const excess = at.generated.get("excess")?.values ?? new Float32Array();
    const reps = at.generated.get("y_rep")?.values ?? new Float32Array();
    const thetas = draws.latents.get("theta")?.values ?? new Float32Array();
    expect(excess[5]).toBeCloseTo((reps[5] ?? NaN) - (thetas[5] ?? NaN), 5);
  });
  it("leaving out each observation come close to the exact ones", async () => {
    const { at, sizes } = await predict(TRAIN, 2);
    const { rows, elpd, p, largestK } = leaveOneOut(at, sizes);
    const all = observed(TRAIN);
    const exact = all.map((_, i) => logEvidence(all) - logEvidence(all.filter((__, j) => j !== i)));
    for (const [i, row] of rows.entries())
      expect(Math.abs(row.elpd_loo - (exact[i] ?? NaN))).toBeLessThan(0.06);
    expect(Math.abs(elpd - exact.reduce((a, b) => a + b, 0))).toBeLessThan(0.15);
    // The log density of an observation with it among the data is that of a second one like it.
    const within = all.reduce((sum, o) => sum + exactPredictive([o]), 0);
    expect(Math.abs(p - (within - exact.reduce((a, b) => a + b, 0)))).toBeLessThan(0.1);
    expect(largestK).toBeLessThan(0.7);
  });
});

it("latents of new elements keep to the bounds that they are declared with", async () => {
  const { compiled } = compileSource({
    path: "bounded.mpp",
    text: `data { plate groups; real y[groups]; }
    model {
      m ~ gamma(100, 100);
      plate groups {
        real<lower=0> s ~ normal(0, m);
        real<lower=-1, upper=0.5> t ~ normal(0, 1);
        y ~ normal(t, s + 0.1);
      }
    }
    generated { plate groups { real s_here = s / m; real t_here = t; } }`,
  });
  if (compiled === null) throw new Error("the model has an error");
  const data = { sizes: new Map([["groups", 2]]), arrays: new Map([["y", Float64Array.of(0.2, -0.3)]]) };
  const settings = { ...DEFAULT_SETTINGS, particles: 10 };
  const setting = { model: compiled, data, device, settings, onProgress: () => undefined };
  const { sampler } = await runInference(compiled, data, device, settings, () => undefined);
  const none = new Map([["groups", firstKnown(0, 2)]]);
  const at = await atDraws(
    { model: compiled, data, device, seed: 3, known: none, countedFrom: new Map() },
    await drawPosterior(setting, sampler, COUNT),
  );
  const values = (name: string): Float64Array =>
    Float64Array.from(at.generated.get(name)?.values ?? new Float32Array());
  const mean = (xs: Float64Array): number => xs.reduce((a, b) => a + b, 0) / xs.length;
  const [s, t] = [values("s_here"), values("t_here")];
  expect(Math.min(...s)).toBeGreaterThanOrEqual(0);
  // Of a half-normal: mean sqrt(2 / pi), sd sqrt(1 - 2 / pi).
  expect(Math.abs(mean(s) - Math.sqrt(2 / Math.PI))).toBeLessThan(
    (4 * Math.sqrt(1 - 2 / Math.PI)) / Math.sqrt(s.length),
  );
  expect(Math.min(...t)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...t)).toBeLessThanOrEqual(0.5);
  // Of a standard normal between -1 and 0.5: (phi(-1) - phi(0.5)) / (Phi(0.5) - Phi(-1)); its sd is below 0.42.
  expect(Math.abs(mean(t) - (0.24197072 - 0.35206533) / (0.69146246 - 0.15865525))).toBeLessThan(
    (4 * 0.42) / Math.sqrt(t.length),
  );
});

it("an observation's leave-one-out estimate is of the densities themselves, be they ever so small", () => {
  const count = 20; // too few for a tail that could be smoothed
  for (const spread of [1, 100, 2000]) {
    const logs = Float32Array.from({ length: count }, (_, i) => -spread * Math.sin(i) ** 2 - 3000);
    const one = { axes: [], values: logs, counted: Float64Array.of(1) };
    const at = { count, perSet: [count], logLikelihood: Float64Array.from(logs), generated: new Map() };
    const [row] = leaveOneOut({ ...at, observations: new Map([["y", one]]) }, new Map()).rows;
    const logMean = (xs: Float64Array): number => {
      const most = Math.max(...xs);
      return most + Math.log(xs.reduce((sum, x) => sum + Math.exp(x - most), 0) / xs.length);
    };
    expect(row?.lpd).toBeCloseTo(logMean(Float64Array.from(logs)), 9);
    // The harmonic mean, as nothing is smoothed.
    if (Number.isNaN(row?.pareto_k))
      expect(row?.elpd_loo).toBeCloseTo(-logMean(Float64Array.from(logs, (l) => -l)), 9);
  }
});
