// Source text and the spans that diagnostics and dumps point into.

/** A file of .mpp source: `path` is how the user named it; `text` is its whole content. */
export type SourceFile = { readonly path: string; readonly text: string };

/** A half-open range of UTF-16 offsets `[start, end)` into one file. */
export type Span = { readonly source: SourceFile; readonly start: number; readonly end: number };

/** A name as written, with where it stands. */
export type Name = { readonly text: string; readonly span: Span };

/** 1-based line and column of an offset. */
export type Position = { readonly line: number; readonly column: number };

/** The 1-based line and column of `offset` in `source`; an offset beyond the end is the end. */
export function positionAt(source: SourceFile, offset: number): Position {
  const before = source.text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: before.length - before.lastIndexOf("\n") };
}

/** The text of a 1-based line, without its line break. */
export function lineText(source: SourceFile, line: number): string {
  return (source.text.split("\n")[line - 1] ?? "").replace(/\r$/, "");
}

/** The smallest span that covers both. */
export function joinSpans(a: Span, b: Span): Span {
  return { source: a.source, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}
