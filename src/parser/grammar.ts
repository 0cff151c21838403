// The grammar as a chevrotain parser: tokens to a concrete syntax tree, recovering at the end of a statement.
// It accepts more than the language: forms that belong to another block, and likely mistakes, are recognised here
// and refused with a message of their own when the syntax tree is built. grammar/mpp.ebnf has the same rule names.
import type { CstNode, IRecognitionException, IToken } from "chevrotain";
import * as t from "../lexer/tokens.js";
import { ExpressionGrammar, type Rule } from "./expression-grammar.js";

export class Grammar extends ExpressionGrammar {
  constructor(options: { readonly skipValidations: boolean }) {
    super(options);
    this.performSelfAnalysis();
  }

  /** Parses one file's tokens, whose brackets are balanced, from `start`. */
  parse(
    start: "program" | "library",
    tokens: IToken[],
    nested: ReadonlySet<IToken>,
  ): { readonly tree: CstNode; readonly errors: readonly IRecognitionException[] } {
    this.input = tokens;
    this.nested = nested;
    const tree = this[start]();
    const errors = this.errors;
    this.input = [];
    this.nested = new Set();
    return { tree, errors };
  }

  // ---- files and blocks

  readonly program: Rule = this.RULE("program", () => {
    this.MANY(() => this.SUBRULE(this.block));
  });

  readonly library: Rule = this.RULE("library", () => {
    this.MANY(() => this.SUBRULE(this.functionItem));
  });

