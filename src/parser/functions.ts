// Functions and distributions: from the concrete syntax tree to the syntax tree.
import type { CstNode } from "chevrotain";
import { didYouMean, type Diagnostic } from "../diagnostic.js";
import type { Name, Span } from "../source.js";
import type { DistributionItem, Expression, FunctionItem, NamedTuple } from "./ast.js";
import { all, type Context, type Maybe } from "./context.js";
import { nameOf, node, nodes, nodeSpan, token, tokens } from "./cst.js";
import * as errors from "./errors.js";
import { expression, listMembers } from "./expressions.js";
import { type Form, misplaced, type Simple, simpleForm } from "./forms.js";
import { parameters, typeSyntax } from "./types.js";

type Local = Extract<FunctionItem, { kind: "function" }>["locals"][number];

/** Every item of a distribution, as it is written. */
export const ITEMS: { readonly [K in DistributionItem["kind"]]: string } = {
  log_density: "log_density(y) = ...;",
  log_cdf: "log_cdf(y) = ...;",
  log_ccdf: "log_ccdf(y) = ...;",
  quantile: "quantile(u) = ...;",
  draw: "draw = ...;",
  statistics: "statistics(y) = (..., ...);",
  fit: "fit(m, s) = (mu: ..., sigma: ...);",
  widen: "widen(factor) = (mu: ..., sigma: ...);",
  guides: "guides real<lower=0>;",
  check: "check log_density(y = 1, mu = 0) == ...;",
};
export const isItem = (text: string): text is DistributionItem["kind"] => Object.hasOwn(ITEMS, text);

/** The functions and distributions directly under a node. */
export function functionItems(cx: Context, from: CstNode | undefined): FunctionItem[] {
  return nodes(from, "functionItem").flatMap((item) => {
    const declaration = node(item, "functionDeclaration");
    const distribution = node(item, "distributionDeclaration");
    if (declaration) return functionDeclaration(cx, declaration) ?? [];
    return distribution ? (distributionDeclaration(cx, distribution) ?? []) : [];
  });
}

function functionDeclaration(cx: Context, from: CstNode): Maybe<FunctionItem> {
  const head = node(from, "functionHead");
  const identifier = token(head, "Identifier");
  if (head === undefined || identifier === undefined) return undefined;
  const name = nameOf(cx.source, identifier);
  const span = nodeSpan(cx.source, from);
  const result = typeSyntax(cx, node(head, "type"), "signature");
  const given = parameters(cx, node(head, "parameters"));
  if (cx.isBroken(head) || result === undefined || given === undefined) {
    cx.breakNames([name]);
    return undefined;
  }
  if (!token(head, "Function"))
    cx.report(errors.functionKeywordMissing(result.span, result.base.text, name.text));
  const short = node(from, "functionValue");
  const body = node(from, "body");
  const inside = body
    ? functionBody(cx, body, name)
    : { locals: [], value: cx.isBroken(short) ? undefined : expression(cx, node(short, "expression")) };
  if (!short && !body) cx.report(errors.functionWithoutValue(name));
  if (inside?.value === undefined) {
    cx.breakNames([name]);
    return undefined;
  }
  const doc = cx.docBefore(span.start);
  return {
    kind: "function",
    doc,
    result,
    name,
    parameters: given,
    locals: inside.locals,
    value: inside.value,
    span,
  };
}

type FunctionBody = { readonly locals: readonly Local[]; readonly value: Expression };

/** Locals, then one `return`. */
function functionBody(cx: Context, from: CstNode, name: Name): Maybe<FunctionBody> {
  const locals: Local[] = [];
  let value: Maybe<Expression>;
  let sound = true;
  let returned = false;
  for (const statement of nodes(from, "statement")) {
    if (token(statement, "Semicolon")) continue;
    const simpleNode = node(statement, "simpleStatement");
    const broken = simpleNode && (cx.isBroken(simpleNode) || cx.isBroken(node(simpleNode, "simple")));
    const simple = simpleNode && !broken ? simpleForm(cx, simpleNode) : undefined;
    if (returned) cx.report(errors.afterReturn(nodeSpan(cx.source, statement)));
    if (simple?.form === "return") {
      value = expression(cx, simple.value);
      returned = true;
      sound &&= value !== undefined;
    } else if (simple?.form === "local") {
      const built = local(cx, simple);
      if (built) locals.push(built);
      else sound = false;
    } else {
      if (!broken) cx.report(misplacedInFunction(statement, simple, nodeSpan(cx.source, statement)));
      sound = false;
    }
  }
  if (!returned && sound) cx.report(errors.functionWithoutValue(name));
  return sound && value ? { locals, value } : undefined;
}

const COMPOUND_FORMS: readonly (readonly [rule: string, form: Form])[] = [
  ["ifStatement", "if"],
  ["forStatement", "for"],
  ["body", "braces"],
  ["plateStatement", "plateBody"],
  ["groupStatement", "group"],
];

function misplacedInFunction(statement: CstNode, simple: Maybe<Simple>, span: Span): Diagnostic {
  const compound = COMPOUND_FORMS.find(([rule]) => node(statement, rule) !== undefined);
  return misplaced(span, compound?.[1] ?? simple?.form ?? "bare", "function");
}

