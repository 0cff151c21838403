// The running moments: centring, averaging over shared parameters, flattening, floors, results that are not finite.
import { describe, expect, it } from "vitest";
import {
  centre,
  momentsForFit,
  rememberVariances,
  uncentred,
  update,
  type LatentMoments,
  type Step,
} from "../../src/inference/moments.js";
import { flattening } from "../../src/inference/schedule.js";
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
    cells: Int32Array.from(cells),
    groupElements: Int32Array.from(cells, (_, e) => e),
    raw: [new Float64Array(count).fill(mean), new Float64Array(count).fill(mean * mean + variance)],
    firstVariance: new Map(),
    noise: new Float64Array(count),
  };
  rememberVariances(moments);
  return moments;
}

/** What a device gives for weighted draws of each element. */
function deviceOutputs(
  moments: LatentMoments,
  draws: readonly (readonly number[])[],
  weights: readonly (readonly number[])[],
): Map<string, Float64Array> {
  const centres = centre(moments, 0);
  const expectation = (f: (d: number) => number, weighted: boolean): Float64Array =>
    Float64Array.from(draws, (z, e) =>
      z.reduce((sum, x, k) => {
        const w = weighted ? (weights[e]?.[k] ?? NaN) : 1 / z.length;
        return sum + w * f(x - (centres[moments.cells[e] ?? 0] ?? NaN));
      }, 0),
    );
  const square = (d: number): number => d * d;
  return new Map([
    [BUFFERS.statistic("z", 0), expectation((d) => d, true)],
    [BUFFERS.statistic("z", 1), expectation(square, true)],
    [BUFFERS.unweighted("z", 0), expectation((d) => d, false)],
    [BUFFERS.unweighted("z", 1), expectation(square, false)],
    [BUFFERS.weightSquares("z"), Float64Array.from(weights, (w) => w.reduce((sum, x) => sum + x * x, 0))],
  ]);
}

const step: Step = { weight: 1, particles: 4, stratified: true, startFromGuide: false };
const equal = [0.25, 0.25, 0.25, 0.25];

describe("uncentred", () => {
  it("gives raw means back from centred ones, however far the mean lies", () => {
    const draws = [1e6 + 0.1, 1e6 - 0.3, 1e6 + 0.2];
    const c = 1e6 + 0.05;
    const mean = (f: (x: number) => number): number => draws.reduce((sum, x) => sum + f(x) / 3, 0);
    const [m = NaN, m2 = NaN] = uncentred(
      { squareOf: [null, 0] },
      [mean((x) => x - c), mean((x) => (x - c) ** 2)],
      () => c,
    );
    expect(m).toBeCloseTo(1e6, 9);
    expect(m2 - m * m).toBeCloseTo((0.01 + 0.09 + 0.04) / 3, 3);
  });
});

describe("update", () => {
  it("takes the weighted moments where weights are equal", () => {
    const moments = normalMoments([0], 10, 4);
    const { nonFiniteElements } = update(moments, deviceOutputs(moments, [[9, 10, 11, 14]], [equal]), step);
    expect(nonFiniteElements).toBe(0);
    expect(moments.raw[0]?.[0]).toBeCloseTo(11, 12);
    expect(moments.raw[1]?.[0]).toBeCloseTo((81 + 100 + 121 + 196) / 4, 12);
  });

  it("averages with the past by the step's weight", () => {
    const moments = normalMoments([0], 10, 4);
    update(moments, deviceOutputs(moments, [[9, 10, 11, 14]], [equal]), { ...step, weight: 0.3 });
    expect(moments.raw[0]?.[0]).toBeCloseTo(0.7 * 10 + 0.3 * 11, 12);
  });

  it("moves cautiously on weights that rest on one particle", () => {
    const moments = normalMoments([0], 0, 1);
    const draws = [-1.5, -0.5, 0.5, 1.5];
    update(moments, deviceOutputs(moments, [draws], [[0, 0, 0, 1]]), step);
    expect(flattening(1, 4)).toBeCloseTo(0.7, 12);
    expect(moments.raw[0]?.[0]).toBeCloseTo(0.3 * 1.5, 12);
    const square = 0.3 * 2.25 + 0.7 * 1.25;
    const drift = 1 + 0.3 ** 2 * (1 - 1 / 4);
    expect(moments.raw[1]?.[0]).toBeCloseTo(0.45 ** 2 + drift * (square - 0.45 ** 2), 12);
  });

  it("averages the elements that share a parameter", () => {
    const moments = normalMoments([0, 0, 1], 0, 1);
    const draws = [[1, 1, 1, 1], [3, 3, 3, 3], [7, 7, 7, 7]]; // prettier-ignore
    update(moments, deviceOutputs(moments, draws, [equal, equal, equal]), step);
    expect([...(moments.raw[0] ?? [])]).toEqual([2, 7]);
  });

  it("leaves elements whose results are not finite where they were, and counts them", () => {
    const moments = normalMoments([0, 1], 5, 1);
    const draws = [[1, 1, 1, 1], [NaN, 3, 3, 3]]; // prettier-ignore
    const { nonFiniteElements } = update(moments, deviceOutputs(moments, draws, [equal, equal]), step);
    expect(nonFiniteElements).toBe(1);
    expect([...(moments.raw[0] ?? [])]).toEqual([1, 5]);
  });

  it("starts from the guide's own moments where the guide was given", () => {
    const moments = normalMoments([0], 100, 1);
    const draws = [[-1, -1, 1, 1]];
    update(moments, deviceOutputs(moments, draws, [equal]), { ...step, weight: 0.3, startFromGuide: true });
    expect(moments.raw[0]?.[0]).toBeCloseTo(0, 9);
    expect(moments.raw[1]?.[0]).toBeCloseTo(1, 9);
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

  it("neither shrinks nor blows up a guide whose weights say nothing, at full averaging weight", () => {
    // Weights of independent exponential draws, unrelated to the particles: the truth is the guide itself.
    let state = 12345;
    const uniform = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const scores = [-1.282, -0.524, 0, 0.524, 1.282].map((z) => z / 0.8759); // stratified: variance 1
    const logs: number[] = [];
    for (let run = 0; run < 40; run++) {
      const moments = normalMoments([0], 0, 1);
      for (let t = 0; t < 100; t++) {
        const [mean, square] = momentsForFit(moments);
        const m = mean?.[0] ?? NaN;
        const sd = Math.sqrt((square?.[0] ?? NaN) - m * m);
        const w = scores.map(() => -Math.log(uniform()));
        const total = w.reduce((sum, x) => sum + x, 0);
        const draws = [scores.map((z) => m + sd * z)];
        update(moments, deviceOutputs(moments, draws, [w.map((x) => x / total)]), { ...step, particles: 5 });
      }
      logs.push(Math.log(variance(moments)) / 2);
    }
    const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
    expect(Math.abs(mean)).toBeLessThan(1.5); // uncorrected, it would be about -6 after a hundred steps
  });
});
