// Predictions beside the rows of the tables that they are of: a table as it was given, and columns more.
import { join, basename } from "node:path";
import type { CompiledModel } from "../compiled.js";
import type { DrawnValues } from "../inference/draws.js";
import { drawnSummary, pointwiseSummary } from "../inference/predictive.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { fileAddresses } from "../runtime/arrangement.js";
import { tableCells } from "../runtime/data-csv.js";
import type { SourceFile } from "../source.js";
import { csv } from "./csv.js";
import { writeAtomically } from "./files.js";
import type { HeldOut } from "./held-out.js";

/** Of each generated quantity at a row: its mean, its standard deviation and three quantiles. */
const STATISTICS = ["mean", "sd", "q5", "q50", "q95"] as const;

/**
 * Writes `rows-NAME.csv` for each of the tables: its own columns, then those of every generated quantity and replicated outcome, and the log
 * predictive density of every observation, that a row has one of: those over the table's plate and over what that is nested
 * in. Returns the paths.
 */
export function writeRows(
  directory: string,
  tables: readonly SourceFile[],
  model: CompiledModel,
  found: Pick<HeldOut, "atDraws" | "replicated">,
  sizes: Sizes,
): string[] {
  return tables.flatMap((table) => {
    const [header, ...rows] = tableCells(table);
    const plate = header === undefined ? null : plateOf(header, model, sizes);
    // What a run reads as data is one row for each element of a plate, in the order of the file.
    if (header === undefined || plate === null || rows.length !== sizes.get(plate)) return [];
    const columns = columnsAt(plate, model, found, sizes);
    if (columns.length === 0) return [];
    const path = join(directory, `rows-${basename(table.path)}`);
    const numbers = rows.map((cells, i) => ({ cells, i }));
    writeAtomically(
      path,
      csv([...header, ...columns.map(({ name }) => name)], numbers, ({ cells, i }) => [
        ...cells,
        ...columns.map(({ values }) => {
          const value = values[i];
          return value === undefined || Number.isNaN(value) ? "" : value;
        }),
      ]),
    );
    return [path];
  });
}

/** The plate that the rows of a table are: the innermost of its variables', else of its keys'. */
function plateOf(
  header: readonly string[],
  { interface: model }: CompiledModel,
  sizes: Sizes,
): string | null {
  const depth = (plate: string): number => {
    const parent = model.plates.find((p) => p.name === plate)?.parent ?? null;
    return parent === null ? 0 : 1 + depth(parent);
  };
  const columns = new Set(header.map((name) => name.replace(/(?:\.\d+|\[\d+\])$/, "")));
  const byData = model.data.flatMap((d) => (columns.has(d.name) ? d.plates.slice(-1) : []));
  const byKeys = model.plates.flatMap((p) => (p.by !== null && columns.has(p.by) ? [p.name] : []));
  const candidates = [...byData, ...(byData.length === 0 ? byKeys : [])].sort((a, b) => depth(b) - depth(a));
  const [innermost] = candidates;
  return innermost !== undefined && sizes.has(innermost) ? innermost : null;
}

type Column = { readonly name: string; readonly values: readonly (number | undefined)[] };

function columnsAt(
  plate: string,
  model: CompiledModel,
  { atDraws: found, replicated }: Pick<HeldOut, "atDraws" | "replicated">,
  sizes: Sizes,
): Column[] {
  const places = (axes: readonly Axis[]): Int32Array | null => placesAt(plate, axes, model, sizes);
  const summarised = (
    of: Parameters<typeof drawnSummary>[2],
    [name, drawn]: readonly [string, DrawnValues],
  ): Column[] => {
    const at = places(drawn.axes);
    if (at === null) return [];
    const rows = drawnSummary(name, drawn, of, sizes);
    return STATISTICS.map((statistic) => ({
      name: `${name}.${statistic}`,
      values: Array.from(at, (place) => rows[place]?.[statistic]),
    }));
  };
  const generated = [...found.generated].flatMap((each) => summarised(found, each));
  const outcomes = [...replicated.data].flatMap((each) => summarised(replicated, each));
  const observed = [...found.observations].flatMap(([name, values]): Column[] => {
    const at = places(values.axes);
    const isCounted = values.counted.some((counted) => counted !== 0);
    if (at === null || !isCounted) return [];
    const rows = pointwiseSummary(name, values, found.count, sizes);
    return [{ name: `${name}.lpd`, values: Array.from(at, (place) => rows[place]?.lpd) }];
  });
  return [...generated, ...outcomes, ...observed];
}

/** Where each row's value of a quantity over these axes lies; null where a row does not have one value of it. */
function placesAt(
  plate: string,
  axes: readonly Axis[],
  model: CompiledModel,
  sizes: Sizes,
): Int32Array | null {
  const ragged = sizes.rows?.get(plate);
  const within = new Set([plate]);
  for (let up = ragged?.of; up !== undefined; up = sizes.rows?.get(up)?.of) within.add(up);
  const parents = model.interface.plates.find((p) => p.name === plate)?.parent ?? null;
  // Rows of a table are all elements of a plate only where nothing else tells them apart.
  if (parents !== null && (ragged?.byKey ?? null) === null) return null;
  if (axes.length === 0 || axes.some((axis) => !within.has(axis.name))) return null;
  return fileAddresses(
    axes.map((axis) => axis.name),
    [plate],
    sizes,
  );
}
