// Where the buffers of a program lie in GPU memory, and whether the device can hold them.
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { rowAxis, rowStride, sizeOf, VECTOR_LENGTH, volume, type Axis, type Sizes } from "../ir/axis.js";
import type { Feedback, Program } from "../ir/program.js";
import { describeBuffer } from "./buffers.js";
import { gridTooLarge, outOfMemory, tableTooLarge } from "./device-errors.js";
import { lifetimes, shareBuffers, shareOneBuffer, type Touches } from "./shared-buffers.js";

export const FLOAT_BYTES = 4;
/** Uniform bindings may start at multiples of this on every device. */
const UNIFORM_ALIGNMENT = 256;
/** Names of the GPU buffers that hold all inputs, and all tables that are packed. */
export const INPUTS = "inputs";
export const TABLES = "tables";

/** A buffer's rows: how many, how long, and how far apart in memory (see rowStride). */
export type Rows = { readonly count: number; readonly length: number; readonly stride: number };
/** A buffer of the program within a GPU buffer: from where and how many float32 elements, and how its rows lie in them. */
export type Slice = {
  readonly gpuBuffer: string;
  readonly start: number;
  readonly length: number;
  readonly rows: Rows;
};
export type MemoryPlan = {
  /** Elements of each GPU buffer. Inputs have one, packed tables another, all other tables several (see shareBuffers). */
  readonly gpuBuffers: ReadonlyMap<string, { readonly elements: number; readonly input: boolean }>;
  readonly slices: ReadonlyMap<string, Slice>;
  /** Outputs one after the other, as they are read back. */
  readonly outputs: readonly (Slice & { readonly name: string; readonly stagedAt: number })[];
  readonly stagedElements: number;
  /** Inputs that are copied from tables between runs, which lie first among the inputs, and the copies that do it. */
  readonly fed: readonly (Slice & { readonly name: string })[];
  readonly copies: readonly Copy[];
  /** Bytes of all of these. */
  readonly bytes: number;
};

/** So many elements from a place in a GPU buffer to one in the inputs. */
export type Copy = {
  readonly gpuBuffer: string;
  readonly from: number;
  readonly to: number;
  readonly length: number;
};

/** A GPU buffer of less than a vector cannot be bound as one. */
export const byteSize = (elements: number): number => FLOAT_BYTES * Math.max(VECTOR_LENGTH, elements);

/** Bytes from one kernel's uniforms to the next one's. */
export const uniformStride = (fields: number): number =>
  UNIFORM_ALIGNMENT * Math.ceil((FLOAT_BYTES * fields) / UNIFORM_ALIGNMENT);

/**
 * Inputs lie one after the other in one buffer. Tables of launches that are over share memory with those of later ones;
 * `launches` are in order.
 */
export function planMemory(
  { program, wgsl }: CompiledProgram,
  sizes: Sizes,
  launches: readonly Touches[],
): MemoryPlan {
  const bindings = Object.values(wgsl).flatMap((launch) => launch.bindings);
  const packed = new Set(bindings.flatMap(({ holds, buffers }) => (holds === "packed" ? buffers : [])));
  const gpuBuffers = new Map<string, { elements: number; input: boolean }>();
  const slices = new Map<string, Slice>();
  const arrays = program.buffers.map(({ name, storage, axes }) => {
    const rows = rowsInMemory(axes, sizes);
    return {
      name,
      storage,
      rows,
      elements: VECTOR_LENGTH * Math.ceil((rows.count * rows.stride) / VECTOR_LENGTH),
    };
  });
  const place = (name: string, gpuBuffer: string, start: number): void => {
    const array = arrays.find((each) => each.name === name);
    if (array !== undefined) slices.set(name, { gpuBuffer, start, length: array.elements, rows: array.rows });
  };
  // What feeds inputs lies in their order, so that few copies do it.
  const feedback = (program.feedback ?? []).toSorted(
    (a, b) => Number(packed.has(b.from)) - Number(packed.has(a.from)),
  );
  const isFed = new Set(feedback.map(({ to }) => to));
  let inputElements = 0;
  for (const name of [
    ...feedback.map(({ to }) => to),
    ...arrays.flatMap(({ name, storage }) => (storage === "table" || isFed.has(name) ? [] : [name])),
  ]) {
    place(name, INPUTS, inputElements);
    inputElements += slices.get(name)?.length ?? 0;
    gpuBuffers.set(INPUTS, { elements: inputElements, input: true });
  }
  const tables = arrays.filter(({ storage }) => storage === "table");
  let fedElements = 0;
  for (const { from } of feedback)
    if (packed.has(from)) {
      place(from, TABLES, fedElements);
      fedElements += slices.get(from)?.length ?? 0;
    }
  const kept = new Set([...program.outputs, ...feedback.map(({ from }) => from)]);
  const alive = lifetimes(tables, launches, kept).filter(({ name }) => !slices.has(name));
  const shared = shareOneBuffer(alive.filter(({ name }) => packed.has(name)));
  if (packed.size > 0) gpuBuffers.set(TABLES, { elements: fedElements + shared.elements, input: false });
  for (const [name, start] of shared.starts) place(name, TABLES, fedElements + start);
  for (const together of shareBuffers(alive.filter(({ name }) => !packed.has(name)))) {
    const gpuBuffer = `tables ${together.map(({ name }) => name).join(", ")}`;
    gpuBuffers.set(gpuBuffer, { elements: together[0]?.elements ?? 0, input: false });
    for (const { name } of together) place(name, gpuBuffer, 0);
  }
  let stagedElements = 0;
  const outputs = program.outputs.flatMap((name) => {
    const slice = slices.get(name);
    if (slice === undefined) return [];
    const stagedAt = stagedElements;
    stagedElements += slice.length;
    return [{ ...slice, name, stagedAt }];
  });
  const fed = feedback.flatMap(({ to }) => {
    const slice = slices.get(to);
    return slice === undefined ? [] : [{ ...slice, name: to }];
  });
  const copies = copiesOf(feedback, slices);
  const total = [...gpuBuffers.values()].reduce((sum, b) => sum + b.elements, stagedElements);
  return { gpuBuffers, slices, outputs, stagedElements, fed, copies, bytes: FLOAT_BYTES * total };
}

