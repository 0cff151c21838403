// Helpers of the parser's tests: parsing from strings, and trees without their spans.
import { expect } from "vitest";
import { renderDiagnostics, type Diagnostic } from "../../src/diagnostic.js";
import type { Expression, Program, Statement } from "../../src/parser/ast.js";
import { parseModel } from "../../src/parser/parse.js";
import { printProgram } from "../../src/parser/print.js";

export const parse = (text: string): { program: Program; diagnostics: Diagnostic[] } =>
  parseModel({ path: "test.mpp", text });

/** The program, which must have no errors. */
export function good(text: string): Program {
  const { program, diagnostics } = parse(text);
  expect(renderDiagnostics(diagnostics)).toBe("");
  return program;
}

/** The lines of the printed tree, indented, without positions and the first line. */
export const outline = (program: Program): string =>
  printProgram(program)
    .split("\n")
    .slice(1, -1)
    .map((line) => line.slice(2).replace(/^( *)\d+:\d+ /, "$1"))
    .join("\n");

/** Each diagnostic as `code line:column message`. */
export const brief = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map((d) => {
    const before = (d.span?.source.text ?? "").slice(0, d.span?.start);
    const line = before.split("\n").length;
    return `${d.code} ${line}:${before.length - before.lastIndexOf("\n")} ${d.message}`;
  });

/** A model of one statement `real x = <text>;`. */
export function expressionOf(text: string): Expression {
  const statement: Statement | undefined = good(`model { real x = ${text}; }`).model[0];
  if (statement?.kind !== "local") throw new Error(`no local in ${text}`);
  return statement.value;
}

/** A tree without its spans, for comparison. */
export function withoutSpans(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutSpans);
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => key !== "span")
      .map(([key, value]) => [key, withoutSpans(value)]),
  );
}

/** Every expression at or under a part of a tree. */
export function expressionsIn(tree: unknown): Expression[] {
  if (typeof tree !== "object" || tree === null) return [];
  const here = isExpression(tree) ? [tree] : [];
  return here.concat(
    Object.entries(tree).flatMap(([key, part]) => (key === "span" ? [] : expressionsIn(part))),
  );
}

const EXPRESSION_KINDS = ["number", "name", "call", "unary", "binary", "conditional", "index", "vector"];
const isExpression = (tree: object): tree is Expression =>
  "kind" in tree && typeof tree.kind === "string" && EXPRESSION_KINDS.includes(tree.kind);
