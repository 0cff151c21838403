// Kernels as JavaScript: their text, what it computes, and that no name of a model can break it.
import { compileFunction } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emitJs } from "../../src/codegen-js/emit.js";
import { printExpression, type BinaryOperator, type JsExpression } from "../../src/codegen-js/javascript.js";
import { MEANING } from "../../src/codegen-js/math.js";
import { Bug } from "../../src/diagnostic.js";
import { applyRow, ARITY, OPS } from "../../src/ops.js";
import { compile, numbers, runReference } from "./agreement.js";
import * as programs from "./programs.js";
import {
  apply,
  buffer,
  kernel,
  literal,
  letBe,
  load,
  local,
  loop,
  plate,
  program,
  store,
  varBe,
} from "./programs.js";

const golden = (name: string): string => `golden/${name}.js.txt`;

describe("the text", () => {
  it.each(["elementwise", "logSumExp", "blocked", "draws"] as const)("of %s", async (name) => {
    const text = Object.values(emitJs(programs[name])).join("\n");
    await expect(text).toMatchFileSnapshot(golden(name));
  });

  it("never holds a number that is not finite", () => {
    const p = program(
      "p",
      [buffer("table", "t", [])],
      [kernel("k", [], [store("t", [], literal(Infinity))])],
    );
    expect(() => emitJs(p)).toThrow(Bug);
  });
});

describe("operations", () => {
  // Every value with every other: zeros of both signs, halves, large ones, and what is no number.
  const VALUES = [0, -0, 1, -1, 0.5, -2.5, 3, 40, -1e30, 1e300, Infinity, -Infinity, NaN];
  it.each(OPS)("%s means what the table of meanings says", async (op) => {
    const points = Array.from({ length: ARITY[op] }).reduce<number[][]>(
      (rest) => rest.flatMap((args) => VALUES.map((v) => [...args, v])),
      [[]],
    );
    const axis = plate("points");
    const names = ["x", "y", "z"].slice(0, ARITY[op]);
    const p = program(
      "op",
      [...names.map((n) => buffer("input", n, [axis])), buffer("table", "result", [axis])],
      [kernel("apply", [axis], [store("result", [axis], apply(op, ...names.map((n) => load(n, axis))))])],
    );
    const inputs = Object.fromEntries(names.map((n, i) => [n, points.map((args) => args[i] ?? NaN)]));
    const result = (await runReference(p, { points: points.length }, inputs)).get("result");
    expect(result).toEqual(Float64Array.from(points, (args) => applyRow(MEANING, op, args)));
  });
});

