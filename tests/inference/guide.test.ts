// The guide's parameters: what a device can use, element by element; how far it is widened.
import { describe, expect, it } from "vitest";
import { accept, isUsable, widening, type GuideParameters } from "../../src/inference/guide.js";
import { isWithin, middle, TRIMMED } from "../../src/inference/prior-moments.js";
import type { GuideInterface } from "../../src/ir/interface.js";

const parameter = (name: string, scale: "identity" | "log" | "logit") =>
  ({ name, learned: true, fitted: true, over: [], event: null, scale }) as const;
const guide: GuideInterface = {
  latent: "z",
  family: "normal",
  parameters: [parameter("mu", "identity"), parameter("sigma", "log")],
  statistics: 2,
  squareOf: [null, 0],
  whole: false,
};

describe("isUsable", () => {
  it("asks for what float32 can hold, inside the parameter's range", () => {
    expect(isUsable(parameter("mu", "identity"), -1e30)).toBe(true);
    expect(isUsable(parameter("mu", "identity"), 1e39)).toBe(false);
    expect(isUsable(parameter("mu", "identity"), NaN)).toBe(false);
    expect(isUsable(parameter("sigma", "log"), 1e-30)).toBe(true);
    expect(isUsable(parameter("sigma", "log"), 1e-50)).toBe(false);
    expect(isUsable(parameter("p", "logit"), 0.5)).toBe(true);
    expect(isUsable(parameter("p", "logit"), 1)).toBe(false);
    expect(isUsable(parameter("p", "logit"), undefined)).toBe(false);
  });
});

describe("accept", () => {
  it("keeps all parameters of an element of which one is unusable, and counts it", () => {
    const parameters: GuideParameters = new Map([
      ["guide.z.mu", Float64Array.from([1, 2, 3])],
      ["guide.z.sigma", Float64Array.from([4, 5, 6])],
    ]);
    const fitted = new Map([
      ["new_guide.z.mu", Float64Array.from([10, 20, 30])],
      ["new_guide.z.sigma", Float64Array.from([40, 0, 60])],
    ]);
    expect(accept(guide, parameters, fitted, () => true)).toBe(1);
    expect([...(parameters.get("guide.z.mu") ?? [])]).toEqual([10, 2, 30]);
    expect([...(parameters.get("guide.z.sigma") ?? [])]).toEqual([40, 5, 60]);
  });

  it("changes only what it may", () => {
    const parameters: GuideParameters = new Map([["guide.z.mu", Float64Array.from([1])]]);
    const fitted = new Map([["new_guide.z.mu", Float64Array.from([10])]]);
    expect(accept(guide, parameters, fitted, (p) => p.name === "sigma")).toBe(0);
    expect([...(parameters.get("guide.z.mu") ?? [])]).toEqual([1]);
  });
});

it("widening doubles a scalar's spread, and does ever less to more numbers and to few particles", () => {
  expect(widening(1, 100)).toBe(2);
  const factors = [1, 2, 18, 69, 1000].map((d) => widening(d, 100));
  expect(factors).toEqual(factors.toSorted((a, b) => b - a));
  expect(widening(1000, 100)).toBeGreaterThan(1);
  expect(widening(1, 10)).toBeLessThan(1.5);
});

describe("middle", () => {
  const kept = (draws: Float64Array, trimmed: number): Float64Array => {
    const range = middle(draws, trimmed);
    return draws.filter((x) => isWithin(x, range));
  };

  it("leaves the outer shares out, whatever lies there", () => {
    const draws = Float64Array.from({ length: 100 }, (_, i) =>
      i === 7 ? Infinity : i === 8 ? NaN : i * 1e3,
    );
    const inner = kept(draws, TRIMMED.squared);
    expect(Math.min(...inner)).toBe(26e3);
    expect(Math.max(...inner)).toBe(75e3);
    expect(inner).toHaveLength(50);
  });

  it("takes all of discrete draws", () => {
    expect(kept(Float64Array.from([0, 1, 0, 0, 1, 0, 0, 0]), 0.25)).toHaveLength(8);
  });

  it("drops draws that no number of use can lie near", () => {
    expect(kept(Float64Array.from([1e300, 1, 2, 3, 4, -1e20]), 0.25).length).toBe(2);
    expect(kept(Float64Array.from([NaN, Infinity]), 0.25)).toHaveLength(0);
  });

  it("keeps to the near draws where most cannot be used", () => {
    const draws = Float64Array.from({ length: 100 }, (_, i) => (i < 20 ? i : i < 30 ? i * 1e7 : 1e300));
    expect(Math.max(...kept(draws, 0.05))).toBeLessThan(20);
  });
});
