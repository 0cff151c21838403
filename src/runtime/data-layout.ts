// Checks the elements of an array and puts it from the file's order of plates into the order in which programs store it.
import type { Diagnostic } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import type { PlateInterface } from "../ir/interface.js";
import { fileAddresses } from "./arrangement.js";
import type { DataOrigin } from "./data.js";
import { elementName, raggedIndicesOf } from "./data-value.js";
import { flawedElement, nonInteger, tooMany } from "./errors.js";

const SHOWN = 10;

/** Elements that are missing, not finite, of another kind, or not whole where `int` is declared; 10 of them at most. */
export function checkElements(
  { declared, interface: item, value }: DataOrigin,
  ragged: ReadonlySet<string>,
): Diagnostic[] {
  // Rows may only differ in length along plates that are ragged, and then for good reason.
  if (value.raggedCount > 0 && !item.plates.some((plate) => ragged.has(plate))) {
    const found = value.ragged.slice(0, SHOWN).map((flaw) => flawedElement(declared, flaw));
    const rest = value.raggedCount - found.length;
    return rest > 0 ? [...found, tooMany("E0517", rest)] : found;
  }
  if (value.flawCount > 0 && !(item.observed && value.flawCount === value.missingCount)) {
    const found = value.flaws.slice(0, SHOWN).map((flaw) => flawedElement(declared, flaw));
    const rest = value.flawCount - found.length;
    return rest > 0 ? [...found, tooMany(found.at(-1)?.code ?? "", rest)] : found;
  }
  if (item.base !== "int") return [];
  const found: Diagnostic[] = [];
  let rest = 0;
  value.values.forEach((x, i) => {
    if (Number.isInteger(x) || Number.isNaN(x)) return;
    if (found.length < SHOWN) {
      const element = elementName(declared.name, raggedIndicesOf(i, value));
      found.push(nonInteger(declared, element, x, value.locate(i)));
    } else rest++;
  });
  return rest > 0 ? [...found, tooMany("E0522", rest)] : found;
}

/** The array over [plates in the order of their declaration, event], which is its own; missing values are NaN. */
export function layOut(
  { interface: item, value }: DataOrigin,
  plates: readonly PlateInterface[],
  sizes: Sizes,
): Float64Array {
  const event = item.event === null ? [] : [item.event];
  if (item.plates.some((plate) => sizes.rows?.has(plate) === true)) {
    const stored = plates.map((plate) => plate.name).filter((plate) => item.plates.includes(plate));
    const addresses = fileAddresses([...stored, ...event], [...item.plates, ...event], sizes);
    const result = new Float64Array(addresses.length);
    addresses.forEach((address, i) => (result[address] = value.values[i] ?? NaN));
    return result;
  }
  const order = plates.map((plate) => item.plates.indexOf(plate.name)).filter((place) => place >= 0);
  if (item.event !== null) order.push(item.plates.length);
  return transpose(value.values, value.shape, order);
}

/**
 * Puts another value of the array in the place of each that is missing, so that densities can be computed there, and
 * returns where there are values (1) and where not (0); null where none is missing.
 */
export function fillMissing(values: Float64Array): Float64Array | null {
  if (!values.some(Number.isNaN)) return null;
  const observed = values.map((x) => (Number.isNaN(x) ? 0 : 1));
  const standIn = values.find((x) => !Number.isNaN(x)) ?? 0;
  observed.forEach((is, i) => {
    if (is === 0) values[i] = standIn;
  });
  return observed;
}

/** Row-major `values` of `shape` with its axes in another order: axis `i` of the result is axis `order[i]`. */
export function transpose(
  values: Float64Array,
  shape: readonly number[],
  order: readonly number[],
): Float64Array {
  if (order.every((axis, i) => axis === i)) return values.slice();
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * n, 1));
  const lengths = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 0);
  const result = new Float64Array(values.length);
  const index = order.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from] ?? NaN;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      from += steps[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      if (index[axis] !== lengths[axis]) break;
      from -= (steps[axis] ?? 0) * (lengths[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return result;
}
