// Reading the concrete syntax tree in the order of the source: what is printed is every token of it, one after the other.
import type { CstElement, CstNode, IToken } from "chevrotain";
import { Bug } from "../diagnostic.js";

export type { CstElement, CstNode, IToken };

export const isNode = (element: CstElement): element is CstNode => "children" in element;

/** Where an element starts; NaN for a node without tokens, such as an empty list of arguments. */
export const startOf = (element: CstElement): number =>
  isNode(element) ? (element.location?.startOffset ?? NaN) : element.startOffset;

/** The children of a node that have tokens, in the order of the source. */
export function elements(node: CstNode): readonly CstElement[] {
  const found: CstElement[] = [];
  let end = -1;
  let sorted = true;
  for (const rule in node.children)
    for (const element of node.children[rule] ?? []) {
      const start = startOf(element);
      if (Number.isNaN(start)) continue;
      found.push(element);
      sorted &&= start > end;
      end = start;
    }
  return sorted ? found : found.sort((a, b) => startOf(a) - startOf(b));
}

/** The last token of an element. */
export function lastToken(element: CstElement): IToken {
  const last = isNode(element) ? elements(element).at(-1) : undefined;
  return last ? lastToken(last) : tokenOf(element);
}

function tokenOf(element: CstElement): IToken {
  if (isNode(element)) throw new Bug(`'${element.name}' has no token`);
  return element;
}

/** The child nodes in the order of the source. */
export const nodesIn = (node: CstNode): readonly CstNode[] => elements(node).filter(isNode);

/** The only child of a node. */
export function sole(node: CstNode): CstElement {
  const [only, ...others] = elements(node);
  if (only === undefined || others.length > 0) throw new Bug(`'${node.name}' has not one child`);
  return only;
}

/** A child that the grammar always puts there. */
export function nodeAt(node: CstNode, place: number): CstNode {
  const element = elements(node).at(place);
  if (element === undefined || !isNode(element))
    throw new Bug(`'${node.name}' has no node at ${String(place)}`);
  return element;
}

/** A token that the grammar always puts there. */
export function tokenAt(node: CstNode, place: number): IToken {
  const element = elements(node).at(place);
  if (element === undefined || isNode(element))
    throw new Bug(`'${node.name}' has no token at ${String(place)}`);
  return element;
}
