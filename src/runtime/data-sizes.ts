// Works out how long every plate and vector is from the data, and finds arrays whose shapes disagree.
import type { CompiledModel } from "../compiled.js";
import { applyRow } from "../ops.js";
import type { Diagnostic } from "../diagnostic.js";
import type { EventAxisInterface, SizeExpression } from "../ir/interface.js";
import { MEANING } from "../codegen-js/math.js";
import { ExtendedSizes } from "../ir/axis.js";
import { MOST_VALUES } from "../typecheck/support.js";
import type { BoundData, DataOrigin } from "./data.js";
import type { Keys } from "./data-keys.js";
import { bindRows, dimensionsOf, raggedPlates, siblingsTogether } from "./data-rows.js";
import type { DataEntry, NumbersValue } from "./data-value.js";
import {
  arrayForScalar,
  emptyPlate,
  plateSizeNotWhole,
  platesDisagree,
  scalarForArray,
  sizeNotPositive,
  supportSize,
  tableForOther,
  uncoveredPlate,
  vectorLength,
  wrongShape,
  type Dimension,
  type SizeWitness,
} from "./errors.js";

type Origins = Map<string, DataOrigin>;
type Sized = {
  readonly sizes: ExtendedSizes;
  /** Plates whose elements may differ in number. */
  readonly ragged: ReadonlySet<string>;
  readonly diagnostics: Diagnostic[];
};

/**
 * Lengths of the plates, of the vectors' axes and of those of discrete latents that are summed out, by name. Arrays of one plate given as a single number become arrays in
 * `origins` where the plate is known to have one element.
 */
export function bindSizes(
  model: CompiledModel,
  origins: Origins,
  entries: ReadonlyMap<string, DataEntry>,
  keys: ReadonlyMap<string, Keys>,
): Sized {
  const { lengths, columns, diagnostics } = vectorLengths(model, origins);
  for (const [name, origin] of origins) {
    const matrix = origin.interface.event === null ? undefined : columns.get(origin.interface.event);
    if (matrix === undefined) continue;
    const flat = rowByRow(origin.value, matrix);
    if (flat === null) {
      const outer = dimensionsOf(model, origin.interface.plates).map((plate) => ({
        name: plate,
        length: null,
      }));
      const sides = [
        { name: "rows", length: matrix.rows },
        { name: "columns", length: matrix.columns },
      ];
      const { declared, value } = origin;
      diagnostics.push(wrongShape(declared, value.span, [...outer, ...sides], value.shape));
    } else origins.set(name, { ...origin, value: flat });
  }
  const supports = supportLengths(model, origins, diagnostics);
  const context = { model, entries, keys, ragged: raggedPlates(model, origins.values()) };
  // What is empty says so of the plates that it has.
  const ranked = [...origins.values()].filter(
    (origin) => origin.value.shape.length === rank(model, origin) || isEmpty(model, origin),
  );
  const plates = plateSizes(context, ranked, diagnostics);
  const sizes = new ExtendedSizes(
    new Map([...lengths, ...supports, ...[...plates].map(([plate, w]) => [plate, w.length] as const)]),
    [],
    { columns: new Map([...columns].map(([axis, matrix]) => [axis, matrix.columns])) },
  );
  for (const [name, origin] of origins) {
    const { value, declared } = origin;
    const expected = dimensions(model, origin, sizes);
    const { span } = value;
    if (isEmpty(model, origin)) continue;
    if (value.shape.length === expected.length) {
      const found = value.shape.at(-1) ?? 0;
      const wanted = origin.interface.event === null ? undefined : lengths.get(origin.interface.event);
      if (wanted !== undefined && wanted !== found)
        diagnostics.push(vectorLength(declared, span, wanted, found));
      continue;
    }
    const isColumn = entries.get(name)?.column === true;
    if (isColumn)
      diagnostics.push(tableForOther(declared, entries.get(name)?.keySpan ?? span, origin.interface.plates));
    else if (expected.length === 0) diagnostics.push(arrayForScalar(declared, span, value.shape));
    else if (value.shape.length > 0) diagnostics.push(wrongShape(declared, span, expected, value.shape));
    else if (expected.every((d) => d.length === 1))
      origins.set(name, {
        ...origin,
        value: { ...value, shape: expected.map(() => 1), lengths: expected.map(() => null) },
      });
    else diagnostics.push(scalarForArray(declared, span, expected));
  }
  const unsure = [...origins.values()].some(
    (origin) => origin.value.shape.length !== rank(model, origin) || isMisshapen(context, origin),
  );
  const missing = model.interface.data.some((item) => !origins.has(item.name));
  if (!unsure && !missing) diagnostics.push(...uncovered(context, plates));
  if (unsure || missing || diagnostics.length > 0)
    return { sizes: new ExtendedSizes(sizes), ragged: context.ragged, diagnostics };
  return withRows(context, origins, sizes);
}