  readonly block: Rule = this.RULE("block", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.functionsBlock) },
      { ALT: () => this.SUBRULE(this.statementBlock) },
    ]);
  });

  readonly functionsBlock: Rule = this.RULE("functionsBlock", () => {
    this.CONSUME(t.Functions);
    this.CONSUME(t.LeftBrace);
    this.MANY(() => this.SUBRULE(this.functionItem));
    this.CONSUME(t.RightBrace);
  });

  readonly statementBlock: Rule = this.RULE("statementBlock", () => {
    this.CONSUME(t.BlockKeyword);
    this.SUBRULE(this.body);
  });

  readonly body: Rule = this.RULE("body", () => {
    this.CONSUME(t.LeftBrace);
    this.MANY(() => this.SUBRULE(this.statement));
    this.CONSUME(t.RightBrace);
  });

  // ---- statements

  readonly statement: Rule = this.RULE("statement", () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { ALT: () => this.CONSUME(t.Semicolon) },
        { ALT: () => this.SUBRULE(this.body) },
        { ALT: () => this.SUBRULE(this.ifStatement) },
        { ALT: () => this.SUBRULE(this.forStatement) },
        { ALT: () => this.SUBRULE(this.plateStatement) },
        { GATE: () => this.atNamed(t.Group), ALT: () => this.SUBRULE(this.groupStatement) },
        { ALT: () => this.SUBRULE(this.simpleStatement) },
      ],
    });
  });

  readonly ifStatement: Rule = this.RULE("ifStatement", () => {
    this.SUBRULE(this.ifHead);
    this.SUBRULE1(this.statement);
    this.OPTION(() => {
      this.CONSUME(t.Else);
      this.SUBRULE2(this.statement);
    });
  });

  readonly ifHead: Rule = this.RULE("ifHead", () => {
    this.CONSUME(t.If);
    this.CONSUME(t.LeftParen);
    this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
  });

  readonly forStatement: Rule = this.RULE("forStatement", () => {
    this.SUBRULE(this.forHead);
    this.SUBRULE(this.statement);
  });

  readonly forHead: Rule = this.RULE("forHead", () => {
    this.CONSUME(t.For);
    this.CONSUME(t.LeftParen);
    this.CONSUME(t.Identifier);
    this.CONSUME(t.In);
    this.SUBRULE1(this.expression);
    this.CONSUME(t.Colon);
    this.SUBRULE2(this.expression);
    this.CONSUME(t.RightParen);
  });

  /** Neither semicolon nor body is a forgotten semicolon, which is reported when the syntax tree is built. */
  readonly plateStatement: Rule = this.RULE("plateStatement", () => {
    this.SUBRULE(this.plateHead);
    this.OPTION(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Semicolon) }, { ALT: () => this.SUBRULE(this.body) }]);
    });
  });

  readonly plateHead: Rule = this.RULE("plateHead", () => {
    this.CONSUME(t.Plate);
    this.CONSUME(t.Identifier);
    this.OPTION1(() => {
      this.CONSUME(t.In);
      this.CONSUME1(t.Identifier, { LABEL: "parent" });
    });
    this.OPTION2(() => {
      this.CONSUME(t.By);
      this.CONSUME2(t.Identifier, { LABEL: "column" });
    });
    this.OPTION3(() => this.CONSUME(t.Ordered));
  });

  readonly groupStatement: Rule = this.RULE("groupStatement", () => {
    this.SUBRULE(this.groupHead);
    this.SUBRULE(this.body);
  });

  readonly groupHead: Rule = this.RULE("groupHead", () => {
    this.CONSUME(t.Group);
    this.CONSUME(t.Identifier);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.CONSUME1(t.Identifier, { LABEL: "family" });
    });
  });

  readonly simpleStatement: Rule = this.RULE("simpleStatement", () => {
    this.SUBRULE(this.simple);
    this.CONSUME(t.Semicolon);
  });

  readonly simple: Rule = this.RULE("simple", () => {
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { ALT: () => this.SUBRULE(this.increment) },
        { ALT: () => this.SUBRULE(this.returnValue) },
        {
          GATE: () => this.LA(2).tokenType === t.LeftBracket,
          ALT: () => this.SUBRULE(this.arrayDeclaration),
        },
        { ALT: () => this.SUBRULE(this.declaration) },
        { ALT: () => this.SUBRULE(this.untyped) },
      ],
    });
  });

  readonly increment: Rule = this.RULE("increment", () => {
    this.CONSUME(t.Target);
    this.CONSUME(t.PlusAssign);
    this.SUBRULE(this.expression);
  });

  readonly returnValue: Rule = this.RULE("returnValue", () => {
    this.CONSUME(t.Return);
    this.SUBRULE(this.expression);
  });

  /** Stan's `array[N] real y;`, which is refused with the way to write it here. */
  readonly arrayDeclaration: Rule = this.RULE("arrayDeclaration", () => {
    this.CONSUME(t.ArrayWord);
    this.SUBRULE(this.dimensions);
    this.SUBRULE(this.declaration);
  });

  readonly declaration: Rule = this.RULE("declaration", () => {
    this.SUBRULE(this.type);
    this.SUBRULE(this.untyped);
  });

  /** What follows a type, or stands alone: a name with what is said of it. */
  readonly untyped: Rule = this.RULE("untyped", () => {
    this.CONSUME(t.Identifier);
    this.OPTION1(() => this.SUBRULE(this.dimensions));
    this.OPTION2({
      GATE: () => this.LA(1).tokenType !== t.Less || this.LA(2).tokenType === t.Minus,
      DEF: () => this.SUBRULE(this.binding),
    });
  });

  readonly binding: Rule = this.RULE("binding", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Tilde);
          this.SUBRULE1(this.expression);
          this.OPTION(() => this.SUBRULE(this.truncation));
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Assign);
          this.SUBRULE2(this.expression);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Less);
          this.CONSUME(t.Minus);
          this.SUBRULE3(this.expression);
        },
      },
    ]);
  });

  readonly truncation: Rule = this.RULE("truncation", () => {
    this.CONSUME(t.Truncate);
    this.CONSUME(t.LeftBracket);
    this.OPTION1(() => this.SUBRULE1(this.expression, { LABEL: "lower" }));
    this.CONSUME(t.Comma);
    this.OPTION2(() => this.SUBRULE2(this.expression, { LABEL: "upper" }));
    this.CONSUME(t.RightBracket);
  });

  // ---- functions and distributions

  readonly functionItem: Rule = this.RULE("functionItem", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.functionDeclaration) },
      { ALT: () => this.SUBRULE(this.distributionDeclaration) },
    ]);
  });

  readonly functionDeclaration: Rule = this.RULE("functionDeclaration", () => {
    this.SUBRULE(this.functionHead);
    this.OR([
      {
        ALT: () => {
          this.OPTION(() => this.SUBRULE(this.functionValue));
          this.CONSUME(t.Semicolon);
        },
      },
      { ALT: () => this.SUBRULE(this.body) },
    ]);
  });

  readonly functionHead: Rule = this.RULE("functionHead", () => {
    this.OPTION(() => this.CONSUME(t.Function_));
    this.SUBRULE(this.type);
    this.CONSUME(t.Identifier);
    this.SUBRULE(this.parameters);
  });

  readonly functionValue: Rule = this.RULE("functionValue", () => {
    this.CONSUME(t.Assign);
    this.SUBRULE(this.expression);
  });

  readonly parameters: Rule = this.RULE("parameters", () => {
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.parameter) });
    this.CONSUME(t.RightParen);
  });

  readonly parameter: Rule = this.RULE("parameter", () => {
    this.SUBRULE(this.type);
    this.CONSUME(t.Identifier);
  });

  readonly distributionDeclaration: Rule = this.RULE("distributionDeclaration", () => {
    this.SUBRULE(this.distributionHead);
    this.CONSUME(t.LeftBrace);
    this.MANY(() => this.SUBRULE(this.distributionItem));
    this.CONSUME(t.RightBrace);
  });

  readonly distributionHead: Rule = this.RULE("distributionHead", () => {
    this.CONSUME(t.Distribution);
    this.CONSUME(t.Identifier);
    this.SUBRULE(this.parameters);
    this.SUBRULE(this.type);
  });

  readonly distributionItem: Rule = this.RULE("distributionItem", () => {
    this.SUBRULE(this.item);
    this.CONSUME(t.Semicolon);
  });

  readonly item: Rule = this.RULE("item", () => {
    this.CONSUME(t.Identifier);
    this.OR([
      { ALT: () => this.SUBRULE(this.type) },
      { GATE: () => this.LA(0).image === "check", ALT: () => this.SUBRULE(this.check) },
      { ALT: () => this.SUBRULE(this.definition) },
    ]);
  });

  readonly check: Rule = this.RULE("check", () => {
    this.CONSUME(t.Identifier);
    this.CONSUME(t.LeftParen);
    this.SUBRULE(this.arguments);
    this.CONSUME(t.RightParen);
    this.OPTION(() => {
      this.CONSUME(t.Dot);
      this.CONSUME1(t.Identifier, { LABEL: "field" });
    });
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression);
  });

  readonly definition: Rule = this.RULE("definition", () => {
    this.OPTION(() => {
      this.CONSUME(t.LeftParen);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Identifier) });
      this.CONSUME(t.RightParen);
    });
    this.CONSUME(t.Assign);
    this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => this.LA(3).tokenType === t.Colon, ALT: () => this.SUBRULE(this.namedTuple) },
        { ALT: () => this.SUBRULE(this.expression) },
      ],
    });
  });

  readonly namedTuple: Rule = this.RULE("namedTuple", () => {
    this.CONSUME(t.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.CONSUME(t.Identifier);
        this.CONSUME(t.Colon);
        this.SUBRULE(this.expression);
      },
    });
    this.CONSUME(t.RightParen);
  });
}

let sharedGrammar: Grammar | undefined;

/** The one parser, built on first use; a test builds one with chevrotain's validations on. */
export function grammar(): Grammar {
  sharedGrammar ??= new Grammar({ skipValidations: true });
  return sharedGrammar;
}
