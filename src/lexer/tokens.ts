// The token types of .mpp and its words: keywords, soft keywords and the names of types.
import type { TokenType } from "chevrotain";
import { createToken, Lexer } from "./chevrotain.js";

/** How many sizes each type takes, as [least, most]; a type that takes none is a scalar. */
export const TYPE_SIZES: Readonly<Record<string, readonly [number, number]>> = {
  int: [0, 0],
  real: [0, 0],
  vector: [1, 1],
  row_vector: [1, 1],
  matrix: [2, 2],
  simplex: [1, 1],
  ordered: [1, 1],
  positive_ordered: [1, 1],
  unit_vector: [1, 1],
  cov_matrix: [1, 1],
  corr_matrix: [1, 1],
  cholesky_factor_cov: [1, 2],
  cholesky_factor_corr: [1, 1],
};
export const TYPE_NAMES: readonly string[] = Object.keys(TYPE_SIZES);

/** The blocks of a model, in the order in which they must be written. */
export const BLOCKS = ["functions", "data", "parameters", "model", "guide", "generated"] as const;

// Categories: what several tokens have in common where the grammar accepts any of them.
const category = (name: string, label: string): TokenType => createToken({ name, label, pattern: Lexer.NA });
export const UnaryOperator = category("UnaryOperator", "an operator");
export const BinaryOperator = category("BinaryOperator", "an operator");
export const ArithmeticOperator = createToken({
  name: "ArithmeticOperator",
  label: "an operator",
  pattern: Lexer.NA,
  categories: [BinaryOperator],
});
export const ArgumentSeparator = category("ArgumentSeparator", "','");
/** The keyword of a block of statements: every block but `functions`. */
export const BlockKeyword = category("BlockKeyword", "a block");

export const Identifier = createToken({
  name: "Identifier",
  label: "a name",
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
});
export const TypeName = createToken({
  name: "TypeName",
  label: "a type",
  pattern: new RegExp(`(?:${TYPE_NAMES.join("|")})(?![A-Za-z0-9_])`),
});

const word = (name: string, text: string, categories: TokenType[] = []): TokenType =>
  createToken({ name, label: `'${text}'`, pattern: text, longer_alt: Identifier, categories });

export const Functions = word("Functions", "functions");
export const Data = word("Data", "data", [BlockKeyword]);
export const Parameters = word("Parameters", "parameters", [BlockKeyword]);
export const Model = word("Model", "model", [BlockKeyword]);
export const Guide = word("Guide", "guide", [BlockKeyword]);
export const Generated = word("Generated", "generated", [BlockKeyword]);
export const Function_ = word("Function", "function");
export const Distribution = word("Distribution", "distribution");
export const Plate = word("Plate", "plate");
export const In = word("In", "in");
export const If = word("If", "if");
export const Else = word("Else", "else");
export const For = word("For", "for");
export const Target = word("Target", "target");
export const Return = word("Return", "return");

/** A type, and the mark of a time axis: `plate days ordered;`. */
export const Ordered = word("Ordered", "ordered", [TypeName]);

// Soft keywords have a meaning in one place and are names everywhere else.
export const Group = word("Group", "group", [Identifier]);
export const By = word("By", "by", [Identifier]);
export const Truncate = word("Truncate", "T", [Identifier]);
export const ArrayWord = word("Array", "array", [Identifier]);

const KEYWORD_TOKENS = [
  Functions, Function_, Data, Parameters, Model, Guide, Generated, Distribution,
  Plate, In, If, Else, For, Target, Return,
]; // prettier-ignore
const SOFT_TOKENS = [Group, By, Truncate, ArrayWord];
const words = (tokens: readonly TokenType[]): readonly string[] =>
  tokens.flatMap((t) => (typeof t.PATTERN === "string" ? [t.PATTERN] : []));

/** Words that cannot be names. */
export const KEYWORDS: readonly string[] = words(KEYWORD_TOKENS);
/** Words that are names except where the grammar says otherwise. `array` is known only to explain Stan's syntax. */
export const SOFT_KEYWORDS: readonly string[] = words(SOFT_TOKENS);

