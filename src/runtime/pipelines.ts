// Compute pipelines of one device, compiled once for each source and each set of constants.
import type { WgslLaunch } from "../compiled.js";
import { Bug } from "../diagnostic.js";

export type Pipeline = { readonly pipeline: GPUComputePipeline; readonly layout: GPUBindGroupLayout };

/** `GPUShaderStage.COMPUTE`; npm `webgpu` defines no globals. */
const COMPUTE = 4;

type Shared = { readonly pipeline: Promise<Pipeline>; programs: number };

/** All pipelines of the loaded programs. */
export class Pipelines {
  private readonly modules = new Map<string, GPUShaderModule>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  private readonly pipelines = new Map<string, Shared>();

  constructor(private readonly device: GPUDevice) {}

  /** For one program, which shares those that it has in common with others. */
  forProgram(): ProgramPipelines {
    return new ProgramPipelines((key, create) => {
      const known = this.pipelines.get(key);
      const shared = known ?? { pipeline: create(this), programs: 0 };
      if (known === undefined) this.pipelines.set(key, shared);
      shared.programs++;
      const release = (): boolean => {
        if (--shared.programs > 0) return false;
        // Modules are of no use but to make further pipelines.
        this.modules.clear();
        return this.pipelines.delete(key);
      };
      return { pipeline: shared.pipeline, release };
    });
  }

  /** Rejects with a Bug if the WGSL does not compile. */
  async create(
    name: string,
    kernel: WgslLaunch,
    entryPoint: string,
    constants: Readonly<Record<string, number>>,
  ): Promise<Pipeline> {
    const { device } = this;
    device.pushErrorScope("validation");
    const module = this.module(name, kernel.source);
    const layout = this.layout(kernel);
    // Creating it at once is faster than in the background, and the driver compiles at the first launch anyway.
    const pipeline = device.createComputePipeline({
      label: name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint, constants: { ...constants } },
    });
    const error = await device.popErrorScope();
    if (error !== null) throw new Bug(`kernel '${name}' does not compile: ${await explain(module, error)}`);
    return { pipeline, layout };
  }

  private module(name: string, source: string): GPUShaderModule {
    let module = this.modules.get(source);
    if (module === undefined)
      this.modules.set(source, (module = this.device.createShaderModule({ label: name, code: source })));
    return module;
  }

  private layout({ bindings, packed }: WgslLaunch): GPUBindGroupLayout {
    const types: GPUBufferBindingType[] = [
      "uniform",
      ...bindings.map(({ access }) => (access === "read" ? "read-only-storage" : "storage")),
      ...(packed === true ? ["uniform" as const] : []),
    ];
    const key = types.join(" ");
    let layout = this.layouts.get(key);
    if (layout === undefined) {
      const entries = types.map((type, binding) => ({ binding, visibility: COMPUTE, buffer: { type } }));
      this.layouts.set(key, (layout = this.device.createBindGroupLayout({ entries })));
    }
    return layout;
  }
}

type Taken = { readonly pipeline: Promise<Pipeline>; readonly release: () => boolean };

/** The pipelines that one program uses. */
export class ProgramPipelines {
  private readonly taken = new Map<string, Taken>();

  constructor(private readonly take: (key: string, create: (all: Pipelines) => Promise<Pipeline>) => Taken) {}

  /** The pipeline of one entry point of a kernel with these values of its overrides. Rejects with a Bug if the WGSL does not compile. */
  get(
    name: string,
    kernel: WgslLaunch,
    entryPoint: string,
    constants: Readonly<Record<string, number>>,
  ): Promise<Pipeline> {
    const key = JSON.stringify([kernel.source, entryPoint, constants]);
    let taken = this.taken.get(key);
    if (taken === undefined) {
      taken = this.take(key, (all) => all.create(name, kernel, entryPoint, constants));
      this.taken.set(key, taken);
    }
    return taken.pipeline;
  }

  /** The program is done with all of them. Returns how many no other program uses: those are forgotten. */
  release(): number {
    const forgotten = [...this.taken.values()].filter(({ release }) => release());
    this.taken.clear();
    return forgotten.length;
  }
}

async function explain(module: GPUShaderModule, error: GPUError): Promise<string> {
  const { messages } = await module.getCompilationInfo();
  const lines = messages
    .filter((m) => m.type === "error")
    .map((m) => `${m.lineNum}:${m.linePos} ${m.message}`);
  return [...lines, error.message].join("\n");
}
