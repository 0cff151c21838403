// Pareto smoothing: the fit against known distributions, and what it does to weights.
import { describe, expect, it } from "vitest";
import { fitGeneralisedPareto, paretoQuantile, smoothTail } from "../../src/inference/pareto.js";

/** Evenly spread draws of a generalised Pareto distribution: its quantiles at (i + 1/2) / n. */
const draws = (n: number, shape: number, scale: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => paretoQuantile((i + 0.5) / n, shape, scale));

describe("fitGeneralisedPareto", () => {
  it.each([
    [-0.3, 2],
    [0, 1],
    [0.4, 0.5],
    [0.9, 3],
  ])("finds shape %f and scale %f", (shape, scale) => {
    const fit = fitGeneralisedPareto(draws(2000, shape, scale));
    // The prior pulls the shape towards 0.5 by 10 of 2010 observations; the rest is the estimator's own.
    expect(Math.abs(fit.shape - shape)).toBeLessThan(0.05);
    expect(Math.abs(fit.scale / scale - 1)).toBeLessThan(0.05);
  });
});

it("paretoQuantile inverts 1 - (1 + k x / s)^(-1 / k)", () => {
  for (const shape of [-0.5, 0.2, 1.5]) {
    const x = paretoQuantile(0.9, shape, 2);
    expect(1 - (1 + (shape * x) / 2) ** (-1 / shape)).toBeCloseTo(0.9, 12);
  }
  expect(paretoQuantile(0.9, 0, 2)).toBeCloseTo(-2 * Math.log(0.1), 12);
});

describe("smoothTail", () => {
  const light = (): Float64Array =>
    Float64Array.from({ length: 1000 }, (_, i) => 1 + Math.sin(i * 12.9898) ** 2);

  it("cuts a weight that stands out down, and leaves what is not in the tail alone", () => {
    const weights = light();
    weights[17] = 500;
    const before = weights.slice();
    smoothTail(weights);
    expect(weights[17]).toBeLessThan(150);
    expect(weights[17]).toBe(Math.max(...weights));
    const changed = [...weights].filter((w, i) => w !== before[i]).length;
    expect(changed).toBeLessThanOrEqual(Math.ceil(3 * Math.sqrt(1000)));
  });

  it("keeps the order of the weights", () => {
    const weights = light();
    const before = weights.slice();
    smoothTail(weights);
    const order = (values: Float64Array): number[] =>
      [...values.keys()].sort((a, b) => (before[a] ?? 0) - (before[b] ?? 0));
    const sorted = order(weights).map((i) => weights[i] ?? NaN);
    expect(sorted).toEqual(sorted.toSorted((a, b) => a - b));
  });

  it("says of a light tail that it is light, and of a heavy one that it is heavy", () => {
    expect(smoothTail(light()).shape).toBeLessThan(0.3);
    const heavy = Float64Array.from(draws(1000, 1.5, 1));
    expect(smoothTail(heavy).shape).toBeGreaterThan(1);
  });

  it("leaves equal weights and few weights as they are", () => {
    const equal = new Float64Array(100).fill(0.01);
    expect(smoothTail(equal).shape).toBeNaN();
    expect(new Set(equal)).toEqual(new Set([0.01]));
    const few = Float64Array.from([1, 2, 3, 4]);
    expect(smoothTail(few).shape).toBeNaN();
    expect([...few]).toEqual([1, 2, 3, 4]);
  });
});
