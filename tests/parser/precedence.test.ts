// Expressions: the shape that precedence gives them, their spans, and the law that printing and parsing are inverse.
import fc from "fast-check";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { Expression } from "../../src/parser/ast.js";
import { printExpression } from "../../src/parser/print.js";
import { brief, expressionOf, expressionsIn, parse, withoutSpans } from "./parsing.js";

const RUNS = { numRuns: 300, seed: 20240501 };

describe("precedence", () => {
  it.each([
    ["a + b * c", "(a + (b * c))"],
    ["a - b - c", "((a - b) - c)"],
    ["a / b * c % d", "(((a / b) * c) % d)"],
    ["a .* b ./ c", "((a .* b) ./ c)"],
    ["a ^ b ^ c", "(a ^ (b ^ c))"],
    ["-a ^ b", "(-(a ^ b))"],
    ["a ^ -b ^ c", "(a ^ (-(b ^ c)))"],
    ["a ^ -b * c", "((a ^ (-b)) * c)"],
    ["- - + !a", "(-(-(+(!a))))"],
    ["!a == b", "((!a) == b)"],
    ["a < b == c >= d", "((a < b) == (c >= d))"],
    ["a || b && c == d", "(a || (b && (c == d)))"],
    ["a && b || c && d", "((a && b) || (c && d))"],
    ["a * -b + c", "((a * (-b)) + c)"],
    ["a ? b : c ? d : e", "(a ? b : (c ? d : e))"],
    ["a ? b ? c : d : e", "(a ? (b ? c : d) : e)"],
    ["a || b ? c + d : e * f", "((a || b) ? (c + d) : (e * f))"],
    ["-f(x)[1][2, 3] ^ 2", "(-(f(x)[1][2, 3] ^ 2))"],
    ["(a + b) * (c)", "((a + b) * c)"],
    ["[a + b, [1, 2]][1]", "[(a + b), [1, 2]][1]"],
    ["normal_lpdf(y | mu, s) + f()", "(normal_lpdf(y | mu, s) + f())"],
    ["1_000 + 1. + .5e-3 + 2E+1", "(((1_000 + 1.) + .5e-3) + 2E+1)"],
  ])("%s is %s", (text, shape) => {
    expect(printExpression(expressionOf(text))).toBe(shape);
  });

  it("reads numbers", () => {
    const values = expressionsIn(expressionOf("[1_000, 1., .5e-3, 2E+1, 7]"));
    const numbers = values.flatMap((e) => (e.kind === "number" ? [[e.value, e.isInteger]] : []));
    expect(numbers).toEqual([[1000, true], [1, false], [0.0005, false], [20, false], [7, true]]); // prettier-ignore
  });
});

/** Operators whose precedence JavaScript shares, between operands that may have signs and parentheses. */
const javaScriptText = fc.letrec<{ sum: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.integer({ min: 0, max: 9 }).map(String),
    tie("sum").map((inner) => `(${inner})`),
    fc.tuple(fc.constantFrom("- ", "+ ", "! "), tie("atom")).map(([sign, inner]) => sign + inner),
    fc.tuple(tie("atom"), tie("sum"), tie("sum")).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
  ),
  sum: fc
    .tuple(
      tie("atom"),
      fc.array(
        fc.tuple(
          fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||"),
          tie("atom"),
        ),
        { maxLength: 5 },
      ),
    )
    .map(([first, rest]) => [first, ...rest.flat()].join(" ")),
}));

const compute: Readonly<Record<string, (a: number, b: () => number) => number>> = {
  "+": (a, b) => a + b(),
  "-": (a, b) => a - b(),
  "*": (a, b) => a * b(),
  "/": (a, b) => a / b(),
  "%": (a, b) => a % b(),
  "==": (a, b) => Number(a === b()),
  "!=": (a, b) => Number(a !== b()),
  "<": (a, b) => Number(a < b()),
  "<=": (a, b) => Number(a <= b()),
  ">": (a, b) => Number(a > b()),
  ">=": (a, b) => Number(a >= b()),
  "&&": (a, b) => (a ? b() : a),
  "||": (a, b) => (a ? a : b()),
};

