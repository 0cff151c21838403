// The float64 operations against values computed with mpmath, and against their own laws.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MEANING } from "../../src/codegen-js/math.js";
import { applyRow, ARITY, type Op, OPS } from "../../src/ops.js";
import { ACCURACY } from "./accuracy.js";

type Reference = { readonly op: Op; readonly args: readonly number[]; readonly value: number };
const REFERENCES = JSON.parse(
  readFileSync(new URL("references.json", import.meta.url), "utf8"),
) as readonly Reference[];

describe.each([...new Set(REFERENCES.map((r) => r.op))])("%s", (op) => {
  it("agrees with mpmath", () => {
    const { floor, float64 } = ACCURACY[op];
    for (const { args, value } of REFERENCES.filter((r) => r.op === op)) {
      const error = Math.abs(applyRow(MEANING, op, args) - value);
      const scale = Math.max(floor, Math.abs(value), 1e-300);
      expect(error / scale, `${op}(${args.join(", ")}) should be ${value}`).toBeLessThanOrEqual(float64);
    }
  });
});

describe("every operation", () => {
  it.each(OPS)("%s takes as many arguments as its arity says", (op) =>
    expect(MEANING[op].length || ARITY[op]).toBe(ARITY[op]),
  );
});

describe("conventions", () => {
  it.each([
    ["max", [NaN, 2], 2],
    ["min", [NaN, 2], 2],
    ["pow", [-2, 3], -8],
    ["pow", [-2, -1], -0.5],
    ["pow", [0, 0], 1],
    ["int_div", [-7, 2], -3],
    ["int_div", [7, 2], 3],
    ["mod", [-7, 2], -1],
    ["mod", [7, -2], 1],
    ["round", [2.5], 3],
    ["round", [-2.5], -3],
    ["round", [0.49999999999999994], 0],
    ["log", [0], -Infinity],
    ["inv_logit", [-745], Math.exp(-745)],
    ["inv_logit", [1000], 1],
    ["log1p_exp", [1000], 1000],
    ["lgamma", [0], Infinity],
    ["lgamma", [1], 0],
    ["lgamma", [2], 0],
    ["inv_Phi", [0], -Infinity],
    ["inv_Phi", [1], Infinity],
    ["erf", [7], 1],
    ["erfc", [-7], 2],
    ["Phi", [9], 1],
    ["select", [2, 3, 4], 3],
    ["select", [0, 3, 4], 4],
    ["and", [2, 0], 0],
    ["or", [2, 0], 1],
    ["not", [2], 0],
    ["poisson_quantile", [0.999, 0], 0],
    ["binomial_quantile", [0.3, 0, 0.5], 0],
    ["binomial_quantile", [0.3, 9, 0], 0],
    ["binomial_quantile", [0.3, 9, 1], 9],
  ] as const)("%s(%j) is %d", (op, args, value) => expect(applyRow(MEANING, op, args)).toBe(value));

  it.each(["lgamma", "digamma", "trigamma"] as const)("%s of a negative number is not a number", (op) =>
    expect(MEANING[op](-0.5)).toBeNaN(),
  );
});

describe("laws", () => {
  it("Phi undoes inv_Phi", () => {
    for (let u = 1e-12; u < 1; u = Math.max(2 * u, u + 0.003))
      expect(MEANING.Phi(MEANING.inv_Phi(u)) / u).toBeCloseTo(1, 12);
  });
  it("quantiles do not fall as u grows, nor as the rate grows", () => {
    for (const rate of [0.2, 4, 9.9, 10, 40, 1e3, 1e12]) {
      let last = 0;
      for (let i = 1; i < 500; i++) {
        const y = MEANING.poisson_quantile(i / 500, rate);
        expect(y).toBeGreaterThanOrEqual(last);
        expect(MEANING.poisson_quantile(i / 500, rate * 1.01)).toBeGreaterThanOrEqual(y);
        last = y;
      }
    }
  });
  it("a huge Poisson's quantiles are the normal's to within a count per thousand deviations", () => {
    const sd = 1e6;
    for (const u of [0.001, 0.2, 0.5, 0.999])
      expect((MEANING.poisson_quantile(u, sd * sd) - sd * sd) / sd).toBeCloseTo(MEANING.inv_Phi(u), 5);
  });
});
