// Discrete latents that are summed out: against analytic sums, against the same latents sampled, and in whole runs.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkSource, type CompileOptions } from "../../src/compile.js";
import type { CompiledModel, ProgramName } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { withDerived } from "../../src/inference/derived.js";
import { writeInputs } from "../../src/inference/layout.js";
import { runInference, type InferenceResult } from "../../src/inference/infer.js";
import { axisSizes, DEFAULT_SETTINGS, particlesPerGroup } from "../../src/inference/settings.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { bindData, type BoundData } from "../../src/runtime/data.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

const device = createReferenceDevice();

type Loaded = {
  readonly model: CompiledModel;
  readonly data: BoundData;
  readonly sizes: Map<string, number>;
};

function load(text: string, json: object, particles: number): Loaded {
  const { checked, diagnostics } = checkSource({ path: "discrete.mpp", text });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  const compile = (options: CompileOptions): CompiledModel => {
    const { compiled } = checked.compile(options);
    if (compiled === null) throw new Error("does not compile");
    return compiled;
  };
  const head = compile({ programs: ["bounds"] });
  const { data, diagnostics: wrong } = bindData(head, [{ path: "data.json", text: JSON.stringify(json) }]);
  if (data === null) throw new Error(renderDiagnostics(wrong));
  const settings = { ...DEFAULT_SETTINGS, particles };
  const sizes = axisSizes(data.sizes, head.interface, particlesPerGroup(head.interface, settings));
  return { model: compile({ sizes }), data, sizes };
}

/** One run of a program; `given` are the inputs that are not data. */
async function runOnce(
  { model, data, sizes }: Loaded,
  name: ProgramName,
  given: Readonly<Record<string, number>>,
  seed = 1,
): Promise<ReadonlyMap<string, Float64Array>> {
  const compiled = model.programs[name];
  if (compiled === undefined) throw new Error(`no ${name}`);
  const loaded = await device.load(compiled, sizes);
  const { arrays } = await withDerived(model, data);
  writeInputs(loaded, compiled, (input) => arrays.get(input) ?? [given[input] ?? NaN]);
  const outputs = await loaded.run({ seed, iteration: 1, drawsFrom: "stratified" });
  loaded.dispose();
  return outputs;
}

const normal = (y: number, mu: number, sigma = 1): number =>
  Math.exp(-0.5 * ((y - mu) / sigma) ** 2) / (sigma * Math.sqrt(2 * Math.PI));
const at = (outputs: ReadonlyMap<string, Float64Array>, name: string): number[] => [
  ...(outputs.get(name) ?? []),
];
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const standardError = (xs: readonly number[]): number =>
  Math.sqrt(xs.reduce((sum, x) => sum + (x - mean(xs)) ** 2, 0) / (xs.length * (xs.length - 1)));

const Y = [-2.1, 0.3, 1.2, 2.4, 3.3];

describe("a latent that is summed out", () => {
  it("gives a mixture's exact evidence, and posterior probabilities as its weights", async () => {
    const loaded = load(
      `data { plate rows; real y[rows]; }
       model { plate rows { z ~ bernoulli(0.3); y ~ normal(4 * z - 1, 1); } }`,
      { y: Y },
      10,
    );
    const outputs = await runOnce(loaded, "estimate", {});
    const parts = Y.map((y) => [0.7 * normal(y, -1), 0.3 * normal(y, 3)] as const);
    const evidence = parts.reduce((sum, [a, b]) => sum + Math.log(a + b), 0);
    expect(at(outputs, BUFFERS.logEvidence)[0]).toBeCloseTo(evidence, 12);
    const weights = at(outputs, BUFFERS.weights("z"));
    parts
      .flatMap(([a, b]) => [a / (a + b), b / (a + b)])
      .forEach((w, i) => expect(weights[i]).toBeCloseTo(w, 12));
    const means = at(outputs, BUFFERS.mean("z"));
    parts.forEach(([a, b], i) => expect(means[i]).toBeCloseTo(b / (a + b), 12));
  });

  it("has the values that data gives it, from its lower bound on", async () => {
    const n = 4;
    const loaded = load(
      `functions {
         distribution one_to(int n) int<lower=1, upper=n> { log_density(y) = -log(1.0 * n); draw = 1 + binomial_quantile(std_uniform(), n - 1, 0.5); }
       }
       data { int<lower=1> n; plate rows; real y[rows]; }
       model { plate rows { z ~ one_to(n + 1); y ~ normal(z, 1); } }`,
      { n, y: Y },
      10,
    );
    expect(loaded.sizes.get("k_z")).toBe(n + 1);
    const outputs = await runOnce(loaded, "estimate", {});
    const evidence = Y.reduce((sum, y) => sum + Math.log(mean([1, 2, 3, 4, 5].map((z) => normal(y, z)))), 0);
    expect(at(outputs, BUFFERS.logEvidence)[0]).toBeCloseTo(evidence, 12);
  });

  it("gives what sampling it gives, with less noise", async () => {
    const model = (guide: string): string =>
      `data { plate rows; real y[rows]; }
       model { mu ~ normal(0, 1); plate rows { z ~ bernoulli(0.3); y ~ normal(mu + 3 * z, 1); } }
       guide { mu ~ normal(0.2, 0.6); ${guide} }`;
    const evidences = async (guide: string): Promise<number[]> => {
      const loaded = load(model(guide), { y: Y }, 5);
      const given = { "guide.mu.mu": 0.2, "guide.mu.sigma": 0.6, "guide.z.theta": 0.5 };
      const found: number[] = [];
      for (let seed = 1; seed <= 300; seed++) {
        const outputs = await runOnce(loaded, "posterior", given, seed);
        found.push(Math.exp(at(outputs, BUFFERS.logEvidence)[0] ?? NaN));
      }
      return found;
    };
    const summed = await evidences("");
    const sampled = await evidences("plate rows { z ~ bernoulli(0.5); }");
    const error = Math.hypot(standardError(summed), standardError(sampled));
    expect(Math.abs(mean(summed) - mean(sampled))).toBeLessThan(4 * error);
    expect(standardError(summed)).toBeLessThan(0.7 * standardError(sampled));
  });
});

