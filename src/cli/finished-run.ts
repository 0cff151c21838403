// The directory of a finished run, as it is read again: its settings, its result and its tables.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { noFinishedRun } from "./errors.js";
import { UsageError } from "./failures.js";
import { readText } from "./files.js";
import type { RunReport, RunSettingsReport } from "./run-report.js";

/** `settings.json` of a finished run. Throws a UsageError where the directory holds none. */
export function readSettings(directory: string): RunSettingsReport {
  try {
    const settings: unknown = JSON.parse(readFileSync(join(directory, "settings.json"), "utf8"));
    const run = settings as Partial<RunSettingsReport>;
    if (run.format === "mppc run" && run.sizes !== undefined) return settings as RunSettingsReport;
  } catch {
    // There is no such file, or it is not ours.
  }
  throw new UsageError(noFinishedRun(directory));
}

/** `result.json`, without which a run is not finished. Throws a UsageError where there is none, or it is not whole. */
export function readResult(directory: string): RunReport {
  const path = join(directory, "result.json");
  if (!existsSync(path)) throw new UsageError(noFinishedRun(directory));
  const { text } = readText(path);
  try {
    const report = JSON.parse(text) as Partial<RunReport>;
    if (Array.isArray(report.summary)) return report as RunReport;
  } catch {
    // It is not ours, or cut short.
  }
  throw new UsageError(noFinishedRun(directory));
}

/** The cells of a line of a table as runs write it: names with a comma in them are in quotes. */
export const cellsOf = (line: string): readonly string[] =>
  line.includes('"')
    ? [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
      )
    : line.split(",");

/** A table as text: its columns' names, and a line for each row. */
export type Table = { readonly header: readonly string[]; readonly lines: readonly string[] };

/** A table of a run's directory; null where there is none. */
export function readTable(directory: string, file: string): Table | null {
  const path = join(directory, file);
  if (!existsSync(path)) return null;
  const [head = "", ...lines] = readText(path).text.trimEnd().split("\n");
  return { header: cellsOf(head), lines };
}
