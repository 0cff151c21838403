// The posterior table: every row of the summary, sorted, filtered and turned over by the page's script.
import type { SummaryRow } from "../../inference/posterior.js";
import type { Section } from "../chart.js";
import { markup } from "../markup.js";
import { amount, rounded } from "../numbers.js";
import { quantities, type Quantity } from "../quantities.js";
import { fairShares, representative } from "../thinning.js";
import type { RunRecord } from "../run-record.js";

/** Rows that a page holds at most: some 70 bytes each. */
export const MOST_ROWS = 20_000;
const FIRST_PAGE = 25;

const COLUMNS = ["name", "mean", "sd", "mcse_mean", "q5", "q50", "q95", "ess"] as const;
const TITLES: Readonly<Record<(typeof COLUMNS)[number], readonly [title: string, meaning: string]>> = {
  name: ["name", "latent or generated quantity"],
  mean: ["mean", "posterior mean"],
  sd: ["sd", "posterior standard deviation"],
  mcse_mean: ["mcse", "Monte Carlo standard error of the mean"],
  q5: ["5 %", "5 % quantile"],
  q50: ["median", "median"],
  q95: ["95 %", "95 % quantile"],
  ess: ["ess", "effective number of independent draws"],
};

/** A row as the page's script takes it: the columns in their order. */
export type TableRow = readonly [string, ...(number | null)[]];

const tableRow = (row: SummaryRow): TableRow => [
  row.name,
  ...COLUMNS.slice(1).map((column) => {
    const value = row[column as Exclude<(typeof COLUMNS)[number], "name">];
    return Number.isFinite(value) ? rounded(value, 5) : null;
  }),
];

/** The rows that the page holds: all, or of every quantity its share, the lowest, the highest and some between. */
export function tableRows(summary: readonly SummaryRow[]): readonly TableRow[] {
  if (summary.length <= MOST_ROWS) return summary.map(tableRow);
  const all = quantities(summary);
  const shares = fairShares(
    all.map(({ rows }) => rows.length),
    MOST_ROWS,
  );
  return all.flatMap((quantity: Quantity, i) =>
    representative(quantity.rows, (row) => row.q50, shares[i] ?? 0).map(tableRow),
  );
}

export function summaryTable({ summary, parameters }: RunRecord, rows: readonly TableRow[]): Section {
  const head = COLUMNS.map((column, i) => {
    const [title, meaning] = TITLES[column];
    return markup`<th scope="col" class="${i === 0 ? "" : "number"}" aria-sort="none"><button type="button" data-column="${i}" title="${meaning}">${title}</button></th>`;
  });
  // The first page is there without the script, too.
  const first = rows
    .slice(0, FIRST_PAGE)
    .map(
      ([name, ...values]) =>
        markup`<tr><th scope="row">${name}</th>${values.map((value) => markup`<td class="number">${value === null ? "–" : amount(value)}</td>`)}</tr>`,
    );
  const left = summary.length - rows.length;
  const learned = parameters.map(
    ([name, values]) =>
      markup`<tr><th scope="row">${name}</th><td>${values.map((value) => amount(value)).join(", ")}</td></tr>`,
  );
  return {
    id: "posterior",
    title: "Posterior",
    body: markup`<div class="choices"><label>show those with <input type="search" id="table-filter" placeholder="part of a name"></label>
<label>rows <select id="table-page">${[25, 50, 100, 500].map((n) => markup`<option>${n}</option>`)}</select></label>
<span id="table-count" role="status"></span>
<button type="button" id="table-before" aria-label="rows before">‹</button><button type="button" id="table-after" aria-label="further rows">›</button></div>
<div class="scroll"><table id="table" class="sortable"><caption class="hidden">Summary of the posterior</caption><thead><tr>${head}</tr></thead><tbody>${first}</tbody></table></div>
${left === 0 ? null : markup`<p class="left-out">Left out: ${left.toLocaleString("en-US")} of ${summary.length.toLocaleString("en-US")} rows. Of every quantity the lowest, the highest and some between are here; all are in summary.csv.</p>`}
${learned.length === 0 ? null : markup`<h3>Learned parameters</h3><table><tbody>${learned}</tbody></table>`}`,
    charts: [],
  };
}
