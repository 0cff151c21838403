// The whole of QEM on the float64 reference: against exact posteriors, for exact reproducibility, and in failure.
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { afterStart } from "../../src/inference/diagnosis.js";
import { InferenceError } from "../../src/inference/errors.js";
import type { SummaryRow } from "../../src/inference/posterior.js";
import { runInference, type InferenceResult } from "../../src/inference/infer.js";
import { DEFAULT_SETTINGS, type InferenceSettings } from "../../src/inference/settings.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

type Data = { readonly sizes: Record<string, number>; readonly arrays: Record<string, readonly number[]> };

async function infer(
  text: string,
  data: Data,
  changes: Partial<InferenceSettings> = {},
): Promise<InferenceResult> {
  const { compiled, diagnostics } = compileSource({ path: "test.mpp", text });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  const bound = {
    sizes: new Map(Object.entries(data.sizes)),
    arrays: new Map(Object.entries(data.arrays).map(([k, v]) => [k, Float64Array.from(v)])),
  };
  const device = createReferenceDevice();
  const settings = { ...DEFAULT_SETTINGS, particles: 20, ...changes };
  return runInference(compiled, bound, device, settings);
}

function rowOf(result: InferenceResult, name: string): SummaryRow {
  const row = result.summary.find((r) => r.name === name);
  if (row === undefined) throw new Error(`no row '${name}'`);
  return row;
}

/** Means within five Monte Carlo errors (and 0.02 sd, for errors that are themselves estimates), sds within 5 %. */
function expectMoments(result: InferenceResult, name: string, mean: number, sd: number): void {
  const row = rowOf(result, name);
  expect(Math.abs(row.mean - mean), `${name}: mean ${row.mean}`).toBeLessThan(5 * row.mcse_mean + 0.02 * sd);
  expect(Math.abs(row.sd / sd - 1), `${name}: sd ${row.sd}`).toBeLessThan(0.05);
}

const HIERARCHY = `
data { plate t; real d[t]; }
model {
  mu ~ normal(0, 10);
  plate t { z ~ normal(mu, 1); d ~ normal(z, 1.5); }
}`;
const d = [2.1, -0.4, 3.3, 1.0, 0.2, 4.1];
const hierarchy: Data = { sizes: { t: d.length }, arrays: { d } };

/** Exact posterior of the hierarchy above. */
const exact = (() => {
  const marginal = 1 + 1.5 ** 2;
  const variance = 1 / (1 / 100 + d.length / marginal);
  const mean = (variance * d.reduce((a, b) => a + b, 0)) / marginal;
  const shrink = 1 / marginal; // of d, in E[z | mu, d] = mu + (d - mu) / marginal
  const sum = d.reduce((a, x) => a + (x - mean) ** 2, 0);
  // p(d) = p(d | mu) p(mu) / p(mu | d) at mu = its posterior mean
  const logEvidence =
    -0.5 * d.length * Math.log(2 * Math.PI * marginal) -
    sum / (2 * marginal) -
    0.5 * Math.log(2 * Math.PI * 100) -
    mean ** 2 / 200 +
    0.5 * Math.log(2 * Math.PI * variance);
  return {
    mean,
    sd: Math.sqrt(variance),
    z: (x: number) => mean + (x - mean) * shrink,
    zSd: Math.sqrt(1.5 ** 2 * shrink + (1 - shrink) ** 2 * variance),
    logEvidence,
  };
})();

