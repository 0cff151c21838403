// Text to tokens: the lexer, its comments and its diagnostics.
import type { IToken, Lexer as LexerType } from "chevrotain";
import type { Diagnostic } from "../diagnostic.js";
import type { SourceFile, Span } from "../source.js";
import { Lexer, tokenMatcher } from "./chevrotain.js";
import * as errors from "./errors.js";
import { Identifier, Integer, Real, TOKENS, UnclosedComment } from "./tokens.js";

/** A comment as written, its marks included. */
export type Comment = { readonly text: string; readonly span: Span };

export type LexedSource = {
  readonly tokens: readonly IToken[];
  readonly comments: readonly Comment[];
  readonly diagnostics: readonly Diagnostic[];
  /** The file ends inside a comment. */
  readonly isCut: boolean;
};

let sharedLexer: LexerType | undefined;

/** The lexer is built on first use; `tests/parser/` validates its definition, so starting the command need not. */
function lexer(): LexerType {
  sharedLexer ??= new Lexer(TOKENS, {
    positionTracking: "onlyOffset",
    ensureOptimizations: true,
    skipValidations: true,
  });
  return sharedLexer;
}

/** The offset just after a token; a token that recovery put in has no width. */
export const tokenEnd = (token: IToken): number => (token.endOffset ?? token.startOffset - 1) + 1;

export const tokenSpan = (source: SourceFile, token: IToken): Span => ({
  source,
  start: token.startOffset,
  end: tokenEnd(token),
});

/**
 * The lexer tracks where tokens start; where they end is added, as the parser's nodes take it from there. Written out,
 * since a spread takes several times as long, and this is done for every token of every version of a text.
 */
const withEnd = ({ image, startOffset, tokenType, tokenTypeIdx }: IToken): IToken => ({
  image,
  startOffset,
  endOffset: startOffset + image.length - 1,
  tokenType,
  tokenTypeIdx,
});

/** The value of a number as written, digit separators allowed. */
export const numberValue = (text: string): number => Number(text.replaceAll("_", ""));

/** Splits a file into tokens and comments; what is neither is dropped with a diagnostic. */
export function tokenize(source: SourceFile): LexedSource {
  const result = lexer().tokenize(source.text);
  const comments = (result.groups["comments"] ?? []).map(withEnd);
  const tokens = result.tokens.map(withEnd);
  const diagnostics = [
    ...unknownCharacters(source, result.errors),
    ...comments
      .filter((c) => c.tokenType === UnclosedComment)
      .map((c) => errors.unclosedComment({ source, start: c.startOffset, end: c.startOffset + 2 })),
    ...badWords(source, tokens),
  ];
  return {
    tokens,
    comments: comments.map((c) => ({ text: c.image, span: tokenSpan(source, c) })),
    diagnostics,
    isCut: comments.some((c) => c.tokenType === UnclosedComment),
  };
}

/** One diagnostic for each run of unknown characters; a quote stands for the rest of its string. */
function unknownCharacters(
  source: SourceFile,
  failures: readonly { readonly offset: number; readonly length: number }[],
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  let insideUntil = -1;
  for (const { offset, length } of failures) {
    if (offset < insideUntil) continue;
    const text = source.text.slice(offset, offset + length);
    if (text.startsWith('"')) {
      const string = /^"[^"\n]*"?/.exec(source.text.slice(offset))?.[0] ?? text;
      insideUntil = offset + string.length;
      diagnostics.push(errors.stringLiteral({ source, start: offset, end: insideUntil }));
    } else
      diagnostics.push(errors.unexpectedCharacters({ source, start: offset, end: offset + length }, text));
  }
  return diagnostics;
}

/** Numbers that run into the next word or number, that are too large, and names that start with '_'. */
function badWords(source: SourceFile, tokens: readonly IToken[]): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  tokens.forEach((token, i) => {
    if (token.image.startsWith("_") && tokenMatcher(token, Identifier))
      diagnostics.push(errors.leadingUnderscore(tokenSpan(source, token), token.image));
    if (token.tokenType !== Integer && token.tokenType !== Real) return;
    const span = tokenSpan(source, token);
    const next = tokens[i + 1];
    const touches = next?.startOffset === span.end && (/^\w/.test(next.image) || next.tokenType === Real);
    if (touches) {
      const text = token.image + next.image;
      diagnostics.push(errors.malformedNumber({ ...span, end: tokenEnd(next) }, text));
    }
    const value = numberValue(token.image);
    if (!Number.isFinite(value) || (token.tokenType !== Real && !Number.isSafeInteger(value)))
      diagnostics.push(errors.numberTooLarge(span, token.image));
  });
  return diagnostics;
}