/** What the arrays are held against: the model, what plates' keys say, and which plates are ragged. */
type BindingContext = {
  readonly model: CompiledModel;
  readonly entries: ReadonlyMap<string, DataEntry>;
  readonly keys: ReadonlyMap<string, Keys>;
  readonly ragged: ReadonlySet<string>;
};

/** Adds the rows of ragged plates, and names of plates' elements. */
function withRows(
  { model, entries, keys, ragged }: BindingContext,
  origins: Origins,
  sizes: ExtendedSizes,
): Sized {
  const crossed = siblingsTogether(model, ragged, (name) => origins.get(name));
  if (crossed.length > 0) return { sizes: new ExtendedSizes(sizes), ragged, diagnostics: crossed };
  const bound = bindRows(model, [...origins.values()], keys, ragged, sizes);
  const labels = new Map<string, readonly string[]>();
  const known = new ExtendedSizes(bound.sizes, [], {
    rows: bound.rows,
    labels,
    columns: sizes.columns,
  });
  if (bound.diagnostics.length > 0) return { sizes: known, ragged, diagnostics: bound.diagnostics };
  for (const { plate, labels: names } of keys.values())
    if (names !== null) labels.set(plate.parent, inStorage(names, plate.parent, known));
  for (const plate of model.interface.plates) {
    const names = namesGiven(entries.get(plate.name));
    if (names !== null && !labels.has(plate.name))
      labels.set(plate.name, inStorage(names, plate.name, known));
  }
  return { sizes: known, ragged, diagnostics: [] };
}

/** Names of a plate's elements, from the file's order into that of storage. */
function inStorage(names: readonly string[], plate: string, sizes: ExtendedSizes): readonly string[] {
  const byKey = sizes.rows.get(plate)?.byKey ?? null;
  if (byKey === null) return names;
  const stored: string[] = [];
  byKey.forEach((row, i) => (stored[row] = names[i] ?? ""));
  return stored;
}

/** A list of names that stands for a plate's size. */
function namesGiven(entry: DataEntry | undefined): readonly string[] | null {
  if (entry?.value.kind !== "numbers" || entry.value.shape.length !== 1) return null;
  const { value } = entry;
  const areNames = value.flawCount === value.shape[0] && value.flaws.every((flaw) => flaw.kind === "text");
  return areNames ? value.texts().map((text) => text ?? "") : null;
}

/** Whether one of its plates has no elements. */
const isEmpty = (model: CompiledModel, { interface: item, value }: DataOrigin): boolean =>
  dimensionsOf(model, item.plates).some(
    (_, depth) => value.shape[depth] === 0 && (value.lengths[depth] ?? null) === null,
  );
/** Whether numbers stand at different depths, or rows differ in length where no ragged plate is. */
const isMisshapen = ({ model, ragged }: BindingContext, { interface: item, value }: DataOrigin): boolean => {
  const plates = dimensionsOf(model, item.plates);
  return (
    value.flaws.some((flaw) => flaw.kind === "depth") ||
    value.lengths.some((rows, depth) => rows !== null && !ragged.has(plates[depth] ?? ""))
  );
};
const rank = (model: CompiledModel, { interface: item }: DataOrigin): number =>
  dimensionsOf(model, item.plates).length + (item.event === null ? 0 : 1);

