// Named axes: a tensor's shape is a set of these, never a list of positions.
import { Bug } from "../diagnostic.js";

export type AxisRole = "plate" | "event" | "particle";

/**
 * One named axis. Names are unique over a model: a plate has its own name, a group's particle axis is `k_<group>`,
 * a vector's axis is `i_<size>` (two vectors of one size share it). Its length is known only when data is bound.
 * A block axis counts the blocks of `length` consecutive elements of another axis (the last may be shorter); with blocks
 * of one element it is another axis of the same length.
 */
export type Axis = {
  readonly name: string;
  readonly role: AxisRole;
  readonly blocks: { readonly of: string; readonly length: number } | null;
};

/** Lengths of the axes by name; block axes have none of their own. */
export type Sizes = ReadonlyMap<string, number>;

/** The length of an axis. Throws a Bug if it is not bound. */
export function sizeOf(axis: Axis, sizes: Sizes): number {
  const size = sizes.get(axis.blocks === null ? axis.name : axis.blocks.of);
  if (size === undefined) throw new Bug(`axis '${axis.name}' has no size`);
  return axis.blocks === null ? size : Math.ceil(size / axis.blocks.length);
}

/** The number of elements of a tensor over these axes. */
export function volume(axes: readonly Axis[], sizes: Sizes): number {
  return axes.reduce((product, axis) => product * sizeOf(axis, sizes), 1);
}

/** Whether something over axes (a node, a table) varies along this one. */
export const hasAxis = (tensor: { readonly axes: readonly Axis[] }, axis: Axis): boolean =>
  tensor.axes.some((a) => a.name === axis.name);
