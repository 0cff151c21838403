// A program on a WebGPU device: its launches in one submission, its outputs in one read-back.
import { setTimeout as delay } from "node:timers/promises";
import type { CompiledProgram, WgslKernel } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { rowStride, VECTOR_LENGTH, volume, type Sizes } from "../ir/axis.js";
import { ADAPTER_CLASSES, kernelCost } from "../ir/cost.js";
import type { Kernel } from "../ir/program.js";
import { rowArrayValues } from "../ir/ragged.js";
import { axisLengths, checkFixedSubscripts } from "./buffers.js";
import {
  byteSize,
  checkMemory,
  FLOAT_BYTES,
  finiteFloats,
  INPUTS,
  intoRows,
  outOfRows,
  planMemory,
  uniformStride,
  workgroups,
  type MemoryPlan,
  type Rows,
} from "./dawn-memory.js";
import { driverOutOfMemory } from "./device-errors.js";
import { DeviceError, type LoadedProgram, type Run, type RunSettings } from "./device.js";
import type { Pipelines } from "./pipelines.js";

/** Flags of WebGPU, of which npm `webgpu` defines no globals. */
const USE = { mapRead: 1, copySource: 4, copyDestination: 8, uniform: 64, storage: 128 } as const;
const MAP_READ = 1;
/** The values of the uniform `draws_from`. */
const DRAWS_FROM = { iid: 0, stratified: 1, sobol: 2 } as const;
/** Nanoseconds of one lane on software Vulkan: the time of about two launches on two cores. */
const LITTLE_WORK = 600_000;
/** Milliseconds. */
const LOSS_IS_TOLD_WITHIN = 1000;

