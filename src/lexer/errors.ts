// The messages of the lexer: characters, comments and numbers that the language does not have.
import { errorAt, type Diagnostic } from "../diagnostic.js";
import type { Span } from "../source.js";

const error = (code: string, span: Span, message: string, hint?: string): Diagnostic =>
  errorAt(code, span, message, { hint });

const CHARACTER_HINTS: Readonly<Record<string, string>> = {
  "#": "a comment starts with '//'",
  "&": "'and' is written '&&'",
  "\\": "division is written '/'",
  $: "a name is made of letters, digits and '_'",
  "@": "a name is made of letters, digits and '_'",
};

/** A character that begins no token; `text` is the whole run of them. */
export function unexpectedCharacters(span: Span, text: string): Diagnostic {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  const named =
    text === first ? `the character '${printable(first)}' is` : `the characters '${printable(text)}' are`;
  const letters = /^\p{L}/u.test(text)
    ? "a name is made of the letters a to z and A to Z, digits and '_'"
    : undefined;
  return error("E0101", span, `${named} not part of the language`, CHARACTER_HINTS[first] ?? letters);
}

/** A token as a message shows it: not more than a line of it. */
export const shortened = (text: string): string => (text.length <= 40 ? text : `${text.slice(0, 37)}...`);

/** Control and invisible characters by their code point, the rest as they are; long runs are cut. */
function printable(text: string): string {
  const shown = Array.from(text)
    .slice(0, 12)
    .map((c) => {
      const code = c.codePointAt(0) ?? 0;
      return /[\p{C}\p{Z}]/u.test(c) ? `U+${code.toString(16).toUpperCase().padStart(4, "0")}` : c;
    });
  return shown.join("") + (Array.from(text).length > 12 ? "..." : "");
}

export const stringLiteral = (span: Span): Diagnostic =>
  error(
    "E0102",
    span,
    "strings are not in the language",
    "text in data is bound by column: see 'plate a in b by column;'",
  );

export const unclosedComment = (span: Span): Diagnostic =>
  error("E0103", span, "this comment is never closed", "close it with '*/'");

/** `5abc`, `1.5.2`: a number that runs into something else. */
export const malformedNumber = (span: Span, text: string): Diagnostic =>
  error("E0104", span, `'${shortened(text)}' is neither a number nor a name`, "a name starts with a letter");

export const numberTooLarge = (span: Span, text: string): Diagnostic =>
  error("E0105", span, `the number ${shortened(text)} is too large`);

export const leadingUnderscore = (span: Span, text: string): Diagnostic =>
  error("E0106", span, `the name '${shortened(text)}' starts with '_'`, "a name starts with a letter");
