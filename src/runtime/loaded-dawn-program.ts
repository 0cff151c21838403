// A program that is loaded on a WebGPU device: its launches in one submission, its outputs in one read-back.
import { setTimeout as delay } from "node:timers/promises";
import { Bug } from "../diagnostic.js";
import {
  byteSize,
  finiteFloats,
  FLOAT_BYTES,
  INPUTS,
  intoRows,
  outOfRows,
  type MemoryPlan,
  type Rows,
} from "./dawn-memory.js";
import { DeviceError, type LoadedProgram, type Run, type RunSettings } from "./device.js";
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

/** One dispatch. */
export type Launch = {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly groups: number;
};

/** Encodes launches one after the other. */
export function dispatchAll(pass: GPUComputePassEncoder, launches: readonly Launch[]): void {
  for (const { pipeline, bindGroup, groups } of launches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(groups);
  }
}

export type GpuBuffers = {
  readonly storage: ReadonlyMap<string, GPUBuffer>;
  readonly uniforms: GPUBuffer;
  readonly staging: GPUBuffer;
};

/** The words of the uniforms of all launches. */
export type UniformWords = {
  readonly bytes: number;
  /** The words to upload for a run; of packed launches, for so many jobs. */
  with(
    settings: Pick<RunSettings, "seed" | "iteration" | "drawsFrom" | "first">,
    jobs?: number,
  ): Uint32Array<ArrayBuffer>;
};

export const stagingBuffer = (device: GPUDevice, size: number): GPUBuffer =>
  device.createBuffer({ label: "staging", size, usage: USE.mapRead | USE.copyDestination });

export class DawnProgram implements LoadedProgram {
  /** Inputs written since the last run. */
  private readonly dirty = new Map<string, Float32Array<ArrayBuffer>>();
  /** Resolves when the run in progress is over: the staging buffer serves one at a time. */
  private last: Promise<unknown> = Promise.resolve();
  private disposed = false;
  private bytes: number;
  private staging: GPUBuffer;

  constructor(
    private readonly host: DawnHost,
    private readonly name: string,
    private readonly plan: MemoryPlan,
    private readonly buffers: GpuBuffers,
    private readonly uniforms: UniformWords,
    private launches: readonly Launch[],
  ) {
    this.staging = buffers.staging;
    this.bytes = plan.bytes + uniforms.bytes;
    host.countBytes(this.bytes);
  }

  write(name: string, values: ArrayLike<number>): void {
    const slice = this.plan.slices.get(name);
    if (slice?.gpuBuffer !== INPUTS) throw new Bug(`'${name}' is no input of '${this.name}'`);
    const { rows } = slice;
    if (rows.count * rows.length !== values.length)
      throw new Bug(
        `'${name}' of '${this.name}' has ${rows.count * rows.length} elements, not ${values.length}`,
      );
    this.dirty.set(name, intoRows(finiteFloats(values), rows));
  }

  async run(settings: RunSettings): Promise<ReadonlyMap<string, Float64Array>> {
    const [outputs] = await this.inTurn(async () => {
      this.submit(settings, 0, false);
      return this.results(1);
    });
    return outputs ?? new Map<string, Float64Array>();
  }

