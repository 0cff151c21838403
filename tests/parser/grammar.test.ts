// The grammar as written agrees with the grammar as run, and chevrotain finds nothing wrong with either.
import { Lexer as ReferenceLexer } from "chevrotain";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundle, Lexer } from "../../src/lexer/chevrotain.js";
import { BLOCKS, KEYWORDS, SOFT_KEYWORDS, TOKENS, TYPE_NAMES } from "../../src/lexer/tokens.js";
import { ITEMS } from "../../src/parser/functions.js";
import { Grammar } from "../../src/parser/grammar.js";
import { parseModel } from "../../src/parser/parse.js";
import { BOUNDS } from "../../src/parser/types.js";

const root = join(import.meta.dirname, "../..");
const ebnf = readFileSync(join(root, "grammar/mpp.ebnf"), "utf8");
const comments = (ebnf.match(/\(\*[\s\S]*?\*\)/g) ?? []).join("\n");
const rules = ebnf.replace(/\(\*[\s\S]*?\*\)/g, "");
const defined = Array.from(rules.matchAll(/^(\w+)\s*=/gm), (match) => match[1] ?? "");
const quoted = Array.from(rules.matchAll(/"([^"]+)"/g), (match) => match[1] ?? "");
const isWord = (text: string): boolean => /^\w+$/.test(text);

describe("grammar/mpp.ebnf", () => {
  const parserRules = Object.keys(new Grammar({ skipValidations: true }).getGAstProductions());
  // chevrotain has one alternative rule for the two kinds of operators of a bound and of an operation
  const lexicalRules = ["TYPE", "ARITHMETIC", "COMPARISON"];

  it("has the rules of the parser, and no others", () => {
    expect(defined.filter((rule) => !lexicalRules.includes(rule)).sort()).toEqual([...parserRules].sort());
    expect(new Set(defined).size).toBe(defined.length);
  });
  it("uses no rule that it does not define", () => {
    const used = rules.replace(/"[^"]*"/g, "").match(/[A-Za-z]\w*/g) ?? [];
    expect(new Set(used)).toEqual(new Set([...defined, "NAME", "NUMBER"]));
  });
  it("has the words of the lexer, and no others", () => {
    expect(new Set(quoted.filter(isWord))).toEqual(new Set([...KEYWORDS, ...SOFT_KEYWORDS, ...TYPE_NAMES]));
  });
  it("has the symbols of the lexer, and no others", () => {
    const symbols = TOKENS.flatMap((t) =>
      typeof t.PATTERN === "string" && !isWord(t.PATTERN) ? [t.PATTERN] : [],
    );
    expect(new Set(quoted.filter((text) => !isWord(text)))).toEqual(new Set(symbols));
  });
  it("tells of every block, item and bound", () => {
    for (const word of [...BLOCKS.slice(1), ...Object.keys(ITEMS), ...BOUNDS])
      expect(comments).toContain(word);
  });
});

describe("chevrotain", () => {
  it("finds no fault with the parser", () => {
    expect(() => new Grammar({ skipValidations: false })).not.toThrow();
  });
  it("finds no fault with the lexer", () => {
    const lexer = new Lexer(TOKENS, { positionTracking: "onlyOffset", ensureOptimizations: true });
    expect(lexer.lexerDefinitionErrors).toEqual([]);
  });
  it("is loaded from its single file, and only from there", () => {
    expect(existsSync(bundle)).toBe(true);
    expect(Lexer).not.toBe(ReferenceLexer);
    const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
    const importing = files.filter(
      (file) =>
        file.endsWith(".ts") &&
        /^import (?!type)[^;]*from "chevrotain"/m.test(readFileSync(join(root, "src", file), "utf8")),
    );
    expect(importing).toEqual([]);
  });
  it("still lets the parser choose where to go on after an error", () => {
    const text = "model { x ~ f(1 2 y, z); w ~ f(); }";
    const { program, diagnostics } = parseModel({ path: "test.mpp", text });
    expect(diagnostics).toHaveLength(1);
    expect(program.model.map((s) => s.kind === "sample" && s.name.text)).toEqual(["w"]);
  });
});
