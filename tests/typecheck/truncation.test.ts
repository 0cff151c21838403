// Truncated families: the density is that of the whole, over the probability in between; draws and supports stay inside.
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { stdUniform } from "../../src/codegen-js/random.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import type { Factor, TypedModel, Variable } from "../../src/typecheck/model.js";
import { MEANING } from "../../src/codegen-js/math.js";
import { evaluate, evaluateScalar, type Value } from "../oracle/evaluate.js";

function model(prior: string): TypedModel {
  const text = `data { plate rows; real y[rows]; real c; }
model { z ~ ${prior}; plate rows { y ~ normal(z, 1); } }`;
  const { checked, diagnostics } = checkSource({ path: "truncated.mpp", text });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  return checked.model;
}

function priorOf(of: TypedModel): Factor & { kind: "prior" } {
  const factor = of.factors.find((f) => f.kind === "prior");
  if (factor?.kind !== "prior") throw new Error("no prior");
  return factor;
}

/** The prior's log density at y, with the data c = 1.5. */
function densityAt(of: TypedModel, y: number): number {
  const { distribution, args } = priorOf(of);
  const values = bind(of);
  const { variable, value } = distribution.logDensity;
  values.set(variable, y);
  distribution.parameters.forEach((p, i) => values.set(p, args[i] ? evaluate(args[i], { values }) : NaN));
  return evaluateScalar(value, { values });
}
const bind = (of: TypedModel): Map<Variable, Value> =>
  new Map(of.data.filter((d) => d.name === "c").map((d) => [d, 1.5]));

const normal = (y: number, mu: number, sigma: number): number =>
  Math.exp(-0.5 * ((y - mu) / sigma) ** 2) / (sigma * Math.sqrt(2 * Math.PI));
const { Phi } = MEANING;

describe.each([
  ["normal(1, 2) T[0, ]", (y: number) => normal(y, 1, 2) / Phi(0.5), 0, Infinity],
  ["normal(1, 2) T[, c]", (y: number) => normal(y, 1, 2) / Phi(0.25), -Infinity, 1.5],
  ["normal(1, 2) T[-1, c]", (y: number) => normal(y, 1, 2) / (Phi(0.25) - Phi(-1)), -1, 1.5],
  ["normal(0, 1) T[6, 7]", (y: number) => normal(y, 0, 1) / (Phi(-6) - Phi(-7)), 6, 7],
  ["exponential(2) T[c, ]", (y: number) => 2 * Math.exp(-2 * (y - 1.5)), 1.5, Infinity],
  ["uniform(0, 10) T[-3, c]", () => 1 / 1.5, 0, 1.5],
  ["gamma(3, 2) T[c, ]", (y: number) => (4 * y * y * Math.exp(-2 * y)) / (8.5 * Math.exp(-3)), 1.5, Infinity],
  ["beta(2, 1) T[0.25, 0.75]", (y: number) => 4 * y, 0.25, 0.75],
  ["student_t(1, 0, 2) T[-2, 2]", (y: number) => 4 / (Math.PI * (4 + y * y)), -2, 2],
] as const)("%s", (prior, density, lower, upper) => {
  const of = model(prior);

  it("has the density of the whole, renormalised", () => {
    for (const share of [0.001, 0.3, 0.9]) {
      const y = Number.isFinite(lower)
        ? lower + share * (Number.isFinite(upper) ? upper - lower : 3)
        : upper - share * 3;
      expect(densityAt(of, y)).toBeCloseTo(Math.log(density(y)), 9);
    }
    if (Number.isFinite(lower)) expect(densityAt(of, lower - 0.01)).toBe(-1e30);
    if (Number.isFinite(upper)) expect(densityAt(of, upper + 0.01)).toBe(-1e30);
  });

  it("draws inside, with its mean", () => {
    const { distribution, args } = priorOf(of);
    const { draw } = distribution;
    if (draw === null) throw new Error("no draw");
    const draws = Array.from({ length: 2000 }, (_, particle) => {
      const values = bind(of);
      distribution.parameters.forEach((p, i) => values.set(p, args[i] ? evaluate(args[i], { values }) : NaN));
      const run = { seed: 1, iteration: 0, drawsFrom: "stratified" } as const;
      const random = (): number => stdUniform(0, 0, particle, 2000, run);
      return evaluateScalar(draw, { values, random });
    });
    for (const y of draws) expect(y >= lower && y <= upper).toBe(true);
    const [from, to] = [Math.max(lower, -12), Math.min(upper, 14)];
    const step = (to - from) / 20000;
    let truth = 0;
    for (let i = 0; i < 20000; i++)
      truth += (from + (i + 0.5) * step) * density(from + (i + 0.5) * step) * step;
    expect(Math.abs(draws.reduce((a, b) => a + b, 0) / 2000 - truth)).toBeLessThan(0.02);
  });
});

