// Reads CSV tables: a header row, then one row per element of a plate; each column is one variable.
import type { Diagnostic } from "../diagnostic.js";
import type { SourceFile, Span } from "../source.js";
import {
  FLAWS_KEPT,
  NumberList,
  type DataEntry,
  type DataFile,
  type Flaw,
  type FlawKind,
} from "./data-value.js";
import {
  tableColumnTwice,
  tableEmpty,
  tableQuoteOpen,
  tableRowLength,
  tableSeparator,
  tableWithoutHeader,
  tooMany,
} from "./errors.js";

/** One cell: its text without quotes, and where it stands. */
type Cell = { readonly text: string; readonly start: number; readonly end: number };
type Row = readonly Cell[];

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NON_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;
const MISSING = /^(?:|NA|null)$/;
/** `x.3` or `x[3]`: element 3 of a vector. */
const VECTOR_COLUMN = /^(.+?)(?:\.(\d+)|\[(\d+)\])$/;
const MISTAKES_SHOWN = 10;

/** Reads a table. Its columns are arrays over the rows; columns `x.1`, `x.2`, ... together are vectors `x`. */
export function readCsv(source: SourceFile): { file: DataFile | null; diagnostics: Diagnostic[] } {
  const { rows, openQuote } = splitRows(source);
  if (openQuote !== null) return { file: null, diagnostics: [tableQuoteOpen(openQuote)] };
  const header = rows[0];
  const whole: Span = { source, start: 0, end: source.text.length };
  if (header === undefined || rows.length < 2)
    return { file: null, diagnostics: [tableEmpty({ source, start: 0, end: 0 })] };
  const other = otherSeparator(header);
  if (other !== undefined)
    return { file: null, diagnostics: [tableSeparator(rowSpan(header, source), other)] };
  if (header.every(({ text }) => NUMBER.test(text)))
    return { file: null, diagnostics: [tableWithoutHeader(rowSpan(header, source))] };
  const body = rows.slice(1);
  const diagnostics = headerMistakes(header, source);
  const wrong = body.flatMap((row, i) => (row.length === header.length ? [] : [{ row, line: i + 2 }]));
  for (const { row } of wrong.slice(0, MISTAKES_SHOWN))
    diagnostics.push(tableRowLength(rowSpan(row, source), row.length, header.length));
  if (wrong.length > MISTAKES_SHOWN) diagnostics.push(tooMany("E0509", wrong.length - MISTAKES_SHOWN));
  if (diagnostics.length > 0) return { file: null, diagnostics };
  return { file: { span: whole, entries: columns(header, body, source) }, diagnostics };
}

/** The cells of a table that was read without a mistake, its header first. */
export const tableCells = (source: SourceFile): string[][] =>
  splitRows(source).rows.map((row) => row.map((cell) => cell.text));

function splitRows(source: SourceFile): { rows: Row[]; openQuote: Span | null } {
  const { text } = source;
  const rows: Row[] = [];
  let row: Cell[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length || row.length > 0) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
    if (cell === null) return { rows, openQuote: { source, start: at, end: at + 1 } };
    row.push(cell);
    at = cell.end;
    if (text[at] === ",") {
      at++;
      continue;
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    at++;
    if (row.length > 1 || row[0]?.text !== "") rows.push(row); // blank lines count for nothing
    row = [];
  }
  return { rows, openQuote: null };
}

function plainCell(text: string, start: number): Cell {
  let end = start;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end++;
  return { text: text.slice(start, end).trim(), start, end };
}

/** A cell in double quotes, in which a quote is doubled; null if it is not closed. */
function quotedCell(text: string, start: number): Cell | null {
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end < 0) return null;
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  const inner = text.slice(start + 1, end).replaceAll('""', '"');
  const after = plainCell(text, end + 1);
  return { text: inner + after.text, start, end: after.end };
}

function rowSpan(row: Row, source: SourceFile): Span {
  return { source, start: row[0]?.start ?? 0, end: row.at(-1)?.end ?? 0 };
}

/** What stands between the columns of a header that has no commas, if that is what other programs write. */
const otherSeparator = ([first, ...rest]: Row): ";" | "\t" | undefined =>
  first === undefined || rest.length > 0
    ? undefined
    : ([";", "\t"] as const).find((mark) => first.text.includes(mark));

