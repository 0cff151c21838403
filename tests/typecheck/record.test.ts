// What the checker tells a recorder: of a good model what every name stands for, of a bad one what is known.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tokenMatcher } from "../../src/lexer/chevrotain.js";
import { tokenize } from "../../src/lexer/lexer.js";
import { Identifier } from "../../src/lexer/tokens.js";
import { parseModel } from "../../src/parser/parse.js";
import { readLibrary } from "../../src/stdlib.js";
import { checkModel } from "../../src/typecheck/check.js";
import { newRecorder, type Recording } from "../../src/typecheck/record.js";
import { describeType } from "../../src/typecheck/show.js";

const ROOT = join(import.meta.dirname, "..", "..");

function recordOf(text: string): Recording {
  const source = { path: "model.mpp", text };
  const { program, diagnostics } = parseModel(source);
  const { recorder, told } = newRecorder();
  const { partial, library } = checkModel(program, source, readLibrary(), diagnostics, recorder);
  return { ...told(), partial, library };
}

/** The line where a use's declaration is, or what else it stands for. */
function targets(text: string, name: string): readonly string[] {
  return recordOf(text).uses.flatMap(({ name: used, target }) => {
    if (used.text !== name) return [];
    if (target.kind !== "declaration") return [`${target.kind} ${target.name}`];
    return [`line ${text.slice(0, target.at.start).split("\n").length}`];
  });
}

const EXAMPLES = readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".mpp"))
  .sort();

describe("of a good model", () => {
  /** Words that stand for nothing in the text: what is no declaration of it, and words of the grammar. */
  const isGrammar = (before: string, word: string): boolean =>
    before === "by" || before === ":" || ["learn", "over", "none", "lower", "upper", "prev", "by", "group", "T"].includes(word); // prettier-ignore

  it.each(EXAMPLES)("every name of %s is a declaration or a use of one", (file) => {
    const text = readFileSync(join(ROOT, "examples", file), "utf8");
    const { declarations, uses } = recordOf(text);
    const known = new Set([...declarations, ...uses].map(({ name }) => name.span.start));
    const { tokens } = tokenize({ path: file, text });
    const unknown = tokens.flatMap((token, i) =>
      tokenMatcher(token, Identifier) &&
      !known.has(token.startOffset) &&
      !isGrammar(tokens[i - 1]?.image ?? "", token.image)
        ? [token.image]
        : [],
    );
    expect(unknown).toEqual([]);
    expect(known.size).toBeGreaterThan(5);
    const starts = declarations.map((d) => d.name.span.start);
    for (const { target } of uses)
      if (target.kind === "declaration") expect(starts).toContain(target.at.start);
  });
});

describe("a name stands for", () => {
  it("the declaration of its scope", () => {
    const text =
      "data { plate p; real y[p]; }\nmodel {\n  a ~ normal(0, 1);\n  { real b = a; target += b; }\n" +
      "  plate p {\n    real b = 2 * a;\n    y ~ normal(b, 1);\n  }\n}";
    expect(targets(text, "b")).toEqual(["line 4", "line 6"]);
    expect(targets(text, "a")).toEqual(["line 3", "line 3"]);
    expect(targets(text, "p")).toEqual(["line 1", "line 1"]);
    expect(targets(text, "normal")).toEqual(["distribution normal", "distribution normal"]);
  });

  it("the latent that the guide and `prev` name, and the parameter that a definition's item names", () => {
    const text =
      "functions {\n  distribution d(real m) real {\n    log_density(y) = -square(y - m);\n    draw = m;\n" +
      "    statistics(y) = (y);\n    fit(s) = (m: s);\n    check log_density(y = 1, m = 1) == 0;\n  }\n}\n" +
      "data { plate t ordered; real o[t]; }\nmodel {\n  plate t {\n    x ~ normal(prev(x, 0), 1);\n" +
      "    o ~ normal(x + d_lpdf(o | 1), 1);\n  }\n}\nguide { plate t { x ~ normal(learn(0), 1); } }";
    expect(targets(text, "x")).toEqual(["line 13", "line 13", "line 13"]);
    expect(targets(text, "m")).toEqual(["line 2", "line 2", "line 2", "line 2"]);
    expect(targets(text, "d_lpdf")).toEqual(["distribution d"]);
    expect(targets(text, "y").slice(-1)).toEqual(["line 3"]);
  });

  it("the first of several declarations, and what is declared further down or in a block that has ended", () => {
    const text =
      "data { real y; }\nmodel {\n  m ~ normal(c, 1);\n  c ~ normal(0, 1);\n  { real l = 1; }\n" +
      "  real y = l;\n  y ~ normal(m, 1);\n}";
    expect(targets(text, "c")).toEqual(["line 4"]);
    expect(targets(text, "l")).toEqual(["line 5"]);
    expect(targets(text, "y")).toEqual(["line 1", "line 1"]);
  });
});

describe("of a broken model", () => {
  const text =
    "data { plate p; real y[p]; }\nmodel {\n  a ~ normal(0, 1);\n  b ~ normal(a, unknown);\n  c ~ gamma(1 + a);\n" +
    "  plate p { y ~ normal(a +, 1); d ~ normal(a, 1); }\n}\ngenerated { plate p { real q = a + d; } }";
  const recording = recordOf(text);

  it("what is right is known, with its type and plates", () => {
    expect(recording.partial.latents.map((l) => l.name)).toEqual(["a", "d"]);
    const d = recording.declarations.find(({ name }) => name.text === "d")?.declared;
    expect(d?.kind === "variable" && d.plates.map((p) => p.name)).toEqual(["p"]);
    const sum = recording.expressions.find(
      ({ syntax }) => syntax.kind === "binary" && syntax.span.start === text.indexOf("a + d"),
    );
    expect(sum && describeType(sum.typed.type)).toBe("a real");
    expect(sum?.typed.latents.map((l) => l.name)).toEqual(["a", "d"]);
  });

  it("what is wrong is declared all the same", () => {
    const faulty = recording.declarations.filter(({ declared }) => declared.kind === "faulty");
    expect(faulty.map(({ name }) => name.text)).toEqual(["b", "c"]);
    expect(targets(text, "gamma")).toEqual(["distribution gamma"]);
  });
});

it("of the rounds of a loop the first is kept", () => {
  const text =
    "data { vector[3] v; }\nmodel { a ~ normal(0, 1); for (i in 1:3) { real s = v[i] * a; target += s; } }";
  const { scopes, declarations, expressions } = recordOf(text);
  expect(declarations.map(({ name }) => name.text)).toEqual(["v", "a", "i", "s"]);
  const spans = scopes.map(({ span }) => `${span.start} ${span.end}`);
  expect(new Set(spans).size).toBe(spans.length);
  expect(expressions.filter(({ syntax }) => syntax.span.start === text.indexOf("v[i]"))).toHaveLength(3); // v, v[i], v[i] * a
});
