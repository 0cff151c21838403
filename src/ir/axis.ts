// Named axes: a tensor's shape is a set of these, never a list of positions.
import { Bug } from "../diagnostic.js";

export type AxisRole = "plate" | "event" | "particle";

/**
 * One named axis. Names are unique over a model: a plate has its own name, a group's particle axis is `k_<group>`,
 * a vector's axis is `i_<size>` (two vectors of one size share it). Its length is known only when data is bound.
 * A block axis counts the blocks of `length` consecutive elements of another axis (the last may be shorter); with blocks
 * of one element it is another axis of the same length.
 * A ragged axis has a `parent`, and its own number of rows for every element of it. Its rows lie one after another,
 * those of the parent's first element first; a place along it is a place among all of them, so that it implies the place
 * along the parent, which counts for nothing in the address of what varies along both.
 */
export type Axis = {
  readonly name: string;
  readonly role: AxisRole;
  readonly blocks: { readonly of: string; readonly length: number } | null;
  readonly parent: Axis | null;
};

/** The rows of a ragged axis. */
export type Rows = {
  /** The parent's name. */
  readonly of: string;
  /** The place along the parent that each row belongs to; never falling. */
  readonly parent: Int32Array;
  /** Where the rows of each place along the parent start; at the end how many rows there are in all. */
  readonly starts: Int32Array;
  /** Where the data names each row's parent by a key, the row that stands at each place of the file; else null. */
  readonly byKey: Int32Array | null;
};

/**
 * Lengths of the axes by name, of a ragged one its rows in all; block axes have none of their own. `rows`: the ragged axes.
 * `missing`: observed arrays that lack some of their values. `labels`: what a plate's elements are called.
 */
export type Sizes = ReadonlyMap<string, number> & Partial<DataFacts>;
export type DataFacts = {
  readonly rows: ReadonlyMap<string, Rows>;
  readonly missing: ReadonlySet<string>;
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Of an axis that has a matrix' elements, how many columns the matrix has. */
  readonly columns: ReadonlyMap<string, number>;
};

/** Sizes with further lengths; what is known besides lengths is kept. */
export class ExtendedSizes extends Map<string, number> {
  readonly rows: ReadonlyMap<string, Rows>;
  readonly missing: ReadonlySet<string>;
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly columns: ReadonlyMap<string, number>;

  constructor(
    sizes: Sizes,
    further: Iterable<readonly [string, number]> = [],
    facts: Partial<DataFacts> = {},
  ) {
    super([...sizes, ...further]);
    this.rows = facts.rows ?? sizes.rows ?? new Map();
    this.missing = facts.missing ?? sizes.missing ?? new Set();
    this.labels = facts.labels ?? sizes.labels ?? new Map();
    this.columns = facts.columns ?? sizes.columns ?? new Map();
  }
}

/** Rows from how many of them each place along the parent has. */
export function rowsOfLengths(of: string, lengths: ArrayLike<number>, byKey: Int32Array | null = null): Rows {
  const starts = new Int32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) starts[i + 1] = (starts[i] ?? 0) + (lengths[i] ?? 0);
  const parent = new Int32Array(starts[lengths.length] ?? 0);
  for (let i = 0; i < lengths.length; i++) parent.fill(i, starts[i], starts[i + 1]);
  return { of, parent, starts, byKey };
}

const BLOCK_ROWS = new WeakMap<Rows, Map<number, Rows>>();

/** The rows of a ragged axis; for a block axis, the blocks of each place along the parent. Throws a Bug if not bound. */
export function rowsOf(axis: Axis, sizes: Sizes): Rows {
  const rows = sizes.rows?.get(axis.blocks === null ? axis.name : axis.blocks.of);
  if (rows === undefined) throw new Bug(`the rows of axis '${axis.name}' are not known`);
  if (axis.blocks === null) return rows;
  const { length } = axis.blocks;
  let known = BLOCK_ROWS.get(rows);
  if (known === undefined) BLOCK_ROWS.set(rows, (known = new Map<number, Rows>()));
  let blocks = known.get(length);
  if (blocks === undefined) {
    const counts = Array.from({ length: rows.starts.length - 1 }, (_, p) =>
      Math.ceil(((rows.starts[p + 1] ?? 0) - (rows.starts[p] ?? 0)) / length),
    );
    known.set(length, (blocks = rowsOfLengths(rows.of, counts)));
  }
  return blocks;
}

/** The length of an axis, of a ragged one its rows in all. Throws a Bug if it is not bound. */
export function sizeOf(axis: Axis, sizes: Sizes): number {
  if (axis.parent !== null && axis.blocks !== null) return rowsOf(axis, sizes).parent.length;
  const size = sizes.get(axis.blocks === null ? axis.name : axis.blocks.of);
  if (size === undefined) throw new Bug(`axis '${axis.name}' has no size`);
  return axis.blocks === null ? size : Math.ceil(size / axis.blocks.length);
}

/** The length of an axis, of a ragged one the most rows that any place along its parent has. */
export function greatestLength(axis: Axis, sizes: Sizes): number {
  if (axis.parent === null) return sizeOf(axis, sizes);
  const { starts } = rowsOf(axis, sizes);
  return starts.reduce((most, start, i) => Math.max(most, (starts[i + 1] ?? start) - start), 0);
}

/** How often a loop over an axis, or over one block of it, runs: on average, where it is ragged. */
export function trips(axis: Axis, within: Axis | null, sizes: Sizes): number {
  const length = sizeOf(axis, sizes);
  if (axis.parent === null) return Math.min(length, within?.blocks?.length ?? length);
  return length / Math.max(1, sizeOf(within ?? axis.parent, sizes));
}

/** The axes that an axis implies, outermost first: its parent, and what that implies. */
export const ancestors = (axis: Axis): readonly Axis[] =>
  axis.parent === null ? [] : [...ancestors(axis.parent), axis.parent];

/** Whether a place along an axis is implied by a place along one of the others. */
export const isImplied = (axis: Axis, among: readonly Axis[]): boolean =>
  among.some((other) => other.parent !== null && ancestors(other).some((a) => a.name === axis.name));

/** The axes that tell elements apart: those that no other one implies. */
export const countedAxes = (axes: readonly Axis[]): readonly Axis[] =>
  axes.some((axis) => axis.parent !== null) ? axes.filter((axis) => !isImplied(axis, axes)) : axes;

/** The number of elements of a tensor over these axes. */
export function volume(axes: readonly Axis[], sizes: Sizes): number {
  return countedAxes(axes).reduce((product, axis) => product * sizeOf(axis, sizes), 1);
}

/** A GPU loads so many neighbouring elements at once. */
export const VECTOR_LENGTH = 4;

/** The axis along which neighbours in memory lie: null if there is none, or if its rows differ in length. */
export function rowAxis(axes: readonly Axis[]): Axis | null {
  const last = countedAxes(axes).at(-1);
  return last === undefined || last.parent !== null || last.blocks !== null ? null : last;
}

/**
 * Elements from one row to the next in a GPU's memory: rows start at multiples of VECTOR_LENGTH, unless that would waste
 * more than a quarter of the memory.
 */
export function rowStride(length: number): number {
  const padded = VECTOR_LENGTH * Math.ceil(length / VECTOR_LENGTH);
  return 4 * length >= 3 * padded ? padded : length;
}

/** Whether something over axes (a node, a table) varies along this one. */
export const hasAxis = (tensor: { readonly axes: readonly Axis[] }, axis: Axis): boolean =>
  tensor.axes.some((a) => a.name === axis.name);
