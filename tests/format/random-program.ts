// Random programs that parse: every statement and expression of the grammar, without a meaning.
import fc from "fast-check";
import { parseConcrete } from "../../src/parser/parse.js";

const name = fc.constantFrom("a", "mu", "long_name_of_a_latent", "T", "by", "group", "x1");
const number = fc.constantFrom("0", "1", "1_000", "2.5", ".5", "1.", "1e-3", "123456.789e10");
const many = (one: fc.Arbitrary<string>, separator: string, least = 0, most = 3): fc.Arbitrary<string> =>
  fc.array(one, { minLength: least, maxLength: most }).map((parts) => parts.join(separator));
const joined = (...parts: readonly (fc.Arbitrary<string> | string)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((texts) => texts.join(" "));
const maybe = (part: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(""), part);

const ARITHMETIC = ["+", "-", "*", "/", "%", ".*", "./", "^"];
const COMPARISON = ["||", "&&", "==", "!=", "<", "<=", ">", ">="];

const { expression } = fc.letrec<{ expression: string; operand: string }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    name,
    number,
    joined(name, "(", many(tie("expression"), ", "), ")"),
    joined(name, "(", tie("expression"), ")"),
    joined(name, "(", tie("expression"), "|", tie("expression"), ")"),
    joined("(", tie("expression"), ")"),
    joined("[", many(fc.oneof(tie("expression"), number), ", ", 1, 9), "]"),
    joined(name, "[", many(tie("expression"), ", ", 1, 2), "]"),
    joined(fc.constantFrom("-", "+", "!"), tie("operand")),
    joined("(", tie("expression"), ")", "'"),
    joined("learn(", tie("expression"), ")"),
    fc.constantFrom("learn()", "learn(1, over = none)", "learn(over = (a, b))", "learn(2, over = a)"),
  ),
  expression: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    tie("operand"),
    joined(tie("operand"), fc.constantFrom(...ARITHMETIC, ...COMPARISON), tie("operand")),
    joined(tie("operand"), fc.constantFrom(...ARITHMETIC), tie("expression")),
    joined(tie("operand"), "?", tie("expression"), ":", tie("expression")),
  ),
}));

const bound = joined(fc.constantFrom("lower", "offset"), "=", fc.oneof(number, name));
const bounds = maybe(joined("<", fc.oneof(bound, joined(bound, ", upper = n + 1")), ">"));
const type = fc.oneof(
  joined(fc.constantFrom("int", "real"), bounds),
  joined(fc.constantFrom("vector", "simplex", "ordered"), bounds, "[", expression, "]"),
  joined("matrix", bounds, "[", expression, ",", expression, "]"),
);
const call = joined(name, "(", many(expression, ", "), ")");
const truncation = fc.oneof(fc.constant(""), joined("T[", maybe(expression), ",", maybe(expression), "]"));

const { statement } = fc.letrec<{ statement: string; body: string }>((tie) => ({
  body: joined("{", many(tie("statement"), " "), "}"),
  statement: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    joined(maybe(type), name, "~", call, truncation, ";"),
    joined(type, name, "=", expression, ";"),
    joined("target +=", expression, ";"),
    fc.constant(";"),
    joined("plate", name, tie("body")),
    tie("body"),
    joined("if (", expression, ")", tie("statement"), maybe(joined("else", tie("statement")))),
    joined("for (", name, "in", expression, ":", expression, ")", tie("statement")),
  ),
}));

const guideStatement = fc.letrec<{ statement: string }>((tie) => {
  const inside = joined("{", many(tie("statement"), " "), "}");
  return {
    statement: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      joined(name, ";"),
      joined(name, "~", call, ";"),
      joined("plate", name, inside),
      joined("group", name, maybe(joined(":", name)), inside),
    ),
  };
}).statement;

const dataItem = fc.oneof(
  joined("plate", name, maybe(joined("in", name)), maybe(joined("by", name)), ";"),
  joined("plate", name, maybe(joined("in", name)), "ordered ;"),
  joined(type, name, maybe(joined("[", many(name, ", ", 1, 3), "]")), ";"),
);

const parameters = joined("(", many(joined(type, name), ", "), ")");
const named = (separator: string): fc.Arbitrary<string> =>
  many(joined(name, separator, expression), ", ", 1, 3);
const item = fc.oneof(
  joined(fc.constantFrom("log_density(y)", "quantile(u)", "draw", "draw(like)"), "=", expression, ";"),
  joined("statistics(y) = (", many(expression, ", ", 1, 3), ") ;"),
  joined("fit(", many(name, ", ", 1, 3), ") = (", named(":"), ") ;"),
  joined("guides", type, ";"),
  joined("check log_density(", named("="), ") ==", expression, ";"),
  joined("check fit(", named("="), ") . mu ==", expression, ";"),
);
const functionItem = fc.oneof(
  joined("function", type, name, parameters, "=", expression, ";"),
  joined(
    "function",
    type,
    name,
    parameters,
    "{",
    many(joined(type, name, "=", expression, ";"), " "),
    "return",
    expression,
    "; }",
  ),
  joined("distribution", name, parameters, type, "{", many(item, " "), "}"),
);

export type RandomFile = { readonly kind: "program" | "library"; readonly text: string };
const parsed = (kind: RandomFile["kind"], text: fc.Arbitrary<string>): fc.Arbitrary<RandomFile> =>
  text
    .map((it) => ({ kind, text: it }))
    .filter((file) => parseConcrete({ path: "random.mpp", text: file.text }, kind).diagnostics.length === 0);

/** Text that parses, though most says nothing that the type checker would take. */
export const randomFiles: fc.Arbitrary<RandomFile> = fc.oneof(
  parsed(
    "program",
    joined(
      maybe(joined("functions {", many(functionItem, " "), "}")),
      maybe(joined("data {", many(dataItem, " "), "}")),
      joined("model {", many(statement, " "), "}"),
      maybe(joined("guide {", many(guideStatement, " "), "}")),
    ),
  ),
  parsed("library", many(functionItem, " ", 1, 4)),
);
