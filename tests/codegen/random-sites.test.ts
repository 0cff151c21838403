// A site of random numbers is of one draw: what a graph makes of a second one at the same site.
import { describe, expect, it } from "vitest";
import { Bug } from "../../src/diagnostic.js";
import { Graph } from "../../src/ir/node.js";
import { substitute } from "../../src/ir/rewrite.js";

const start = () => {
  const g = new Graph();
  const particle = g.axis("k", "particle");
  const other = g.axis("l", "particle");
  const plate = g.axis("rows", "plate");
  const place = { site: 7, element: [plate], particle, coordinate: null };
  return { g, plate, particle, other, place };
};

describe("a site of random numbers", () => {
  it("gives the same draw again", () => {
    const { g, place } = start();
    expect(g.random("std_uniform", place, [])).toBe(g.random("std_uniform", { ...place }, []));
    expect(g.random("std_uniform", { ...place, site: 8 }, [])).not.toBe(g.random("std_uniform", place, []));
  });

  it("is a bug over other axes, of another primitive and at other coordinates", () => {
    const { g, plate, other, place } = start();
    g.random("std_uniform", place, []);
    const coordinate = { set: 0, plates: [plate], slot: 0, vectors: [] };
    for (const second of [
      { ...place, element: [] },
      { ...place, particle: other },
      { ...place, coordinate },
    ])
      expect(() => g.random("std_uniform", second, [])).toThrow(Bug);
    expect(() => g.random("std_gamma", place, [g.constant(2)])).toThrow("one site");
  });

  it("keeps to the arguments that a rewrite gives it", () => {
    const { g, place } = start();
    const shape = g.input("shape", []);
    const draw = g.random("std_gamma", place, [shape]);
    const [rewritten] = substitute(g, [draw], new Map([[shape, g.constant(2)]]));
    expect(rewritten).toMatchObject({ kind: "random", site: 7, args: [{ kind: "constant", value: 2 }] });
    expect(draw).toMatchObject({ args: [shape] });
  });
});
