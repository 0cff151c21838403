// Binds data files to a model: every array checked against its declaration and laid out as the programs store it.
import type { CompiledModel } from "../compiled.js";
import { didYouMean, hasErrors, type Diagnostic } from "../diagnostic.js";
import { BUFFERS, type DataInterface } from "../ir/interface.js";
import type { SourceFile, Span } from "../source.js";
import { ExtendedSizes, type Sizes } from "../ir/axis.js";
import { readCsv } from "./data-csv.js";
import { readJson } from "./data-json.js";
import { checkElements, fillMissing, layOut } from "./data-layout.js";
import { bindKeys, sparseKeys } from "./data-keys.js";
import { bindSizes, plateSpan } from "./data-sizes.js";
import type { DataEntry, NumbersValue } from "./data-value.js";
import { extraKeys, keyTwice, missingVariable, noData, notNumbers, type Declared } from "./errors.js";
import { nothingObserved } from "./row-errors.js";

/** Where a bound array came from: to point at its elements in later messages. */
export type DataOrigin = {
  readonly declared: Declared;
  readonly interface: DataInterface;
  /** In the file's order. */
  readonly value: NumbersValue;
};

/** Data in the form that the programs take it. */
export type BoundData = {
  /** Lengths of plates and vectors' axes by name; particle axes are the run's affair. */
  readonly sizes: Sizes;
  /** By the data's name, and where values are missing by `BUFFERS.observed` of it, row-major over [plates in the order of their declaration, event]. */
  readonly arrays: ReadonlyMap<string, Float64Array>;
};

/** The same with where it came from, which takes many times the memory: what only messages need. */
export type LocatedData = BoundData & { readonly origins: ReadonlyMap<string, DataOrigin> };

/**
 * Binds the contents of data files (CmdStan's JSON, or CSV tables by their name's ending) to the model's data block.
 * Several files are taken together. `data` is null when there is an error; notes may come with data. What is `optional` may
 * be missing from the files, and then has no array; or have no value in them.
 */
export function bindData(
  whole: CompiledModel,
  files: readonly SourceFile[],
  optional: ReadonlySet<string> = new Set(),
): { data: LocatedData | null; diagnostics: Diagnostic[] } {
  const needed = whole.interface.data.filter((item) => !optional.has(item.name));
  if (files.length === 0 && needed.length > 0)
    return { data: null, diagnostics: [noData(needed.map((item) => item.name))] };
  const model = withoutAbsent(whole, files, optional);
  const keyNames = new Set(model.interface.plates.flatMap((p) => p.by ?? []));
  const read = readFiles(files, keyNames);
  const diagnostics = [...read.diagnostics];
  if (hasErrors(diagnostics)) return { data: null, diagnostics };
  const {
    keys,
    entries,
    diagnostics: keyMistakes,
  } = bindKeys(model, read.entries, (plate) => plateSpan(plate, model.source));
  diagnostics.push(...keyMistakes);
  const declare = declarations(model);
  const origins = new Map<string, DataOrigin>();
  const names = new Set([
    ...model.interface.data.map((d) => d.name),
    ...model.interface.plates.flatMap((p) => (p.by === null ? [p.name] : [p.name, p.by])),
  ]);
  const unused = [...entries.values()].filter((entry) => !names.has(entry.key));
  for (const item of model.interface.data) {
    const declared = declare(item);
    const entry = entries.get(item.name);
    if (entry === undefined) {
      const suggestion = didYouMean(
        item.name,
        unused.map((e) => e.key),
      );
      diagnostics.push(missingVariable(declared, suggestion, files.map((f) => f.path).join(", ")));
    } else if (entry.value.kind !== "numbers") {
      diagnostics.push(notNumbers(declared, entry.value.span, kindWords(entry.value)));
    } else origins.set(item.name, { declared, interface: item, value: singleElement(item, entry.value) });
  }
  if (keyMistakes.length > 0) return { data: null, diagnostics };
  const { sizes, ragged, diagnostics: sizeMistakes } = bindSizes(model, origins, entries, keys);
  diagnostics.push(...sizeMistakes, ...[...keys.values()].flatMap(sparseKeys));
  const arrays = new Map<string, Float64Array>();
  const missing = new Set<string>();
  for (const [name, origin] of origins) {
    diagnostics.push(...checkElements(origin, ragged));
    const { declared, interface: item, value } = origin;
    const isEmpty = value.missingCount > 0 && value.missingCount === value.values.length;
    if (item.observed && isEmpty && !optional.has(name))
      diagnostics.push(nothingObserved(declared, value.span));
    if (hasErrors(diagnostics)) continue;
    const values = layOut(origin, model.interface.plates, sizes);
    const observed = fillMissing(values);
    arrays.set(name, values);
    if (observed === null) continue;
    missing.add(name);
    arrays.set(BUFFERS.observed(name), observed);
  }
  diagnostics.push(...unusedNotes(unused));
  if (hasErrors(diagnostics)) return { data: null, diagnostics };
  return { data: { sizes: new ExtendedSizes(sizes, [], { missing }), arrays, origins }, diagnostics };
}

