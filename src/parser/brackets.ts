// Balances the brackets of a token sequence before it is parsed, so that an unclosed one costs one message.
import type { IToken, TokenType } from "chevrotain";
import type { Diagnostic } from "../diagnostic.js";
import { tokenMatcher } from "../lexer/chevrotain.js";
import { tokenEnd, tokenSpan } from "../lexer/lexer.js";
import * as t from "../lexer/tokens.js";
import type { SourceFile } from "../source.js";
import * as errors from "./errors.js";

/** Brackets, and what nests without them (`if`, `else`, `for`, `?`), may be open this many deep at once. */
export const MAX_NESTING = 100;

/** A model, or a file of the library: functions and distributions without a block around them. */
export type FileKind = "program" | "library";

export type BalancedTokens = {
  /** Every opening bracket has its closing one. */
  readonly tokens: readonly IToken[];
  /** Tokens inside parentheses or square brackets. */
  readonly nested: ReadonlySet<IToken>;
  readonly diagnostics: readonly Diagnostic[];
  /** Offsets of parentheses and square brackets that were mended: their statement is not understood. */
  readonly mended: readonly number[];
};

const CLOSER: ReadonlyMap<TokenType, TokenType> = new Map([
  [t.LeftParen, t.RightParen],
  [t.LeftBracket, t.RightBracket],
  [t.LeftBrace, t.RightBrace],
]);
const CLOSERS: ReadonlySet<TokenType> = new Set(CLOSER.values());
/** Keywords that never stand in parentheses. */
const STATEMENT_KEYWORDS: ReadonlySet<TokenType> = new Set([
  t.Plate, t.If, t.Else, t.For, t.Target, t.Return,
]); // prettier-ignore

/** A token of no width, standing at `offset`. */
export function virtualToken(type: TokenType, offset: number): IToken {
  return {
    image: typeof type.PATTERN === "string" ? type.PATTERN : "",
    startOffset: offset,
    endOffset: offset - 1,
    tokenType: type,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
  };
}

type Opener = {
  readonly token: IToken;
  readonly closer: TokenType;
  /** A parenthesis, a square bracket, or a brace where an expression must stand: no statement is inside. */
  readonly isParen: boolean;
  /** The token before it. */
  readonly before: IToken | undefined;
  /** How far its line is indented. */
  readonly indentation: number;
};

/** One walk over the tokens with a stack of open brackets. */
class Balancer {
  private readonly out: IToken[] = [];
  private readonly open: Opener[] = [];
  private readonly nested = new Set<IToken>();
  private readonly diagnostics: Diagnostic[] = [];
  private readonly mended: number[] = [];
  private position = 0;
  private lineStart = 0;
  /** Where the line after the current one starts. */
  private nextLine = 0;
  /** How many of `open` are `isParen`. */
  private openParens = 0;
  /** Errors in braces, which a second walk by indentation may explain better. */
  braceErrors = 0;

  /** `isCut`: the end of the file is inside a comment. `byIndentation`: a `}` that begins its line closes what its indentation says. */
  constructor(
    private readonly source: SourceFile,
    private readonly tokens: readonly IToken[],
    private readonly file: FileKind,
    private readonly isCut: boolean,
    private readonly byIndentation: boolean,
  ) {}

  run(): BalancedTokens {
    for (; this.position < this.tokens.length; this.position++) {
      const token = this.tokens[this.position];
      if (token === undefined) break;
      this.advance(token.startOffset);
      this.take(token, this.tokens[this.position + 1]);
    }
    const end = this.source.text.trimEnd().length;
    while (this.open.length > 0) this.closeInnermost(end, undefined);
    const { out, nested, diagnostics, mended } = this;
    return { tokens: out, nested, diagnostics, mended };
  }

