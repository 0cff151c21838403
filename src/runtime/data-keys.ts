// Rows that name what they belong to by a key: `plate houses in counties by county`. Finds what each row belongs to, and
// takes what a table repeats for every row of an outer element once.
import type { CompiledModel } from "../compiled.js";
import type { Diagnostic } from "../diagnostic.js";
import type { PlateInterface } from "../ir/interface.js";
import type { SourceFile, Span } from "../source.js";
import type { DataEntry, NumbersValue } from "./data-value.js";
import { tooMany } from "./errors.js";
import {
  columnVaries,
  columnWithoutRows,
  keyColumnMissing,
  keyMissing,
  keyNotAPlace,
  keyUnknown,
  labelTwice,
  manyWithoutRows,
  type KeyedPlate,
} from "./row-errors.js";

const SHOWN = 10;
/** From so many elements on it is said when most have no rows. */
const MANY = 20;

/** What each row of a plate belongs to: places of the parent's elements in the order of their file. */
export type Keys = {
  readonly plate: KeyedPlate;
  readonly parents: Int32Array;
  /** The list or column that the keys stand in. */
  readonly entry: DataEntry;
  /** Names of the parent's elements, where keys are names, and how many elements there are by the keys. */
  readonly labels: readonly string[] | null;
  readonly parentSize: number;
};

export type KeyedData = {
  /** By the plate's name. */
  readonly keys: ReadonlyMap<string, Keys>;
  /** One entry for each name: of several columns of one name, the one that holds the variable's values. */
  readonly entries: ReadonlyMap<string, DataEntry>;
  readonly diagnostics: readonly Diagnostic[];
};

export const isKeyed = (plate: PlateInterface): plate is PlateInterface & KeyedPlate =>
  plate.by !== null && plate.parent !== null;

/** Resolves the keys of every plate that has some, innermost first: outer keys may stand in the table of an inner plate. */
export function bindKeys(
  model: CompiledModel,
  all: readonly DataEntry[],
  modelSpan: (plate: string) => Span,
): KeyedData {
  const tables = new Tables(model, all);
  const diagnostics: Diagnostic[] = [];
  const keys = new Map<string, Keys>();
  for (const plate of model.interface.plates.filter(isKeyed).toReversed()) {
    const entry = tables.keyColumn(plate);
    if (entry === undefined) {
      const files = [...new Set(all.map((e) => e.keySpan.source.path))].join(", ");
      diagnostics.push(keyColumnMissing(plate, modelSpan(plate.name), files));
      continue;
    }
    const resolved = resolve(plate, entry, tables.namesOf(plate.parent, plate.by), diagnostics);
    if (resolved === null) continue;
    keys.set(plate.name, resolved);
    if (diagnostics.length === 0) tables.collapse(plate, resolved, diagnostics);
  }
  return { keys, entries: tables.entries(), diagnostics };
}

/** Reads a key column. Null after a report. */
function resolve(
  plate: KeyedPlate,
  entry: DataEntry,
  names: DataEntry | null,
  diagnostics: Diagnostic[],
): Keys | null {
  const { value } = entry;
  if (value.kind !== "numbers" || value.shape.length !== 1) {
    diagnostics.push(keyColumnMissing(plate, entry.keySpan, entry.keySpan.source.path));
    return null;
  }
  const texts = value.texts();
  const found: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): number => {
    found.push(diagnostic);
    return -1;
  };
  const areNumbers = value.flaws.every((flaw) => flaw.kind === "null") && names === null;
  const labels = areNumbers ? null : labelsOf(plate.parent, names, texts, found);
  const place = new Map(labels?.map((label, i) => [label, i] as const));
  const parents = Int32Array.from(texts, (text, i) => {
    const span = value.locate(i);
    if (text === null) return report(keyMissing(plate, i + 1, span));
    if (!areNumbers) return place.get(text) ?? report(keyUnknown(plate, i + 1, text, span));
    const number = value.values[i] ?? NaN;
    const isPlace = Number.isInteger(number) && number >= 1 && number < 2 ** 31;
    return isPlace ? number - 1 : report(keyNotAPlace(plate, i + 1, text, null, span));
  });
  diagnostics.push(...found.slice(0, SHOWN));
  if (found.length > SHOWN) diagnostics.push(tooMany(found[0]?.code ?? "", found.length - SHOWN));
  const parentSize = labels?.length ?? parents.reduce((most, p) => Math.max(most, p + 1), 0);
  return found.length > 0 ? null : { plate, parents, entry, labels, parentSize };
}

