// How arrays stand in files: nested by plate, rows of ragged plates of any length, rows that name their parent in one list.
import { Bug } from "../diagnostic.js";
import type { Rows, Sizes } from "../ir/axis.js";

/** Numbers as JSON has them, nested; null where there is none. */
export type Nested = number | null | readonly Nested[];

/** The axes that `name` implies by its rows' parents. */
function ancestorsOf(name: string, rows: ReadonlyMap<string, Rows>): string[] {
  const parent = rows.get(name)?.of;
  return parent === undefined ? [] : [...ancestorsOf(parent, rows), parent];
}

/**
 * The dimensions that an array over `axes` has in a file: rows that name their parent by a key stand in one list, so that
 * there is no dimension of what they belong to.
 */
export function fileDimensions(
  axes: readonly string[],
  isKeyed: (axis: string) => boolean,
  parentOf: (axis: string) => string | null,
): string[] {
  const implied = new Set<string>();
  for (const axis of axes)
    if (isKeyed(axis)) for (let up = parentOf(axis); up !== null; up = parentOf(up)) implied.add(up);
  return axes.filter((axis) => !implied.has(axis));
}

/** Calls `visit` at every element in a file's order, with the places of the axes; `enter` and `leave` at every list. */
function walk(
  axes: readonly string[],
  sizes: Sizes,
  visit: (places: ReadonlyMap<string, number>) => void,
  lists: { readonly enter: () => void; readonly leave: () => void } | null = null,
): void {
  const rows = sizes.rows ?? new Map<string, Rows>();
  const dimensions = fileDimensions(
    axes,
    (axis) => (rows.get(axis)?.byKey ?? null) !== null,
    (axis) => rows.get(axis)?.of ?? null,
  );
  const places = new Map<string, number>();
  const bind = (axis: string, place: number): void => {
    places.set(axis, place);
    const own = rows.get(axis);
    if (own !== undefined) bind(own.of, own.parent[place] ?? 0);
  };
  const descend = (depth: number): void => {
    const axis = dimensions[depth];
    if (axis === undefined) return visit(places);
    const own = rows.get(axis);
    const size = sizes.get(axis);
    if (size === undefined) throw new Bug(`axis '${axis}' has no size`);
    const parent = own === undefined ? undefined : places.get(own.of);
    const nested = own !== undefined && own.byKey === null && parent !== undefined;
    const from = nested ? (own.starts[parent] ?? 0) : 0;
    const to = nested ? (own.starts[parent + 1] ?? 0) : size;
    lists?.enter();
    for (let i = from; i < to; i++) {
      bind(axis, own?.byKey?.[i] ?? i);
      descend(depth + 1);
    }
    lists?.leave();
  };
  descend(0);
}

/** Where each element of a file's array over `inFile`, in the file's order, lies in one stored over `stored`. */
export function fileAddresses(
  stored: readonly string[],
  inFile: readonly string[],
  sizes: Sizes,
): Int32Array {
  const rows = sizes.rows ?? new Map<string, Rows>();
  const counted = stored.filter((axis) => stored.every((other) => !ancestorsOf(other, rows).includes(axis)));
  const strides = counted.map((_, i) =>
    counted.slice(i + 1).reduce((product, axis) => product * (sizes.get(axis) ?? 0), 1),
  );
  const found: number[] = [];
  walk(inFile, sizes, (places) => {
    let at = 0;
    for (let i = 0; i < counted.length; i++) {
      const place = places.get(counted[i] ?? "");
      if (place === undefined)
        throw new Bug(`an array over ${inFile.join(", ")} has no '${counted[i] ?? ""}'`);
      at += place * (strides[i] ?? 0);
    }
    found.push(at);
  });
  return Int32Array.from(found);
}

/** A stored array as nested ones over the axes `wanted`, as the data's file has them. Not finite: null. */
export function nestOver(
  values: ArrayLike<number>,
  stored: readonly string[],
  wanted: readonly string[],
  sizes: Sizes,
): Nested {
  if (wanted.length !== stored.length || stored.some((axis) => !wanted.includes(axis)))
    throw new Bug(`an output is over ${stored.join(", ")}, not over ${wanted.join(", ")}`);
  const addresses = fileAddresses(stored, wanted, sizes);
  const open: Nested[][] = [[]];
  let at = 0;
  walk(
    wanted,
    sizes,
    () => {
      const value = values[addresses[at++] ?? 0];
      if (value === undefined) throw new Bug("an array is shorter than its shape says");
      open.at(-1)?.push(Number.isFinite(value) ? value : null);
    },
    {
      enter: () => void open.push([]),
      leave: () => {
        const list = open.pop();
        if (list !== undefined) open.at(-1)?.push(list);
      },
    },
  );
  return open[0]?.[0] ?? null;
}
