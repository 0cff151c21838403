// The methods beside QEM on the float64 reference, against exact posteriors: what each must converge to.
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { runInference, type InferenceResult } from "../../src/inference/infer.js";
import { stepAfter } from "../../src/inference/gradient-method.js";
import { DEFAULT_SETTINGS, DEFAULT_STEPS, type InferenceSettings } from "../../src/inference/settings.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

type Arrays = Readonly<Record<string, readonly number[]>>;

/** Fits to data over one plate, `t`. */
function fit(text: string, arrays: Arrays, changes: Partial<InferenceSettings>): Promise<InferenceResult> {
  const { compiled, diagnostics } = compileSource({ path: "test.mpp", text });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  const [first = []] = Object.values(arrays);
  const data = {
    sizes: new Map([["t", first.length]]),
    arrays: new Map(Object.entries(arrays).map(([name, values]) => [name, Float64Array.from(values)])),
  };
  return runInference(compiled, data, createReferenceDevice(), { ...DEFAULT_SETTINGS, ...changes });
}

const parameterOf = ({ guide }: InferenceResult, name: string): number => guide.get(name)?.[0] ?? NaN;

/** y_i ~ N(mu, 1), mu ~ N(0, 3): the posterior is normal, and so is the guide. */
const NORMAL = "data { plate t; real y[t]; } model { mu ~ normal(0, 3); plate t { y ~ normal(mu, 1); } }";
const y = [2.1, 1.4, 3.3, 2.2, 1.9];
const variance = 1 / (1 / 9 + y.length);
const exact = { mean: variance * y.reduce((a, b) => a + b, 0), sd: Math.sqrt(variance) };
const logEvidence =
  -0.5 * y.length * Math.log(2 * Math.PI) -
  0.5 * y.reduce((sum, x) => sum + (x - exact.mean) ** 2, 0) -
  0.5 * Math.log(2 * Math.PI * 9) -
  exact.mean ** 2 / 18 +
  0.5 * Math.log(2 * Math.PI * variance);

/** VI with one particle maximises the ELBO; with more, the bound depends ever less on the guide. */
const CASES = [
  ["rws", { method: "rws", particles: 10 }, 0.1],
  // The noise of one particle: it began two standard deviations off.
  ["vi", { method: "vi", particles: 1, drawsFrom: "iid" }, 0.5],
] as const;

describe.each(CASES)("%s", (_, how, tolerance) => {
  it("arrives at a normal posterior", async () => {
    const own = {
      ...how,
      iterations: 2000,
      finalDraws: 10,
      steps: { ...DEFAULT_STEPS, step: 0.05, decayAt: [500, 1500] },
    };
    const result = await fit(NORMAL, { y }, own);
    expect(Math.abs(parameterOf(result, "guide.mu.mu") - exact.mean) / exact.sd).toBeLessThan(0.1);
    expect(Math.abs(parameterOf(result, "guide.mu.sigma") / exact.sd - 1)).toBeLessThan(0.1);
    expect(Math.abs((result.trace.at(-1)?.logEvidence ?? NaN) - logEvidence)).toBeLessThan(0.2);
    expect(result.trace.at(-1)?.step).toBeCloseTo(0.0005, 12);
    expect(result.stopped).toBe("iterations");
  });

  it("arrives at gamma and beta posteriors", async () => {
    const text = `
data { plate t; int<lower=0> n[t]; int<lower=0, upper=1> b[t]; }
model { rate ~ gamma(2, 1); p ~ beta(2, 3); plate t { n ~ poisson(rate); b ~ bernoulli(p); } }`;
    const arrays = { n: [3, 5, 2, 4, 6, 1], b: [1, 1, 0, 1, 1, 0] };
    const own = {
      ...how,
      iterations: 2000,
      finalDraws: 4,
      steps: { ...DEFAULT_STEPS, step: 0.05, decayAt: [300, 1500] },
    };
    const result = await fit(text, arrays, own);
    const at = (name: string): [number, number] => [
      parameterOf(result, `guide.${name}.alpha`),
      parameterOf(result, `guide.${name}.beta`),
    ];
    const gamma = ([a, b]: [number, number]): [number, number] => [a / b, Math.sqrt(a) / b];
    const beta = ([a, b]: [number, number]): [number, number] => [
      a / (a + b),
      Math.sqrt((a * b) / (a + b + 1)) / (a + b),
    ];
    for (const [[mean, sd], [trueMean, trueSd]] of [
      [gamma(at("rate")), gamma([2 + 21, 1 + 6])],
      [beta(at("p")), beta([2 + 4, 3 + 2])],
    ] as const) {
      expect(Math.abs(mean - trueMean) / trueSd).toBeLessThan(tolerance);
      expect(Math.abs(sd / trueSd - 1)).toBeLessThan(tolerance);
    }
  });

  it("stops by itself, once the evidence has stopped rising", async () => {
    const own = { ...how, finalDraws: 4, steps: { ...DEFAULT_STEPS, step: 0.02 } };
    const result = await fit(NORMAL, { y }, own);
    expect(result.stopped).toBe("settled");
    expect(result.trace.at(-1)?.step).toBeCloseTo(0.002, 12);
    expect(Math.abs(parameterOf(result, "guide.mu.mu") - exact.mean) / exact.sd).toBeLessThan(0.3);
  });
});

it("rws learns guides of discrete latents, and vi names the latent that it cannot", async () => {
  const text = `
data { plate t; real y[t]; }
model { n ~ poisson(4); plate t { y ~ normal(n, 3); } }
guide { n ~ poisson(learn(4)); }`;
  const result = await fit(
    text,
    { y: [7, 9, 8] },
    {
      method: "rws",
      iterations: 300,
      finalDraws: 4,
      steps: { ...DEFAULT_STEPS, step: 0.05 },
    },
  );
  expect(parameterOf(result, "guide.n.lambda")).toBeGreaterThan(5.5);
  const { compiled } = compileSource({ path: "test.mpp", text });
  expect(compiled?.programs.vi).toBeUndefined();
  expect(compiled?.methodsUnavailable.vi).toBe("the draws of 'n' (poisson) cannot be reparameterised");
});

