// Expressions: from the concrete syntax tree to the syntax tree.
import type { CstNode } from "chevrotain";
import { numberValue } from "../lexer/lexer.js";
import { Integer } from "../lexer/tokens.js";
import { joinSpans, type Name, type Span } from "../source.js";
import type { Expression } from "./ast.js";
import { all, MAX_DEPTH, type Context, type Maybe } from "./context.js";
import { nameOf, node, nodes, nodeSpan, token, tokens } from "./cst.js";
import * as errors from "./errors.js";
import { climb, isBinaryOperator, isUnaryOperator, type Operand } from "./precedence.js";

/** A call as written: its arguments may still be named. */
export type CallSyntax = { readonly name: Name; readonly args: CstNode | undefined; readonly span: Span };

/** `a ? b : c ? d : e` is `a ? b : (c ? d : e)`. */
export function expression(cx: Context, from: CstNode | undefined): Maybe<Expression> {
  if (from === undefined) return undefined;
  const operations = nodes(from, "operation");
  const branches = nodes(from, "expression");
  if (operations.length !== branches.length + 1) return undefined;
  const values = all(operations.map((o) => operation(cx, o)));
  const whenTrue = all(branches.map((b) => expression(cx, b)));
  if (values === undefined || whenTrue === undefined) return undefined;
  let result = values.at(-1);
  for (let i = branches.length - 1; i >= 0 && result; i--) {
    const [condition, then, otherwise] = [values[i], whenTrue[i], result];
    if (!condition || !then) return undefined;
    const span = joinSpans(condition.span, otherwise.span);
    result = cx.expression({ kind: "conditional", condition, whenTrue: then, whenFalse: otherwise, span });
  }
  return result;
}

/** All the expressions that stand directly under a node. */
export const expressions = (cx: Context, from: CstNode | undefined): Maybe<Expression[]> =>
  all(nodes(from, "expression").map((e) => expression(cx, e)));

/** An `operation`, or an `arithmetic`, which is one without comparisons. */
export function operation(cx: Context, from: CstNode | undefined): Maybe<Expression> {
  if (from === undefined) return undefined;
  const parts = nodes(from, "operand");
  const operators = tokens(from, "operator")
    .map((o) => o.image)
    .filter(isBinaryOperator);
  const prefixes = parts.reduce((sum, part) => sum + tokens(part, "UnaryOperator").length, 0);
  if (parts.length + prefixes > MAX_DEPTH) {
    cx.report(errors.expressionTooLarge(nodeSpan(cx.source, from), MAX_DEPTH));
    return undefined;
  }
  const operands = all(parts.map((part) => operand(cx, part)));
  if (operands === undefined || operators.length !== operands.length - 1) return undefined;
  return climb(operands, operators, {
    unary: ({ operator, start }, value) =>
      cx.expression({ kind: "unary", operator, operand: value, span: { ...value.span, start } }),
    binary: (operator, left, right) =>
      cx.expression({ kind: "binary", operator, left, right, span: joinSpans(left.span, right.span) }),
  });
}

function operand(cx: Context, from: CstNode): Maybe<Operand> {
  const prefixes = tokens(from, "UnaryOperator").flatMap((t) =>
    isUnaryOperator(t.image) ? [{ operator: t.image, start: t.startOffset }] : [],
  );
  let value = primary(cx, node(from, "primary"));
  for (const suffix of nodes(from, "suffix")) {
    const dimensions = node(suffix, "dimensions");
    const indices = expressions(cx, dimensions);
    if (value === undefined || indices === undefined) return undefined;
    const span = joinSpans(value.span, nodeSpan(cx.source, suffix));
    value =
      dimensions === undefined
        ? cx.expression({ kind: "transpose", operand: value, span })
        : cx.expression({ kind: "index", object: value, indices, span });
  }
  return value && { prefixes, value };
}

