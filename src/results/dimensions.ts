// The dimensions that plates and vectors have in other programs' files, and values put into the order of these.
import type { Dimension, Numbers } from "./data-set.js";
import type { Rows, Sizes } from "../ir/axis.js";

/** A dimension, and where its places lie along the axis of the programs; null: in the same order. */
type Placed = { readonly dimension: Dimension; readonly order: Int32Array | null };

/** Values over all axes of one quantity, as programs store them. */
export type StoredValues = {
  readonly name: string;
  /** Plates as they are stored; those that rows imply may be among them. */
  readonly plates: readonly string[];
  /** The axis of the elements of a vector or matrix. */
  readonly event: string | null;
  readonly values: Numbers;
};

/** Dimensions for the sizes of one data set; each plate's is made once. */
export class Dimensions {
  readonly #plates = new Map<string, Placed>();

  constructor(private readonly sizes: Sizes) {}

  plate(name: string): Dimension {
    return this.#placed(name).dimension;
  }

  /** The dimensions of a quantity, and its values in their order. `draws`: how many values each element has. */
  arranged(
    { name, plates, event, values }: StoredValues,
    draws: number,
  ): { readonly name: string; readonly dimensions: readonly Dimension[]; readonly values: Numbers } {
    const own = [
      ...plates.filter((plate) => !this.#isImplied(plate, plates)).map((plate) => this.#placed(plate)),
      ...(event === null ? [] : this.#ofEvent(event, name)),
    ];
    return { name, dimensions: own.map(({ dimension }) => dimension), values: reordered(values, own, draws) };
  }

  #isImplied(plate: string, among: readonly string[]): boolean {
    const isAbove = (inner: string): boolean => {
      const of = this.sizes.rows?.get(inner)?.of;
      return of !== undefined && (of === plate || isAbove(of));
    };
    return among.some(isAbove);
  }

  #placed(name: string): Placed {
    const known = this.#plates.get(name);
    if (known !== undefined) return known;
    const length = this.sizes.get(name) ?? 0;
    const rows = this.sizes.rows?.get(name);
    const order = rows?.byKey ?? null;
    const stored = this.sizes.labels?.get(name) ?? null;
    const labels =
      stored === null || order === null ? stored : Array.from(order, (place) => stored[place] ?? "");
    const within = rows === undefined ? null : this.#within(rows, order);
    const placed = { dimension: { name, length, labels, within }, order };
    this.#plates.set(name, placed);
    return placed;
  }

  #within({ of, parent, starts }: Rows, order: Int32Array | null): Dimension["within"] {
    const { dimension, order: outer } = this.#placed(of);
    const inFile = new Int32Array(dimension.length);
    for (let i = 0; i < inFile.length; i++) inFile[outer?.[i] ?? i] = i;
    const rows = order ?? Int32Array.from(parent.keys());
    return {
      dimension,
      places: rows.map((row) => inFile[parent[row] ?? 0] ?? 0),
      numbers: rows.map((row) => row - (starts[parent[row] ?? 0] ?? 0) + 1),
    };
  }

  /** Two for a matrix, rows and columns. Called as ArviZ calls dimensions that have no name of their own. */
  #ofEvent(axis: string, variable: string): readonly Placed[] {
    const length = this.sizes.get(axis) ?? 0;
    const columns = this.sizes.columns?.get(axis);
    const lengths = columns === undefined ? [length] : [columns === 0 ? 0 : length / columns, columns];
    return lengths.map((n, i) => ({
      dimension: { name: `${variable}_dim_${i}`, length: n, labels: null, within: null },
      order: null,
    }));
  }
}

function reordered(values: Numbers, placed: readonly Placed[], draws: number): Numbers {
  if (placed.every(({ order }) => order === null)) return values;
  let from = Int32Array.of(0);
  for (const { dimension, order } of placed) {
    const { length } = dimension;
    const next = new Int32Array(from.length * length);
    from.forEach((place, i) => {
      for (let j = 0; j < length; j++) next[i * length + j] = place * length + (order?.[j] ?? j);
    });
    from = next;
  }
  const result = values.slice();
  from.forEach((place, i) => result.set(values.subarray(place * draws, (place + 1) * draws), i * draws));
  return result;
}
