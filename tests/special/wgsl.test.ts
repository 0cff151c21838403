// The WGSL of operations and helpers as text: complete, closed, in one order; and on a device, as accurate as promised.
import { describe, expect, it } from "vitest";
import { MEANING } from "../../src/codegen-js/math.js";
import { preludeFor, RESERVED_BY_HELPERS, WGSL_OPS } from "../../src/codegen-wgsl/functions.js";
import type { Axis } from "../../src/ir/axis.js";
import type { Program } from "../../src/ir/program.js";
import { applyRow, ARITY, type Op, OPS } from "../../src/ops.js";
import { runOn } from "../codegen/agreement.js";
import { describeOnDevice } from "../device/adapter.js";
import { ACCURACY, argumentAt, countsDifferences } from "./accuracy.js";

const definitions = (source: string): string[] =>
  [...source.matchAll(/^(?:fn|const|struct) (\w+)/gm)].map(([, name = ""]) => name);
const calls = (source: string): string[] =>
  [...source.replace(/\/\/.*/g, "").matchAll(/(?<!fn )\b([A-Za-z_]\w*)\(/g)].map(([, name = ""]) => name);
const BUILTINS = new Set(
  "abs bitcast ceil clamp countLeadingZeros exp f32 floor i32 if for inverseSqrt max min round select sign sqrt trunc u32 vec2u vec3u vec4u".split(
    " ",
  ),
);
const everything = preludeFor([...OPS, "std_uniform", "std_gamma", "LOG_ZERO"]);

describe("preludes", () => {
  it.each([...OPS, "std_uniform", "std_gamma"])("for %s define what they call, each once", (name) => {
    const prelude = preludeFor([name]);
    const defined = definitions(prelude);
    const called = calls(prelude).filter((callee) => !BUILTINS.has(callee));
    expect(new Set(defined).size).toBe(defined.length);
    expect(called.filter((callee) => !defined.includes(callee))).toEqual([]);
    for (const constant of ["LOG_ZERO", "SMALLEST_NORMAL", "LN2_HIGH", "LN2_LOW"])
      expect(defined.includes(constant)).toBe(new RegExp(`\\b${constant}\\b`).test(prelude));
  });

  it("of operators and builtins are empty", () =>
    expect(preludeFor(["add", "mul", "lt", "select", "abs", "floor"])).toBe(""));

  it("do not depend on the order of the names", () =>
    expect(preludeFor([...OPS, "std_uniform", "std_gamma", "LOG_ZERO"].reverse())).toBe(everything));

  it("define only reserved names", () =>
    expect(definitions(everything).filter((name) => !RESERVED_BY_HELPERS.has(name))).toEqual([]));

  it("of an unknown name are a bug", () => expect(() => preludeFor(["normal"])).toThrow("normal"));

  it("hold no infinities and no unused definitions", () => {
    const words = everything.replace(/\/\/.*/g, "").match(/[A-Za-z_]\w*/g) ?? [];
    const roots = new Set(OPS.flatMap((op) => calls(applyRow(WGSL_OPS, op, ["a", "b", "c"]))));
    for (const name of definitions(everything))
      expect(
        roots.has(name) || /^std_|^LOG_ZERO$/.test(name) || words.filter((w) => w === name).length > 1,
        name,
      ).toBe(true);
    expect(everything).not.toMatch(/[ei]nf|NaN/);
  });
});

describe("spellings", () => {
  it.each(OPS)("%s uses each of its arguments once", (op) => {
    const args = ["first", "second", "third"].slice(0, ARITY[op]);
    const spelled = applyRow(WGSL_OPS, op, args);
    for (const arg of args) expect(spelled.split(arg).length - 1).toBe(1);
  });

  it("nest without ambiguity", () => {
    expect(WGSL_OPS.neg("-1.0")).toBe("(-(-1.0))");
    expect(WGSL_OPS.mul(WGSL_OPS.add("a", "b"), WGSL_OPS.neg("c"))).toBe("((a + b) * (-c))");
    expect(WGSL_OPS.select(WGSL_OPS.lt("a", "b"), "x", "y")).toBe("select(y, x, f32(a < b) != 0.0)");
  });
});

const COUNT = 4096;
const points: Axis = { name: "points", role: "plate", blocks: null, parent: null };
const names = (op: Op): string[] => ["a", "b", "c"].slice(0, ARITY[op]);

/** out = op(a, b, c) at every point. */
function programOf(op: Op): Program {
  const at = [{ kind: "axis", axis: points }] as const;
  const args = names(op).map((buffer) => ({ kind: "load", buffer, subscripts: at }) as const);
  return {
    name: op,
    axes: [points],
    buffers: [
      ...names(op).map((name) => ({ name, axes: [points], storage: "input", comment: "argument" }) as const),
      { name: "out", axes: [points], storage: "table", comment: op },
    ],
    kernels: [
      {
        name: op,
        comment: op,
        grid: [points],
        body: [{ kind: "store", buffer: "out", subscripts: at, value: { kind: "apply", op, args } }],
        reads: names(op),
        writes: ["out"],
      },
    ],
    launches: [{ name: op, kernels: [op] }],
    outputs: ["out"],
  };
}

describeOnDevice("on a device", (device) => {
  it.each(OPS)("%s is as accurate as promised", async (op) => {
    const { ranges, floor, float32 } = ACCURACY[op];
    const shuffles = [1, 1597, 2711];
    const columns = ranges.map((range, j) =>
      Float32Array.from({ length: COUNT }, (_, i) => argumentAt(range, i, COUNT, shuffles[j] ?? 1)),
    );
    const inputs = Object.fromEntries(names(op).map((name, j) => [name, columns[j] ?? []]));
    const outputs = await runOn(device(), programOf(op), { points: COUNT }, inputs);
    const out = outputs.get("out") ?? [];
    let [worst, different] = [0, 0];
    for (let i = 0; i < COUNT; i++) {
      const truth = applyRow(
        MEANING,
        op,
        columns.map((column) => column[i] ?? NaN),
      );
      const error = Math.abs((out[i] ?? NaN) - truth) / Math.max(floor, Math.abs(truth), 1e-37);
      if (error !== 0) different++;
      if (!(error <= worst)) worst = error;
    }
    expect(countsDifferences(op) ? different / COUNT : worst).toBeLessThanOrEqual(float32);
  });
});
