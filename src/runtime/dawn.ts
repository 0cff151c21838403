// The WebGPU device: npm `webgpu` (Dawn) on a GPU or on a software Vulkan driver, in float32.
import { Bug } from "../diagnostic.js";
import type { CompiledProgram } from "../compiled.js";
import type { Sizes } from "../ir/axis.js";
import { loadPacked } from "./dawn-packed.js";
import { loadProgram } from "./dawn-program.js";
import { deviceLost, noDeviceGiven } from "./device-errors.js";
import type { Device, DeviceError, LoadedProgram, PackedProgram } from "./device.js";
import { loadFinished } from "./finish.js";
import { withoutNativeNoise } from "./native-noise.js";
import { Pipelines } from "./pipelines.js";
import type { DawnHost } from "./program-buffers.js";
import { createReferenceDevice } from "./reference.js";
import { yielding } from "./yielding.js";

/**
 * Dawn's entry objects for the life of the process: a device aborts the process if the garbage collector takes the
 * object that it came from. They keep no process from ending.
 */
const INSTANCES: GPU[] = [];

type WebGpu = { readonly create: (options: string[]) => GPU };

/**
 * Opens the best device that WebGPU finds, or null if there is none. `software`: whether it must be a software Vulkan
 * driver (true), must not be one (false), or may ("any"). Throws a DeviceError if there is one that cannot be had.
 */
export async function createDawnDevice(choice: {
  software: boolean | "any";
  reclaim?: () => void;
}): Promise<Device | null> {
  const { create } = (await import("webgpu")) as WebGpu;
  const adapter = await chooseAdapter(create, choice.software);
  if (adapter === null) return null;
  return openAdapter(adapter, choice.reclaim ?? (() => undefined));
}

/** Dawn has no adapter type to ask for: its own software renderer and Mesa's are told by what they are called. */
export const isSoftware = ({ info }: GPUAdapter): boolean =>
  info.isFallbackAdapter ||
  /llvmpipe|lavapipe|swiftshader|software/i.test(`${info.architecture} ${info.device} ${info.description}`);

async function chooseAdapter(
  create: WebGpu["create"],
  software: boolean | "any",
): Promise<GPUAdapter | null> {
  const request = (options: string[]): Promise<GPUAdapter | null> =>
    withoutNativeNoise(() => {
      const gpu = create(options);
      INSTANCES.push(gpu);
      return gpu.requestAdapter({ powerPreference: "high-performance" });
    });
  const best = await request([]);
  if (best === null || software === "any" || isSoftware(best) === software) return best;
  // The best is a real GPU if there is any: a software driver beside it has to be asked for by name.
  if (!software) return null;
  for (const name of await softwareAdapterNames(request)) {
    const adapter = await request([`adapter=${name}`]);
    if (adapter !== null && isSoftware(adapter)) return adapter;
  }
  return null;
}

/** Dawn tells the names of all adapters when asked for one that does not exist. */
async function softwareAdapterNames(
  request: (options: string[]) => Promise<GPUAdapter | null>,
): Promise<string[]> {
  try {
    await request(["adapter=none has this name"]);
    return [];
  } catch (problem) {
    const said = problem instanceof Error ? problem.message : String(problem);
    return [...said.matchAll(/name: '(.*)'$/gm)]
      .map(([, name]) => name ?? "")
      .filter((n) => /llvmpipe|swiftshader/i.test(n));
  }
}

async function openAdapter(adapter: GPUAdapter, reclaim: () => void): Promise<Device> {
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage };
  const description = describe(adapter);
  try {
    const device = await adapter.requestDevice({ requiredLimits });
    return new DawnDevice(device, isSoftware(adapter) ? "software" : "gpu", description, reclaim);
  } catch (problem) {
    throw noDeviceGiven(description, problem instanceof Error ? problem.message : String(problem));
  }
}

/** "llvmpipe: Mesa 25.0.7 (LLVM 15.0.6), software Vulkan", "NVIDIA H200: 570.86 (Vulkan)". */
function describe(adapter: GPUAdapter): string {
  const { vendor, device, description } = adapter.info;
  const named = [device, description].filter((part) => part !== "");
  const name = named.length === 0 ? vendor : named.join(": ");
  if (!isSoftware(adapter)) return name;
  return `${description === "" ? name : description}, software Vulkan`;
}