function dimensions(
  model: CompiledModel,
  { interface: item }: DataOrigin,
  sizes: ReadonlyMap<string, number>,
): Dimension[] {
  const plates = dimensionsOf(model, item.plates).map((name) => ({ name, length: sizes.get(name) ?? null }));
  return item.event === null
    ? plates
    : [...plates, { name: "vector", length: sizes.get(item.event) ?? null }];
}

/** Every plate's size by the first that tells it: its own key, else the first array over it. */
function plateSizes(
  context: BindingContext,
  ranked: readonly DataOrigin[],
  diagnostics: Diagnostic[],
): Map<string, SizeWitness> {
  const { model, entries, keys, ragged } = context;
  const first = new Map<string, SizeWitness>();
  const tell = (witness: SizeWitness): void => {
    const before = first.get(witness.plate);
    if (before === undefined) {
      first.set(witness.plate, witness);
      if (witness.length === 0) diagnostics.push(emptyPlate(witness));
    } else if (before.length !== witness.length) diagnostics.push(platesDisagree(witness, before));
  };
  for (const { name: plate } of model.interface.plates) {
    const entry = entries.get(plate);
    if (entry === undefined) continue;
    const { value, keySpan: span } = entry;
    const names = namesGiven(entry);
    if (names !== null) {
      tell({ name: plate, plate, length: names.length, span });
      continue;
    }
    const length = value.kind === "numbers" && value.shape.length === 0 ? (value.values[0] ?? NaN) : NaN;
    if (Number.isInteger(length) && length >= 0) tell({ name: plate, plate, length, span });
    else diagnostics.push(plateSizeNotWhole(plate, span));
  }
  for (const { plate, parents, entry } of keys.values())
    tell({ name: plate.by, plate: plate.name, length: parents.length, span: entry.value.span });
  for (const origin of ranked) {
    if (isMisshapen(context, origin)) continue;
    const { interface: item, value } = origin;
    dimensionsOf(model, item.plates).forEach((plate, i) => {
      // Below an empty outer plate there is nothing to count; rows that may differ are counted one by one.
      if (value.shape.slice(0, i).includes(0) || (ragged.has(plate) && !keys.has(plate))) return;
      tell({ name: item.name, plate, length: value.shape[i] ?? 0, span: value.span });
    });
  }
  // Keys tell how large their parent is where nothing else does; names do in any case.
  for (const { plate, labels, parentSize, entry } of keys.values())
    if (
      (labels !== null || !first.has(plate.parent)) &&
      (!ragged.has(plate.parent) || keys.has(plate.parent))
    )
      tell({ name: plate.by, plate: plate.parent, length: parentSize, span: entry.value.span });
  return first;
}

/** Lengths of the axes of vectors, from literals and scalar data. */
function vectorLengths(
  model: CompiledModel,
  origins: ReadonlyMap<string, DataOrigin>,
): {
  lengths: Map<string, number>;
  columns: Map<string, MatrixSides>;
  diagnostics: Diagnostic[];
} {
  const lengths = new Map<string, number>();
  const columns = new Map<string, MatrixSides>();
  const diagnostics: Diagnostic[] = [];
  const told = new Set<string>();
  for (const { axis, size, columns: sides } of model.interface.eventAxes) {
    const length = evaluate(size, scalarOf(origins));
    if (length === null) continue;
    const width = sides === null ? null : evaluate(sides, scalarOf(origins));
    if (width !== null) columns.set(axis, { rows: length / width, columns: width });
    if (Number.isInteger(length) && length > 0) lengths.set(axis, length);
    else {
      const source = origins.get(firstData(size) ?? "");
      const what = size.kind === "data" ? `the vectors of size '${size.name}'` : "a vector";
      if (source === undefined || told.has(source.declared.name)) continue;
      told.add(source.declared.name);
      diagnostics.push(sizeNotPositive(what, length, source.value.span));
    }
  }
  return { lengths, columns, diagnostics };
}

type MatrixSides = { readonly rows: number; readonly columns: number };

