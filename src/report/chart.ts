// Charts: Vega-Lite specifications with their data, and the figures that hold them on the page.
import { markup, type Markup } from "./markup.js";

/** A Vega-Lite specification or a part of one. */
export type Spec = Readonly<Record<string, unknown>>;

/** A chart of the page; `id` is that of the element it is drawn in. */
export type Chart = { readonly id: string; readonly spec: Spec };

/** Part of a page: a heading, what is below it, and the charts among that. */
export type Section = {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
  readonly charts: readonly Chart[];
};

/** Colours that the page's style gives a meaning to, for light, dark and print. */
export const COLOR = {
  main: "var(--main)",
  light: "var(--main-soft)",
  second: "var(--second)",
  third: "var(--third)",
  alarm: "var(--alarm)",
  muted: "var(--muted)",
  line: "var(--line)",
} as const;

/** What every chart of a report looks like; colours are the page's. */
export const CHART_CONFIG: Spec = {
  background: null,
  font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: COLOR.muted,
    titleColor: COLOR.muted,
    gridColor: COLOR.line,
    domainColor: COLOR.muted,
    tickColor: COLOR.muted,
    titleFontWeight: "normal",
    labelFontSize: 11,
    titleFontSize: 11,
  },
  axisX: { grid: false },
  legend: { labelColor: COLOR.muted, titleColor: COLOR.muted, titleFontWeight: "normal" },
  title: { color: "var(--ink)", fontSize: 12, fontWeight: 600, anchor: "start" },
  header: { labelColor: "var(--ink)", titleColor: COLOR.muted },
  text: { color: COLOR.muted },
  rule: { color: COLOR.muted },
  point: { color: COLOR.main },
};

/** As wide as its place, axes included; heights are of what is within the axes. */
const FIT: Spec = { type: "fit-x", contains: "padding" };

/** A figure as wide as what it stands in. `description` is read to people who do not see it. */
export function figure(
  id: string,
  caption: string,
  description: string,
  spec: Spec,
): { readonly html: Markup; readonly chart: Chart } {
  const html = markup`<figure class="chart"><figcaption>${caption}</figcaption><div class="plot" id="${id}" role="img" aria-label="${description}"></div></figure>`;
  return {
    html,
    chart: { id, spec: { width: "container", height: 160, autosize: FIT, description, ...spec } },
  };
}

/** Field names that are shown as they are, whatever dots and brackets they have. */
export const field = (name: string): string => name.replace(/[\\.[\]'"]/g, "\\$&");

/** An id from a name: letters and digits, and a number that no other has. */
export const chartId = (kind: string, place: number): string => `${kind}-${place}`;
