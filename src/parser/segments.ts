// Which statement an offset belongs to, so that every statement reports only the first of its syntax errors.
import type { IToken, TokenType } from "chevrotain";
import * as t from "../lexer/tokens.js";

const ENDS: ReadonlySet<TokenType> = new Set([t.Semicolon, t.LeftBrace, t.RightBrace]);

export class Segments {
  /** The offsets of the `;`, `{` and `}` that end a statement or its head, in ascending order. */
  private readonly ends: readonly number[];
  private readonly faulty = new Set<number>();

  constructor(tokens: readonly IToken[], nested: ReadonlySet<IToken>) {
    this.ends = tokens
      .filter((token) => ENDS.has(token.tokenType) && !nested.has(token))
      .map((token) => token.startOffset);
  }

  /** The number of the statement that an offset lies in; the token that ends a statement belongs to it. */
  at(offset: number): number {
    let low = 0;
    let high = this.ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] ?? Infinity) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  isFaulty(offset: number): boolean {
    return this.faulty.has(this.at(offset));
  }

  markFaulty(offset: number): void {
    this.faulty.add(this.at(offset));
  }
}
