// Which tables share a buffer on a GPU: a launch can bind few buffers, and most tables are small.
import { volume, type Axis, type Sizes } from "./axis.js";

/** Bytes. Larger tables have buffers of their own: a launch that stores to the shared one cannot load vectors from it. */
const MOST_PACKED = 2 ** 14;
/** Bytes of all tables together that feed inputs: hardly anything loads them. */
const MOST_FED_PACKED = 2 ** 25;

type Sized = { readonly name: string; readonly axes: readonly Axis[] };

/** Which tables share a buffer: small ones, and those that feed inputs (`fed`) where they are not too large together. */
export function packedTables(
  tables: readonly Sized[],
  fed: ReadonlySet<string>,
  sizes: Sizes,
): ReadonlySet<string> {
  const bytes = ({ axes }: Sized): number => 4 * volume(axes, sizes);
  const fedBytes = tables.reduce((sum, table) => sum + (fed.has(table.name) ? bytes(table) : 0), 0);
  const isPacked = (table: Sized): boolean =>
    bytes(table) <= MOST_PACKED || (fed.has(table.name) && fedBytes <= MOST_FED_PACKED);
  return new Set(tables.filter(isPacked).map((table) => table.name));
}

/** Counts the GPU buffers that hold those of a program's tables that have some names. */
export function boundBuffers(
  tables: readonly Sized[],
  packed: ReadonlySet<string>,
): (names: ReadonlySet<string>) => number {
  const known = new Set(tables.map((table) => table.name));
  return (names) => {
    const bound = [...names].filter((name) => known.has(name));
    return (
      bound.filter((name) => !packed.has(name)).length + (bound.some((name) => packed.has(name)) ? 1 : 0)
    );
  };
}
