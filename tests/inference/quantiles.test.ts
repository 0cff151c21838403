// Weighted quantiles against their definition.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ascending,
  equalWeightPoints,
  orderStatistic,
  weightedQuantiles,
} from "../../src/inference/quantiles.js";

const weighted = fc.array(
  fc.tuple(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 5 })),
  { minLength: 1, maxLength: 30 },
);

describe("weightedQuantiles", () => {
  it("is the smallest value up to which the level's share of the weight lies", () => {
    fc.assert(
      fc.property(weighted, fc.double({ noNaN: true, min: 0.01, max: 0.99 }), (pairs, level) => {
        const total = pairs.reduce((sum, [, w]) => sum + w, 0);
        fc.pre(total > 0);
        const [q = NaN] = weightedQuantiles(pairs.map(([x]) => x), pairs.map(([, w]) => w), [level]); // prettier-ignore
        const upTo = (x: number): number => pairs.reduce((sum, [y, w]) => sum + (y <= x ? w : 0), 0);
        const below = pairs.reduce((sum, [y, w]) => sum + (y < q ? w : 0), 0);
        expect(upTo(q)).toBeGreaterThanOrEqual(level * total * (1 - 1e-9));
        expect(below).toBeLessThanOrEqual(level * total);
      }),
      { seed: 1 },
    );
  });

  it("takes several levels in one pass, as one by one", () => {
    const values = [3, 1, 2, 5, 4];
    const weights = [0.1, 0.2, 0.3, 0.3, 0.1];
    const levels = [0.05, 0.2, 0.5, 0.95];
    expect(weightedQuantiles(values, weights, levels)).toEqual(
      levels.flatMap((level) => weightedQuantiles(values, weights, [level])),
    );
    expect(weightedQuantiles(values, weights, levels)).toEqual([1, 1, 2, 5]);
  });

  it("gives nothing where there is no weight", () => {
    expect(weightedQuantiles([1, 2], [0, 0], [0.5])).toEqual([NaN]);
  });

  it("leaves draws without weight aside even if they are not numbers", () => {
    expect(weightedQuantiles([NaN, 1, 2], [0, 1, 1], [0.1, 0.9])).toEqual([1, 2]);
  });
});

it("ascending sorts stably with NaN last", () => {
  expect([...ascending([2, NaN, 1, 2])]).toEqual([2, 0, 3, 1]);
});

it("equalWeightPoints keep the quantiles of what they stand for within half a point's weight", () => {
  const values = Array.from({ length: 500 }, (_, i) => Math.sin(i * 12.9898) * 3);
  const weights = values.map((_, i) => 1 + Math.cos(i));
  const points = equalWeightPoints(values, weights, 50);
  const levels = [0.05, 0.25, 0.5, 0.75, 0.95];
  const few = weightedQuantiles(points, points.map(() => 1), levels); // prettier-ignore
  const lower = weightedQuantiles(values, weights, levels.map((p) => p - 0.0101)); // prettier-ignore
  const upper = weightedQuantiles(values, weights, levels.map((p) => p + 0.0101)); // prettier-ignore
  few.forEach((x, i) => {
    expect(x).toBeGreaterThanOrEqual(lower[i] ?? NaN);
    expect(x).toBeLessThanOrEqual(upper[i] ?? NaN);
  });
});

it("equalWeightPoints sample very many draws without sorting them", () => {
  const values = Array.from({ length: 20_000 }, (_, i) => Math.sin(i * 12.9898));
  const weights = values.map((x) => 1 + x); // favours large values: mean = E[x + x^2] = 1 / 2
  const points = equalWeightPoints(values, weights, 64);
  const mean = points.reduce((sum, x) => sum + x, 0) / 64;
  // The sd under these weights is 0.5; three standard errors of 64 independent points.
  expect(Math.abs(mean - 0.5)).toBeLessThan(3 * (0.5 / 8));
  expect(points).not.toEqual(points.toSorted((a, b) => a - b));
});

it("orderStatistic is what sorting would put at a rank, NaN last, and only reorders", () => {
  const value = fc.oneof(fc.double({ min: -10, max: 10 }), fc.integer({ min: 0, max: 3 }), fc.constant(NaN));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.nat(), (list, n) => {
      const sorted = Float64Array.from(list).sort();
      const values = Float64Array.from(list);
      const rank = n % list.length;
      expect(orderStatistic(values, rank) + 0).toBe((sorted[rank] ?? 0) + 0);
      expect(values.sort().map((x) => x + 0)).toEqual(sorted.map((x) => x + 0));
    }),
    { seed: 1 },
  );
});
