// Formatting as a function: what the command and the language server call.
import { resolve } from "node:path";
import type { Options } from "prettier";
import { Bug, DiagnosticError } from "../diagnostic.js";
import { tokenEnd, tokenize } from "../lexer/lexer.js";
import type { SourceFile } from "../source.js";
import * as plugin from "./prettier.js";

/** What prettier's configuration can say about a file: line width and indentation. */
export type FormatOptions = Pick<Options, "printWidth" | "tabWidth" | "useTabs" | "endOfLine">;

/**
 * The file's text, laid out anew: only white space differs. Rejects with a DiagnosticError if it has syntax errors,
 * those that `mppc check` gives.
 */
export async function formatSource(source: SourceFile, options: FormatOptions = {}): Promise<string> {
  const { format } = await import("prettier");
  const settings = { ...options, parser: "mpp", plugins: [plugin], filepath: source.path };
  const formatted = await format(source.text, settings).catch((problem: unknown) => {
    const cause = problem instanceof SyntaxError ? problem.cause : undefined;
    throw cause instanceof DiagnosticError ? cause : problem;
  });
  const [before, after] = [written(source.text), written(formatted)];
  const differs = before.findIndex((piece, i) => normal(piece.text) !== normal(after[i]?.text ?? ""));
  if (differs >= 0 || before.length !== after.length)
    throw new Bug(`formatting changed '${before[differs]?.text ?? "the end"}' in ${source.path}`);
  return formatted;
}

/** What `.prettierrc` and `.editorconfig` say of a file. Rejects with an Error for a configuration that cannot be read. */
export async function configuredLayout(path: string): Promise<FormatOptions> {
  const { resolveConfig } = await import("prettier");
  const found = await resolveConfig(resolve(path), { editorconfig: true, useCache: false });
  return found ?? {};
}

/** As `formatSource`, of a text without a file. */
export const formatMpp = (text: string, options: FormatOptions = {}): Promise<string> =>
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