/** As few copies as do it: arrays that lie one after the other on both sides go together. */
function copiesOf(feedback: readonly Feedback[], slices: ReadonlyMap<string, Slice>): Copy[] {
  const copies: Copy[] = [];
  for (const { from, to } of feedback) {
    const [source, target] = [slices.get(from), slices.get(to)];
    if (source === undefined || target?.length !== source.length)
      throw new Bug(`'${from}' cannot be copied to '${to}'`);
    const last = copies.at(-1);
    const { gpuBuffer, start, length } = source;
    const follows =
      last?.gpuBuffer === gpuBuffer &&
      last.from + last.length === start &&
      last.to + last.length === target.start;
    if (last !== undefined && follows) copies[copies.length - 1] = { ...last, length: last.length + length };
    else if (length > 0) copies.push({ gpuBuffer, from: start, to: target.start, length });
  }
  return copies;
}

/** How an array's rows lie in memory; if it has none, all of it is one row. */
function rowsInMemory(axes: readonly Axis[], sizes: Sizes): Rows {
  const elements = volume(axes, sizes);
  const row = rowAxis(axes);
  if (row === null || elements === 0) return { count: 1, length: elements, stride: elements };
  const length = sizeOf(row, sizes);
  return { count: elements / length, length, stride: rowStride(length) };
}

/** Throws a DeviceError if a GPU buffer is over a limit of the device, or all of them are over `free` bytes. */
export function checkMemory(
  plan: MemoryPlan,
  program: Program,
  sizes: Sizes,
  limits: GPUSupportedLimits,
  free: number,
): void {
  const largestOf = (gpuBuffer: string | null): string => {
    const within = program.buffers.filter(
      (b) => gpuBuffer === null || plan.slices.get(b.name)?.gpuBuffer === gpuBuffer,
    );
    const [largest] = within.sort((a, b) => volume(b.axes, sizes) - volume(a.axes, sizes));
    return largest === undefined ? "none" : describeBuffer(largest, sizes);
  };
  const limit = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  for (const [name, { elements }] of plan.gpuBuffers) {
    const bytes = byteSize(elements);
    if (bytes > limit)
      throw tableTooLarge(name === INPUTS || name === TABLES ? name : "table", largestOf(name), bytes, limit);
  }
  const staged = byteSize(plan.stagedElements); // is only copied to and mapped, never bound
  if (staged > limits.maxBufferSize)
    throw tableTooLarge("results", largestOf(null), staged, limits.maxBufferSize);
  if (plan.bytes > free) throw outOfMemory(plan.bytes, free, largestOf(null));
}

/**
 * How many workgroups to launch for so many points, which they share out among themselves: at most `most`. Throws a
 * DeviceError if an index would not fit into 32 bits.
 */
export function workgroups(kernel: string, points: number, workgroupSize: number, most: number): number {
  // The last step of the last invocation goes beyond the grid by as many points as there are invocations.
  const limit = 2 ** 32 - workgroupSize * most;
  if (points > limit) throw gridTooLarge(kernel, points, limit);
  return Math.min(Math.ceil(points / workgroupSize), most);
}

const LARGEST = 3.4028234663852886e38;

/** In float32, what is beyond its range as the largest it has: kernels may assume that there are no infinities. */
export function finiteFloats(values: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(values);
  for (let i = 0; i < floats.length; i++) {
    const value = floats[i];
    if (value === Infinity || value === -Infinity) floats[i] = Math.sign(value) * LARGEST;
  }
  return floats;
}

/** Values as they lie in the device's memory: rows a stride apart. */
export function intoRows(
  values: Float32Array<ArrayBuffer>,
  { count, length, stride }: Rows,
): Float32Array<ArrayBuffer> {
  if (stride === length) return values;
  const apart = new Float32Array(count * stride);
  for (let row = 0, from = 0; row < count; row++)
    for (let i = 0; i < length; i++) apart[row * stride + i] = values[from++] ?? 0;
  return apart;
}

/** Values as the host has them, from how they lie in the device's memory. */
export function outOfRows(apart: Float32Array, { count, length, stride }: Rows): Float64Array {
  if (stride === length) return new Float64Array(apart.subarray(0, count * length));
  const values = new Float64Array(count * length);
  for (let row = 0, to = 0; row < count; row++)
    for (let i = 0; i < length; i++) values[to++] = apart[row * stride + i] ?? 0;
  return values;
}
