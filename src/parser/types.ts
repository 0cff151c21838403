// Types: from the concrete syntax tree to the syntax tree.
import type { CstNode } from "chevrotain";
import { didYouMean } from "../diagnostic.js";
import { TYPE_SIZES } from "../lexer/tokens.js";
import type { Name } from "../source.js";
import type { Argument, Expression, TypeSyntax } from "./ast.js";
import { all, type Context, type Maybe } from "./context.js";
import { nameOf, node, nodes, nodeSpan, token } from "./cst.js";
import * as errors from "./errors.js";
import { expressions, operation } from "./expressions.js";

export const BOUNDS = ["lower", "upper", "offset", "multiplier"] as const;
type Bounds = { readonly [B in (typeof BOUNDS)[number]]: Expression | null };
const isBound = (text: string): text is keyof Bounds => BOUNDS.some((b) => b === text);

/** A type with its sizes; in a signature sizes may be left out. */
export function typeSyntax(
  cx: Context,
  from: CstNode | undefined,
  place: "signature" | "sized",
): Maybe<TypeSyntax> {
  const word = token(from, "TypeName");
  if (from === undefined || word === undefined) return undefined;
  const base = nameOf(cx.source, word);
  const limits = bounds(cx, nodes(from, "bound"));
  const sizes = expressions(cx, node(from, "dimensions"));
  if (limits === undefined || sizes === undefined) return undefined;
  const span = nodeSpan(cx.source, from);
  const [least, most] = TYPE_SIZES[base.text] ?? [0, 0];
  if (sizes.length > most || (sizes.length < least && !(place === "signature" && sizes.length === 0))) {
    if (most === 0) cx.report(errors.sizeUnwanted(span, base.text));
    else if (sizes.length === 0)
      cx.report(errors.sizeMissing(base.span, base.text, least === 1 ? "n" : "n, m"));
    else cx.report(errors.wrongSizes(span, base.text, least, sizes.length));
    return undefined;
  }
  return { base, ...limits, sizes, span };
}

function bounds(cx: Context, from: readonly CstNode[]): Maybe<Bounds> {
  let found: Bounds = { lower: null, upper: null, offset: null, multiplier: null };
  let sound = true;
  for (const bound of from) {
    const word = token(bound, "Identifier");
    const value = operation(cx, node(bound, "arithmetic"));
    if (word === undefined || value === undefined) return undefined;
    const name: Name = nameOf(cx.source, word);
    if (!isBound(name.text)) {
      cx.report(errors.unknownBound(name, didYouMean(name.text, BOUNDS), BOUNDS));
      sound = false;
    } else if (found[name.text] !== null) {
      cx.report(errors.boundTwice(name));
      sound = false;
    } else found = { ...found, [name.text]: value };
  }
  return sound ? found : undefined;
}

/** The parameters of a function or distribution. */
export function parameters(cx: Context, from: CstNode | undefined): Maybe<Argument[]> {
  return all(
    nodes(from, "parameter").map((parameter) => {
      const type = typeSyntax(cx, node(parameter, "type"), "signature");
      const name = token(parameter, "Identifier");
      return type && name && { type, name: nameOf(cx.source, name) };
    }),
  );
}