  private take(token: IToken, next: IToken | undefined): void {
    const type = token.tokenType;
    const beginsBlock = type === t.Functions || tokenMatcher(token, t.BlockKeyword);
    if (beginsBlock && next?.tokenType === t.LeftBrace) this.closeDownTo(0, token);
    else if (type === t.Function_ || type === t.Distribution) this.closeDownTo(this.functionDepth(), token);
    else if (type === t.Semicolon && this.openParens > 0 && !this.inForHead()) this.closeParens(token);
    else if (STATEMENT_KEYWORDS.has(type) && this.openParens > 0) this.closeParensBeforeStatement(token);
    else if (type === t.Tilde && this.openParens > 0) this.closeParensBeforeStatement(token);
    else if (type === t.LeftBrace && this.openParens > 0 && !this.inExpression(this.out.at(-1)))
      this.closeParens(token);

    const closer = CLOSER.get(type);
    if (closer !== undefined) {
      const before = this.out.at(-1);
      this.emit(token);
      const isParen = closer !== t.RightBrace || this.inExpression(before);
      if (isParen) this.nested.add(token);
      this.open.push({ token, closer, isParen, before, indentation: this.indentation() });
      if (isParen) this.openParens++;
    } else if (CLOSERS.has(type)) this.close(token);
    else this.emit(token);
  }

  private emit(token: IToken): void {
    if (this.openParens > 0) this.nested.add(token);
    this.out.push(token);
  }

  private close(token: IToken): void {
    const brace = this.open.findLastIndex((o) => !o.isParen);
    const outer = this.open.findLastIndex((o) => o.closer === token.tokenType);
    if (token.tokenType === t.RightBrace && outer <= brace) {
      this.closeParens(token);
      if (this.byIndentation && !this.agreesWithIndentation(token)) return;
    }
    const innermost = this.open.at(-1);
    if (innermost?.closer === token.tokenType) return this.pop(token);
    if (outer > brace && !this.closesLater(token.tokenType, this.open.length - 1 - outer)) {
      while (this.open.length > outer + 1) this.closeInnermost(tokenEnd(this.out.at(-1) ?? token), token);
      return this.pop(token);
    }
    if (innermost?.isParen) {
      this.diagnostics.push(errors.mismatchedBracket(this.source, innermost.token, token));
      this.mended.push(token.startOffset);
      return this.pop({ ...virtualToken(innermost.closer, token.startOffset), endOffset: token.startOffset });
    }
    this.dropExtra(token);
  }

  /** Does this statement close more brackets of this kind than it opens from here on? Then `token` is not for them. */
  private closesLater(closer: TokenType, unclosed: number): boolean {
    if (closer === t.RightBrace || unclosed > 1) return false;
    let surplus = 0;
    for (let i = this.position + 1; i < this.tokens.length; i++) {
      const later = this.tokens[i];
      if (!later || [t.Semicolon, t.LeftBrace, t.RightBrace].includes(later.tokenType)) break;
      if (CLOSER.get(later.tokenType) === closer) surplus--;
      if (later.tokenType === closer) surplus++;
    }
    return surplus > 0;
  }

  private dropExtra(token: IToken): void {
    this.diagnostics.push(errors.extraBracket(tokenSpan(this.source, token), token.image));
    if (token.tokenType === t.RightBrace) this.braceErrors++;
    else this.mended.push(token.startOffset);
  }

  /** Reports the innermost open bracket and closes it at `offset`. */
  private closeInnermost(offset: number, noticedAt: IToken | undefined): void {
    const innermost = this.open.at(-1);
    if (innermost === undefined) return;
    if (noticedAt || !this.isCut)
      this.diagnostics.push(
        errors.unclosedBracket(this.source, innermost.token, innermost.before, noticedAt, offset),
      );
    if (!innermost.isParen) this.braceErrors++;
    else this.mended.push(innermost.token.startOffset);
    this.pop(virtualToken(innermost.closer, offset));
  }

  private pop(closer: IToken): void {
    const popped = this.open.pop();
    this.emit(closer);
    if (popped?.isParen) this.openParens--;
  }

  /** Closes brackets until no more than `depth` are open. */
  private closeDownTo(depth: number, before: IToken): void {
    while (this.open.length > depth) this.closeInnermost(tokenEnd(this.out.at(-1) ?? before), before);
  }

  /** Closes parentheses and square brackets up to the innermost brace. */
  private closeParens(before: IToken): void {
    while (this.open.at(-1)?.isParen) this.closeInnermost(tokenEnd(this.out.at(-1) ?? before), before);
  }