describe("exact posteriors", () => {
  it.each([1, 2, 3])("a normal hierarchy, seed %i", async (seed) => {
    const result = await infer(HIERARCHY, hierarchy, { seed });
    expectMoments(result, "mu", exact.mean, exact.sd);
    d.forEach((x, i) => expectMoments(result, `z[${i + 1}]`, exact.z(x), exact.zSd));
    const { q5, q50, q95 } = rowOf(result, "mu");
    for (const [q, z] of [
      [q5, -1.645],
      [q50, 0],
      [q95, 1.645],
    ] as const)
      // prettier-ignore
      expect(Math.abs(q - (exact.mean + z * exact.sd))).toBeLessThan(0.15 * exact.sd);
    const { mean, mcse } = result.evidence;
    expect(Math.abs(mean - exact.logEvidence)).toBeLessThan(5 * mcse);
    expect(result.stopped).toBe("settled");
    expect(result.warnings).toEqual([]);
  });

  it("gamma and beta guides", async () => {
    const text = `
data { plate t; int<lower=0> y[t]; int<lower=0, upper=1> b[t]; }
model {
  rate ~ gamma(2, 1);
  p ~ beta(2, 3);
  plate t { y ~ poisson(rate); b ~ bernoulli(p); }
}`;
    const [y, b] = [[3, 5, 2, 4, 6, 1], [1, 1, 0, 1, 1, 0]]; // prettier-ignore
    const result = await infer(text, { sizes: { t: 6 }, arrays: { y, b } });
    const shape = 2 + 21;
    expectMoments(result, "rate", shape / 7, Math.sqrt(shape) / 7);
    const [alpha, beta] = [2 + 4, 3 + 2];
    const n = alpha + beta;
    expectMoments(result, "p", alpha / n, Math.sqrt((alpha * beta) / (n * n * (n + 1))));
  });

  it("a guide with first values and a shared scale", async () => {
    const guide = `${HIERARCHY}
guide { mu ~ normal(learn(4), learn(3)); plate t { z ~ normal(learn(1), learn(2, over = none)); } }`;
    const result = await infer(guide, hierarchy);
    expectMoments(result, "mu", exact.mean, exact.sd);
    d.forEach((x, i) => expectMoments(result, `z[${i + 1}]`, exact.z(x), exact.zSd));
    expect(result.guide.get("guide.z.sigma")).toHaveLength(1);
    expect(result.guide.get("guide.z.mu")).toHaveLength(d.length);
    expect(Math.abs((result.guide.get("guide.z.sigma")?.[0] ?? NaN) / exact.zSd - 1)).toBeLessThan(0.2);
  });

  it("generated quantities, of one group and of two", async () => {
    const text = `${HIERARCHY}
generated { real twice = 2 * mu; plate t { real above = z - mu; } }`;
    const result = await infer(text, hierarchy);
    expectMoments(result, "twice", 2 * exact.mean, 2 * exact.sd);
    const shrink = 1 / 3.25;
    const sd = Math.sqrt(1.5 ** 2 * shrink + shrink ** 2 * exact.sd ** 2);
    d.forEach((x, i) => expectMoments(result, `above[${i + 1}]`, (x - exact.mean) * shrink, sd));
    expect(result.summary.map((r) => r.name).slice(-7)).toEqual([
      "twice",
      ...d.map((_, i) => `above[${i + 1}]`),
    ]);
  });

  it("a prior so vague that its draws overflow", async () => {
    const text = `
data { plate t; real y[t]; }
model {
  v ~ inv_gamma(0.001, 0.001);
  plate t { y ~ normal(0, sqrt(v)); }
}`;
    const y = [1.2, -0.7, 2.2, -1.9, 0.3, 0.8, -2.4, 1.1, 0.4, -1.3];
    const result = await infer(text, { sizes: { t: y.length }, arrays: { y } });
    const [alpha, beta] = [0.001 + y.length / 2, 0.001 + y.reduce((sum, x) => sum + x * x, 0) / 2];
    const mean = beta / (alpha - 1);
    expectMoments(result, "v", mean, mean / Math.sqrt(alpha - 2));
  });
});

describe("a start far from the posterior", () => {
  const y = [5012.1, 5013.4, 5011.7, 5012.9, 5012.2, 5013.1];
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  const model = (prior: string): string => `
data { plate t; real y[t]; }
model { ${prior} plate t { y ~ normal(mu, 0.01); } }`;

  it.each([
    ["a prior 1e7 times as wide as the posterior", "mu ~ normal(0, 100000);"],
    ["an improper prior", "mu ~ flat();"],
    ["an improper prior above a bound", "real<lower=5000> mu ~ flat();"],
    ["an improper prior between bounds", "real<lower=5000, upper=5025> mu ~ flat();"],
  ])("%s", async (_, prior) => {
    const result = await infer(model(prior), { sizes: { t: y.length }, arrays: { y } });
    expectMoments(result, "mu", mean, 0.01 / Math.sqrt(y.length));
    const start = result.trace.filter(({ phase }) => phase === "start");
    const tempers = start.map(({ temper }) => temper);
    expect(tempers).toEqual(tempers.toSorted((a, b) => a - b));
    expect(tempers.at(-1)).toBe(1);
    expect(tempers.length).toBeGreaterThan(10);
  });

  it("takes one iteration where the prior is near enough", async () => {
    const near = model(`mu ~ normal(${mean}, 0.01);`);
    const { trace } = await infer(near, { sizes: { t: y.length }, arrays: { y } });
    expect(trace.filter(({ phase }) => phase === "start")).toHaveLength(1);
  });
});