/** Every key of every file; the first of those given twice. Columns of keys may stand in several tables. */
function readFiles(
  files: readonly SourceFile[],
  mayRepeat: ReadonlySet<string>,
): {
  entries: readonly DataEntry[];
  diagnostics: Diagnostic[];
} {
  const entries: DataEntry[] = [];
  const first = new Map<string, DataEntry>();
  const diagnostics: Diagnostic[] = [];
  for (const source of files) {
    const { file, diagnostics: mistakes } = source.path.toLowerCase().endsWith(".csv")
      ? readCsv(source)
      : readJson(source);
    diagnostics.push(...mistakes);
    for (const entry of dataPart(file?.entries ?? [])) {
      const before = first.get(entry.key);
      const isOther = before?.keySpan.source !== entry.keySpan.source && mayRepeat.has(entry.key);
      if (before === undefined || isOther) entries.push(entry);
      else diagnostics.push(keyTwice(entry.key, entry.keySpan, before.keySpan));
      first.set(entry.key, before ?? entry);
    }
  }
  return { entries, diagnostics };
}

/** The model without optional data that no file has. */
function withoutAbsent(
  model: CompiledModel,
  files: readonly SourceFile[],
  optional: ReadonlySet<string>,
): CompiledModel {
  if (optional.size === 0) return model;
  const present = new Set(readFiles(files, new Set()).entries.map((entry) => entry.key));
  const data = model.interface.data.filter(({ name }) => present.has(name) || !optional.has(name));
  return { ...model, interface: { ...model.interface, data } };
}

/** The whole file, or what it has under "data" if that is an object. */
function dataPart(entries: readonly DataEntry[]): readonly DataEntry[] {
  const part = entries.find((entry) => entry.key === "data")?.value;
  return part?.kind === "object" ? part.entries : entries;
}

/** How diagnostics name and place each of the model's data. */
function declarations(model: CompiledModel): (item: DataInterface) => Declared {
  const source: SourceFile = { path: model.source.path, text: model.source.text };
  return (item) => {
    const span: Span = { source, start: item.span[0], end: item.span[1] };
    return { name: item.name, declaration: statementAt(source.text, span.start), span };
  };
}

/** The statement of the model's source in which a name stands: "int<lower=0> y[rows]". */
function statementAt(text: string, place: number): string {
  const start = Math.max(...[";", "{", "\n"].map((end) => text.lastIndexOf(end, place - 1))) + 1;
  const end = text.indexOf(";", place);
  return text.slice(start, end < 0 ? place : end).trim();
}

/** As in Stan, an array of one element stands for a single number. */
function singleElement(item: DataInterface, value: NumbersValue): NumbersValue {
  const scalar = item.plates.length === 0 && item.event === null;
  return scalar && value.shape.length === 1 && value.shape[0] === 1
    ? { ...value, shape: [], lengths: [] }
    : value;
}

function kindWords(value: Exclude<DataEntry["value"], NumbersValue>): string {
  switch (value.kind) {
    case "object":
      return "an object";
    case "null":
      return "null";
    case "boolean":
      return value.text;
    case "text":
      return JSON.stringify(value.text);
  }
}

/** One note for each file that has keys the model does not use. */
function unusedNotes(unused: readonly DataEntry[]): Diagnostic[] {
  const byFile = new Map<SourceFile, DataEntry[]>();
  for (const entry of unused)
    byFile.set(entry.keySpan.source, [...(byFile.get(entry.keySpan.source) ?? []), entry]);
  return [...byFile].map(([source, entries]) =>
    extraKeys(
      entries.map((e) => e.key),
      source.path,
    ),
  );
}
