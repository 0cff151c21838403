// Reads JSON data files, arrays of numbers straight into boxes, keeping where everything stands.
import type { Diagnostic } from "../diagnostic.js";
import type { SourceFile, Span } from "../source.js";
import {
  FLAWS_KEPT,
  NumberList,
  type DataEntry,
  type DataFile,
  type DataValue,
  type Flaw,
} from "./data-value.js";
import { jsonNotAnObject, jsonSyntax, jsonTooDeep, jsonTruncated, jsonWordForNumber } from "./errors.js";

const MAX_DEPTH = 64;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NON_FINITE = /[+-]?(?:NaN|nan|NAN|Infinity|infinity|Inf|inf|INF)\b/y;
const WORD = /[+-]?[\p{L}\p{N}_.+-]+/uy;
/** What may follow a number. */
const ENDS = new Set([",", "]", "}", " ", "\n", "\r", "\t"]);
/** Texts that people write for numbers that are none. */
const NON_FINITE_TEXT = /^[+-]?(?:nan|inf|infinity)$/i;

/** Thrown and caught in this file only. */
class SyntaxStop extends Error {
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.message);
  }
}

/** Reads a JSON file whose top level is an object. Stops at the first mistake in its syntax. */
export function readJson(source: SourceFile): { file: DataFile | null; diagnostics: Diagnostic[] } {
  const reader = new JsonReader(source);
  try {
    return { file: reader.file(), diagnostics: [] };
  } catch (problem) {
    if (problem instanceof SyntaxStop) return { file: null, diagnostics: [problem.diagnostic] };
    throw problem;
  }
}

