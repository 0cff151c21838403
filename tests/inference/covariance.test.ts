// Covariances over several sets are those of all particles of all sets together, weighed.
import { expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { latentPairs, PairCovariance } from "../../src/inference/covariance.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { generator } from "../laws/random-model.js";

const MODEL = `data { plate t; real y[t]; }
model {
  a ~ normal(0, 1);
  plate t { vector[2] b ~ normal(a, 1); y ~ normal(sum(b), 1); }
}
`;
const SIZES = new Map([["t", 2], ["i_2", 2], ["k_a", 3], ["k_b", 4]]); // prettier-ignore

it("pools the sets by their weights", () => {
  const { compiled } = compileSource(
    { path: "m.mpp", text: MODEL },
    { programs: ["posterior"], joint: [["a", "b"]] },
  );
  const program = compiled?.programs.posterior;
  if (!compiled || !program) throw new Error("no program");
  const [pair] = latentPairs(compiled.interface, [["a", "b"]]);
  if (pair === undefined) throw new Error("no pair");
  const covariance = new PairCovariance(pair, compiled.interface, program, SIZES);
  expect(covariance.length).toBe(4);
  const random = generator(5);
  const fill = (length: number): Float64Array => Float64Array.from({ length }, random);
  const setWeights = [0.2, 0.5, 0.3];
  const sets = setWeights.map(() => {
    const joint = fill(2 * 3 * 4);
    for (const t of [0, 1]) {
      const own = joint.subarray(12 * t, 12 * (t + 1));
      const total = own.reduce((x, y) => x + y, 0);
      own.forEach((w, k) => (own[k] = w / total));
    }
    return new Map([
      [BUFFERS.particles("a"), fill(3)],
      [BUFFERS.particles("b"), fill(2 * 2 * 4)],
      [BUFFERS.joint(["a", "b"]), joint],
    ]);
  });
  const rows = covariance.rows(
    sets.map((set) => covariance.moments((name) => set.get(name))),
    setWeights,
    () => 1,
  );
  expect(rows.map((row) => row.names.join(" "))).toEqual(["a b[1,1]", "a b[1,2]", "a b[2,1]", "a b[2,2]"]);
  rows.forEach((row, r) => {
    const [t, i] = [Math.floor(r / 2), r % 2];
    const mean = (f: (a: number, b: number) => number): number =>
      sets.reduce((sum, set, s) => {
        const [a, b, joint] = [...set.values()];
        let own = 0;
        for (let ka = 0; ka < 3; ka++)
          for (let kb = 0; kb < 4; kb++)
            own += (joint?.[12 * t + 4 * ka + kb] ?? NaN) * f(a?.[ka] ?? NaN, b?.[8 * t + 4 * i + kb] ?? NaN);
        return sum + (setWeights[s] ?? NaN) * own;
      }, 0);
    const [ma, mb] = [mean((a) => a), mean((_, b) => b)];
    const sd = Math.sqrt(mean((a) => (a - ma) ** 2) * mean((_, b) => (b - mb) ** 2));
    expect(row.correlation).toBeCloseTo(mean((a, b) => (a - ma) * (b - mb)) / sd, 12);
    expect(row.covariance).toBe(row.correlation);
    expect(row.mcse).toBeGreaterThan(0);
  });
});