  /** A statement begins inside parentheses: both the bracket and the semicolon before it are missing. */
  private closeParensBeforeStatement(token: IToken): void {
    const begun: IToken[] = [];
    if (token.tokenType === t.Tilde) {
      for (let last = this.out.at(-1); last !== undefined; last = this.out.at(-1)) {
        const wanted = begun.length === 0 ? t.Identifier : t.TypeName;
        if (begun.length === 2 || !tokenMatcher(last, wanted) || !this.nested.delete(last)) break;
        begun.unshift(last);
        this.out.pop();
      }
    }
    this.closeParens(begun[0] ?? token);
    const offset = tokenEnd(this.out.at(-1) ?? token);
    if (token.tokenType !== t.Else) this.emit(virtualToken(t.Semicolon, offset));
    begun.forEach((back) => this.emit(back));
  }

  /** How many braces are open where a function may be declared. */
  private functionDepth(): number {
    if (this.file === "library") return 0;
    return this.open[0]?.before?.tokenType === t.Functions ? 1 : this.open.length;
  }

  /** Inside `for (...)` a semicolon is a C-style loop, which the grammar reports. */
  private inForHead(): boolean {
    return this.open.at(-1)?.before?.tokenType === t.For;
  }

  /** Must an expression follow this token? Then a `{` there is a list in another language, not a body. */
  private inExpression(before: IToken | undefined): boolean {
    const type = before?.tokenType;
    return (
      type === t.LeftParen ||
      type === t.LeftBracket ||
      type === t.Comma ||
      type === t.Assign ||
      type === t.Tilde
    );
  }

  /** Closes braces that are indented further than this `}`; false if the `}` itself is to be dropped. */
  private agreesWithIndentation(token: IToken): boolean {
    const column = token.startOffset - this.lineStart;
    if (column !== this.indentation()) return true;
    for (let innermost = this.open.at(-1); innermost !== undefined; innermost = this.open.at(-1)) {
      if (innermost.indentation === column) return true;
      if (innermost.indentation < column) {
        this.dropExtra(token);
        return false;
      }
      this.closeInnermost(tokenEnd(this.out.at(-1) ?? token), token);
    }
    return true;
  }

  /** Moves on to the line of the token at `offset`. */
  private advance(offset: number): void {
    while (this.nextLine <= offset) {
      this.lineStart = this.nextLine;
      const end = this.source.text.indexOf("\n", this.lineStart);
      this.nextLine = end < 0 ? Infinity : end + 1;
    }
  }

  /** How far the current line is indented. */
  private indentation(): number {
    let end = this.lineStart;
    while (this.source.text[end] === " " || this.source.text[end] === "\t") end++;
    return end - this.lineStart;
  }
}

/**
 * Balances the brackets of a file. Parentheses and square brackets end with their statement, braces with their block;
 * if braces do not match, indentation decides which one is at fault where that explains it with no more errors.
 * `isCut`: the end of the file is inside a comment, so that what is open there is no second mistake.
 */
export function balanceBrackets(
  source: SourceFile,
  tokens: readonly IToken[],
  file: FileKind,
  isCut: boolean,
): BalancedTokens {
  const plain = new Balancer(source, tokens, file, isCut, false);
  const result = plain.run();
  if (plain.braceErrors === 0) return result;
  const indented = new Balancer(source, tokens, file, isCut, true);
  const other = indented.run();
  return indented.braceErrors <= plain.braceErrors ? other : result;
}

/** The first token at which more than MAX_NESTING brackets, `if`s, `for`s and `?`s are open. */
export function tooDeeplyNested(tokens: readonly IToken[]): IToken | undefined {
  const pending = [0]; // of each open bracket: the `if`s, `for`s and `?`s that are not finished
  let depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === undefined) break;
    const type = token.tokenType;
    const level = pending.length - 1;
    const here = pending[level] ?? 0;
    let now = here;
    if (type === t.If || type === t.For || type === t.Question) now = here + 1;
    else if (type === t.Colon) now = Math.max(0, here - 1);
    else if (type === t.Comma) now = 0;
    else if (type === t.Semicolon && tokens[i + 1]?.tokenType !== t.Else) now = 0;
    pending[level] = now;
    depth += now - here;
    if (CLOSER.has(type)) {
      pending.push(0);
      depth++;
    } else if (CLOSERS.has(type) && level > 0) {
      pending.pop();
      depth -= now + 1;
      const outer = pending[level - 1] ?? 0;
      if (type === t.RightBrace && tokens[i + 1]?.tokenType !== t.Else) {
        pending[level - 1] = 0;
        depth -= outer;
      }
    }
    if (depth > MAX_NESTING) return token;
  }
  return undefined;
}
