// The model's text in pieces, each with what it is: what the page gives colours to.
import { tokenize, tokenEnd } from "../lexer/lexer.js";
import { tokenMatcher } from "../lexer/chevrotain.js";
import { Identifier, KEYWORDS, Number_, TypeName } from "../lexer/tokens.js";
import type { SourceFile } from "../source.js";
import type { HighlightedText, TextKind } from "./run-record.js";

/** The whole text in order; what lies between tokens is `other`. */
export function highlight(source: SourceFile, distributions: ReadonlySet<string>): HighlightedText {
  const { tokens, comments } = tokenize(source);
  const keywords = new Set(KEYWORDS);
  const pieces = [
    ...comments.map(({ span }) => ({ start: span.start, end: span.end, kind: "comment" as const })),
    ...tokens.map((token) => {
      const kind: TextKind = tokenMatcher(token, Number_)
        ? "number"
        : tokenMatcher(token, TypeName)
          ? "type"
          : keywords.has(token.image)
            ? "keyword"
            : distributions.has(token.image)
              ? "distribution"
              : tokenMatcher(token, Identifier)
                ? "name"
                : "other";
      return { start: token.startOffset, end: tokenEnd(token), kind };
    }),
  ].sort((a, b) => a.start - b.start);
  const text: { kind: TextKind; text: string }[] = [];
  let at = 0;
  const add = (kind: TextKind, end: number): void => {
    if (end > at) text.push({ kind, text: source.text.slice(at, end) });
    at = Math.max(at, end);
  };
  for (const { start, end, kind } of pieces) {
    add("other", start);
    add(kind, end);
  }
  add("other", source.text.length);
  return text;
}
