// From the final sets' draws to the summary: kept whole, remembered by points, weights of sets and tails.
import { describe, expect, it } from "vitest";
import { finishAll, PooledWeights } from "../../src/inference/pooled-weights.js";
import {
  ExactStore,
  makeStores,
  momentsOf,
  SketchStore,
  type Quantity,
} from "../../src/inference/posterior.js";
import type { Axis } from "../../src/ir/axis.js";

const axis = (name: string, role: Axis["role"]): Axis => ({ name, role, blocks: null, parent: null });
const [plate, event, particle] = [axis("p", "plate"), axis("i_2", "event"), axis("k_z", "particle")];
const K = 40;
const sizes = new Map([["p", 3], ["i_2", 2], ["k_z", K]]); // prettier-ignore

/** z[p, i_2], weights [p, k]. */
const quantity: Quantity = {
  name: "z",
  values: "particles.z",
  weights: "weights.z",
  elementAxes: [plate, event],
  particleAxes: [particle],
  weightAxes: [plate, particle],
  summed: new Set(),
};

const pseudo = (i: number): number => (((Math.sin(i * 78.233) * 43758.5453) % 1) + 1) % 1;

/** One set's outputs: element e's draws lie around e, those of larger value weigh more. */
function outputs(set: number): Map<string, Float64Array> {
  const values = Float64Array.from({ length: 6 * K }, (_, i) => Math.floor(i / K) + pseudo(i + 1000 * set));
  const raw = Float64Array.from({ length: 3 * K }, (_, i) => 1 + pseudo(i + 5000 + 1000 * set));
  const sums = [0, 1, 2].map((p) => raw.slice(p * K, (p + 1) * K).reduce((a, b) => a + b, 0));
  return new Map([
    ["particles.z", values],
    ["weights.z", raw.map((w, i) => w / (sums[Math.floor(i / K)] ?? 1))],
  ]);
}

const SETS = [0, 1, 2, 3];
const equal = SETS.map(() => 1 / SETS.length);

describe("ExactStore and SketchStore", () => {
  const pooled = new PooledWeights("weights.z", [plate, particle], sizes, new Set());
  const exact = new ExactStore(quantity, sizes, pooled);
  const sketch = new SketchStore(quantity, sizes, SETS.length, 1e6);
  for (const set of SETS) for (const each of [pooled, exact, sketch]) each.add(outputs(set));
  pooled.finish(equal);
  const rows = exact.rows(equal);
  const sketched = sketch.rows(equal);

  it("name elements by plates, then event, from 1", () => {
    expect(rows.map((r) => r.name)).toEqual(["z[1,1]", "z[1,2]", "z[2,1]", "z[2,2]", "z[3,1]", "z[3,2]"]);
  });

  it("give every element the moments of its own weighted draws", () => {
    const all = SETS.map((set) => outputs(set));
    rows.forEach((row, e) => {
      const values = all.flatMap((o) => [...(o.get("particles.z") ?? [])].slice(e * K, (e + 1) * K));
      const p = Math.floor(e / 2);
      const weights = all.flatMap((o) => [...(o.get("weights.z") ?? [])].slice(p * K, (p + 1) * K));
      const { mean, variance } = momentsOf(values, weights);
      // The weights' tail is light: smoothing hardly changes it.
      expect(row.mean).toBeCloseTo(mean, 3);
      expect(row.sd).toBeCloseTo(Math.sqrt(variance), 2);
      expect(row.q50).toBeGreaterThan(e + 0.3);
      expect(row.q50).toBeLessThan(e + 0.7);
      expect(row.ess).toBeGreaterThan(0.8 * values.length);
      expect(row.ess).toBeLessThanOrEqual(values.length);
    });
  });

  it("agree", () => {
    rows.forEach((row, e) => {
      const other = sketched[e];
      for (const key of ["mean", "sd", "q5", "q50", "q95"] as const)
        expect(Math.abs((other?.[key] ?? NaN) - row[key])).toBeLessThan(0.05);
    });
  });

  it("agree about quantiles over many sets where there is room for one point of each", () => {
    const small = new SketchStore(quantity, sizes, 200, 0);
    const many = Array.from({ length: 200 }, (_, set) => set);
    for (const set of many) small.add(outputs(SETS[set % SETS.length] ?? 0));
    const weights = many.map(() => 1 / many.length);
    small.rows(weights).forEach((row, e) => {
      for (const key of ["mean", "sd", "q5", "q50", "q95"] as const)
        expect(Math.abs(row[key] - (rows[e]?.[key] ?? NaN))).toBeLessThan(0.05);
    });
  });

  it("have an error of the mean that is that between sets", () => {
    const [row] = rows;
    const means = SETS.map((set) => {
      const o = outputs(set);
      const part = (name: string): Float64Array => (o.get(name) ?? new Float64Array()).slice(0, K);
      return momentsOf(part("particles.z"), part("weights.z")).mean;
    });
    const mean = means.reduce((a, b) => a + b, 0) / 4;
    const variance = means.reduce((sum, m) => sum + (m - mean) ** 2, 0) / 3;
    expect((row?.mcse_mean ?? NaN) / Math.sqrt(variance / 4)).toBeCloseTo(1, 1);
  });
});

describe("makeStores", () => {
  it("keeps draws while there is room, and points where there is none", () => {
    const { stores, weights } = makeStores([quantity], sizes, 4, 1e6);
    expect(stores[0]).toBeInstanceOf(ExactStore);
    expect([...weights.keys()]).toEqual(["weights.z"]);
    const cramped = makeStores([quantity], sizes, 4, 100);
    expect(cramped.stores[0]).toBeInstanceOf(SketchStore);
    expect(cramped.weights.size).toBe(0);
  });

  it("needs no weights for what depends on no latent", () => {
    const constant = { ...quantity, weights: null, particleAxes: [], weightAxes: [], elementAxes: [plate] };
    const { stores } = makeStores([constant], sizes, 2, 1e6);
    const values = new Map([["particles.z", Float64Array.from([7, 8, 9])]]);
    for (const store of stores) for (let set = 0; set < 2; set++) store.add(values);
    const rows = stores[0]?.rows([0.5, 0.5]) ?? [];
    expect(rows.map(({ mean, sd, mcse_mean, q50 }) => [mean, sd, mcse_mean, q50])).toEqual([
      [7, 0, 0, 7],
      [8, 0, 0, 8],
      [9, 0, 0, 9],
    ]);
  });
});

describe("finishAll", () => {
  it("lets a set that rests on one outer particle count for less", () => {
    const outer = new PooledWeights("weights.g", [particle], sizes, new Set());
    const even = Float64Array.from({ length: K }, (_, k) => (1 + 0.2 * pseudo(k)) / (1.1 * K));
    const single = even.map((w) => w * 0.02);
    single[3] = 0.98;
    for (let set = 0; set < 9; set++) outer.add(new Map([["weights.g", even]]));
    outer.add(new Map([["weights.g", single]]));
    const weights = finishAll([outer], () => true, new Array<number>(10).fill(0.1));
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(weights[9]).toBeLessThan(0.06);
    expect(weights[0]).toBeGreaterThan(0.1);
  });
});