  iterate(runs: readonly Run[]): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
    return this.inTurn(() => {
      this.makeRoomFor(runs.length);
      runs.forEach(({ settings, inputs }, i) => {
        for (const [name, values] of inputs) this.write(name, values);
        this.submit(settings, i, true);
      });
      return this.results(runs.length);
    });
  }

  advance(): void {
    const encoder = this.host.device.createCommandEncoder({ label: this.name });
    this.feedBack(encoder);
    this.host.device.queue.submit([encoder.finish()]);
  }

  readState(): Promise<ReadonlyMap<string, Float64Array>> {
    return this.inTurn(async () => {
      const { fed } = this.plan;
      const elements = fed.reduce((sum, { length }) => sum + length, 0);
      if (elements === 0) return new Map<string, Float64Array>();
      const { device } = this.host;
      const staging = stagingBuffer(device, byteSize(elements));
      try {
        const encoder = device.createCommandEncoder({ label: this.name });
        // They come first among the inputs.
        encoder.copyBufferToBuffer(this.storage(INPUTS), 0, staging, 0, FLOAT_BYTES * elements);
        const places = fed.map((each) => ({ ...each, stagedAt: each.start }));
        device.queue.submit([encoder.finish()]);
        await mapForReading(this.host, staging);
        return valuesAt(new Float32Array(staging.getMappedRange()), 0, places);
      } finally {
        staging.destroy();
      }
    });
  }

  /** One use of the device after the other: the staging buffer serves one at a time. */
  private inTurn<T>(use: () => Promise<T>): Promise<T> {
    const result = this.last.then(() => {
      if (this.disposed) throw new Bug(`'${this.name}' runs after it was disposed of`);
      return use();
    });
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Queues a run whose outputs are staged as the `slot`th. */
  private submit(settings: RunSettings, slot: number, advances: boolean): void {
    this.upload(settings);
    const encoder = this.host.device.createCommandEncoder({ label: this.name });
    this.encode(encoder, this.launches);
    this.copyOutputs(encoder, slot);
    if (advances) this.feedBack(encoder);
    this.host.device.queue.submit([encoder.finish()]);
  }

  /** Waits for what was queued, and reads the outputs of the first `slots` runs. */
  private async results(slots: number): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
    const { outputs, stagedElements } = this.plan;
    await mapForReading(this.host, this.staging);
    const staged = new Float32Array(this.staging.getMappedRange());
    const results = Array.from({ length: slots }, (_, slot) =>
      valuesAt(staged, slot * stagedElements, outputs),
    );
    this.staging.unmap();
    this.host.check();
    return results;
  }

  private makeRoomFor(slots: number): void {
    const size = byteSize(slots * this.plan.stagedElements);
    if (size <= this.staging.size) return;
    this.count(size - this.staging.size);
    this.staging.destroy();
    this.staging = stagingBuffer(this.host.device, size);
  }

  /** Counts bytes as taken, or as given back if negative. */
  private count(bytes: number): void {
    this.bytes += bytes;
    this.host.countBytes(bytes);
  }

  private storage(gpuBuffer: string): GPUBuffer {
    const buffer = this.buffers.storage.get(gpuBuffer);
    if (buffer === undefined) throw new Bug(`'${gpuBuffer}' was not allocated`);
    return buffer;
  }

  private feedBack(encoder: GPUCommandEncoder): void {
    for (const { gpuBuffer, from, to, length } of this.plan.copies)
      encoder.copyBufferToBuffer(
        this.storage(gpuBuffer),
        FLOAT_BYTES * from,
        this.storage(INPUTS),
        FLOAT_BYTES * to,
        FLOAT_BYTES * length,
      );
  }

  private upload(settings: RunSettings): void {
    const { queue } = this.host.device;
    for (const [name, values] of this.dirty) {
      const start = this.plan.slices.get(name)?.start;
      if (start === undefined) throw new Bug(`'${name}' has no place`);
      if (values.length > 0) queue.writeBuffer(this.storage(INPUTS), FLOAT_BYTES * start, values);
    }
    this.dirty.clear();
    queue.writeBuffer(this.buffers.uniforms, 0, this.uniforms.with(settings));
  }

  timeLaunches(settings: RunSettings): Promise<ReadonlyMap<string, number>> {
    return this.inTurn(() => this.launchOneByOne(settings));
  }

  private async launchOneByOne(settings: RunSettings): Promise<ReadonlyMap<string, number>> {
    const { device, orLost, check } = this.host;
    this.upload(settings);
    await orLost(device.queue.onSubmittedWorkDone());
    const seconds = new Map<string, number>();
    for (const launch of this.launches) {
      const encoder = device.createCommandEncoder({ label: launch.name });
      this.encode(encoder, [launch]);
      const start = performance.now();
      device.queue.submit([encoder.finish()]);
      await orLost(device.queue.onSubmittedWorkDone());
      seconds.set(launch.name, (performance.now() - start) / 1000);
    }
    check();
    return seconds;
  }

  private encode(encoder: GPUCommandEncoder, launches: readonly Launch[]): void {
    const pass = encoder.beginComputePass();
    dispatchAll(pass, launches);
    pass.end();
  }

  private copyOutputs(encoder: GPUCommandEncoder, slot: number): void {
    const { outputs, stagedElements } = this.plan;
    for (const { gpuBuffer, start, stagedAt, length } of outputs)
      if (length > 0)
        encoder.copyBufferToBuffer(
          this.storage(gpuBuffer),
          FLOAT_BYTES * start,
          this.staging,
          FLOAT_BYTES * (slot * stagedElements + stagedAt),
          FLOAT_BYTES * length,
        );
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.host.countBytes(-this.bytes);
    const { storage, uniforms } = this.buffers;
    for (const buffer of [...storage.values(), uniforms, this.staging]) buffer.destroy();
    this.launches = [];
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
): ReadonlyMap<string, Float64Array> =>
  new Map(
    places.map(({ name, stagedAt, length, rows }) => [
      name,
      outOfRows(staged.subarray(start + stagedAt, start + stagedAt + length), rows),
    ]),
  );
