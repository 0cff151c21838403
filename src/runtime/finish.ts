// What a program leaves to the host: sums of many numbers in float64, after every run.
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS, isDerived } from "../ir/interface.js";
import { loadPortions } from "./portions.js";
import type { LoadedProgram, Run, RunSettings } from "./device.js";

type Outputs = ReadonlyMap<string, Float64Array>;
type Load = (program: CompiledProgram, sizes: Sizes) => Promise<LoadedProgram>;

/** Loads a program by `load`, and what finishes its results by `onHost`. */
export async function loadFinished(
  load: Load,
  onHost: Load,
  compiled: CompiledProgram,
  sizes: Sizes,
): Promise<LoadedProgram> {
  const { finish } = compiled;
  const loaded = await loadPortions(load, compiled, sizes);
  if (finish === undefined) return loaded;
  const taken = new Set(compiled.program.buffers.map(({ name }) => name));
  return new FinishedProgram(loaded, await onHost({ ...finish, wgsl: {} }, sizes), finish.program, taken);
}

class FinishedProgram implements LoadedProgram {
  private readonly given: readonly string[];
  private readonly derived: ReadonlySet<string>;

  constructor(
    private readonly loaded: LoadedProgram,
    private readonly finish: LoadedProgram,
    program: CompiledProgram["program"],
    /** The inputs of the program that runs on the device. */
    private readonly taken: ReadonlySet<string>,
  ) {
    const inputs = program.buffers.filter((b) => b.storage === "input").map((b) => b.name);
    this.given = inputs.filter((name) => !isDerived(name));
    this.derived = new Set(inputs.filter(isDerived));
  }

  /** What data alone decides goes to both. */
  write(name: string, values: ArrayLike<number>): void {
    if (this.derived.has(name)) this.finish.write(name, values);
    if (!this.derived.has(name) || this.taken.has(name)) this.loaded.write(name, values);
  }

  async run(settings: RunSettings): Promise<Outputs> {
    return this.finished(await this.loaded.run(settings), settings);
  }

  async iterate(runs: readonly Run[]): Promise<readonly Outputs[]> {
    const all: Outputs[] = [];
    for (const [i, outputs] of (await this.loaded.iterate(runs)).entries()) {
      const settings = runs[i]?.settings;
      if (settings === undefined) throw new Bug("more results than runs");
      all.push(await this.finished(outputs, settings));
    }
    return all;
  }

  advance(): void {
    this.loaded.advance();
  }

  readState(): Promise<Outputs> {
    return this.loaded.readState();
  }

  private async finished(outputs: Outputs, settings: RunSettings): Promise<Outputs> {
    for (const name of this.given) {
      const values = outputs.get(name);
      if (values === undefined) throw new Bug(`'${name}' is no output`);
      this.finish.write(name, values);
    }
    const finished = (await this.finish.run(settings)).get(BUFFERS.finishedEvidence);
    if (finished === undefined) throw new Bug("a finished run without evidence");
    const kept = [...outputs].filter(([name]) => !this.given.includes(name) || name === BUFFERS.logEvidence);
    return new Map(kept).set(BUFFERS.logEvidence, finished);
  }

  timeLaunches(settings: RunSettings): Promise<ReadonlyMap<string, number>> {
    return this.loaded.timeLaunches(settings);
  }

  dispose(): void {
    this.loaded.dispose();
    this.finish.dispose();
  }
}
