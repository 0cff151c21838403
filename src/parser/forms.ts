// The forms of statements, and which of them each block takes.
import type { CstNode } from "chevrotain";
import type { Diagnostic } from "../diagnostic.js";
import type { Name, Span } from "../source.js";
import type { Context, Maybe } from "./context.js";
import { nameOf, node, nodeSpan, token } from "./cst.js";
import * as errors from "./errors.js";

/** Where a statement stands. */
export type Place = "data" | "parameters" | "model" | "guide" | "generated" | "function";

/** The forms that the grammar tells apart, in every block alike. */
export type Form =
  | "plateDeclaration" // plate p;
  | "plateBody" // plate p { ... }
  | "group" // group g { ... }
  | "if"
  | "for"
  | "braces" // { ... }
  | "increment" // target += e;
  | "return" // return e;
  | "declaration" // real x;
  | "local" // real x = e;
  | "typedSample" // real x ~ d();
  | "assignment" // x = e;
  | "sample" // x ~ d();
  | "bare"; // x;

/** What each block takes. `x = e;` is taken to be explained. */
export const FORMS: { readonly [P in Place]: readonly Form[] } = {
  data: ["plateDeclaration", "declaration"],
  parameters: ["plateBody", "local", "declaration"],
  model: [
    "plateBody", "if", "for", "braces", "increment",
    "declaration", "local", "typedSample", "assignment", "sample",
  ],
  guide: ["plateBody", "group", "sample", "bare"],
  generated: ["plateBody", "if", "for", "braces", "local", "typedSample", "assignment", "sample"],
  function: ["local", "return"],
}; // prettier-ignore

const PLACE_NAMES: { readonly [P in Place]: string } = {
  data: "the data block",
  parameters: "the parameters block",
  model: "the model block",
  guide: "the guide",
  generated: "the generated block",
  function: "a function",
};

const FORM_NAMES: { readonly [F in Form]: string } = {
  plateDeclaration: "the declaration of a plate",
  plateBody: "the block of a plate",
  group: "a group",
  if: "an 'if'",
  for: "a 'for'",
  braces: "a block in braces",
  increment: "'target +='",
  return: "'return'",
  declaration: "a declaration without a value",
  local: "a local variable",
  typedSample: "a '~' statement with a type",
  assignment: "an assignment",
  sample: "a '~' statement",
  bare: "a name alone",
};

/** What to do instead, for the mistakes that are likely. */
const HINTS: { readonly [P in Place]: { readonly [F in Form]?: string } } = {
  data: {
    plateBody: "here a plate is only declared, 'plate p;', and its data has it in brackets, 'real y[p];'",
    local: "the values of data come with the data; compute others in the model block",
    typedSample: "declare the data here, 'real y[p];', and write '~' in the model block",
    sample: "declare the data here, 'real y[p];', and write '~' in the model block",
    assignment: "the values of data come with the data; compute others in the model block",
    bare: "data is declared with its type: 'real y[p];'",
    group: "groups of latents stand in the guide",
    increment: "write it in the model block",
    if: "write it in the model block",
    for: "write it in the model block",
  },
  parameters: {
    plateDeclaration: "plates are declared in the data block",
    typedSample: "what has a distribution is a latent: write it in the model block",
    sample: "what has a distribution is a latent: write it in the model block",
    assignment: "write the type of the parameter: 'real x = ...;'",
    bare: "write its type and initial value: 'real x = ...;'",
  },
  model: {
    plateDeclaration: "a plate is declared in the data block; here it is opened: 'plate p { ... }'",
    group: "groups of latents stand in the guide",
    return: "'return' ends a function",
  },
  guide: {
    plateDeclaration: "a plate is opened with its latents inside: 'plate p { ... }'",
    typedSample: "a latent has its type in the model; the guide names it alone: 'x ~ normal(...);'",
    declaration: "a latent has its type in the model; the guide names it alone: 'x;'",
    local: "write the expression where it is used, in the arguments of the family",
    assignment: "give the latent a family: 'x ~ normal(...);'",
    increment: "factors belong to the model block",
  },
  generated: {
    plateDeclaration: "a plate is declared in the data block; here it is opened: 'plate p { ... }'",
    increment: "factors belong to the model block",
    declaration: "give it a value, 'real x = ...;', or draw it, 'real x ~ normal(...);'",
    bare: "give it a value, 'real x = ...;', or draw it, 'real x ~ normal(...);'",
    group: "groups of latents stand in the guide",
    return: "'return' ends a function",
  },
  function: {
    typedSample: "a function has no randomness; a distribution has: see 'distribution'",
    sample: "a function has no randomness; a distribution has: see 'distribution'",
    assignment: "write the type of the local: 'real x = ...;'",
    declaration: "give it its value: 'real x = ...;'",
    if: "choose between values with 'condition ? a : b'",
    for: "a function holds locals, and 'return' at its end",
    increment: "factors belong to the model block",
  },
};

