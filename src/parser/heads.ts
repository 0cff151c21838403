// Recognises the heads of blocks, plates and groups by their words, and mends those that are misspelt or lack a brace.
import type { IToken, TokenType } from "chevrotain";
import { didYouMean, type Diagnostic } from "../diagnostic.js";
import { tokenEnd, tokenSpan } from "../lexer/lexer.js";
import * as t from "../lexer/tokens.js";
import { joinSpans, type SourceFile } from "../source.js";
import { virtualToken } from "./brackets.js";
import * as errors from "./errors.js";

const BLOCK_TYPES: ReadonlyMap<string, TokenType> = new Map([
  ["functions", t.Functions],
  ["data", t.Data],
  ["parameters", t.Parameters],
  ["model", t.Model],
  ["guide", t.Guide],
  ["generated", t.Generated],
]);

const BLOCK_WORDS: ReadonlySet<TokenType> = new Set(BLOCK_TYPES.values());
const isBlockWord = (token: IToken): boolean => BLOCK_WORDS.has(token.tokenType);

/**
 * The tokens with every block headed by one of its keywords and an opening brace. A block that is not in the
 * language keeps its words as the image of a `model` token, so that its statements are parsed, and then passed over.
 */
export function mendHeads(
  source: SourceFile,
  tokens: readonly IToken[],
): { readonly tokens: readonly IToken[]; readonly diagnostics: readonly Diagnostic[] } {
  const mender = new HeadMender(source, tokens);
  mender.run();
  return mender;
}

class HeadMender {
  readonly tokens: IToken[] = [];
  readonly diagnostics: Diagnostic[] = [];
  private depth = 0;
  private block = "";
  /** How many closing braces the file has more than opening ones. */
  private surplus: number;

  constructor(
    private readonly source: SourceFile,
    private readonly input: readonly IToken[],
  ) {
    this.surplus = 0;
    for (const { tokenType } of input)
      if (tokenType === t.RightBrace) this.surplus++;
      else if (tokenType === t.LeftBrace) this.surplus--;
  }

  run(): void {
    for (let i = 0; i < this.input.length;) i += this.take(i);
  }

  /** Takes the token at `i`, and answers how many it has taken. */
  private take(i: number): number {
    const first = this.input[i];
    const second = this.input[i + 1];
    if (first === undefined) return 1;
    const opens = second?.tokenType === t.LeftBrace;
    if (isBlockWord(first) && opens) {
      this.depth = 0;
      this.block = first.image;
    }
    if (first.tokenType === t.LeftBrace) this.depth++;
    if (first.tokenType === t.RightBrace) this.depth = Math.max(0, this.depth - 1);
    const before = this.tokens.at(-1);
    if (this.depth === 0 && (before === undefined || before.tokenType === t.RightBrace)) {
      if (second && this.input[i + 2]?.tokenType === t.LeftBrace && isStanBlock(first, second))
        return this.stanBlock(first, second);
      if (isBlockWord(first) && !opens) return this.blockWithoutBrace(first, second);
      if (!isBlockWord(first) && opens && /^\w/.test(first.image)) return this.unknownBlock(first);
    }
    this.tokens.push(first);
    return this.block === "data" || this.surplus <= 0 ? 1 : this.head(i);
  }

  private stanBlock(first: IToken, second: IToken): number {
    const span = joinSpans(tokenSpan(this.source, first), tokenSpan(this.source, second));
    this.diagnostics.push(errors.stanBlock(span, first.image));
    const isGenerated = first.tokenType === t.Generated;
    this.tokens.push(isGenerated ? first : retyped(first, `${first.image} ${second.image}`, t.Model));
    return 2;
  }

  private blockWithoutBrace(first: IToken, second: IToken | undefined): number {
    this.diagnostics.push(errors.headWithoutBrace(tokenSpan(this.source, first), first.image));
    if (second && isBlockWord(second)) return 1;
    this.openAfter(first);
    this.block = first.image;
    return 1;
  }

  private unknownBlock(first: IToken): number {
    const meant = didYouMean(first.image, t.BLOCKS);
    this.diagnostics.push(errors.unknownBlock(tokenSpan(this.source, first), first.image, meant));
    this.block = meant ?? first.image;
    this.tokens.push(retyped(first, this.block, BLOCK_TYPES.get(this.block) ?? t.Model));
    return 1;
  }

  /** After `plate` or `group`: where a closing brace is left over, the head must be followed by an opening one. */
  private head(i: number): number {
    const keyword = this.input[i];
    if (keyword?.tokenType !== t.Plate && keyword?.tokenType !== t.Group) return 1;
    const name = this.input[i + 1];
    if (name?.tokenType !== t.Identifier) return 1;
    const isFamily = keyword.tokenType === t.Group && this.input[i + 2]?.tokenType === t.Colon;
    const length = isFamily ? 4 : 2;
    const next = this.input[i + length];
    if (next === undefined || !(/^\w/.test(next.image) || next.tokenType === t.RightBrace)) return 1;
    if ([t.In, t.By, t.Ordered].includes(next.tokenType)) return 1;
    const span = joinSpans(tokenSpan(this.source, keyword), tokenSpan(this.source, name));
    this.diagnostics.push(errors.headWithoutBrace(span, `${keyword.image} ${name.image}`));
    this.surplus--;
    const rest = this.input.slice(i + 1, i + length);
    this.openAfter(...rest);
    return length;
  }

  /** Puts an opening brace after these tokens. */
  private openAfter(...tokens: readonly IToken[]): void {
    const last = tokens.at(-1);
    if (last) this.tokens.push(...tokens, virtualToken(t.LeftBrace, tokenEnd(last)));
    this.depth++;
  }
}

/** `transformed data`, `transformed parameters`, `generated quantities`. */
const isStanBlock = (first: IToken, second: IToken): boolean =>
  (first.image === "transformed" && (second.tokenType === t.Data || second.tokenType === t.Parameters)) ||
  (first.tokenType === t.Generated && second.image === "quantities");

const retyped = (token: IToken, image: string, type: TokenType): IToken => ({
  ...token,
  image,
  tokenType: type,
  tokenTypeIdx: type.tokenTypeIdx ?? 0,
});
