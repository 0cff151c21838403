// The parts of a text in braces, broken or whole: what folding, the outline and insertions go by.
import type { IToken } from "chevrotain";
import { LeftBrace, RightBrace } from "../lexer/tokens.js";
import { tokenEnd } from "../lexer/lexer.js";
import type { Analysis } from "./analysis.js";

/** A pair of braces; one that nothing closes ends with the text. */
export type Braces = {
  readonly open: IToken;
  /** Undefined where nothing closes it. */
  readonly close: IToken | undefined;
  /** Just after the closing brace. */
  readonly end: number;
};

/** All pairs of braces in the order in which they open. */
export function bracesOf({ lexed, source }: Analysis): readonly Braces[] {
  const found: { open: IToken; close: IToken | undefined; end: number }[] = [];
  const pending: (typeof found)[number][] = [];
  for (const token of lexed.tokens) {
    if (token.tokenType === LeftBrace) {
      const braces = { open: token, close: undefined, end: source.text.trimEnd().length };
      pending.push(braces);
      found.push(braces);
    }
    const innermost = token.tokenType === RightBrace ? pending.pop() : undefined;
    if (innermost !== undefined) Object.assign(innermost, { close: token, end: tokenEnd(token) });
  }
  return found;
}

/** The first pair of braces that opens at this offset or after it. */
export const bracesAfter = (analysis: Analysis, offset: number): Braces | undefined =>
  bracesOf(analysis).find(({ open }) => open.startOffset >= offset);
