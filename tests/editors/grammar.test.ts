// The colours of editors agree with the lexer, word for word.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tokenMatcher } from "../../src/lexer/chevrotain.js";
import { tokenEnd, tokenize } from "../../src/lexer/lexer.js";
import { Identifier, KEYWORDS, Number_, Real, SOFT_KEYWORDS, TYPE_NAMES } from "../../src/lexer/tokens.js";
import { ROOT } from "../support/javascript.js";

type Grammar = { tokenizeLine(line: string, stack: unknown): { tokens: Scoped[]; ruleStack: unknown } };
type Scoped = { startIndex: number; endIndex: number; scopes: string[] };
const required = createRequire(join(ROOT, "node_modules", "vscode-tmgrammar-test", "package.json"));
const textmate = required("vscode-textmate") as {
  INITIAL: unknown;
  parseRawGrammar(text: string, path: string): unknown;
  Registry: new (options: object) => { loadGrammar(scope: string): Promise<Grammar> };
};
const oniguruma = required("vscode-oniguruma") as {
  loadWASM(bytes: Uint8Array): Promise<void>;
  OnigScanner: new (sources: string[]) => unknown;
  OnigString: new (text: string) => unknown;
};

const path = join(ROOT, "editors", "vscode", "syntaxes", "mpp.tmLanguage.json");
await oniguruma.loadWASM(readFileSync(required.resolve("vscode-oniguruma/release/onig.wasm")));
const grammar = await new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (sources: string[]) => new oniguruma.OnigScanner(sources),
    createOnigString: (text: string) => new oniguruma.OnigString(text),
  }),
  loadGrammar: () => Promise.resolve(textmate.parseRawGrammar(readFileSync(path, "utf8"), path)),
}).loadGrammar("source.mpp");

/** The innermost scope at every offset of a text. */
function scopesOf(text: string): readonly string[] {
  const scopes: string[] = [];
  let stack = textmate.INITIAL;
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    for (const { startIndex, endIndex, scopes: names } of tokens)
      for (let i = startIndex; i < Math.min(endIndex, line.length); i++) scopes.push(names.at(-1) ?? "");
    scopes.push("");
    stack = ruleStack;
  }
  return scopes;
}

const WORD = /^(?:keyword|storage|support\.type)\b/;
const NAME = /^(?:variable|entity\.name|support\.function|keyword\.other\.item)\b/;

/** Does a scope fit what the lexer says of a token? Names that mean something in their place may be coloured so. */
function fits(scope: string, image: string, kind: string): boolean {
  if (kind === "comment") return scope.startsWith("comment.");
  if (kind === "real") return scope === "constant.numeric.real.mpp";
  if (kind === "integer") return scope === "constant.numeric.integer.mpp";
  if (kind === "type") return scope === "support.type.mpp" || scope === "keyword.control.ordered.mpp";
  if (kind === "keyword") return WORD.test(scope) && scope !== "support.type.mpp";
  if (kind === "name")
    return NAME.test(scope) || (SOFT_KEYWORDS.includes(image) && scope.startsWith("keyword.control."));
  return scope.startsWith("keyword.operator.") || scope.startsWith("punctuation.");
}

function disagreements(text: string): readonly string[] {
  const scopes = scopesOf(text);
  const { tokens, comments } = tokenize({ path: "a.mpp", text });
  const pieces = [
    ...comments.map(({ text: image, span }) => ({
      image,
      start: span.start,
      end: span.end,
      kind: "comment",
    })),
    ...tokens.map((token) => ({
      image: token.image,
      start: token.startOffset,
      end: tokenEnd(token),
      kind: kindOf(token),
    })),
  ];
  expect(pieces.length).toBeGreaterThan(0);
  return pieces.flatMap(({ image, start, end, kind }) => {
    const given = [...new Set(scopes.slice(start, end).filter((scope) => scope !== ""))];
    return given.length > 0 && given.every((scope) => fits(scope, image, kind))
      ? []
      : [`'${image}' at ${start} is a ${kind}, coloured ${given.join(", ")}`];
  });
}

function kindOf(token: ReturnType<typeof tokenize>["tokens"][number]): string {
  if (token.tokenType === Real) return "real";
  if (tokenMatcher(token, Number_)) return "integer";
  if (TYPE_NAMES.includes(token.image)) return "type";
  if (KEYWORDS.includes(token.image)) return "keyword";
  return tokenMatcher(token, Identifier) ? "name" : "symbol";
}

describe("the grammar of editors", () => {
  it.each([...KEYWORDS, ...TYPE_NAMES])("knows '%s', alone and not as a part of a name", (word) => {
    expect(disagreements(`${word} x${word} ${word}x ${word}_1`)).toEqual([]);
  });

  it("knows numbers as the lexer does", () => {
    const numbers = "1 1_000 1.5 .5 1. 1e-3 1_0.2_5e+1_0 x1 2.*y 1./z a[1].b";
    expect(disagreements(numbers)).toEqual([]);
  });

  it.each(["examples", "stdlib", "tests/good", "experiments/models"])(
    "agrees with the lexer about %s",
    (folder) => {
      const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith(".mpp"),
      );
      expect(files.length).toBeGreaterThan(5);
      for (const name of files)
        expect(disagreements(readFileSync(join(ROOT, folder, name), "utf8")), name).toEqual([]);
    },
  );
});
