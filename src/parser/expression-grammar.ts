// The part of the grammar that types and expressions share: rules that statements of every block are made of.
import type { CstNode, ParserMethod } from "chevrotain";
import * as t from "../lexer/tokens.js";
import { RecoveringParser } from "./recovering-parser.js";

/** A rule without arguments that yields its node of the concrete syntax tree. */
export type Rule = ParserMethod<[], CstNode>;

export abstract class ExpressionGrammar extends RecoveringParser {
  // ---- types

  readonly type: Rule = this.RULE("type", () => {
    this.CONSUME(t.TypeName);
    this.OPTION1(() => {
      this.CONSUME(t.Less);
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.bound) });
      this.CONSUME(t.Greater);
    });
    this.OPTION2(() => this.SUBRULE(this.dimensions));
  });

  readonly bound: Rule = this.RULE("bound", () => {
    this.CONSUME(t.Identifier);
    this.CONSUME(t.Assign);
    this.SUBRULE(this.arithmetic);
  });

  // ---- expressions: flat here; precedence.ts gives them their shape

  readonly expression: Rule = this.RULE("expression", () => {
    this.SUBRULE1(this.operation);
    this.MANY(() => {
      this.CONSUME(t.Question);
      this.SUBRULE(this.expression);
      this.CONSUME(t.Colon);
      this.SUBRULE2(this.operation);
    });
  });

  readonly operation: Rule = this.RULE("operation", () => {
    this.SUBRULE1(this.operand);
    this.MANY(() => {
      this.CONSUME(t.BinaryOperator, { LABEL: "operator" });
      this.SUBRULE2(this.operand);
    });
  });

  /** A bound: it has no comparisons, so that `>` ends it. */
  readonly arithmetic: Rule = this.RULE("arithmetic", () => {
    this.SUBRULE1(this.operand);
    this.MANY(() => {
      this.CONSUME(t.ArithmeticOperator, { LABEL: "operator" });
      this.SUBRULE2(this.operand);
    });
  });

  readonly operand: Rule = this.RULE("operand", () => {
    this.MANY1(() => this.CONSUME(t.UnaryOperator));
    this.SUBRULE(this.primary);
    this.MANY2(() => this.SUBRULE(this.suffix));
  });

  /** An index, or the mark of a transpose. */
  readonly suffix: Rule = this.RULE("suffix", () => {
    this.OR([{ ALT: () => this.SUBRULE(this.dimensions) }, { ALT: () => this.CONSUME(t.Transpose) }]);
  });

  readonly primary: Rule = this.RULE("primary", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Number_) },
      { ALT: () => this.SUBRULE(this.reference) },
      { ALT: () => this.SUBRULE(this.parenthesised) },
      { ALT: () => this.SUBRULE(this.vector) },
    ]);
  });

  readonly reference: Rule = this.RULE("reference", () => {
    this.CONSUME(t.Identifier);
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.SUBRULE(this.arguments);
      this.CONSUME(t.RightParen);
    });
  });

  readonly arguments: Rule = this.RULE("arguments", () => {
    this.MANY_SEP({ SEP: t.ArgumentSeparator, DEF: () => this.SUBRULE(this.argument) });
  });

  readonly argument: Rule = this.RULE("argument", () => {
    this.OPTION({
      GATE: () => this.LA(2).tokenType === t.Assign,
      DEF: () => {
        this.CONSUME(t.Identifier);
        this.CONSUME(t.Assign);
      },
    });
    this.SUBRULE(this.expression);
  });

  /** More than one expression in parentheses is a list, which only some places take. */
  readonly parenthesised: Rule = this.RULE("parenthesised", () => {
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RightParen);
  });

  readonly vector: Rule = this.RULE("vector", () => {
    this.CONSUME(t.LeftBracket);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RightBracket);
  });

  readonly dimensions: Rule = this.RULE("dimensions", () => {
    this.CONSUME(t.LeftBracket);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RightBracket);
  });
}