describe("parentheses", () => {
  const operators: readonly BinaryOperator[] = ["+", "-", "*", "/", "<", "===", "&&", "||"];
  const { tree } = fc.letrec<{ tree: JsExpression }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((value): JsExpression => ({ kind: "literal", value })),
      tie("tree").map((arg): JsExpression => ({ kind: "negate", arg })),
      fc
        .tuple(fc.constantFrom(...operators), tie("tree"), tie("tree"))
        .map(([operator, left, right]): JsExpression => ({ kind: "binary", operator, left, right })),
      fc
        .tuple(tie("tree"), tie("tree"), tie("tree"))
        .map(([test, yes, no]): JsExpression => ({ kind: "choice", test, yes, no })),
    ),
  }));

  it("stand where they are needed", () => {
    const parenthesised = (e: JsExpression): string => {
      switch (e.kind) {
        case "literal":
          return `(${Object.is(e.value, -0) ? "-0" : String(e.value)})`;
        case "negate":
          return `(-${parenthesised(e.arg)})`;
        case "binary":
          return `(${parenthesised(e.left)} ${e.operator} ${parenthesised(e.right)})`;
        case "choice":
          return `(${parenthesised(e.test)} ? ${parenthesised(e.yes)} : ${parenthesised(e.no)})`;
        default:
          return printExpression(e);
      }
    };
    const evaluate = (text: string): unknown => (compileFunction(`return ${text};`) as () => unknown)();
    fc.assert(
      fc.property(tree, (e) => {
        expect(evaluate(printExpression(e))).toEqual(evaluate(parenthesised(e)));
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  it("stand nowhere else", () => {
    const name = (text: string): JsExpression => ({ kind: "name", name: text });
    const of = (operator: BinaryOperator, left: JsExpression, right: JsExpression): JsExpression => ({
      kind: "binary",
      operator,
      left,
      right,
    });
    const [a, b, c] = [name("a"), name("b"), name("c")];
    expect(printExpression(of("-", of("-", a, b), of("*", b, c)))).toBe("a - b - b * c");
    expect(printExpression(of("-", a, of("-", b, c)))).toBe("a - (b - c)");
  });
});

describe("names", () => {
  it.each([
    "arguments",
    "class",
    "run",
    "math",
    "buffers",
    "sizes",
    "x y",
    "1st",
    "__proto__",
    "a.b",
    "été",
    "n_rows",
  ])("like '%s' do no harm", async (name) => {
    const rows = plate("rows");
    const p = program(
      "p",
      [
        buffer("input", name, [rows], "text\nthat } breaks out\u2028of */ comments"),
        buffer("table", "out", [rows]),
      ],
      [
        kernel(
          "k",
          [rows],
          [
            letBe(name, apply("mul", literal(2), load(name, rows))),
            varBe("a_b", apply("add", local(name), { kind: "size", axis: rows })),
            store("out", [rows], apply("add", local("a_b"), local(name))),
          ],
          'a "comment"\nof two lines',
        ),
      ],
    );
    const out = (await runReference(p, { rows: 2 }, { [name]: [3, 4] })).get("out");
    expect(out).toEqual(Float64Array.of(14, 18));
  });

  it("of inner blocks may hide outer ones", async () => {
    const rows = plate("rows");
    const p = program(
      "p",
      [buffer("input", "x", [rows]), buffer("table", "out", [rows])],
      [
        kernel(
          "k",
          [],
          [
            letBe("a", literal(1)),
            loop(rows, "each", [
              letBe("a", apply("add", local("a"), load("x", rows))),
              store("out", [rows], local("a")),
            ]),
          ],
        ),
      ],
    );
    expect((await runReference(p, { rows: 3 }, { x: [1, 2, 3] })).get("out")).toEqual(
      Float64Array.of(2, 3, 4),
    );
  });

  it("that are not defined are a bug", () => {
    const p = program("p", [buffer("table", "t", [])], [kernel("k", [], [store("t", [], local("nowhere"))])]);
    expect(() => emitJs(p)).toThrow(/'nowhere'/);
  });
});

describe("the reference device", () => {
  it("sums blocks, the last one shorter", async () => {
    const y = numbers(10 * 3, -1, 1);
    const outputs = await runReference(programs.blocked, { zips: 10, states: 3 }, { y });
    const column = (from: number, to: number, state: number): number => {
      let sum = 0;
      for (let zip = from; zip < to; zip++) sum += y[zip * 3 + state] ?? NaN;
      return sum;
    };
    expect([...(outputs.get("partial") ?? [])]).toEqual(
      [0, 4, 8].flatMap((from) => [0, 1, 2].map((state) => column(from, Math.min(10, from + 4), state))),
    );
    outputs.get("total")?.forEach((total, state) => expect(total).toBeCloseTo(column(0, 10, state), 12));
  });

  it("gives the log-sum-exp of sums", async () => {
    const log_f = numbers(2 * 5 * 4, -3, 0);
    const { log_z } = Object.fromEntries(
      await runReference(programs.logSumExp, { states: 2, zips: 5, k_states: 4 }, { log_f }),
    );
    for (const state of [0, 1]) {
      const terms = [0, 1, 2, 3].map((k) =>
        [0, 1, 2, 3, 4].reduce((sum, zip) => sum + (log_f[(state * 5 + zip) * 4 + k] ?? NaN), 0),
      );
      expect(log_z?.[state]).toBeCloseTo(Math.log(terms.reduce((sum, t) => sum + Math.exp(t), 0)), 12);
    }
  });

  it("keeps inputs until they are written again, and refuses wrong ones", async () => {
    const { createReferenceDevice } = await import("../../src/runtime/reference.js");
    const device = createReferenceDevice();
    const loaded = await device.load(compile(programs.subscripts), new Map([["states", 2], ["i_3", 3], ["k_states", 1]])); // prettier-ignore
    expect(device.bytes).toBe(8 * (6 + 2 + 6 + 1));
    loaded.write("x", [1, 2, 4, 8, 16, 32]);
    const run = async (): Promise<number[]> => {
      const outputs = await loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
      return [...(outputs.get("second_less_first") ?? [])];
    };
    expect([await run(), await run()]).toEqual([[1, 8], [1, 8]]); // prettier-ignore
    expect(() => loaded.write("x", [1])).toThrow(Bug);
    expect(() => loaded.write("places", [1])).toThrow(Bug);
    loaded.dispose();
    expect(device.bytes).toBe(0);
    await expect(loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" })).rejects.toThrow(Bug);
  });

  it("refuses a fixed subscript outside of its axis", async () => {
    const { createReferenceDevice } = await import("../../src/runtime/reference.js");
    const sizes = new Map([["states", 2], ["i_3", 1], ["k_states", 1]]); // prettier-ignore
    await expect(createReferenceDevice().load(compile(programs.subscripts), sizes)).rejects.toThrow(
      /'i_3' of length 1/,
    );
  });
});
