// Random numbers: the published vectors of the generator, and the laws of what is made of them.
import { describe, expect, it } from "vitest";
import { MEANING } from "../../src/codegen-js/math.js";
import { SOBOL_DIMENSIONS, SOBOL_DIRECTIONS } from "../../src/ir/sobol.js";
import {
  permutedIndex,
  philox,
  stdGamma,
  stdUniform,
  uniformIndex,
  type RandomRun,
  type Words,
} from "../../src/codegen-js/random.js";

const IID: RandomRun = { seed: 42, iteration: 7, drawsFrom: "iid" };
const STRATIFIED: RandomRun = { ...IID, drawsFrom: "stratified" };
const SOBOL: RandomRun = { ...IID, drawsFrom: "sobol" };
const hex = (words: Words): string => words.map((w) => w.toString(16).padStart(8, "0")).join(" ");
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

describe("Philox4x32-10 gives the vectors of Random123's known-answer tests", () => {
  const ONES = 0xffffffff;
  it.each([
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [[ONES, ONES, ONES, ONES], [ONES, ONES], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ] as const)("counter %j, key %j", (counter, key, expected) =>
    expect(hex(philox(counter, key))).toBe(expected),
  );
});

describe("uniforms", () => {
  it("depend on every counter", () => {
    const base = stdUniform(1, 2, 3, 50, IID);
    const others = [
      stdUniform(2, 2, 3, 50, IID),
      stdUniform(1, 3, 3, 50, IID),
      stdUniform(1, 2, 4, 50, IID),
      stdUniform(1, 2, 3, 50, { ...IID, seed: 43 }),
      stdUniform(1, 2, 3, 50, { ...IID, iteration: 8 }),
    ];
    expect(new Set([base, ...others]).size).toBe(6);
    expect(stdUniform(1, 2, 3, 50, IID)).toBe(base);
  });

  it.each([1, 2, 7, 64, 256, 257, 1000, 1024])(
    "stratified, %d particles fall in as many strata",
    (particles) => {
      for (const element of range(20)) {
        const strata = range(particles).map((p) =>
          Math.floor(stdUniform(0, element, p, particles, STRATIFIED) * particles),
        );
        expect(strata.sort((a, b) => a - b)).toEqual(range(particles));
      }
    },
  );

  it("stratified, each particle visits every stratum equally often, and so do pairs of particles", () => {
    const [particles, elements] = [4, 24_000];
    const singles = new Map<string, number>();
    const pairs = new Map<string, number>();
    for (const element of range(elements)) {
      const strata = range(particles).map((p) =>
        Math.floor(stdUniform(0, element, p, particles, STRATIFIED) * particles),
      );
      strata.forEach((s, p) => singles.set(`${p}:${s}`, (singles.get(`${p}:${s}`) ?? 0) + 1));
      const key = strata.join();
      pairs.set(key, (pairs.get(key) ?? 0) + 1);
    }
    expect(singles.size).toBe(16);
    expect(pairs.size).toBe(24);
    for (const count of singles.values()) expect(Math.abs(count - 6000)).toBeLessThan(5 * Math.sqrt(4500));
    for (const count of pairs.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(960));
  });

  it("stratified, many particles and their pairs visit all thirds equally often", () => {
    const [particles, elements] = [300, 9000];
    const thirds = (p: number, element: number): number =>
      Math.floor(stdUniform(0, element, p, particles, STRATIFIED) * 3);
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [7, 263],
      [150, 299],
    ] as const) {
      // prettier-ignore
      const counts = new Float64Array(9);
      for (const e of range(elements)) {
        const cell = 3 * thirds(p, e) + thirds(q, e);
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
      // Two particles never share a stratum, so that pairs in the same third are slightly rarer.
      counts.forEach((count, cell) => {
        const probability = (cell % 4 === 0 ? 99 : 100) / (3 * 299);
        const sd = Math.sqrt(elements * probability);
        expect(Math.abs(count - elements * probability)).toBeLessThan(4.5 * sd);
      });
    }
  });

  it("permutations of elements, sites and iterations are unlike", () => {
    const order = (site: number, element: number, iteration: number): string =>
      range(30)
        .map((p) => Math.floor(stdUniform(site, element, p, 30, { ...STRATIFIED, iteration }) * 30))
        .join();
    const orders = [order(0, 0, 0), order(1, 0, 0), order(0, 1, 0), order(0, 0, 1)];
    expect(new Set(orders).size).toBe(4);
  });

  it("iid, have the moments of a uniform", () => {
    const us = range(40_000).map((p) => stdUniform(0, 0, p, 40_000, IID));
    expect(Math.abs(mean(us) - 1 / 2)).toBeLessThan(5 / Math.sqrt(12 * us.length));
    expect(Math.abs(mean(us.map((u) => u * u)) - 1 / 3)).toBeLessThan((5 * 0.3) / Math.sqrt(us.length));
    expect(Math.min(...us.slice(0, 1000))).toBeGreaterThan(0);
    expect(Math.max(...us.slice(0, 1000))).toBeLessThan(1);
  });
});

