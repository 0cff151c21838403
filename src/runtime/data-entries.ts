// Bound data as what a data file holds: the keys of a JSON object, or the columns of tables.
import { Bug } from "../diagnostic.js";
import type { Rows, Sizes } from "../ir/axis.js";
import type { DataInterface, ModelInterface, PlateInterface } from "../ir/interface.js";
import { fileAddresses, nestOver, type Nested } from "./arrangement.js";

/** A value of a data file: numbers, nested by plate, or the names of rows or of a plate's elements. */
export type FileValue = Nested | readonly string[];

/** One table: a row for each element of a plate; null: of data that are over no plate, in one row. */
export type DataTable = {
  readonly plate: string | null;
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
};

/** The axes of a variable's array as it is stored: plates in the order of the model, then the vector's. */
export function storedAxes(
  { plates, event }: Pick<DataInterface, "plates" | "event">,
  model: Pick<ModelInterface, "plates">,
): string[] {
  const stored = model.plates.map((plate) => plate.name).filter((plate) => plates.includes(plate));
  return event === null ? stored : [...stored, event];
}

/** An array as a file nests it, matrices as lists of rows; what is not finite is null. */
export function fileArray(
  values: ArrayLike<number>,
  item: Pick<DataInterface, "plates" | "event">,
  model: Pick<ModelInterface, "plates">,
  sizes: Sizes,
): Nested {
  const wanted = item.event === null ? item.plates : [...item.plates, item.event];
  const nested = nestOver(values, storedAxes(item, model), wanted, sizes);
  const columns = item.event === null ? undefined : sizes.columns?.get(item.event);
  return columns === undefined ? nested : inRows(nested, columns);
}

/** Lists of a matrix' elements as lists of its rows. */
function inRows(nested: Nested, columns: number): Nested {
  if (!isList(nested)) throw new Bug("a matrix that is no list");
  if (nested.some(isList)) return nested.map((inner) => inRows(inner, columns));
  return Array.from({ length: nested.length / columns }, (_, row) =>
    nested.slice(row * columns, (row + 1) * columns),
  );
}

const isList = (nested: Nested): nested is readonly Nested[] => Array.isArray(nested);

/**
 * The contents of a file that binds to these arrays: the data, what rows belong to, names of plates' elements, and lengths of
 * plates that nothing else tells. Missing values are NaN.
 */
export function dataEntries(
  model: Pick<ModelInterface, "plates" | "data">,
  sizes: Sizes,
  arrays: ReadonlyMap<string, ArrayLike<number>>,
): ReadonlyMap<string, FileValue> {
  const entries = new Map<string, FileValue>();
  for (const plate of model.plates) {
    const names = sizes.labels?.get(plate.name);
    if (names !== undefined) entries.set(plate.name, inFile(names, plate.name, sizes));
    else if (!sizes.rows?.has(plate.name) && !isToldBy(model, plate.name))
      entries.set(plate.name, sizes.get(plate.name) ?? 0);
    if (plate.by !== null) entries.set(plate.by, keyColumn(model, plate, plate.by, sizes));
  }
  for (const item of model.data) {
    const values = arrays.get(item.name);
    if (values === undefined) throw new Bug(`there is no data '${item.name}'`);
    entries.set(item.name, fileArray(values, item, model, sizes));
  }
  return entries;
}

/** Whether an array has the plate as a dimension of its own. */
const isToldBy = ({ data, plates }: Pick<ModelInterface, "plates" | "data">, plate: string): boolean =>
  !plates.some((other) => other.by !== null && other.parent === plate) &&
  data.some((item) => item.plates.includes(plate));

/** What belongs to a plate's elements, from the order of storage into that of the file. */
function inFile<T>(items: readonly T[], plate: string, sizes: Sizes): readonly T[] {
  const byKey = sizes.rows?.get(plate)?.byKey ?? null;
  return byKey === null ? items : Array.from(byKey, (place) => items[place] as T);
}

