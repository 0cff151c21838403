// The path of the start's temper, on problems whose weights are known: particles of a normal, weighed by another.
import { describe, expect, it } from "vitest";
import { TemperPath } from "../../src/inference/tempering.js";

/**
 * Follows a path in a problem of `dimension` normals of precision 1 at temper 0 and `precision` at temper 1, with a guide
 * that is fitted exactly. Returns the accepted tempers and how many times particles were weighed.
 */
function follow(dimension: number, precision: number): { readonly tempers: number[]; readonly runs: number } {
  const at = (temper: number): number => 1 - temper + temper * precision;
  const path = new TemperPath();
  const tempers: number[] = [];
  let guide = 1;
  let runs = 0;
  while (!path.arrived) {
    const { temper } = path;
    const ratio = at(temper) / guide;
    // Effective share of the weights of N(0, 1) particles for a target of precision `ratio`: infinite variance below 1/2.
    const share = ratio <= 0.5 ? 0 : (Math.sqrt(2 * ratio - 1) / ratio) ** dimension;
    runs++;
    if (!path.accepts(share)) continue;
    tempers.push(temper);
    guide = at(temper);
  }
  return { tempers, runs };
}

describe("the temper's path", () => {
  it("is one step where the posterior is near", () => {
    expect(follow(1, 1.5)).toEqual({ tempers: [1], runs: 1 });
  });

  it.each([
    [1, 1e2],
    [1, 1e12],
    [10, 1e6],
    [10, 1e-6],
    [50, 1e4],
  ])("rises to 1 in dimension %i at precision %f, in steps that cost little more than one run", (d, p) => {
    const { tempers, runs } = follow(d, p);
    expect(tempers).toEqual(tempers.toSorted((a, b) => a - b));
    expect(tempers.at(-1)).toBe(1);
    expect(runs).toBeLessThan(2.5 * tempers.length + 10);
    expect(tempers.length).toBeLessThan(20 + 4 * Math.sqrt(d) * Math.abs(Math.log(p)));
  });

  it("ends where the weights never get better", () => {
    const path = new TemperPath();
    let runs = 0;
    while (!path.arrived && runs < 10_000) {
      path.accepts(runs++ % 3 === 0 ? NaN : 0.01);
    }
    expect(path.arrived).toBe(true);
    expect(runs).toBeLessThan(1000);
  });

  it("gives a poor guide time before it goes on", () => {
    const path = new TemperPath();
    path.accepts(0.1);
    expect(path.accepts(0.5)).toBe(true);
    const reached = 1 / (1 + Math.exp(2));
    for (let stay = 0; stay < 3; stay++) {
      expect(path.temper).toBeGreaterThan(reached);
      expect(path.accepts(0.1)).toBe(false);
      expect(path.temper).toBeCloseTo(reached, 12);
      expect(path.accepts(0.12)).toBe(true);
    }
    expect(path.accepts(0.1)).toBe(false);
    expect(path.accepts(0.12)).toBe(false);
    expect(path.temper).toBeGreaterThan(reached);
  });
});
