// Intervals: a forest plot of each quantity, and of all single numbers together.
import type { SummaryRow } from "../../inference/posterior.js";
import { COLOR, chartId, figure, type Section, type Spec } from "../chart.js";
import { markup } from "../markup.js";
import { counted, rounded } from "../numbers.js";
import { MOST_QUANTITIES, type Quantity } from "../quantities.js";
import { representative } from "../thinning.js";

/** Rows of one forest plot. */
const MOST_ROWS = 36;

const forestRow = ({ name, mean, q5, q50, q95 }: SummaryRow): Spec => ({
  n: name,
  mean: rounded(mean),
  a: rounded(q5),
  m: rounded(q50),
  b: rounded(q95),
});

/** Rows are in the data's order; the page puts others in their place when it filters. */
export function forest(rows: readonly SummaryRow[]): Spec {
  const y = { field: "n", type: "nominal", sort: null, axis: { title: null, labelLimit: 220, grid: false } };
  const tooltip = [
    { field: "n", title: "name" },
    { field: "m", title: "median", format: ".4" },
    { field: "mean", format: ".4" },
    { field: "a", title: "5 %", format: ".4" },
    { field: "b", title: "95 %", format: ".4" },
  ];
  const x = (name: string): Spec => ({
    field: name,
    type: "quantitative",
    scale: { zero: false },
    axis: { title: null, grid: true, tickCount: 6 },
  });
  return {
    height: 17 * rows.length,
    data: { name: "rows", values: rows.map(forestRow) },
    encoding: { y },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 3, strokeCap: "round", color: COLOR.main, opacity: 0.45 },
        encoding: { x: x("a"), x2: { field: "b" }, tooltip },
      },
      {
        mark: { type: "point", filled: true, size: 55, color: COLOR.main, opacity: 1 },
        encoding: { x: x("m"), tooltip },
      },
    ],
  };
}

export function intervals(all: readonly Quantity[]): Section | null {
  const single = all.filter(({ rows }) => rows.length === 1).flatMap(({ rows }) => rows);
  const several = all.filter(({ rows }) => rows.length > 1);
  if (single.length + several.length === 0) return null;
  const shown: readonly Quantity[] = [
    ...(single.length > 0 ? [{ name: "single numbers", rows: single }] : []),
    ...several.slice(0, MOST_QUANTITIES),
  ];
  const figures = shown.map(({ name, rows }, i) => {
    const id = chartId("interval", i);
    const some = representative(rows, (row) => row.q50, MOST_ROWS);
    const caption =
      some.length === rows.length
        ? name
        : `${name}: ${some.length} of ${rows.length.toLocaleString("en-US")}, the lowest, the highest and some between`;
    const drawn = figure(id, caption, `Intervals of ${name}`, forest(some));
    const filter =
      some.length === rows.length
        ? null
        : markup`<label class="filter">show those with <input type="search" data-forest="${id}" data-quantity="${name}" data-most="${MOST_ROWS}" placeholder="part of a name"></label>`;
    return { ...drawn, html: markup`<div>${filter}${drawn.html}</div>` };
  });
  const left = several.length - several.slice(0, MOST_QUANTITIES).length;
  const rest =
    left === 0
      ? null
      : markup`<p class="left-out">Left out: ${counted(left, "further quantity", "further quantities")}.</p>`;
  return {
    id: "intervals",
    title: "Intervals",
    body: markup`<p>Medians, and lines from the 5 % to the 95 % quantile.</p><div class="grid">${figures.map(({ html }) => html)}</div>${rest}`,
    charts: figures.map(({ chart }) => chart),
  };
}
