// The product of a chain in log2(T) rounds against forward and backward passes step by step: values and derivatives.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { emitJs } from "../../src/codegen-js/emit.js";
import { chainProduct, isFirstStep, type ChainMethod } from "../../src/ir/chain.js";
import { ExtendedSizes, rowsOfLengths } from "../../src/ir/axis.js";
import { ADAPTER_CLASSES } from "../../src/ir/cost.js";
import { differentiate } from "../../src/ir/derivatives.js";
import { Graph } from "../../src/ir/node.js";
import { schedule } from "../../src/ir/schedule.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { generator } from "./random-model.js";

const K = 3;

/** The products of series of these lengths, each over its rows of the matrices [steps, state, past], and their sum's gradient. */
async function byKernelsOfRows(
  matrices: readonly number[],
  first: readonly number[],
  lengths: readonly number[],
  method: ChainMethod,
): Promise<{ values: readonly number[]; gradient: readonly number[]; firstGradient: readonly number[] }> {
  const g = new Graph();
  const series = g.axis("series", "plate");
  const along = g.axis("steps", "plate", null, series);
  const axis = g.axis("k", "particle");
  const previous = g.axis("k_prev", "particle", { of: "k", length: 1 });
  const later = g.input("matrices", [along, axis, previous]);
  const start = g.input("first", [series, axis]);
  const matrix = g.map("select", isFirstStep(g, along), start, later);
  const rows = rowsOfLengths("series", lengths);
  const known = [["series", lengths.length], ["steps", rows.parent.length], ["k", K]] as const; // prettier-ignore
  const sizes = new ExtendedSizes(new Map(known), [], { rows: new Map([["steps", rows]]) });
  const chain = { name: "x", matrix, along, state: [{ axis, previous }], plates: [series, along] };
  const { node } = chainProduct(g, chain, sizes, method);
  const total = g.reduce("sum", series, node);
  const [gradient = node, firstGradient = node] = differentiate(g, total, [later, start]);
  const outputs = [
    { name: "values", node, axes: [series] },
    { name: "gradient", node: gradient, axes: [series, along, axis, previous] },
    { name: "first_gradient", node: firstGradient, axes: [series, axis] },
  ];
  const program = schedule(
    g,
    { name: "estimate", outputs, labels: new Map() },
    { sizes, adapter: ADAPTER_CLASSES.software },
  );
  const device = createReferenceDevice();
  const loaded = await device.load({ program, js: emitJs(program), wgsl: {} }, sizes);
  loaded.write("matrices", matrices);
  loaded.write("first", first);
  const found = await loaded.run({ seed: 1, iteration: 0, drawsFrom: "stratified" });
  const of = (name: string): number[] => [...(found.get(name) ?? [])];
  return { values: of("values"), gradient: of("gradient"), firstGradient: of("first_gradient") };
}

/** Runs the product on matrices [steps, state, past] and first vectors [state]; `planned` steps may be more than there are. */
async function byKernels(
  matrices: readonly number[],
  first: readonly number[],
  steps: number,
  method: ChainMethod,
  planned = steps,
): Promise<{ value: number; gradient: readonly number[]; firstGradient: readonly number[] }> {
  const g = new Graph();
  const along = g.axis("steps", "plate");
  const axis = g.axis("k", "particle");
  const previous = g.axis("k_prev", "particle", { of: "k", length: 1 });
  const later = g.input("matrices", [along, axis, previous]);
  const start = g.input("first", [axis]);
  const matrix = g.map("select", isFirstStep(g, along), start, later);
  const sizes = new Map([
    ["steps", planned],
    ["k", K],
  ]);
  const chain = { name: "x", matrix, along, state: [{ axis, previous }], plates: [along] };
  const { node } = chainProduct(g, chain, sizes, method);
  const [gradient = node, firstGradient = node] = differentiate(g, node, [later, start]);
  const program = schedule(
    g,
    {
      name: "estimate",
      outputs: [
        { name: "value", node, axes: [] },
        { name: "gradient", node: gradient, axes: [along, axis, previous] },
        { name: "first_gradient", node: firstGradient, axes: [axis] },
      ],
      labels: new Map([[node, "value"]]),
    },
    { sizes, adapter: ADAPTER_CLASSES.software },
  );
  const loaded = await createReferenceDevice().load(
    { program, js: emitJs(program), wgsl: {} },
    new Map([...sizes, ["steps", steps]]),
  );
  loaded.write("matrices", matrices);
  if (program.buffers.some((b) => b.name === "first")) loaded.write("first", first);
  const outputs = await loaded.run({ seed: 1, iteration: 0, drawsFrom: "stratified" });
  const of = (name: string): number[] => [...(outputs.get(name) ?? [])];
  return { value: of("value")[0] ?? NaN, gradient: of("gradient"), firstGradient: of("first_gradient") };
}

const logSumExp = (terms: readonly number[]): number => {
  const most = Math.max(...terms);
  return most + Math.log(terms.reduce((sum, x) => sum + Math.exp(x - most), 0));
};
const states = Array.from({ length: K }, (_, k) => k);

