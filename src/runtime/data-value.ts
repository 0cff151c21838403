// What a data file says for one name: numbers in a box, with what is wrong with them and where each of them stands.
import { Bug } from "../diagnostic.js";
import type { Span } from "../source.js";

/** Why an element of an array is not a number. */
export type FlawKind = "null" | "non-finite" | "text" | "boolean" | "object" | "ragged" | "depth";

/** An element (1-based indices) that is not a finite number, or a row whose length is not that of the first. */
export type Flaw = {
  readonly kind: FlawKind;
  readonly path: readonly number[];
  readonly span: Span;
  /** As written, or for a ragged row how long it is; `expected` how long the rows before it are. */
  readonly found: string;
  readonly expected: string;
};

/**
 * Numbers by [shape], row-major; a single number has shape []. Where rows differ in length, `shape` has the first one's,
 * `lengths` all of them at that depth, in the order of reading, and `ragged` the first few that differ.
 */
export type NumbersValue = {
  readonly kind: "numbers";
  readonly shape: readonly number[];
  readonly lengths: readonly (readonly number[] | null)[];
  readonly ragged: readonly Flaw[];
  readonly raggedCount: number;
  readonly values: Float64Array;
  /** The first of the flaws; with any of them `values` is not to be used. */
  readonly flaws: readonly Flaw[];
  /** How many flaws there are in all, and how many of them are missing values, which are NaN. */
  readonly flawCount: number;
  readonly missingCount: number;
  readonly span: Span;
  /** Where an element stands. */
  readonly locate: (flatIndex: number) => Span;
  /** The elements as they are written, numbers too; null where one is missing. Of a list or a column, not of a vector. */
  readonly texts: () => readonly (string | null)[];
};

export type DataValue =
  | NumbersValue
  | { readonly kind: "object"; readonly entries: readonly DataEntry[]; readonly span: Span }
  | { readonly kind: "null" | "text" | "boolean"; readonly text: string; readonly span: Span };

/** One key of a file, or one column of a table. */
export type DataEntry = {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: DataValue;
  /** A column of a table (its key's file), which has one row per element of a plate. */
  readonly column: boolean;
};

/** A file's content by key. */
export type DataFile = { readonly span: Span; readonly entries: readonly DataEntry[] };

export const FLAWS_KEPT = 10;

/** Numbers as they are read: grows without a bound known beforehand. */
export class NumberList {
  #values = new Float64Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** A copy of just what was pushed. */
  toArray(): Float64Array {
    return this.#values.slice(0, this.#length);
  }
}

/** The 1-based indices of the element at `flat` of a row-major array. */
export function indicesOf(flat: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = flat;
  for (const length of [...shape].reverse()) {
    if (length === 0) throw new Bug("an empty array has no elements to point at");
    indices.unshift((rest % length) + 1);
    rest = Math.floor(rest / length);
  }
  return indices;
}

/** The same for an array whose rows may differ in length. */
export function raggedIndicesOf(
  flat: number,
  { shape, lengths }: Pick<NumbersValue, "shape" | "lengths">,
): number[] {
  if (lengths.every((rows) => rows === null)) return indicesOf(flat, shape);
  const indices: number[] = [];
  let at = flat;
  for (let depth = shape.length - 1; depth > 0; depth--) {
    const length = shape[depth] ?? 1;
    const rows = lengths[depth] ?? null;
    let list = 0;
    if (rows === null) list = Math.floor(at / length);
    else for (let before = 0; before + (rows[list] ?? Infinity) <= at; list++) before += rows[list] ?? 0;
    const start = rows === null ? list * length : rows.slice(0, list).reduce((sum, n) => sum + n, 0);
    indices.unshift(at - start + 1);
    at = list;
  }
  return [at + 1, ...indices];
}

/** `rating[3,2]`, or the plain name of a single number. */
export function elementName(name: string, indices: readonly number[]): string {
  return indices.length === 0 ? name : `${name}[${indices.join(",")}]`;
}
