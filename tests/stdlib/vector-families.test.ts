// Families of whole vectors against mathematics: densities sum or integrate to 1, draws follow them, fits find their
// parameters, gradients are those of differences, and both devices agree.
import { describe, expect, it } from "vitest";
import { MEANING } from "../../src/codegen-js/math.js";
import { stdGamma, stdUniform } from "../../src/codegen-js/random.js";
import { ADAPTER_CLASSES } from "../../src/ir/cost.js";
import { differentiate } from "../../src/ir/derivatives.js";
import { ExpressionLowering } from "../../src/ir/lower/expressions.js";
import { Graph } from "../../src/ir/node.js";
import type { Program } from "../../src/ir/program.js";
import { schedule } from "../../src/ir/schedule.js";
import { constantValue } from "../../src/typecheck/constants.js";
import type { Argument, Distribution, NamedValues } from "../../src/typecheck/model.js";
import { sizeOf, specialise } from "../../src/typecheck/specialise.js";
import { runOn, runReference, type Inputs } from "../codegen/agreement.js";
import { describeOnDevice } from "../device/adapter.js";
import { evaluate, type Value } from "../oracle/evaluate.js";
import { distribution, VECTOR_FAMILIES } from "./load.js";

type Case = {
  readonly family: string;
  readonly args: Readonly<Record<string, Value>>;
  /** Values in the support, for gradients. */
  readonly at: readonly Value[];
  /** The rows of the matrices of a family that has no vectors. */
  readonly rows?: number;
};

const FACTOR = [1, 0, 0, 0.6, 0.8, 0, -0.48, 0.6, 0.64];
const CORRELATIONS = [1, 0.6, -0.48, 0.6, 1, 0.192, -0.48, 0.192, 1];
const MEANS = [0, 0, 0, 0.3, 0, 0, -0.2, 0.1, 0];
const SPREADS = [1, 1, 1, 0.6, 1, 1, 0.5, 0.7, 1];

const CASES: readonly Case[] = [
  { family: "dirichlet", args: { alpha: [2, 3, 1.5] }, at: [[0.2, 0.3, 0.5]] },
  { family: "dirichlet", args: { alpha: [0.6, 30] }, at: [[0.01, 0.99]] },
  { family: "categorical", args: { theta: [0.1, 0.6, 0.25, 0.05] }, at: [1, 2, 3, 4] },
  { family: "categorical_logit", args: { beta: [1, -2, 0.5] }, at: [1, 2, 3] },
  { family: "multinomial", args: { n: 4, theta: [0.3, 0.2, 0.5] }, at: [[1, 0, 3]] },
  { family: "ordered_logistic", args: { eta: 0.4, cutpoints: [-1, 0.5, 3] }, at: [1, 2, 3, 4] },
  {
    family: "multi_normal",
    args: { mu: [0.5, -1], Sigma: [2, 0.6, 0.6, 1] },
    at: [[1, -1.5]],
  },
  { family: "multi_normal_cholesky", args: { mu: [0.5, -1], L: [2, 0, -0.3, 0.5] }, at: [[1, -1.5]] },
  { family: "ordered_normal", args: { mu: [1, 0, -1], sigma: [2, 0.5, 1] }, at: [[0.5, 1.5, 1.75]] },
  { family: "positive_ordered_normal", args: { mu: [0, -1], sigma: [0.5, 1] }, at: [[0.5, 1.25]] },
  { family: "lkj_corr_cholesky", args: { eta: 1.5 }, at: [FACTOR], rows: 3 },
  { family: "lkj_corr", args: { eta: 1.5 }, at: [CORRELATIONS], rows: 3 },
  { family: "cholesky_factor_corr_normal", args: { mu: MEANS, sigma: SPREADS }, at: [FACTOR], rows: 3 },
  { family: "corr_matrix_normal", args: { mu: MEANS, sigma: SPREADS }, at: [CORRELATIONS], rows: 3 },
];
const titled = (of: readonly Case[]): { title: string; case_: Case }[] =>
  of.map((case_) => ({ title: `${case_.family} ${JSON.stringify(case_.args)}`, case_ }));

it("every family has a case", () =>
  expect([...new Set(CASES.map((c) => c.family))].sort()).toEqual([...VECTOR_FAMILIES].sort()));

