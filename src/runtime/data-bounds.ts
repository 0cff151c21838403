// Checks bound data against the bounds that the model declares for them (`int<lower=0, upper=K> y[n]`).
import type { CompiledModel } from "../compiled.js";
import { Bug, type Diagnostic } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";
import type { Buffer } from "../ir/program.js";
import { fileAddresses } from "./arrangement.js";
import type { LocatedData, DataOrigin } from "./data.js";
import type { VectorConstraint } from "../typecheck/model.js";
import {
  notCholesky,
  notOfLengthOne,
  notPositiveDefinite,
  notSymmetric,
  notUnitDiagonal,
  rowsNotOfLengthOne,
} from "./data-matrices.js";
import { elementName, raggedIndicesOf } from "./data-value.js";
import type { Device } from "./device.js";
import { notConstrained, outOfRange, tooMany } from "./errors.js";

const SHOWN = 10;

/** Elements outside their declared bounds, 10 of each array at most. `reference` is the float64 device. */
export async function checkBounds(
  model: CompiledModel,
  data: LocatedData,
  reference: Device,
): Promise<Diagnostic[]> {
  const compiled = model.programs.bounds;
  if (compiled === undefined) return [];
  const loaded = await reference.load(compiled, data.sizes);
  try {
    for (const buffer of compiled.program.buffers) {
      if (buffer.storage !== "input") continue;
      const values = data.arrays.get(buffer.name);
      if (values === undefined) throw new Bug(`program 'bounds' wants '${buffer.name}', which is not data`);
      loaded.write(buffer.name, values);
    }
    const outputs = await loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
    const buffers = new Map(compiled.program.buffers.map((buffer) => [buffer.name, buffer]));
    return [...data.origins.values()].flatMap((origin) => {
      const { name } = origin.interface;
      const untied = brokenConstraints(origin);
      if (untied.length > 0) return untied;
      return (["lower", "upper"] as const).flatMap((side) => {
        const buffer = buffers.get(BUFFERS[side](name));
        const bounds = outputs.get(BUFFERS[side](name));
        if (buffer === undefined || bounds === undefined) return [];
        const places = boundPlaces(origin, buffer, data.sizes);
        moveStandIns(model, origin, side, bounds, places, data);
        return violations(origin, side, bounds, places);
      });
    });
  } finally {
    loaded.dispose();
  }
}

/** The place in the buffer of every element's bound, elements in the file's order. */
function boundPlaces({ interface: item }: DataOrigin, buffer: Buffer, sizes: Sizes): Int32Array {
  const axes = item.event === null ? item.plates : [...item.plates, item.event];
  const stored = buffer.axes.map((axis) => axis.name);
  return fileAddresses(stored, axes, sizes);
}

/** What stands in for missing values is moved within the bounds of their places. */
function moveStandIns(
  model: CompiledModel,
  { interface: item, value }: DataOrigin,
  side: "lower" | "upper",
  bounds: Float64Array,
  places: Int32Array,
  { arrays, sizes }: LocatedData,
): void {
  const array = arrays.get(item.name);
  if (array === undefined || sizes.missing?.has(item.name) !== true) return;
  const event = item.event === null ? [] : [item.event];
  const stored = model.interface.plates.map((p) => p.name).filter((plate) => item.plates.includes(plate));
  const addresses = fileAddresses([...stored, ...event], [...item.plates, ...event], sizes);
  const inside = side === "lower" ? Math.max : Math.min;
  value.values.forEach((x, i) => {
    const [bound, address] = [bounds[bounds.length === 1 ? 0 : (places[i] ?? 0)], addresses[i]];
    if (Number.isNaN(x) && bound !== undefined && address !== undefined)
      array[address] = inside(array[address] ?? bound, bound);
  });
}

function violations(
  { declared, value }: DataOrigin,
  side: "lower" | "upper",
  bounds: Float64Array,
  places: Int32Array,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  let rest = 0;
  const only = bounds.length === 1 ? bounds[0] : undefined;
  value.values.forEach((x, i) => {
    const bound = only ?? bounds[places[i] ?? 0];
    if (bound === undefined) throw new Bug(`no ${side} bound for element ${i} of '${declared.name}'`);
    if (Number.isNaN(x) || (side === "lower" ? x >= bound : x <= bound)) return;
    if (found.length === SHOWN) rest++;
    else {
      const element = elementName(declared.name, raggedIndicesOf(i, value));
      found.push(outOfRange(declared, element, x, side, bound, value.locate(i)));
    }
  });
  return rest > 0 ? [...found, tooMany("E0523", rest)] : found;
}

/** How far from 1 the sum of a simplex may be: files hold few digits. */
const SUM_TOLERANCE = 1e-6;

const PROBLEMS: Readonly<Record<VectorConstraint, (vector: Float64Array) => string | null>> = {
  simplex: notASimplex,
  ordered: notRising,
  positive_ordered: notRising,
  unit_vector: notOfLengthOne,
  corr_matrix: (m) => notSymmetric(m) ?? notUnitDiagonal(m) ?? notPositiveDefinite(m),
  cov_matrix: (m) => notSymmetric(m) ?? notPositiveDefinite(m),
  cholesky_factor_cov: notCholesky,
  cholesky_factor_corr: (m) => notCholesky(m) ?? rowsNotOfLengthOne(m),
};

/** Vectors that are not what they are declared to be, 10 of each array at most. */
function brokenConstraints({ declared, interface: item, value }: DataOrigin): Diagnostic[] {
  const { constraint } = item;
  const size = value.shape.at(-1) ?? 0;
  if (constraint === null || size === 0) return [];
  const found: Diagnostic[] = [];
  let rest = 0;
  for (let start = 0; start < value.values.length; start += size) {
    const vector = value.values.subarray(start, start + size);
    if (vector.some(Number.isNaN)) continue; // missing
    const problem = PROBLEMS[constraint](vector);
    if (problem === null) continue;
    if (found.length === SHOWN) rest++;
    else {
      const indices = raggedIndicesOf(start, value).slice(0, -1);
      const name = indices.length === 0 ? declared.name : elementName(declared.name, indices);
      found.push(notConstrained(declared, name, constraint, problem, value.locate(start)));
    }
  }
  return rest > 0 ? [...found, tooMany("E0539", rest)] : found;
}

function notASimplex(vector: Float64Array): string | null {
  const sum = vector.reduce((total, x) => total + x, 0);
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return null;
  return `it sums to ${Number(sum.toPrecision(8))}`;
}

function notRising(vector: Float64Array): string | null {
  const at = vector.findIndex((x, i) => i > 0 && x <= (vector[i - 1] ?? NaN));
  if (at < 0) return null;
  return `its element ${at + 1}, ${vector[at]}, is not above ${vector[at - 1]}`;
}
