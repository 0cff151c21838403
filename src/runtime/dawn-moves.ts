// Words copied on a WebGPU device from place to place, in the slots of several jobs by one dispatch.
import { uniformStride } from "./dawn-memory.js";
import type { Launch } from "./loaded-dawn-program.js";
import { USE } from "./program-buffers.js";

/** Threads of a workgroup. */
const WORKGROUP_SIZE = 64;
const MOST_WORKGROUPS = 4096;

/**
 * `places`: pairs of where a word comes from and where it goes, within a job's part of either buffer. Parts of the source lie
 * by slot; those of the target by slot, or by the job's place among the jobs.
 */
const SOURCE = `struct Job { slot: u32, seed: u32, iteration: u32, first: u32 }
struct Move { places: u32, jobs: u32, from_per_slot: u32, to_per_part: u32, by_slot: u32, start: u32 }
@group(0) @binding(0) var<uniform> moved: Move;
@group(0) @binding(1) var<storage, read> jobs: array<Job>;
@group(0) @binding(2) var<storage, read> places: array<vec2u>;
@group(0) @binding(3) var<storage, read> source: array<u32>;
@group(0) @binding(4) var<storage, read_write> destination: array<u32>;

@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var i = id.x; i < moved.places * moved.jobs; i += groups.x * ${WORKGROUP_SIZE}u) {
    let job = i / moved.places;
    let place = places[i % moved.places];
    let slot = jobs[job].slot;
    let part = select(job, slot, moved.by_slot == 1u);
    destination[moved.start + part * moved.to_per_part + place.y] = source[slot * moved.from_per_slot + place.x];
  }
}
`;
const UNIFORM_WORDS = 6;

type Compiled = { readonly pipeline: GPUComputePipeline; readonly layout: GPUBindGroupLayout };

/** One for each device, which lives as long as it. */
const COMPILED = new WeakMap<GPUDevice, Compiled>();

function compiledFor(device: GPUDevice): Compiled {
  let compiled = COMPILED.get(device);
  if (compiled === undefined) {
    const module = device.createShaderModule({ label: "moves", code: SOURCE });
    const pipeline = device.createComputePipeline({
      label: "moves",
      layout: "auto",
      compute: { module, entryPoint: "main" },
    });
    compiled = { pipeline, layout: pipeline.getBindGroupLayout(0) };
    COMPILED.set(device, compiled);
  }
  return compiled;
}

/** What a move copies; `toPerPart` and the like in words. */
export type MoveOptions = {
  readonly source: GPUBuffer;
  readonly target: GPUBuffer;
  readonly jobs: GPUBuffer;
  readonly fromPerSlot: number;
  readonly toPerPart: number;
  readonly bySlot: boolean;
};

/** The same copies, of different jobs, as often as wanted. */
export class Move {
  private readonly uniform: GPUBuffer;
  private places: GPUBuffer;
  private count = 0;
  private bindGroup: GPUBindGroup | null = null;

  constructor(
    private readonly device: GPUDevice,
    private options: MoveOptions,
    places: Uint32Array<ArrayBuffer> = new Uint32Array(0),
  ) {
    this.uniform = device.createBuffer({
      size: uniformStride(UNIFORM_WORDS),
      usage: USE.uniform | USE.copyDestination,
    });
    this.places = this.placesBuffer(places.length);
    this.setPlaces(places);
  }

  /** Pairs of where words come from and where they go. */
  setPlaces(places: Uint32Array<ArrayBuffer>): void {
    if (4 * places.length > this.places.size) {
      this.places.destroy();
      this.places = this.placesBuffer(2 * places.length);
      this.bindGroup = null;
    }
    this.count = places.length / 2;
    if (places.length > 0) this.device.queue.writeBuffer(this.places, 0, places);
  }

  /** Other buffers in place of those so far. */
  setBuffers(buffers: Partial<Pick<MoveOptions, "source" | "target">>): void {
    this.options = { ...this.options, ...buffers };
    this.bindGroup = null;
  }

  /** The dispatch for the first of the jobs, so many; what goes to their parts does so from `start` on. */
  launch(jobs: number, start = 0): Launch[] {
    if (jobs * this.count === 0) return [];
    const { device, options } = this;
    const { pipeline, layout } = compiledFor(device);
    const words = [this.count, jobs, options.fromPerSlot, options.toPerPart, Number(options.bySlot), start];
    device.queue.writeBuffer(this.uniform, 0, Uint32Array.from(words));
    const buffers = [this.uniform, options.jobs, this.places, options.source, options.target];
    this.bindGroup ??= device.createBindGroup({
      layout,
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const groups = Math.min(MOST_WORKGROUPS, Math.ceil((jobs * this.count) / WORKGROUP_SIZE));
    return [{ name: "moves", pipeline, bindGroup: this.bindGroup, groups }];
  }

  dispose(): void {
    this.uniform.destroy();
    this.places.destroy();
  }

  private placesBuffer(words: number): GPUBuffer {
    return this.device.createBuffer({
      size: 4 * Math.max(4, words),
      usage: USE.storage | USE.copyDestination,
    });
  }
}
