// Reading chevrotain's concrete syntax tree: children by the name of their rule or token.
import type { CstElement, CstNode, IToken } from "chevrotain";
import { tokenSpan } from "../lexer/lexer.js";
import type { Name, SourceFile, Span } from "../source.js";

const isNode = (element: CstElement): element is CstNode => "children" in element;

const isToken = (element: CstElement): element is IToken =>
  !isNode(element) && element.isInsertedInRecovery !== true;

const NOTHING: readonly never[] = [];

/** The child nodes of one rule (or label), in the order of the source. */
export const nodes = (parent: CstNode | undefined, rule: string): readonly CstNode[] =>
  parent?.children[rule]?.filter(isNode) ?? NOTHING;

export const node = (parent: CstNode | undefined, rule: string): CstNode | undefined =>
  parent?.children[rule]?.find(isNode);

/** The tokens of one type (or label), in the order of the source, without those that recovery put in. */
export const tokens = (parent: CstNode | undefined, type: string): readonly IToken[] =>
  parent?.children[type]?.filter(isToken) ?? NOTHING;

export const token = (parent: CstNode | undefined, type: string): IToken | undefined =>
  parent?.children[type]?.find(isToken);

/** The range of a node; a node without tokens is an empty range at the start of the file. */
export function nodeSpan(source: SourceFile, of: CstNode): Span {
  const start = of.location?.startOffset ?? NaN;
  const last = of.location?.endOffset ?? NaN;
  if (Number.isNaN(start)) return { source, start: 0, end: 0 };
  return { source, start, end: Number.isNaN(last) ? start : Math.max(start, last + 1) };
}

export const nameOf = (source: SourceFile, from: IToken): Name => ({
  text: from.image,
  span: tokenSpan(source, from),
});