/** On software drivers, whose memory is the host's, this part of what is free when the device is opened is used. */
const SHARE_OF_FREE_MEMORY = 0.75;

/**
 * How much work a launch is cut into: the most workgroups, and how many invocations occupy the device, below which it is
 * not worth leaving fewer of them to save work. To a software driver each workgroup costs half a microsecond, and saved
 * work is worth more than a thread; a GPU holds some hundred thousand invocations at a time.
 */
const LAUNCHES = {
  software: { workgroups: 256, parallelism: 1 },
  gpu: { workgroups: 65535, parallelism: 2 ** 17 },
} as const;

/** Compiled for software Vulkan they take some ten megabytes, which are worth the tens of milliseconds of reclaiming them. */
const MANY_PIPELINES = 20;

class DawnDevice implements Device {
  bytes = 0;
  private readonly pipelines: Pipelines;
  /** Once the device is lost: why. */
  private loss: DeviceError | null = null;
  /** Rejects what waits for the device when it is lost: by itself it might wait for ever. */
  private readonly waiting = new Set<(problem: DeviceError) => void>();
  /** Bytes that may be allocated: drivers do not say when there are no more. */
  private readonly budget: number;
  private closed = false;
  /** Pipelines without use since memory was last reclaimed. */
  private forgotten = 0;
  /** What Dawn found wrong outside of any error scope: always a fault of mppc. */
  private failure: string | null = null;

  constructor(
    private readonly device: GPUDevice,
    readonly kind: "gpu" | "software",
    readonly description: string,
    private readonly reclaim: () => void,
  ) {
    this.pipelines = new Pipelines(device);
    this.budget = kind === "software" ? SHARE_OF_FREE_MEMORY * process.availableMemory() : Infinity;
    device.onuncapturederror = (event) => {
      event.preventDefault();
      this.failure ??= event.error.message;
    };
    void device.lost.then(({ message }) => {
      this.loss = deviceLost(description, this.closed ? "it was closed" : message);
      for (const reject of this.waiting) reject(this.loss);
    });
  }

  load(compiled: CompiledProgram, sizes: Sizes): Promise<LoadedProgram> {
    const host = this.hostOfProgram();
    const onHost = createReferenceDevice();
    return this.orLost(
      loadFinished(
        (own, lengths) => releasing(host, loadProgram(host, own, lengths)),
        (own, lengths) => onHost.load(own, lengths),
        compiled,
        sizes,
      ),
    );
  }

  loadPacked(compiled: CompiledProgram, sizes: Sizes, most: number): Promise<PackedProgram> {
    const host = this.hostOfProgram();
    return this.orLost(releasing(host, loadPacked(host, compiled, sizes, most)));
  }

  private hostOfProgram(): DawnHost {
    const pipelines = this.pipelines.forProgram();
    return {
      device: this.device,
      pipelines,
      releasePipelines: () => this.forget(pipelines.release()),
      ...LAUNCHES[this.kind],
      free: this.budget - this.bytes,
      countBytes: (bytes) => void (this.bytes += bytes),
      orLost: (work) => this.orLost(work),
      wait: this.kind === "gpu" ? (work) => work : yielding,
      check: () => this.check(),
    };
  }

  private forget(pipelines: number): void {
    this.forgotten += pipelines;
    if (this.forgotten < MANY_PIPELINES) return;
    this.forgotten = 0;
    this.reclaim();
  }

  private orLost<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      // Of what the work itself may say after that, nobody need hear.
      if (this.loss !== null) reject(this.loss);
      this.waiting.add(reject);
      void work.then(resolve, reject).finally(() => this.waiting.delete(reject));
    });
  }

  private check(): void {
    if (this.failure !== null) throw new Bug(`WebGPU: ${this.failure}`);
  }

  close(): Promise<void> {
    this.closed = true;
    this.device.destroy();
    return Promise.resolve();
  }
}

/** A program that is not loaded after all needs no pipelines. */
const releasing = <T>(host: DawnHost, loaded: Promise<T>): Promise<T> =>
  loaded.catch((problem: unknown) => {
    host.releasePipelines();
    throw problem;
  });
