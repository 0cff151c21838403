// What an optimisation did to a program: for people, in words.
import type { Optimisation } from "../optimisations.js";

/** `where`: a table, kernel or sum by its name; `saved`: what is not spent because of it. */
export type Note = { readonly optimisation: Optimisation; readonly where: string; readonly saved: string };

/** Nanoseconds as people read them. */
export function estimatedTime(nanoseconds: number): string {
  const [value, unit] =
    nanoseconds < 1e6 ? [nanoseconds / 1e3, "us"] : nanoseconds < 1e9 ? [nanoseconds / 1e6, "ms"] : [nanoseconds / 1e9, "s"]; // prettier-ignore
  return `${value >= 999.5 ? String(Math.round(value)) : value.toPrecision(3)} ${unit}`;
}
