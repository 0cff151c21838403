// What a calibration says, as JSON and in words.
import type { RankVerdict } from "../inference/calibration.js";
import type { Calibration } from "../inference/sbc.js";
import { alignedTable, duration, shown } from "./table.js";

/** `calibration.json`, and `--json`. */
export type CalibrationReport = {
  readonly format: "mppc calibration";
  readonly model: string;
  readonly simulated_from: string | null;
  readonly simulations: number;
  readonly draws: number;
  readonly level: number;
  readonly seed: number;
  readonly calibrated: boolean;
  readonly failed: readonly {
    readonly simulation: number;
    readonly code: string;
    readonly message: string;
  }[];
  readonly warnings: readonly { readonly code: string; readonly runs: number; readonly message: string }[];
  readonly quantities: readonly {
    readonly name: string;
    readonly mean_rank: number;
    readonly p: number;
    readonly p_adjusted: number;
    readonly departure: string | null;
    readonly counts: readonly number[];
  }[];
  readonly seconds: number;
};

/** A model of which more runs fail is not said to be calibrated. */
const MOST_FAILED = 0.05;

export function calibrationReport(
  { failed, warned }: Calibration,
  judged: readonly RankVerdict[],
  about: {
    readonly model: string;
    readonly simulateFrom?: string;
    readonly simulations: number;
    readonly draws: number;
    readonly level: number;
    readonly seed: number;
    readonly seconds: number;
  },
): CalibrationReport {
  const { model, simulations, draws, level, seed, seconds } = about;
  const isEven = judged.every((verdict) => verdict.departure === null);
  return {
    format: "mppc calibration",
    model,
    simulated_from: about.simulateFrom ?? null,
    simulations,
    draws,
    level,
    seed,
    calibrated: isEven && failed.length <= MOST_FAILED * simulations,
    failed: failed.map(({ simulation, diagnostic: { code, message } }) => ({
      simulation: simulation + 1,
      code,
      message,
    })),
    warnings: [...warned].map(([code, { count, message }]) => ({ code, runs: count, message })),
    quantities: judged.map(({ name, mean, p, adjusted, departure, counts }) => ({
      name,
      mean_rank: mean,
      p,
      p_adjusted: adjusted,
      departure,
      counts,
    })),
    seconds,
  };
}

export const isCalibrated = ({ calibrated }: CalibrationReport): boolean => calibrated;

const MEANING: Readonly<Record<string, string>> = {
  "too narrow":
    "the truth is too often among the lowest or highest draws: posteriors are too narrow, overconfident",
  "too wide": "the truth is too often in the middle of the draws: posteriors are too wide, underconfident",
  "too high": "the truth is too often below the draws: posteriors lie too high",
  "too low": "the truth is too often above the draws: posteriors lie too low",
  "otherwise off": "ranks are uneven in another way",
};

const BARS = "▁▂▃▄▅▆▇█";
const COLUMNS = 16;
/** Rows that are shown where not all are asked for. */
const SHOWN = 20;

/** Counts as a row of bars; a count as high as that of uniform ranks is in the middle. */
export function bars(counts: readonly number[]): string {
  const columns = Math.min(COLUMNS, counts.length);
  const total = counts.reduce((sum, n) => sum + n, 0);
  return Array.from({ length: columns }, (_, c) => {
    const from = Math.floor((c * counts.length) / columns);
    const to = Math.floor(((c + 1) * counts.length) / columns);
    const share = counts.slice(from, to).reduce((sum, n) => sum + n, 0) / Math.max(1, total);
    const uniform = (to - from) / counts.length;
    return BARS[Math.min(BARS.length - 1, Math.round((share / uniform) * 3.5))] ?? "";
  }).join("");
}

/** The verdict, and the quantities, those that are farthest from uniform first unless all are shown. */
export function calibrationText(report: CalibrationReport, all: boolean): string {
  const { quantities, failed, warnings, simulations, draws, level, seconds, calibrated } = report;
  const rows = all ? quantities : [...quantities].sort((a, b) => a.p - b.p).slice(0, SHOWN);
  const table = alignedTable(
    ["latent", `ranks 0 to ${draws}`, "mean", "p", "p of all", ""],
    rows.map((q) => [
      q.name,
      bars(q.counts),
      q.mean_rank.toFixed(3),
      shown(q.p),
      shown(q.p_adjusted),
      q.departure ?? "",
    ]),
    2,
  );
  const hidden = quantities.length - rows.length;
  const found = [...new Set(quantities.flatMap((q) => q.departure ?? []))];
  const departures = found.map((departure) => {
    const names = quantities.filter((q) => q.departure === departure).map((q) => q.name);
    const listed = names.slice(0, 6).join(", ") + (names.length > 6 ? ` and ${names.length - 6} more` : "");
    return `${listed}: ${MEANING[departure] ?? departure}\n`;
  });
  const first = failed[0];
  const lines = [
    table,
    hidden > 0 ? `and ${hidden} more (--all)\n` : "",
    "\n",
    ...departures,
    first === undefined
      ? ""
      : `${failed.length} of ${simulations} runs failed and are not counted; the first, ${first.simulation}: ${first.code}, ${first.message}\n`,
    ...warnings.map((w) => `${w.runs} of ${simulations} runs warned ${w.code}: ${w.message}\n`),
    calibrated
      ? `calibrated: ranks of ${simulations - failed.length} simulations are as uniform ones (level ${level}, ${duration(seconds)})\n`
      : `not calibrated (${simulations - failed.length} simulations, level ${level}, ${duration(seconds)})\n`,
  ];
  return lines.join("");
}
