// From chevrotain's exceptions to diagnostics in a user's words.
import type { IRecognitionException, IToken } from "chevrotain";
import { didYouMean, type Diagnostic } from "../diagnostic.js";
import { EOF, tokenMatcher } from "../lexer/chevrotain.js";
import { shortened } from "../lexer/errors.js";
import { tokenEnd, tokenSpan } from "../lexer/lexer.js";
import * as t from "../lexer/tokens.js";
import type { SourceFile, Span } from "../source.js";
import * as errors from "./errors.js";
import { isItem, ITEMS } from "./functions.js";

/** `recovered`: nothing was skipped, so the statement is understood in spite of the error. */
export type SyntaxError = {
  readonly diagnostic: Diagnostic;
  readonly offset: number;
  readonly recovered: boolean;
};

/** Statements of Stan's and other languages, with what to do here. */
const FOREIGN_STATEMENTS: Readonly<Record<string, string>> = {
  while: "repeat with a plate, or over a range that data gives: 'for (i in 1:n) ...'",
  repeat: "repeat with a plate, or over a range that data gives: 'for (i in 1:n) ...'",
  print: "what a run reports stands in the generated block",
  reject: "give a variable bounds: 'real<lower=0> x'",
  fatal_error: "give a variable bounds: 'real<lower=0> x'",
  profile: "'mppc explain' shows what a model costs",
  let: "a local is written 'real x = ...;'",
  var: "a local is written 'real x = ...;'",
  const: "a local is written 'real x = ...;'",
};

const FOR_HINT = "write 'for (i in 1:n) ...'";

const TOKEN_LABELS: ReadonlyMap<string, string> = new Map(
  t.TOKENS.map((type) => [type.name, type.LABEL ?? type.name]),
);

/** How a message names a token: `'x'`, or the end of the file. */
const describe = (token: IToken): string =>
  token.tokenType === EOF ? "the end of the file" : `'${shortened(token.image)}'`;

/** Turns exceptions into diagnostics, with the offset that says which statement they belong to. */
export function explainErrors(
  source: SourceFile,
  tokens: readonly IToken[],
  exceptions: readonly IRecognitionException[],
): SyntaxError[] {
  if (exceptions.length === 0) return [];
  const index = new Map(tokens.map((token, i) => [token, i]));
  return exceptions.map((exception) => {
    const at = index.get(exception.token) ?? tokens.length;
    return new Explanation(source, tokens, at, exception).result();
  });
}

class Explanation {
  private readonly found: IToken;
  private readonly previous: IToken | undefined;
  private readonly rule: string;

  constructor(
    private readonly source: SourceFile,
    private readonly tokens: readonly IToken[],
    private readonly at: number,
    private readonly exception: IRecognitionException,
  ) {
    this.found = exception.token;
    this.previous = tokens[at - 1];
    this.rule = exception.context.ruleStack.at(-1) ?? "";
  }

  result(): SyntaxError {
    const end = this.previous === undefined ? 0 : tokenEnd(this.previous);
    const atEnd = this.found.tokenType === EOF;
    const recovered = this.isMissingSemicolon();
    const offset = recovered || atEnd ? Math.max(0, end - 1) : this.found.startOffset;
    return { diagnostic: this.diagnostic(end), offset, recovered };
  }

  /** The token that was not expected, or the end of the file. */
  private get span(): Span {
    if (this.found.tokenType !== EOF) return tokenSpan(this.source, this.found);
    const end = this.source.text.trimEnd().length;
    return { source: this.source, start: end, end };
  }

  /** A semicolon is missing where the next thing stands on another line, or closes the block. */
  private isMissingSemicolon(): boolean {
    if (this.exception.message !== t.Semicolon.name || this.previous === undefined) return false;
    if (this.found.tokenType === EOF || this.found.tokenType === t.RightBrace) return true;
    return this.startsLine() && /^\w/.test(this.found.image);
  }

  /** Does what was found stand on another line than what is before it? */
  private startsLine(): boolean {
    const end = this.previous === undefined ? 0 : tokenEnd(this.previous);
    return this.source.text.slice(end, this.found.startOffset).includes("\n");
  }

  private diagnostic(end: number): Diagnostic {
    const wanted = this.exception.message;
    if (this.isMissingSemicolon()) return errors.missingSemicolon({ source: this.source, start: end, end });
    if (this.exception.name === "NotAllInputParsedException" || wanted === EOF.name) return this.outside();
    if (wanted === t.RightBrace.name) return this.inList();
    if (wanted === t.Identifier.name) return this.notAName();
    if (wanted === t.Colon.name && this.rule === "expression")
      return this.expected("':' and the other value");
    if (wanted === t.RightParen.name || wanted === t.RightBracket.name) return this.inBrackets(wanted);
    if (wanted === t.Semicolon.name) return this.afterStatement();
    if (wanted === "") return this.noAlternative();
    if (wanted === t.Greater.name) return this.expected("',' or '>'");
    if (wanted === t.In.name) return this.expected("'in'", FOR_HINT);
    return this.expected(TOKEN_LABELS.get(wanted) ?? wanted);
  }