const raise = (message: string): never => {
  throw new Error(message);
};
const bind = (
  family: Distribution,
  args: Case["args"],
  extra: readonly (readonly [Argument, Value])[] = [],
) => ({
  values: new Map<Argument, Value>([
    ...family.parameters.map((p) => [p, args[p.name] ?? NaN] as const),
    ...extra,
  ]),
});
function logDensity({ family, args }: Case, y: Value): number {
  const of = distribution(family);
  const { variable, value } = of.logDensity;
  return Number(evaluate(value, bind(of, args, [[variable, y]])));
}
function named({ family, args }: Case, values: NamedValues, extra: readonly (readonly [Argument, Value])[]) {
  const of = distribution(family);
  return new Map([...values].map(([name, e]) => [name, evaluate(e, bind(of, args, extra))]));
}

/** The family for vectors as long as those of the case. */
function specialised({ family, args, at, rows }: Case): Distribution {
  const vectors = [...Object.values(args), at[0] ?? 0].filter((v) => typeof v !== "number");
  const length = rows ?? vectors.reduce((least, v) => Math.min(least, v.length), vectors[0]?.length ?? 1);
  const span = { source: { path: "test", text: "" }, start: 0, end: 0 };
  const type = { base: "int", size: null, constraint: null, lower: null, upper: null } as const;
  const value = { kind: "literal", value: length, type, span, plates: [], latents: [] } as const;
  return specialise(distribution(family), { key: String(length), value }, { instances: new Map() });
}

const DRAWS = 4000;
/** Independent draws; every element of a vector has a counter of its own. */
function draws(case_: Case): Value[] {
  const { args } = case_;
  const of = specialised(case_);
  const { draw } = of;
  if (draw === null) throw new Error(`'${of.name}' has no draw`);
  const run = { seed: 3, iteration: 0, drawsFrom: "iid" } as const;
  return Array.from({ length: DRAWS }, (_, particle) => {
    let site = 0;
    return evaluate(draw, {
      ...bind(of, args),
      random: (primitive, [shape = NaN]) =>
        primitive === "std_gamma"
          ? stdGamma(shape, site++, 0, particle, DRAWS, run)
          : stdUniform(site++, 0, particle, DRAWS, run),
    });
  });
}
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

describe("densities of counts sum to 1", () => {
  it.each(titled(CASES.filter(({ at }) => at.length > 1)))("$title", ({ case_ }) => {
    const total = case_.at.reduce<number>((sum, y) => sum + Math.exp(logDensity(case_, y)), 0);
    expect(total).toBeCloseTo(1, 12);
    expect(logDensity(case_, 0)).toBe(-1e30);
    expect(logDensity(case_, case_.at.length + 1)).toBe(-1e30);
  });
  it("multinomial", () => {
    const case_ = CASES.find((c) => c.family === "multinomial");
    if (case_ === undefined) throw new Error("no case");
    let total = 0;
    for (let a = 0; a <= 4; a++)
      for (let b = 0; a + b <= 4; b++) total += Math.exp(logDensity(case_, [a, b, 4 - a - b]));
    expect(total).toBeCloseTo(1, 12);
    expect(logDensity(case_, [1, 1, 1])).toBe(-1e30);
  });
});

describe("draws of counts follow the density", () => {
  it.each(titled(CASES.filter(({ at }) => at.length > 1)))("$title", ({ case_ }) => {
    const found = draws(case_);
    for (const y of case_.at) {
      const p = Math.exp(logDensity(case_, y));
      const share = found.filter((x) => x === y).length / DRAWS;
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / DRAWS));
    }
  });
});

