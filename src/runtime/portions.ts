// A program that is run in portions of a plate: what varies along it is on the device one portion at a time.
import type { CompiledPortions, CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { ExtendedSizes, volume, type Axis, type Sizes } from "../ir/axis.js";
import { WHOLE_SIZE } from "../ir/portions.js";
import { iterateOneByOne, type LoadedProgram, type Run, type RunSettings } from "./device.js";

type Outputs = ReadonlyMap<string, Float64Array>;
type Load = (program: CompiledProgram, sizes: Sizes) => Promise<LoadedProgram>;

/** Portions are whole numbers of the blocks in which long sums are done (src/ir/split.ts). */
const STEP = 128;

/** Loads a program by `load`, in portions if it was compiled so. */
export async function loadPortions(
  load: Load,
  compiled: CompiledProgram,
  sizes: Sizes,
): Promise<LoadedProgram> {
  const { portions } = compiled;
  if (portions === undefined) return load(compiled, sizes);
  const whole = sizes.get(portions.axis) ?? 0;
  const length = portionLength(portions, sizes, whole);
  const parts = new Map<number, Phase[]>();
  for (const each of new Set([Math.min(length, whole), whole % length])) {
    if (each === 0) continue;
    const own = new ExtendedSizes(sizes, [[portions.axis, each]]);
    const phases: Phase[] = [];
    for (const phase of [...portions.phases, portions.last])
      phases.push(new Phase(await load(phase, own), phase, portions.axis));
    parts.set(each, phases);
  }
  return new PortionedProgram(compiled, portions, parts, whole, length, sizes);
}

/** Elements of a portion: as many as the device's share has room for, and about the same in each. */
function portionLength({ axis, bytes, phases, last }: CompiledPortions, sizes: Sizes, whole: number): number {
  const few = new ExtendedSizes(sizes, [[axis, STEP]]);
  const perStep = [...phases, last].map(({ program }) =>
    program.buffers
      .filter((buffer) => varies(buffer.axes, axis))
      .reduce((sum, buffer) => sum + 4 * volume(buffer.axes, few), 0),
  );
  const most = STEP * Math.max(1, Math.floor(bytes / Math.max(1, ...perStep)));
  const count = Math.max(1, Math.ceil(whole / most));
  return STEP * Math.ceil(Math.max(1, whole) / count / STEP);
}

const varies = (axes: readonly Axis[], axis: string): boolean =>
  axes.some(({ name, blocks }) => name === axis || blocks?.of === axis);

/** One phase's program for portions of one length. */
class Phase {
  /** Inputs that vary along the plate, and those that do not. */
  readonly divided: ReadonlySet<string>;
  readonly shared: ReadonlySet<string>;

  constructor(
    readonly loaded: LoadedProgram,
    { program }: CompiledProgram,
    axis: string,
  ) {
    const inputs = program.buffers.filter(({ storage }) => storage === "input");
    this.divided = new Set(inputs.filter(({ axes }) => varies(axes, axis)).map(({ name }) => name));
    this.shared = new Set(inputs.map(({ name }) => name).filter((name) => !this.divided.has(name)));
  }
}

/** Numbers that an array has of one portion and of the whole plate. */
type Counts = { readonly portion: number; readonly whole: number };

class PortionedProgram implements LoadedProgram {
  /** Inputs that vary along the plate, as they go to the device. */
  private readonly divided = new Map<string, Float32Array>();
  /** Inputs of the feedback that do not. */
  private readonly state = new Map<string, Float64Array>();
  /** Values of the feedback after a run, by the inputs that they become. */
  private next: ReadonlyMap<string, Float32Array | Float64Array> = new Map();
  /** Arrays that vary along the plate. */
  private readonly counts: ReadonlyMap<string, Counts>;
  /** One run after the other. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly compiled: CompiledProgram,
    private readonly portions: CompiledPortions,
    private readonly parts: ReadonlyMap<number, readonly Phase[]>,
    private readonly whole: number,
    private readonly length: number,
    sizes: Sizes,
  ) {
    const { axis } = portions;
    const portion = new ExtendedSizes(sizes, [[axis, length]]);
    const all = [...portions.phases, portions.last].flatMap(({ program }) => program.buffers);
    this.counts = new Map(
      all
        .filter(({ axes }) => varies(axes, axis))
        .map(({ name, axes }) => [name, { portion: volume(axes, portion), whole: volume(axes, sizes) }]),
    );
    for (const { loaded, shared } of [...parts.values()].flat())
      if (shared.has(WHOLE_SIZE)) loaded.write(WHOLE_SIZE, [whole]);
  }

  write(name: string, values: ArrayLike<number>): void {
    const phases = [...this.parts.values()].flat();
    const counts = this.counts.get(name);
    if (counts !== undefined && phases.some(({ divided }) => divided.has(name))) {
      if (values.length !== counts.whole)
        throw new Bug(
          `'${name}' of '${this.compiled.program.name}' has ${counts.whole} elements, not ${values.length}`,
        );
      const known = this.divided.get(name);
      if (known === undefined) this.divided.set(name, Float32Array.from(values));
      else known.set(values);
      return;
    }
    const taking = phases.filter(({ shared }) => shared.has(name));
    if (taking.length === 0) throw new Bug(`'${name}' is no input of '${this.compiled.program.name}'`);
    for (const { loaded } of taking) loaded.write(name, values);
    if (this.portions.feeds.some(({ to }) => to === name)) this.state.set(name, Float64Array.from(values));
  }

  run(settings: RunSettings): Promise<Outputs> {
    return this.inTurn(settings, false);
  }

  /** `inPlace`: what a portion feeds takes the place of its inputs as soon as it is done with them. */
  private inTurn(settings: RunSettings, inPlace: boolean): Promise<Outputs> {
    const result = this.last.then(() => this.runAll(settings, inPlace));
    this.last = result.catch(() => undefined);
    return result;
  }

  private async runAll(settings: RunSettings, inPlace: boolean): Promise<Outputs> {
    const { phases, feeds } = this.portions;
    for (const i of phases.keys()) {
      const totals = new Map<string, Float64Array>();
      await this.each(i, settings, (outputs) => {
        for (const [name, values] of outputs) {
          const total = totals.get(name);
          if (total === undefined) totals.set(name, Float64Array.from(values));
          else for (let e = 0; e < total.length; e++) total[e] = (total[e] ?? 0) + (values[e] ?? 0);
        }
      });
      for (const { loaded, shared } of [...this.parts.values()].flat())
        for (const [name, values] of totals) if (shared.has(name)) loaded.write(name, values);
    }
    const fed = new Map(feeds.map(({ from, to }) => [from, to]));
    const results = new Map<string, Float64Array>();
    const next = new Map<string, Float32Array | Float64Array>();
    await this.each(phases.length, settings, (outputs, portion) => {
      for (const [name, values] of outputs) {
        const to = fed.get(name);
        const counts = this.counts.get(name);
        if (counts === undefined) {
          if (to === undefined) results.set(name, values);
          else next.set(to, values);
        } else if (to === undefined)
          whole(results, name, () => new Float64Array(counts.whole)).set(values, portion * counts.portion);
        else {
          const own = inPlace ? this.divided.get(to) : undefined;
          const fedTo = own ?? whole(next, to, () => new Float32Array(counts.whole));
          fedTo.set(values, portion * counts.portion);
        }
      }
    });
    this.next = next;
    return results;
  }

  /** Runs a phase for one portion after another. */
  private async each(
    phase: number,
    settings: RunSettings,
    take: (outputs: Outputs, portion: number) => void,
  ): Promise<void> {
    for (let portion = 0, first = 0; first < this.whole; portion++, first += this.length) {
      const part = this.parts.get(Math.min(this.length, this.whole - first))?.[phase];
      if (part === undefined) throw new Bug("a portion of a length that was not loaded");
      for (const name of part.divided) {
        const counts = this.counts.get(name);
        const values = this.divided.get(name);
        if (counts === undefined || values === undefined) continue; // inputs that are never written are zeros
        part.loaded.write(name, values.subarray(portion * counts.portion, (portion + 1) * counts.portion));
      }
      take(await part.loaded.run({ ...settings, first }), portion);
    }
  }

  advance(): void {
    for (const [name, values] of this.next) this.write(name, values);
  }

  iterate(runs: readonly Run[]): Promise<readonly Outputs[]> {
    return iterateOneByOne(this, runs);
  }

  readState(): Promise<Outputs> {
    const values = ({ to }: { readonly to: string }): Float64Array =>
      this.state.get(to) ?? Float64Array.from(this.divided.get(to) ?? []);
    return this.last.then(() => new Map(this.portions.feeds.map((feed) => [feed.to, values(feed)])));
  }

  /** Seconds of all portions together, of the phases in turn. */
  async timeLaunches(settings: RunSettings): Promise<ReadonlyMap<string, number>> {
    await this.run(settings);
    const seconds = new Map<string, number>();
    const phases = this.parts.get(Math.min(this.length, this.whole)) ?? [];
    const count = this.whole / this.length;
    for (const [i, { loaded }] of phases.entries())
      for (const [kernel, time] of await loaded.timeLaunches({ ...settings, first: 0 })) {
        const name = i === this.portions.phases.length ? kernel : `phase ${i + 1} ${kernel}`;
        seconds.set(name, (seconds.get(name) ?? 0) + time * count);
      }
    return seconds;
  }

  dispose(): void {
    for (const { loaded } of [...this.parts.values()].flat()) loaded.dispose();
  }
}

/** The array of a name, made where there is none yet. */
function whole<T>(arrays: Map<string, T>, name: string, make: () => T): T {
  let array = arrays.get(name);
  if (array === undefined) arrays.set(name, (array = make()));
  return array;
}
