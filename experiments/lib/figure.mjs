// Figures: Vega-Lite specifications drawn as SVG, in one style.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as vega from "vega";
import { compile } from "vega-lite";

const STYLE = {
  background: "white",
  font: "Helvetica, Arial, sans-serif",
  view: { stroke: null },
  axis: {
    gridColor: "#ececec",
    domainColor: "#999",
    tickColor: "#999",
    labelColor: "#333",
    titleColor: "#333",
  },
  header: { titleFontSize: 12, labelFontSize: 12 },
  range: { category: ["#1d5a96", "#d9603b", "#3f8f5b", "#8a5aa3", "#a08030", "#555555"] },
};

/** Draws a specification into an SVG file. */
export async function drawFigure(path, specification) {
  const { spec } = compile({ ...specification, config: { ...STYLE, ...specification.config } });
  const svg = await new vega.View(vega.parse(spec), { renderer: "none" }).toSVG();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${svg}\n`);
}

const scale = (log) => (log ? { type: "log" } : { type: "linear", zero: false });

/**
 * Lines of `y` against `x`, one per `series`, one panel per `panel`. Rows that are not finite are left out.
 * `rows`: [{ x, y, series, panel }].
 */
export const linePanels = (
  rows,
  { x, y, series, panels, logX = false, logY = false, independentY = true },
) => ({
  data: { values: rows.filter((row) => Number.isFinite(row.x) && Number.isFinite(row.y)) },
  columns: Math.min(3, panels.length),
  facet: { field: "panel", sort: panels, title: null },
  resolve: { scale: { y: independentY ? "independent" : "shared", x: "independent" } },
  spec: {
    width: 230,
    height: 170,
    mark: { type: "line", point: { size: 22 }, strokeWidth: 1.5 },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: x,
        scale: scale(logX),
      },
      y: {
        field: "y",
        type: "quantitative",
        title: y,
        scale: scale(logY),
      },
      color: { field: "series", type: "nominal", sort: series, title: null },
      order: { field: "order", type: "quantitative" },
    },
  },
});

/**
 * One panel for every model and quantity (`quantities`: their labels by the rows' keys), one line for every estimator,
 * against the rows' `key`.
 */
export function quantityPanels(rows, quantities, estimators, { key, title }) {
  const names = [...new Set(rows.map((row) => row.name))];
  const lines = rows.flatMap((row) =>
    Object.entries(quantities).map(([quantity, label]) => ({
      panel: `${row.name}: ${label}`,
      series: estimators[row.estimator],
      x: row[key],
      y: row[quantity],
      order: row.K,
    })),
  );
  const panels = names.flatMap((name) => Object.values(quantities).map((label) => `${name}: ${label}`));
  return linePanels(lines, { x: title, y: "", series: Object.values(estimators), panels, logX: true });
}
