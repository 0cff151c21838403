// How many rows every element of a nested plate has: from arrays whose rows differ in length, or from keys.
import type { CompiledModel } from "../compiled.js";
import type { Diagnostic } from "../diagnostic.js";
import { ExtendedSizes, rowsOfLengths, type Rows, type Sizes } from "../ir/axis.js";
import { fileAddresses, fileDimensions } from "./arrangement.js";
import { isKeyed, type Keys } from "./data-keys.js";
import type { DataOrigin } from "./data.js";
import { emptyPlate } from "./errors.js";
import { keyNotAPlace, raggedSiblings, rowsDisagree, tooManyRows } from "./row-errors.js";

/** Places among rows travel through float32, which counts no further. */
const MOST_ROWS = 2 ** 24;

/** The dimensions that a variable's array has in the file. */
export function dimensionsOf(model: CompiledModel, plates: readonly string[]): string[] {
  const known = new Map(model.interface.plates.map((p) => [p.name, p]));
  return fileDimensions(
    plates,
    (plate) => (known.get(plate)?.by ?? null) !== null,
    (plate) => known.get(plate)?.parent ?? null,
  );
}

/** Plates whose elements are counted row by row: keyed ones, those of which an array's rows differ, and what these are in. */
export function raggedPlates(model: CompiledModel, origins: Iterable<DataOrigin>): Set<string> {
  const parentOf = new Map(model.interface.plates.map((p) => [p.name, p.parent]));
  const found = new Set<string>();
  const add = (plate: string): void => {
    const parent = parentOf.get(plate) ?? null;
    if (parent === null) return;
    found.add(plate);
    add(parent);
  };
  for (const plate of model.interface.plates) if (isKeyed(plate)) add(plate.name);
  for (const { interface: item, value } of origins)
    dimensionsOf(model, item.plates).forEach((plate, depth) => {
      if ((value.lengths[depth] ?? null) !== null) add(plate);
    });
  return found;
}

/**
 * The rows of every ragged plate, outer plates first. `lengths`: of plates that are not ragged, of keyed ones their rows
 * in all. The arrays' ranks are right.
 */
export function bindRows(
  model: CompiledModel,
  origins: readonly DataOrigin[],
  keys: ReadonlyMap<string, Keys>,
  ragged: ReadonlySet<string>,
  lengths: ReadonlyMap<string, number>,
): { rows: ReadonlyMap<string, Rows>; sizes: ReadonlyMap<string, number>; diagnostics: Diagnostic[] } {
  const rows = new Map<string, Rows>();
  const sizes = new Map(lengths);
  const diagnostics: Diagnostic[] = [];
  const nested = nestingOrder(model).filter((plate) => ragged.has(plate.name));
  for (const { name, parent } of nested) {
    if (parent === null) continue;
    const known = new ExtendedSizes(sizes, [], { rows });
    const key = keys.get(name);
    const found =
      key === undefined
        ? rowsOfArrays(model, name, parent, origins, known, diagnostics)
        : rowsOfKeys(model, key, known, diagnostics);
    if (found === null || diagnostics.length > 0) return { rows, sizes, diagnostics };
    rows.set(name, found);
    sizes.set(name, found.parent.length);
    const first = origins.find((o) => o.interface.plates.includes(name));
    if (found.parent.length === 0 && first !== undefined)
      diagnostics.push(
        emptyPlate({ name: first.interface.name, plate: name, length: 0, span: first.value.span }),
      );
    if (found.parent.length > MOST_ROWS && first !== undefined)
      diagnostics.push(tooManyRows(name, found.parent.length, MOST_ROWS, first.value.span));
  }
  return { rows, sizes, diagnostics };
}

/** Outer plates before those that are nested in them. */
function nestingOrder(model: CompiledModel): CompiledModel["interface"]["plates"] {
  const { plates } = model.interface;
  const depth = (name: string | null): number =>
    name === null ? 0 : 1 + depth(plates.find((p) => p.name === name)?.parent ?? null);
  return [...plates].sort((a, b) => depth(a.name) - depth(b.name));
}

