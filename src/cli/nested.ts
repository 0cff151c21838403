// Nested arrays of JSON from and to the flat arrays of programs.
import { Bug } from "../diagnostic.js";

export type Nested = number | null | readonly Nested[];

/** `values` (row-major over `shape`) as nested arrays; a shape of [] gives the number itself. Not finite: null. */
export function nest(values: ArrayLike<number>, shape: readonly number[]): Nested {
  let at = 0;
  const build = (axis: number): Nested => {
    const length = shape[axis];
    if (length === undefined) {
      const value = values[at++];
      if (value === undefined) throw new Bug("an array is shorter than its shape says");
      return Number.isFinite(value) ? value : null;
    }
    return Array.from({ length }, () => build(axis + 1));
  };
  return build(0);
}

/** JSON with every number to 17 significant digits, so that no bit of a float64 is lost. */
export function preciseJson(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toPrecision(17);
  if (Array.isArray(value)) return `[${value.map(preciseJson).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${preciseJson(item)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}
