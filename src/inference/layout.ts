// Buffers as the host sees them: which axes they have, and where an element of one lies in another with fewer axes.
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { sizeOf, volume, type Axis, type Sizes } from "../ir/axis.js";
import type { LoadedProgram } from "../runtime/device.js";

/** Values of a program's inputs by the buffers' names; undefined if there is no such value. */
export type Inputs = (name: string) => ArrayLike<number> | undefined;

/** The axes of a program's buffer, or undefined if it has none of that name. */
export function bufferAxes({ program }: CompiledProgram, name: string): readonly Axis[] | undefined {
  return program.buffers.find((buffer) => buffer.name === name)?.axes;
}

/** Writes every input that the program takes. A Bug if one has no value. */
export function writeInputs(loaded: LoadedProgram, { program }: CompiledProgram, inputs: Inputs): void {
  for (const buffer of program.buffers) {
    if (buffer.storage !== "input") continue;
    const values = inputs(buffer.name);
    if (values === undefined)
      throw new Bug(`input '${buffer.name}' of program '${program.name}' has no value`);
    loaded.write(buffer.name, values);
  }
}

/** Writes those inputs that have a value here; the others keep what they were written. */
export function rewriteInputs(loaded: LoadedProgram, { program }: CompiledProgram, inputs: Inputs): void {
  for (const buffer of program.buffers) {
    const values = buffer.storage === "input" ? inputs(buffer.name) : undefined;
    if (values !== undefined) loaded.write(buffer.name, values);
  }
}

/** The output of that name. A Bug if the program did not give it. */
export function output(outputs: ReadonlyMap<string, Float64Array>, name: string): Float64Array {
  const values = outputs.get(name);
  if (values === undefined) throw new Bug(`a program did not give its output '${name}'`);
  return values;
}

/** For every element over the axes `from`, its place among those over `to`, which are some of `from`. */
export function placesIn(from: readonly Axis[], to: readonly Axis[], sizes: Sizes): Int32Array {
  const strides = new Map<string, number>();
  let stride = 1;
  for (const axis of [...to].reverse()) {
    if (!from.some((a) => a.name === axis.name)) throw new Bug(`axis '${axis.name}' is missing`);
    strides.set(axis.name, stride);
    stride *= sizeOf(axis, sizes);
  }
  let places = new Int32Array(1);
  for (const axis of from) {
    const size = sizeOf(axis, sizes);
    const step = strides.get(axis.name) ?? 0;
    const next = new Int32Array(places.length * size);
    places.forEach((place, i) => {
      for (let j = 0; j < size; j++) next[i * size + j] = place + j * step;
    });
    places = next;
  }
  return places;
}

/** Names of the elements of a quantity: `z[3,7]`, 1-based in the order of its axes; a scalar is its bare name. */
export function elementNames(name: string, axes: readonly Axis[], sizes: Sizes): string[] {
  let names: string[][] = [[]];
  for (const axis of axes) {
    const size = sizeOf(axis, sizes);
    names = names.flatMap((prefix) => Array.from({ length: size }, (_, i) => [...prefix, String(i + 1)]));
  }
  return names.map((indices) => (indices.length === 0 ? name : `${name}[${indices.join(",")}]`));
}

/** The number of elements of a quantity. */
export const elementCount = (axes: readonly Axis[], sizes: Sizes): number => volume(axes, sizes);