/** What each row of a plate belongs to: the names of the outer plate's elements, or their places in the file, from 1 on. */
function keyColumn(
  { plates }: Pick<ModelInterface, "plates">,
  { name, parent }: PlateInterface,
  by: string,
  sizes: Sizes,
): FileValue {
  const rows = sizes.rows?.get(name);
  if (rows === undefined || parent === null) throw new Bug(`the plate '${name}' has no rows by '${by}'`);
  const parents = Array.from(rows.byKey ?? rows.parent.keys(), (place) => rows.parent[place] ?? 0);
  const labels = sizes.labels?.get(parent);
  if (labels !== undefined) return parents.map((place) => labels[place] ?? "");
  const chain = (plate: string): string[] => {
    const up = plates.find((p) => p.name === plate)?.parent ?? null;
    return up === null ? [plate] : [...chain(up), plate];
  };
  const numbers = new Map<number, number>();
  fileAddresses([parent], chain(parent), sizes).forEach((place, i) => numbers.set(place, i + 1));
  return parents.map((place) => numbers.get(place) ?? 0);
}

/** Data that no table can hold, as they are over several plates, or matrices. */
export const unfitForTables = ({ data }: Pick<ModelInterface, "data">, sizes: Sizes): string[] =>
  data
    .filter(
      (item) =>
        dimensions(item, sizes).length > 1 ||
        (item.event !== null && sizes.columns?.get(item.event) !== undefined),
    )
    .map((item) => item.name);

/**
 * The same as tables: one for each plate that data is over, with the keys of its rows, and one of data that are over no
 * plate. Nothing of it may be unfit for tables.
 */
export function dataTables(
  model: Pick<ModelInterface, "plates" | "data">,
  sizes: Sizes,
  arrays: ReadonlyMap<string, ArrayLike<number>>,
): readonly DataTable[] {
  const entries = dataEntries(model, sizes, arrays);
  const plates = [...new Set(model.data.map((item) => dimensions(item, sizes)[0] ?? null))];
  return plates.map((plate): DataTable => {
    const items = model.data.filter((item) => (dimensions(item, sizes)[0] ?? null) === plate);
    const own = model.plates.find((p) => p.name === plate)?.by ?? null;
    // The names of a plate's elements stand in the column that rows of an inner plate are keyed by.
    const inner = model.plates.find((p) => p.parent === plate && p.by !== null)?.by ?? null;
    const names = plate === null || inner === null ? undefined : sizes.labels?.get(plate);
    const columns = [
      ...(own === null ? [] : columnsOf(own, entries.get(own) ?? [], false)),
      ...(names === undefined || inner === null || plate === null
        ? []
        : columnsOf(inner, inFile(names, plate, sizes), false)),
      ...items.flatMap((item) => {
        const value = entries.get(item.name) ?? null;
        return columnsOf(item.name, plate === null ? [value as Nested] : value, item.event !== null);
      }),
    ];
    const length = columns[0]?.[1].length ?? 0;
    return {
      plate,
      header: columns.map(([name]) => name),
      rows: Array.from({ length }, (_, i) => columns.map(([, values]) => values[i] ?? null)),
    };
  });
}

type Cell = string | number | null;

/** A column, or the columns `x.1`, `x.2`, ... of a vector. */
function columnsOf(
  name: string,
  value: FileValue,
  isVector: boolean,
): (readonly [string, readonly Cell[]])[] {
  const rows = value as readonly (Cell | readonly Cell[])[];
  if (!isVector) return [[name, rows as readonly Cell[]]];
  const width = (rows[0] as readonly Cell[] | undefined)?.length ?? 0;
  return Array.from({ length: width }, (_, j) => [
    `${name}.${j + 1}`,
    rows.map((row) => (row as readonly Cell[])[j] ?? null),
  ]);
}

/** The plates that are dimensions of a variable's array in a file: rows with a key imply what they belong to. */
function dimensions({ plates }: DataInterface, sizes: Sizes): string[] {
  const rows = sizes.rows ?? new Map<string, Rows>();
  const implied = new Set<string>();
  for (const plate of plates)
    if ((rows.get(plate)?.byKey ?? null) !== null)
      for (let up = rows.get(plate)?.of; up !== undefined; up = rows.get(up)?.of) implied.add(up);
  return plates.filter((plate) => !implied.has(plate));
}
