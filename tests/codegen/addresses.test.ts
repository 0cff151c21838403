// Addresses against their definition: the row-major offset of a point, whatever was hoisted out of which loop.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bug } from "../../src/diagnostic.js";
import { lowerAddresses, type AddressedStatement, type Index, type Walk } from "../../src/ir/addresses.js";
import type { Axis } from "../../src/ir/axis.js";
import type { Kernel, Statement, Subscript } from "../../src/ir/program.js";
import { buffer, kernel, literal, load, loop, particle, plate, store } from "./programs.js";

const AXES = ["a", "b", "c", "d"].map(plate);
const SIZES = new Map([["a", 2], ["b", 3], ["c", 4], ["d", 5]]); // prettier-ignore
const sizeOf = (axis: Axis): number => SIZES.get(axis.name) ?? NaN;

/** Every point of the axes in row-major order, as indices by axis name. */
const points = (axes: readonly Axis[]): Map<string, number>[] =>
  axes.reduce(
    (outer: Map<string, number>[], axis) =>
      outer.flatMap((point) =>
        Array.from({ length: sizeOf(axis) }, (_, i) => new Map([...point, [axis.name, i]])),
      ),
    [new Map<string, number>()],
  );

/** Follows the addressed kernel to its only store at every point; gives the offsets there, in order. */
function storedAt(source: Kernel, axes: readonly Axis[], walk: Walk): number[] {
  const { levels, body } = lowerAddresses(source, [buffer("table", "t", [...axes])], walk);
  const found: number[] = [];
  const visit = (s: AddressedStatement, at: Map<string, number>, names: Map<string, number>): void => {
    const value = (i: Index): number => {
      switch (i.kind) {
        case "number":
          return i.value;
        case "axis":
          return at.get(i.axis.name) ?? NaN;
        case "size":
        case "stride":
          return sizeOf(i.axis);
        case "name":
          return names.get(i.name) ?? NaN;
        case "point":
          return source.grid.reduce((p, axis) => p * sizeOf(axis) + (at.get(axis.name) ?? NaN), 0);
        case "first":
          throw new Error("these kernels compute no portions");
        case "place":
          throw new Error("these kernels load at no computed places");
        case "sum":
          return value(i.left) + value(i.right);
        case "product":
          return value(i.left) * value(i.right);
      }
    };
    if (s.kind === "offset") names.set(s.name, value(s.value));
    if (s.kind === "store") found.push(value(s.at));
    if (s.kind === "loop")
      for (const here of points([s.axis])) {
        const inner = new Map([...at, ...here]);
        const innerNames = new Map(names);
        for (const each of s.body) visit(each, inner, innerNames);
      }
  };
  for (const at of points(source.grid)) {
    const names = new Map<string, number>();
    for (const each of [...levels.flatMap((level) => level.offsets), ...body]) visit(each, at, names);
  }
  return found;
}

/** Axes of the grid, and of loops in it, outermost first. */
const nests = fc
  .tuple(fc.shuffledSubarray(AXES), fc.nat(AXES.length))
  .map(([bound, gridded]) => ({ grid: bound.slice(0, gridded), loops: bound.slice(gridded) }));

describe("addresses", () => {
  it.each(["points", "axes", "loops"] as const)("are row-major offsets, walking by %s", (walk) => {
    fc.assert(
      fc.property(
        nests,
        fc.shuffledSubarray(AXES, { minLength: 1 }),
        fc.nat(1),
        ({ grid, loops }, axes, fixed) => {
          const bound = [...grid, ...loops];
          const subscripts = axes.map((axis): Subscript =>
            bound.includes(axis) ? { kind: "axis", axis } : { kind: "at", index: fixed },
          );
          const innermost: Statement = { kind: "store", buffer: "t", subscripts, value: literal(0) };
          const body = loops.reduceRight<Statement>((inner, axis) => loop(axis, "each", [inner]), innermost);
          const expected = points(bound).map((at) =>
            axes.reduce((offset, axis) => offset * sizeOf(axis) + (at.get(axis.name) ?? fixed), 0),
          );
          expect(storedAt(kernel("k", grid, [body]), axes, walk)).toEqual(expected);
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });

  it("are hoisted out of the loops in which they do not change", () => {
    const [a, k] = [plate("a"), particle("k")];
    const source = kernel("sum", [a], [loop(k, "each", [store("t", [a, k], load("t", a, k))])]);
    const { levels, body } = lowerAddresses(source, [buffer("table", "t", [a, k])], "loops");
    expect(levels[0]?.offsets.map((o) => o.name)).toEqual(["at_a"]);
    expect(body).toMatchObject([
      { kind: "loop", body: [{ kind: "store", at: { kind: "sum", left: { kind: "name", name: "at_a" } } }] },
    ]);
  });

  it.each([
    ["an axis that is not bound", [store("t", [plate("z")], literal(0))], [plate("z")]],
    ["too few subscripts", [store("t", [], literal(0))], [plate("a")]],
    [
      "an axis bound twice",
      [loop(plate("a"), "again", [store("t", [plate("a")], literal(0))])],
      [plate("a")],
    ],
  ])("with %s are a bug", (_, body, axes) => {
    const source = kernel("wrong", [plate("a")], body);
    expect(() => lowerAddresses(source, [buffer("table", "t", axes)], "points")).toThrow(Bug);
  });
});