/** A guide of a family without a moment fit, beside one that is fitted: gradients learn both from the values written. */
describe.each([
  ["rws", { method: "rws", particles: 20 }, 0.1],
  ["vi", { method: "vi", particles: 2, drawsFrom: "iid" }, 0.3],
] as const)("%s", (_, how, tolerance) => {
  it("learns a family without a moment fit from its first values", async () => {
    const steps = { ...DEFAULT_STEPS, step: 0.05, decayAt: [600, 1100] };
    const text = `${NORMAL} guide { mu ~ student_t(learn(4), learn(0), learn(2)); }`;
    const result = await fit(text, { y }, { ...how, iterations: 1400, finalDraws: 20, steps });
    const [nu, mu, sigma] = ["nu", "mu", "sigma"].map((name) => parameterOf(result, `guide.mu.${name}`));
    expect(Math.abs((mu ?? NaN) - exact.mean) / exact.sd).toBeLessThan(tolerance);
    expect(Math.abs((sigma ?? NaN) / exact.sd - 1)).toBeLessThan(2 * tolerance);
    // The posterior is normal: its tails are lighter than those that the guide began with.
    expect(nu).toBeGreaterThan(6);
    const [row] = result.summary;
    expect(Math.abs((row?.mean ?? NaN) - exact.mean)).toBeLessThan(5 * (row?.mcse_mean ?? NaN));
  });
});

describe("importance", () => {
  const guide = "guide { mu ~ normal(1.5, 0.8); }";

  it("keeps the guide as it was written", async () => {
    const result = await fit(
      `${NORMAL}\n${guide}`,
      { y },
      { method: "importance", particles: 8, finalDraws: 50 },
    );
    expect([...result.guide]).toEqual([
      ["guide.mu.mu", Float64Array.of(1.5)],
      ["guide.mu.sigma", Float64Array.of(0.8)],
    ]);
    expect(result.trace).toEqual([]);
    expect(result.stopped).toBe("fixed");
    expect(result.groups[0]?.particles).toBe(8);
    const [row] = result.summary;
    expect(Math.abs((row?.mean ?? NaN) - exact.mean)).toBeLessThan(5 * (row?.mcse_mean ?? NaN));
  });

  it("gives an unbiased evidence", async () => {
    const passes = 2000;
    const own = { method: "importance", particles: 3, finalDraws: passes, drawsFrom: "iid" } as const;
    const { evidence } = await fit(`${NORMAL}\n${guide}`, { y }, own);
    const ratios = evidence.sets.map((x) => Math.exp(x - logEvidence));
    const mean = ratios.reduce((a, b) => a + b, 0) / passes;
    const error = Math.sqrt(ratios.reduce((sum, r) => sum + (r - mean) ** 2, 0) / passes / (passes - 1));
    expect(error).toBeLessThan(0.05);
    expect(Math.abs(mean - 1)).toBeLessThan(4 * error);
  });
});

it("the step decays tenfold at the given iterations, or once as the fit settles", () => {
  const given = { ...DEFAULT_STEPS, step: 1, decayAt: [10, 20] };
  expect([9, 10, 19, 20].map((done) => stepAfter(given, done, false))).toEqual([1, 0.1, 0.1, 0.01]);
  expect([false, true].map((settling) => stepAfter({ ...given, decayAt: null }, 99, settling))).toEqual([
    1, 0.1,
  ]);
});

describe("parameters of the model", () => {
  /** y_i ~ N(mu, tau^2 + 1) with mu and tau learned: the maximum of the marginal likelihood is at the data's own moments. */
  const text = `
data { plate t; real y[t]; }
parameters { real mu = 0; real<lower=0> tau = 1; real<lower=0, upper=1> idle = 0.5; }
model { plate t { z ~ normal(mu, tau); y ~ normal(z, 1); } p ~ beta(2, 2); target += 5 * log(idle) + 15 * log1m(idle); }`;
  const observed = [4.1, 7.3, 2.2, 9.4, 6.0, 3.1, 8.8, 5.5];
  const mean = observed.reduce((a, b) => a + b, 0) / observed.length;
  const tau = Math.sqrt(observed.reduce((sum, x) => sum + (x - mean) ** 2, 0) / observed.length - 1);

  it.each([
    ["qem", {}],
    ["rws", { iterations: 1500, steps: { ...DEFAULT_STEPS, step: 0.05 } }],
    ["vi", { iterations: 1500, particles: 4, steps: { ...DEFAULT_STEPS, step: 0.05 } }],
  ] as const)("are learned by %s", async (method, how) => {
    const result = await fit(text, { y: observed }, { method, finalDraws: 4, ...how });
    const value = (name: string): number => result.parameters.get(name)?.[0] ?? NaN;
    // Within the parameter's own sampling error, sd / sqrt(n), several times over.
    expect(Math.abs(value("mu") - mean)).toBeLessThan(0.1);
    expect(Math.abs(value("tau") / tau - 1)).toBeLessThan(0.05);
    expect(Math.abs(value("idle") - 0.25)).toBeLessThan(0.01);
  });

  it("stay as they are in importance weighting", async () => {
    const result = await fit(text, { y: observed }, { method: "importance", particles: 5, finalDraws: 4 });
    expect([...result.parameters.values()].map((values) => values[0])).toEqual([0, 1, 0.5]);
  });
});
