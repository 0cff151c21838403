// Reading chevrotain's concrete syntax tree: children by the name of their rule or token.
import type { CstElement, CstNode, IToken } from "chevrotain";
import { tokenSpan } from "../lexer/lexer.js";
import type { Name, SourceFile, Span } from "../source.js";

const isNode = (element: CstElement): element is CstNode => "children" in element;

const children = (parent: CstNode | undefined, name: string): readonly CstElement[] =>
  parent?.children[name] ?? [];

/** The child nodes of one rule (or label), in the order of the source. */
export const nodes = (parent: CstNode | undefined, rule: string): readonly CstNode[] =>
  children(parent, rule).filter(isNode);

export const node = (parent: CstNode | undefined, rule: string): CstNode | undefined =>
  nodes(parent, rule)[0];

/** The tokens of one type (or label), in the order of the source, without those that recovery put in. */
export const tokens = (parent: CstNode | undefined, type: string): readonly IToken[] =>
  children(parent, type).filter((e): e is IToken => !isNode(e) && e.isInsertedInRecovery !== true);

export const token = (parent: CstNode | undefined, type: string): IToken | undefined =>
  tokens(parent, type)[0];

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
