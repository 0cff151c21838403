// Diagnostics as values, and the one place that renders them for a person.
import { lineText, positionAt, type Span } from "./source.js";

export type Severity = "error" | "warning" | "note";

/** A place that helps to understand a diagnostic ("plate 'zips' is declared here"). */
export type Related = { readonly span: Span; readonly message: string };

/** A change of a text: what stands at the span is replaced; nothing stands at an empty one. */
export type Edit = { readonly span: Span; readonly text: string };

/** Edits that together mend a mistake; the title says in a few words what they do. */
export type Fix = { readonly title: string; readonly edits: readonly Edit[] };

/** What stands at the span is to be another word. */
export const replaceBy = (span: Span, text: string): Fix => ({
  title: `Change to '${text}'`,
  edits: [{ span, text }],
});

/** Something is missing before this offset of the span's file. */
export const insertAt = ({ source }: Span, offset: number, text: string): Fix => ({
  title: `Insert '${text.trim()}'`,
  edits: [{ span: { source, start: offset, end: offset }, text }],
});

export const removeAt = (span: Span): Fix => ({
  title: `Remove '${span.source.text.slice(span.start, span.end)}'`,
  edits: [{ span, text: "" }],
});

/**
 * Something wrong with a model, its data or a command: a code (`E0312`), one sentence in the user's words and,
 * where there are any, the span, a hint that mends it, related places, and fixes that an editor can make. User mistakes
 * are returned as these; only bugs throw.
 */
export type Diagnostic = {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span?: Span;
  readonly hint?: string;
  readonly related?: readonly Related[];
  readonly fixes?: readonly Fix[];
};

/** What may come with a message: a hint that mends the mistake, related places, and fixes that an editor can make. */
export type Details = {
  readonly hint?: string | undefined;
  readonly related?: readonly Related[] | undefined;
  readonly fixes?: readonly Fix[] | undefined;
};

/** A user's mistake at a place of a file. */
export const errorAt = (
  code: string,
  span: Span,
  message: string,
  { hint, related, fixes }: Details = {},
): Diagnostic => ({
  code,
  severity: "error",
  message,
  span,
  ...(hint === undefined ? {} : { hint }),
  ...(related === undefined ? {} : { related }),
  ...(fixes === undefined ? {} : { fixes }),
});

/** A fault of mppc itself (exit code 70), never of its user. */
export class Bug extends Error {
  override readonly name = "Bug";
}

/** For the default branch of a switch over a closed union. */
export function absurd(value: never): never {
  throw new Bug(`unexpected ${JSON.stringify(value)}`);
}

/** A user's mistake found where a value cannot be returned; carries every diagnostic found so far. */
export class DiagnosticError extends Error {
  override readonly name = "DiagnosticError";
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join("\n"));
  }
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === "error");

type Marked = { readonly span: Span; readonly text: string; readonly mark: string };

/** Every marked place of a diagnostic, one line of source and one of carets each, in order of lines. */
function excerpt(diagnostic: Diagnostic, span: Span): string[] {
  const inFile = (diagnostic.related ?? []).filter((r) => r.span.source === span.source);
  const marks: Marked[] = [
    ...inFile.map((r) => ({ span: r.span, text: r.message, mark: "-" })),
    { span, text: "", mark: "^" },
  ].sort((a, b) => a.span.start - b.span.start);
  const width = String(Math.max(...marks.map((m) => positionAt(m.span.source, m.span.start).line))).length;
  const gutter = " ".repeat(width + 2) + "|";
  const lines: string[] = [];
  for (const { span: at, text, mark } of marks) {
    const { line, column } = positionAt(at.source, at.start);
    const { source, before } = clipped(lineText(at.source, line), column - 1);
    const length = Math.max(1, Math.min(at.end - at.start, source.length - before));
    const pad = source.slice(0, before).replace(/[^\t]/g, " ");
    lines.push(` ${String(line).padStart(width)} | ${source}`);
    lines.push(`${gutter} ${pad}${mark.repeat(length)}${text === "" ? "" : ` ${text}`}`);
  }
  return lines;
}

/** Lines longer than this (data files have lines of megabytes) are shown around the marked place only. */
const LONGEST_LINE = 160;

/** A line and how much of it stands before the mark; of a very long line, a part around the mark. */
function clipped(line: string, before: number): { readonly source: string; readonly before: number } {
  if (line.length <= LONGEST_LINE) return { source: line, before };
  const start = Math.max(0, before - 40);
  const end = Math.min(line.length, start + 100);
  const [head, tail] = [start > 0 ? "... " : "", end < line.length ? " ..." : ""];
  return { source: `${head}${line.slice(start, end)}${tail}`, before: before - start + head.length };
}

/** A diagnostic as printed on stderr: headline, place, excerpt, hint. No trailing newline. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const lines = [`${diagnostic.severity}[${diagnostic.code}]: ${diagnostic.message}`];
  if (diagnostic.span !== undefined) {
    const { line, column } = positionAt(diagnostic.span.source, diagnostic.span.start);
    lines.push(
      `  --> ${diagnostic.span.source.path}:${line}:${column}`,
      ...excerpt(diagnostic, diagnostic.span),
    );
  }
  const elsewhere = (diagnostic.related ?? []).filter((r) => r.span.source !== diagnostic.span?.source);
  for (const related of elsewhere) {
    const { line, column } = positionAt(related.span.source, related.span.start);
    lines.push(`   = note: ${related.message} (${related.span.source.path}:${line}:${column})`);
  }
  if (diagnostic.hint !== undefined) lines.push(`   = hint: ${diagnostic.hint}`);
  return lines.join("\n");
}

/** All of them in source order (those without a place last), a blank line between. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const place = (d: Diagnostic): number => d.span?.start ?? Number.MAX_SAFE_INTEGER;
  return [...diagnostics]
    .sort((a, b) => place(a) - place(b))
    .map(renderDiagnostic)
    .join("\n\n");
}

/** The closest of `candidates` to a misspelt `name`, if one is near enough to suggest. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Of a name of one letter every other one is as near.
  let bestDistance = Math.min(Math.max(1, Math.floor(name.length / 3)), name.length - 1) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let previous2: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitute);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (previous2[j - 2] ?? 0) + 1);
      current.push(least);
    }
    [previous2, previous] = [previous, current];
  }
  return previous[b.length] ?? 0;
}