/** The masses from 0 to 12 of discrete families, by their textbooks. */
const factorial = (n: number): number => (n > 1 ? n * factorial(n - 1) : 1);
const DISCRETE = {
  "poisson(3)": (y: number) => (3 ** y * Math.exp(-3)) / factorial(y),
  "binomial(9, 0.3)": (y: number) =>
    y > 9 ? 0 : (factorial(9) / factorial(y) / factorial(9 - y)) * 0.3 ** y * 0.7 ** (9 - y),
  "geometric(0.25)": (y: number) => 0.25 * 0.75 ** y,
  "neg_binomial(2, 0.5)": (y: number) => (y + 1) * (1 / 3) ** 2 * (2 / 3) ** y,
} as const;

describe.each(
  Object.entries(DISCRETE).flatMap(([family, mass]) =>
    [
      [2, 5],
      [0, 3],
      [4, 12],
    ].map(([lower = 0, upper = 0]) => ({ family, mass, lower, upper })),
  ),
)("$family T[$lower, $upper]", ({ family, mass, lower, upper }) => {
  const of = model(`${family} T[${lower}, ${upper}]`);
  const counts = Array.from({ length: 13 }, (_, y) => y);
  const inside = (y: number): boolean => y >= lower && y <= upper;
  const total = counts.filter(inside).reduce((sum, y) => sum + mass(y), 0);

  it("has the masses of the whole, renormalised, both ends included", () => {
    for (const y of counts)
      if (inside(y) && mass(y) > 0) expect(densityAt(of, y)).toBeCloseTo(Math.log(mass(y) / total), 9);
      else expect(densityAt(of, y)).toBeLessThan(-1e29);
  });

  it("has finitely many values, which are summed over", () => {
    const end = family.startsWith("binomial") ? Math.min(upper, 9) : upper;
    expect(of.groups[0]?.support).toMatchObject({ lower: { value: lower }, upper: { value: end } });
  });

  it("draws every value as often as it should", () => {
    const { distribution, args } = priorOf(of);
    const { draw } = distribution;
    if (draw === null) throw new Error("no draw");
    const values = bind(of);
    distribution.parameters.forEach((p, i) => values.set(p, args[i] ? evaluate(args[i], { values }) : NaN));
    const drawn = Array.from({ length: 1000 }, (_, i) =>
      evaluateScalar(draw, { values, random: () => (i + 0.5) / 1000 }),
    );
    for (const y of counts) {
      const share = inside(y) ? mass(y) / total : 0;
      expect(Math.abs(drawn.filter((d) => d === y).length / 1000 - share)).toBeLessThan(0.0021);
    }
  });
});

it("bounds of ints are ints", () => {
  const text =
    "data { plate rows; int y[rows]; } model { m ~ gamma(2, 1); plate rows { y ~ poisson(m) T[0.5, ]; } }";
  const { checked, diagnostics } = checkSource({ path: "truncated.mpp", text });
  expect(checked).toBeNull();
  expect(renderDiagnostics(diagnostics)).toContain("the lower bound of a truncation");
});

it("the latent's values are those between the bounds, and its guide has them too", () => {
  const of = model("normal(1, 2) T[-1, c]");
  expect(of.guides.map((guide) => guide.distribution.name)).toEqual(["scaled_beta"]);
  expect(model("normal(1, 2) T[0, ]").guides[0]?.distribution.name).toBe("log_normal");
  expect(model("normal(1, 2) T[c, ]").guides[0]?.distribution.name).toBe("shifted_log_normal");
});
