// A few elements of large plates: which they are, and that a start from them is one from the prior.
import { expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { runInference } from "../../src/inference/infer.js";
import { PlateSample, sampleLengths } from "../../src/inference/plate-sample.js";
import { DEFAULT_SETTINGS } from "../../src/inference/settings.js";
import { ExtendedSizes, rowsOfLengths, type Axis } from "../../src/ir/axis.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

const axis = (name: string, parent: Axis | null = null): Axis => ({
  name,
  role: "plate",
  blocks: null,
  parent,
});

it("keeps all rows of the elements that are kept", () => {
  const [states, films] = [axis("states"), axis("films")];
  const zips = axis("zips", states);
  const rows = rowsOfLengths("states", [2, 0, 3, 1]);
  const lengths = new Map([["states", 4], ["zips", 6], ["films", 2]]); // prettier-ignore
  const sizes = new ExtendedSizes(lengths, [], { rows: new Map([["zips", rows]]) });
  const sample = new PlateSample(sizes, new Map([["states", 2]]), [zips]);
  // The first and the third of the states, whose rows are 0, 1 and 2, 3, 4.
  expect([...sample.sizes]).toEqual([["states", 2], ["zips", 5], ["films", 2]]); // prettier-ignore
  expect(sample.sizes.rows?.get("zips")).toEqual(rowsOfLengths("states", [2, 3]));
  expect([states, zips, films].map((each) => sample.isPart(each))).toEqual([true, true, false]);
  const take = (axes: readonly Axis[], count: number): number[] =>
    Array.from(
      sample.take(
        Float64Array.from({ length: count }, (_, i) => i),
        axes,
      ),
    );
  expect(take([states], 4)).toEqual([0, 2]);
  expect(take([states, zips], 6)).toEqual([0, 1, 2, 3, 4]);
  expect(take([zips, films], 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(take([films, states], 8)).toEqual([0, 2, 4, 6]);
  expect(take([films], 2)).toEqual([0, 1]);
});

it("takes of the largest plates as few elements as it must, and all of series", () => {
  const [users, films, days] = [axis("users"), axis("films"), axis("days")];
  const sizes = new Map([["users", 100_000], ["films", 1000], ["days", 50_000]]); // prettier-ignore
  const lengths = (most: number): unknown =>
    Object.fromEntries(sampleLengths([[users], [users, films], [days]], sizes, most, new Set(["days"])));
  expect(lengths(1e9)).toEqual({});
  expect(lengths(1e7)).toEqual({ users: 6250 });
  expect(lengths(1e6)).toEqual({ users: 781 });
});

it("starts from the prior where elements are many", async () => {
  const text = `data { plate users; real y[users]; }
model { m ~ normal(3, 1); plate users { z ~ normal(m, 1); y ~ normal(z, 1); } }`;
  const { compiled, diagnostics } = compileSource({ path: "many.mpp", text });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  const users = 150_000;
  const data = {
    sizes: new Map([["users", users]]),
    arrays: new Map([["y", new Float64Array(users).fill(3)]]),
  };
  // Importance weighting is of the first guide.
  const settings = { ...DEFAULT_SETTINGS, method: "importance", particles: 2, finalDraws: 2 } as const;
  const { guide } = await runInference(compiled, data, createReferenceDevice(), settings);
  const mu = guide.get(BUFFERS.guide("z", "mu")) ?? new Float64Array();
  const sigma = guide.get(BUFFERS.guide("z", "sigma")) ?? new Float64Array();
  expect([mu.length, sigma.length]).toEqual([users, users]);
  expect(new Set(mu).size).toBe(1);
  // 64 draws of m have a standard error of 1 / 8.
  expect(Math.abs((mu[0] ?? NaN) - 3)).toBeLessThan(0.5);
  expect(Math.abs((sigma[users - 1] ?? NaN) - Math.SQRT2)).toBeLessThan(0.4);
});