function headerMistakes(header: Row, source: SourceFile): Diagnostic[] {
  const first = new Map<string, Cell>();
  const found: Diagnostic[] = [];
  for (const cell of header) {
    const before = first.get(cell.text);
    if (before === undefined) first.set(cell.text, cell);
    else found.push(tableColumnTwice(cell.text, cellSpan(cell, source), cellSpan(before, source)));
  }
  return found;
}

const cellSpan = (cell: Cell, source: SourceFile): Span => ({ source, start: cell.start, end: cell.end });

/** The table's columns as entries; those of one vector together, in the order of their numbers. */
function columns(header: Row, body: readonly Row[], source: SourceFile): DataEntry[] {
  const places = new Map<string, { readonly cell: Cell; readonly columns: number[] }>();
  const vectors = vectorColumns(header);
  header.forEach((cell, i) => {
    const vector = vectors.get(i);
    const key = vector?.name ?? cell.text;
    const place = places.get(key) ?? { cell, columns: [] };
    place.columns[vector === undefined ? 0 : vector.element - 1] = i;
    places.set(key, place);
  });
  return [...places].map(([key, place]) => ({
    key,
    keySpan: cellSpan(place.cell, source),
    value: columnNumbers(place.columns, vectors.has(place.columns[0] ?? -1), body, source),
    column: true,
  }));
}

/** Which columns are elements of vectors: those of a name whose numbers are 1, 2, ..., n and that is no column itself. */
function vectorColumns(header: Row): Map<number, { name: string; element: number }> {
  const byName = new Map<string, Map<number, number>>();
  header.forEach((cell, i) => {
    const match = VECTOR_COLUMN.exec(cell.text);
    const name = match?.[1];
    if (name === undefined) return;
    const elements = byName.get(name) ?? new Map<number, number>();
    elements.set(Number(match?.[2] ?? match?.[3]), i);
    byName.set(name, elements);
  });
  const found = new Map<number, { name: string; element: number }>();
  for (const [name, elements] of byName) {
    const complete = Array.from({ length: elements.size }, (_, i) => elements.has(i + 1)).every(Boolean);
    if (!complete || header.some((cell) => cell.text === name)) continue;
    for (const [element, column] of elements) found.set(column, { name, element });
  }
  return found;
}

function columnNumbers(
  places: readonly number[],
  isVector: boolean,
  body: readonly Row[],
  source: SourceFile,
): DataEntry["value"] {
  const values = new NumberList();
  const flaws: Flaw[] = [];
  let flawCount = 0;
  let missingCount = 0;
  body.forEach((row, i) => {
    places.forEach((column, j) => {
      const cell = row[column] ?? { text: "", start: 0, end: 0 };
      const kind = flawOf(cell.text);
      if (kind === "null") missingCount++;
      if (kind !== null && ++flawCount <= FLAWS_KEPT) {
        const found =
          cell.text === "" ? "an empty cell" : kind === "null" ? cell.text : JSON.stringify(cell.text);
        const path = isVector ? [i + 1, j + 1] : [i + 1];
        flaws.push({ kind, path, span: cellSpan(cell, source), found, expected: "" });
      }
      values.push(kind === null ? Number(cell.text) : NaN);
    });
  });
  const shape = isVector ? [body.length, places.length] : [body.length];
  const locate = (flat: number): Span => {
    const cell = body[Math.floor(flat / places.length)]?.[places[flat % places.length] ?? 0];
    return cell === undefined ? { source, start: 0, end: 0 } : cellSpan(cell, source);
  };
  const header = locate(0);
  return {
    kind: "numbers",
    shape,
    lengths: shape.map(() => null),
    ragged: [],
    raggedCount: 0,
    values: values.toArray(),
    flaws,
    flawCount,
    missingCount,
    span: header,
    locate,
    texts: () =>
      body.map((row) => {
        const text = row[places[0] ?? 0]?.text ?? "";
        return MISSING.test(text) ? null : text;
      }),
  };
}

function flawOf(text: string): FlawKind | null {
  if (NUMBER.test(text)) return Number.isFinite(Number(text)) ? null : "non-finite";
  if (MISSING.test(text)) return "null";
  return NON_FINITE.test(text) ? "non-finite" : "text";
}
