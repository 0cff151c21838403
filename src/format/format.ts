// Formatting as a function: what the command and the language server call.
import { resolve } from "node:path";
import type { RequiredOptions } from "prettier";
import { Bug } from "../diagnostic.js";
import { tokenEnd, tokenize } from "../lexer/lexer.js";
import type { SourceFile } from "../source.js";
import { documentPrinter } from "./documents.js";
import { DEFAULT_LAYOUT } from "./layout.js";
import { readSource } from "./source.js";
import { Layout } from "./statements.js";

/** What prettier's configuration can say about a file: line width and indentation. */
export type FormatOptions = Partial<
  Pick<RequiredOptions, "printWidth" | "tabWidth" | "useTabs" | "endOfLine">
>;

const BYTE_ORDER_MARK = "\uFEFF";
const ENDINGS: Readonly<Record<string, string>> = { lf: "\n", crlf: "\r\n", cr: "\r" };
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

/**
 * The file's text, laid out anew: only white space differs. It is what prettier makes of it with the plugin, by
 * prettier's printer alone, since the rest of prettier takes as long again. Throws a DiagnosticError if the file has
 * syntax errors, those that `mppc check` gives.
 */
export function formatSource(source: SourceFile, options: FormatOptions = {}): string {
  const { endOfLine, ...layout } = { ...DEFAULT_LAYOUT, ...options };
  const mark = source.text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
  const text = source.text.slice(mark.length);
  if (text.trim() === "") return mark;
  const { gaps, tree, source: read } = readSource({ ...source, text: text.replaceAll(/\r\n?/g, "\n") });
  const laidOut = documentPrinter.printDocToString(new Layout(gaps, read.text).file(tree), layout).formatted;
  const ending = endOfLine === "auto" ? /\r\n?|\n/.exec(text)?.[0] : ENDINGS[endOfLine];
  const formatted = mark + laidOut.replaceAll("\n", ending ?? "\n");
  const [before, after] = [written(source.text), written(formatted)];
  const differs = before.findIndex((piece, i) => normal(piece.text) !== normal(after[i]?.text ?? ""));
  if (differs >= 0 || before.length !== after.length)
    throw new Bug(`formatting changed '${before[differs]?.text ?? "the end"}' in ${source.path}`);
  return formatted;
}

/** What each option must be, and how that is said. */
const WANTED: { readonly [O in keyof FormatOptions]-?: readonly [(value: unknown) => boolean, string] } = {
  printWidth: [isCount, "a whole number"],
  tabWidth: [isCount, "a whole number"],
  useTabs: [(value) => typeof value === "boolean", "true or false"],
  endOfLine: [
    (value) => value === "auto" || String(value) in ENDINGS,
    `auto or one of ${Object.keys(ENDINGS).join(", ")}`,
  ],
};

/** What `.prettierrc` and `.editorconfig` say of a file. Rejects with an Error for a configuration that cannot be used. */
export async function configuredLayout(path: string): Promise<FormatOptions> {
  const { resolveConfig } = await import("prettier");
  const found = (await resolveConfig(resolve(path), { editorconfig: true, useCache: false })) ?? {};
  const given = Object.entries(WANTED).flatMap(([name, [isValid, wanted]]) => {
    const value: unknown = found[name];
    if (value !== undefined && !isValid(value))
      throw new Error(`'${name}' is ${JSON.stringify(value)}, and must be ${wanted}`);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(given) as FormatOptions; // of these options alone, each checked
}

/** As `formatSource`, of a text without a file. */
export const formatMpp = (text: string, options: FormatOptions = {}): string =>
  formatSource({ path: "model.mpp", text }, options);

/** `text` instead of what stands between two offsets of a text. */
export type TextEdit = { readonly start: number; readonly end: number; readonly text: string };

/**
 * What turns a text into its formatted form, each edit between two tokens or comments (or a comment's own white space),
 * in order. A part of them, such as those within a selection, gives a text of the same meaning.
 */
export function editsBetween(text: string, formatted: string): TextEdit[] {
  const [old, renewed] = [written(text), written(formatted)];
  const edits: TextEdit[] = [];
  const put = (start: number, end: number, replacement: string): void => {
    if (text.slice(start, end) !== replacement) edits.push({ start, end, text: replacement });
  };
  let [end, renewedEnd] = [0, 0];
  old.forEach((piece, i) => {
    const other = renewed[i];
    if (other === undefined) throw new Bug("a formatted text has fewer words than before");
    put(end, piece.start, formatted.slice(renewedEnd, other.start));
    put(piece.start, piece.end, other.text);
    [end, renewedEnd] = [piece.end, other.end];
  });
  put(end, text.length, formatted.slice(renewedEnd));
  return edits;
}

type Piece = { readonly text: string; readonly start: number; readonly end: number };

/** Tokens and comments of a text, in order. */
function written(text: string): readonly Piece[] {
  const { tokens, comments } = tokenize({ path: "model.mpp", text });
  const pieces = [
    ...tokens.map((token) => ({ text: token.image, start: token.startOffset, end: tokenEnd(token) })),
    ...comments.map((comment) => ({
      text: comment.text,
      start: comment.span.start,
      end: comment.span.end,
    })),
  ];
  return pieces.sort((a, b) => a.start - b.start);
}

/** A comment without the white space that may change: at the ends of its lines and before its stars. */
const normal = (text: string): string =>
  text
    .split(/\r\n?|\n/)
    .map((line, i) => (i === 0 ? line : line.replace(/^\s*(?=\*)/, "")).trimEnd())
    .join("\n");
