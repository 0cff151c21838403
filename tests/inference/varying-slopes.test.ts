// Intercepts and slopes that vary together, with a prior of their correlation: the fit finds what the data was drawn from.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { SummaryRow } from "../../src/inference/posterior.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { inferExample } from "../support/infer.js";

type Truth = Readonly<{
  mu: number[];
  tau: number[];
  sigma: number;
  correlation: number;
  beta: number[][];
}>;

it("recovers the truth of varying_slopes within its uncertainty", async () => {
  const path = new URL("../../examples/varying_slopes/truth.json", import.meta.url);
  const truth = JSON.parse(readFileSync(path, "utf8")) as Truth;
  const result = await inferExample("varying_slopes", createReferenceDevice(), {
    particles: 8,
    groupParticles: new Map([["middle", 20], ["spread", 20]]), // prettier-ignore
    seed: 5,
    finalDraws: 6,
  });
  const rows = new Map<string, SummaryRow>(result.summary.map((row) => [row.name, row]));
  /** How many posterior standard deviations a number is from its truth. */
  const distance = (name: string, value: number): number => {
    const { mean, sd } = rows.get(name) ?? { mean: NaN, sd: NaN };
    return Math.abs(mean - value) / sd;
  };
  const { mu, tau, sigma, correlation, beta } = truth;
  const globals: readonly (readonly [string, number])[] = [
    ...mu.map((x, i) => [`mu[${i + 1}]`, x] as const),
    ...tau.map((x, i) => [`tau[${i + 1}]`, x] as const),
    ["sigma", sigma],
    ["correlation", correlation],
  ];
  for (const [name, value] of globals) expect(distance(name, value), name).toBeLessThan(3);
  const distances = beta.flatMap((pair, cafe) =>
    pair.map((x, i) => distance(`beta[${cafe + 1},${i + 1}]`, x)),
  );
  // Of 40 standard normals the mean square has the standard error sqrt(2 / 40).
  const meanSquare = distances.reduce((sum, d) => sum + d * d, 0) / distances.length;
  expect(meanSquare).toBeLessThan(1 + 4 * Math.sqrt(2 / 40));
  // The data say that the correlation is not that of the prior, whose mean is 0.
  expect(rows.get("correlation")?.q95).toBeLessThan(-0.2);
  expect(rows.get("L[1,1]")).toMatchObject({ mean: 1, sd: 0 });
});
