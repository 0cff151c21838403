// Types as values: making them, and joining the sizes of what is combined element by element.
import type { Distribution, Size, TypedExpression, UnknownSize, ValueType } from "./model.js";

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

/** What a shape is, as the types' names say it. */
export function kindOf(shape: Shape): "number" | "vector" | "row_vector" | "matrix" {
  if (shape === null) return "number";
  if (shape === "any") return "vector";
  if (shape === "any_row") return "row_vector";
  return shape === "any_matrix" ? "matrix" : (shape.shape?.kind ?? "vector");
}

/** True where the size is known. */
export const isSized = (shape: Shape): shape is Size => shape !== null && typeof shape !== "string";

export const isVector = (type: ValueType): boolean => type.size !== null;

/** Two sizes that are not the same, as their users wrote them. */
export type SizeConflict = { readonly conflict: readonly [string, string] };

/** The size of an elementwise combination: scalars are repeated; vectors must be of one size. */
export function joinSizes(sizes: readonly Shape[]): { readonly size: Shape } | SizeConflict {
  let joined: Shape = null;
  for (const size of sizes) {
    if (size === null) continue;
    if (joined !== null && !isSameShape(joined, size))
      return { conflict: [showSize(joined), showSize(size)] };
    if (joined === null || typeof joined === "string") joined = size;
  }
  return { size: joined };
}

/** True where all of the expressions are ints. */
export const allInts = (args: readonly TypedExpression[]): boolean =>
  args.every((arg) => arg.type.base === "int");

/** The size as a user reads it. */
export const showSize = (size: Size | UnknownSize): string => (typeof size === "string" ? "any" : size.key);

/** Sizes that are not known are those of any vector, row vector or matrix. */
const isSameShape = (a: Size | UnknownSize, b: Size | UnknownSize): boolean =>
  typeof a === "string" || typeof b === "string" ? kindOf(a) === kindOf(b) : a.key === b.key;

/** An int may stand for a real; sizes must be the same. */
export function isAssignable(actual: ValueType, declared: ValueType): boolean {
  if (declared.base === "int" && actual.base === "real") return false;
  if (declared.size === null || actual.size === null) return declared.size === actual.size;
  return showSize(declared.size) === showSize(actual.size);
}
