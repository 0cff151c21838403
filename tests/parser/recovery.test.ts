// Several errors in one file: each is found, none brings on another, and the rest is understood.
import { describe, expect, it } from "vitest";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tokenize } from "../../src/lexer/lexer.js";
import { parseLibrary } from "../../src/parser/parse.js";
import { brief, outline, parse } from "./parsing.js";

const found = (text: string): string[] => brief(parse(text).diagnostics);

describe("recovery", () => {
  it("finds every error of a file and keeps the rest", () => {
    const { program, diagnostics } = parse(`data {
  plate rows
  real y[rows;
  vectr[3] v[rows];
  int<lower=0> n;
}
model {
  mu ~ normal(0 1);
  sigma ~ half_normal(1)
  real eta = mu + ;
  plate rows {
    y ~ normal(eta, sigma;
    z = mu + 1;
  }
  tau ~ ;
}
guide {
  mu ~ normal(learn(1, 2), 1);
  sigma;
}
`);
    expect(brief(diagnostics)).toMatchInlineSnapshot(`
      [
        "E0130 2:13 expected ';' after this statement",
        "E0110 3:9 this '[' is never closed",
        "E0137 4:3 there is no type called 'vectr'",
        "E0131 8:17 expected ',' or ')', found '1'",
        "E0130 9:25 expected ';' after this statement",
        "E0131 10:19 expected an expression, found ';'",
        "E0110 12:15 this '(' is never closed",
        "E0140 13:5 'z = ...' has no type",
        "E0131 15:9 expected an expression, found ';'",
        "E0161 18:15 'learn' takes an initial value and 'over', in this order",
      ]
    `);
    expect(outline(program)).toMatchInlineSnapshot(`
      "data
        plate rows
        variable int<lower=0> n
      model
        sample sigma ~ half_normal(1)
        plate rows
          local real z = (mu + 1)
      guide
        default sigma
      not understood y
      not understood vectr
      not understood mu
      not understood eta
      not understood y
      not understood tau"
    `);
  });

  it("puts a missing semicolon at the end of the statement before", () => {
    const { diagnostics } = parse("model {\n  x ~ normal(0, 1)   // why\n  y ~ normal(0, 1);\n}");
    expect(brief(diagnostics)).toEqual(["E0130 2:19 expected ';' after this statement"]);
    expect(diagnostics[0]?.span?.end).toBe(diagnostics[0]?.span?.start);
  });

  it("names the brace that was opened, as indentation shows it", () => {
    expect(found("data {\n  plate p;\nmodel {\n  x ~ f();\n}\n")).toEqual([
      "E0110 1:6 this '{' after 'data' is never closed",
    ]);
    expect(found("model {\n  plate p {\n    x ~ f();\n}\nguide {\n  x;\n}\n")).toEqual([
      "E0110 2:11 this '{' after 'p' is never closed",
    ]);
    expect(found("model {\n  plate p {\n    x ~ f();\n  }\n  }\n  y ~ f();\n}\n")).toEqual([
      "E0111 5:3 this '}' closes nothing",
    ]);
    expect(found("model {\n  plate p\n    x ~ f();\n  }\n  y ~ f();\n}\n")).toEqual([
      "E0126 2:3 the 'plate p' has no '{'",
    ]);
  });

  it("ends parentheses with their statement", () => {
    expect(found("model {\n  x ~ f(g(1);\n  y ~ f(1\n  z ~ f(a[1);\n  w ~ f(a[1), 2);\n}")).toEqual([
      "E0110 2:8 this '(' is never closed",
      "E0110 3:8 this '(' is never closed",
      "E0110 4:10 this '[' is never closed",
      "E0112 5:12 '[' cannot be closed by ')'",
    ]);
    const { program } = parse("model {\n  x ~ f(g(1);\n  y ~ f(1\n  z ~ f(1);\n}");
    expect(outline(program)).toBe("model\n  sample z ~ f(1)\nnot understood x\nnot understood y");
  });

  it("skips a broken function, keeping the others", () => {
    const text = `function real f(real x = x;
function real g(real x) = x +;
distribution d(real m) real { draw = ; log_density(y) = m; }
x ~ normal(0, 1);
function real h(real x) { real a = ; return a; }
function real k(real x) = x;`;
    const { functions, diagnostics } = parseLibrary({ path: "library.mpp", text });
    expect(brief(diagnostics)).toEqual([
      "E0110 1:16 this '(' is never closed",
      "E0131 2:30 expected an expression, found ';'",
      "E0131 3:38 expected an expression, found ';'",
      "E0128 4:1 'x' does not begin a function or a distribution",
      "E0131 5:36 expected an expression, found ';'",
    ]);
    expect(functions.map((f) => [f.name.text, f.kind === "distribution" ? f.items.length : 0])).toEqual([
      ["d", 1],
      ["k", 0],
    ]);
  });
});