/** An array while it is read. */
type Box = {
  readonly values: NumberList;
  /** Length by depth, as the first row of that depth had it. */
  readonly lengths: number[];
  /** Lengths of all arrays by depth, and whether they differ. */
  readonly all: number[][];
  readonly differ: boolean[];
  readonly ragged: Flaw[];
  raggedCount: number;
  /** Depth at which numbers stand; -1 until the first one. */
  leafDepth: number;
  readonly flaws: Flaw[];
  flawCount: number;
  missingCount: number;
};

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(readonly source: SourceFile) {
    this.#text = source.text;
    if (this.#text.startsWith("\uFEFF")) this.#at = 1;
  }

  file(): DataFile {
    this.#skipSpace();
    const start = this.#at;
    if (this.#text[start] !== "{") {
      if (start >= this.#text.length)
        throw new SyntaxStop(jsonTruncated(this.#span(start, start), "the file is empty"));
      throw new SyntaxStop(jsonNotAnObject(this.#span(start, start + 1)));
    }
    const entries = this.#object(0);
    const span = this.#span(start, this.#at);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail("there is something after the end of the JSON object");
    return { span, entries };
  }

  #span(start: number, end: number): Span {
    return { source: this.source, start, end };
  }

  /** Stops with what is wrong at the current place; at the end of the text, that the file is cut short. */
  #fail(message: string, hint?: string): never {
    if (this.#at >= this.#text.length) {
      const end = this.#text.trimEnd().length;
      throw new SyntaxStop(jsonTruncated(this.#span(Math.max(0, end - 1), end), "the file ends too early"));
    }
    throw new SyntaxStop(jsonSyntax(this.#span(this.#at, this.#at + 1), message, hint));
  }

  #skipSpace(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === 32 || c === 10 || c === 13 || c === 9) this.#at++;
      else return;
    }
  }

  #expectComma(close: string, what: string): boolean {
    this.#skipSpace();
    const c = this.#text[this.#at];
    if (c === close) {
      this.#at++;
      return false;
    }
    if (c !== ",") this.#fail(`expected ',' or '${close}' after ${what}`);
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === close)
      this.#fail(`a comma before '${close}' is not allowed in JSON`, "remove the comma");
    return true;
  }

  #object(depth: number): DataEntry[] {
    if (depth > MAX_DEPTH) throw new SyntaxStop(jsonTooDeep(this.#span(this.#at, this.#at + 1)));
    this.#at++;
    this.#skipSpace();
    const entries: DataEntry[] = [];
    if (this.#text[this.#at] === "}") {
      this.#at++;
      return entries;
    }
    do {
      this.#skipSpace();
      const start = this.#at;
      if (this.#text[start] !== '"') this.#fail('expected a name in double quotes, as in "y": [1, 2]');
      const key = this.#string();
      const keySpan = this.#span(start, this.#at);
      this.#skipSpace();
      if (this.#text[this.#at] !== ":") this.#fail(`expected ':' after "${key}"`);
      this.#at++;
      entries.push({ key, keySpan, value: this.#value(depth + 1), column: false });
    } while (this.#expectComma("}", "this value"));
    return entries;
  }

  #value(depth: number): DataValue {
    this.#skipSpace();
    const start = this.#at;
    const c = this.#text[start];
    if (c === "{") {
      const entries = this.#object(depth);
      return { kind: "object", entries, span: this.#span(start, this.#at) };
    }
    if (c === '"') {
      const text = this.#string();
      return { kind: "text", text, span: this.#span(start, this.#at) };
    }
    const literal = this.#literal();
    if (literal !== null)
      return {
        kind: literal === "null" ? "null" : "boolean",
        text: literal,
        span: this.#span(start, this.#at),
      };
    return this.#numbers(start);
  }

  /** `null`, `true` or `false` if one of them stands here. */
  #literal(): string | null {
    for (const word of ["null", "true", "false"])
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return word;
      }
    return null;
  }

  #numbers(start: number): DataValue {
    const box: Box = {
      values: new NumberList(),
      lengths: [],
      all: [],
      differ: [],
      ragged: [],
      raggedCount: 0,
      leafDepth: -1,
      flaws: [],
      flawCount: 0,
      missingCount: 0,
    };
    this.#element(box, []);
    const span = this.#span(start, this.#at);
    return {
      kind: "numbers",
      shape: box.lengths,
      lengths: box.lengths.map((_, depth) => (box.differ[depth] === true ? (box.all[depth] ?? []) : null)),
      ragged: box.ragged,
      raggedCount: box.raggedCount,
      values: box.values.toArray(),
      flaws: box.flaws,
      flawCount: box.flawCount,
      missingCount: box.missingCount,
      span,
      locate: (flatIndex) => locateNumber(span, flatIndex),
      texts: () => textsIn(span),
    };
  }

  /** One array or number; `path` holds the 0-based indices that lead to it and is changed and put back. */
  #element(box: Box, path: number[]): void {
    this.#skipSpace();
    const start = this.#at;
    const c = this.#text[start];
    if (c === "[") this.#array(box, path);
    else if (c === '"') {
      const text = this.#string();
      this.#flaw(box, NON_FINITE_TEXT.test(text) ? "non-finite" : "text", path, start, JSON.stringify(text));
      this.#leaf(box, path, start, NaN);
    } else if (c === "{") {
      this.#object(path.length);
      this.#flaw(box, "object", path, start, "an object");
      this.#leaf(box, path, start, NaN);
    } else {
      const literal = this.#literal();
      if (literal !== null) {
        this.#flaw(box, literal === "null" ? "null" : "boolean", path, start, literal);
        this.#leaf(box, path, start, NaN);
      } else this.#leaf(box, path, start, this.#number(box, path));
    }
  }

  #array(box: Box, path: number[]): void {
    const start = this.#at;
    const depth = path.length;
    if (depth > MAX_DEPTH) throw new SyntaxStop(jsonTooDeep(this.#span(start, start + 1)));
    this.#at++;
    this.#skipSpace();
    let length = 0;
    if (this.#text[this.#at] === "]") this.#at++;
    else
      do {
        path.push(length++);
        this.#element(box, path);
        path.pop();
      } while (this.#expectComma("]", "this element"));
    const known = box.lengths[depth];
    if (box.leafDepth >= 0 && depth >= box.leafDepth) {
      // The numbers within, if any, have told already that they stand too deep.
      if (length === 0) this.#flaw(box, "depth", path, start, String(depth + 1), String(box.leafDepth));
      return;
    }
    (box.all[depth] ??= []).push(length);
    if (known === undefined) box.lengths[depth] = length;
    else if (known !== length) {
      box.differ[depth] = true;
      this.#flaw(box, "ragged", path, start, String(length), String(known));
    }
  }

  #leaf(box: Box, path: readonly number[], start: number, value: number): void {
    if (box.leafDepth < 0 && box.lengths[path.length] === undefined) box.leafDepth = path.length;
    else if (box.leafDepth !== path.length)
      this.#flaw(box, "depth", path, start, String(path.length), String(box.leafDepth));
    box.values.push(value);
  }

  #flaw(
    box: Box,
    kind: Flaw["kind"],
    path: readonly number[],
    start: number,
    found: string,
    expected = "",
  ): void {
    const list = kind === "ragged" ? box.ragged : box.flaws;
    if (kind === "null") box.missingCount++;
    if (kind === "ragged") box.raggedCount++;
    else box.flawCount++;
    if (list.length >= FLAWS_KEPT) return;
    const span = this.#span(start, kind === "ragged" ? start + 1 : this.#at);
    list.push({ kind, path: path.map((i) => i + 1), span, found, expected });
  }

  #number(box: Box, path: readonly number[]): number {
    const start = this.#at;
    NUMBER.lastIndex = start;
    const text = NUMBER.exec(this.#text)?.[0];
    if (text === undefined || !ENDS.has(this.#text[start + text.length] ?? ""))
      return this.#noNumber(box, path);
    this.#at = start + text.length;
    const value = Number(text);
    if (!Number.isFinite(value)) this.#flaw(box, "non-finite", path, start, text);
    return value;
  }

  /** What stands where a number should: an infinity, NaN, or a mistake. */
  #noNumber(box: Box, path: readonly number[]): number {
    const start = this.#at;
    NON_FINITE.lastIndex = start;
    const infinite = NON_FINITE.exec(this.#text)?.[0];
    if (infinite !== undefined) {
      this.#at += infinite.length;
      this.#flaw(box, "non-finite", path, start, infinite);
      return NaN;
    }
    WORD.lastIndex = start;
    const word = WORD.exec(this.#text)?.[0];
    if (word === undefined) this.#fail("expected a number, '[' or '{'", this.#hintHere());
    if (start + word.length < this.#text.length) {
      NUMBER.lastIndex = start;
      const number = NUMBER.exec(this.#text)?.[0];
      if (number !== word)
        throw new SyntaxStop(jsonWordForNumber(this.#span(start, start + word.length), word));
      this.#at += word.length;
      this.#fail("expected ',', ']' or '}' after this number", this.#hintHere());
    }
    this.#at = this.#text.length;
    return this.#fail("");
  }

  #hintHere(): string | undefined {
    const c = this.#text[this.#at];
    if (c === "'") return "JSON takes double quotes";
    if (c === "/" || c === "#") return "JSON has no comments";
    if (c === "," || c === "]") return "is an element missing, or a comma too many?";
    return undefined;
  }

  #string(): string {
    const start = this.#at;
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at];
      if (c === "\\") this.#at++;
      else if (c === "\n") break;
      else if (c === '"') {
        this.#at++;
        const raw = this.#text.slice(start, this.#at);
        try {
          return String(JSON.parse(raw));
        } catch {
          throw new SyntaxStop(
            jsonSyntax(this.#span(start, this.#at), "this text in quotes has a wrong escape", undefined),
          );
        }
      }
    }
    if (this.#at >= this.#text.length) this.#fail("");
    throw new SyntaxStop(
      jsonSyntax(this.#span(start, this.#at), "the quote opened here is not closed", undefined),
    );
  }
}

/** The elements of a list, as text. */
function textsIn(span: Span): (string | null)[] {
  const list: unknown = JSON.parse(span.source.text.slice(span.start, span.end));
  return (Array.isArray(list) ? (list as unknown[]) : [list]).map((x) => {
    if (typeof x === "number") return String(x);
    return typeof x === "string" ? x : null;
  });
}

/** Where the number with this row-major index stands in the text of an array. */
function locateNumber(span: Span, flatIndex: number): Span {
  const element = /[^\s,[\]]+/g;
  element.lastIndex = span.start;
  let match = element.exec(span.source.text);
  for (let i = 0; i < flatIndex && match !== null; i++) match = element.exec(span.source.text);
  if (match === null) return span;
  return { source: span.source, start: match.index, end: match.index + match[0].length };
}
