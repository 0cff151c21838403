// Correlation matrices: the priors' densities integrate to 1, their draws have the known distribution of each
// correlation, and a model with one has the evidence of brute force over all combinations of particles.
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { ADAPTER_CLASSES } from "../../src/ir/cost.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { ExpressionLowering } from "../../src/ir/lower/expressions.js";
import { PointSet, randomFrom } from "../../src/ir/lower/random-source.js";
import { Graph } from "../../src/ir/node.js";
import { schedule } from "../../src/ir/schedule.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import type { Distribution } from "../../src/typecheck/model.js";
import { specialise } from "../../src/typecheck/specialise.js";
import { runOn as runProgram } from "../codegen/agreement.js";
import { describeOnDevice } from "../device/adapter.js";
import { bruteForce } from "../oracle/brute-force.js";
import { evaluateScalar, type Value } from "../oracle/evaluate.js";
import { familyAt } from "../stdlib/family.js";
import { distribution } from "../stdlib/load.js";
import { asGiven, runOn, type Values } from "./values.js";

/** The family for n rows and columns. */
function ofRows(name: string, n: number): Distribution {
  const span = { source: { path: "test", text: "" }, start: 0, end: 0 };
  const type = { base: "int", size: null, constraint: null, lower: null, upper: null } as const;
  const value = { kind: "literal", value: n, type, span, plates: [], latents: [] } as const;
  return specialise(distribution(name), { key: String(n), value }, { instances: new Map() });
}

const density = (family: Distribution, args: readonly Value[], y: Value): number =>
  Math.exp(
    evaluateScalar(family.logDensity.value, {
      values: new Map([
        ...family.parameters.map((p, i) => [p, args[i] ?? NaN] as const),
        [family.logDensity.variable, y],
      ]),
    }),
  );

/** L L' of a lower triangular factor of n rows, its elements row by row. */
const product = (l: readonly number[], n: number): number[] =>
  Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Array.from({ length: n }, (__, k) => (l[i * n + k] ?? 0) * (l[j * n + k] ?? 0)).reduce(
      (a, b) => a + b,
    );
  });

const midpoints = (from: number, to: number, count: number): { x: number; width: number }[] => {
  const width = (to - from) / count;
  return Array.from({ length: count }, (_, i) => ({ x: from + (i + 0.5) * width, width }));
};

/** The integral of f(L) over the elements of L below the diagonal: of row 2 by its sine, of row 3 in polar coordinates. */
function integral(n: 2 | 3, f: (l: number[]) => number): number {
  let total = 0;
  for (const { x: a, width } of midpoints(-Math.PI / 2, Math.PI / 2, n === 2 ? 400 : 24)) {
    const [sin, cos] = [Math.sin(a), Math.cos(a)];
    if (n === 2) total += width * cos * f([1, 0, sin, cos]);
    else
      for (const { x: b, width: wide } of midpoints(0, Math.PI / 2, 24))
        for (const { x: angle, width: turn } of midpoints(0, 2 * Math.PI, 24)) {
          const radius = Math.sin(b);
          const row = [radius * Math.cos(angle), radius * Math.sin(angle), Math.cos(b)];
          total += width * wide * turn * cos * radius * Math.cos(b) * f([1, 0, 0, sin, cos, 0, ...row]);
        }
  }
  return total;
}

const NORMAL_2 = [[0, 0, 0.4, 0], [1, 1, 0.5, 1]]; // prettier-ignore
const NORMAL_3 = [[0, 0, 0, 0.3, 0, 0, -0.2, 0.1, 0], [1, 1, 1, 0.5, 1, 1, 0.4, 0.5, 1]]; // prettier-ignore

describe("densities integrate to 1", () => {
  it.each([
    ["lkj_corr_cholesky", 2, [0.7]],
    ["lkj_corr_cholesky", 2, [3]],
    ["lkj_corr_cholesky", 3, [1]],
    ["lkj_corr_cholesky", 3, [2.5]],
    ["cholesky_factor_corr_normal", 2, NORMAL_2],
    ["cholesky_factor_corr_normal", 3, NORMAL_3],
  ] as const)("%s with %d rows, %j", (name, n, args) => {
    const family = ofRows(name, n);
    // What the sum is from the integral, above all where the matrix is singular.
    expect(Math.abs(integral(n, (l) => density(family, args, l)) - 1)).toBeLessThan(3e-3);
  });

  it.each([
    ["lkj_corr", "lkj_corr_cholesky", [1.5]],
    ["corr_matrix_normal", "cholesky_factor_corr_normal", NORMAL_3],
  ] as const)("%s has that of %s, by the change of variables", (name, ofFactor, args) => {
    const l = [1, 0, 0, 0.6, 0.8, 0, -0.48, 0.6, 0.64];
    // The correlations below the diagonal move with L_kk^(n - k) of the elements of the factor in column k.
    const found = density(ofRows(name, 3), args, product(l, 3)) * 0.8;
    expect(found / density(ofRows(ofFactor, 3), args, l)).toBeCloseTo(1, 12);
  });
});

