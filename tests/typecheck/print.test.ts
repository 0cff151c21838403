// The text of typed models and expressions.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasErrors } from "../../src/diagnostic.js";
import { printModel } from "../../src/typecheck/print.js";
import { showExpression } from "../../src/typecheck/show.js";
import type { TypedExpression } from "../../src/typecheck/model.js";
import { check, inRows, localValue, typed } from "./checked.js";

const good = join(import.meta.dirname, "..", "good");

describe("the printed types of good models", () => {
  const models = readdirSync(good)
    .filter((file) => file.endsWith(".mpp"))
    .map((file) => ({ name: file.replace(/\.mpp$/, ""), ...check(readFileSync(join(good, file), "utf8")) }))
    // Those with what is not supported yet have no types to print; what they report is tested elsewhere.
    .filter(({ diagnostics }) => !hasErrors(diagnostics));

  it("are of most models", () => expect(models.length).toBeGreaterThan(4));
  it.each(models)("$name", async ({ name, model }) => {
    const text = model === null ? "" : printModel(model);
    await expect(text).toMatchFileSnapshot(join(good, `${name}.golden`, "types.txt"));
  });
});

/** Expressions over scalars of `inRows` as text, with more parentheses than they need. */
const expression: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom("a", "y", "n", "2", "0.5", "1.0", "1e-30", "pi()", "sum(b .* v)", "b[2]"),
    fc
      .tuple(tie("e"), fc.constantFrom("+", "-", "*", "^", "<", "==", ".*"), tie("e"))
      .map(([x, op, y]) => `(${x}) ${op} (${y})`),
    fc.tuple(tie("e"), tie("e")).map(([x, y]) => `(${x}) / (0.5 + (${y}))`),
    tie("e").map((x) => `-(${x})`),
    tie("e").map((x) => `!((${x}) > 0)`),
    tie("e").map((x) => `logit(${x})`),
    fc.tuple(tie("e"), tie("e"), tie("e")).map(([x, y, z]) => `((${x}) > 0 && n == 1) ? (${y}) : (${z})`),
  ),
})).e;

/** An expression with all its structure and types. */
function structure(e: TypedExpression): unknown {
  const { base } = e.type;
  switch (e.kind) {
    case "literal":
      return [base, e.value];
    case "reference":
      return e.variable.name;
    case "apply":
      return [base, e.op, ...e.args.map(structure)];
    case "reduce":
      return [base, e.reduction, structure(e.arg)];
    case "call":
      return [base, e.callee.name, ...e.args.map(structure)];
    case "random":
      return [base, e.primitive, ...e.args.map(structure)];
    case "element":
      return [base, structure(e.vector), structure(e.index)];
    case "arrange":
      return [base, e.arrangement, structure(e.vector)];
    case "vector":
      return [base, ...e.elements.map(structure)];
    case "matrix":
      return [base, e.operation, ...e.args.map(structure)];
    case "previous":
      return [base, e.variable.name, e.along.name, structure(e.initial)];
  }
}

it("a shown expression reads as itself", () => {
  const read = (text: string): TypedExpression => localValue(typed(inRows(`real it = ${text};`)), "it");
  fc.assert(
    fc.property(expression, (text) => {
      const e = read(text);
      expect(structure(read(showExpression(e)))).toEqual(structure(e));
    }),
    { seed: 20240901, numRuns: 150 },
  );
});

it.each([
  ["a - (y - n)", "a - (y - n)"],
  ["(a - y) - n", "a - y - n"],
  ["-(a ^ 2)", "-a ^ 2"],
  ["(-a) ^ 2", "(-a) ^ 2"],
  ["(a ^ 2) ^ 3", "(a ^ 2) ^ 3"],
  ["a ^ (2 ^ 3)", "a ^ 2 ^ 3"],
  ["(a > 0 ? 1 : 2) + 3", "(a > 0 ? 1 : 2) + 3"],
  ["sum((b .* v) + 1)", "sum(b .* v + 1)"],
])("%s is shown as %s", (text, shown) => {
  expect(showExpression(localValue(typed(inRows(`real it = ${text};`)), "it"))).toBe(shown);
});
