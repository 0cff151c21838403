// The summary of a run as a person reads it: a table of the first elements of everything, and the evidence.
import { worstFirst } from "../inference/diagnosis.js";
import type { SummaryRow } from "../inference/posterior.js";
import type { InferenceResult } from "../inference/infer.js";
import type { learnedParameters } from "./run-report.js";
import { alignedTable, shown } from "./table.js";

/** Summaries up to this long are printed whole. */
const WHOLE = 40;
/** Else this many elements of each quantity. */
const FIRST = 5;

const HEADER = ["name", "mean", "sd", "mcse", "q5", "q50", "q95", "ess"];

export function summaryText(
  { summary, evidence }: Pick<InferenceResult, "summary"> & Partial<Pick<InferenceResult, "evidence">>,
  options: {
    readonly file: string;
    readonly all: boolean;
    readonly parameters?: ReturnType<typeof learnedParameters>;
  },
): string {
  const rows = options.all || summary.length <= WHOLE ? summary.map(cells) : abridged(summary, options.file);
  const table = alignedTable(HEADER, rows);
  if (evidence === undefined) return `${table}\n`;
  const error = Number.isFinite(evidence.mcse) ? ` (Monte Carlo error ${shown(evidence.mcse)})` : "";
  const learned = (options.parameters ?? []).map(
    ([name, value]) => `${name} = ${[value].flat().map(shown).join(", ")}\n`,
  );
  const points = learned.length === 0 ? "" : `learned parameters\n${learned.join("")}\n`;
  return `${table}\n${points}log evidence ${evidence.mean.toFixed(2)}${error}\n`;
}

/** How well the final pass did by group, the worst first. */
export function groupsText({ groups }: Pick<InferenceResult, "groups">): string {
  const rows = worstFirst(groups).map(({ group, particles, independentDraws: draws, final, tailShape }) => [
    group,
    String(particles),
    ...[draws, final.median, final.minimum].map((x) => (Number.isFinite(x) ? x.toFixed(1) : shown(x))),
    Number.isFinite(tailShape) ? tailShape.toFixed(2) : shown(tailShape),
  ]);
  const header = ["group", "particles", "independent draws", "ess median", "ess minimum", "pareto k"];
  return `\n${alignedTable(header, rows)}`;
}

function cells(row: SummaryRow): string[] {
  const { name, mean, sd, mcse_mean, q5, q50, q95, ess } = row;
  return [
    name,
    ...[mean, sd, mcse_mean, q5, q50, q95].map(shown),
    Number.isNaN(ess) ? shown(ess) : ess < 10 ? ess.toFixed(1) : ess.toFixed(0),
  ];
}

/** The first elements of each quantity, and a line that says where the others are. */
function abridged(summary: readonly SummaryRow[], file: string): string[][] {
  const byQuantity = new Map<string, SummaryRow[]>();
  for (const row of summary) {
    const quantity = row.name.replace(/\[.*$/, "");
    const rows = byQuantity.get(quantity) ?? [];
    rows.push(row);
    byQuantity.set(quantity, rows);
  }
  return [...byQuantity].flatMap(([quantity, rows]) => {
    const rest = rows.length - FIRST;
    if (rest < 2) return rows.map(cells);
    return [...rows.slice(0, FIRST).map(cells), [more(quantity, rest, file)]];
  });
}

const more = (quantity: string, rest: number, file: string): string =>
  `... ${rest.toLocaleString("en-US")} more of ${quantity} in ${file}`;
