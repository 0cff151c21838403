// Buffers as the host sees them: which axes they have, and where an element of one lies in another with fewer axes.
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { countedAxes, rowsOf, sizeOf, volume, type Axis, type Sizes } from "../ir/axis.js";
import { DRAW_AXIS, isDerived } from "../ir/interface.js";
import type { Buffer } from "../ir/program.js";
import { fileAddresses } from "../runtime/arrangement.js";
import type { LoadedProgram } from "../runtime/device.js";

/** Values of a program's inputs by the buffers' names; undefined if there is no such value. */
export type Inputs = (name: string) => ArrayLike<number> | undefined;

/** The axes of a program's buffer, or undefined if it has none of that name. */
export function bufferAxes({ program }: CompiledProgram, name: string): readonly Axis[] | undefined {
  return program.buffers.find((buffer) => buffer.name === name)?.axes;
}

/** The axes of one draw in a buffer that holds a value for each, or undefined if the program has none of that name. */
export const axesOfDraw = (compiled: CompiledProgram, name: string): readonly Axis[] | undefined =>
  bufferAxes(compiled, name)?.filter((axis) => axis.name !== DRAW_AXIS);

/** What a program takes; of what finishes its results, what data alone decides. */
export function inputBuffers({ program, finish }: CompiledProgram): readonly Buffer[] {
  const further = finish?.program.buffers.filter(({ name }) => isDerived(name)) ?? [];
  return [...program.buffers, ...further].filter(({ storage }) => storage === "input");
}

/** Writes every input that the program takes. A Bug if one has no value. */
export function writeInputs(loaded: LoadedProgram, compiled: CompiledProgram, inputs: Inputs): void {
  const { program } = compiled;
  for (const buffer of inputBuffers(compiled)) {
    const values = inputs(buffer.name);
    if (values === undefined)
      throw new Bug(`input '${buffer.name}' of program '${program.name}' has no value`);
    loaded.write(buffer.name, values);
  }
}

/** Those of the values that the program has inputs for. */
export function inputsOf(
  compiled: CompiledProgram,
  values: Iterable<readonly [string, ArrayLike<number>]>,
): ReadonlyMap<string, ArrayLike<number>> {
  const taken = new Set(inputBuffers(compiled).map(({ name }) => name));
  return new Map([...values].filter(([name]) => taken.has(name)));
}

/** The output of that name. A Bug if the program did not give it. */
export function output(outputs: ReadonlyMap<string, Float64Array>, name: string): Float64Array {
  const values = outputs.get(name);
  if (values === undefined) throw new Bug(`a program did not give its output '${name}'`);
  return values;
}

/** For every element over the axes `from`, its place among those over `to`, which are some of `from` or implied by them. */
export function placesIn(from: readonly Axis[], to: readonly Axis[], sizes: Sizes): Int32Array {
  const strides = new Map<string, number>();
  let stride = 1;
  for (const axis of [...countedAxes(to)].reverse()) {
    if (!from.some((a) => a.name === axis.name)) throw new Bug(`axis '${axis.name}' is missing`);
    strides.set(axis.name, stride);
    stride *= sizeOf(axis, sizes);
  }
  let places = new Int32Array(1);
  for (const axis of countedAxes(from)) {
    const size = sizeOf(axis, sizes);
    const steps = stepsAlong(axis, strides, sizes);
    const next = new Int32Array(places.length * size);
    places.forEach((place, i) => {
      for (let j = 0; j < size; j++) next[i * size + j] = place + (steps[j] ?? 0);
    });
    places = next;
  }
  return places;
}

/** What each place along an axis, and the places that it implies, add to an address with these strides. */
function stepsAlong(axis: Axis, strides: ReadonlyMap<string, number>, sizes: Sizes): Int32Array {
  const own = strides.get(axis.name) ?? 0;
  if (axis.parent === null) return Int32Array.from({ length: sizeOf(axis, sizes) }, (_, j) => j * own);
  const outer = stepsAlong(axis.parent, strides, sizes);
  return rowsOf(axis, sizes).parent.map((parent, j) => (outer[parent] ?? 0) + j * own);
}

/**
 * Names of the elements of a quantity: `z[3,7]`, 1-based in the order of its axes, with the names that the data has for
 * a plate's elements; a scalar is its bare name.
 */
export function elementNames(name: string, axes: readonly Axis[], sizes: Sizes): string[] {
  let names: string[][] = [[]];
  for (const axis of countedAxes(axes)) {
    const indices = indicesAlong(axis, axes, sizes);
    names = names.flatMap((prefix) => indices.map((own) => [...prefix, ...own]));
  }
  return names.map((indices) => (indices.length === 0 ? name : `${name}[${indices.join(",")}]`));
}

/** For each place along an axis its index, after those that it implies. */
function indicesAlong(axis: Axis, axes: readonly Axis[], sizes: Sizes): string[][] {
  const labels = sizes.labels?.get(axis.name);
  const columns = sizes.columns?.get(axis.name);
  const index = (place: number, local: number): string => labels?.[place] ?? String(local + 1);
  if (columns !== undefined)
    return Array.from({ length: sizeOf(axis, sizes) }, (_, i) => [
      String(Math.floor(i / columns) + 1),
      String((i % columns) + 1),
    ]);
  if (axis.parent === null) return Array.from({ length: sizeOf(axis, sizes) }, (_, i) => [index(i, i)]);
  const outer = indicesAlong(axis.parent, axes, sizes);
  const { parent, starts } = rowsOf(axis, sizes);
  return Array.from(parent, (p, i) => [...(outer[p] ?? []), index(i, i - (starts[p] ?? 0))]);
}

/** What belongs to the elements over `axes`, one each in the order of storage, in the order of the data's file. */
export function inFileOrder<T>(items: readonly T[], axes: readonly Axis[], sizes: Sizes): readonly T[] {
  const keyed = axes.some((axis) => (sizes.rows?.get(axis.name)?.byKey ?? null) !== null);
  if (!keyed) return items;
  const names = axes.map((axis) => axis.name);
  return Array.from(fileAddresses(names, names, sizes), (place) => items[place] as T);
}

/** The number of elements of a quantity. */
export const elementCount = (axes: readonly Axis[], sizes: Sizes): number => volume(axes, sizes);
