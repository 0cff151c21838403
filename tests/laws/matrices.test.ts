// Matrices: the value of every operation against its definition, its derivatives against differences, and both devices
// against each other; models of normal vectors against brute force over all combinations of particles.
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { ADAPTER_CLASSES } from "../../src/ir/cost.js";
import { differentiate } from "../../src/ir/derivatives.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { ExpressionLowering } from "../../src/ir/lower/expressions.js";
import { Graph } from "../../src/ir/node.js";
import { schedule } from "../../src/ir/schedule.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import type { TypedModel } from "../../src/typecheck/model.js";
import { runOn as runProgram, runReference } from "../codegen/agreement.js";
import { describeOnDevice } from "../device/adapter.js";
import { bruteForce } from "../oracle/brute-force.js";
import { evaluate } from "../oracle/evaluate.js";
import { asGiven, runOn, type Values } from "./values.js";

const DATA: Readonly<Record<string, readonly number[]>> = {
  A: [0.5, -1, 2, 1.5, 0.25, -0.75],
  B: [1, 2, -0.5, 0.3, 0.7, -1.2],
  S: [2, 0.6, -0.3, 0.6, 1, 0.2, -0.3, 0.2, 0.5],
  v: [0.4, -1.3],
  w: [1.1, 0.2, -0.6],
  r: [-0.2, 0.9, 0.5],
};
const DECLARED = `matrix[2, 3] A; matrix[3, 2] B; cov_matrix[3] S; vector[2] v; vector[3] w; row_vector[3] r;`;
const SIZES: Readonly<Record<string, number>> = {
  i_2: 2,
  i_3: 3,
  i_2_x_3: 6,
  i_3_x_2: 6,
  i_3_x_3: 9,
  i_2_x_2: 4,
};

const EXPRESSIONS = [
  "trace(A * B)",
  "v' * A * w + r * w",
  "sum((A .* B') * S)",
  "sum(square(A' + B))",
  "A[2, 3] * B[1, 2] + sum(square(A[1] - r))",
  "sum(square(v * r)) + sum(r' .* w)",
  "r * B * v",
  "sum(square(quad_form(S, B)))",
  "sum(square(A' * A * S)) + sum(square((S * S')[2]))",
  "sum(diag_pre_multiply(w, S) .* diag_post_multiply(S, w)) + sum(square(quad_form_diag(S, w)))",
  "sum(square(diag_matrix(w) * S)) + dot_product(diagonal(S), w)",
  "log_determinant_spd(S) + log_determinant_spd(add_diag(crossprod(A), 0.5))",
  "sum(square(cholesky_decompose(S) * w))",
  "dot_self(mdivide_left_tri_low(cholesky_decompose(tcrossprod(A)), v))",
  "sum(square(inverse_spd(S) * w - multiply_lower_tri_self_transpose(cholesky_decompose(S)) * w))",
  "multi_normal_lpdf(w | r', S) + multi_normal_cholesky_lpdf(v | 2 * v, cholesky_decompose(tcrossprod(A)))",
] as const;

function modelOf(text: string): TypedModel {
  const { checked, diagnostics } = checkSource({ path: "matrices.mpp", text });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  return checked.model;
}

/** The value of an expression of the data, and its derivative by each of them. */
function programOf(expression: string) {
  const model = modelOf(`data { ${DECLARED} } model { x ~ normal(0, 1); target += ${expression}; }`);
  const factor = model.factors.find((f) => f.kind === "target");
  if (factor?.kind !== "target") throw new Error("no factor");
  const graph = new Graph();
  const lowering = new ExpressionLowering(graph, []);
  const inputs = model.data.map((data) => lowering.data(data));
  const value = lowering.expression(factor.value, new Map());
  const gradients = differentiate(graph, value, inputs);
  const outputs = [
    { name: "value", node: value, axes: value.axes },
    ...inputs.map((input, i) => ({
      name: `by.${model.data[i]?.name ?? ""}`,
      node: gradients[i] ?? value,
      axes: input.axes,
    })),
  ];
  const sizes = Object.fromEntries(lowering.eventAxes().map(({ axis }) => [axis, SIZES[axis] ?? NaN]));
  const program = schedule(
    graph,
    { name: "estimate", outputs, labels: new Map() },
    { sizes: new Map(Object.entries(sizes)), adapter: ADAPTER_CLASSES.software },
  );
  const taken = new Set(program.buffers.filter((b) => b.storage === "input").map((b) => b.name));
  const at = (data: typeof DATA) =>
    Object.fromEntries(Object.entries(data).filter(([name]) => taken.has(BUFFERS.data(name))));
  const oracle = (data: typeof DATA): number =>
    Number(evaluate(factor.value, { values: new Map(model.data.map((d) => [d, data[d.name] ?? []])) }));
  return { program, sizes, at, oracle };
}