function primary(cx: Context, from: CstNode | undefined): Maybe<Expression> {
  if (from === undefined) return undefined;
  const span = nodeSpan(cx.source, from);
  const number = token(from, "Number");
  if (number !== undefined) {
    const { image: text, tokenType } = number;
    return cx.expression({
      kind: "number",
      value: numberValue(text),
      isInteger: tokenType === Integer,
      text,
      span,
    });
  }
  const reference = node(from, "reference");
  if (reference !== undefined) return nameOrCall(cx, reference);
  const list = node(from, "parenthesised");
  if (list !== undefined) return parenthesised(cx, list);
  const elements = expressions(cx, node(from, "vector"));
  return elements && cx.expression({ kind: "vector", elements, span });
}

function nameOrCall(cx: Context, from: CstNode): Maybe<Expression> {
  const identifier = token(from, "Identifier");
  if (identifier === undefined) return undefined;
  const name = nameOf(cx.source, identifier);
  if (token(from, "LeftParen") === undefined) return cx.expression({ kind: "name", name, span: name.span });
  const syntax = node(from, "arguments");
  if (name.text === "learn") return learn(cx, { name, args: syntax, span: nodeSpan(cx.source, from) });
  const args = positionalArguments(cx, syntax);
  if (args === undefined) return undefined;
  const bar = tokens(syntax, "ArgumentSeparator")[0]?.image === "|";
  const span = nodeSpan(cx.source, from);
  return cx.expression({ kind: "call", callee: name, args, ...(bar ? { bar } : {}), span });
}

/** `learn()`, `learn(initial)`, `learn(initial, over = ...)`, `learn(over = ...)`. */
function learn(cx: Context, { name, args, span }: CallSyntax): Maybe<Expression> {
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
  return cx.expression({ kind: "learn", name, initial, over, span });
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

/** The span of what stands in parentheses includes them. */
function parenthesised(cx: Context, from: CstNode): Maybe<Expression> {
  const span = nodeSpan(cx.source, from);
  const values = expressions(cx, from);
  if (values === undefined) return undefined;
  const [value, second] = values;
  if (second !== undefined) {
    cx.report(errors.misplacedList(span));
    return undefined;
  }
  return value && cx.expression({ ...value, span });
}

/** Arguments without names, `|` only after the first. */
export function positionalArguments(cx: Context, from: CstNode | undefined): Maybe<Expression[]> {
  const bar = tokens(from, "ArgumentSeparator").find((separator, i) => separator.image === "|" && i > 0);
  if (bar !== undefined) {
    cx.report(errors.misplacedBar(nameOf(cx.source, bar).span));
    return undefined;
  }
  const args = nodes(from, "argument").map((argument) => {
    const name = token(argument, "Identifier");
    if (name === undefined) return expression(cx, node(argument, "expression"));
    cx.report(errors.namedArgument(nodeSpan(cx.source, argument), name.image));
    return undefined;
  });
  return all(args);
}

/** The primary that an expression consists of, if it is nothing more. */
export function solePrimary(from: CstNode | undefined): CstNode | undefined {
  const [first, second] = nodes(from, "operation");
  const [only, another] = nodes(first, "operand");
  if (second !== undefined || another !== undefined || nodes(only, "dimensions").length > 0) return undefined;
  return tokens(only, "UnaryOperator").length > 0 ? undefined : node(only, "primary");
}

/** The call that an expression consists of, if it is nothing more: a distribution. */
export function soleCall(cx: Context, from: CstNode | undefined): CallSyntax | undefined {
  const reference = node(solePrimary(from), "reference");
  const identifier = token(reference, "Identifier");
  if (reference === undefined || identifier === undefined || token(reference, "LeftParen") === undefined)
    return undefined;
  return {
    name: nameOf(cx.source, identifier),
    args: node(reference, "arguments"),
    span: nodeSpan(cx.source, reference),
  };
}

/** The members of `(a, b)`; of anything else, itself. */
export function listMembers(from: CstNode): readonly CstNode[] {
  const list = node(solePrimary(from), "parenthesised");
  return list === undefined ? [from] : nodes(list, "expression");
}
