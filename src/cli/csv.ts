// Tables as CSV: names such as z[3,7] hold commas and stand in quotes.
import type { CovarianceRow } from "../inference/covariance.js";
import type { SummaryRow } from "../inference/posterior.js";
import type { LeaveOneOutRow, PointwiseRow } from "../inference/predictive.js";

type Cell = string | number;

const quoted = (cell: Cell): string =>
  typeof cell === "string" && /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : String(cell);

/** A header and rows; numbers in full. */
export function csv(header: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [header.map(quoted).join(",")];
  for (const row of rows) lines.push(row.map(quoted).join(","));
  return `${lines.join("\n")}\n`;
}

/** `summary.csv`, and `predictions.csv`. */
export const summaryCsv = ({ summary }: { readonly summary: readonly SummaryRow[] }): string =>
  csv(
    ["name", "mean", "sd", "mcse_mean", "q5", "q50", "q95", "ess"],
    summary.map((r) => [r.name, r.mean, r.sd, r.mcse_mean, r.q5, r.q50, r.q95, r.ess]),
  );

/** `covariance.csv`. */
export const covarianceCsv = ({ covariance }: { readonly covariance: readonly CovarianceRow[] }): string =>
  csv(
    ["name_1", "name_2", "correlation", "mcse_correlation", "covariance"],
    covariance.map((r) => [...r.names, r.correlation, r.mcse, r.covariance]),
  );

/** `log_lik.csv` of new data. */
export const pointwiseCsv = (rows: readonly PointwiseRow[]): string =>
  csv(
    ["name", "lpd", "mcse_lpd"],
    rows.map((r) => [r.name, r.lpd, r.mcse_lpd]),
  );

/** `log_lik.csv` of the data that the posterior comes from. */
export const leaveOneOutCsv = (rows: readonly LeaveOneOutRow[]): string =>
  csv(
    ["name", "lpd", "mcse_lpd", "elpd_loo", "p_loo", "pareto_k"],
    rows.map((r) => [r.name, r.lpd, r.mcse_lpd, r.elpd_loo, r.p_loo, r.pareto_k]),
  );
