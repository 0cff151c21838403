// Quantities of a posterior: the rows of its summary, taken together by the name before the indices.
import type { SummaryRow } from "../inference/posterior.js";
import type { RunRecord } from "./run-record.js";
import { representative } from "./thinning.js";

export type Quantity = { readonly name: string; readonly rows: readonly SummaryRow[] };

/** The name of the quantity that an element is of: that of `theta[2]` is `theta`. */
export const quantityOf = (element: string): string => element.replace(/\[.*$/s, "");

/** The summary by quantity, in its order. */
export function quantities(summary: readonly SummaryRow[]): readonly Quantity[] {
  const rows = new Map<string, SummaryRow[]>();
  for (const row of summary) {
    const name = quantityOf(row.name);
    const own = rows.get(name);
    if (own === undefined) rows.set(name, [row]);
    else own.push(row);
  }
  return [...rows].map(([name, own]) => ({ name, rows: own }));
}

/** Charts are drawn of so many quantities, and of so many elements of each. */
export const MOST_QUANTITIES = 24;
export const MOST_CURVES = 8;
/** Numbers of which two can be chosen to be plotted against each other. */
const MOST_PAIRED = 40;

/** The quantities that are shown by themselves: predictions are shown beside the data. */
export const shownQuantities = (
  summary: readonly SummaryRow[],
  predictions: ReadonlySet<string>,
): readonly Quantity[] => quantities(summary).filter(({ name }) => !predictions.has(name));

/** The elements of a quantity whose densities are drawn. */
export const curvesOf = ({ rows }: Quantity): readonly SummaryRow[] =>
  representative(rows, (row) => row.q50, MOST_CURVES);

/**
 * Numbers that are plotted in pairs: of latents before others, single numbers before elements of plates, of which each
 * quantity gives its first in turns.
 */
export function pairedElements(
  all: readonly Quantity[],
  latents: ReadonlySet<string> | null,
): readonly string[] {
  const isLatent = ({ name }: Quantity): boolean => latents === null || latents.has(name);
  const ordered = [...all.filter(isLatent), ...all.filter((q) => !isLatent(q))];
  const single = ordered.filter(({ rows }) => rows.length === 1);
  const several = ordered.filter(({ rows }) => rows.length > 1);
  const found = single.flatMap(({ rows }) => rows[0]?.name ?? []).slice(0, MOST_PAIRED);
  for (let i = 0; found.length < MOST_PAIRED; i++) {
    const next = several.flatMap(({ rows }) => rows[i]?.name ?? []);
    if (next.length === 0) break;
    found.push(...next.slice(0, MOST_PAIRED - found.length));
  }
  return found;
}

/** Every element whose draws a report shows: of the others none need be read. */
export function drawnElements(
  summary: readonly SummaryRow[],
  predictions: ReadonlySet<string>,
  latents: ReadonlySet<string> | null,
): ReadonlySet<string> {
  const all = shownQuantities(summary, predictions);
  return new Set([
    ...all.slice(0, MOST_QUANTITIES).flatMap((quantity) => curvesOf(quantity).map(({ name }) => name)),
    ...pairedElements(all, latents),
  ]);
}

/** The names of a run's predictions that are shown beside data. */
export const predictionsOf = ({ checks }: Pick<RunRecord, "checks">): ReadonlySet<string> =>
  new Set(checks.flatMap(({ prediction }) => prediction ?? []));
