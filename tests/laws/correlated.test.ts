// Groups that are one normal: what is drawn has the covariance it should, its density is the same whether particles were
// drawn or are given, and is the formula's; fits are the exact posteriors of linear models, however close to 1 correlations are.
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { invertTriangular } from "../../src/inference/correlations.js";
import { runInference } from "../../src/inference/infer.js";
import { axisSizes, DEFAULT_SETTINGS } from "../../src/inference/settings.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { withDerived } from "../support/derived.js";

const device = createReferenceDevice();

function compile(text: string) {
  const { compiled, diagnostics } = compileSource({ path: "test.mpp", text }, { language: "js" });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

const K = 4000;
const MODEL = `
data { int<lower=1> D; plate t; vector[D] x[t]; real y[t]; }
model {
  plate t {
    vector[D] b ~ normal(0, 2);
    real<lower=0> s ~ gamma(2, 1);
    p ~ uniform(-1, 3);
    y ~ normal(dot_product(x, b) + p, s);
  }
}
guide { plate t { group g : multi_normal { b; s; p; } } }`;
/** The Cholesky factor of correlations, of two plate elements, in the order b[1], b[2], s, p. */
const rows = [[1, 0, 0, 0], [0.8, 0.6, 0, 0], [-0.5, 0.1, Math.sqrt(0.74), 0], [0.2, -0.4, 0.4, 0.8]]; // prettier-ignore
const FACTOR = Float64Array.from([...rows.flat(), ...[0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0)))]); // prettier-ignore

describe("a correlated group in a plate", () => {
  const model = compile(MODEL);
  const sizes = axisSizes(new Map([["t", 2], ["i_D", 2], ["row_g", 4], ["column_g", 4]]), model.interface, new Map([["g", K]])); // prettier-ignore
  const data = new Map([
    ["D", [2]],
    ["x", [0.5, 1, -1, 0.3]],
    ["y", [1, -2]],
    ["guide.b.mu", [0.3, -0.2, 1, 0]],
    ["guide.b.sigma", [1, 0.5, 0.7, 2]],
    ["guide.s.mu", [0.1, -0.3]],
    ["guide.s.sigma", [0.4, 0.6]],
    ["guide.p.mu", [0.2, 0]],
    ["guide.p.sigma", [0.5, 1]],
    ["guide.p.lower", [-1]],
    ["guide.p.upper", [3]],
    [BUFFERS.correlations("g"), [...FACTOR]],
    [BUFFERS.whitening("g"), [...invertTriangular(FACTOR, 4)]],
  ]);
  const run = async (program: "posterior" | "estimate", more: ReadonlyMap<string, ArrayLike<number>>) => {
    const compiled = model.programs[program];
    if (compiled === undefined) throw new Error(program);
    const loaded = await device.load(compiled, sizes);
    const inputs = await withDerived(model, sizes, (name, axes) => {
      const values = more.get(name) ?? data.get(name);
      if (values === undefined) throw new Error(`${name} [${axes.map((a) => a.name).join()}]`);
      return values;
    });
    for (const { storage, name, axes } of compiled.program.buffers)
      if (storage === "input") loaded.write(name, inputs(name, axes));
    return loaded.run({ seed: 5, iteration: 1, drawsFrom: "stratified" });
  };

  it("draws what it should, and its density does not depend on where the particles came from", async () => {
    const drawn = await run("posterior", new Map());
    const given = await run("estimate", drawn);
    const evidence = drawn.get(BUFFERS.logEvidence)?.[0] ?? NaN;
    expect(given.get(BUFFERS.logEvidence)?.[0]).toBeCloseTo(evidence, 9);
    // On the unconstrained scale, in the first plate element.
    const z = (name: string, from: number): Float64Array =>
      (drawn.get(BUFFERS.particles(name)) ?? new Float64Array()).subarray(from * K, (from + 1) * K);
    const normals = [
      z("b", 0).map((x) => x - 0.3),
      z("b", 1).map((x) => (x + 0.2) / 0.5),
      z("s", 0).map((x) => (Math.log(x) - 0.1) / 0.4),
      z("p", 0).map((x) => (Math.log((x + 1) / (3 - x)) - 0.2) / 0.5),
    ];
    for (let i = 0; i < 4; i++)
      for (let j = 0; j <= i; j++) {
        const mean = normals[i]?.reduce((sum, x, k) => sum + x * (normals[j]?.[k] ?? NaN), 0) ?? NaN;
        const expected = rows[i]?.reduce((sum, x, k) => sum + x * (rows[j]?.[k] ?? NaN), 0) ?? NaN;
        expect(Math.abs(mean / K - expected)).toBeLessThan(5 / Math.sqrt(K));
      }
  });

  it("estimates the evidence without bias: margins, Jacobians and correlations are all in the density", async () => {
    const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const mild = [1, 0, 0, 0, 0.4, Math.sqrt(0.84), 0, 0, -0.3, 0.1, Math.sqrt(0.9), 0, 0.2, -0.2, 0.2, Math.sqrt(0.88)]; // prettier-ignore
    const wide = new Map<string, number[]>([
      ["guide.b.mu", [0, 0, 0, 0]],
      ["guide.b.sigma", [2.5, 2.5, 2.5, 2.5]],
      ["guide.s.mu", [0.5, 0.5]],
      ["guide.s.sigma", [0.9, 0.9]],
      ["guide.p.sigma", [1.6, 1.6]],
    ]);
    const at = (factor: readonly number[]) =>
      run("posterior", new Map(wide).set(BUFFERS.correlations("g"), [...factor, ...factor]));
    const [a, b] = [await at(identity), await at(mild)];
    const evidence = (outputs: ReadonlyMap<string, Float64Array>): number =>
      outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN;
    expect(Math.abs(evidence(a) - evidence(b))).toBeLessThan(0.12);
  });
});