export const misplaced = (span: Span, form: Form, place: Place): Diagnostic =>
  errors.misplacedStatement(span, FORM_NAMES[form], PLACE_NAMES[place], HINTS[place][form]);

/** A simple statement with its parts, not yet judged. */
export type Simple = {
  readonly form: Form;
  readonly name: Name | undefined;
  readonly type: CstNode | undefined;
  /** Brackets after the name. */
  readonly dimensions: CstNode | undefined;
  readonly value: CstNode | undefined;
  readonly truncation: CstNode | undefined;
  /** Where `<-` stands. */
  readonly arrow: Span | undefined;
  readonly span: Span;
};

/** The parts of a `simpleStatement`. Stan's `array[N] real y` is reported and read as `real y[N]`. */
export function simpleForm(cx: Context, from: CstNode): Maybe<Simple> {
  const simple = node(from, "simple");
  const span = nodeSpan(cx.source, from);
  const none = {
    name: undefined,
    type: undefined,
    dimensions: undefined,
    truncation: undefined,
    arrow: undefined,
  };
  const increment = node(simple, "increment");
  if (increment) return { ...none, form: "increment", value: node(increment, "expression"), span };
  const returned = node(simple, "returnValue");
  if (returned) return { ...none, form: "return", value: node(returned, "expression"), span };
  const array = node(simple, "arrayDeclaration");
  const declaration = node(array ?? simple, "declaration");
  const untyped = node(declaration ?? simple, "untyped");
  const identifier = token(untyped, "Identifier");
  if (identifier === undefined) return undefined;
  const type = node(declaration, "type");
  const name = nameOf(cx.source, identifier);
  if (array) reportArray(cx, array, type, name);
  const binding = node(untyped, "binding");
  const less = token(binding, "Less");
  return {
    form: formOf(type, binding),
    name,
    type,
    dimensions: node(untyped, "dimensions") ?? node(array, "dimensions"),
    value: node(binding, "expression"),
    truncation: node(binding, "truncation"),
    arrow: less && { ...nameOf(cx.source, less).span, end: less.startOffset + 2 },
    span,
  };
}

function formOf(type: CstNode | undefined, binding: CstNode | undefined): Form {
  if (binding === undefined) return type ? "declaration" : "bare";
  if (token(binding, "Tilde")) return type ? "typedSample" : "sample";
  return type ? "local" : "assignment";
}

function reportArray(cx: Context, array: CstNode, type: CstNode | undefined, name: Name): void {
  const text = (part: CstNode | undefined): string => {
    const span = part && nodeSpan(cx.source, part);
    return span ? cx.source.text.slice(span.start, span.end) : "";
  };
  const sizes = node(array, "dimensions");
  const span = { ...nodeSpan(cx.source, array) };
  const end = sizes ? nodeSpan(cx.source, sizes).end : span.end;
  cx.report(errors.arrayKeyword({ ...span, end }, text(sizes), text(type), name.text));
}

/** The name that a statement declares, as far as it can be made out. */
export function declaredName(cx: Context, simpleStatement: CstNode): Maybe<Name> {
  const simple = node(simpleStatement, "simple");
  const declaration = node(node(simple, "arrayDeclaration") ?? simple, "declaration");
  const untyped = node(declaration ?? simple, "untyped");
  if (declaration === undefined && node(untyped, "binding") === undefined) return undefined;
  const identifier = token(untyped, "Identifier");
  return identifier && nameOf(cx.source, identifier);
}