function chainOf(model: CompiledModel, plate: string): string[] {
  const parent = model.interface.plates.find((p) => p.name === plate)?.parent ?? null;
  return parent === null ? [plate] : [...chainOf(model, parent), plate];
}

/** Sorts rows by the place of their parent; rows of one parent stay in the file's order. */
function rowsOfKeys(model: CompiledModel, keys: Keys, sizes: Sizes, diagnostics: Diagnostic[]): Rows | null {
  const { plate, parents, entry } = keys;
  const placeOf = fileAddresses([plate.parent], chainOf(model, plate.parent), sizes);
  const counts = new Int32Array(placeOf.length);
  parents.forEach((parent, row) => {
    const place = placeOf[parent];
    if (place !== undefined) counts[place] = (counts[place] ?? 0) + 1;
    else if (entry.value.kind === "numbers" && diagnostics.length === 0)
      diagnostics.push(
        keyNotAPlace(plate, row + 1, String(parent + 1), placeOf.length, entry.value.locate(row)),
      );
  });
  if (diagnostics.length > 0) return null;
  const { starts } = rowsOfLengths(plate.parent, counts);
  const next = starts.slice();
  const byKey = parents.map((parent) => {
    const place = placeOf[parent] ?? 0;
    const row = next[place] ?? 0;
    next[place] = row + 1;
    return row;
  });
  return rowsOfLengths(plate.parent, counts, byKey);
}

/** How long the rows of every array over the plate are, which must be the same for all. */
function rowsOfArrays(
  model: CompiledModel,
  plate: string,
  parent: string,
  origins: readonly DataOrigin[],
  sizes: Sizes,
  diagnostics: Diagnostic[],
): Rows | null {
  type Witness = {
    readonly name: string;
    readonly length: number;
    readonly span: DataOrigin["value"]["span"];
  };
  const parents = fileAddresses([parent], chainOf(model, parent), sizes).length;
  const told: (Witness | undefined)[] = Array.from({ length: parents });
  for (const { interface: item, value } of origins) {
    const dimensions = dimensionsOf(model, item.plates);
    const depth = dimensions.indexOf(plate);
    if (depth < 0) continue;
    const outer = dimensions.slice(0, depth);
    // Plates inside the ragged one do not come before it, and what does has a size by now.
    if (outer.some((each) => sizes.get(each) === undefined)) continue;
    const places = fileAddresses([parent], outer, sizes);
    const lengths = value.lengths[depth] ?? null;
    for (const [row, place] of places.entries()) {
      const length = lengths === null ? (value.shape[depth] ?? 0) : (lengths[row] ?? 0);
      const witness = { name: item.name, length, span: value.span };
      const before = told[place];
      told[place] ??= witness;
      if (before === undefined || before.length === length) continue;
      diagnostics.push(rowsDisagree(plate, row + 1, witness, before));
      return null;
    }
  }
  return rowsOfLengths(
    parent,
    told.map((witness) => witness?.length ?? 0),
  );
}

/** Variables and latents over two ragged plates that are nested in the same plate: their rows have no common order. */
export function siblingsTogether(
  model: CompiledModel,
  ragged: ReadonlySet<string>,
  declare: (name: string) => { declared: DataOrigin["declared"] } | undefined,
): Diagnostic[] {
  const { data, latents, generated } = model.interface;
  const found: Diagnostic[] = [];
  for (const { name, plates } of [...data, ...latents, ...generated])
    for (const a of plates)
      for (const b of plates) {
        if (a >= b || !ragged.has(a) || !ragged.has(b)) continue;
        const [up, down] = [chainOf(model, a), chainOf(model, b)];
        if (up.includes(b) || down.includes(a)) continue;
        const common = up.filter((plate) => down.includes(plate)).at(-1);
        if (common === undefined) continue;
        const span = { source: model.source, start: 0, end: 0 };
        const declared = declare(name)?.declared ?? { name, declaration: name, span };
        found.push(raggedSiblings(declared, declared.span, a, b, common));
      }
  return found.slice(0, 1);
}
