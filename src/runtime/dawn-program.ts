// Loads programs on a WebGPU device: pipelines, buffers, uniforms, and what each launch is bound to.
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
  INPUTS,
  planMemory,
  uniformStride,
  workgroups,
  type MemoryPlan,
} from "./dawn-memory.js";
import { driverOutOfMemory } from "./device-errors.js";
import type { LoadedProgram, RunSettings } from "./device.js";
import {
  DawnProgram,
  stagingBuffer,
  USE,
  type DawnHost,
  type GpuBuffers,
  type Launch,
  type UniformWords,
} from "./loaded-dawn-program.js";

/** The values of the uniform `draws_from`. */
const DRAWS_FROM = { iid: 0, stratified: 1, sobol: 2 } as const;
/** Nanoseconds of one lane on software Vulkan: the time of about two launches on two cores. */
const LITTLE_WORK = 600_000;

/** A kernel that is launched: one with points in its grid. */
type Launched = {
  readonly kernel: Kernel;
  readonly code: WgslKernel;
  readonly entryPoint: string;
  readonly groups: number;
  /** Where its uniforms start, in bytes. */
  readonly uniformsAt: number;
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
class Uniforms implements UniformWords {
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
