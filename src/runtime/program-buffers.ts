// The buffers of a program that is loaded on a WebGPU device: what is put into them and read from them, in whose turn.
import { setTimeout as delay } from "node:timers/promises";
import { Bug } from "../diagnostic.js";
import {
  byteSize,
  finiteFloats,
  INPUTS,
  intoRows,
  outOfRows,
  type MemoryPlan,
  type Rows,
} from "./dawn-memory.js";
import { DeviceError, type Outputs } from "./device.js";
import type { ProgramPipelines } from "./pipelines.js";

/** Flags of WebGPU, of which npm `webgpu` defines no globals. */
export const USE = { mapRead: 1, copySource: 4, copyDestination: 8, uniform: 64, storage: 128 } as const;
const MAP_READ = 1;
/** Milliseconds. */
const LOSS_IS_TOLD_WITHIN = 1000;

/** What a program needs of its device. */
export type DawnHost = {
  readonly device: GPUDevice;
  readonly pipelines: ProgramPipelines;
  /** The program is done with its pipelines. */
  readonly releasePipelines: () => void;
  /** The most workgroups that a launch is given. */
  readonly workgroups: number;
  /** So many invocations occupy the device. */
  readonly parallelism: number;
  /** Bytes that may be allocated besides those in use, as far as is known. */
  readonly free: number;
  /** The same promise, which rejects also when the device is lost. */
  readonly orLost: <T>(work: Promise<T>) => Promise<T>;
  /** The same promise, waited for in the way that suits the device. */
  readonly wait: <T>(work: Promise<T>) => Promise<T>;
  /** Counts bytes as in use, or as given back if negative. */
  readonly countBytes: (bytes: number) => void;
  /** Throws what Dawn found wrong since the last check. */
  readonly check: () => void;
};

export type GpuBuffers = {
  readonly storage: ReadonlyMap<string, GPUBuffer>;
  readonly uniforms: GPUBuffer;
  readonly staging: GPUBuffer;
};

export const stagingBuffer = (device: GPUDevice, size: number): GPUBuffer =>
  device.createBuffer({ label: "staging", size, usage: USE.mapRead | USE.copyDestination });

/** The values of an input as they lie on the device, from an element of the inputs on. */
export type Placed = { readonly start: number; readonly floats: Float32Array<ArrayBuffer> };

/** The buffers that programs have in common, of one job at a time or of several in their slots. */
export class ProgramBuffers {
  /** Resolves when the use in progress is over: the staging buffer serves one at a time. */
  private last: Promise<unknown> = Promise.resolve();
  private released = false;
  private stagingNow: GPUBuffer;

  /** `plan`: of one job; `bytes`: what all of them take, with their uniforms. */
  constructor(
    private readonly host: DawnHost,
    private readonly name: string,
    private readonly plan: MemoryPlan,
    private readonly gpu: GpuBuffers,
    private bytes: number,
  ) {
    this.stagingNow = gpu.staging;
    host.countBytes(bytes);
  }

  get staging(): GPUBuffer {
    return this.stagingNow;
  }

  storage(gpuBuffer: string): GPUBuffer {
    const buffer = this.gpu.storage.get(gpuBuffer);
    if (buffer === undefined) throw new Bug(`'${gpuBuffer}' was not allocated`);
    return buffer;
  }

  /** Throws a Bug where that is no input, or has another length. */
  placed(name: string, values: ArrayLike<number>): Placed {
    const slice = this.plan.slices.get(name);
    if (slice?.gpuBuffer !== INPUTS) throw new Bug(`'${name}' is no input of '${this.name}'`);
    const { rows, start } = slice;
    if (rows.count * rows.length !== values.length)
      throw new Bug(
        `'${name}' of '${this.name}' has ${rows.count * rows.length} elements, not ${values.length}`,
      );
    return { start, floats: intoRows(finiteFloats(values), rows) };
  }

  /** One use of the device after the other. */
  inTurn<T>(use: () => Promise<T>): Promise<T> {
    const result = this.last.then(() => {
      if (this.released) throw new Bug(`'${this.name}' runs after it was disposed of`);
      return use();
    });
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Makes the staging buffer hold so many elements; returns its bytes where it had to grow, else null. */
  makeRoomFor(elements: number): number | null {
    const size = byteSize(elements);
    if (size <= this.stagingNow.size) return null;
    this.count(size - this.stagingNow.size);
    this.stagingNow.destroy();
    this.stagingNow = stagingBuffer(this.host.device, size);
    return size;
  }

  /** Counts bytes as taken, or as given back if negative. */
  count(bytes: number): void {
    this.bytes += bytes;
    this.host.countBytes(bytes);
  }

  /** Waits for what was queued, and uses the first elements of what has come into the staging buffer. */
  async read<T>(elements: number, use: (staged: Float32Array) => T): Promise<T> {
    await mapForReading(this.host, this.stagingNow);
    const result = use(new Float32Array(this.stagingNow.getMappedRange(0, byteSize(elements))));
    this.stagingNow.unmap();
    this.host.check();
    return result;
  }

  /** Gives everything back, once. */
  release(): void {
    if (this.released) return;
    this.released = true;
    this.host.countBytes(-this.bytes);
    const { storage, uniforms } = this.gpu;
    for (const buffer of [...storage.values(), uniforms, this.stagingNow]) buffer.destroy();
    this.host.releasePipelines();
  }
}

/** Waits for what was queued, and opens a staging buffer for reading. */
export async function mapForReading({ orLost, check, wait }: DawnHost, staging: GPUBuffer): Promise<void> {
  try {
    await orLost(wait(staging.mapAsync(MAP_READ)));
  } catch (problem) {
    if (problem instanceof DeviceError) throw problem;
    check();
    // A lost device makes the mapping fail first and says so a little later.
    await orLost(delay(LOSS_IS_TOLD_WITHIN, undefined, { ref: false }));
    throw new Bug(`results cannot be read: ${problem instanceof Error ? problem.message : String(problem)}`);
  }
}

/** Arrays among staged elements, from `start` on, by their names. */
export const valuesAt = (
  staged: Float32Array,
  start: number,
  places: readonly {
    readonly name: string;
    readonly stagedAt: number;
    readonly length: number;
    readonly rows: Rows;
  }[],
): Outputs =>
  new Map(
    places.map(({ name, stagedAt, length, rows }) => [
      name,
      outOfRows(staged.subarray(start + stagedAt, start + stagedAt + length), rows),
    ]),
  );
