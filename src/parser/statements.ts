// Statements of the data, parameters, model and generated blocks and of function bodies.
import type { CstNode } from "chevrotain";
import { OPS } from "../ops.js";
import type { Name, Span } from "../source.js";
import type { DataItem, DistributionCall, Expression, Statement, TypeSyntax } from "./ast.js";
import type { Context, Maybe } from "./context.js";
import { nameOf, node, nodes, nodeSpan, token } from "./cst.js";
import * as errors from "./errors.js";
import { expression, expressions, positionalArguments, soleCall } from "./expressions.js";
import { declaredName, FORMS, misplaced, type Place, type Simple, simpleForm } from "./forms.js";
import { typeSyntax } from "./types.js";

/** The items of a `data` block. */
export function dataItems(cx: Context, body: CstNode | undefined): DataItem[] {
  return nodes(body, "statement").flatMap((from) => {
    const item = plateDeclaration(cx, from) ?? dataVariable(cx, from);
    if (item !== undefined || token(from, "Semicolon")) return item ?? [];
    return dataItems(cx, node(from, "body")); // what stands in stray braces is still declared
  });
}

function plateDeclaration(cx: Context, from: CstNode): Maybe<DataItem> {
  const plate = node(from, "plateStatement");
  const head = node(plate, "plateHead");
  const name = token(head, "Identifier");
  if (plate === undefined || name === undefined) return undefined;
  const span = nodeSpan(cx.source, plate);
  if (node(plate, "body")) cx.report(misplaced(nodeSpan(cx.source, head ?? plate), "plateBody", "data"));
  else if (!token(plate, "Semicolon")) cx.reportMissingSemicolon(span.end);
  const parent = token(head, "parent");
  const by = token(head, "column");
  return {
    kind: "plate",
    name: nameOf(cx.source, name),
    parent: parent ? nameOf(cx.source, parent) : null,
    by: by ? nameOf(cx.source, by) : null,
    ordered: token(head, "Ordered") !== undefined,
    span,
  };
}

function dataVariable(cx: Context, from: CstNode): Maybe<DataItem> {
  const simple = understood(cx, from);
  if (simple === "broken") return undefined;
  if (simple === undefined) {
    reportMisplaced(cx, from, "data");
    return undefined;
  }
  const { form, name, type: typeNode, span } = simple;
  if (!FORMS.data.includes(form)) cx.report(misplaced(span, form, "data"));
  if (name === undefined) return undefined;
  const type = typeSyntax(cx, typeNode, "sized");
  const dimensions = expressions(cx, simple.dimensions);
  if (type !== undefined && dimensions !== undefined)
    return { kind: "variable", type, name, dimensions, span };
  cx.breakNames([name]);
  return undefined;
}

/** The statements of a body, for the blocks whose statements compute and draw. */
export function statements(cx: Context, body: CstNode | undefined, place: Place): Statement[] {
  return nodes(body, "statement").flatMap((from) => {
    const braces = node(from, "body");
    if (braces && !FORMS[place].includes("braces"))
      cx.report(misplaced(nodeSpan(cx.source, braces), "braces", place));
    return statement(cx, from, place) ?? [];
  });
}

/** One statement; undefined if it is empty or has a syntax error. */
function statement(cx: Context, from: CstNode | undefined, place: Place): Maybe<Statement> {
  if (from === undefined || token(from, "Semicolon")) return undefined;
  const span = nodeSpan(cx.source, from);
  const block = node(from, "body");
  if (block) return { kind: "block", body: statements(cx, block, place), span };
  const plate = node(from, "plateStatement");
  if (plate) return plateStatement(cx, plate, place, span);
  const choice = node(from, "ifStatement");
  if (choice) return ifStatement(cx, choice, place, span);
  const loop = node(from, "forStatement");
  if (loop) return forStatement(cx, loop, place, span);
  const simple = understood(cx, from);
  if (simple === undefined) reportMisplaced(cx, from, place);
  return simple === undefined || simple === "broken" ? undefined : simpleStatement(cx, simple, place);
}

