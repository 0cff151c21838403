// Statements of the guide block.
import type { CstNode } from "chevrotain";
import type { Name, Span } from "../source.js";
import type { GuideArgument, GuideCall, GuideStatement } from "./ast.js";
import { all, type Context, type Maybe } from "./context.js";
import { nameOf, node, nodes, nodeSpan, token, tokens } from "./cst.js";
import * as errors from "./errors.js";
import { type CallSyntax, expression, listMembers, soleCall } from "./expressions.js";
import { type Form, FORMS, misplaced, type Simple, simpleForm } from "./forms.js";

/** The statements of a guide's body. */
export function guideStatements(cx: Context, body: CstNode | undefined): GuideStatement[] {
  return nodes(body, "statement").flatMap((from) => guideStatement(cx, from));
}

function guideStatement(cx: Context, from: CstNode): readonly GuideStatement[] {
  const span = nodeSpan(cx.source, from);
  const plate = node(from, "plateStatement");
  if (plate) return plateStatement(cx, plate, span);
  const group = node(from, "groupStatement");
  if (group) return groupStatement(cx, group, span);
  const simple = node(from, "simpleStatement");
  if (simple) {
    if (cx.isBroken(simple) || cx.isBroken(node(simple, "simple"))) return [];
    const parts = simpleForm(cx, simple);
    const built = parts && simpleStatement(cx, parts);
    return built ? [built] : [];
  }
  const foreign: readonly [Form, CstNode | undefined][] = [
    ["if", node(node(from, "ifStatement"), "ifHead")],
    ["for", node(node(from, "forStatement"), "forHead")],
    ["braces", node(from, "body")],
  ];
  for (const [form, found] of foreign)
    if (found) cx.report(misplaced(nodeSpan(cx.source, found), form, "guide"));
  return guideStatements(cx, node(from, "body"));
}

function plateStatement(cx: Context, from: CstNode, span: Span): readonly GuideStatement[] {
  const head = node(from, "plateHead");
  const name = token(head, "Identifier");
  const body = node(from, "body");
  if (body === undefined) {
    cx.report(misplaced(span, "plateDeclaration", "guide"));
    return [];
  }
  const extra = token(head, "In") ?? token(head, "By") ?? token(head, "Ordered");
  if (extra) cx.report(errors.plateHeadInModel(nodeSpan(cx.source, head ?? from), name?.image ?? ""));
  const inside = guideStatements(cx, body);
  return name ? [{ kind: "plate", name: nameOf(cx.source, name), body: inside, span }] : inside;
}

function groupStatement(cx: Context, from: CstNode, span: Span): readonly GuideStatement[] {
  const head = node(from, "groupHead");
  const name = token(head, "Identifier");
  const family = token(head, "family");
  const body = guideStatements(cx, node(from, "body"));
  if (name === undefined) return body;
  return [
    {
      kind: "group",
      name: nameOf(cx.source, name),
      family: family ? nameOf(cx.source, family) : null,
      body,
      span,
    },
  ];
}

function simpleStatement(cx: Context, simple: Simple): Maybe<GuideStatement> {
  const { form, name, span } = simple;
  if (!FORMS.guide.includes(form)) {
    cx.report(misplaced(span, form, "guide"));
    return undefined;
  }
  if (name === undefined) return undefined;
  if (simple.dimensions) {
    cx.report(errors.indexedName(nodeSpan(cx.source, simple.dimensions), name.text));
    return undefined;
  }
  if (form === "bare") return { kind: "default", name, span };
  if (simple.truncation) cx.report(errors.truncationInGuide(nodeSpan(cx.source, simple.truncation)));
  const distribution = guideCall(cx, simple.value);
  return distribution && { kind: "sample", name, distribution, span };
}

function guideCall(cx: Context, from: CstNode | undefined): Maybe<GuideCall> {
  const call = soleCall(cx, from);
  if (call === undefined) {
    if (from) cx.report(errors.notADistribution(nodeSpan(cx.source, from)));
    return undefined;
  }
  const bar = tokens(call.args, "ArgumentSeparator").find((separator) => separator.image === "|");
  if (bar) cx.report(errors.misplacedBar(nameOf(cx.source, bar).span));
  const args = all(nodes(call.args, "argument").map((argument) => guideArgument(cx, argument)));
  return args && { name: call.name, args, span: call.span };
}

function guideArgument(cx: Context, from: CstNode): Maybe<GuideArgument> {
  const span = nodeSpan(cx.source, from);
  const name = token(from, "Identifier");
  if (name) {
    cx.report(errors.namedArgument(span, name.image));
    return undefined;
  }
  const value = node(from, "expression");
  const call = soleCall(cx, value);
  if (call?.name.text === "learn") return learn(cx, call);
  const built = expression(cx, value);
  return built && { kind: "expression", value: built, span };
}

/** `learn()`, `learn(initial)`, `learn(initial, over = ...)`, `learn(over = ...)`. */
function learn(cx: Context, { args, span }: CallSyntax): Maybe<GuideArgument> {
  const given = nodes(args, "argument");
  const named = given.filter((argument) => token(argument, "Identifier"));
  const positional = given.filter((argument) => !token(argument, "Identifier"));
  const stranger = named.find((argument) => token(argument, "Identifier")?.image !== "over");
  if (stranger || named.length > 1 || positional.length > 1 || (named[0] && named[0] !== given.at(-1))) {
    cx.report(errors.learnArguments(span, "'learn' takes an initial value and 'over', in this order"));
    return undefined;
  }
  const initial = positional[0] ? expression(cx, node(positional[0], "expression")) : null;
  const over = named[0] ? plates(cx, node(named[0], "expression")) : null;
  if (initial === undefined || over === undefined) return undefined;
  return { kind: "learn", initial, over, span };
}

/** `none`, `users` or `(users, films)`. */
function plates(cx: Context, from: CstNode | undefined): Maybe<readonly Name[]> {
  if (from === undefined) return undefined;
  const members = all(listMembers(from).map((member) => expression(cx, member)));
  if (members === undefined) return undefined;
  const names = all(members.map((member) => (member.kind === "name" ? member.name : undefined)));
  if (names === undefined) {
    cx.report(
      errors.learnArguments(nodeSpan(cx.source, from), "'over' takes the names of plates, or 'none'"),
    );
    return undefined;
  }
  return names.length === 1 && names[0]?.text === "none" ? [] : names;
}
