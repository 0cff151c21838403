// The fits by Newton's iterations: shapes of gamma and beta distributions from their exact moments, over many decades.
import { describe, expect, it } from "vitest";
import { MEANING } from "../../src/codegen-js/math.js";
import { evaluateFunction } from "../oracle/evaluate.js";
import { libraryFunction } from "./load.js";

const { digamma } = MEANING;
const call = (name: string, ...args: number[]): number => {
  const value = evaluateFunction(libraryFunction(name), args);
  if (typeof value !== "number") throw new Error(`'${name}' gives a vector`);
  return value;
};
const SHAPES = Array.from({ length: 37 }, (_, i) => 10 ** (-3 + i / 4));

describe("gamma_shape", () => {
  it.each(SHAPES)("finds %d", (shape) => {
    const excess = call("log_minus_digamma", shape);
    expect(Math.abs(call("gamma_shape", excess) / shape - 1)).toBeLessThan(1e-10);
  });
  it.each([0, -1, 1e-300, NaN])(
    "of an excess of %d, which rounding may give, is large and finite",
    (excess) => {
      const shape = call("gamma_shape", excess);
      expect(shape).toBeGreaterThan(1e8);
      expect(shape).toBeLessThan(2e9);
    },
  );
  it.each([1e4, 1e8])("of an excess of %d is small and positive", (excess) =>
    expect(call("gamma_shape", excess) * excess).toBeCloseTo(1, 2),
  );
});

describe("beta_shape", () => {
  const GRID = SHAPES.filter((_, i) => i % 4 === 0).flatMap((a) =>
    SHAPES.filter((_, i) => i % 4 === 2).map((b) => [a, b] as const),
  );
  it.each(GRID)("finds %d and %d", (a, b) => {
    // psi(a) - psi(a + b) without cancellation where a is large: the difference of the series' remainders.
    const minusWhole = (x: number, other: number): number =>
      x > 20
        ? -Math.log1p(other / x) - call("log_minus_digamma", x) + call("log_minus_digamma", x + other)
        : digamma(x) - digamma(x + other);
    const [l, r] = [minusWhole(a, b), minusWhole(b, a)];
    // The moments say as much about the shapes as float64 leaves of them.
    const tolerance = 1e-10 + (2e-14 * (a + b)) / Math.min(a, b, 1);
    expect(Math.abs(call("beta_shape", l, r) / a - 1)).toBeLessThan(tolerance);
    expect(Math.abs(call("beta_shape", r, l) / b - 1)).toBeLessThan(tolerance);
  });
  it.each([
    [Math.log(0.3), Math.log(0.7)],
    [Math.log(0.3), Math.log(0.70001)],
    [-1e-20, -50],
    [0, 0],
    [-700, -700],
    [-1e5, -1e-5],
  ])("of moments %d and %d without variance is positive and finite", (l, r) => {
    for (const shape of [call("beta_shape", l, r), call("beta_shape", r, l)]) {
      expect(shape).toBeGreaterThan(0);
      expect(shape).toBeLessThan(1e15);
    }
  });
});