function plateStatement(cx: Context, from: CstNode, place: Place, span: Span): Maybe<Statement> {
  const head = node(from, "plateHead");
  const name = token(head, "Identifier");
  const body = node(from, "body");
  const form = body ? "plateBody" : "plateDeclaration";
  if (!FORMS[place].includes(form))
    cx.report(misplaced(head ? nodeSpan(cx.source, head) : span, form, place));
  if (body === undefined) return undefined;
  const extra = token(head, "In") ?? token(head, "By") ?? token(head, "Ordered");
  if (extra) cx.report(errors.plateHeadInModel(nodeSpan(cx.source, head ?? from), name?.image ?? ""));
  const inside = statements(cx, body, place);
  if (name === undefined) return { kind: "block", body: inside, span };
  return { kind: "plate", name: nameOf(cx.source, name), body: inside, span };
}

function ifStatement(cx: Context, from: CstNode, place: Place, span: Span): Maybe<Statement> {
  const head = node(from, "ifHead");
  if (!FORMS[place].includes("if"))
    cx.report(misplaced(head ? nodeSpan(cx.source, head) : span, "if", place));
  const [thenNode, elseNode] = nodes(from, "statement");
  const condition = cx.isBroken(head) ? undefined : expression(cx, node(head, "expression"));
  const then = statement(cx, thenNode, place) ?? emptyBlock(cx, thenNode, span);
  const otherwise = elseNode ? (statement(cx, elseNode, place) ?? emptyBlock(cx, elseNode, span)) : null;
  if (condition) return { kind: "if", condition, then, otherwise, span };
  return { kind: "block", body: otherwise ? [then, otherwise] : [then], span };
}

const emptyBlock = (cx: Context, from: CstNode | undefined, fallback: Span): Statement => ({
  kind: "block",
  body: [],
  span: from ? nodeSpan(cx.source, from) : fallback,
});

function forStatement(cx: Context, from: CstNode, place: Place, span: Span): Maybe<Statement> {
  const head = node(from, "forHead");
  if (!FORMS[place].includes("for"))
    cx.report(misplaced(head ? nodeSpan(cx.source, head) : span, "for", place));
  const variable = token(head, "Identifier");
  const [lower, upper] = cx.isBroken(head) ? [] : nodes(head, "expression");
  const first = expression(cx, lower);
  const last = expression(cx, upper);
  const inside = node(from, "statement");
  const body = statement(cx, inside, place) ?? emptyBlock(cx, inside, span);
  if (variable && first && last)
    return { kind: "for", variable: nameOf(cx.source, variable), from: first, to: last, body, span };
  if (variable) cx.breakNames([nameOf(cx.source, variable)]);
  return { kind: "block", body: [body], span };
}

/** The form of a simple statement; undefined if this is another statement, "broken" if it has a syntax error. */
function understood(cx: Context, from: CstNode): Maybe<Simple | "broken"> {
  const simple = node(from, "simpleStatement");
  if (simple === undefined) return undefined;
  if (!cx.isBroken(simple) && !cx.isBroken(node(simple, "simple"))) return simpleForm(cx, simple) ?? "broken";
  cx.breakNames([declaredName(cx, simple)]);
  return "broken";
}

/** For statements that have no meaning at all in this place, whatever they hold. */
function reportMisplaced(cx: Context, from: CstNode, place: Place): void {
  const [what, at] = (
    [
      ["group", node(node(from, "groupStatement"), "groupHead")],
      ["if", node(node(from, "ifStatement"), "ifHead")],
      ["for", node(node(from, "forStatement"), "forHead")],
      ["braces", node(from, "body")],
    ] as const
  ).find(([, found]) => found !== undefined) ?? [undefined, undefined];
  if (what && at) cx.report(misplaced(nodeSpan(cx.source, at), what, place));
}

function simpleStatement(cx: Context, simple: Simple, place: Place): Maybe<Statement> {
  const { form, name, span } = simple;
  if (!FORMS[place].includes(form)) {
    cx.report(
      name && form === "bare" && place === "model"
        ? errors.nothingSaid(name, BARE_HINT)
        : misplaced(span, form, place),
    );
    cx.breakNames([name]);
    return undefined;
  }
  const built = form === "increment" ? increment(cx, simple) : named(cx, simple, place);
  if (built === undefined) cx.breakNames([name]);
  return built;
}

