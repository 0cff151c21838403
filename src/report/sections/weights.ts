// How far the particles can be trusted: effective sizes and tails of weights by group.
import { COLOR, figure, type Section, type Spec } from "../chart.js";
import { markup } from "../markup.js";
import { amount, rounded } from "../numbers.js";
import type { GroupRecord, RunRecord } from "../run-record.js";

/** Above it a mean over weights is not reliable (Vehtari and others 2024). */
export const RELIABLE_K = 0.7;
const MOST_GROUPS = 40;

export function weights({ groups }: RunRecord): Section | null {
  if (groups.length === 0) return null;
  const worst = [...groups]
    .sort((a, b) => (a.independentDraws ?? a.minimumEss) - (b.independentDraws ?? b.minimumEss))
    .slice(0, MOST_GROUPS);
  const cell = (value: number | null): string => (value === null ? "–" : amount(value));
  const rows = worst.map(
    (g) =>
      markup`<tr><th scope="row">${g.group}</th><td class="number">${g.particles}</td><td class="number">${cell(g.independentDraws)}</td><td class="number">${cell(g.medianEss)}</td><td class="number">${cell(g.minimumEss)}</td><td class="number${g.paretoK > RELIABLE_K ? " alarm" : ""}">${Number.isFinite(g.paretoK) ? g.paretoK.toFixed(2) : "–"}</td></tr>`,
  );
  const sampled = worst.filter(({ paretoK }) => Number.isFinite(paretoK));
  const drawn =
    sampled.length === 0
      ? null
      : figure(
          "group-k",
          "Pareto k of each group",
          "Pareto k of each group, with the line at 0.7",
          tailSpec(sampled),
        );
  const left = groups.length - worst.length;
  return {
    id: "weights",
    title: "Weights",
    body: markup`<p>How many independent draws a final set of particles is worth, and how heavy the tail of its weights is: above ${RELIABLE_K} a group's guide may miss some of the posterior.</p>
<div class="grid"><div class="scroll"><table><thead><tr><th scope="col">group</th><th scope="col" class="number">particles</th><th scope="col" class="number">independent draws</th><th scope="col" class="number">ess, median</th><th scope="col" class="number">ess, smallest</th><th scope="col" class="number">Pareto k</th></tr></thead><tbody>${rows}</tbody></table></div>${drawn?.html ?? null}</div>${left === 0 ? null : markup`<p class="left-out">Left out: ${left} groups that do better.</p>`}`,
    charts: drawn === null ? [] : [drawn.chart],
  };
}

function tailSpec(groups: readonly GroupRecord[]): Spec {
  return {
    height: 22 * groups.length,
    layer: [
      {
        data: { values: [{ k: RELIABLE_K }] },
        mark: { type: "rule", strokeDash: [4, 3], color: COLOR.alarm },
        encoding: { x: { field: "k", type: "quantitative" } },
      },
      {
        data: {
          values: groups.map(({ group, paretoK }) => ({
            g: group,
            k: rounded(paretoK, 3),
            bad: paretoK > RELIABLE_K,
          })),
        },
        mark: { type: "point", filled: true, size: 70, opacity: 1 },
        encoding: {
          y: { field: "g", type: "nominal", sort: null, axis: { title: null, labelLimit: 180 } },
          x: { field: "k", type: "quantitative", axis: { title: "Pareto k" } },
          color: {
            field: "bad",
            type: "nominal",
            scale: { domain: [false, true], range: [COLOR.main, COLOR.alarm] },
            legend: null,
          },
          shape: {
            field: "bad",
            type: "nominal",
            scale: { domain: [false, true], range: ["circle", "triangle-up"] },
            legend: null,
          },
          tooltip: [
            { field: "g", title: "group" },
            { field: "k", title: "Pareto k" },
          ],
        },
      },
    ],
  };
}
