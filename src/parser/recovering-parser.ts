// How the parser goes on after a syntax error: at the end of the statement, without a cascade of further errors.
import type { IParserErrorMessageProvider, IToken, TokenType } from "chevrotain";
import { CstParser, EOF, tokenMatcher } from "../lexer/chevrotain.js";
import * as t from "../lexer/tokens.js";

/** Errors are worded in syntax-errors.ts; until then a mismatch's message is the name of the token it wanted. */
const TOKEN_NAMES: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.name,
  buildNotAllInputParsedMessage: () => EOF.name,
  buildNoViableAltMessage: () => "",
  buildEarlyExitMessage: () => "",
};

/** Where parsing goes on after an error, if the token is not inside parentheses or square brackets. */
const SYNC_TOKENS: ReadonlySet<TokenType> = new Set([
  t.Semicolon, t.LeftBrace, t.RightBrace, t.Function_, t.Distribution,
  // What begins a statement and stands in no expression: the statement before it has not been finished.
  t.Plate, t.If, t.For, t.Target, t.Return, t.TypeName,
]); // prettier-ignore

const STRUCTURE: ReadonlySet<TokenType> = new Set([
  t.Semicolon, t.LeftBrace, t.RightBrace, t.Function_, t.Distribution, t.LeftParen, t.RightParen, t.LeftBracket, t.RightBracket, t.BlockKeyword,
]); // prettier-ignore

/** What the parser takes from chevrotain beyond its published types: the tokens that may follow the open rules. */
type RecoveryInternals = { flattenFollowSet(): TokenType[]; SKIP_TOKEN(): IToken };

/** A parser without rules: its subclasses add them and end their construction with `performSelfAnalysis`. */
export abstract class RecoveringParser extends CstParser {
  /** Tokens inside parentheses or square brackets, where no statement can end. */
  protected nested: ReadonlySet<IToken> = new Set();
  private syncToken: IToken | undefined;

  protected constructor({ skipValidations }: { readonly skipValidations: boolean }) {
    super(t.TOKENS, {
      recoveryEnabled: true,
      maxLookahead: 1,
      nodeLocationTracking: "onlyOffset",
      errorMessageProvider: TOKEN_NAMES,
      skipValidations,
    });
  }

  /** Is the next token this soft keyword, followed by a name? */
  protected atNamed(softKeyword: TokenType): boolean {
    return this.LA(1).tokenType === softKeyword && tokenMatcher(this.LA(2), t.Identifier);
  }

  /** Only a forgotten semicolon is put in; brackets are balanced before parsing. */
  override canTokenTypeBeInsertedInRecovery(type: TokenType): boolean {
    return type === t.Semicolon;
  }

  /** A token too many is passed over, but not one that gives the file its structure. */
  override canTokenTypeBeDeletedInRecovery(): boolean {
    return !STRUCTURE.has(this.LA(1).tokenType);
  }

  /**
   * Replaces chevrotain's choice of the token to go on from, the nearest that may follow any open rule: names may
   * follow nearly every rule, so that one error would bring on the next. The end of a statement does not.
   */
  protected findReSyncTokenType(): TokenType {
    const follows = new Set(this.recovery.flattenFollowSet());
    let depth = 0;
    for (let k = 1; ; k++) {
      const token = this.LA(k);
      const type = token.tokenType;
      const synchronises =
        depth === 0 && SYNC_TOKENS.has(type) && !this.nested.has(token) && follows.has(type);
      if (synchronises || type === EOF) {
        this.syncToken = token;
        return type;
      }
      if (type === t.LeftBrace) depth++;
      if (type === t.RightBrace) depth = Math.max(0, depth - 1);
    }
  }

  /** Skips to the very token that was chosen, where chevrotain would stop at the first of its type. */
  protected reSyncTo(): IToken[] {
    const skipped: IToken[] = [];
    while (this.LA(1) !== this.syncToken && this.LA(1).tokenType !== EOF) {
      skipped.push(this.LA(1));
      this.recovery.SKIP_TOKEN();
    }
    return skipped;
  }

  private get recovery(): RecoveryInternals {
    return this as unknown as RecoveryInternals;
  }
}