/** Names of a plate's elements: those given for it, else the keys' own in the order of their first appearance. */
function labelsOf(
  plate: string,
  names: DataEntry | null,
  keys: readonly (string | null)[],
  diagnostics: Diagnostic[],
): string[] {
  if (names?.value.kind !== "numbers") return [...new Set(keys.filter((key) => key !== null))];
  const { value } = names;
  const seen = new Set<string>();
  return value.texts().map((text, i) => {
    const label = text ?? "";
    if (seen.has(label)) diagnostics.push(labelTwice(plate, label, value.locate(i)));
    seen.add(label);
    return label;
  });
}

/** Warns where most elements of a plate that only keys tell the size of have no rows. */
export function sparseKeys({ plate, parents, labels, parentSize }: Keys): Diagnostic[] {
  const used = new Set(parents).size;
  return labels === null && parentSize >= MANY && used < parentSize / 2
    ? [manyWithoutRows(plate, parentSize, used)]
    : [];
}

/** The columns of all tables, each table with the innermost plate that any of its columns is over. */
class Tables {
  readonly #plates: ReadonlyMap<string, PlateInterface>;
  readonly #dataPlates: ReadonlyMap<string, readonly string[]>;
  readonly #lists: DataEntry[];
  readonly #columns = new Map<SourceFile, DataEntry[]>();

  constructor(model: CompiledModel, all: readonly DataEntry[]) {
    this.#plates = new Map(model.interface.plates.map((p) => [p.name, p]));
    this.#dataPlates = new Map(model.interface.data.map((d) => [d.name, d.plates]));
    this.#lists = all.filter((e) => !e.column);
    for (const e of all)
      if (e.column) this.#columns.set(e.keySpan.source, [...(this.#columns.get(e.keySpan.source) ?? []), e]);
  }

