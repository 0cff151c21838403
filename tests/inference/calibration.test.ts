// The probability of ranks as far from uniform as some are, against simulation; and what departures are called.
import { describe, expect, it } from "vitest";
import { bands, verdicts, type Ranks } from "../../src/inference/calibration.js";
import { uniforms } from "../../src/inference/sbc.js";

const ranksBy = (draws: number, count: number, draw: () => number): Ranks => ({
  name: "x",
  draws,
  ranks: Array.from({ length: count }, () => Math.min(draws, Math.floor(draw() * (draws + 1)))),
});

describe("the probability of ranks", () => {
  it("is uniform itself, but for its steps, where ranks are", () => {
    const uniform = uniforms(1);
    const n = 1000;
    const ps = Array.from({ length: n }, () => verdicts([ranksBy(15, 60, uniform)], 0.01)[0]?.p ?? NaN);
    for (const level of [0.01, 0.05, 0.2, 0.5]) {
      const share = ps.filter((p) => p <= level).length / n;
      // Never more often than the level, within four standard errors, and not much less.
      expect(share).toBeLessThan(level + 4 * Math.sqrt((level * (1 - level)) / n));
      expect(share).toBeGreaterThan(0.6 * level - 4 * Math.sqrt((level * (1 - level)) / n));
    }
  });

  it("makes bands that uniform ranks leave as often as the level says", () => {
    const found = bands(15, 60, 0.1);
    const uniform = uniforms(2);
    let outside = 0;
    for (let i = 0; i < 2000; i++) {
      const { ranks } = ranksBy(15, 60, uniform);
      const isOut = found.some(({ from, to }, r) => {
        const count = ranks.filter((rank) => rank <= r).length;
        return count < from || count > to;
      });
      if (isOut) outside++;
    }
    expect(outside / 2000).toBeLessThan(0.1 + 0.03);
    expect(outside / 2000).toBeGreaterThan(0.05);
  });

  it.each([
    ["too narrow", (u: number) => (u < 0.5 ? u * u * 2 : 1 - 2 * (1 - u) * (1 - u))],
    ["too wide", (u: number) => 0.5 + Math.sign(u - 0.5) * 2 * (u - 0.5) * (u - 0.5)],
    ["too high", (u: number) => u * u],
    ["too low", (u: number) => Math.sqrt(u)],
  ])("names a posterior that is %s", (name, bend) => {
    const uniform = uniforms(3);
    const [verdict] = verdicts([ranksBy(31, 200, () => bend(uniform()))], 0.01);
    expect(verdict?.departure).toBe(name);
    expect(verdict?.p).toBeLessThan(0.001);
  });

  it("is corrected for the number of quantities: all together err as often as the level says", () => {
    const uniform = uniforms(4);
    const [families, level] = [150, 0.2];
    let wrong = 0;
    for (let i = 0; i < families; i++) {
      const all = Array.from({ length: 20 }, () => ranksBy(15, 60, uniform));
      if (verdicts(all, level).some((v) => v.departure !== null)) wrong++;
    }
    const error = Math.sqrt((level * (1 - level)) / families);
    expect(wrong / families).toBeLessThan(level + 4 * error);
    expect(wrong).toBeGreaterThan(0);
  });
});
