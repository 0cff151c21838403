// Kernels as WGSL, in float32, with names from the model.
import type { WgslKernel } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { lowerAddresses } from "../ir/addresses.js";
import { VECTOR_LENGTH } from "../ir/axis.js";
import type { Kernel, Program } from "../ir/program.js";
import { ALL_OPTIMISATIONS, type Optimisations } from "../optimisations.js";
import { entryPoint, UNTILED } from "./body.js";
import { preludeFor, RESERVED_BY_HELPERS } from "./functions.js";
import { KernelModule, type Uses } from "./module.js";
import { chooseTiles, separateTurns, type Tile } from "./tile.js";
import { namesUsed, printModule, type WgslDeclaration, type WgslStatement } from "./wgsl.js";

const WORKGROUP_SIZE = 64;
/** Storage buffers per shader stage that every device has. */
const STORAGE_BUFFERS = 8;

/** The kernels of a program in WGSL, by the kernels' names. */
export function emitWgsl(
  program: Program,
  optimise: Optimisations = ALL_OPTIMISATIONS,
): Record<string, WgslKernel> {
  const uses = program.kernels.map((kernel) => usesOf(kernel, program));
  const packsTables = uses.some((u) => u.tables.length + Math.min(u.inputs.length, 1) > STORAGE_BUFFERS);
  return Object.fromEntries(uses.map((u) => [u.kernel.name, emitKernel(u, program, packsTables, optimise)]));
}

function usesOf(kernel: Kernel, program: Program): Uses {
  const inputNames = new Set(program.buffers.filter((b) => b.storage !== "table").map((b) => b.name));
  const reads = [...new Set(kernel.reads)];
  const writes = [...new Set(kernel.writes)];
  const input = writes.find((b) => inputNames.has(b));
  if (input !== undefined) throw new Bug(`kernel '${kernel.name}' stores to the input '${input}'`);
  const loaded = reads.filter((b) => !inputNames.has(b) && !writes.includes(b));
  const tables: WgslKernel["tables"] = [
    ...writes.map((buffer) => ({ buffer, access: "read_write" as const })),
    ...loaded.map((buffer) => ({ buffer, access: "read" as const })),
  ];
  return { kernel, inputs: reads.filter((b) => inputNames.has(b)), tables };
}

function emitKernel(uses: Uses, program: Program, packsTables: boolean, optimise: Optimisations): WgslKernel {
  const { kernel } = uses;
  const module = new KernelModule(uses, program, packsTables);
  // An array that is stored to cannot be seen as vectors, too.
  const written = new Set(packsTables ? uses.tables.map((t) => t.buffer) : kernel.writes);
  const byPoints = lowerAddresses(kernel, program.buffers, "points");
  const plain = [...byPoints.levels.flatMap((level) => level.offsets), ...byPoints.body];
  const main = entryPoint(module, plain, kernel.grid, written, WORKGROUP_SIZE, UNTILED).statements;
  const byAxes = lowerAddresses(kernel, program.buffers, "axes");
  const looksBack = kernel.reads.some((read) => kernel.writes.includes(read));
  const offsets = byAxes.levels.flatMap((level) => level.offsets);
  const statements = separateTurns([...offsets, ...byAxes.body], written);
  const tiles = looksBack ? [] : chooseTiles(kernel.grid, statements, written, optimise);
  const tiled = tiles.map((tile) => ({
    name: tile.axes.length > 0 ? "main_tiled" : "main_vectors",
    tile,
    ...entryPoint(module, statements, kernel.grid, written, WORKGROUP_SIZE, tile),
  }));
  const used = namesUsed([...main, ...tiled.flatMap((each) => each.statements)]);
  const prelude = preludeFor([...used].filter((name) => RESERVED_BY_HELPERS.has(name)));
  const compute = (name: string, comment: string, body: readonly WgslStatement[]): WgslDeclaration => ({
    kind: "compute",
    comment,
    name,
    workgroupSize: WORKGROUP_SIZE,
    body,
  });
  const grid = kernel.grid.map((axis) => axis.name).join(", ");
  const source = printModule([
    { kind: "comment", text: `${kernel.name}: ${kernel.comment}` },
    ...module.declarations(),
    ...(prelude === "" ? [] : [{ kind: "prelude" as const, text: prelude }]),
    compute("main", grid === "" ? "One point." : `Points: (${grid}).`, main),
    ...tiled.map((each) => compute(each.name, describe(each.tile), each.statements)),
  ]);
  return {
    source,
    entryPoint: "main",
    workgroupSize: WORKGROUP_SIZE,
    tiled: tiled.map(({ name, tile, rows }) => ({
      entryPoint: name,
      axes: tile.axes.map((axis) => axis.name),
      rows,
    })),
    uniforms: module.uniforms(),
    usesInputs: uses.inputs.length > 0,
    tables: uses.tables,
    packsTables,
    overrides: module.overrides(),
  };
}

/** What a tiled entry point does several of at a time. */
function describe({ axes, loops }: Tile): string {
  const names = [...new Set([...axes, ...[...loops].map((loop) => loop.axis)].map((axis) => axis.name))];
  return `The same, ${VECTOR_LENGTH} along ${names.join(" and ")} at a time.`;
}