function local(cx: Context, simple: Simple): Maybe<Local> {
  const type = typeSyntax(cx, simple.type, "signature");
  const value = expression(cx, simple.value);
  if (simple.dimensions)
    cx.report(errors.indexedName(nodeSpan(cx.source, simple.dimensions), simple.name?.text ?? ""));
  if (simple.arrow) cx.report(errors.arrowAssignment(simple.arrow, simple.name?.text ?? ""));
  return type && simple.name && value && { kind: "local", type, name: simple.name, value, span: simple.span };
}

function distributionDeclaration(cx: Context, from: CstNode): Maybe<FunctionItem> {
  const head = node(from, "distributionHead");
  const identifier = token(head, "Identifier");
  const items = nodes(from, "distributionItem").flatMap((item) => distributionItem(cx, item) ?? []);
  if (identifier === undefined) return undefined;
  const name = nameOf(cx.source, identifier);
  const given = parameters(cx, node(head, "parameters"));
  const result = typeSyntax(cx, node(head, "type"), "signature");
  if (cx.isBroken(head) || given === undefined || result === undefined) {
    cx.breakNames([name]);
    return undefined;
  }
  const span = nodeSpan(cx.source, from);
  return {
    kind: "distribution",
    doc: cx.docBefore(span.start),
    name,
    parameters: given,
    result,
    items,
    span,
  };
}

function distributionItem(cx: Context, from: CstNode): Maybe<DistributionItem> {
  const item = node(from, "item");
  const identifier = token(item, "Identifier");
  if (item === undefined || identifier === undefined || cx.isBroken(from) || cx.isBroken(item))
    return undefined;
  const name = nameOf(cx.source, identifier);
  if (!isItem(name.text)) {
    cx.report(errors.unknownItem(name, didYouMean(name.text, Object.keys(ITEMS)), Object.keys(ITEMS)));
    return undefined;
  }
  const span = nodeSpan(cx.source, from);
  const parts = {
    type: node(item, "type"),
    check: node(item, "check"),
    definition: node(item, "definition"),
  };
  if (name.text === "guides" && parts.type) {
    const support = typeSyntax(cx, parts.type, "signature");
    return support && { kind: "guides", support, span };
  }
  if (name.text === "check" && parts.check) return check(cx, parts.check, span);
  if (parts.definition) {
    const built = definition(cx, name.text, parts.definition, span);
    if (built !== "ill-formed") return built;
  }
  cx.report(errors.itemForm(name, ITEMS[name.text]));
  return undefined;
}

const isOfOneVariable = (
  kind: DistributionItem["kind"],
): kind is "log_density" | "log_cdf" | "log_ccdf" | "quantile" =>
  kind === "log_density" || kind === "log_cdf" || kind === "log_ccdf" || kind === "quantile";

/** `name(a, b) = value`; "ill-formed" if that is not how this item is written. */
function definition(
  cx: Context,
  kind: DistributionItem["kind"],
  from: CstNode,
  span: Span,
): Maybe<DistributionItem> | "ill-formed" {
  const names = tokens(from, "Identifier").map((identifier) => nameOf(cx.source, identifier));
  const [first, second] = names;
  const tuple = node(from, "namedTuple");
  const single = node(from, "expression");
  if (kind === "draw" && !second && single) {
    const value = expression(cx, single);
    return value && { kind, like: first ?? null, value, span };
  }
  if (isOfOneVariable(kind) && first && !second && single) {
    const value = expression(cx, single);
    return value && { kind, variable: first, value, span };
  }
  if (kind === "statistics" && first && !second && single) {
    const values = all(listMembers(single).map((member) => expression(cx, member)));
    return values && { kind, variable: first, values, span };
  }
  if (kind === "fit" && first && tuple) {
    const values = namedTuple(cx, tuple);
    return values && { kind, moments: names, values, span };
  }
  if (kind === "widen" && first && !second && tuple) {
    const values = namedTuple(cx, tuple);
    return values && { kind, factor: first, values, span };
  }
  return "ill-formed";
}

function namedTuple(cx: Context, from: CstNode): Maybe<NamedTuple> {
  const values = nodes(from, "expression").map((value) => expression(cx, value));
  return all(
    tokens(from, "Identifier").map((identifier, i) => {
      const value = values[i];
      return value && { name: nameOf(cx.source, identifier), value };
    }),
  );
}

function check(cx: Context, from: CstNode, span: Span): Maybe<DistributionItem> {
  const item = token(from, "Identifier");
  const field = token(from, "field");
  const expected = expression(cx, node(from, "expression"));
  const args = all(
    nodes(node(from, "arguments"), "argument").map((argument) => {
      const name = token(argument, "Identifier");
      const value = expression(cx, node(argument, "expression"));
      if (!name && item) cx.report(errors.itemForm(nameOf(cx.source, item), ITEMS.check));
      return name && value && { name: nameOf(cx.source, name), value };
    }),
  );
  if (item === undefined || expected === undefined || args === undefined) return undefined;
  return {
    kind: "check",
    item: nameOf(cx.source, item),
    args,
    field: field ? nameOf(cx.source, field) : null,
    expected,
    span,
  };
}
