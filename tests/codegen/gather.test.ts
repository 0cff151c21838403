// Values at computed places: shifted, strided, renamed and looked up, on both devices, and their derivatives.
import { describe, expect, it } from "vitest";
import type { Axis, Sizes } from "../../src/ir/axis.js";
import { ADAPTER_CLASSES } from "../../src/ir/cost.js";
import { differentiate } from "../../src/ir/derivatives.js";
import { Graph, type Node } from "../../src/ir/node.js";
import { schedule } from "../../src/ir/schedule.js";
import type { Program } from "../../src/ir/program.js";
import { describeOnDevice } from "../device/adapter.js";
import { numbers, runOn, runReference } from "./agreement.js";

const SIZES = { steps: 7, k: 3, k_prev: 3, k_mid: 3, rows: 5, k_child: 3 };
const sizes: Sizes = new Map(Object.entries(SIZES));

type Case = { readonly name: string; readonly build: (g: Graph) => { readonly x: Node; readonly y: Node } };

const axes = (g: Graph): Record<keyof typeof SIZES | "pairs", Axis> => ({
  steps: g.axis("steps", "plate"),
  pairs: g.axis("pairs", "plate", { of: "steps", length: 2 }),
  rows: g.axis("rows", "plate"),
  k: g.axis("k", "particle"),
  k_prev: g.axis("k_prev", "particle"),
  k_mid: g.axis("k_mid", "particle"),
  k_child: g.axis("k_child", "particle"),
});

/** A weighted sum of everything, so that a mistake in any element shows. */
const total = (g: Graph, node: Node): Node => {
  const weight = node.axes.reduce(
    (w, axis, i) => g.add(w, g.mul(g.constant(0.3 + 0.2 * i), g.index(axis))),
    g.constant(0.7),
  );
  return g.reduceAll("sum", node.axes.toReversed(), g.mul(weight, node));
};

const CASES: readonly Case[] = [
  {
    name: "the step before, under another particle's name, with a first value",
    build: (g) => {
      const { steps, k, k_prev } = axes(g);
      const x = g.input("x", [steps, k]);
      const renamed = g.slide(g.stored("particles", g.map("square", x)), k, { to: k_prev, multiply: 1, add: 0 }); // prettier-ignore
      const before = g.slide(renamed, steps, { to: steps, multiply: 1, add: -1 }, 0.25);
      return { x, y: total(g, g.mul(before, x)) };
    },
  },
  {
    name: "adjacent pairs combined in log space, the odd one with the identity",
    build: (g) => {
      const { steps, pairs, k, k_prev, k_mid } = axes(g);
      const x = g.input("x", [steps, k]);
      const previous = g.slide(x, k, { to: k_prev, multiply: 1, add: 0 });
      const matrix = g.stored("matrix", g.mul(previous, g.sub(x, g.constant(0.4))));
      const first = g.slide(g.slide(matrix, k, { to: k_mid, multiply: 1, add: 0 }), steps, {
        to: pairs,
        multiply: 2,
        add: 0,
      });
      const present = g.map("lt", g.add(g.mul(g.constant(2), g.index(pairs)), g.constant(1)), g.size(steps));
      const second = g.slide(g.slide(matrix, k_prev, { to: k_mid, multiply: 1, add: 0 }), steps, {
        to: pairs,
        multiply: 2,
        add: 1,
      });
      const identity = g.map(
        "select",
        g.map("eq", g.index(k_mid), g.index(k)),
        g.constant(0),
        g.constant(-1e30),
      );
      const joined = g.add(first, g.map("select", present, second, identity));
      return { x, y: total(g, g.reduce("log_sum_exp", k_mid, joined)) };
    },
  },
  {
    name: "parents looked up by a table of places",
    build: (g) => {
      const { rows, k, k_child } = axes(g);
      const x = g.input("x", [rows, k]);
      const parent = g.map(
        "mod",
        g.add(g.mul(g.constant(2), g.index(k_child)), g.index(rows)),
        g.constant(3),
      );
      const child = g.gather(g.stored("parents", g.map("exp", x)), k, parent);
      return { x, y: total(g, g.map("square", child)) };
    },
  },
  {
    name: "a place that depends on an axis gathered afterwards",
    build: (g) => {
      const { steps, rows, k, k_child } = axes(g);
      const x = g.input("x", [rows, k]);
      const moving = g.gather(x, rows, g.map("mod", g.index(steps), g.constant(5)));
      const later = g.slide(moving, steps, { to: steps, multiply: 1, add: 2 });
      return { x, y: total(g, g.gather(g.map("sin", later), k, g.index(k_child))) };
    },
  },
];

function programOf(build: Case["build"]): Program {
  const g = new Graph();
  const { x, y } = build(g);
  const [gradient] = differentiate(g, y, [x]);
  const outputs = [
    { name: "y", node: y, axes: [] },
    { name: "gradient", node: gradient ?? y, axes: x.axes },
  ];
  const graph = { name: "estimate" as const, outputs, labels: new Map<Node, string>() };
  return schedule(g, graph, { sizes, adapter: ADAPTER_CLASSES.software });
}

const inputFor = (program: Program): Float64Array => {
  const buffer = program.buffers.find((b) => b.name === "x");
  const length = buffer?.axes.reduce((n, a) => n * (sizes.get(a.name) ?? NaN), 1) ?? 0;
  return numbers(length, -1, 1.3);
};

describe.each(CASES)("$name", ({ build }) => {
  it("has the derivative that differences give", async () => {
    const program = programOf(build);
    const x = inputFor(program);
    const at = async (values: Float64Array): Promise<number> =>
      (await runReference(program, SIZES, { x: values })).get("y")?.[0] ?? NaN;
    const gradient = (await runReference(program, SIZES, { x })).get("gradient");
    const step = 1e-5;
    for (let i = 0; i < x.length; i++) {
      const moved = (by: number): Float64Array => x.map((value, j) => (i === j ? value + by : value));
      const difference = ((await at(moved(step))) - (await at(moved(-step)))) / (2 * step);
      expect(gradient?.[i]).toBeCloseTo(difference, 6);
    }
  });
});

describeOnDevice("values at computed places", (device) => {
  it.each(CASES)("$name", async ({ build }) => {
    const program = programOf(build);
    const x = inputFor(program);
    const expected = await runReference(program, SIZES, { x });
    const found = await runOn(device(), program, SIZES, { x });
    for (const [name, values] of expected)
      values.forEach((value, i) =>
        expect(Math.abs((found.get(name)?.[i] ?? NaN) - value)).toBeLessThan(
          2e-5 * Math.max(1, Math.abs(value)),
        ),
      );
  });
});

it("gathers at known values, by hand", async () => {
  const g = new Graph();
  const { steps } = axes(g);
  const x = g.input("x", [steps]);
  const outputs = [
    { name: "before", node: g.slide(x, steps, { to: steps, multiply: 1, add: -1 }, -5), axes: [steps] },
    { name: "third", node: g.element(x, steps, 2), axes: [] },
  ];
  const program = schedule(
    g,
    { name: "estimate", outputs, labels: new Map() },
    { sizes, adapter: ADAPTER_CLASSES.software },
  );
  const found = await runReference(program, SIZES, { x: [1, 2, 3, 4, 5, 6, 7] });
  expect([...(found.get("before") ?? [])]).toEqual([-5, 1, 2, 3, 4, 5, 6]);
  expect(found.get("third")?.[0]).toBe(3);
});