/** A density h that integrates to 1 over the support, which draws are weighed with: E[h(y) / p(y)] = 1. */
describe("draws of vectors follow the density", () => {
  const others: readonly (readonly [Case, Case])[] = [
    [CASES[0], { family: "dirichlet", args: { alpha: [3, 4, 2] }, at: [] }],
    [
      CASES.find((c) => c.family === "multi_normal"),
      {
        family: "multi_normal",
        args: { mu: [0.4, -0.9], Sigma: [1.6, 0.4, 0.4, 0.9] },
        at: [],
      },
    ],
    [
      CASES.find((c) => c.family === "multi_normal_cholesky"),
      { family: "multi_normal_cholesky", args: { mu: [0.4, -0.9], L: [1.8, 0, -0.2, 0.4] }, at: [] },
    ],
    [
      CASES.find((c) => c.family === "ordered_normal"),
      { family: "ordered_normal", args: { mu: [1.2, 0.1, -1.1], sigma: [1.5, 0.4, 0.8] }, at: [] },
    ],
    [
      CASES.find((c) => c.family === "lkj_corr_cholesky"),
      {
        family: "cholesky_factor_corr_normal",
        args: { mu: MEANS.map((x) => x / 2), sigma: SPREADS.map((x) => x / 2) },
        at: [],
      },
    ],
    [
      CASES.find((c) => c.family === "cholesky_factor_corr_normal"),
      { family: "lkj_corr_cholesky", args: { eta: 6 }, at: [] },
    ],
    [CASES.find((c) => c.family === "corr_matrix_normal"), { family: "lkj_corr", args: { eta: 6 }, at: [] }],
    [
      CASES.find((c) => c.family === "positive_ordered_normal"),
      { family: "positive_ordered_normal", args: { mu: [0.1, -1.2], sigma: [0.4, 0.8] }, at: [] },
    ],
  ].map(([a, b]) => [a as Case, b as Case] as const);
  it.each(others)("%j", (from, to) => {
    const ratios = draws(from).map((y) => Math.exp(logDensity(to, y) - logDensity(from, y)));
    const centre = mean(ratios);
    const error = Math.sqrt(mean(ratios.map((r) => (r - centre) ** 2)) / DRAWS);
    expect(error).toBeLessThan(0.05);
    expect(Math.abs(centre - 1)).toBeLessThan(5 * error);
  });
  it("and the Dirichlet's density is the beta's for two elements", () => {
    const beta = distribution("beta");
    const args = { alpha: 0.6, beta: 30 };
    const [alone] = [evaluate(beta.logDensity.value, bind(beta, args, [[beta.logDensity.variable, 0.01]]))];
    expect(logDensity(CASES[1] as Case, [0.01, 0.99])).toBeCloseTo(Number(alone), 11);
  });
});

describe("fits of draws give the parameters back", () => {
  const FITTED = CASES.filter(({ family }) => distribution(family).fit !== null);
  it.each(titled(FITTED))("$title", ({ case_ }) => {
    const { statistics, fit, parameters } = distribution(case_.family);
    if (statistics === null || fit === null) throw new Error("no fit");
    const found = draws(case_).map((y) =>
      statistics.values.map((e) =>
        evaluate(e, bind(distribution(case_.family), case_.args, [[statistics.variable, y]])),
      ),
    );
    const moments = statistics.values.map((_, i) => {
      const rows = found.map((row) => [row[i] ?? NaN].flat());
      return (rows[0] ?? []).map((__, j) => mean(rows.map((row) => row[j] ?? NaN)));
    });
    const fitted = named(
      case_,
      fit.values,
      fit.moments.map((m, i) => [m, moments[i] ?? NaN] as const),
    );
    for (const { name } of parameters) {
      const [values, truth] = [[fitted.get(name) ?? NaN].flat(), [case_.args[name] ?? NaN].flat()];
      // Logits are known up to a constant.
      const shift = name === "beta" ? mean(values) - mean(truth) : 0;
      values.forEach((x, i) => {
        const scale = name === "theta" ? 1 : Math.max(1, Math.abs(truth[i] ?? NaN));
        expect(Math.abs(x - shift - (truth[i] ?? NaN)) / scale).toBeLessThan(0.12);
      });
    }
  });

  it.each([[[1, 1, 1]], [[0.05, 3, 40]], [[1000, 2000, 500, 1]], [[1e5, 1e5]]])(
    "shapes %j exactly",
    (alpha) => {
      const whole = MEANING.digamma(alpha.reduce((a, b) => a + b, 0));
      const l = alpha.map((a) => MEANING.digamma(a) - whole);
      const { fit } = distribution("dirichlet");
      const [moment] = fit?.moments ?? [];
      if (fit === null || moment === undefined) throw new Error("no fit");
      const found = named({ family: "dirichlet", args: { alpha }, at: [] }, fit.values, [[moment, l]]).get(
        "alpha",
      );
      [found ?? NaN].flat().forEach((a, i) => {
        expect(Math.abs(a / (alpha[i] ?? NaN) - 1)).toBeLessThan(1e-6);
      });
    },
  );
});

