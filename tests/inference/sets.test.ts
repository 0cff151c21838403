// Combining sets of particles: weights by evidence, tempering, errors by the delta method.
import { describe, expect, it } from "vitest";
import {
  combinedEvidence,
  combineSets,
  effectiveSize,
  LEAST_SHARE,
  setWeights,
} from "../../src/inference/sets.js";
import { momentsOf } from "../../src/inference/posterior.js";

describe("setWeights", () => {
  it("are in proportion to the evidence, however small that is", () => {
    const { weights, power } = setWeights([-5000, -5000 + Math.log(1.5), -5000, -5000]);
    expect(power).toBe(1);
    [2 / 9, 3 / 9, 2 / 9, 2 / 9].forEach((w, i) => expect(weights[i]).toBeCloseTo(w, 12));
  });

  it("are tempered just so far that nearly all sets count", () => {
    const evidences = Array.from({ length: 20 }, (_, s) => -3 * s);
    const { weights, power, effective } = setWeights(evidences);
    expect(power).toBeLessThan(1);
    expect(effective).toBeLessThan(1.2);
    expect(effectiveSize(weights)).toBeCloseTo(LEAST_SHARE * 20, 6);
    expect(weights).toEqual(weights.toSorted((a, b) => b - a));
  });
});

describe("combineSets", () => {
  const sets = [
    { mean: 1, variance: 2, weightSquares: 0.1 },
    { mean: 2, variance: 1, weightSquares: 0.2 },
    { mean: 4, variance: 3, weightSquares: 0.5 },
  ];

  it("equals the moments of the pool of all draws", () => {
    const draws = [
      { x: [0, 1, 5], w: [0.2, 0.5, 0.3] },
      { x: [2, -1, 3], w: [0.6, 0.1, 0.3] },
    ];
    const weights = [0.3, 0.7];
    const pool = momentsOf(
      draws.flatMap((d) => d.x),
      draws.flatMap((d, s) => d.w.map((w) => w * (weights[s] ?? 0))),
    );
    const combined = combineSets(draws.map((d) => momentsOf(d.x, d.w)), weights); // prettier-ignore
    expect(combined.mean).toBeCloseTo(pool.mean, 12);
    expect(combined.sd ** 2).toBeCloseTo(pool.variance, 12);
    expect(combined.ess).toBeCloseTo(1 / pool.weightSquares, 12);
  });

  it("has for equal weights the textbook's standard error", () => {
    const { mean, mcse } = combineSets(sets, [1 / 3, 1 / 3, 1 / 3]);
    expect(mean).toBeCloseTo(7 / 3, 12);
    const variance = ((1 - 7 / 3) ** 2 + (2 - 7 / 3) ** 2 + (4 - 7 / 3) ** 2) / 2;
    expect(mcse).toBeCloseTo(Math.sqrt(variance / 3), 12);
  });

  it("leaves sets without weight out, whatever they hold", () => {
    const bad = { mean: NaN, variance: NaN, weightSquares: NaN };
    expect(combineSets([...sets, bad], [0.2, 0.3, 0.5, 0])).toEqual(combineSets(sets, [0.2, 0.3, 0.5]));
  });
});

it("combinedEvidence is the log of the mean, with the delta method's error", () => {
  const { logEvidence, mcse } = combinedEvidence([-1000 + Math.log(2), -1000 + Math.log(4), -Infinity]);
  expect(logEvidence).toBeCloseTo(-1000 + Math.log(2), 12);
  expect(mcse).toBeCloseTo(Math.sqrt(4 / 3) / 2, 12);
});
