// Tables as CSV: names such as z[3,7] hold commas and stand in quotes.
import type { CovarianceRow } from "../inference/covariance.js";
import type { SummaryRow } from "../inference/posterior.js";
import type { LeaveOneOutRow, PointwiseRow } from "../inference/predictive.js";

export type Cell = string | number;

const quoted = (cell: Cell): string =>
  typeof cell === "string" && /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : String(cell);

/** One row of cells. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(quoted).join(",")}\n`;

/** Rows that are made before they are written. */
const ROWS_AT_ONCE = 1024;

/** A header, and the cells of each of these rows, piece by piece; numbers in full. */
export function* csv<Row>(
  header: readonly string[],
  rows: readonly Row[],
  cells: (row: Row) => readonly Cell[],
): Generator<string> {
  yield csvLine(header);
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE)
    yield rows
      .slice(from, from + ROWS_AT_ONCE)
      .map((row) => csvLine(cells(row)))
      .join("");
}

/** `summary.csv`, and `predictions.csv`. */
export const summaryCsv = ({ summary }: { readonly summary: readonly SummaryRow[] }): Generator<string> =>
  csv(["name", "mean", "sd", "mcse_mean", "q5", "q50", "q95", "ess"], summary, (r) => [
    r.name,
    r.mean,
    r.sd,
    r.mcse_mean,
    r.q5,
    r.q50,
    r.q95,
    r.ess,
  ]);

/** `covariance.csv`. */
export const covarianceCsv = ({
  covariance,
}: {
  readonly covariance: readonly CovarianceRow[];
}): Generator<string> =>
  csv(["name_1", "name_2", "correlation", "mcse_correlation", "covariance"], covariance, (r) => [
    ...r.names,
    r.correlation,
    r.mcse,
    r.covariance,
  ]);

/** `log_lik.csv` of new data. */
export const pointwiseCsv = (rows: readonly PointwiseRow[]): Generator<string> =>
  csv(["name", "lpd", "mcse_lpd"], rows, (r) => [r.name, r.lpd, r.mcse_lpd]);

/** `log_lik.csv` of the data that the posterior comes from. */
export const leaveOneOutCsv = (rows: readonly LeaveOneOutRow[]): Generator<string> =>
  csv(["name", "lpd", "mcse_lpd", "elpd_loo", "p_loo", "pareto_k"], rows, (r) => [
    r.name,
    r.lpd,
    r.mcse_lpd,
    r.elpd_loo,
    r.p_loo,
    r.pareto_k,
  ]);
