// Whether a planned program fits a device, and what to do about it when it does not.
import type { Diagnostic } from "../diagnostic.js";
import type { Span } from "../source.js";
import { sizeOf, volume, type Axis, type Sizes } from "./axis.js";
import type { Contraction } from "./contraction.js";
import { contractionTooLarge } from "./errors.js";
import type { Program } from "./program.js";

/** A contraction step that looks at more combinations than this would run for days. */
const MOST_COMBINATIONS = 1e14;

/** What the message says of a particle axis and of a term: its group's name, and where the term stands. */
export type Places = {
  readonly group: (particleAxis: string) => string;
  readonly term: (name: string) => Span;
};

/**
 * Diagnostics for a program one of whose tables is larger than `largestBinding` bytes, or one of whose steps has more
 * combinations than could be weighed in any sensible time.
 */
export function checkFits(
  program: Program,
  contraction: Contraction,
  sizes: Sizes,
  largestBinding: number,
  places: Places,
): Diagnostic[] {
  const describe = (axes: readonly Axis[]): string =>
    axes.map((a) => `${a.name} ${sizeOf(a, sizes)}`).join(" x ");
  const tables = program.buffers.map((b) => ({
    axes: b.axes,
    bytes: 4 * volume(b.axes, sizes),
    limit: largestBinding,
  }));
  const steps = contraction.steps.map((s) => ({
    axes: s.table,
    bytes: 4 * volume(s.table, sizes),
    limit: 4 * MOST_COMBINATIONS,
  }));
  const worst = [...tables, ...steps]
    .filter((t) => t.bytes > t.limit && t.axes.some((a) => a.role === "particle"))
    .sort((a, b) => b.bytes / b.limit - a.bytes / a.limit)[0];
  if (worst === undefined) return [];
  const particles = worst.axes.filter((a) => a.role === "particle");
  const groups = [...new Set(particles.map((axis) => places.group(axis.blocks?.of ?? axis.name)))];
  const step = contraction.steps.find((s) => particles.every((p) => s.table.some((a) => a.name === p.name)));
  const largestK = Math.max(...particles.map((p) => sizeOf(p, sizes)));
  const fittingK = Math.floor(largestK * (worst.limit / worst.bytes) ** (1 / particles.length));
  const terms = step?.terms ?? groups;
  const span = places.term(terms[0] ?? "");
  return [contractionTooLarge(groups, terms, describe(worst.axes), worst.bytes, worst.limit, fittingK, span)];
}
