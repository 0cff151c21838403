// Which programs are computed in portions of a plate, and those programs.
import type { CompiledPortions, CompiledProgram } from "./compiled.js";
import { sizeOf, volume, type Axis, type Sizes } from "./ir/axis.js";
import type { ProgramGraph } from "./ir/lower/program-graph.js";
import type { Graph } from "./ir/node.js";
import { inPortions, isOfPortions } from "./ir/portions.js";
import type { Buffer, Program } from "./ir/program.js";
import { PlanningSizes } from "./ir/sizes.js";

export type PortionOptions = {
  readonly sizes: Sizes;
  /** The most bytes that the device binds as one buffer. */
  readonly largestBinding: number;
  /** What all buffers of a program may take, in bytes, before it is computed in portions. */
  readonly mostBytes: number;
  readonly compile: (graph: ProgramGraph, sizes: Sizes) => CompiledProgram;
};

/** What the buffers of a phase may take, in bytes: besides this there is what lies between rows in a GPU's memory. */
const PORTION_BYTES = 2 ** 26;
/** Kernels of portions are planned for so many elements; how many a portion has is decided when it is loaded. */
const PLANNED_LENGTH = 2 ** 16;

/** A program as its portions; null where its buffers fit as they are, or where it cannot be divided. */
export function compilePortions(
  g: Graph,
  graph: ProgramGraph,
  program: Program,
  { sizes, largestBinding, mostBytes, compile }: PortionOptions,
): CompiledProgram | null {
  const bytes = (buffers: readonly Buffer[]): number =>
    buffers.reduce((sum, buffer) => sum + 4 * volume(buffer.axes, sizes), 0);
  const inputs = program.buffers.filter(({ storage }) => storage !== "table");
  const largest = Math.max(bytes(inputs), ...program.buffers.map((buffer) => bytes([buffer])));
  if (largest <= largestBinding && bytes(program.buffers) <= mostBytes) return null;
  const isPlate = ({ role, blocks, parent }: Axis): boolean =>
    role === "plate" && blocks === null && parent === null;
  const plates = program.axes.filter(isPlate).sort((a, b) => sizeOf(b, sizes) - sizeOf(a, sizes));
  for (const axis of plates) {
    const varying = program.buffers.filter((buffer) => variesAlong(buffer, axis.name));
    // Where it is other tables that are large, portions would not help.
    if (bytes(varying) < bytes(program.buffers) / 2) continue;
    const portions = inPortions(g, graph, axis);
    if (portions === null) continue;
    const length = Math.min(PLANNED_LENGTH, sizeOf(axis, sizes));
    const planned = new PlanningSizes(sizes, [[axis.name, length]]);
    const phases = portions.phases.map((phase) => compile(phase, planned));
    const last = compile(portions.last, planned);
    const most = Math.min(PORTION_BYTES, mostBytes, largestBinding / 2);
    return described({ axis: axis.name, bytes: most, phases, last, feeds: portions.feeds });
  }
  return null;
}

/** Whether an array is divided into portions of a plate. */
export const variesAlong = ({ axes }: Pick<Buffer, "axes">, plate: string): boolean =>
  axes.some(({ name, blocks }) => name === plate || blocks?.of === plate);

/** The whole program as others see it: its inputs and outputs are those of all portions. */
function described(portions: CompiledPortions): CompiledProgram {
  const { phases, last, feeds } = portions;
  const all = [...phases, last].flatMap(({ program }) => program.buffers);
  const inputs = all.filter(({ name, storage }) => storage !== "table" && !isOfPortions(name));
  const tables = last.program.buffers.filter(({ storage }) => storage === "table");
  const unique = new Map([...inputs, ...tables].map((buffer) => [buffer.name, buffer]));
  const outputs = last.program.outputs.filter((name) => !feeds.some(({ from }) => from === name));
  return { ...last, program: { ...last.program, buffers: [...unique.values()], outputs }, portions };
}
