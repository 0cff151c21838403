// Libraries: the standard one is right, items are checked when they are used, and mistakes in it are bugs.
import { describe, expect, it } from "vitest";
import { Bug, renderDiagnostics } from "../../src/diagnostic.js";
import { parseLibrary } from "../../src/parser/parse.js";
import type { SourceFile } from "../../src/source.js";
import { readLibrary, readLibrarySources } from "../../src/stdlib.js";
import { BUILTINS } from "../../src/typecheck/builtins.js";
import { loadLibrary } from "../../src/typecheck/library.js";
import { indexLibrary } from "../../src/typecheck/library-index.js";
import { check, codes, typed } from "./checked.js";

const library = (text: string): ReturnType<typeof loadLibrary> => loadLibrary([{ path: "lib.mpp", text }]);
const GOOD =
  "distribution flatish(real a) real { log_density(y) = 0 * a; draw = a; statistics(y) = y; fit(m) = (a: m); guides real; }";
const BAD =
  "function real broken(real x) = x + nothing; distribution sick(real a) real { log_density(y) = broken(y); }";
const model = (prior: string): string =>
  `data { plate rows; real y[rows]; } model { mu ~ ${prior}; plate rows { y ~ flatish(mu); } }`;

describe("the standard library", () => {
  it("has no mistake, nor anything to warn of", () => {
    expect(renderDiagnostics(readLibrary().check())).toBe("");
  });
  it("is indexed as it is parsed", () => {
    const outline = (source: SourceFile): unknown =>
      parseLibrary(source).functions.map(({ kind, name }) => [kind, name.text, name.span.start]);
    for (const file of readLibrarySources()) {
      const indexed = indexLibrary(file);
      expect(indexed.flatMap((item) => outline(item.source()))).toEqual(outline(file));
      expect(indexed.map((item) => [item.kind, item.name])).toEqual(
        parseLibrary(file).functions.map(({ kind, name }) => [kind, name.text]),
      );
    }
  });
  it("is read once", () => expect(readLibrary()).toBe(readLibrary()));
  it("has a family for every kind of support that it guides", () => {
    const { defaultGuides, learnableFamilies } = readLibrary();
    expect(defaultGuides.length).toBeGreaterThanOrEqual(3);
    for (const name of defaultGuides) expect(learnableFamilies).toContain(name);
  });
  it("hides no built-in function", () => {
    const { functionNames, function: find } = readLibrary();
    for (const name of functionNames.filter((f) => BUILTINS.has(f))) {
      const arity = find(name)?.parameters.length;
      expect(BUILTINS.get(name)?.map((b) => b.parameters.length)).not.toContain(arity);
    }
  });
});

describe("a library file", () => {
  it("keeps the doc comments of its definitions", () => {
    const text =
      "// About; this { file.\n/// One; \n/// more.\nfunction real<lower=sqrt(2)> f(real x) = x; /* } */ /// Two\nfunction real g(real x) { return x; }";
    expect(library(text).diagnostics).toEqual([]);
    expect(library(text).library.function("f")?.doc).toBe("One;\nmore.");
    expect(library(text).library.function("g")?.doc).toBe("Two");
  });
  it("that does not hold definitions alone is found to", () => {
    expect(library(`${GOOD} mu ~ normal(0, 1);`).diagnostics.length).toBeGreaterThan(0);
    expect(library(`function real f(real x) = x`).library.check().length).toBeGreaterThan(0);
    expect(library(`function real f(real x) = `).library.check().length).toBeGreaterThan(0);
  });
});

describe("a library", () => {
  it("is checked only as far as it is used", () => {
    const loaded = library(GOOD + BAD);
    expect(loaded.diagnostics).toEqual([]);
    expect(typed(model("flatish(1)"), loaded.library).guides.map((g) => g.distribution.name)).toEqual([
      "flatish",
    ]);
  });
  it("that is wrong where it is used is a bug", () => {
    expect(() => check(model("sick(1)"), library(GOOD + BAD).library)).toThrow(Bug);
  });
  it("says all that is wrong with it", () => {
    expect(
      library(GOOD + BAD)
        .library.check()
        .map((d) => d.code),
    ).toEqual(["E0201"]);
  });
  it("has each name once", () => {
    expect(library(GOOD + GOOD).diagnostics.map((d) => d.code)).toEqual(["E0206"]);
    expect(library("function real exp(real x) = x;").diagnostics.map((d) => d.code)).toEqual(["E0214"]);
    expect(library("function real log_sum_exp(real x, real y) = x + y;").diagnostics).toEqual([]);
  });
  it("gives what a name stands for, or tells that it has none or is wrong", () => {
    const { library: own } = library(GOOD);
    expect(own.distribution("flatish")?.parameters.map((p) => p.name)).toEqual(["a"]);
    expect(own.distribution("nothing")).toBeUndefined();
  });
});

describe("checks of a distribution", () => {
  const withCheck = (text: string): readonly string[] =>
    codes(`functions { distribution d(real a) real {
      log_density(y) = y - a; statistics(y) = y; fit(m) = (a: m); widen(k) = (a: k * a); ${text}
    } } data { plate rows; real y[rows]; } model { m ~ normal(0, 1); plate rows { y ~ d(m); } }`);
  it.each([
    ["check log_density(y = 1, a = -2) == 3;", []],
    ["check fit(m = 2).a == 2;", []],
    ["check widen(k = 2, a = 1 / 2.0).a == 1;", []],
    ["check fit(m = 2) == 2;", ["E0444"]],
    ["check fit(m = 2).b == 2;", ["E0444"]],
    ["check log_density(y = 1, b = 2) == 3;", ["E0444"]],
    ["check log_density(y = 1, a = y) == 3;", ["E0201"]],
    ["check draw(a = 1) == 3;", ["E0444"]],
    ["check log_density(y = 1, a = 2).a == 3;", ["E0444"]],
  ])("%s", (text, expected) => {
    expect(withCheck(text)).toEqual(expected);
  });
});
