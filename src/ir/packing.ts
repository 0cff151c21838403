// Which tables share a buffer on a GPU: a launch can bind few buffers, and most tables are small.
import { volume, type Axis, type Sizes } from "./axis.js";

/** Bytes. Larger tables have buffers of their own: a launch that stores to the shared one cannot load vectors from it. */
const MOST_PACKED = 2 ** 14;

type Sized = { readonly name: string; readonly axes: readonly Axis[] };

/** Whether a table is small enough to share a buffer with others. */
export const isPacked = ({ axes }: Sized, sizes: Sizes): boolean => 4 * volume(axes, sizes) <= MOST_PACKED;

/** Counts the GPU buffers that hold those of a program's tables that have some names. */
export function boundBuffers(tables: readonly Sized[], sizes: Sizes): (names: ReadonlySet<string>) => number {
  const packed = new Map(tables.map((table) => [table.name, isPacked(table, sizes)]));
  return (names) => {
    const kinds = [...names].map((name) => packed.get(name));
    return kinds.filter((kind) => kind === false).length + (kinds.includes(true) ? 1 : 0);
  };
}