/** y = a + b x, `offset` standard deviations of x off zero: its posterior is normal, with correlation close to 1 far off. */
function linear(offset: number, priorA = 3000, priorB = 10) {
  const x = Array.from({ length: 12 }, (_, i) => offset + Math.sin(3 * i));
  const y = x.map((v, i) => 0.5 + 2 * (v - offset) + 0.3 * Math.cos(7 * i));
  const text = `
data { plate t; real x[t]; real y[t]; }
model { a ~ normal(0, ${priorA}); b ~ normal(0, ${priorB}); plate t { y ~ normal(a + b * x, 0.3); } }
guide { group all : multi_normal { a; b; } }`;
  const [pa, pb] = [1 / priorA ** 2, 1 / priorB ** 2];
  const w = 1 / 0.09;
  const [n, sx, sxx] = [12, x.reduce((s, v) => s + v, 0), x.reduce((s, v) => s + v * v, 0)];
  const [sy, sxy] = [y.reduce((s, v) => s + v, 0), y.reduce((s, v, i) => s + v * (x[i] ?? 0), 0)];
  const [paa, pab, pbb] = [pa + w * n, w * sx, pb + w * sxx];
  const determinant = paa * pbb - pab * pab;
  const exact = {
    a: { mean: (w * (pbb * sy - pab * sxy)) / determinant, sd: Math.sqrt(pbb / determinant) },
    b: { mean: (w * (paa * sxy - pab * sy)) / determinant, sd: Math.sqrt(paa / determinant) },
    correlation: -pab / Math.sqrt(paa * pbb),
  };
  const bound = {
    sizes: new Map([["t", 12], ["row_all", 2], ["column_all", 2]]), // prettier-ignore
    arrays: new Map([["x", Float64Array.from(x)], ["y", Float64Array.from(y)]]), // prettier-ignore
  };
  return { text, exact, bound };
}

describe("a fit of a linear model", () => {
  it.each([0, 10, 1000])("is exact where regressors are %f standard deviations off zero", async (offset) => {
    const { text, exact, bound } = linear(offset);
    const settings = { ...DEFAULT_SETTINGS, particles: 30 };
    const { summary } = await runInference(compile(text), bound, device, settings);
    for (const name of ["a", "b"] as const) {
      const row = summary.find((r) => r.name === name);
      expect(Math.abs((row?.mean ?? NaN) - exact[name].mean) / exact[name].sd).toBeLessThan(0.06);
      expect(Math.abs((row?.sd ?? NaN) / exact[name].sd - 1)).toBeLessThan(0.05);
    }
  });

  // Adam's steps are shares of standard deviations: a prior 3000 wide is no farther away for RWS than one 3 wide. The
  // gradients of VI shrink by orders of magnitude on the way, which Adam's averages must forget.
  it.each([
    ["rws", { method: "rws", particles: 20 }, linear(10), 600],
    ["vi", { method: "vi", particles: 2, drawsFrom: "iid" }, linear(3, 3, 3), 2000],
  ] as const)(
    "by %s arrives at the posterior, its correlation included",
    async (_, how, { text, exact, bound }, search) => {
      const steps = {
        ...DEFAULT_SETTINGS.steps,
        step: 0.05,
        decayAt: [search, search + 400],
        betas: [0.9, 0.99],
      } as const;
      const settings = {
        ...DEFAULT_SETTINGS,
        ...how,
        start: "prior",
        iterations: search + 700,
        finalDraws: 4,
        steps,
      } as const;
      const { guide } = await runInference(compile(text), bound, device, settings);
      const at = (name: string, i = 0): number => guide.get(name)?.[i] ?? NaN;
      for (const name of ["a", "b"] as const) {
        expect(Math.abs(at(`guide.${name}.mu`) - exact[name].mean) / exact[name].sd).toBeLessThan(0.1);
        expect(Math.abs(at(`guide.${name}.sigma`) / exact[name].sd - 1)).toBeLessThan(0.15);
      }
      const factor = BUFFERS.correlations("all");
      expect(at(factor, 2)).toBeLessThan(-0.95);
      // What is left of b once a is known.
      expect(Math.abs(at(factor, 3) / Math.sqrt(1 - exact.correlation ** 2) - 1)).toBeLessThan(0.15);
    },
  );
});

describe("the global estimator of one group that is one normal", () => {
  it("is the other estimator", async () => {
    const { text, bound } = linear(1);
    const evidence = async (estimator: "massively-parallel" | "global"): Promise<unknown> => {
      const { compiled } = compileSource({ path: "test.mpp", text }, { estimator, language: "js" });
      if (compiled === null) throw new Error("not compiled");
      const correlated = compiled.interface.groups[0]?.correlated ?? null;
      if (correlated === null) throw new Error("the group is not one normal");
      const sizes = new Map([...bound.sizes, [correlated.row, 2], [correlated.column, 2]] as const);
      const settings = { ...DEFAULT_SETTINGS, iterations: 20, finalDraws: 3 };
      return (await runInference(compiled, { ...bound, sizes }, device, settings)).evidence;
    };
    expect(await evidence("global")).toEqual(await evidence("massively-parallel"));
  });
});
