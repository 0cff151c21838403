// What `mppc batch collect` does: one table over the results of all jobs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nothingToCollect } from "../../batch/errors.js";
import type { Job } from "../../batch/manifest.js";
import { jobColumns } from "../batch/columns.js";
import { openBatch } from "../batch/open-batch.js";
import type { CollectOptions } from "../commands/batch.js";
import { csvLine, type Cell } from "../csv.js";
import { UsageError } from "../failures.js";
import { refuseOverwriting, writeAtomically } from "../files.js";
import type { RunReport } from "../run-report.js";
import type { Terminal } from "../terminal.js";

export function batchCollect(manifest: string, options: CollectOptions, terminal: Terminal): void {
  const { jobs, results } = openBatch(manifest, options.results);
  const states = results.states(jobs);
  const done = jobs.filter((_, i) => states[i]?.kind === "done");
  if (done.length === 0) throw new UsageError(nothingToCollect(results.directory));
  const reportOf = (job: Job): RunReport =>
    JSON.parse(readFileSync(join(results.of(job.id), "result.json"), "utf8")) as RunReport;
  const lines = table(jobs, done, reportOf, TABLE[options.table]);
  if (options.o === undefined) for (const line of lines) terminal.out(line);
  else {
    refuseOverwriting(options.o, [manifest]);
    writeAtomically(options.o, lines);
    terminal.err(`${done.length} jobs in ${options.o}\n`);
  }
  const missing = jobs.length - done.length;
  if (missing > 0) terminal.err(`${missing} of ${jobs.length} jobs are not done, and not in the table\n`);
}

/** Rows of a job's results under a header; what is not a number in JSON is empty. */
type Table = {
  readonly header: readonly string[];
  readonly rows: (report: RunReport) => readonly (readonly (Cell | null)[])[];
};

/** Line by line: the tables of very many jobs need not be in memory. */
function* table(
  jobs: readonly Job[],
  done: readonly Job[],
  reportOf: (job: Job) => RunReport,
  { header, rows }: Table,
): Generator<string> {
  const columns = jobColumns(jobs);
  yield csvLine([...columns.map((column) => column.name), ...header]);
  for (const job of done) {
    const own = columns.map((column) => column.of(job));
    yield rows(reportOf(job))
      .map((row) => csvLine([...own, ...row.map((cell) => cell ?? "")]))
      .join("");
  }
}

const TABLE: Readonly<Record<CollectOptions["table"], Table>> = {
  summary: {
    header: ["name", "mean", "sd", "mcse_mean", "q5", "q50", "q95", "ess"],
    rows: ({ summary }) => summary.map((r) => [r.name, r.mean, r.sd, r.mcse_mean, r.q5, r.q50, r.q95, r.ess]),
  },
  evidence: {
    header: [
      "log_evidence",
      "mcse",
      "elpd_loo",
      "iterations",
      "stopped",
      "warnings",
      "total_seconds",
      "device",
    ],
    rows: ({ evidence, leave_one_out: loo, timing, diagnostics, device }) => [
      [
        evidence.mean,
        evidence.mcse,
        loo?.elpd ?? null,
        timing.iterations,
        diagnostics.stopped,
        diagnostics.warnings.map((warning) => warning.code).join(" "),
        timing.total_seconds,
        device,
      ],
    ],
  },
  diagnostics: {
    header: ["group", "particles", "median_ess", "minimum_ess", "pareto_k"],
    rows: ({ diagnostics }) =>
      diagnostics.effective_sample_sizes.map((g) => [g.group, g.particles, g.median, g.minimum, g.pareto_k]),
  },
};
