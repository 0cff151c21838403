// Figures of docs/performance.md: what each optimisation gives, and how time grows with particles and plates.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { drawFigure } from "../../experiments/lib/figure.mjs";
import { ROOT } from "../../experiments/lib/mppc.mjs";
import { casesNamed, labelOf } from "./cases.mjs";
import { present } from "./configuration.mjs";
import { measureCase } from "./measure.mjs";

/** Cases of the figure of optimisations. */
const STEPPED = ["radon:20", "movielens:30"];

/** What all others rest on: without it, every contraction step and nothing else is stored. */
const FIRST = "share";

/** Times the cases with no optimisations, with the first, with the first two, and so on. */
export async function measureSteps(settings, remark) {
  const { OPTIMISATION_NAMES } = await import(pathToFileURL(join(ROOT, "dist", "optimisations.js")).href);
  const names = ["none", FIRST, ...OPTIMISATION_NAMES.filter((name) => name !== FIRST)];
  const steps = [];
  for (const text of STEPPED)
    for (const each of casesNamed(text))
      for (const [i, name] of names.entries()) {
        const chosen = i === 0 ? "none" : names.slice(1, i + 1).join();
        const [result] = await measureCase(each, [present(chosen)], { ...settings, cold: false });
        steps.push({ case: labelOf(each), name, result });
        remark(
          `${labelOf(each)}, + ${name}: ${result.error ?? `${(1e3 * result.median).toPrecision(3)} ms`}`,
        );
      }
  return steps;
}

/** Draws the figures that there are results for into a folder. */
export async function drawFigures({ steps, cases }, folder) {
  const measured = cases.filter(({ results }) => results[0]?.error === undefined);
  if (steps.some(({ result }) => result.error === undefined))
    await drawFigure(join(folder, "optimisations.svg"), waterfall(steps));
  await drawGrowth(join(folder, "particles.svg"), measured, "K", (each) =>
    each.scale === 1 ? each.name : null,
  );
  await drawGrowth(join(folder, "plates.svg"), measured, "scale", (each) =>
    measured.some(({ name, K, scale }) => name === each.name && K === each.K && scale > 1)
      ? `${each.name}, K = ${each.K}`
      : null,
  );
}

/** Measured, or predicted where that would take too long. */
const secondsOf = ({ median, predictedSeconds }) => median ?? predictedSeconds;

/** Bars from the time before an optimisation to that with it, on a logarithmic scale. */
function waterfall(steps) {
  const rows = steps.flatMap(({ case: panel, name, result }, i) => {
    const to = secondsOf(result);
    if (to === undefined) return [];
    const isFirst = steps[i - 1]?.case !== panel;
    const from = isFirst ? to : (secondsOf(steps[i - 1].result) ?? to);
    const change = result.error !== undefined ? "predicted" : to > from ? "slower" : "faster";
    return [{ panel, name: isFirst ? name : `+ ${name}`, from: 1000 * from, to: 1000 * to, change }];
  });
  const order = [...new Set(rows.map((row) => row.name))];
  const x = {
    field: "name",
    type: "ordinal",
    sort: order,
    title: null,
    axis: { labelAngle: -45, offset: 14 },
  };
  const y = {
    field: "to",
    type: "quantitative",
    title: "ms an iteration",
    scale: { type: "log", nice: false },
  };
  return {
    data: { values: rows },
    facet: { field: "panel", sort: [...new Set(rows.map((row) => row.panel))], title: null },
    columns: 2,
    resolve: { scale: { y: "independent", x: "independent" } },
    spec: {
      width: 330,
      height: 240,
      layer: [
        {
          mark: { type: "bar", width: 14 },
          encoding: {
            x,
            y: { ...y, field: "from" },
            y2: { field: "to" },
            color: { field: "change", type: "nominal", sort: ["faster", "slower", "predicted"], title: null },
          },
        },
        {
          mark: { type: "tick", width: 20, thickness: 2 },
          encoding: {
            x,
            y,
            color: {
              condition: { test: "datum.change === 'predicted'", value: "#3f8f5b" },
              value: "#333",
            },
          },
        },
        {
          mark: {
            type: "text",
            dy: { expr: "datum.change === 'faster' ? 9 : -7" },
            fontSize: 9,
            color: "#333",
          },
          transform: [{ calculate: "format(datum.to, '.3~r')", as: "label" }],
          encoding: { x, y, text: { field: "label" } },
        },
      ],
    },
  };
}

/** Time of an iteration against `key`, measured and predicted, a panel for each `panelOf`; both scales logarithmic. */
async function drawGrowth(path, cases, key, panelOf) {
  const rows = cases.flatMap((each) => {
    const panel = panelOf(each);
    if (panel === null) return [];
    const [{ median, predictedSeconds }] = each.results;
    return [
      { panel, x: each[key], y: 1000 * median, series: "measured" },
      { panel, x: each[key], y: 1000 * predictedSeconds, series: "predicted" },
    ];
  });
  const lines = rows.filter(({ panel }) => rows.filter((row) => row.panel === panel).length > 2);
  if (lines.length === 0) return;
  const title = key === "K" ? "particles of every group" : "times as many elements of the longest plate";
  const log = (field, name) => ({
    field,
    type: "quantitative",
    title: name,
    scale: { type: "log", nice: false },
  });
  const series = { field: "series", type: "nominal", sort: ["measured", "predicted"], title: null };
  await drawFigure(path, {
    data: { values: lines },
    facet: { field: "panel", title: null },
    columns: 3,
    resolve: { scale: { x: "independent", y: "independent" } },
    spec: {
      width: 190,
      height: 150,
      mark: { type: "line", point: { size: 22 }, strokeWidth: 1.5 },
      encoding: {
        x: log("x", title),
        y: log("y", "ms an iteration"),
        color: series,
        strokeDash: { ...series, legend: null },
      },
    },
  });
}