/** The value that JavaScript gives to the tree: its operators, but not its parser. */
function evaluate(e: Expression): number {
  switch (e.kind) {
    case "number":
      return e.value;
    case "unary":
      return e.operator === "!"
        ? Number(!evaluate(e.operand))
        : (e.operator === "-" ? -1 : 1) * evaluate(e.operand);
    case "binary": {
      const operation = compute[e.operator];
      if (operation === undefined) throw new Error(e.operator);
      return operation(evaluate(e.left), () => evaluate(e.right));
    }
    case "conditional":
      return evaluate(e.condition) ? evaluate(e.whenTrue) : evaluate(e.whenFalse);
    default:
      throw new Error(e.kind);
  }
}

describe("laws of expressions", () => {
  it("gives the operators it shares with JavaScript the same shape", () => {
    fc.assert(
      fc.property(javaScriptText.sum, (text) => {
        const expected = Number(runInNewContext(text));
        const actual = evaluate(expressionOf(text));
        expect(
          Object.is(actual + 0, expected + 0) || (Number.isNaN(actual) && Number.isNaN(expected)),
          text,
        ).toBe(true);
      }),
      RUNS,
    );
  });

  const tree = fc.letrec<{ e: string }>((tie) => ({
    e: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      fc.constantFrom("a", "mu", "1", "2.5", "1e-3", "T", "group"),
      fc.tuple(fc.constantFrom("-", "+", "!"), tie("e")).map(([op, a]) => `${op}${a}`),
      fc
        .tuple(
          tie("e"),
          fc.constantFrom("+", "-", "*", ".*", "./", "^", "%", "<", "==", "&&", "||"),
          tie("e"),
        )
        .map(([a, op, b]) => `${a} ${op} ${b}`),
      fc.tuple(tie("e"), tie("e"), tie("e")).map(([a, b, c]) => `${a} ? ${b} : ${c}`),
      fc.array(tie("e"), { maxLength: 3 }).map((args) => `f(${args.join(", ")})`),
      fc.array(tie("e"), { minLength: 1, maxLength: 3 }).map((args) => `[${args.join(", ")}][1]`),
      tie("e").map((a) => `(${a})`),
    ),
  })).e;

  it("parses what it prints as the same tree", () => {
    fc.assert(
      fc.property(tree, (text) => {
        const first = expressionOf(text);
        expect(withoutSpans(expressionOf(printExpression(first)))).toEqual(withoutSpans(first));
      }),
      RUNS,
    );
  });

  it("spans every expression with a text that is that expression", () => {
    fc.assert(
      fc.property(tree, (text) => {
        for (const part of expressionsIn(expressionOf(text))) {
          const { source, start, end } = part.span;
          expect(withoutSpans(expressionOf(source.text.slice(start, end)))).toEqual(withoutSpans(part));
        }
      }),
      { ...RUNS, numRuns: 100 },
    );
  });
});

describe("what expressions refuse", () => {
  it.each([
    ["f(a = 1)", "E0147 1:20 the argument 'a = ...' is named, which only 'learn' and 'check' take"],
    ["f(a, b | c)", "E0149 1:25 '|' can stand only after the first argument"],
    ["(1, 2)", "E0148 1:18 a list in parentheses cannot stand here"],
    ["{1, 2}", "E0139 1:18 an expression cannot begin with '{'"],
    ["f({1, 2})", "E0139 1:20 an expression cannot begin with '{'"],
    ["x[1:2]", "E0138 1:21 slices such as 'x[1:3]' cannot be written yet"],
    ["a ? b", "E0131 1:23 expected ':' and the other value, found ';'"],
    ["x[]", "E0131 1:20 expected an expression, found ']'"],
    ["f(1 2)", "E0131 1:22 expected ',' or ')', found '2'"],
  ])("%s", (text, message) => {
    expect(brief(parse(`model { real x = ${text}; }`).diagnostics)).toEqual([message]);
  });
});