/** Matrices as their elements, row by row; null if these are not all matrices with so many rows and columns. */
function rowByRow(value: NumbersValue, { rows, columns }: MatrixSides): NumbersValue | null {
  const { shape, lengths } = value;
  const isRegular = lengths.slice(-2).every((of) => of === null);
  if (shape.length < 2 || !isRegular || shape.at(-2) !== rows || shape.at(-1) !== columns) return null;
  return {
    ...value,
    shape: [...shape.slice(0, -2), rows * columns],
    lengths: [...lengths.slice(0, -2), null],
  };
}

/** How many values each discrete latent has that is summed out. */
function supportLengths(
  model: CompiledModel,
  origins: ReadonlyMap<string, DataOrigin>,
  diagnostics: Diagnostic[],
): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { name, axis, support } of model.interface.groups) {
    if (support === null) continue;
    const [lower, upper] = [
      evaluate(support.lower, scalarOf(origins)),
      evaluate(support.upper, scalarOf(origins)),
    ];
    if (lower === null || upper === null) continue;
    const count = upper - lower + 1;
    const data = firstData(support.upper) ?? firstData(support.lower);
    const source = origins.get(data ?? "");
    if (count >= 1 && count <= MOST_VALUES) lengths.set(axis, count);
    else if (source !== undefined)
      diagnostics.push(supportSize(source.declared, name, count, MOST_VALUES, source.value.span));
  }
  return lengths;
}

/** The value of scalar data by its name; null where it is missing or no scalar: that is told elsewhere. */
const scalarOf =
  (origins: ReadonlyMap<string, DataOrigin>) =>
  (name: string): number | null => {
    const value = origins.get(name)?.value;
    return value?.shape.length === 0 && value.flawCount === 0 ? (value.values[0] ?? null) : null;
  };

/** Null where a datum that it needs has no value. */
function evaluate(size: SizeExpression, scalar: (name: string) => number | null): number | null {
  switch (size.kind) {
    case "literal":
      return size.value;
    case "data":
      return scalar(size.name);
    case "apply": {
      const args: number[] = [];
      for (const arg of size.args) {
        const value = evaluate(arg, scalar);
        if (value === null) return null;
        args.push(value);
      }
      return applyRow(MEANING, size.op, args);
    }
  }
}

/** Sizes of bound data with those of further vectors, which a program meets that the data was not bound for. */
export function withEventAxes(
  { sizes, arrays }: BoundData,
  eventAxes: readonly EventAxisInterface[],
): ExtendedSizes {
  const lengths = new Map<string, number>();
  const columns = new Map<string, number>(sizes.columns);
  const value = (size: SizeExpression): number | null =>
    evaluate(size, (name) => arrays.get(name)?.[0] ?? null);
  for (const { axis, size, columns: sides } of eventAxes) {
    const [length, width] = [value(size), sides === null ? null : value(sides)];
    if (sizes.has(axis) || length === null) continue;
    lengths.set(axis, length);
    if (width !== null) columns.set(axis, width);
  }
  return new ExtendedSizes(sizes, lengths, { columns });
}

function firstData(size: SizeExpression): string | undefined {
  if (size.kind === "data") return size.name;
  if (size.kind === "literal") return undefined;
  return size.args.map(firstData).find((name) => name !== undefined);
}

function uncovered(
  { model, keys, ragged }: BindingContext,
  plates: ReadonlyMap<string, SizeWitness>,
): Diagnostic[] {
  return model.interface.plates
    .filter((plate) => !plates.has(plate.name) && (!ragged.has(plate.name) || keys.has(plate.name)))
    .map((plate) => uncoveredPlate(plate.name, plateSpan(plate.name, model.source)));
}

/** The plate's name in its declaration. */
export function plateSpan(
  plate: string,
  { path, text }: { readonly path: string; readonly text: string },
): { source: { path: string; text: string }; start: number; end: number } {
  const source = { path, text };
  const match = new RegExp(`\\bplate\\s+(${plate})\\b`).exec(source.text);
  const start = match === null ? 0 : match.index + match[0].length - plate.length;
  return { source, start, end: start + plate.length };
}
