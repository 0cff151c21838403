// Moments on the host: what the device keeps of them, and what a fit sees.
import { describe, expect, it } from "vitest";
import {
  momentsForFit,
  rememberVariances,
  runningMoments,
  takeRunning,
  type LatentMoments,
} from "../../src/inference/moments.js";
import { BUFFERS } from "../../src/ir/interface.js";

const parameter = (name: string, scale: "identity" | "log") =>
  ({ name, learned: true, fitted: true, over: [], event: null, scale }) as const;

/** A normal guide of `z` with these cells of each element; its group's plates are the elements. */
function normalMoments(cells: readonly number[], mean: number, variance: number): LatentMoments {
  const count = Math.max(...cells) + 1;
  const moments: LatentMoments = {
    guide: {
      latent: "z",
      family: "normal",
      parameters: [parameter("mu", "identity"), parameter("sigma", "log")],
      statistics: 2,
      squareOf: [null, 0],
      whole: false,
    },
    group: "z",
    axes: [],
    raw: [new Float64Array(count).fill(mean), new Float64Array(count).fill(mean * mean + variance)],
    firstVariance: new Map(),
    noise: new Float64Array(count),
  };
  rememberVariances(moments);
  return moments;
}

describe("running moments", () => {
  it("are a mean and a variance, and come back as raw moments", () => {
    const moments = normalMoments([0, 1], 1000, 4);
    const running = runningMoments(moments, false);
    expect([...(running.get(BUFFERS.running("z", 0)) ?? [])]).toEqual([1000, 1000]);
    expect([...(running.get(BUFFERS.running("z", 1)) ?? [])]).toEqual([4, 4]);
    running.get(BUFFERS.running("z", 0))?.fill(7);
    running.get(BUFFERS.running("z", 1))?.fill(2);
    running.get(BUFFERS.noise("z"))?.fill(0.1);
    takeRunning(moments, running);
    expect(moments.raw.map((values) => [...values])).toEqual([[7, 7], [51, 51]]); // prettier-ignore
    expect([...moments.noise]).toEqual([0.1, 0.1]);
  });

  it("never have a negative variance", () => {
    const moments = normalMoments([0], 3, -1e-9);
    expect(runningMoments(moments, true).get(BUFFERS.running("z", 1))?.[0]).toBe(0);
    expect(runningMoments(moments, true).get(BUFFERS.given("z"))?.[0]).toBe(1);
  });
});

describe("momentsForFit", () => {
  const variance = (moments: LatentMoments): number => {
    const [mean, square] = momentsForFit(moments);
    return (square?.[0] ?? NaN) - (mean?.[0] ?? NaN) ** 2;
  };

  it("puts the variance of the running mean back", () => {
    const moments = normalMoments([0], 3, 2);
    moments.noise[0] = 0.2;
    expect(variance(moments)).toBeCloseTo(2 / 0.8, 12);
  });

  it("keeps variances above their floor", () => {
    const moments = normalMoments([0], 0, 1e6);
    moments.raw[1]?.fill(0);
    expect(variance(moments)).toBeGreaterThan(0);
    expect(variance(moments)).toBeLessThan(1e-12);
  });
});