describe("blocks", () => {
  it.each<[string, string[]]>([
    ["", ["E0120 1:1 this file has no model in it"]],
    ["// only a comment\n", ["E0120 1:1 this file has no model in it"]],
    ["data { int n; }", ["E0121 1:16 there is no 'model' block"]],
    ["modle { x ~ f(); }", ["E0124 1:1 there is no block called 'modle'"]],
    ["foo { x ~ f(); }", ["E0124 1:1 there is no block called 'foo'"]],
    ["model { } model { }", ["E0122 1:11 there is a second 'model' block"]],
    ["model { } data { }", ["E0123 1:11 the 'data' block must stand before the 'model' block"]],
    ["transformed data { } model { }", ["E0125 1:1 there are no blocks of transformed variables"]],
    ["model { } generated quantities { }", ["E0125 1:11 this block is called 'generated' here"]],
    ["model x ~ f(); }", ["E0126 1:1 the 'model' block has no '{'"]],
    [
      "x ~ f(); model { };",
      ["E0127 1:1 'x' stands outside of any block", "E0127 1:19 ';' stands outside of any block"],
    ],
  ])("%s", (text, messages) => {
    expect(found(text)).toEqual(messages);
  });

  it("reads a misspelt block as what was meant, and a second block with the first", () => {
    const { program } = parse("modle { x ~ f(); } model { y ~ f(); }");
    expect(outline(program)).toBe("model\n  sample x ~ f()\n  sample y ~ f()");
  });

  it("remembers what a block that is not in the language declares", () => {
    const { program } = parse("transformed parameters { real s = 1; plate p { real t = 2; } } model { }");
    expect(program.brokenNames.map((name) => name.text)).toEqual(["s", "t"]);
    expect(program.blocks.map((name) => name.text)).toEqual(["model"]);
  });
});

/** Statements, and the blocks that take them. */
const STATEMENTS: readonly [statement: string, blocks: readonly string[]][] = [
  ["plate p;", ["data"]],
  ["plate p { }", ["parameters", "model", "guide", "generated"]],
  ["group g { }", ["guide"]],
  ["if (1) { }", ["model", "generated"]],
  ["for (i in 1:2) { }", ["model", "generated"]],
  ["{ }", ["model", "generated"]],
  ["target += 1;", ["model"]],
  ["return 1;", []],
  ["real x;", ["data", "model"]],
  ["real x = 1;", ["parameters", "model", "generated"]],
  ["real x ~ f();", ["model", "generated"]],
  ["x ~ f();", ["model", "guide", "generated"]],
  ["x;", ["guide"]],
  [";", ["data", "parameters", "model", "guide", "generated"]],
];

