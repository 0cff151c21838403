// The fit with default settings against known posteriors: long NUTS runs, and a public posterior database's draws.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeOnDevice } from "./device/adapter.js";
import { inferExample } from "./support/infer.js";

type Reference = {
  readonly parameters: Readonly<Record<string, { readonly mean: number; readonly sd: number }>>;
};

const reference = (name: string): Reference =>
  JSON.parse(readFileSync(new URL(`./references/${name}.json`, import.meta.url), "utf8")) as Reference;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Errors of means in posterior standard deviations, of standard deviations as shares. */
const BARS = { mean: 0.1, medianMean: 0.02, sd: 0.2, medianSd: 0.03 };
const SEEDS = [1, 2, 3, 4, 5];
const CASES = ["radon", "eight_schools"].flatMap((name) => SEEDS.map((seed) => [name, seed] as const));

describeOnDevice("posteriors at K = 20", (device) => {
  it.each(CASES)("%s, seed %i", async (name, seed) => {
    const { summary } = await inferExample(name, device(), { particles: 20, seed });
    const rows = new Map(summary.map((row) => [row.name, row]));
    const truth = Object.entries(reference(name).parameters);
    const means = truth.map(([key, { mean, sd }]) => Math.abs((rows.get(key)?.mean ?? NaN) - mean) / sd);
    const sds = truth.map(([key, { sd }]) => Math.abs((rows.get(key)?.sd ?? NaN) / sd - 1));
    expect(Math.max(...means)).toBeLessThan(BARS.mean);
    expect(median(means)).toBeLessThan(BARS.medianMean);
    expect(Math.max(...sds)).toBeLessThan(BARS.sd);
    expect(median(sds)).toBeLessThan(BARS.medianSd);
  });
});

describeOnDevice("posteriors with discrete latents summed out, at K = 30", (device) => {
  it.each(["mixture", "basketball"])("%s", { timeout: 240_000 }, async (name) => {
    const { summary, warnings } = await inferExample(name, device(), { particles: 30 });
    const rows = new Map(summary.map((row) => [row.name, row]));
    for (const [key, { mean, sd }] of Object.entries(reference(name).parameters)) {
      expect(Math.abs((rows.get(key)?.mean ?? NaN) - mean) / sd).toBeLessThan(0.1);
      expect(Math.abs((rows.get(key)?.sd ?? NaN) / sd - 1)).toBeLessThan(0.1);
    }
    expect(warnings).toEqual([]);
  });
});

describeOnDevice("weights that collapse", (device) => {
  const cases = ["movielens", "bus_breakdown"].flatMap((name) =>
    [0.3, 0.5, 1].map((a) => [name, a] as const),
  );
  it.each(cases)("%s, averaging weight %f: slowed, not broken", async (name, averagingWeight) => {
    // From the prior: the tempered start would have done the climbing already.
    const settings = {
      start: "prior",
      particles: 10,
      averagingWeight,
      iterations: 60,
      finalDraws: 3,
    } as const;
    const result = await inferExample(name, device(), settings);
    for (const { logEvidence } of result.trace) expect(Number.isFinite(logEvidence)).toBe(true);
    for (const row of result.summary) {
      expect(Number.isFinite(row.mean)).toBe(true);
      expect(row.sd).toBeGreaterThan(0);
    }
    const [first, last] = [result.trace[0]?.logEvidence, result.trace.at(-1)?.logEvidence];
    if (averagingWeight < 1) expect(last ?? NaN).toBeGreaterThan(first ?? NaN);
  });
});