describe("values and derivatives of operations", () => {
  it.each(EXPRESSIONS)("%s", async (expression) => {
    const { program, sizes, at, oracle } = programOf(expression);
    const outputs = await runReference(program, sizes, at(DATA));
    expect(outputs.get("value")?.[0]).toBeCloseTo(oracle(DATA), 9);
    for (const [name, values] of Object.entries(DATA))
      values.forEach((_, i) => {
        const moved = (by: number) => ({ ...DATA, [name]: values.map((x, j) => (i === j ? x + by : x)) });
        // The oracle's Cholesky factor looks at the lower triangle alone: elements of S are moved together.
        if (name === "S") return;
        const difference = (oracle(moved(1e-5)) - oracle(moved(-1e-5))) / 2e-5;
        expect(outputs.get(`by.${name}`)?.[i], `${name} ${i}`).toBeCloseTo(difference, 5);
      });
    for (let i = 0; i < 3; i++)
      for (let j = 0; j <= i; j++) {
        const pair = [3 * i + j, 3 * j + i];
        const moved = (by: number) => ({
          ...DATA,
          S: (DATA["S"] ?? []).map((x, k) => (pair.includes(k) ? x + by : x)),
        });
        const difference = (oracle(moved(1e-5)) - oracle(moved(-1e-5))) / 2e-5;
        const found = [...new Set(pair)].reduce((sum, k) => sum + (outputs.get("by.S")?.[k] ?? NaN), 0);
        expect(found, `S ${i} ${j}`).toBeCloseTo(difference, 5);
      }
  });
});

describeOnDevice("operations on a device", (device) => {
  // Each of these takes seconds to make kernels for.
  it.each([EXPRESSIONS[0], EXPRESSIONS[4], EXPRESSIONS[12]])("%s", async (expression) => {
    const { program, sizes, at } = programOf(expression);
    const wanted = await runReference(program, sizes, at(DATA));
    const found = await runProgram(device(), program, sizes, at(DATA));
    for (const [name, values] of wanted) {
      const scale = values.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
      values.forEach((value, i) => {
        expect(Math.abs((found.get(name)?.[i] ?? NaN) - value)).toBeLessThan(1e-4 * scale);
      });
    }
  });
});

it("a matrix that is not positive definite has probability zero, without infinities", async () => {
  const { program, sizes, at } = programOf("multi_normal_lpdf(w | r', S)");
  const outputs = await runReference(program, sizes, at({ ...DATA, S: [1, 2, 0, 2, 1, 0, 0, 0, 0] }));
  expect(outputs.get("value")?.[0]).toBe(-1e30);
  for (const values of outputs.values()) expect(values.every(Number.isFinite)).toBe(true);
});

const MODEL = `data {
  plate rows;
  vector[2] y[rows];
  matrix[2, 2] noise[rows];
  cov_matrix[2] S;
}
model {
  vector[2] mu ~ normal(0, 1);
  vector<lower=0>[2] tau ~ log_normal(0, 1);
  plate rows {
    vector[2] b ~ multi_normal_cholesky(mu, diag_pre_multiply(tau, cholesky_decompose(S)));
    y ~ multi_normal(b, S + noise * noise');
  }
}
`;

it("a model of normal vectors has the evidence and the weights of brute force", async () => {
  const { checked, diagnostics } = checkSource({ path: "normals.mpp", text: MODEL });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  const { compiled } = checked.compile({ programs: ["estimate"] });
  if (compiled === null) throw new Error("the model cannot be compiled");
  const sizes = new Map([["rows", 2], ["i_2", 2], ["i_2_x_2", 4], ["k_mu", 2], ["k_tau", 2], ["k_b", 2]]); // prettier-ignore
  const array = (axes: readonly string[], values: readonly number[]) => ({ axes, values: [...values] });
  const arrays: Values["arrays"] = new Map([
    ["y", array(["rows", "i_2"], [0.3, 2.1, -0.4, 0.2])],
    ["noise", array(["rows", "i_2_x_2"], [0.5, 0.1, -0.2, 0.3, 1, 0.4, 0, 0.2])],
    ["S", array(["i_2_x_2"], [1.5, 0.4, 0.4, 0.8])],
    [BUFFERS.particles("mu"), array(["i_2", "k_mu"], [0.3, -0.8, 1.2, 0.1])],
    [BUFFERS.particles("tau"), array(["i_2", "k_tau"], [0.7, 1.8, 0.4, 1.1])],
    [BUFFERS.particles("b"), array(["rows", "i_2", "k_b"], [0.2, 0.9, 1.5, 2.3, -0.3, 0.4, 0.1, -0.6])],
    [BUFFERS.guide("mu", "mu"), array(["i_2"], [0.1, 0.2])],
    [BUFFERS.guide("mu", "sigma"), array(["i_2"], [1.1, 0.8])],
    [BUFFERS.guide("tau", "mu"), array(["i_2"], [0.1, -0.2])],
    [BUFFERS.guide("tau", "sigma"), array(["i_2"], [0.6, 0.7])],
    [BUFFERS.guide("b", "mu"), array(["rows", "i_2"], [0.1, 1, -0.2, 0.3])],
    [BUFFERS.guide("b", "sigma"), array(["rows", "i_2"], [0.9, 1, 1.2, 0.7])],
  ]);
  const values = { sizes, arrays };
  const elements = (name: string, [row = 0]: readonly number[]): number[] => {
    const own = arrays.get(name)?.values ?? [];
    return name === "S" ? own : own.slice((row * own.length) / 2, ((row + 1) * own.length) / 2);
  };
  const truth = bruteForce(checked.model, { ...asGiven(compiled, values), data: elements });
  const outputs = await runOn(compiled, "estimate", values, createReferenceDevice());
  expect(outputs.get(BUFFERS.logEvidence)?.[0]).toBeCloseTo(truth.logEvidence, 10);
  for (const { name } of compiled.interface.groups) {
    const wanted = truth.weights.get(name)?.flat() ?? [];
    const found = outputs.get(BUFFERS.weights(name)) ?? new Float64Array();
    expect(found).toHaveLength(wanted.length);
    wanted.forEach((w, i) => { expect(found[i]).toBeCloseTo(w, 10); }); // prettier-ignore
  }
});
