// What a data file says for one name: numbers in a box, with what is wrong with them and where each of them stands.
import { Bug } from "../diagnostic.js";
import type { Span } from "../source.js";

/** Why an element of an array is not a number. */
export type FlawKind = "null" | "non-finite" | "text" | "boolean" | "object" | "ragged" | "depth";

/** An element (1-based indices) that is not a finite number, or a row that does not fit the box. */
export type Flaw = {
  readonly kind: FlawKind;
  readonly path: readonly number[];
  readonly span: Span;
  /** As written, or for a ragged row how long it is; `expected` how long the rows before it are. */
  readonly found: string;
  readonly expected: string;
};

/** Numbers by [shape], row-major; a single number has shape []. */
export type NumbersValue = {
  readonly kind: "numbers";
  readonly shape: readonly number[];
  readonly values: Float64Array;
  /** The first of the flaws; with any of them `values` is not to be used. */
  readonly flaws: readonly Flaw[];
  /** How many flaws there are in all. */
  readonly flawCount: number;
  readonly span: Span;
  /** Where an element stands. */
  readonly locate: (flatIndex: number) => Span;
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
  /** For a column: its table has one row per element of a plate. */
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

/** `rating[3,2]`, or the plain name of a single number. */
export function elementName(name: string, indices: readonly number[]): string {
  return indices.length === 0 ? name : `${name}[${indices.join(",")}]`;
}
