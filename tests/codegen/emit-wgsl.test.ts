// Kernels as WGSL: their text, its literals, parentheses and names, and how buffers are bound.
import { compileFunction } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emitWgsl } from "../../src/codegen-wgsl/emit.js";
import { RESERVED_BY_HELPERS } from "../../src/codegen-wgsl/functions.js";
import {
  printExpression,
  printFloat,
  type BinaryOperator,
  type WgslExpression,
} from "../../src/codegen-wgsl/wgsl.js";
import { WGSL_WORDS } from "../../src/codegen-wgsl/words.js";
import type { WgslLaunch } from "../../src/compiled.js";
import { Bug } from "../../src/diagnostic.js";
import type { Axis } from "../../src/ir/axis.js";
import type { KernelExpression, Program } from "../../src/ir/program.js";
import { NO_OPTIMISATIONS } from "../../src/optimisations.js";
import * as programs from "./programs.js";
import {
  apply,
  assign,
  buffer,
  kernel,
  literal,
  load,
  local,
  loop,
  plate,
  program,
  store,
  varBe,
} from "./programs.js";

/** The source less the helper functions, which have tests of their own. */
const withoutPrelude = (source: string): string =>
  source.replace(/\n\n(?!@compute)(?:.|\n)*?(?=\n\n@compute)/, "\n\n// (helpers)");

const onlyKernel = (p: Program): string =>
  emitWgsl(p, NO_OPTIMISATIONS)[p.kernels[0]?.name ?? ""]?.source ?? "";
const storing = (value: KernelExpression): Program =>
  program(
    "p",
    [buffer("input", "x", []), buffer("table", "t", [])],
    [kernel("k", [], [store("t", [], value)])],
  );

describe("the text", () => {
  it.each(["elementwise", "logSumExp", "blocked", "draws", "manyTables", "tiled", "together"] as const)(
    "of %s",
    async (name) => {
      const sources = Object.values(emitWgsl(programs[name])).map(({ source }) => withoutPrelude(source));
      await expect(sources.join("\n")).toMatchFileSnapshot(`golden/${name}.wgsl`);
    },
  );

  it("is the same each time", () => {
    expect(emitWgsl(programs.logSumExp)).toEqual(emitWgsl(structuredClone(programs.logSumExp)));
  });
});

describe("literals", () => {
  const floats = fc.float({ noNaN: true, noDefaultInfinity: true });
  it("read back as the same float32, and are floats to WGSL", () => {
    fc.assert(
      fc.property(floats, (value) => {
        const text = printFloat(value);
        expect(text).toMatch(/^-?\d+(?:\.\d+(?:e-?\d+)?|e-?\d+)$/);
        expect(Math.fround(Number(text))).toBe(Object.is(value, -0) ? 0 : value);
      }),
      { seed: 3, numRuns: 5000 },
    );
  });

  it.each([
    [1, "1.0"],
    [-2, "-2.0"],
    [0.1, "0.1"],
    [1e-30, "1e-30"],
    [1e30, "1e30"],
    [Math.PI, "3.1415927"],
    [3.4028234663852886e38, "3.4028235e38"],
    [1 / 3, "0.33333334"],
  ])("%d is %s", (value, text) => expect(printFloat(value)).toBe(text));

  it.each([NaN, Infinity, -Infinity, 1e39])("%d is a bug", (value) =>
    expect(() => emitWgsl(storing(literal(value)))).toThrow(Bug),
  );

  it("that WGSL would fold beyond float32 are computed when the kernel runs", () => {
    const text = onlyKernel(storing(apply("div", literal(1), apply("sub", literal(2), literal(2)))));
    expect(text).toContain("let constant = 2.0;");
    expect(text).not.toMatch(/2\.0 - 2\.0/);
  });

  it("of the logarithm of zero have a name", () => {
    const text = onlyKernel(storing(apply("add", load("x"), literal(-1e30))));
    expect(text).toContain("const LOG_ZERO = -1e30;");
    expect(text).toContain("t[0u] = inputs[x] + LOG_ZERO;");
  });
});