const DIGITS = "[0-9](?:_?[0-9])*";
const EXPONENT = `[eE][+-]?${DIGITS}`;
export const Number_ = category("Number", "a number");
export const Real = createToken({
  name: "Real",
  pattern: new RegExp(`(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS})(?:${EXPONENT})?|${DIGITS}${EXPONENT}`),
  categories: [Number_],
});
export const Integer = createToken({ name: "Integer", pattern: new RegExp(DIGITS), categories: [Number_] });

const symbol = (name: string, text: string, categories: TokenType[] = []): TokenType =>
  createToken({ name, label: `'${text}'`, pattern: text, categories });

export const LeftBrace = symbol("LeftBrace", "{");
export const RightBrace = symbol("RightBrace", "}");
export const LeftParen = symbol("LeftParen", "(");
export const RightParen = symbol("RightParen", ")");
export const LeftBracket = symbol("LeftBracket", "[");
export const RightBracket = symbol("RightBracket", "]");
export const Semicolon = symbol("Semicolon", ";");
export const Comma = symbol("Comma", ",", [ArgumentSeparator]);
export const Bar = symbol("Bar", "|", [ArgumentSeparator]);
export const Colon = symbol("Colon", ":");
export const Question = symbol("Question", "?");
export const Dot = symbol("Dot", ".");
export const Tilde = symbol("Tilde", "~");
export const Assign = symbol("Assign", "=");
export const PlusAssign = symbol("PlusAssign", "+=");
export const Less = symbol("Less", "<", [BinaryOperator]);
export const Greater = symbol("Greater", ">", [BinaryOperator]);
export const LessEqual = symbol("LessEqual", "<=", [BinaryOperator]);
export const GreaterEqual = symbol("GreaterEqual", ">=", [BinaryOperator]);
export const Equal = symbol("Equal", "==", [BinaryOperator]);
export const NotEqual = symbol("NotEqual", "!=", [BinaryOperator]);
export const And = symbol("And", "&&", [BinaryOperator]);
export const Or = symbol("Or", "||", [BinaryOperator]);
export const Not = symbol("Not", "!", [UnaryOperator]);
export const Plus = symbol("Plus", "+", [UnaryOperator, ArithmeticOperator]);
export const Minus = symbol("Minus", "-", [UnaryOperator, ArithmeticOperator]);
export const Times = symbol("Times", "*", [ArithmeticOperator]);
export const Divide = symbol("Divide", "/", [ArithmeticOperator]);
export const Modulo = symbol("Modulo", "%", [ArithmeticOperator]);
export const ElementTimes = symbol("ElementTimes", ".*", [ArithmeticOperator]);
export const ElementDivide = symbol("ElementDivide", "./", [ArithmeticOperator]);
export const Transpose = symbol("Transpose", "'");
export const Power = symbol("Power", "^", [ArithmeticOperator]);

const COMMENTS = "comments";
export const WhiteSpace = createToken({ name: "WhiteSpace", pattern: /[ \t\r\n]+/, group: Lexer.SKIPPED });
export const LineComment = createToken({ name: "LineComment", pattern: /\/\/[^\n\r]*/, group: COMMENTS });
export const BlockComment = createToken({
  name: "BlockComment",
  pattern: /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//,
  group: COMMENTS,
});
/** A comment that runs to the end of the file because nothing closes it. */
export const UnclosedComment = createToken({
  name: "UnclosedComment",
  pattern: /\/\*[\s\S]*/,
  group: COMMENTS,
});

/** Every token type in the order in which the lexer tries them: of two that match, the earlier wins. */
export const TOKENS: TokenType[] = [
  WhiteSpace, LineComment, BlockComment, UnclosedComment,
  Ordered, TypeName, ...KEYWORD_TOKENS, ...SOFT_TOKENS, Identifier,
  Real, Integer,
  LessEqual, GreaterEqual, Equal, NotEqual, And, Or, PlusAssign, ElementTimes, ElementDivide,
  LeftBrace, RightBrace, LeftParen, RightParen, LeftBracket, RightBracket,
  Semicolon, Comma, Bar, Colon, Question, Dot, Tilde, Assign, Less, Greater, Not,
  Plus, Minus, Times, Divide, Modulo, Power, Transpose,
  UnaryOperator, BinaryOperator, ArithmeticOperator, ArgumentSeparator, BlockKeyword, Number_,
]; // prettier-ignore
