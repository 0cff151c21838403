// Data of nested plates: rows of any length, rows that name what they belong to, tables of a whole model.
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { elementNames, inFileOrder } from "../../src/inference/layout.js";
import type { Axis } from "../../src/ir/axis.js";
import { nestOver } from "../../src/runtime/arrangement.js";
import { bindData, type BoundData } from "../../src/runtime/data.js";

const KEYED = `data {
  plate states;
  plate counties in states by state;
  plate houses in counties by county;
  real y[houses];
  real u[counties];
  vector[2] v[states];
}
model {
  plate states { s ~ normal(sum(v), 1);
    plate counties { c ~ normal(s + u, 1); plate houses { y ~ normal(c, 1); } } }
}`;
const NESTED = KEYED.replaceAll(/ by \w+/g, "");

function modelOf(text: string): CompiledModel {
  const { compiled, diagnostics } = compileSource({ path: "model.mpp", text }, { programs: ["bounds"] });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

function bound(text: string, files: Readonly<Record<string, string>>): BoundData {
  const sources = Object.entries(files).map(([path, content]) => ({ path, text: content }));
  const { data, diagnostics } = bindData(modelOf(text), sources);
  if (data === null) throw new Error(renderDiagnostics(diagnostics));
  return data;
}

const array = (data: BoundData, name: string): number[] => [...(data.arrays.get(name) ?? [])];
const plate = (name: string, parent: Axis | null): Axis => ({ name, role: "plate", blocks: null, parent });
function plates(): readonly Axis[] {
  const states = plate("states", null);
  const counties = plate("counties", states);
  return [states, counties, plate("houses", counties)];
}

describe("one table of a whole hierarchical model", () => {
  const table = [
    "state,county,y,u,v.1,v.2",
    "MN,AITKIN,1,10,5,6",
    "WI,DANE,2,20,7,8",
    "MN,ANOKA,3,30,5,6",
    "MN,AITKIN,4,10,5,6",
    "WI,DANE,5,20,7,8",
  ].join("\n");
  const data = bound(KEYED, { "radon.csv": table });

  it("groups rows by their keys, names in the order in which they first appear", () => {
    expect([...data.sizes]).toEqual(expect.arrayContaining([["states", 2], ["counties", 3], ["houses", 5]])); // prettier-ignore
    expect(data.sizes.labels?.get("states")).toEqual(["MN", "WI"]);
    expect(data.sizes.labels?.get("counties")).toEqual(["AITKIN", "ANOKA", "DANE"]);
    expect([...(data.sizes.rows?.get("houses")?.starts ?? [])]).toEqual([0, 2, 3, 5]);
    expect(array(data, "y")).toEqual([1, 4, 3, 2, 5]);
  });

  it("takes outer columns once per element", () => {
    expect(array(data, "u")).toEqual([10, 30, 20]);
    expect(array(data, "v")).toEqual([5, 6, 7, 8]);
  });

  it("gives results back under the names and in the order of the file", () => {
    const axes = plates();
    const names = elementNames("y", axes, data.sizes);
    expect(inFileOrder(names, axes, data.sizes)).toEqual([
      "y[MN,AITKIN,1]", "y[WI,DANE,1]", "y[MN,ANOKA,1]", "y[MN,AITKIN,2]", "y[WI,DANE,2]",
    ]); // prettier-ignore
    const stored = axes.map((a) => a.name);
    expect(nestOver(array(data, "y"), stored, stored, data.sizes)).toEqual([1, 2, 3, 4, 5]);
  });

  it("is the same as a table for each plate", () => {
    const apart = bound(KEYED, {
      "houses.csv": "county,y\nAITKIN,1\nDANE,2\nANOKA,3\nAITKIN,4\nDANE,5\n",
      "counties.csv": "county,state,u\nAITKIN,MN,10\nDANE,WI,20\nANOKA,MN,30\n",
      "states.csv": "state,v.1,v.2\nMN,5,6\nWI,7,8\n",
    });
    for (const name of ["y", "u", "v"]) expect(array(apart, name)).toEqual(array(data, name));
  });

  it("is the same as lists with numbers for keys, and as arrays nested by plate", () => {
    const lists = bound(KEYED, {
      "data.json": `{"state": [1, 2, 1], "county": [1, 2, 3, 1, 2], "y": [1, 2, 3, 4, 5], "u": [10, 20, 30],
        "v": [[5, 6], [7, 8]]}`,
    });
    const nested = bound(NESTED, {
      "data.json": `{"y": [[[1, 4], [3]], [[2, 5]]], "u": [[10, 30], [20]], "v": [[5, 6], [7, 8]]}`,
    });
    for (const name of ["y", "u", "v"]) {
      expect(array(lists, name)).toEqual(array(data, name));
      expect(array(nested, name)).toEqual(array(data, name));
    }
    expect(elementNames("y", plates(), nested.sizes)).toEqual(["y[1,1,1]", "y[1,1,2]", "y[1,2,1]", "y[2,1,1]", "y[2,1,2]"]); // prettier-ignore
    const stored = plates().map((a) => a.name);
    expect(nestOver(array(nested, "y"), stored, stored, nested.sizes)).toEqual([[[1, 4], [3]], [[2, 5]]]);
  });
});

describe("rows of any length", () => {
  it("may be none, at the beginning, in the middle and at the end", () => {
    const text = NESTED.replace("real y[houses];", "real y[houses]; real z[houses];").replace(
      "normal(c, 1)",
      "normal(c + z, 1)",
    );
    const data = bound(text, {
      "data.json": `{"y": [[[], [1, 2]], [], [[3], []]], "z": [[[], [4, 5]], [], [[6], []]], "u": [[1, 2], [], [3, 4]],
        "v": [[1, 2], [3, 4], [5, 6]]}`,
    });
    expect([...(data.sizes.rows?.get("counties")?.starts ?? [])]).toEqual([0, 2, 2, 4]);
    expect([...(data.sizes.rows?.get("houses")?.starts ?? [])]).toEqual([0, 0, 2, 3, 3]);
    expect(array(data, "z")).toEqual([4, 5, 6]);
  });

  it("of one length are stored as before", () => {
    const data = bound(NESTED, {
      "data.json": `{"y": [[[1, 2]], [[3, 4]]], "u": [[1], [2]], "v": [[1, 2], [3, 4]]}`,
    });
    expect(data.sizes.rows?.size).toBe(0);
    expect(data.sizes.get("houses")).toBe(2);
  });

  it("an element whose number appears among no keys has no rows", () => {
    const data = bound(KEYED, {
      "data.json": `{"state": [1, 1, 1], "county": [3, 1, 3], "y": [1, 2, 3], "u": [10, 20, 30], "v": [[5, 6]]}`,
    });
    expect([...(data.sizes.rows?.get("houses")?.starts ?? [])]).toEqual([0, 1, 1, 3]);
  });
});
