// A program that is loaded on a WebGPU device: its launches in one submission, its outputs in one read-back.
import { byteSize, FLOAT_BYTES, INPUTS, type MemoryPlan } from "./dawn-memory.js";
import type { LoadedProgram, Outputs, Run, RunSettings } from "./device.js";
import {
  mapForReading,
  ProgramBuffers,
  stagingBuffer,
  valuesAt,
  type DawnHost,
  type GpuBuffers,
  type Placed,
} from "./program-buffers.js";

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

/** The words of the uniforms of all launches. */
export type UniformWords = {
  readonly bytes: number;
  /** The words to upload for a run; of packed launches, for so many jobs. */
  with(
    settings: Pick<RunSettings, "seed" | "iteration" | "drawsFrom" | "first">,
    jobs?: number,
  ): Uint32Array<ArrayBuffer>;
};

export class DawnProgram implements LoadedProgram {
  private readonly buffers: ProgramBuffers;
  /** Inputs written since the last run. */
  private readonly dirty = new Map<string, Placed>();

  constructor(
    private readonly host: DawnHost,
    private readonly name: string,
    private readonly plan: MemoryPlan,
    private readonly gpu: GpuBuffers,
    private readonly uniforms: UniformWords,
    private launches: readonly Launch[],
  ) {
    this.buffers = new ProgramBuffers(host, name, plan, gpu, plan.bytes + uniforms.bytes);
  }

  write(name: string, values: ArrayLike<number>): void {
    this.dirty.set(name, this.buffers.placed(name, values));
  }

  async run(settings: RunSettings): Promise<ReadonlyMap<string, Float64Array>> {
    const [outputs] = await this.buffers.inTurn(async () => {
      this.submit(settings, 0, false);
      return this.results(1);
    });
    return outputs ?? new Map<string, Float64Array>();
  }

  iterate(runs: readonly Run[]): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
    return this.buffers.inTurn(() => {
      this.buffers.makeRoomFor(runs.length * this.plan.stagedElements);
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
    return this.buffers.inTurn(async () => {
      const { fed } = this.plan;
      const elements = fed.reduce((sum, { length }) => sum + length, 0);
      if (elements === 0) return new Map<string, Float64Array>();
      const { device } = this.host;
      const staging = stagingBuffer(device, byteSize(elements));
      try {
        const encoder = device.createCommandEncoder({ label: this.name });
        // They come first among the inputs.
        encoder.copyBufferToBuffer(this.buffers.storage(INPUTS), 0, staging, 0, FLOAT_BYTES * elements);
        const places = fed.map((each) => ({ ...each, stagedAt: each.start }));
        device.queue.submit([encoder.finish()]);
        await mapForReading(this.host, staging);
        return valuesAt(new Float32Array(staging.getMappedRange()), 0, places);
      } finally {
        staging.destroy();
      }
    });
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
  private results(slots: number): Promise<readonly Outputs[]> {
    const { outputs, stagedElements } = this.plan;
    return this.buffers.read(slots * stagedElements, (staged) =>
      Array.from({ length: slots }, (_, slot) => valuesAt(staged, slot * stagedElements, outputs)),
    );
  }

  private feedBack(encoder: GPUCommandEncoder): void {
    for (const { gpuBuffer, from, to, length } of this.plan.copies)
      encoder.copyBufferToBuffer(
        this.buffers.storage(gpuBuffer),
        FLOAT_BYTES * from,
        this.buffers.storage(INPUTS),
        FLOAT_BYTES * to,
        FLOAT_BYTES * length,
      );
  }

  private upload(settings: RunSettings): void {
    const { queue } = this.host.device;
    for (const { start, floats } of this.dirty.values())
      if (floats.length > 0) queue.writeBuffer(this.buffers.storage(INPUTS), FLOAT_BYTES * start, floats);
    this.dirty.clear();
    queue.writeBuffer(this.gpu.uniforms, 0, this.uniforms.with(settings));
  }

  timeLaunches(settings: RunSettings): Promise<ReadonlyMap<string, number>> {
    return this.buffers.inTurn(() => this.launchOneByOne(settings));
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
          this.buffers.storage(gpuBuffer),
          FLOAT_BYTES * start,
          this.buffers.staging,
          FLOAT_BYTES * (slot * stagedElements + stagedAt),
          FLOAT_BYTES * length,
        );
  }

  dispose(): void {
    this.buffers.release();
    this.launches = [];
  }
}