const POINTS = 2;
/** The log density over [points, elements] of value and parameters, with its gradients by what is real. */
function programOf(case_: Case): {
  program: Program;
  inputs: Inputs;
  sizes: Record<string, number>;
} {
  const { args, at } = case_;
  const of = specialised(case_);
  const length = Number(constantValue(sizeOf(of)?.value ?? raise("a family of vectors without a size")));
  const graph = new Graph();
  const lowering = new ExpressionLowering(graph, []);
  const points = graph.axis("points", "plate");
  const input = ({ name, type: own }: Argument) => {
    const event = lowering.event(own);
    return graph.input(`in.${name}`, event === null ? [points] : [points, event]);
  };
  const nodes = of.parameters.map(input);
  const y = input(of.logDensity.variable);
  const density = lowering.logDensity(of, nodes, y, lowering.event(of.result));
  const wrt = [...of.parameters.flatMap((p, i) => (p.type.base === "int" ? [] : [nodes[i] ?? y])), y];
  const gradients = differentiate(graph, density, wrt);
  const outputs = [
    { name: "density", node: density, axes: [points] },
    ...wrt.map((node, i) => ({
      name: `by.${node.kind === "input" ? node.name : ""}`,
      node: gradients[i] ?? y,
      axes: node.axes,
    })),
  ];
  const sizes = Object.fromEntries([
    ["points", POINTS],
    ...lowering
      .eventAxes()
      .map(({ axis, size: { shape } }) => [axis, shape === undefined ? length : length ** 2] as const),
  ]);
  const program = schedule(
    graph,
    { name: "estimate", outputs, labels: new Map() },
    { sizes: new Map(Object.entries(sizes)), adapter: ADAPTER_CLASSES.software },
  );
  const repeat = (values: readonly Value[]): number[] =>
    Array.from({ length: POINTS }, (_, i) => values[i % values.length] ?? NaN).flat();
  const inputs = Object.fromEntries([
    ...Object.entries(args).map(([name, v]) => [`in.${name}`, repeat([v])] as const),
    [`in.${of.logDensity.variable.name}`, repeat(at)] as const,
  ]);
  return { program, inputs, sizes };
}

describe("derivatives are those of finite differences", () => {
  it.each(titled(CASES))("$title", async ({ case_ }) => {
    const { program, inputs, sizes } = programOf(case_);
    const outputs = await runReference(program, sizes, inputs);
    for (const [name, values] of outputs) {
      const of = name.replace("by.", "");
      const own = inputs[of];
      if (
        own === undefined ||
        (of === "in.y" && /^(categorical|multinomial|ordered_logistic)/.test(case_.family))
      )
        continue;
      for (let i = 0; i < own.length; i++) {
        const step = 1e-6;
        const at = async (by: number): Promise<number> => {
          const moved = Array.from(own, (x, j) => (i === j ? x + by : x));
          const density = (await runReference(program, sizes, { ...inputs, [of]: moved })).get("density");
          return density?.reduce((a, b) => a + b, 0) ?? NaN;
        };
        const difference = ((await at(step)) - (await at(-step))) / (2 * step);
        expect(Math.abs((values[i] ?? NaN) - difference), `${name} ${i}`).toBeLessThan(
          1e-6 * (100 + Math.abs(difference)),
        );
      }
    }
  });
});

describeOnDevice("on a device", (device) => {
  it.each(titled(CASES))("$title", async ({ case_ }) => {
    const { program, inputs, sizes } = programOf(case_);
    const wanted = await runReference(program, sizes, inputs);
    const found = await runOn(device(), program, sizes, inputs);
    for (const [name, values] of wanted)
      values.forEach((value, i) => {
        expect(Math.abs((found.get(name)?.[i] ?? NaN) - value)).toBeLessThan(
          1e-4 * Math.max(1, Math.abs(value)),
        );
      });
  });
});