const BARE_HINT =
  "write 'x ~ distribution(...);' for a latent or an observation, 'real x = ...;' for a local";

function increment(cx: Context, { value, span }: Simple): Maybe<Statement> {
  const amount = expression(cx, value);
  return amount && { kind: "target", value: amount, span };
}

/** A statement about a name: a latent, an observation or a local. */
function named(cx: Context, simple: Simple, place: Place): Maybe<Statement> {
  const { form, name, span } = simple;
  if (name === undefined) return undefined;
  const type = simple.type ? typeSyntax(cx, simple.type, "sized") : null;
  if (type === undefined) return undefined;
  if (simple.dimensions) {
    const at = nodeSpan(cx.source, simple.dimensions);
    const size = cx.source.text.slice(at.start, at.end);
    const bounds = /<.*>/s.exec(cx.source.text.slice(type?.span.start, type?.span.end))?.[0] ?? "";
    cx.report(type ? errors.arrayOfLatents(at, name.text, size, bounds) : errors.indexedName(at, name.text));
    return undefined;
  }
  if (simple.arrow) cx.report(errors.arrowAssignment(simple.arrow, name.text));
  switch (form) {
    case "declaration":
      if (type === null) return undefined;
      if (place === "parameters") {
        cx.report(errors.initialMissing(name, type.base.text));
        return undefined;
      }
      return { kind: "sample", type, name, distribution: flat(name), truncation: null, span };
    case "sample":
    case "typedSample":
      return sample(cx, simple, type, name);
    case "assignment":
      return assignment(cx, simple, name);
    case "local": {
      const value = expression(cx, simple.value);
      return value && type ? { kind: "local", type, name, value, span } : undefined;
    }
    default:
      return undefined;
  }
}

/** As in Stan, a latent that is only declared has no prior of its own. */
const flat = (name: Name): DistributionCall => ({
  name: { text: "flat", span: name.span },
  args: [],
  span: name.span,
});

function sample(cx: Context, simple: Simple, type: TypeSyntax | null, name: Name): Maybe<Statement> {
  const distribution = distributionCall(cx, simple.value);
  const limits = simple.truncation && truncation(cx, simple.truncation);
  if (distribution === undefined || (simple.truncation && limits === undefined)) return undefined;
  return { kind: "sample", type, name, distribution, truncation: limits ?? null, span: simple.span };
}

/** The call to the right of `~`. */
export function distributionCall(cx: Context, from: CstNode | undefined): Maybe<DistributionCall> {
  const call = soleCall(cx, from);
  if (call === undefined) {
    if (from) cx.report(errors.notADistribution(nodeSpan(cx.source, from)));
    return undefined;
  }
  const args = positionalArguments(cx, call.args);
  return args && { name: call.name, args, span: call.span };
}

type Truncation = {
  readonly lower: Expression | null;
  readonly upper: Expression | null;
  readonly span: Span;
};

function truncation(cx: Context, from: CstNode): Maybe<Truncation> {
  const [lowerNode, upperNode] = [node(from, "lower"), node(from, "upper")];
  const lower = lowerNode ? expression(cx, lowerNode) : null;
  const upper = upperNode ? expression(cx, upperNode) : null;
  if (lower === undefined || upper === undefined) return undefined;
  return { lower, upper, span: nodeSpan(cx.source, from) };
}

/** `x = ...` without a type: reported, and read as what was probably meant. */
function assignment(cx: Context, simple: Simple, name: Name): Maybe<Statement> {
  const call = soleCall(cx, simple.value);
  const isFunction = call === undefined || OPS.some((op) => op === call.name.text);
  if (!simple.arrow) cx.report(errors.assignmentWithoutType(name, isFunction ? undefined : call.name.text));
  if (!isFunction) return sample(cx, simple, null, name);
  const value = expression(cx, simple.value);
  const type: TypeSyntax = {
    base: { text: "real", span: name.span },
    lower: null, upper: null, offset: null, multiplier: null, sizes: [],
    span: name.span,
  }; // prettier-ignore
  return value && { kind: "local", type, name, value, span: simple.span };
}