/** What a program needs of its device. */
export type DawnHost = {
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
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

/** A kernel that is launched: one with points in its grid. */
type Launched = {
  readonly kernel: Kernel;
  readonly code: WgslKernel;
  readonly entryPoint: string;
  readonly groups: number;
  /** Where its uniforms start, in bytes. */
  readonly uniformsAt: number;
};
type Launch = {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly groups: number;
};
type GpuBuffers = {
  readonly storage: ReadonlyMap<string, GPUBuffer>;
  readonly uniforms: GPUBuffer;
  readonly staging: GPUBuffer;
};

/** Compiles a program's kernels and allocates its buffers; see Device.load. */
export async function loadProgram(
  host: DawnHost,
  compiled: CompiledProgram,
  sizes: Sizes,
): Promise<LoadedProgram> {
  const { program } = compiled;
  checkFixedSubscripts(program, sizes);
  const running = program.kernels.filter((kernel) => volume(kernel.grid, sizes) > 0);
  const plan = planMemory(compiled, sizes, running);
  checkMemory(plan, program, sizes, host.device.limits, host.free);
  const lengths = axisLengths(program, sizes);
  const launched = launchedKernels(compiled, sizes, lengths, host);
  const pipelines = await Promise.all(
    launched.map(({ kernel, code, entryPoint }) =>
      host.pipelines.get(kernel.name, code, entryPoint, constants(code, plan, lengths)),
    ),
  );
  const uniforms = new Uniforms(launched, lengths);
  const buffers = await allocate(host.device, plan, uniforms.bytes);
  const launches = launched.map((each, i): Launch => {
    const compiledKernel = pipelines[i];
    if (compiledKernel === undefined) throw new Bug(`kernel '${each.kernel.name}' has no pipeline`);
    const { pipeline, layout } = compiledKernel;
    const bindGroup = bind(host.device, layout, each, plan, buffers);
    return { name: each.kernel.name, pipeline, groups: each.groups, bindGroup };
  });
  const loaded = new DawnProgram(host, program.name, plan, buffers, uniforms, launches);
  for (const { name, rows } of program.buffers)
    if (rows !== undefined) loaded.write(name, rowArrayValues(rows, sizes));
  return loaded;
}

function launchedKernels(
  { program, wgsl }: CompiledProgram,
  sizes: Sizes,
  lengths: ReadonlyMap<string, number>,
  host: DawnHost,
): Launched[] {
  let uniformsAt = 0;
  return program.kernels.flatMap((kernel) => {
    if (volume(kernel.grid, sizes) === 0) return [];
    const code = wgsl[kernel.name];
    if (code === undefined) throw new Bug(`kernel '${kernel.name}' has no WGSL`);
    const { entryPoint, points } = chooseEntryPoint(kernel, code, lengths, sizes, host.parallelism);
    const groups = workgroups(kernel.name, points, code.workgroupSize, host.workgroups);
    const launched = { kernel, code, entryPoint, groups, uniformsAt };
    uniformsAt += uniformStride(code.uniforms.length);
    return [launched];
  });
}

/**
 * The fastest one whose rows start where vectors do, and whose invocations still occupy the device. A kernel of little
 * work takes the plain one, which the driver compiles sooner.
 */
function chooseEntryPoint(
  kernel: Kernel,
  { entryPoint, tiled }: WgslKernel,
  lengths: ReadonlyMap<string, number>,
  sizes: Sizes,
  parallelism: number,
): { readonly entryPoint: string; readonly points: number } {
  const points = volume(kernel.grid, sizes);
  const lengthOf = (axis: string): number => lengths.get(axis) ?? 0;
  if (kernelCost(kernel, sizes, ADAPTER_CLASSES.software).laneTime < LITTLE_WORK)
    return { entryPoint, points };
  for (const { entryPoint: name, axes, rows } of tiled) {
    if (!rows.every((row) => rowStride(lengthOf(row)) % VECTOR_LENGTH === 0)) continue;
    const tiles = axes.reduce(
      (left, axis) => (left / lengthOf(axis)) * Math.ceil(lengthOf(axis) / VECTOR_LENGTH),
      points,
    );
    if (axes.length === 0 || tiles >= parallelism) return { entryPoint: name, points: Math.round(tiles) };
  }
  return { entryPoint, points };
}

/** Values of a kernel's overrides. */
function constants(
  code: WgslKernel,
  plan: MemoryPlan,
  lengths: ReadonlyMap<string, number>,
): Record<string, number> {
  const valueOf = (o: WgslKernel["overrides"][number]): number => {
    const value = o.kind === "offset" ? plan.slices.get(o.buffer)?.start : lengths.get(o.axis);
    if (value === undefined) throw new Bug(`the constant '${o.name}' has no value`);
    return o.kind === "stride" ? rowStride(value) : value;
  };
  return Object.fromEntries(code.overrides.map((o) => [o.name, valueOf(o)]));
}

async function allocate(device: GPUDevice, plan: MemoryPlan, uniformBytes: number): Promise<GpuBuffers> {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  const storage = new Map<string, GPUBuffer>();
  for (const [label, { elements, input }] of plan.gpuBuffers) {
    const usage = USE.storage | USE.copySource | (input ? USE.copyDestination : 0);
    storage.set(label, device.createBuffer({ label, size: byteSize(elements), usage }));
  }
  const uniforms = device.createBuffer({ size: uniformBytes, usage: USE.uniform | USE.copyDestination });
  const staging = stagingBuffer(device, byteSize(plan.stagedElements));
  const [invalid, exhausted] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  if (invalid === null && exhausted === null) return { storage, uniforms, staging };
  for (const buffer of [...storage.values(), uniforms, staging]) buffer.destroy();
  if (exhausted !== null) throw driverOutOfMemory(plan.bytes);
  throw new Bug(`buffers cannot be made: ${invalid?.message ?? ""}`);
}

const stagingBuffer = (device: GPUDevice, size: number): GPUBuffer =>
  device.createBuffer({ label: "staging", size, usage: USE.mapRead | USE.copyDestination });

/** Everything that a kernel sees: its uniforms, the inputs, its tables. */
function bind(
  device: GPUDevice,
  layout: GPUBindGroupLayout,
  launched: Launched,
  plan: MemoryPlan,
  buffers: GpuBuffers,
): GPUBindGroup {
  const { kernel, code, uniformsAt } = launched;
  // Packed tables are one binding; others lie in different buffers.
  const tables = new Set(code.tables.map((t) => plan.slices.get(t.buffer)?.gpuBuffer ?? t.buffer));
  const storage = [...(code.usesInputs ? [INPUTS] : []), ...tables];
  const uniforms = {
    buffer: buffers.uniforms,
    offset: uniformsAt,
    size: uniformStride(code.uniforms.length),
  };
  const resources = storage.map((name): GPUBufferBinding => {
    const buffer = buffers.storage.get(name);
    if (buffer === undefined)
      throw new Bug(`kernel '${kernel.name}' uses '${name}', which its program lacks`);
    return { buffer };
  });
  const entries = [uniforms, ...resources].map((resource, binding) => ({ binding, resource }));
  return device.createBindGroup({ label: kernel.name, layout, entries });
}

/** The uniforms of all launches in one buffer: lengths that stay, and the settings of each run. */
class Uniforms {
  readonly bytes: number;
  private readonly words: Uint32Array<ArrayBuffer>;

  constructor(
    private readonly launched: readonly Launched[],
    lengths: ReadonlyMap<string, number>,
  ) {
    const ends = launched.map((l) => l.uniformsAt + uniformStride(l.code.uniforms.length));
    this.bytes = Math.max(uniformStride(1), ...ends);
    this.words = new Uint32Array(this.bytes / FLOAT_BYTES);
    for (const { code, uniformsAt } of launched)
      code.uniforms.forEach((field, i) => {
        const length = field.startsWith("n_") ? lengths.get(field.slice(2)) : 0;
        if (length === undefined) throw new Bug(`the uniform '${field}' has no value`);
        this.words[uniformsAt / FLOAT_BYTES + i] = length;
      });
  }

  /** The words to upload for a run. */
  with(settings: RunSettings): Uint32Array<ArrayBuffer> {
    const values: ReadonlyMap<string, number> = new Map(
      Object.entries({
        seed: settings.seed,
        iteration: settings.iteration,
        draws_from: DRAWS_FROM[settings.drawsFrom],
      }),
    );
    for (const { code, uniformsAt } of this.launched)
      code.uniforms.forEach((field, i) => {
        const value = values.get(field);
        if (value !== undefined) this.words[uniformsAt / FLOAT_BYTES + i] = value;
      });
    return this.words;
  }
}

class DawnProgram implements LoadedProgram {
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
    private readonly uniforms: Uniforms,
    private readonly launches: readonly Launch[],
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
      this.submit(settings, 0, []);
      return this.results(1);
    });
    return outputs ?? new Map<string, Float64Array>();
  }

  iterate(runs: readonly Run[]): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
    return this.inTurn(() => {
      this.makeRoomFor(runs.length);
      runs.forEach(({ settings, inputs }, i) => {
        for (const [name, values] of inputs) this.write(name, values);
        this.submit(settings, i, this.plan.feedback);
      });
      return this.results(runs.length);
    });
  }

  advance(): void {
    const encoder = this.host.device.createCommandEncoder({ label: this.name });
    this.feedBack(encoder, this.plan.feedback);
    this.host.device.queue.submit([encoder.finish()]);
  }

  readState(): Promise<ReadonlyMap<string, Float64Array>> {
    return this.inTurn(async () => {
      const { feedback } = this.plan;
      const bytes = FLOAT_BYTES * feedback.reduce((sum, { to }) => sum + to.length, 0);
      if (bytes === 0) return new Map<string, Float64Array>();
      const { device } = this.host;
      const staging = stagingBuffer(device, byteSize(bytes / FLOAT_BYTES));
      try {
        const encoder = device.createCommandEncoder({ label: this.name });
        let at = 0;
        const places = feedback.map(({ name, to }) => {
          const { length, start, rows } = to;
          if (length > 0)
            encoder.copyBufferToBuffer(
              this.storage(INPUTS),
              FLOAT_BYTES * start,
              staging,
              FLOAT_BYTES * at,
              FLOAT_BYTES * length,
            );
          const stagedAt = at;
          at += length;
          return { name, stagedAt, length, rows };
        });
        device.queue.submit([encoder.finish()]);
        await this.map(staging);
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
  private submit(settings: RunSettings, slot: number, feedback: MemoryPlan["feedback"]): void {
    this.upload(settings);
    const encoder = this.host.device.createCommandEncoder({ label: this.name });
    this.encode(encoder, this.launches);
    this.copyOutputs(encoder, slot);
    this.feedBack(encoder, feedback);
    this.host.device.queue.submit([encoder.finish()]);
  }

  /** Waits for what was queued, and reads the outputs of the first `slots` runs. */
  private async results(slots: number): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
    const { outputs, stagedElements } = this.plan;
    await this.map(this.staging);
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

  private feedBack(encoder: GPUCommandEncoder, feedback: MemoryPlan["feedback"]): void {
    for (const { from, to } of feedback)
      if (to.length > 0)
        encoder.copyBufferToBuffer(
          this.storage(from.gpuBuffer),
          FLOAT_BYTES * from.start,
          this.storage(to.gpuBuffer),
          FLOAT_BYTES * to.start,
          FLOAT_BYTES * to.length,
        );
  }

  /** Waits for what was queued, and opens a staging buffer for reading. */
  private async map(staging: GPUBuffer): Promise<void> {
    const { orLost, check, wait } = this.host;
    try {
      await orLost(wait(staging.mapAsync(MAP_READ)));
    } catch (problem) {
      if (problem instanceof DeviceError) throw problem;
      check();
      // A lost device makes the mapping fail first and says so a little later.
      await orLost(delay(LOSS_IS_TOLD_WITHIN, undefined, { ref: false }));
      throw new Bug(
        `results cannot be read: ${problem instanceof Error ? problem.message : String(problem)}`,
      );
    }
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
    for (const { pipeline, bindGroup, groups } of launches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(groups);
    }
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
  }
}

/** Arrays among staged elements, from `start` on, by their names. */
const valuesAt = (
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