describe("indices", () => {
  it.each([1, 5, 32])("permuted, of %d particles each number falls to one", (particles) => {
    for (const run of [IID, STRATIFIED, SOBOL])
      for (const element of range(20)) {
        const picks = range(particles).map((p) => permutedIndex(particles, 4, element, p, particles, run));
        expect(picks.sort((a, b) => a - b)).toEqual(range(particles));
      }
  });

  it.each([
    [3, 7],
    [7, 3],
    [5, 5],
  ])("of %d numbers for %d particles, are equally likely for every particle", (count, particles) => {
    const elements = 9000;
    for (const pick of [permutedIndex, uniformIndex])
      for (const p of [0, particles - 1]) {
        const counts = range(count).map(() => 0);
        for (const e of range(elements)) {
          const i = pick(count, 9, e, p, particles, IID);
          counts[i] = (counts[i] ?? 0) + 1;
        }
        const expected = elements / count;
        for (const n of counts) expect(Math.abs(n - expected)).toBeLessThan(5 * Math.sqrt(expected));
      }
  });

  it("permuted, fall to as many particles as others, or one more", () => {
    for (const element of range(50)) {
      const counts = range(3).map(() => 0);
      for (const p of range(7)) {
        const i = permutedIndex(3, 4, element, p, 7, IID);
        counts[i] = (counts[i] ?? 0) + 1;
      }
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
      expect(Math.max(...counts)).toBeLessThanOrEqual(3);
    }
  });
});