const [ROWS, PARTICLES] = [40, 50];

/** Draws of a family of n rows with one parameter: the elements of each. */
async function drawsOf(
  device: Device,
  family: Distribution,
  n: number,
  parameter: number,
): Promise<number[][]> {
  const graph = new Graph();
  const lowering = new ExpressionLowering(graph, []);
  const event = lowering.event(family.result);
  const [rows, k] = [graph.axis("rows", "plate"), graph.axis("k", "particle")];
  if (event === null) throw new Error("a matrix without an axis");
  const source = randomFrom(0, [rows, event], k, new PointSet(0, [rows, event]));
  const draw = lowering.draw(family, [graph.constant(parameter)], source);
  const sizes = { rows: ROWS, k: PARTICLES, ...Object.fromEntries(lowering.eventAxes().map(({ axis, size }) => [axis, size.shape === undefined ? n : n * n])) }; // prettier-ignore
  const outputs = [{ name: "draw", node: draw, axes: [rows, event, k] }];
  const program = schedule(
    graph,
    { name: "estimate", outputs, labels: new Map() },
    { sizes: new Map(Object.entries(sizes)), adapter: ADAPTER_CLASSES.software },
  );
  const run = { seed: 11, iteration: 0, drawsFrom: "iid" } as const;
  const values = [...((await runProgram(device, program, sizes, {}, run)).get("draw") ?? [])];
  const [count, elements] = [ROWS * PARTICLES, values.length / (ROWS * PARTICLES)];
  return Array.from({ length: count }, (_, at) =>
    Array.from({ length: elements }, (__, e) => {
      const row = Math.floor(at / PARTICLES);
      return values[(row * elements + e) * PARTICLES + (at % PARTICLES)] ?? NaN;
    }),
  );
}

/** Kolmogorov's distance from the beta distribution of shapes eta - 1 + n / 2, times the root of the number of draws. */
function distance(correlations: readonly number[], n: number, eta: number): number {
  const shape = eta - 1 + n / 2;
  const { cumulative } = familyAt("beta", { alpha: shape, beta: shape });
  if (cumulative === null) throw new Error("no distribution function");
  const sorted = correlations.toSorted((a, b) => a - b);
  const gaps = sorted.map((r, i) => {
    const truth = Math.exp(cumulative.logCdf((r + 1) / 2));
    return Math.max(Math.abs(truth - i / sorted.length), Math.abs(truth - (i + 1) / sorted.length));
  });
  return Math.max(...gaps) * Math.sqrt(sorted.length);
}

async function expectMarginals(device: Device, name: string, n: number, eta: number): Promise<void> {
  const draws = await drawsOf(device, ofRows(name, n), n, eta);
  const matrices = name === "lkj_corr" ? draws : draws.map((l) => product(l, n));
  for (let i = 0; i < n; i++) {
    for (const r of matrices) expect(r[i * n + i]).toBeCloseTo(1, 5);
    for (let j = 0; j < i; j++) {
      const correlations = matrices.map((r) => r[i * n + j] ?? NaN);
      // Beyond 2.1 once in 3000 times.
      expect(distance(correlations, n, eta), `correlation ${i + 1}, ${j + 1}`).toBeLessThan(2.1);
    }
  }
}

describe("each correlation of an LKJ draw is a beta variable on (-1, 1)", () => {
  it.each([
    ["lkj_corr_cholesky", 2, 1],
    ["lkj_corr_cholesky", 3, 2.5],
    ["lkj_corr_cholesky", 4, 1],
    ["lkj_corr", 4, 0.8],
  ] as const)("%s, %d rows, eta = %d", (name, n, eta) =>
    expectMarginals(createReferenceDevice(), name, n, eta),
  );
});

it("a family of one's own draws in the shape that its parameters have not", async () => {
  const text = `functions {
  distribution steps(real scale) vector {
    log_density(y) = -0.5 * sum(square((y - element_before(y)) / scale));
    draw(like) = cumulative_sum(scale * inv_Phi(std_uniform(like))) + places(like);
  }
  distribution shifted(real mu) real {
    log_density(y) = -0.5 * square(y - mu);
    draw(like) = like + mu;
  }
}
model {
  vector[3] x ~ steps(0.5);
  y ~ shifted(2);
}
`;
  const { checked, diagnostics } = checkSource({ path: "steps.mpp", text });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  const [steps, shifted] = checked.model.factors.map((f) => (f.kind === "prior" ? f.distribution : null));
  if (!steps || !shifted?.draw) throw new Error("no priors");
  const draws = await drawsOf(createReferenceDevice(), steps, 3, 0);
  expect(draws[0]).toEqual([1, 2, 3]);
  const moving = await drawsOf(createReferenceDevice(), steps, 3, 0.5);
  const last = moving.map((x) => (x[2] ?? NaN) - 3);
  const variance = last.reduce((sum, x) => sum + x * x, 0) / last.length;
  // 3 steps of variance 1/4; the standard error of the variance is that of a chi-squared variable.
  expect(Math.abs(variance - 0.75)).toBeLessThan(5 * 0.75 * Math.sqrt(2 / last.length));
  const [mu] = shifted.parameters;
  expect(mu && evaluateScalar(shifted.draw, { values: new Map([[mu, 2]]) })).toBe(2);
});