  private expected(wanted: string, hint?: string): Diagnostic {
    return errors.expected(this.span, wanted, describe(this.found), hint);
  }

  private outside(): Diagnostic {
    const inLibrary = this.exception.context.ruleStack[0] === "library";
    return (inLibrary ? errors.outsideLibrary : errors.outsideBlocks)(this.span, describe(this.found));
  }

  /** Something in a block that begins none of the things the block holds. */
  private inList(): Diagnostic {
    if (this.rule === "functionsBlock") return errors.notAFunction(this.span, describe(this.found));
    if (this.rule === "distributionDeclaration")
      return this.expected("an item of the distribution", "such as 'log_density(y) = ...;'");
    if (this.found.tokenType === t.Else) return errors.elseWithoutIf(this.span);
    if (this.found.tokenType === t.Function_ || this.found.tokenType === t.Distribution)
      return errors.notAStatement(
        this.span,
        describe(this.found),
        "functions stand in the 'functions' block",
      );
    return errors.notAStatement(this.span, describe(this.found));
  }

  private notAName(): Diagnostic {
    if (t.KEYWORDS.includes(this.found.image) || t.TYPE_NAMES.includes(this.found.image))
      return errors.keywordAsName(this.span, this.found.image);
    return this.expected("a name");
  }

  private inBrackets(wanted: string): Diagnostic {
    const atStart = this.previous && /^[[(,|]$/.test(this.previous.image);
    if (atStart && ["reference", "vector", "parenthesised", "check"].includes(this.rule))
      return this.noExpression();
    if (atStart && this.rule === "parameters") return this.expected("a type");
    const closer = wanted === t.RightParen.name ? "')'" : "']'";
    if (this.rule === "dimensions" && this.found.tokenType === t.Colon) return errors.sliceNotYet(this.span);
    const list = ["dimensions", "reference", "vector", "parameters", "check", "namedTuple", "parenthesised"];
    const hint = this.rule === "forHead" ? FOR_HINT : undefined;
    return this.expected(list.includes(this.rule) ? `',' or ${closer}` : closer, hint);
  }

  /** A name or a value is followed by what cannot follow it. */
  private afterStatement(): Diagnostic {
    const { previous, found } = this;
    if (this.rule === "functionDeclaration" && found.tokenType === t.LeftBrace)
      return this.expected("';'", "a function has either '= ...;' or a body in braces");
    if (found.tokenType === t.PlusAssign) return this.expected("';'", "only 'target' can be added to");
    if (this.rule !== "simpleStatement" || previous === undefined) return this.expected("';'");
    const first = this.statementStart();
    if (first?.tokenType === t.Identifier && this.looksLikeDeclaration())
      return errors.unknownType(
        tokenSpan(this.source, first),
        first.image,
        didYouMean(first.image, t.TYPE_NAMES),
      );
    if (!tokenMatcher(previous, t.Identifier)) return this.expected("';'");
    if (previous.image === "group" && found.tokenType === t.LeftBrace)
      return this.expected("the name of the group", "write 'group name { ... }'");
    const hint = FOREIGN_STATEMENTS[previous.image];
    if (hint !== undefined)
      return errors.stanStatement(tokenSpan(this.source, previous), previous.image, hint);
    if (found.tokenType === t.LeftParen)
      return this.expected("'~' or '='", "a function is called inside an expression");
    return this.expected("';'");
  }

  /** The first token of the statement before the error. */
  private statementStart(): IToken | undefined {
    for (let i = this.at - 1; i >= 0; i--) {
      const before = this.tokens[i - 1];
      if (before === undefined || /^[;{}]$/.test(before.image)) return this.tokens[i];
    }
    return undefined;
  }

  /** What was found goes on as it would after a type: with its bounds, or with a name and what is said of it. */
  private looksLikeDeclaration(): boolean {
    const next = this.tokens[this.at + 1];
    if (this.found.tokenType === t.Less) return this.tokens[this.at + 2]?.tokenType === t.Assign;
    return tokenMatcher(this.found, t.Identifier) && (next === undefined || /^[~=;[]$/.test(next.image));
  }

  private noAlternative(): Diagnostic {
    switch (this.rule) {
      case "statement":
      case "simple":
        return errors.notAStatement(this.span, describe(this.found));
      case "functionDeclaration":
        return this.expected("'= ...;' or '{' after the function's arguments");
      case "item":
        return this.notAnItem();
      default:
        return this.noExpression();
    }
  }

  private notAnItem(): Diagnostic {
    if (this.previous === undefined) return this.expected("an item of the distribution");
    const { image } = this.previous;
    const name = { text: image, span: tokenSpan(this.source, this.previous) };
    if (isItem(image)) return errors.itemForm(name, ITEMS[image]);
    return errors.unknownItem(name, didYouMean(image, Object.keys(ITEMS)), Object.keys(ITEMS));
  }

  private noExpression(): Diagnostic {
    const { tokenType, image } = this.found;
    if (tokenType === t.LeftBrace) return errors.bracesAsList(this.span);
    if (t.KEYWORDS.includes(image) && !this.startsLine()) return errors.keywordAsName(this.span, image);
    return this.expected("an expression");
  }
}