describe("the fit's course", () => {
  const short = { iterations: 20, finalDraws: 2, particles: 8 };
  const fingerprint = ({ summary, trace, guide }: InferenceResult): unknown => ({
    summary,
    trace,
    guide: [...guide].map(([name, values]) => [name, [...values]]),
  });

  it("is exactly reproducible, and another with another seed", async () => {
    const [first, again, other] = [
      await infer(HIERARCHY, hierarchy, short),
      await infer(HIERARCHY, hierarchy, short),
      await infer(HIERARCHY, hierarchy, { ...short, seed: 2 }),
    ];
    expect(fingerprint(again)).toEqual(fingerprint(first));
    expect(fingerprint(other)).not.toEqual(fingerprint(first));
    expect(afterStart(first.trace)).toHaveLength(20);
    expect(first.stopped).toBe("iterations");
  });

  it("does not change when the model is reparameterised", async () => {
    const model = (scale: string, use: string): string => `
data { plate t; real y[t]; }
model { s ~ ${scale}; plate t { z ~ normal(0, ${use}); y ~ normal(z, 1); } }`;
    const data: Data = { sizes: { t: 5 }, arrays: { y: [3, -2, 5, 1, -4] } };
    const log = await infer(model("normal(0, 1)", "exp(s)"), data, short);
    const direct = await infer(model("log_normal(0, 1)", "s"), data, short);
    log.trace.forEach(({ logEvidence }, i) =>
      expect(direct.trace[i]?.logEvidence).toBeCloseTo(logEvidence, 9),
    );
    expect(rowOf(direct, "z[3]").mean).toBeCloseTo(rowOf(log, "z[3]").mean, 6);
  });

  it("survives constant averaging weights up to 1", async () => {
    for (const averagingWeight of [0.3, 0.5, 1]) {
      const { trace, summary } = await infer(HIERARCHY, hierarchy, { ...short, averagingWeight });
      for (const { logEvidence } of trace) expect(Number.isFinite(logEvidence)).toBe(true);
      for (const { sd } of summary) expect(sd).toBeGreaterThan(0);
    }
  });

  it("reports its progress and its timing", async () => {
    const phases: string[] = [];
    const { compiled } = compileSource({ path: "test.mpp", text: HIERARCHY });
    if (compiled === null) throw new Error("does not compile");
    const data = { sizes: new Map([["t", d.length]]), arrays: new Map([["d", Float64Array.from(d)]]) };
    const settings = { ...DEFAULT_SETTINGS, ...short };
    const { timing, trace } = await runInference(
      compiled,
      data,
      createReferenceDevice(),
      settings,
      ({ phase }) => {
        phases.push(phase);
      },
    );
    expect(phases).toEqual(["start", ...new Array<string>(trace.length).fill("fit"), "final", "final"]);
    expect(timing.iterations).toBe(20);
    expect(timing.total_seconds).toBeGreaterThanOrEqual(timing.final_seconds);
  });
});

describe("failures", () => {
  const code = async (text: string, data: Data, changes?: Partial<InferenceSettings>): Promise<string> => {
    try {
      await infer(text, data, changes);
    } catch (problem) {
      if (problem instanceof InferenceError) return problem.diagnostic.code;
      throw problem;
    }
    return "none";
  };
  const far: Data = { sizes: {}, arrays: { y: [100] } };

  it("E0701: no particle explains the data", async () => {
    const text = "data { real y; } model { mu ~ normal(0, 0.01); y ~ uniform(mu - 1, mu + 1); }";
    expect(await code(text, far)).toBe("E0701");
  });

  it("E0703: draws from the prior that are no numbers", async () => {
    const text = "data { real y; } model { v ~ inv_gamma(0.000001, 0.000001); y ~ normal(0, sqrt(v)); }";
    expect(await code(text, far)).toBe("E0703");
  });

  it("E0706: learned parameters that no moments fit", async () => {
    const model = "data { real y; } model { a ~ normal(0, 1); z ~ normal(a, 1); y ~ normal(z, 1); }";
    expect(await code(`${model} guide { z ~ normal(learn(0.5) * a, 1); }`, far)).toBe("E0706");
    expect(await code(`${model} guide { z ~ normal(0.5 * a, learn(1)); }`, far)).toBe("E0706");
    expect(await code(`${model} guide { z ~ student_t(3, learn(0), 1); }`, far)).toBe("E0706");
    expect(
      await code(`${model} guide { z ~ normal(0.5 * a, 1); }`, far, { iterations: 10, finalDraws: 2 }),
    ).toBe("none");
  });

  it("E0705: settings that make no sense", async () => {
    for (const changes of [
      { iterations: 0 },
      { averagingWeight: 0 },
      { averagingWeight: 1.5 },
      { finalDraws: 1 },
      { particles: 0 },
      { groupParticles: new Map([["mu", 0.5]]) },
    ])
      expect(await code(HIERARCHY, hierarchy, changes)).toBe("E0705");
  });
});

it("warns, in words, of a group that has too few particles for its size", async () => {
  const text = `
data { plate t; real y[t]; vector[40] x[t]; }
model { vector[40] beta ~ normal(0, 1); plate t { y ~ normal(dot_product(beta, x), 0.5); } }`;
  const n = 60;
  const x = Array.from({ length: n * 40 }, (_, i) => Math.sin(i * 12.9898));
  const y = Array.from({ length: n }, (_, i) => Math.cos(i));
  const changes = { particles: 5, iterations: 60 };
  const { warnings, groups } = await infer(text, { sizes: { t: n, i_40: 40 }, arrays: { y, x } }, changes);
  expect(warnings.map((w) => w.code)).toContain("W0701");
  expect(warnings.find((w) => w.code === "W0701")?.message).toMatch(/'beta'.*not to be trusted/);
  expect(groups[0]?.independentDraws).toBeLessThan(7);
});