describe("parentheses", () => {
  const operators: readonly BinaryOperator[] = ["+", "-", "*", "/"];
  const { tree } = fc.letrec<{ tree: WgslExpression }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.integer({ min: -9, max: 9 }).map((value): WgslExpression => ({ kind: "f32", value })),
      tie("tree").map((arg): WgslExpression => ({ kind: "unary", operator: "-", arg })),
      fc
        .tuple(fc.constantFrom(...operators), tie("tree"), tie("tree"))
        .map(([operator, left, right]): WgslExpression => ({ kind: "binary", operator, left, right })),
    ),
  }));
  const parenthesised = (e: WgslExpression): string => {
    if (e.kind === "unary") return `(${e.operator}${parenthesised(e.arg)})`;
    if (e.kind === "binary") return `(${parenthesised(e.left)} ${e.operator} ${parenthesised(e.right)})`;
    return `(${printExpression(e)})`;
  };
  const evaluate = (text: string): unknown => (compileFunction(`return ${text};`) as () => unknown)();

  it("of arithmetic, which is written as in JavaScript, stand where they are needed", () => {
    fc.assert(
      fc.property(tree, (e) => {
        expect(evaluate(printExpression(e))).toEqual(evaluate(parenthesised(e)));
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  const name = (text: string): WgslExpression => ({ kind: "name", name: text });
  const of = (operator: BinaryOperator, left: WgslExpression, right: WgslExpression): WgslExpression => ({
    kind: "binary",
    operator,
    left,
    right,
  });
  const [a, b, c, d] = [name("a"), name("b"), name("c"), name("d")];
  it.each([
    [of("&&", of("<", a, b), of(">", c, d)), "a < b && c > d"],
    [of("||", of("&&", a, b), c), "(a && b) || c"],
    [of("&&", of("&&", a, b), c), "a && b && c"],
    [of("<", of("<", a, b), c), "(a < b) < c"],
    [of("==", a, of("+", b, c)), "a == b + c"],
    [{ kind: "call", callee: "f", args: [of("<", a, b), of(">", c, d)] }, "f((a < b), (c > d))"],
    [{ kind: "call", callee: "f", args: [of("<", a, b), c] }, "f(a < b, c)"],
    [{ kind: "unary", operator: "!", arg: of("<", a, b) }, "!(a < b)"],
    [of("-", a, { kind: "f32", value: -1 }), "a - -1.0"],
    [{ kind: "unary", operator: "-", arg: { kind: "f32", value: -1 } }, "-(-1.0)"],
  ] satisfies [WgslExpression, string][])("are WGSL's: case %#", (e, text) =>
    expect(printExpression(e)).toBe(text),
  );
});

describe("names", () => {
  it.each(["partial", "target", "f32", "exp", "run", "inputs", "main", "lgamma", "point", "__odd", "9lives"])(
    "like '%s' are changed where WGSL or the kernel has a use for them",
    (name) => {
      const rows = plate("rows");
      const text = onlyKernel(
        program(
          "p",
          [buffer("table", name, [rows])],
          [
            kernel(
              "k",
              [rows],
              [
                varBe(name, apply("lgamma", apply("exp", { kind: "index", axis: rows }))),
                store(name, [rows], local(name)),
              ],
            ),
          ],
        ),
      );
      const declared = [...text.matchAll(/(?:var<storage, read_write>|var|let|override) (\w+)\b/g)].map(
        ([, n]) => n ?? "",
      );
      const own = declared.filter((n) => n.includes(name.replace(/^_+/, "")));
      expect(own).toHaveLength(name === "point" ? 3 : 2); // the table, the variable, and the kernel's own point
      expect(new Set(own).size).toBe(own.length);
      for (const n of own.filter((each) => each !== "point")) {
        expect(WGSL_WORDS).not.toContain(n);
        expect(RESERVED_BY_HELPERS.has(n)).toBe(false);
        expect(n).toMatch(/^[A-Za-z]\w*$/);
      }
    },
  );

  it("in comments cannot end them", () => {
    const p = program("p", [buffer("table", "t", [], "two\nlines\u0085three")], [
      kernel("k", [], [store("t", [], literal(1))], "a\rb\u2028c\0d"),
    ]); // prettier-ignore
    for (const line of onlyKernel(p)
      .split(/[\n\r\u0085\u2028]/)
      .filter((l) => /two|lines|three|\b[abcd]\b/.test(l)))
      expect(line).toMatch(/^\/\/ /);
  });
});

describe("deep expressions", () => {
  it("are taken apart, since WGSL refuses them", () => {
    const sum = Array.from({ length: 1000 }).reduce<KernelExpression>(
      (e) => apply("add", e, load("x")),
      load("x"),
    );
    const text = onlyKernel(storing(sum));
    expect(text).toContain("let part = ");
    const deepest = Math.max(...text.split("\n").map((line) => line.split(" + ").length));
    expect(deepest).toBeLessThan(120);
  });
});

describe("buffers", () => {
  it("are bound in the order: uniforms, inputs, what is written, what is read", () => {
    const { density } = emitWgsl(programs.elementwise, NO_OPTIMISATIONS);
    expect(density).toMatchObject({
      uniforms: ["seed", "iteration", "draws_from"],
      bindings: [
        { holds: "inputs", buffers: ["log_radon", "particles.state_mean", "sigma"], access: "read" },
        { holds: "table", buffers: ["log_f"], access: "read_write" },
      ],
    });
    expect(density?.overrides).toContainEqual({ name: "log_radon", kind: "offset", buffer: "log_radon" });
    expect(density?.overrides).toContainEqual({ name: "n_zips", kind: "size", axis: "zips" });
  });

  it("are packed, in all kernels of the program, where one kernel has too many", () => {
    const { parts, gather } = emitWgsl(programs.manyTables, NO_OPTIMISATIONS);
    const holds = (launch: WgslLaunch | undefined): string[] => launch?.bindings.map((b) => b.holds) ?? [];
    expect(holds(parts)).toEqual(["inputs", "packed"]);
    expect(holds(gather)).toEqual(["packed"]);
    expect(gather?.source.match(/var<storage/g)).toHaveLength(1);
    expect(gather?.source).toContain("tables[part_0 + point]");
  });

  it("are bound once for all kernels of a launch, and small tables are one", () => {
    const { first, gather } = emitWgsl(programs.together);
    expect(first?.bindings).toEqual([
      { holds: "inputs", buffers: ["x"], access: "read" },
      { holds: "packed", buffers: ["total", "square"], access: "read_write" },
      { holds: "table", buffers: ["scaled"], access: "read_write" },
    ]);
    expect(gather?.bindings.slice(0, 2)).toEqual([
      { holds: "packed", buffers: ["sum", "total", "square"], access: "read_write" },
      { holds: "table", buffers: ["scaled"], access: "read" },
    ]);
  });

  it("that a kernel both loads and stores are bound once, for both", () => {
    const rows = plate("rows");
    const p = program(
      "p",
      [buffer("table", "t", [rows])],
      [kernel("k", [rows], [store("t", [rows], load("t", rows))])],
    );
    const { k } = emitWgsl(p);
    expect(k?.bindings).toEqual([{ holds: "table", buffers: ["t"], access: "read_write" }]);
    expect(k?.source.match(/var<storage, read_write> t\b/g)).toHaveLength(1);
  });

  it("that are inputs are never written", () => {
    const p = program("p", [buffer("input", "t", [])], [kernel("k", [], [store("t", [], literal(1))])]);
    expect(() => emitWgsl(p)).toThrow(Bug);
  });
});

describe("tiles", () => {
  const [rows, k, j, terms] = [plate("rows"), plate("k"), plate("j"), plate("terms")];
  /** Sums f over terms, where f is subscripted so, at each point of the grid. */
  const summing = (grid: Axis[], ...loads: Axis[][]): Program =>
    program(
      "summing",
      [...loads.map((axes, i) => buffer("table", `f_${i}`, axes)), buffer("table", "sum", grid)],
      [
        kernel("k", grid, [
          varBe("sum", literal(0)),
          loop(
            terms,
            "sum",
            loads.map((axes, i) => assign("sum", apply("add", local("sum"), load(`f_${i}`, ...axes)))),
          ),
          store("sum", grid, local("sum")),
        ]),
      ],
    );
  const tilesOf = (p: Program): string[] =>
    emitWgsl(p)["k"]?.tiled.map(({ axes, rows }) => `${axes.join(", ")}; rows ${rows.join(", ")}`) ?? [];

  it("go along the axes whose points share the most loads; loops along rows go by vectors", () => {
    expect(tilesOf(summing([rows, k, j], [rows, terms], [rows, k, terms]))).toEqual([
      "k, j; rows terms, j",
      "; rows terms",
    ]);
    expect(tilesOf(summing([rows, k, j], [terms, rows, k], [terms, rows, j]))).toEqual(["k, j; rows k, j"]);
  });

  it("go along three axes where that shares more, and along two besides, for fewer points", () => {
    expect(emitWgsl(programs.products)["multiply"]?.tiled).toMatchObject([
      { entryPoint: "main_blocks", axes: ["states", "k_a", "k_b"], rows: ["k_a", "k_b"] },
      { entryPoint: "main_tiled", axes: ["k_a", "k_b"], rows: ["k_a", "k_b"] },
    ]);
  });

  it("are not made of kernels of little work, nor along axes that would leave them mostly empty", () => {
    const tiles = (sizes: Record<string, number>): string[] =>
      emitWgsl(programs.products, undefined, new Map(Object.entries(sizes)))["multiply"]?.tiled.map(
        ({ axes }) => axes.join(),
      ) ?? [];
    expect(tiles({ states: 2, zips: 2, k_a: 3, k_b: 3 })).toEqual([]);
    expect(tiles({ states: 1, zips: 1000, k_a: 1, k_b: 1000 })).toEqual(["k_b"]);
  });

  it("store in vectors to tables that have a buffer to themselves", () => {
    const source = emitWgsl(programs.products)["multiply"]?.source ?? "";
    const stores = source.split("\n").filter((line) => /^ *product\w*\[/.test(line));
    // One point; a column of vectors at each of four states; a column of vectors.
    expect(stores.filter((line) => line.includes("= vec4f("))).toHaveLength(16 + 4);
    expect(stores).toHaveLength(16 + 4 + 1);
  });

  it("are made for the sake of vectors alone, with or without a loop", () => {
    expect(tilesOf(summing([rows, k], [terms, k, rows], [rows, terms, k]))).toEqual([
      "rows, k; rows rows, k",
    ]);
    expect(tilesOf(summing([k], [terms, k]))).toEqual(["k; rows k"]);
    expect(emitWgsl(programs.elementwise)["density"]?.tiled).toMatchObject([
      { entryPoint: "main_tiled", axes: ["zips", "k_states"], rows: ["zips", "k_states"] },
    ]);
  });

  it("are not made of long code", () => {
    const loads = Array.from({ length: 30 }, (): Axis[] => [rows, k, j, terms]);
    expect(tilesOf(summing([rows, k, j], ...loads))).toEqual([]);
  });
});
