// A few elements of large plates: enough to learn from them what the prior is like, at a cost that does not grow.
import { Bug } from "../diagnostic.js";
import {
  countedAxes,
  ExtendedSizes,
  rowsOf,
  rowsOfLengths,
  sizeOf,
  type Axis,
  type Rows,
  type Sizes,
} from "../ir/axis.js";

/** Of some plates a part of the elements, evenly spread, with all rows that they have along ragged axes. */
export class PlateSample {
  /** Lengths of all axes in the sample. */
  readonly sizes: Sizes;
  private readonly rows = new Map<string, Rows>();
  private readonly kept = new Map<string, Int32Array>();

  /** `lengths`: how many elements are kept, by axes without a parent; `axes`: every axis with a parent that there is. */
  constructor(
    private readonly whole: Sizes,
    lengths: ReadonlyMap<string, number>,
    axes: readonly Axis[],
  ) {
    for (const [name, count] of lengths) {
      const all = whole.get(name) ?? 0;
      this.kept.set(
        name,
        Int32Array.from({ length: count }, (_, i) => Math.floor((i * all) / count)),
      );
    }
    for (const axis of axes) this.keepRows(axis);
    const further = [...this.kept].map(([name, places]) => [name, places.length] as const);
    const rows = new Map([...(whole.rows ?? []), ...this.rows]);
    this.sizes = new ExtendedSizes(whole, further, { rows });
  }

  /** Whether only some of the elements along an axis are kept. */
  isPart(axis: Axis): boolean {
    return this.kept.has(axis.name);
  }

  private keepRows(axis: Axis): void {
    if (axis.parent === null || axis.blocks !== null || this.kept.has(axis.name)) return;
    this.keepRows(axis.parent);
    const parents = this.kept.get(axis.parent.name);
    if (parents === undefined) return;
    const { of, starts } = rowsOf(axis, this.whole);
    const lengths = Int32Array.from(parents, (p) => (starts[p + 1] ?? 0) - (starts[p] ?? 0));
    const own = rowsOfLengths(of, lengths);
    const places = new Int32Array(own.parent.length);
    parents.forEach((p, i) => {
      for (let j = own.starts[i] ?? 0; j < (own.starts[i + 1] ?? 0); j++)
        places[j] = (starts[p] ?? 0) + j - (own.starts[i] ?? 0);
    });
    this.rows.set(axis.name, own);
    this.kept.set(axis.name, places);
  }

  /** Of values over all elements those that are kept. */
  take(values: ArrayLike<number>, axes: readonly Axis[]): ArrayLike<number> {
    const counted = countedAxes(axes);
    if (!counted.some((axis) => this.isPart(axis))) return values;
    let places = new Float64Array(1);
    for (const axis of counted) {
      const size = sizeOf(axis, this.whole);
      const kept = this.kept.get(axis.name) ?? Int32Array.from({ length: size }, (_, j) => j);
      const next = new Float64Array(places.length * kept.length);
      places.forEach((place, i) => {
        for (let j = 0; j < kept.length; j++) next[i * kept.length + j] = place * size + (kept[j] ?? 0);
      });
      places = next;
    }
    return places.map((place) => {
      const value = values[place];
      if (value === undefined)
        throw new Bug(`an array over ${axes.map((a) => a.name).join(", ")} is too short`);
      return value;
    });
  }
}

/** Of each plate so many elements are kept at least. */
const FEWEST_ELEMENTS = 256;

/**
 * How many elements to keep of large plates, so that tensors over these axes have no more than `most` numbers in all;
 * none of plates whose elements follow each other (`ordered`).
 */
export function sampleLengths(
  tensors: readonly (readonly Axis[])[],
  sizes: Sizes,
  most: number,
  ordered: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const rootOf = (axis: Axis): Axis => (axis.parent === null ? axis : rootOf(axis.parent));
  const shares = new Map<string, number>();
  const each = tensors.map((axes) => ({
    numbers: countedAxes(axes).reduce((product, axis) => product * sizeOf(axis, sizes), 1),
    roots: [...new Set(axes.map(rootOf).map((axis) => axis.name))],
  }));
  const plates = [...new Set(tensors.flat().map(rootOf))].filter(
    (axis) => axis.role === "plate" && !ordered.has(axis.name),
  );
  const left = (axis: Axis): number => sizeOf(axis, sizes) * (shares.get(axis.name) ?? 1);
  const total = (): number =>
    each.reduce(
      (sum, { numbers, roots }) => sum + roots.reduce((n, r) => n * (shares.get(r) ?? 1), numbers),
      0,
    );
  while (total() > most) {
    const largest = plates.reduce<Axis | null>((a, b) => (a !== null && left(a) >= left(b) ? a : b), null);
    if (largest === null || left(largest) < 2 * FEWEST_ELEMENTS) break;
    shares.set(largest.name, (shares.get(largest.name) ?? 1) / 2);
  }
  return new Map(
    plates.flatMap((axis) => (shares.has(axis.name) ? [[axis.name, Math.floor(left(axis))] as const] : [])),
  );
}