describe("statements in the wrong block", () => {
  const blocks = ["data", "parameters", "model", "guide", "generated"];
  const cases = STATEMENTS.flatMap(([text, allowed]) => blocks.map((block) => ({ text, block, allowed })));
  it.each(cases)("$text in $block", ({ text, block, allowed }) => {
    const model = block === "model" ? "" : "model { }";
    const source =
      block === "guide" || block === "generated"
        ? `${model} ${block} { ${text} }`
        : `${block} { ${text} } ${model}`;
    expect(
      parse(source)
        .diagnostics.map((d) => d.message)
        .join(),
    ).toMatch(
      allowed.includes(block) ? /^$/ : /^[^,]+ (cannot stand in|is said of|has no initial value)[^,]*$/,
    );
  });
});

describe("likely mistakes", () => {
  it.each([
    [
      "x = normal(0, 1);",
      "E0140",
      "write 'x ~ normal(...);' if it is distributed so, or 'real x = ...;' for a local",
    ],
    ["x = exp(1);", "E0140", "write 'real x = ...;' for a local"],
    ["x <- 3;", "E0141", "write 'x ~ ...' for a distribution, or 'real x = ...' for a local"],
    ["x ~ 1 + 2;", "E0142", "a value is given with '=': 'real x = ...;'"],
    [
      "y[1] ~ f();",
      "E0143",
      "inside its plates, 'y' alone means the value of this element: 'plate p { y ~ ...; }'",
    ],
    ["float x = 1;", "E0137", /^the types are int, real/],
    ["relal x = 1;", "E0137", "did you mean 'real'?"],
    ["while (x) { }", "E0136", "repeat with a plate, or over a range that data gives: 'for (i in 1:n) ...'"],
    ["for (i = 1; i < 3; i++) { }", "E0131", "write 'for (i in 1:n) ...'"],
    ["x += 1;", "E0131", "only 'target' can be added to"],
    ["real sigma[2] ~ f();", "E0170", "a vector is one variable of several elements: 'vector[2] sigma'"],
    ["real<lowr=0> x ~ f();", "E0150", "did you mean 'lower'?"],
    ["vector x ~ f();", "E0152", "write 'vector[n]'"],
    ["plate a in b { }", "E0163", "write 'plate a { ... }'"],
    ["real model = 1;", "E0132", "choose another name"],
    ["else { }", "E0134", undefined],
    ["function real f(real x) = x;", "E0133", "functions stand in the 'functions' block"],
  ])("%s", (statement, code, hint) => {
    const { diagnostics } = parse(`model {\n  ${statement}\n  good ~ normal(0, 1);\n}`);
    expect(diagnostics.map((d) => d.code)).toEqual([code]);
    if (hint instanceof RegExp) expect(diagnostics[0]?.hint).toMatch(hint);
    else expect(diagnostics[0]?.hint).toBe(hint);
  });

  it("rewrites Stan's arrays", () => {
    const { program, diagnostics } = parse("data { int N; array[N, 2] vector<lower=0>[3] y; } model { }");
    expect(diagnostics.map((d) => [d.code, d.hint])).toEqual([
      ["E0144", "write 'vector<lower=0>[3] y[N, 2];'"],
    ]);
    expect(outline(program)).toContain("variable vector<lower=0>[3] y[N, 2]");
  });

  it("does not report what is open in a comment that is never closed", () => {
    expect(found("model {\n  x ~ f(); /* why\n}\n")).toEqual(["E0103 2:12 this comment is never closed"]);
  });
});

describe("one token too few or too many in a good file", () => {
  const folder = join(import.meta.dirname, "../good");
  const files = readdirSync(folder).filter((file) => file.endsWith(".mpp"));
  it.each(files)("%s costs at most two messages", (file) => {
    const text = readFileSync(join(folder, file), "utf8");
    for (const { startOffset, image } of tokenize({ path: file, text }).tokens) {
      const [before, after] = [text.slice(0, startOffset), text.slice(startOffset + image.length)];
      for (const edited of [before + after, `${before}${image} ${image}${after}`])
        expect(found(edited).length, `${image} at ${startOffset}`).toBeLessThanOrEqual(2);
    }
  });
});