/** The same by passing messages along the steps, one after the other. */
function bySteps(
  matrices: readonly number[],
  first: readonly number[],
  steps: number,
): { value: number; gradient: readonly number[]; firstGradient: readonly number[] } {
  const at = (t: number, k: number, past: number): number => matrices[(t * K + k) * K + past] ?? NaN;
  const forward: number[][] = [[...first]];
  for (let t = 1; t < steps; t++)
    forward.push(states.map((k) => logSumExp(states.map((p) => (forward[t - 1]?.[p] ?? NaN) + at(t, k, p)))));
  const backward: number[][] = [states.map(() => 0)];
  for (let t = steps - 1; t > 0; t--)
    backward.unshift(
      states.map((p) => logSumExp(states.map((k) => (backward[0]?.[k] ?? NaN) + at(t, k, p)))),
    );
  const value = logSumExp(forward.at(-1) ?? []);
  const gradient = Array.from({ length: steps }, (_, t) =>
    states.flatMap((k) =>
      states.map((p) =>
        t === 0
          ? 0
          : Math.exp((forward[t - 1]?.[p] ?? NaN) + at(t, k, p) + (backward[t]?.[k] ?? NaN) - value),
      ),
    ),
  ).flat();
  const firstGradient = states.map((k) => Math.exp((first[k] ?? NaN) + (backward[0]?.[k] ?? NaN) - value));
  return { value, gradient, firstGradient };
}

const worst = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...b.map((x, i) => Math.abs(x - (a[i] ?? NaN))));

describe("the product of a chain", () => {
  const example = (steps: number): { matrices: number[]; first: number[] } => {
    const random = generator(steps + 11);
    const some = (n: number): number[] => Array.from({ length: n }, () => 8 * random() - 6);
    return { matrices: some(steps * K * K), first: some(K) };
  };

  const lengths = [1, 2, 3, 5, 100, 1000];
  const cases = lengths.flatMap((steps) => [[steps, "rounds"] as const, [steps, "scan"] as const]);
  it.each(cases)("of %i steps by %s", async (steps, method) => {
    const { matrices, first } = example(steps);
    const found = await byKernels(matrices, first, steps, method);
    const expected = bySteps(matrices, first, steps);
    expect(Math.abs(found.value - expected.value)).toBeLessThan(
      1e-12 * Math.max(1, Math.abs(expected.value)),
    );
    expect(found.gradient).toHaveLength(expected.gradient.length);
    expect(worst(found.gradient, expected.gradient)).toBeLessThan(1e-10);
    expect(worst(found.firstGradient, expected.firstGradient)).toBeLessThan(1e-10);
  });

  it.each(["rounds", "scan"] as const)(
    "of series of uneven lengths is that of each alone by %s",
    async (method) => {
      const lengths = [3, 1, 0, 6, 2, 40, 0, 5];
      const steps = lengths.reduce((a, b) => a + b, 0);
      const random = generator(7);
      const some = (n: number): number[] => Array.from({ length: n }, () => 8 * random() - 6);
      const [matrices, first] = [some(steps * K * K), some(lengths.length * K)];
      const found = await byKernelsOfRows(matrices, first, lengths, method);
      let start = 0;
      for (const [i, length] of lengths.entries()) {
        const rows = [start * K * K, (start += length) * K * K] as const;
        const [own, from] = [matrices.slice(...rows), first.slice(i * K, (i + 1) * K)];
        const alone =
          length === 0
            ? { value: 0, gradient: [], firstGradient: from.map(() => 0) }
            : bySteps(own, from, length);
        expect(found.values[i]).toBeCloseTo(alone.value, 11);
        if (length > 0) expect(worst(found.gradient.slice(...rows), alone.gradient)).toBeLessThan(1e-10);
        expect(worst(found.firstGradient.slice(i * K, (i + 1) * K), alone.firstGradient)).toBeLessThan(1e-10);
      }
      expect(found.gradient).toHaveLength(matrices.length);
    },
  );

  it.each(["rounds", "scan"] as const)("planned for more steps is the same by %s", async (method) => {
    const { matrices, first } = example(5);
    const found = await byKernels(matrices, first, 5, method, 40);
    const expected = bySteps(matrices, first, 5);
    expect(found.value).toBeCloseTo(expected.value, 12);
    expect(worst(found.gradient, expected.gradient)).toBeLessThan(1e-12);
  });

  it("planned for fewer steps than a power of two below theirs is refused", async () => {
    const { matrices, first } = example(5);
    await expect(byKernels(matrices, first, 5, "rounds", 4)).rejects.toThrow(
      /planned for 4 elements of 'steps'/,
    );
  });
});

it("binds data of any length before the chain is planned for it", () => {
  const text = readFileSync(new URL("../fixtures/random_walk.mpp", import.meta.url), "utf8");
  const { checked } = checkSource({ path: "random_walk.mpp", text });
  const programs = checked?.compile({ programs: ["bounds", "estimate"], adapter: "gpu" }).compiled?.programs;
  expect(programs?.estimate?.program.longest).toEqual({ steps: expect.any(Number) as number });
  expect(programs?.bounds?.program.longest).toBeUndefined();
});