describe("a run", () => {
  const run = async (text: string, particles: number, y: readonly number[] = Y): Promise<InferenceResult> => {
    const { model, data } = load(text, { y }, particles);
    return runInference(model, data, device, { ...DEFAULT_SETTINGS, particles }, () => undefined);
  };

  it("of a model with discrete latents alone is exact", async () => {
    const result = await run(
      "data { plate rows; real y[rows]; } model { plate rows { z ~ bernoulli(0.3); y ~ normal(4 * z - 1, 1); } }",
      5,
    );
    const evidence = Y.reduce((sum, y) => sum + Math.log(0.7 * normal(y, -1) + 0.3 * normal(y, 3)), 0);
    expect(result.evidence.mean).toBeCloseTo(evidence, 10);
    expect(result.evidence.mcse).toBeLessThan(1e-10);
    expect(result.stopped).toBe("settled");
    expect(result.groups).toEqual([]);
    expect(result.warnings).toEqual([]);
  });

  it("reports moments, probabilities and quantiles as quadrature has them", async () => {
    const result = await run(
      `data { plate rows; real y[rows]; }
       model { mu ~ normal(0, 1); plate rows { z ~ bernoulli(0.3); y ~ normal(mu + 3 * z, 1); } }
       generated { plate rows { real level = mu + 3 * z; } }`,
      30,
    );
    const row = (name: string): (typeof result.summary)[number] => {
      const found = result.summary.find((r) => r.name === name);
      if (found === undefined) throw new Error(name);
      return found;
    };
    const grid = Array.from({ length: 2001 }, (_, i) => -5 + i / 200);
    const joint = grid.map((mu) =>
      Y.reduce((product, y) => product * (0.7 * normal(y, mu) + 0.3 * normal(y, mu + 3)), normal(mu, 0)),
    );
    const total = joint.reduce((a, b) => a + b, 0);
    const expectation = (f: (mu: number) => number): number =>
      grid.reduce((sum, mu, i) => sum + f(mu) * (joint[i] ?? 0), 0) / total;
    const posterior = (y: number, mu: number): number => {
      const [a, b] = [0.7 * normal(y, mu), 0.3 * normal(y, mu + 3)];
      return b / (a + b);
    };
    const m = expectation((mu) => mu);
    expect(Math.abs(row("mu").mean - m)).toBeLessThan(0.02);
    expect(Math.abs(row("mu").sd / Math.sqrt(expectation((mu) => (mu - m) ** 2)) - 1)).toBeLessThan(0.03);
    Y.forEach((y, i) => {
      const z = row(`z[${i + 1}]`);
      const p = expectation((mu) => posterior(y, mu));
      expect(Math.abs(z.mean - p)).toBeLessThan(0.01);
      expect(Math.abs(z.sd - Math.sqrt(p * (1 - p)))).toBeLessThan(0.02);
      expect([z.q5, z.q50, z.q95]).toEqual([0.05, 0.5, 0.95].map((level) => (1 - p >= level ? 0 : 1)));
      expect(z.ess).toBeNaN();
      const level = row(`level[${i + 1}]`);
      expect(Math.abs(level.mean - expectation((mu) => mu + 3 * posterior(y, mu)))).toBeLessThan(0.03);
    });
    expect(result.groups.map((g) => g.group)).toEqual(["mu"]);
    expect(Math.abs(result.evidence.mean - Math.log(total / 200))).toBeLessThan(0.02);
  });

  it("of a hidden Markov model gives the posterior of a public database", async () => {
    const path = new URL("../references/hmm_example.json", import.meta.url);
    const { y, parameters } = JSON.parse(readFileSync(path, "utf8")) as HmmReference;
    const { summary, warnings } = await run(HMM, 30, y);
    const rows = new Map(summary.map((r) => [r.name, r]));
    for (const [name, { mean, sd }] of Object.entries(parameters)) {
      expect(Math.abs((rows.get(name)?.mean ?? NaN) - mean) / sd).toBeLessThan(0.05);
      expect(Math.abs((rows.get(name)?.sd ?? NaN) / sd - 1)).toBeLessThan(0.03);
    }
    expect(warnings).toEqual([]);
  });
});

type HmmReference = {
  readonly y: readonly number[];
  readonly parameters: Readonly<Record<string, { readonly mean: number; readonly sd: number }>>;
};

/** hmm_example of posteriordb: before the first step stands a third value, from which either state is as likely. */
const HMM = `
data { plate steps ordered; real y[steps]; }
model {
  simplex[2] theta1 ~ dirichlet([1, 1]);
  simplex[2] theta2 ~ dirichlet([1, 1]);
  low ~ normal(3, 1);
  high ~ normal(10, 1);
  plate steps {
    int<lower=1, upper=2> z ~ categorical([theta1, theta2, [0.5, 0.5]][prev(z, 3)]);
    y ~ normal([low, high][z], 1);
  }
}
guide { group all { theta1; theta2; low; high; } }
generated { real from_low = theta1[2]; real from_high = theta2[2]; }`;
