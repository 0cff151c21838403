// Types as values: making them, and joining the sizes of what is combined element by element.
import type { Distribution, Size, TypedExpression, ValueType } from "./model.js";

export type Base = ValueType["base"];
export type Shape = ValueType["size"];

/** A type without bounds. */
export const typeOf = (base: Base, size: Shape = null): ValueType => ({
  base,
  size,
  constraint: null,
  lower: null,
  upper: null,
});

/** A type without its bounds: an expression has none, only declarations do. */
export const withoutBounds = (type: ValueType): ValueType => typeOf(type.base, type.size);

/**
 * True where a family's value, or any of its parameters, is a vector as a whole: it is then one distribution, and no
 * vector may stand for a number among its arguments.
 */
export const isWhole = (family: Pick<Distribution, "parameters" | "result">): boolean =>
  family.result.size !== null || family.parameters.some((p) => p.type.size !== null);

export const isVector = (type: ValueType): boolean => type.size !== null;

/** Two sizes that are not the same, as their users wrote them. */
export type SizeConflict = { readonly conflict: readonly [string, string] };

/** The size of an elementwise combination: scalars are repeated; vectors must be of one size. */
export function joinSizes(sizes: readonly Shape[]): { readonly size: Shape } | SizeConflict {
  let joined: Shape = null;
  for (const size of sizes) {
    if (size === null) continue;
    if (joined === null || joined === "any") joined = size;
    else if (size !== "any" && size.key !== joined.key) return { conflict: [joined.key, size.key] };
  }
  return { size: joined };
}

/** True where all of the expressions are ints. */
export const allInts = (args: readonly TypedExpression[]): boolean =>
  args.every((arg) => arg.type.base === "int");

/** The size as a user reads it. */
export const showSize = (size: Size | "any"): string => (size === "any" ? "any" : size.key);

/** An int may stand for a real; sizes must be the same. */
export function isAssignable(actual: ValueType, declared: ValueType): boolean {
  if (declared.base === "int" && actual.base === "real") return false;
  if (declared.size === null || actual.size === null) return declared.size === actual.size;
  return showSize(declared.size) === showSize(actual.size);
}
