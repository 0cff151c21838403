// Leave-one-out cross-validation: the estimate as a whole, and the observations that it rests on badly.
import type { LeaveOneOutRow } from "../../inference/predictive.js";
import { COLOR, figure, type Section, type Spec } from "../chart.js";
import { markup } from "../markup.js";
import { amount, rounded } from "../numbers.js";
import type { RunRecord } from "../run-record.js";
import { representative } from "../thinning.js";
import { RELIABLE_K } from "./weights.js";

const MOST_POINTS = 1500;
const WORST = 10;

export function leaveOneOut({ leaveOneOut: loo }: RunRecord): Section | null {
  if (loo === null) return null;
  const { rows, elpd, se, p } = loo;
  const bad = rows.filter(({ pareto_k }) => pareto_k > RELIABLE_K).length;
  const numbered = rows.map((row, i) => ({ row, i: i + 1 }));
  const some = representative(numbered, ({ row }) => row.pareto_k, MOST_POINTS);
  const drawn = figure(
    "loo-k",
    "Pareto k of each observation",
    "Pareto k of each observation, with the line at 0.7",
    tailSpec(some),
  );
  const worst = [...rows].sort((a, b) => a.elpd_loo - b.elpd_loo).slice(0, WORST);
  const judged =
    bad === 0
      ? "All observations have a Pareto k below 0.7, so that the estimate can be relied on."
      : `${bad} of ${rows.length.toLocaleString("en-US")} observations have a Pareto k above 0.7, where the estimate is not reliable.`;
  return {
    id: "leave-one-out",
    title: "Leave-one-out",
    body: markup`<p>How well each observation is predicted from all others: elpd ${elpd.toFixed(1)} ± ${se.toFixed(1)}, ${p.toFixed(1)} effective parameters. ${judged}</p>
<div class="grid">${drawn.html}<div class="scroll"><table><caption>Predicted worst</caption><thead><tr><th scope="col">observation</th><th scope="col" class="number">elpd</th><th scope="col" class="number">p</th><th scope="col" class="number">Pareto k</th></tr></thead><tbody>${worst.map((row) => markup`<tr><th scope="row">${row.name}</th><td class="number">${amount(row.elpd_loo, 3)}</td><td class="number">${amount(row.p_loo, 2)}</td><td class="number${row.pareto_k > RELIABLE_K ? " alarm" : ""}">${row.pareto_k.toFixed(2)}</td></tr>`)}</tbody></table></div></div>
${some.length === rows.length ? null : markup`<p class="left-out">The chart leaves out ${(rows.length - some.length).toLocaleString("en-US")} observations between the lowest and the highest k.</p>`}`,
    charts: [drawn.chart],
  };
}

function tailSpec(points: readonly { readonly row: LeaveOneOutRow; readonly i: number }[]): Spec {
  const values = points.map(({ row: { name, pareto_k: k, elpd_loo: e }, i }) => ({
    i,
    n: name,
    k: rounded(k, 3),
    e: rounded(e, 3),
    bad: k > RELIABLE_K,
  }));
  return {
    height: 220,
    layer: [
      {
        data: { values: [{ k: RELIABLE_K }] },
        mark: { type: "rule", strokeDash: [4, 3], color: COLOR.alarm },
        encoding: { y: { field: "k", type: "quantitative" } },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 20, opacity: 0.65 },
        encoding: {
          x: {
            field: "i",
            type: "quantitative",
            scale: { nice: false, zero: false },
            axis: { title: "observation", tickMinStep: 1 },
          },
          y: { field: "k", type: "quantitative", axis: { title: "Pareto k" } },
          color: {
            field: "bad",
            type: "nominal",
            scale: { domain: [false, true], range: [COLOR.main, COLOR.alarm] },
            legend: null,
          },
          tooltip: [
            { field: "n", title: "observation" },
            { field: "k", title: "Pareto k" },
            { field: "e", title: "elpd" },
          ],
        },
      },
    ],
  };
}
