// What a device does: load programs, take inputs, run, give outputs. Dawn and the float64 reference both do it.
import type { RandomRun } from "../codegen-js/random.js";
import type { CompiledProgram } from "../compiled.js";
import type { Sizes } from "../ir/axis.js";

/** What a run's random numbers depend on besides latent, element and particle; 32-bit unsigned. */
export type RunSettings = RandomRun;
export type { DrawsFrom } from "../codegen-js/random.js";

export type DeviceKind = "gpu" | "software" | "reference";

export interface Device {
  readonly kind: DeviceKind;
  /** For a person: "NVIDIA H200 (Vulkan)", "llvmpipe (LLVM 15.0.6, 256 bits), software Vulkan", "float64 reference". */
  readonly description: string;
  /** Bytes of device memory in use by loaded programs. */
  readonly bytes: number;
  /**
   * Compiles a program's kernels for these sizes and allocates its buffers. Throws a DeviceError if the device cannot
   * (out of memory, over a limit, lost) and a Bug if a kernel does not compile.
   */
  load(program: CompiledProgram, sizes: Sizes): Promise<LoadedProgram>;
  /**
   * Loads a program that was compiled packed (CompileOptions) for several jobs at a time: `most` of them, or as many as the
   * device has room for. Throws as `load` does. Missing where jobs at a time take as long as one after the other.
   */
  loadPacked?(program: CompiledProgram, sizes: Sizes, most: number): Promise<PackedProgram>;
  /** It is one of several lanes (src/runtime/lanes.ts) on a device: programs for it are to be compiled packed. */
  readonly packed?: true;
  close(): Promise<void>;
}

/** Outputs of a run by their names. */
export type Outputs = ReadonlyMap<string, Float64Array>;

/** Runs of one job, one after the other, in its slot; `advances`: after each, what it computed for its feedback becomes its inputs. */
export type PackedTask = {
  readonly slot: number;
  readonly runs: readonly Run[];
  readonly advances: boolean;
};

/** A program with inputs, tables and outputs of its own in every slot, which computes those of several slots at a time. */
export interface PackedProgram {
  /** How many slots there are. */
  readonly slots: number;
  /** A new job has a slot: all its inputs are zeros until they are written. */
  begin(slot: number): void;
  /** As LoadedProgram's, of one slot. */
  write(slot: number, name: string, values: ArrayLike<number>): void;
  /** As LoadedProgram's, of some slots. */
  advance(slots: readonly number[]): void;
  /** The outputs of every run of each task. All runs are to place particles in the same way. */
  run(tasks: readonly PackedTask[]): Promise<readonly (readonly Outputs[])[]>;
  /** As LoadedProgram's, of each of some slots. */
  readState(slots: readonly number[]): Promise<readonly Outputs[]>;
  dispose(): void;
}

/** One of several runs in a row, with inputs that are written before it. */
export type Run = {
  readonly settings: RunSettings;
  readonly inputs: ReadonlyMap<string, ArrayLike<number>>;
};

export interface LoadedProgram {
  /** Sets an input buffer (row-major over its axes); it stays until written again. Unknown names and wrong lengths are Bugs. */
  write(name: string, values: ArrayLike<number>): void;
  /** Runs every kernel once, in one submission, and reads the outputs. The program's feedback is not applied. */
  run(settings: RunSettings): Promise<ReadonlyMap<string, Float64Array>>;
  /** Makes what the last run computed for its feedback the inputs of the next one. */
  advance(): void;
  /** Runs one after the other, advancing after each; the outputs of every one are read back together. */
  iterate(runs: readonly Run[]): Promise<readonly ReadonlyMap<string, Float64Array>[]>;
  /** The present values of the inputs that the feedback feeds, by their names. */
  readState(): Promise<ReadonlyMap<string, Float64Array>>;
  /** Runs every kernel in a submission of its own; the seconds that each took, by the kernels' names, in order. */
  timeLaunches(settings: RunSettings): Promise<ReadonlyMap<string, number>>;
  dispose(): void;
}

/** `iterate` of a program whose runs each end before the next begins. */
export async function iterateOneByOne(
  program: Pick<LoadedProgram, "write" | "run" | "advance">,
  runs: readonly Run[],
): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
  const results: ReadonlyMap<string, Float64Array>[] = [];
  for (const { settings, inputs } of runs) {
    for (const [name, values] of inputs) program.write(name, values);
    results.push(await program.run(settings));
    program.advance();
  }
  return results;
}

/** The device could not do it: exit code 4, worth a retry elsewhere. `reason` is one plain sentence. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  constructor(
    readonly code: "E0601" | "E0602" | "E0603" | "E0604",
    readonly reason: string,
    readonly hint: string | undefined,
  ) {
    super(reason);
  }
}