describe("Sobol points", () => {
  /** Coordinate `c` of particle p of the set 5, for one element. */
  const coordinate = (c: number, element: number, p: number, particles: number, run = SOBOL): number =>
    stdUniform(100 + c, element, p, particles, run, 5, element, c);

  it("have the published directions", () => {
    // Point 37 of scipy.stats.qmc.Sobol(32, scramble=False), in its own order, times 64.
    const published = [
      41, 59, 47, 53, 31, 49, 45, 1, 61, 61, 19, 3, 43, 9, 61, 25, 45, 49, 53, 23, 23, 27, 17, 11, 21, 33, 5,
      11, 11, 37, 9, 35,
    ];
    const digits = SOBOL_DIRECTIONS.map((of) => ((of[0] ?? 0) ^ (of[2] ?? 0) ^ (of[5] ?? 0)) / 2 ** 10);
    expect(digits).toEqual(published);
    expect(SOBOL_DIMENSIONS).toBe(32);
  });

  it.each([2, 3, 8, 20, 64, 100])("%d of them fall in as many strata along every coordinate", (particles) => {
    for (const c of [0, 1, 7, 31, 32, 70])
      for (const element of range(10)) {
        const strata = range(particles).map((p) =>
          Math.floor(coordinate(c, element, p, particles) * particles),
        );
        expect(strata.sort((a, b) => a - b)).toEqual(range(particles));
      }
  });

  it("of the first two coordinates one falls into every box of equal volume", () => {
    for (const element of range(20))
      for (const [across, down] of [
        [16, 1],
        [8, 2],
        [4, 4],
        [2, 8],
        [1, 16],
      ] as const) {
        const boxes = range(16).map((p) => {
          const [x, y] = [coordinate(0, element, p, 16), coordinate(1, element, p, 16)];
          return Math.floor(x * across) * down + Math.floor(y * down);
        });
        expect(boxes.sort((a, b) => a - b)).toEqual(range(16));
      }
  });

  it.each([1, 3, 5, 8])("each of %d is uniform by itself, first and last alike", (particles) => {
    const elements = 12_000;
    for (const c of [0, 3, 40])
      for (const p of [0, particles - 1]) {
        const us = range(elements).map((element) => coordinate(c, element, p, particles));
        const bins = Array.from({ length: 12 }, () => 0);
        for (const u of us) bins[Math.floor(u * 12)] = (bins[Math.floor(u * 12)] ?? 0) + 1;
        for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000));
      }
  });

  it("of other sets, elements and iterations, and coordinates beyond the table, are independent", () => {
    const [particles, elements] = [7, 3000];
    const base = (e: number): number => coordinate(0, e, 3, particles) - 0.5;
    const others: readonly ((e: number) => number)[] = [
      (e) => stdUniform(1, e, 3, particles, SOBOL, 6, e, 0),
      (e) => coordinate(0, e + elements, 3, particles),
      (e) => coordinate(0, e, 3, particles, { ...SOBOL, iteration: 8 }),
      (e) => coordinate(32, e, 3, particles),
    ];
    for (const other of others) {
      const products = range(elements).map((e) => base(e) * (other(e) - 0.5) * 12);
      expect(Math.abs(mean(products))).toBeLessThan(5 / Math.sqrt(elements));
    }
  });

  it("each is uniform over pairs of coordinates, whatever their number", () => {
    const particles = 3;
    const elements = 18_000;
    for (const [c, d] of [
      [0, 1],
      [2, 34],
    ] as const)
      for (const p of range(particles)) {
        const cells = range(9).map(() => 0);
        for (const element of range(elements)) {
          const [x, y] = [c, d].map((of) => Math.floor(coordinate(of, element, p, particles) * 3));
          const cell = (x ?? 0) * 3 + (y ?? 0);
          cells[cell] = (cells[cell] ?? 0) + 1;
        }
        for (const count of cells) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(2000));
      }
  });

  it("without a set, or beyond 2^16, are stratified", () => {
    expect(coordinate(2, 0, 5, 70_000)).toBe(stdUniform(102, 0, 5, 70_000, STRATIFIED));
    expect(stdUniform(0, 1, 2, 10, SOBOL)).toBe(stdUniform(0, 1, 2, 10, STRATIFIED));
  });
});

describe.each([IID, STRATIFIED, SOBOL])("gammas from $drawsFrom draws", (run) => {
  it.each([0.05, 0.5, 1, 3, 40, 1e4])("of shape %d have its mean, variance and mean logarithm", (shape) => {
    const draws = range(200).flatMap((element) =>
      range(100).map((particle) => stdGamma(shape, 3, element, particle, 100, run)),
    );
    const n = draws.length;
    const kurtosis = 3 + 6 / shape;
    expect(Math.abs(mean(draws) - shape)).toBeLessThan(5 * Math.sqrt(shape / n));
    expect(Math.abs(mean(draws.map((x) => (x - shape) ** 2)) / shape - 1)).toBeLessThan(
      5 * Math.sqrt((kurtosis - 1) / n),
    );
    const logs = mean(draws.map((x) => Math.log(x)));
    expect(Math.abs(logs - MEANING.digamma(shape))).toBeLessThan(5 * Math.sqrt(MEANING.trigamma(shape) / n));
  });
});
