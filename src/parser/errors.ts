// The messages of the parser: everything that can be wrong with the form of a file.
import type { IToken } from "chevrotain";
import {
  errorAt as error,
  insertAt,
  removeAt,
  replaceBy,
  type Details,
  type Diagnostic,
} from "../diagnostic.js";
import { tokenSpan } from "../lexer/lexer.js";
import { BLOCKS, TYPE_NAMES } from "../lexer/tokens.js";
import type { Name, SourceFile, Span } from "../source.js";

const listed = (words: readonly string[], last: string): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1) ?? ""}`;
const quoted = (words: readonly string[]): string[] => words.map((w) => `'${w}'`);
/** A hint for a misspelt word, and the fix; another hint where no word is near. */
const didYouMean = (span: Span, word: string | undefined, otherwise: string): Details =>
  word === undefined
    ? { hint: otherwise }
    : { hint: `did you mean '${word}'?`, fixes: [replaceBy(span, word)] };

// ---- brackets and nesting

/** `before` is the token before the bracket, `noticedAt` the one that cannot stand inside it, `end` where it should end. */
export function unclosedBracket(
  source: SourceFile,
  opener: IToken,
  before: IToken | undefined,
  noticedAt: IToken | undefined,
  end: number,
): Diagnostic {
  const place = before === undefined || opener.image !== "{" ? "" : ` after '${before.image}'`;
  const closer = { "{": "}", "(": ")", "[": "]" }[opener.image] ?? "";
  const message = `this '${opener.image}'${place} is never closed`;
  const expected = `a '${closer}' is expected before ${noticedAt === undefined ? "the end of the file" : "this"}`;
  const hint = noticedAt === undefined ? { hint: expected } : {};
  const related = noticedAt && { related: [{ span: tokenSpan(source, noticedAt), message: expected }] };
  const span = tokenSpan(source, opener);
  const fixes = [insertAt(span, end, closer === "}" ? "\n}" : closer)];
  return error("E0110", span, message, { ...hint, ...related, fixes });
}

export const extraBracket = (span: Span, image: string): Diagnostic =>
  error("E0111", span, `this '${image}' closes nothing`, {
    hint: "take it out, or add the bracket that opens it",
    fixes: [removeAt(span)],
  });

export const mismatchedBracket = (source: SourceFile, opener: IToken, closer: IToken): Diagnostic =>
  error("E0112", tokenSpan(source, closer), `'${opener.image}' cannot be closed by '${closer.image}'`, {
    related: [{ span: tokenSpan(source, opener), message: `'${opener.image}' is opened here` }],
  });

export const nestedTooDeeply = (span: Span, limit: number): Diagnostic =>
  error("E0113", span, `this is nested more than ${limit} deep, and the file is not read any further`, {
    hint: "give parts of it names of their own: 'real part = ...;'",
  });

export const expressionTooLarge = (span: Span, limit: number): Diagnostic =>
  error("E0114", span, `this expression has more than ${limit} operations one inside the other`, {
    hint: "give parts of it names of their own: 'real part = ...;'",
  });

// ---- blocks

export const emptyFile = (span: Span): Diagnostic =>
  error("E0120", span, "this file has no model in it", { hint: "a model begins with 'model { ... }'" });

export const noModelBlock = (span: Span): Diagnostic =>
  error("E0121", span, "there is no 'model' block", {
    hint: "add 'model { ... }' with the model's '~' statements",
    fixes: [insertAt(span, span.end, "\nmodel {\n}\n")],
  });

export const blockTwice = (second: Name, first: Name): Diagnostic =>
  error("E0122", second.span, `there is a second '${second.text}' block`, {
    hint: "join the two",
    related: [{ span: first.span, message: `the first '${first.text}' block is here` }],
  });

export const blockOutOfOrder = (block: Name, after: Name): Diagnostic =>
  error("E0123", block.span, `the '${block.text}' block must stand before the '${after.text}' block`, {
    hint: `the order of blocks is ${listed(BLOCKS, "and")}`,
    related: [{ span: after.span, message: `the '${after.text}' block begins here` }],
  });

export const unknownBlock = (span: Span, word: string, meant: string | undefined): Diagnostic =>
  error(
    "E0124",
    span,
    `there is no block called '${word}'`,
    didYouMean(span, meant, `the blocks are ${listed(BLOCKS, "and")}`),
  );

/** A block of Stan's whose first word is `generated` or `transformed`. */
export function stanBlock(span: Span, first: string): Diagnostic {
  if (first === "generated")
    return error("E0125", span, "this block is called 'generated' here", {
      hint: "write 'generated { ... }'",
      fixes: [replaceBy(span, "generated")],
    });
  return error("E0125", span, "there are no blocks of transformed variables", {
    hint: "compute them where they are used, in the model block: 'real x = ...;'",
  });
}

/** `head` is the name of a block, or `plate` or `group` and a name. */
export const headWithoutBrace = (span: Span, head: string): Diagnostic =>
  error("E0126", span, `the ${head.includes(" ") ? `'${head}'` : `'${head}' block`} has no '{'`, {
    hint: `write '${head} { ... }'`,
    fixes: [insertAt(span, span.end, " {")],
  });

export const outsideBlocks = (span: Span, found: string): Diagnostic =>
  error("E0127", span, `${found} stands outside of any block`, {
    ...(found === "';'"
      ? { hint: "take it out", fixes: [removeAt(span)] }
      : { hint: `statements stand in a block: ${listed(BLOCKS, "or")}` }),
  });

export const outsideLibrary = (span: Span, found: string): Diagnostic =>
  error("E0128", span, `${found} does not begin a function or a distribution`, {
    hint: "a library file holds 'function ...' and 'distribution ...' only",
  });

// ---- tokens out of place

export const missingSemicolon = (span: Span): Diagnostic =>
  error("E0130", span, "expected ';' after this statement", { fixes: [insertAt(span, span.end, ";")] });

/** `expected` and `found` are phrases: "a name", "'}'", "the end of the file". */
export const expected = (span: Span, wanted: string, found: string, hint?: string): Diagnostic =>
  error("E0131", span, `expected ${wanted}, found ${found}`, { hint });

export const keywordAsName = (span: Span, word: string): Diagnostic =>
  error("E0132", span, `'${word}' is a word of the language and cannot be a name`, {
    hint: "choose another name",
  });

export const notAStatement = (span: Span, found: string, hint?: string): Diagnostic =>
  error("E0133", span, `a statement cannot begin with ${found}`, { hint });

export const elseWithoutIf = (span: Span): Diagnostic =>
  error("E0134", span, "this 'else' belongs to no 'if'");

export const notAFunction = (span: Span, found: string): Diagnostic =>
  error("E0135", span, `expected a function or a distribution, found ${found}`, {
    hint: "write 'function real f(real x) = ...;' or 'distribution name(...) real { ... }'",
  });

/** A statement of Stan's that is not in this language. */
export const stanStatement = (span: Span, word: string, hint: string): Diagnostic =>
  error("E0136", span, `there is no '${word}' statement`, { hint });

export const unknownType = (span: Span, word: string, meant: string | undefined): Diagnostic =>
  error(
    "E0137",
    span,
    `there is no type called '${word}'`,
    didYouMean(span, meant, `the types are ${listed(TYPE_NAMES, "and")}`),
  );

export const sliceNotYet = (span: Span): Diagnostic =>
  error("E0138", span, "slices such as 'x[1:3]' cannot be written yet", {
    hint: "take single elements, 'x[1]'",
  });

export const bracesAsList = (span: Span): Diagnostic =>
  error("E0139", span, "an expression cannot begin with '{'", {
    hint: "a list of values is written '[a, b]'",
  });

// ---- likely mistakes

export const assignmentWithoutType = (name: Name, call: string | undefined): Diagnostic =>
  error("E0140", name.span, `'${name.text} = ...' has no type`, {
    hint:
      call === undefined
        ? `write 'real ${name.text} = ...;' for a local`
        : `write '${name.text} ~ ${call}(...);' if it is distributed so, or 'real ${name.text} = ...;' for a local`,
  });

export const arrowAssignment = (span: Span, name: string): Diagnostic =>
  error("E0141", span, "values are not assigned with '<-'", {
    hint: `write '${name} ~ ...' for a distribution, or 'real ${name} = ...' for a local`,
    fixes: [replaceBy(span, "~")],
  });

export const notADistribution = (span: Span): Diagnostic =>
  error("E0142", span, "expected a distribution after '~', such as 'normal(0, 1)'", {
    hint: "a value is given with '=': 'real x = ...;'",
  });

export const indexedName = (span: Span, name: string): Diagnostic =>
  error("E0143", span, `'${name}' cannot be indexed to the left of '~' or '='`, {
    hint: `inside its plates, '${name}' alone means the value of this element: 'plate p { ${name} ~ ...; }'`,
  });

export const arrayKeyword = (span: Span, sizes: string, type: string, name: string): Diagnostic =>
  error("E0144", span, "sizes stand after the name, not in 'array[...]'", {
    hint: `write '${type} ${name}${sizes};'`,
  });

export const misplacedStatement = (
  span: Span,
  what: string,
  block: string,
  hint: string | undefined,
): Diagnostic => error("E0145", span, `${what} cannot stand in ${block}`, { hint });

export const nothingSaid = (name: Name, hint: string): Diagnostic =>
  error("E0146", name.span, `nothing is said of '${name.text}' here`, { hint });

export const namedArgument = (span: Span, name: string): Diagnostic =>
  error("E0147", span, `the argument '${name} = ...' is named, which only 'learn' and 'check' take`, {
    hint: "give the arguments in their order",
  });

export const misplacedList = (span: Span): Diagnostic =>
  error("E0148", span, "a list in parentheses cannot stand here", { hint: "a vector is written '[a, b]'" });

export const misplacedBar = (span: Span): Diagnostic =>
  error("E0149", span, "'|' can stand only after the first argument", {
    hint: "separate arguments with ','",
    fixes: [replaceBy(span, ",")],
  });

export const unknownBound = (name: Name, meant: string | undefined, known: readonly string[]): Diagnostic =>
  error(
    "E0150",
    name.span,
    `a type has no '${name.text}'`,
    didYouMean(name.span, meant, `it may have ${listed(quoted(known), "and")}`),
  );

export const boundTwice = (name: Name): Diagnostic =>
  error("E0151", name.span, `'${name.text}' is given twice`, { hint: "keep one of them" });

export const sizeMissing = (span: Span, type: string, sizes: string): Diagnostic =>
  error("E0152", span, `'${type}' needs its size`, { hint: `write '${type}[${sizes}]'` });

export const sizeUnwanted = (span: Span, type: string): Diagnostic =>
  error("E0153", span, `'${type}' is a single number and takes no size`, {
    hint: `for several in one, write 'vector[n] x'; for data over plates, '${type} x[plate]'`,
  });

export const wrongSizes = (span: Span, type: string, wanted: number, found: number): Diagnostic =>
  error("E0154", span, `'${type}' takes ${wanted === 1 ? "1 size" : `${wanted} sizes`}, not ${found}`);

export const functionKeywordMissing = (span: Span, result: string, name: string): Diagnostic =>
  error("E0155", span, "a function begins with the word 'function'", {
    hint: `write 'function ${result} ${name}(...)'`,
    fixes: [insertAt(span, span.start, "function ")],
  });

export const functionWithoutValue = (name: Name): Diagnostic =>
  error("E0156", name.span, `the function '${name.text}' has no value`, {
    hint: "write '= ...;' after its arguments, or end its body with 'return ...;'",
  });

export const afterReturn = (span: Span): Diagnostic =>
  error("E0158", span, "this stands after 'return' and is never reached");

export const unknownItem = (name: Name, meant: string | undefined, known: readonly string[]): Diagnostic =>
  error(
    "E0159",
    name.span,
    `a distribution has no '${name.text}'`,
    didYouMean(name.span, meant, `it may have ${listed(quoted(known), "and")}`),
  );

/** `form` is the item as it should be written. */
export const itemForm = (name: Name, form: string): Diagnostic =>
  error("E0160", name.span, `'${name.text}' is not written in this way`, { hint: `write '${form}'` });

export const learnArguments = (span: Span, message: string): Diagnostic =>
  error("E0161", span, message, {
    hint: "write 'learn()', 'learn(initial)' or 'learn(initial, over = ...)' with plates or 'none'",
  });

export const initialMissing = (name: Name, type: string): Diagnostic =>
  error("E0162", name.span, `the parameter '${name.text}' has no initial value`, {
    hint: `write '${type} ${name.text} = 1;', or what it should start from`,
  });

/** `plate zips in states { ... }`: a declaration and an opening in one. */
export const plateHeadInModel = (span: Span, name: string): Diagnostic =>
  error("E0163", span, "a plate is declared in the data block, and only opened here", {
    hint: `write 'plate ${name} { ... }'`,
  });

// ---- not built yet

/** `size` is the brackets after the name, `bounds` what stands in angle brackets after the type. */
export const arrayOfLatents = (span: Span, name: string, size: string, bounds: string): Diagnostic =>
  error("E0170", span, `arrays such as '${name}${size}' cannot be declared here yet`, {
    hint: `a vector is one variable of several elements: 'vector${bounds}${size} ${name}'`,
  });

export const truncationInGuide = (span: Span): Diagnostic =>
  error("E0171", span, "a guide's family cannot be truncated yet");
