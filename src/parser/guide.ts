// Statements of the guide block.
import type { CstNode } from "chevrotain";
import type { Span } from "../source.js";
import type { DistributionCall, GuideStatement } from "./ast.js";
import type { Context, Maybe } from "./context.js";
import { nameOf, node, nodes, nodeSpan, token, tokens } from "./cst.js";
import * as errors from "./errors.js";
import { positionalArguments, soleCall } from "./expressions.js";
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

function guideCall(cx: Context, from: CstNode | undefined): Maybe<DistributionCall> {
  const call = soleCall(cx, from);
  if (call === undefined) {
    if (from) cx.report(errors.notADistribution(nodeSpan(cx.source, from)));
    return undefined;
  }
  const bar = tokens(call.args, "ArgumentSeparator")[0];
  if (bar?.image === "|") cx.report(errors.misplacedBar(nameOf(cx.source, bar).span));
  const args = positionalArguments(cx, call.args);
  return args && { name: call.name, args, span: call.span };
}
