// Loads programs on a WebGPU device: pipelines, buffers, uniforms, and what each launch is bound to.
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { rowArrayValues } from "../ir/ragged.js";
import { axisLengths, checkFixedSubscripts } from "./buffers.js";
import {
  byteSize,
  checkMemory,
  FLOAT_BYTES,
  INPUTS,
  planMemory,
  TABLES,
  uniformStride,
  type MemoryPlan,
} from "./dawn-memory.js";
import {
  launchConstants,
  planLaunches,
  shareWorkgroups,
  touchedBuffers,
  type Launched,
} from "./dawn-launches.js";
import { driverOutOfMemory } from "./device-errors.js";
import type { LoadedProgram, RunSettings } from "./device.js";
import { DawnProgram, type UniformWords } from "./loaded-dawn-program.js";
import type { Pipeline } from "./pipelines.js";
import { stagingBuffer, USE, type DawnHost, type GpuBuffers } from "./program-buffers.js";

/** The values of the uniform `draws_from`. */
const DRAWS_FROM = { iid: 0, stratified: 1, sobol: 2 } as const;

/** Compiles a program's kernels and allocates its buffers; see Device.load. */
export async function loadProgram(
  host: DawnHost,
  compiled: CompiledProgram,
  sizes: Sizes,
): Promise<LoadedProgram> {
  const { program } = compiled;
  if (Object.values(compiled.wgsl).some(({ packed }) => packed === true))
    throw new Bug(`'${program.name}' was compiled for several jobs at a time`);
  checkFixedSubscripts(program, sizes);
  const plan = planMemory(compiled, sizes, touchedBuffers(program, sizes));
  checkMemory(plan, program, sizes, host.device.limits, host.free);
  const lengths = axisLengths(program, sizes);
  const launched = planLaunches(compiled, sizes, lengths, host);
  const pipelines = await pipelinesOf(host, launched, plan, lengths);
  const uniforms = new Uniforms(launched, lengths, host.workgroups);
  const buffers = await allocate(host.device, plan, uniforms.bytes);
  const launches = bindAll(host.device, launched, pipelines, plan, buffers);
  const loaded = new DawnProgram(host, program.name, plan, buffers, uniforms, launches);
  for (const { name, rows } of program.buffers)
    if (rows !== undefined) loaded.write(name, rowArrayValues(rows, sizes));
  return loaded;
}

/** The pipeline of each launch, in their order. Rejects with a Bug if the WGSL does not compile. */
export const pipelinesOf = (
  host: DawnHost,
  launched: readonly Launched[],
  plan: MemoryPlan,
  lengths: ReadonlyMap<string, number>,
): Promise<readonly Pipeline[]> =>
  Promise.all(
    launched.map((each) =>
      host.pipelines.get(each.name, each.code, each.entryPoint, launchConstants(each, plan, lengths)),
    ),
  );

/** A launch with all that it runs and sees. */
export type BoundLaunch = Launched & {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
};

/** The launches with the pipelines of `pipelinesOf`, bound to buffers; `jobs`: of packed ones. */
export const bindAll = (
  device: GPUDevice,
  launched: readonly Launched[],
  pipelines: readonly Pipeline[],
  plan: MemoryPlan,
  buffers: GpuBuffers,
  jobs: GPUBuffer | null = null,
): BoundLaunch[] =>
  launched.map((each, i) => {
    const own = pipelines[i];
    if (own === undefined) throw new Bug(`the launch '${each.name}' has no pipeline`);
    const bindGroup = bind(device, own.layout, each, plan, buffers, jobs);
    return { ...each, pipeline: own.pipeline, bindGroup };
  });

export async function allocate(
  device: GPUDevice,
  plan: MemoryPlan,
  uniformBytes: number,
): Promise<GpuBuffers> {
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

/** Everything that a launch sees: its uniforms, the inputs, its tables; of a packed one the jobs, in the end. */
function bind(
  device: GPUDevice,
  layout: GPUBindGroupLayout,
  launched: Launched,
  plan: MemoryPlan,
  buffers: GpuBuffers,
  jobs: GPUBuffer | null,
): GPUBindGroup {
  const { name: launch, code, uniformsAt } = launched;
  const shared = { inputs: INPUTS, packed: TABLES } as const;
  const storage = code.bindings.map(({ holds, buffers: [table = ""] }) =>
    holds === "table" ? (plan.slices.get(table)?.gpuBuffer ?? table) : shared[holds],
  );
  const uniforms = {
    buffer: buffers.uniforms,
    offset: uniformsAt,
    size: uniformStride(code.uniforms.length),
  };
  const resources = storage.map((name): GPUBufferBinding => {
    const buffer = buffers.storage.get(name);
    if (buffer === undefined) throw new Bug(`'${launch}' uses '${name}', which its program lacks`);
    return { buffer };
  });
  const all = [uniforms, ...resources, ...(jobs === null ? [] : [{ buffer: jobs }])];
  const entries = all.map((resource, binding) => ({ binding, resource }));
  return device.createBindGroup({ label: launch, layout, entries });
}

/** The uniforms of all launches in one buffer: lengths that stay, and the settings of each run. */
export class Uniforms implements UniformWords {
  readonly bytes: number;
  private readonly words: Uint32Array<ArrayBuffer>;

  constructor(
    private readonly launched: readonly Launched[],
    lengths: ReadonlyMap<string, number>,
    /** The most workgroups of a launch. */
    private readonly workgroups: number,
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

  with(settings: RunSettings, jobs = 1): Uint32Array<ArrayBuffer> {
    const general: ReadonlyMap<string, number> = new Map(
      Object.entries({
        seed: settings.seed,
        iteration: settings.iteration,
        draws_from: DRAWS_FROM[settings.drawsFrom],
        first: settings.first ?? 0,
        jobs,
      }),
    );
    for (const launched of this.launched) {
      const { code, uniformsAt } = launched;
      const values = code.packed === true ? new Map([...general, ...this.ranges(launched, jobs)]) : general;
      code.uniforms.forEach((field, i) => {
        const value = values.get(field);
        if (value !== undefined) this.words[uniformsAt / FLOAT_BYTES + i] = value;
      });
    }
    return this.words;
  }

  /** The ranges of workgroups of a packed launch's kernels. */
  private ranges(launched: Launched, jobs: number): (readonly [string, number])[] {
    const { shares } = shareWorkgroups(launched, this.workgroups, jobs);
    return [...shares.values()].flatMap(({ first, count }, i) => [
      [`first_group_${i}`, first] as const,
      [`groups_${i}`, count] as const,
    ]);
  }
}