const MODEL = `data {
  plate rows;
  vector[2] y[rows];
}
model {
  vector<lower=0>[2] tau ~ log_normal(0, 1);
  cholesky_factor_corr[2] L ~ lkj_corr_cholesky(2);
  corr_matrix[2] R ~ lkj_corr(1.5);
  plate rows {
    vector[2] b ~ multi_normal_cholesky([0, 0], diag_pre_multiply(tau, L));
    y ~ multi_normal(b, R);
  }
}
`;

function modelWithMatrices() {
  const { checked, diagnostics } = checkSource({ path: "correlations.mpp", text: MODEL });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  const { compiled } = checked.compile({ programs: ["estimate"] });
  if (compiled === null) throw new Error("the model cannot be compiled");
  const sizes = new Map([["rows", 2], ["i_2", 2], ["i_2_x_2", 4], ["k_tau", 2], ["k_L", 2], ["k_R", 2], ["k_b", 2]]); // prettier-ignore
  const array = (axes: readonly string[], values: readonly number[]) => ({ axes, values: [...values] });
  const arrays: Values["arrays"] = new Map([
    ["y", array(["rows", "i_2"], [0.3, 2.1, -0.4, 0.2])],
    [BUFFERS.particles("tau"), array(["i_2", "k_tau"], [0.7, 1.8, 0.4, 1.1])],
    [BUFFERS.particles("L"), array(["i_2_x_2", "k_L"], [1, 1, 0, 0, 0.6, -0.28, 0.8, 0.96])],
    [BUFFERS.particles("R"), array(["i_2_x_2", "k_R"], [1, 1, 0.5, -0.1, 0.5, -0.1, 1, 1])],
    [BUFFERS.particles("b"), array(["rows", "i_2", "k_b"], [0.2, 0.9, 1.5, 2.3, -0.3, 0.4, 0.1, -0.6])],
    [BUFFERS.guide("tau", "mu"), array(["i_2"], [0.1, -0.2])],
    [BUFFERS.guide("tau", "sigma"), array(["i_2"], [0.6, 0.7])],
    [BUFFERS.guide("L", "mu"), array(["i_2_x_2"], [0, 0, 0.3, 0])],
    [BUFFERS.guide("L", "sigma"), array(["i_2_x_2"], [1, 1, 0.8, 1])],
    [BUFFERS.guide("R", "mu"), array(["i_2_x_2"], [0, 0, 0.1, 0])],
    [BUFFERS.guide("R", "sigma"), array(["i_2_x_2"], [1, 1, 0.5, 1])],
    [BUFFERS.guide("b", "mu"), array(["rows", "i_2"], [0.1, 1, -0.2, 0.3])],
    [BUFFERS.guide("b", "sigma"), array(["rows", "i_2"], [0.9, 1, 1.2, 0.7])],
  ]);
  const values = { sizes, arrays };
  const y = (_: string, [row = 0]: readonly number[]): number[] =>
    (arrays.get("y")?.values ?? []).slice(row * 2, row * 2 + 2);
  return { compiled, values, truth: bruteForce(checked.model, { ...asGiven(compiled, values), data: y }) };
}

async function expectTruth(device: Device, digits: number): Promise<void> {
  const { compiled, values, truth } = modelWithMatrices();
  const outputs = await runOn(compiled, "estimate", values, device);
  expect(outputs.get(BUFFERS.logEvidence)?.[0]).toBeCloseTo(truth.logEvidence, digits);
  for (const { name } of compiled.interface.groups) {
    const wanted = truth.weights.get(name)?.flat() ?? [];
    const found = outputs.get(BUFFERS.weights(name)) ?? new Float64Array();
    expect(found).toHaveLength(wanted.length);
    wanted.forEach((w, i) => { expect(found[i]).toBeCloseTo(w, digits); }); // prettier-ignore
  }
}

it("a model with both has the evidence and the weights of brute force", () =>
  expectTruth(createReferenceDevice(), 10));

describeOnDevice("on a device", (device) => {
  it("draws have the same marginals", () => expectMarginals(device(), "lkj_corr_cholesky", 3, 2.5));
  it("the model has the evidence and the weights of brute force", () => expectTruth(device(), 4));
});
