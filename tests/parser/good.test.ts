// The models of tests/good, and the standard library, parse without a word; their printed trees are kept beside them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { parseLibrary, parseModel } from "../../src/parser/parse.js";
import { printProgram } from "../../src/parser/print.js";
import { expressionOf, expressionsIn, withoutSpans } from "./parsing.js";

const root = join(import.meta.dirname, "../..");
const modelsIn = (folder: string): string[] => readdirSync(folder).filter((file) => file.endsWith(".mpp"));
const good = join(root, "tests/good");
const stdlib = join(root, "stdlib");

describe.each(modelsIn(good))("%s", (file) => {
  const source = { path: file, text: readFileSync(join(good, file), "utf8") };
  const { program, diagnostics } = parseModel(source);

  it("has no syntax errors", () => {
    expect(renderDiagnostics(diagnostics)).toBe("");
  });
  it("has the printed tree", async () => {
    const name = file.replace(/\.mpp$/, ".golden");
    await expect(printProgram(program)).toMatchFileSnapshot(join(good, name, "ast.txt"));
  });
  it("has spans that hold the expressions they are of", () => {
    const expressions = expressionsIn(program);
    expect(expressions.length).toBeGreaterThan(5);
    for (const expression of expressions) {
      const { start, end } = expression.span;
      expect(withoutSpans(expressionOf(source.text.slice(start, end)))).toEqual(withoutSpans(expression));
    }
  });
});

describe("the standard library", () => {
  const files = modelsIn(stdlib);
  it.each(files)("%s has no syntax errors", (file) => {
    const source = { path: file, text: readFileSync(join(stdlib, file), "utf8") };
    const { functions, diagnostics } = parseLibrary(source);
    expect(renderDiagnostics(diagnostics)).toBe("");
    expect(functions.length).toBeGreaterThan(0);
    for (const item of functions)
      if (item.kind === "distribution") expect(item.doc, item.name.text).not.toBe("");
  });
});
