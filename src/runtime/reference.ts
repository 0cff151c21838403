// The reference device: a program's kernels as JavaScript functions in float64, on one thread.
import { setImmediate as turn } from "node:timers/promises";
import { compileFunction } from "node:vm";
import { KERNEL_PARAMETERS } from "../codegen-js/emit.js";
import { MEANING } from "../codegen-js/math.js";
import { RANDOM } from "../codegen-js/random.js";
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import type { Buffer, Feedback } from "../ir/program.js";
import { rowArrayValues } from "../ir/ragged.js";
import { axisLengths, bufferLengths, checkFixedSubscripts, describeBuffer } from "./buffers.js";
import { cannotAllocate, deviceLost, outOfMemory } from "./device-errors.js";
import { iterateOneByOne, type Device, type LoadedProgram, type Run, type RunSettings } from "./device.js";
import { loadFinished } from "./finish.js";

type Arrays = Record<string, Float64Array>;
type Launch = (
  buffers: Arrays,
  sizes: Record<string, number>,
  run: RunSettings,
  math: typeof MEANING,
  random: typeof RANDOM,
) => void;

/** Kernels run this long, in milliseconds, before signals and timers get their turn. */
const TURN_AFTER = 50;

/** A device that computes in float64 on the host; its results depend on no GPU. */
export function createReferenceDevice(): Device {
  return new ReferenceDevice();
}

class ReferenceDevice implements Device {
  readonly kind = "reference";
  readonly description = "float64 reference";
  bytes = 0;
  closed = false;

  load(compiled: CompiledProgram, sizes: Sizes): Promise<LoadedProgram> {
    const load = this.loadPlain.bind(this);
    return loadFinished(load, load, compiled, sizes);
  }

  private loadPlain({ program, js }: CompiledProgram, sizes: Sizes): Promise<LoadedProgram> {
    // Failures reject the promise: no caller should have to catch twice.
    return new Promise((resolve) => {
      checkFixedSubscripts(program, sizes);
      const launches = program.kernels.map(({ name }) => ({ name, launch: compile(name, js[name]) }));
      const buffers = allocate(program.buffers, bufferLengths(program, sizes), sizes);
      const lengths = Object.fromEntries(axisLengths(program, sizes));
      resolve(
        new ReferenceProgram(
          this,
          program.name,
          launches,
          buffers,
          lengths,
          program.outputs,
          program.feedback ?? [],
          inputs(program.buffers),
        ),
      );
    });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

const inputs = (buffers: readonly Buffer[]): Set<string> =>
  new Set(buffers.filter((b) => b.storage === "input").map((b) => b.name));

function compile(name: string, body: string | undefined): Launch {
  if (body === undefined) throw new Bug(`kernel '${name}' has no JavaScript`);
  try {
    // The body is the compiler's own output: names in it are identifiers that it chose, text of the model is quoted.
    return compileFunction(`"use strict";\n${body}`, [...KERNEL_PARAMETERS], {
      filename: `kernel ${name}`,
    }) as Launch;
  } catch (error) {
    throw new Bug(
      `kernel '${name}' is not JavaScript: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function allocate(buffers: readonly Buffer[], lengths: ReadonlyMap<string, number>, sizes: Sizes): Arrays {
  const bytesOf = (b: Buffer): number => 8 * (lengths.get(b.name) ?? 0);
  const needed = buffers.reduce((sum, b) => sum + bytesOf(b), 0);
  const free = process.availableMemory();
  const largest = [...buffers].sort((a, b) => bytesOf(b) - bytesOf(a))[0];
  if (needed > free && largest !== undefined) throw outOfMemory(needed, free, describeBuffer(largest, sizes));
  const arrays: Arrays = {};
  for (const buffer of buffers) {
    try {
      arrays[buffer.name] = new Float64Array(bytesOf(buffer) / 8);
    } catch (error) {
      if (error instanceof RangeError) throw cannotAllocate(describeBuffer(buffer, sizes), bytesOf(buffer));
      throw error;
    }
    if (buffer.rows !== undefined) arrays[buffer.name]?.set(rowArrayValues(buffer.rows, sizes));
  }
  return arrays;
}

class ReferenceProgram implements LoadedProgram {
  private readonly bytes: number;
  private disposed = false;

  constructor(
    private readonly device: ReferenceDevice,
    private readonly name: string,
    private readonly launches: readonly { readonly name: string; readonly launch: Launch }[],
    private readonly buffers: Arrays,
    private readonly sizes: Record<string, number>,
    private readonly outputs: readonly string[],
    private readonly feedback: readonly Feedback[],
    private readonly inputs: ReadonlySet<string>,
  ) {
    this.bytes = Object.values(buffers).reduce((sum, array) => sum + array.byteLength, 0);
    device.bytes += this.bytes;
  }

  write(name: string, values: ArrayLike<number>): void {
    const array = this.buffers[name];
    if (array === undefined || !this.inputs.has(name))
      throw new Bug(`'${name}' is no input of '${this.name}'`);
    if (array.length !== values.length)
      throw new Bug(`'${name}' of '${this.name}' has ${array.length} elements, not ${values.length}`);
    array.set(values);
  }

  async run(settings: RunSettings): Promise<ReadonlyMap<string, Float64Array>> {
    if (this.disposed) throw new Bug(`'${this.name}' runs after it was disposed of`);
    let last = performance.now();
    for (const { launch } of this.launches) {
      launch(this.buffers, this.sizes, settings, MEANING, RANDOM);
      if (performance.now() - last > TURN_AFTER) {
        await turn();
        last = performance.now();
      }
      if (this.device.closed) throw deviceLost(this.device.description, "it was closed");
    }
    return new Map(this.outputs.map((output) => [output, new Float64Array(this.buffers[output] ?? [])]));
  }

  advance(): void {
    for (const { from, to } of this.feedback) this.buffers[to]?.set(this.buffers[from] ?? []);
  }

  iterate(runs: readonly Run[]): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
    return iterateOneByOne(this, runs);
  }

  readState(): Promise<ReadonlyMap<string, Float64Array>> {
    return Promise.resolve(
      new Map(this.feedback.map(({ to }) => [to, new Float64Array(this.buffers[to] ?? [])])),
    );
  }

  timeLaunches(settings: RunSettings): Promise<ReadonlyMap<string, number>> {
    const seconds = this.launches.map(({ name, launch }) => {
      const start = performance.now();
      launch(this.buffers, this.sizes, settings, MEANING, RANDOM);
      return [name, (performance.now() - start) / 1000] as const;
    });
    return Promise.resolve(new Map(seconds));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.device.bytes -= this.bytes;
  }
}
