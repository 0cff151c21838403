// Nothing that is typed makes the parser throw: random tokens, damaged programs, and very deep nesting.
import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { KEYWORDS, SOFT_KEYWORDS, TOKENS, TYPE_NAMES } from "../../src/lexer/tokens.js";
import { parseLibrary, parseModel } from "../../src/parser/parse.js";
import { printFunctions, printProgram } from "../../src/parser/print.js";
import { brief } from "./parsing.js";

const SEED = 20240502;

/** Parses a text as a model and as a library file, prints the results, and looks at what is promised of them. */
function survives(text: string): void {
  const source = { path: "soup.mpp", text };
  const model = parseModel(source);
  const library = parseLibrary(source);
  printProgram(model.program);
  printFunctions(library.functions);
  for (const diagnostics of [model.diagnostics, library.diagnostics]) {
    renderDiagnostics(diagnostics.slice(0, 3));
    for (const { code, severity, span } of diagnostics) {
      expect(severity).toBe("error");
      expect(code).toMatch(/^E01\d\d$/);
      expect(span?.start).toBeGreaterThanOrEqual(0);
      expect(span?.end).toBeLessThanOrEqual(text.length);
      expect(span?.end).toBeGreaterThanOrEqual(span?.start ?? 0);
    }
  }
  const nothing = !model.program.blocks.some((block) => block.text === "model");
  if (nothing) expect(model.diagnostics).not.toEqual([]);
}

const words = [
  ...KEYWORDS,
  ...SOFT_KEYWORDS,
  ...TYPE_NAMES,
  ...TOKENS.flatMap((t) => (typeof t.PATTERN === "string" ? [t.PATTERN] : [])),
  ...[
    "x",
    "mu",
    "normal",
    "1",
    "0.5",
    "learn",
    "over",
    "lower",
    "log_density",
    "fit",
    "\n",
    "// c\n",
    "/*",
    '"',
    "é",
  ],
];

describe("the parser never throws", () => {
  it("on random tokens", () => {
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(" "));
    fc.assert(fc.property(soup, survives), { seed: SEED, numRuns: 400 });
  });

  it("on random tokens inside blocks", () => {
    const statement = fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => parts.join(" "));
    const block = fc.tuple(
      fc.constantFrom("functions", "data", "parameters", "model", "guide", "generated"),
      fc.array(statement, { maxLength: 5 }),
    );
    const text = fc
      .array(block, { maxLength: 4 })
      .map((blocks) => blocks.map(([name, body]) => `${name} {\n${body.join(";\n")}\n}`).join("\n"));
    fc.assert(fc.property(text, survives), { seed: SEED, numRuns: 300 });
  });

  it("on random text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), survives), {
      seed: SEED,
      numRuns: 300,
    });
  });

  it("on good programs with bytes replaced, removed and added", () => {
    const folder = join(import.meta.dirname, "../good");
    const files = readdirSync(folder).filter((file) => file.endsWith(".mpp"));
    const texts = files.map((file) => readFileSync(join(folder, file), "utf8"));
    const edit = fc.record({
      at: fc.nat({ max: 100_000 }),
      removed: fc.integer({ min: 0, max: 12 }),
      added: fc.oneof(
        fc.constant(""),
        fc.constantFrom(...words),
        fc.string({ unit: "binary-ascii", maxLength: 3 }),
      ),
    });
    const damaged = fc
      .tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 6 }))
      .map(([text, edits]) =>
        edits.reduce((now, { at, removed, added }) => {
          const start = at % (now.length + 1);
          return now.slice(0, start) + added + now.slice(start + removed);
        }, text),
      );
    fc.assert(fc.property(damaged, survives), { seed: SEED, numRuns: 300 });
  });
});

const DEEP = 5_000;
const nested = (open: string, inner: string, close: string, depth: number): string =>
  `model { real x = ${open.repeat(depth)}${inner}${close.repeat(depth)}; }`;

describe("nesting", () => {
  it.each<[string, string, string]>([
    ["parentheses", nested("(", "1", ")", DEEP), "E0113"],
    ["square brackets", nested("[", "1", "]", DEEP), "E0113"],
    ["calls", nested("f(", "1", ")", DEEP), "E0113"],
    ["indices", nested("a[", "1", "]", DEEP), "E0113"],
    ["conditions in conditions", nested("a ? ", "1", " : 2", DEEP), "E0113"],
    ["braces", `model ${"{".repeat(DEEP)}${"}".repeat(DEEP)}`, "E0113"],
    ["ifs", `model { ${"if (a) ".repeat(DEEP)} x ~ f(); }`, "E0113"],
    ["else ifs", `model { ${"if (a) x ~ f(); else ".repeat(DEEP)} x ~ f(); }`, "E0113"],
    ["fors", `model { ${"for (i in 1:2) ".repeat(DEEP)} x ~ f(); }`, "E0113"],
    ["sums", nested("", "1", " + 1", DEEP), "E0114"],
    ["powers", nested("", "1", " ^ 1", DEEP), "E0114"],
    ["signs", nested("- ", "1", "", DEEP), "E0114"],
    ["indexings", nested("", "a", "[1]", DEEP), "E0114"],
    ["chained conditions", nested("a ? 1 : ", "1", "", DEEP), "E0114"],
  ])("too many %s are one diagnostic", (_, text, code) => {
    expect(parseModel({ path: "deep.mpp", text }).diagnostics.map((d) => d.code)).toEqual([code]);
  });

  it("of unclosed brackets is reported", () => {
    const { diagnostics } = parseModel({ path: "deep.mpp", text: `model { real x = ${"(".repeat(DEEP)}` });
    expect(new Set(diagnostics.map((d) => d.code))).toEqual(new Set(["E0110", "E0113"]));
  });

  it.each([
    ["parentheses", nested("(", "1", ")", 98)],
    ["calls and indices", nested("a[f(", "1", ")]", 49)],
    ["blocks", `model { ${"plate p { if (a) { ".repeat(32)} x ~ f(); ${"} }".repeat(32)} }`],
    ["sums", nested("", "1", " + 1", 399)],
    ["else ifs", `model { ${"if (a) x ~ f(); else ".repeat(98)} x ~ f(); }`],
  ])("as people need it is fine: %s", (_, text) => {
    expect(brief(parseModel({ path: "fine.mpp", text }).diagnostics)).toEqual([]);
  });

  it("and errors inside deep nesting are found", () => {
    const { diagnostics } = parseModel({ path: "deep.mpp", text: nested("(", "1 2", ")", 98) });
    expect(brief(diagnostics)).toEqual(["E0131 1:118 expected ',' or ')', found '2'"]);
  });

  it("takes long lists without nesting", () => {
    const list = Array.from({ length: 5000 }, (_, i) => String(i)).join(", ");
    const text = `model { vector[5000] x = [${list}]; ${"y ~ f(1);".repeat(2000)} }`;
    expect(parseModel({ path: "long.mpp", text }).program.model).toHaveLength(2001);
  });
});
