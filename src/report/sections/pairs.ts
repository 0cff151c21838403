// Pairs of numbers: the most correlated among the draws as a matrix of plots, and any two of one's choice.
import { COLOR, figure, type Section, type Spec } from "../chart.js";
import { kernelDensity } from "../density.js";
import { markup } from "../markup.js";
import { correlation, rounded } from "../numbers.js";
import { pairedElements, type Quantity } from "../quantities.js";
import type { DrawColumns } from "../run-record.js";
import { evenly } from "../thinning.js";

const MOST_IN_MATRIX = 4;
const POINTS_IN_MATRIX = 250;
const POINTS_OF_CHOICE = 400;
const STRONGEST = 8;
const CELL = 112;

type Pair = { readonly a: string; readonly b: string; readonly r: number };

export function pairs(
  all: readonly Quantity[],
  draws: DrawColumns | null,
  latents: ReadonlySet<string> | null,
): Section | null {
  if (draws === null) return null;
  const names = pairedElements(all, latents).filter((name) => draws.columns.has(name));
  const isLatent = (name: string): boolean => latents === null || latents.has(name.replace(/\[.*$/s, ""));
  const found = correlations(names.filter(isLatent), draws);
  const matrix = mostCorrelated(found);
  if (matrix.length < 2) return null;
  const whole = figure(
    "pair-matrix",
    "The most correlated among the latents",
    "Scatter plots of the most correlated latents",
    matrixSpec(matrix, draws),
  );
  const [first] = found;
  const chosen = [first?.a ?? "", first?.b ?? ""] as const;
  const choice = figure(
    "pair-choice",
    "Two of your choice",
    "Scatter plot of two numbers",
    choiceSpec(names, draws, chosen),
  );
  const options = (selected: string) =>
    names.map((name) =>
      name === selected ? markup`<option selected>${name}</option>` : markup`<option>${name}</option>`,
    );
  return {
    id: "pairs",
    title: "Pairs",
    body: markup`<div class="grid wide"><div class="scroll">${whole.html}</div>
<div><div class="choices"><label>across <select id="pair-x">${options(chosen[0])}</select></label> <label>up <select id="pair-y">${options(chosen[1])}</select></label></div>${choice.html}
<table><caption>Strongest correlations of the draws</caption><thead><tr><th>pair</th><th class="number">correlation</th></tr></thead><tbody>${found
      .slice(0, STRONGEST)
      .map(
        ({ a, b, r }) => markup`<tr><td>${a}, ${b}</td><td class="number">${r.toFixed(2)}</td></tr>`,
      )}</tbody></table></div></div>`,
    charts: [whole.chart, choice.chart],
  };
}

/** All pairs that vary, the strongest first. */
function correlations(names: readonly string[], { columns }: DrawColumns): readonly Pair[] {
  const found = names.flatMap((a, i) =>
    names.slice(i + 1).map((b) => ({ a, b, r: correlation(columns.get(a) ?? [], columns.get(b) ?? []) })),
  );
  return found.filter(({ r }) => Number.isFinite(r)).sort((p, q) => Math.abs(q.r) - Math.abs(p.r));
}

/** The strongest pair, and one by one those that are most correlated with one that is there. */
function mostCorrelated(found: readonly Pair[]): readonly string[] {
  const chosen = new Set(found.slice(0, 1).flatMap(({ a, b }) => [a, b]));
  while (chosen.size > 0 && chosen.size < MOST_IN_MATRIX) {
    const next = found.find(({ a, b }) => chosen.has(a) !== chosen.has(b));
    if (next === undefined) break;
    chosen.add(next.a).add(next.b);
  }
  return [...chosen];
}

const thinned = (draws: DrawColumns, names: readonly string[], most: number): Spec[] =>
  evenly(draws.count, most).map((i) =>
    Object.fromEntries(names.map((name, j) => [`v${j}`, rounded(draws.columns.get(name)?.[i] ?? NaN)])),
  );

/** Below the diagonal points, on it densities. Fields are v0, v1, ...: names may hold anything. */
function matrixSpec(names: readonly string[], draws: DrawColumns): Spec {
  const axis = (shown: boolean, title: string): Spec =>
    shown
      ? { title, titleLimit: CELL, tickCount: 3, grid: false, labelFontSize: 10 }
      : { title: null, labels: false, ticks: false, grid: false };
  const cell = (row: number, column: number): Spec => {
    const bottom = row === names.length - 1;
    const [across, up] = [names[column] ?? "", names[row] ?? ""];
    const x = { type: "quantitative", scale: { zero: false }, axis: axis(bottom, across) };
    if (row === column) {
      const density = kernelDensity(draws.columns.get(across) ?? [], 60);
      const values = Array.from(density?.x ?? [], (at, i) => ({
        x: rounded(at),
        d: rounded(density?.density[i] ?? 0, 3),
      }));
      return {
        width: CELL,
        height: CELL,
        data: { values },
        mark: {
          type: "area",
          color: COLOR.main,
          fillOpacity: 0.25,
          line: { color: COLOR.main, strokeWidth: 1.5 },
        },
        encoding: {
          x: { ...x, field: "x" },
          y: {
            field: "d",
            type: "quantitative",
            axis: {
              title: column === 0 ? up : null,
              labels: false,
              ticks: false,
              grid: false,
              titleLimit: CELL,
            },
          },
        },
      };
    }
    return {
      width: CELL,
      height: CELL,
      mark: { type: "point", filled: true, size: 9, color: COLOR.main, opacity: 0.4 },
      encoding: {
        x: { ...x, field: `v${column}` },
        y: { field: `v${row}`, type: "quantitative", scale: { zero: false }, axis: axis(column === 0, up) },
      },
    };
  };
  const rows = names.map((_, row) => ({
    spacing: 8,
    hconcat: names.slice(0, row + 1).map((_, column) => cell(row, column)),
  }));
  // What is composed has a size of its own, whatever the page's width.
  return {
    width: undefined,
    height: undefined,
    autosize: undefined,
    spacing: 8,
    data: { values: thinned(draws, names, POINTS_IN_MATRIX) },
    vconcat: rows,
  };
}

function choiceSpec(names: readonly string[], draws: DrawColumns, [x, y]: readonly [string, string]): Spec {
  const values = thinned(draws, names, POINTS_OF_CHOICE);
  const fieldOf = (name: string): string => `v${names.indexOf(name)}`;
  const encoded = (name: string): Spec => ({
    field: fieldOf(name),
    type: "quantitative",
    scale: { zero: false },
    axis: { title: name, tickCount: 5 },
  });
  return {
    height: 260,
    data: { values },
    mark: { type: "point", filled: true, size: 18, color: COLOR.main, opacity: 0.45 },
    encoding: { x: encoded(x), y: encoded(y) },
  };
}