  #depth(plate: string): number {
    const parent = this.#plates.get(plate)?.parent ?? null;
    return parent === null ? 0 : 1 + this.#depth(parent);
  }

  /** The innermost plate that a table's variables, or else its keys, are over. */
  #plateOf(columns: readonly DataEntry[]): string | undefined {
    const byKeys = [...this.#plates.values()].filter((p) => columns.some((c) => c.key === p.by));
    const values = columns.filter((c) => !byKeys.some((p) => p.by === c.key));
    const byData = values.flatMap((c) => this.#dataPlates.get(c.key)?.at(-1) ?? []);
    const all = byData.length > 0 ? byData : byKeys.map((p) => p.name);
    return all.sort((a, b) => this.#depth(b) - this.#depth(a))[0];
  }

  #tableOf(plate: string): readonly DataEntry[] | undefined {
    return [...this.#columns.values()].find((columns) => this.#plateOf(columns) === plate);
  }

  /** Where the keys of a plate stand: in its own table, or in a list. */
  keyColumn(plate: KeyedPlate): DataEntry | undefined {
    const inTable = this.#tableOf(plate.name)?.find((c) => c.key === plate.by);
    return inTable ?? this.#lists.find((e) => e.key === plate.by);
  }

  /** The names of a plate's elements: a list of its name, or the column `by` of its own table. */
  namesOf(plate: string, by: string): DataEntry | null {
    const list = this.#lists.find((e) => e.key === plate && e.value.kind === "numbers");
    const isNames = list?.value.kind === "numbers" && list.value.shape.length === 1;
    if (list !== undefined && isNames) return list;
    return this.#tableOf(plate)?.find((c) => c.key === by) ?? null;
  }

  /** Takes the columns over the parent, and over what it is nested in, out of the table of `plate`, once per element. */
  collapse({ name, parent }: KeyedPlate, keys: Keys, diagnostics: Diagnostic[]): void {
    const table = this.#tableOf(name);
    if (table === undefined || !keys.entry.column || table !== this.#columns.get(keys.entry.keySpan.source))
      return;
    const isOuter = (column: DataEntry): boolean => {
      const plates = this.#dataPlates.get(column.key);
      const innermost = plates?.at(-1);
      if (innermost !== undefined) return innermost !== name && this.#isWithin(name, innermost);
      return plates === undefined && this.#keysAbove(parent).has(column.key);
    };
    const outer = table.filter(isOuter);
    const kept = table.filter((column) => !outer.includes(column));
    this.#columns.set(keys.entry.keySpan.source, kept);
    if (outer.length === 0) return;
    // A table in memory: the same columns with one row for each element of the parent.
    const source = { ...keys.entry.keySpan.source };
    const once = outer.map((column) => collapseColumn(column, keys, diagnostics));
    this.#columns.set(
      source,
      once.map((column) => ({ ...column, keySpan: { ...column.keySpan, source } })),
    );
  }

  #isWithin(inner: string, outer: string): boolean {
    const parent = this.#plates.get(inner)?.parent ?? null;
    return parent !== null && (parent === outer || this.#isWithin(parent, outer));
  }

  /** The key columns of a plate and of those that it is nested in. */
  #keysAbove(plate: string): Set<string> {
    const found = new Set<string>();
    for (let up = this.#plates.get(plate); up !== undefined; up = this.#plates.get(up.parent ?? ""))
      if (up.by !== null) found.add(up.by);
    return found;
  }

  entries(): Map<string, DataEntry> {
    const found = new Map(this.#lists.map((e) => [e.key, e]));
    for (const columns of this.#columns.values()) {
      const plate = this.#plateOf(columns);
      for (const column of columns)
        if (!found.has(column.key) || this.#dataPlates.get(column.key)?.at(-1) === plate)
          found.set(column.key, column);
    }
    return found;
  }
}

/** A column with one value for each element of the parent: that of its first row, which all its rows must have. */
function collapseColumn(column: DataEntry, keys: Keys, diagnostics: Diagnostic[]): DataEntry {
  const { value } = column;
  if (value.kind !== "numbers") return column;
  const { plate, parents, parentSize, labels } = keys;
  const width = value.shape[1] ?? 1;
  const first = new Int32Array(parentSize).fill(-1);
  const texts = width === 1 ? value.texts() : null;
  const cell = (row: number, j: number): string =>
    texts === null ? String(value.values[row * width + j]) : (texts[row] ?? "missing");
  const nameOf = (element: number): string => labels?.[element] ?? `element ${element + 1}`;
  const found: Diagnostic[] = [];
  parents.forEach((parent, row) => {
    const before = first[parent] ?? -1;
    if (before < 0) first[parent] = row;
    for (let j = 0; j < width && before >= 0; j++) {
      if (
        cell(before, j) === cell(row, j) ||
        value.values[before * width + j] === value.values[row * width + j]
      )
        continue;
      found.push(
        columnVaries(
          column.key,
          plate.parent,
          nameOf(parent),
          { row: before + 1, value: cell(before, j), span: value.locate(before * width + j) },
          { row: row + 1, value: cell(row, j), span: value.locate(row * width + j) },
        ),
      );
    }
  });
  first.forEach((row, element) => {
    if (row < 0) found.push(columnWithoutRows(column.key, plate.parent, nameOf(element), column.keySpan));
  });
  diagnostics.push(...found.slice(0, SHOWN));
  if (found.length > SHOWN) diagnostics.push(tooMany(found[0]?.code ?? "", found.length - SHOWN));
  return { ...column, value: rowsOfColumn(value, first, width) };
}

/** The chosen rows of a column. */
function rowsOfColumn(value: NumbersValue, rows: Int32Array, width: number): NumbersValue {
  const at = (flat: number): number => (rows[Math.floor(flat / width)] ?? 0) * width + (flat % width);
  const texts = value.texts;
  return {
    ...value,
    shape: [rows.length, ...value.shape.slice(1)],
    values: Float64Array.from({ length: rows.length * width }, (_, i) => value.values[at(i)] ?? NaN),
    locate: (flat) => value.locate(at(flat)),
    texts: () => {
      const all = texts();
      return Array.from(rows, (row) => all[row] ?? null);
    },
  };
}
