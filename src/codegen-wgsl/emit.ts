// Kernels as WGSL, in float32, with names from the model.
import type { Binding, WgslLaunch } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { lowerAddresses } from "../ir/addresses.js";
import { rowStride, sizeOf, VECTOR_LENGTH, type Axis, type Sizes } from "../ir/axis.js";
import type { Buffer, Kernel, Launch, Program } from "../ir/program.js";
import { ALL_OPTIMISATIONS, type Optimisations } from "../optimisations.js";
import { isWorthTiles } from "./cost.js";
import { entryPoint, UNTILED, type EntryPoint } from "./body.js";
import { preludeFor, RESERVED_BY_HELPERS } from "./functions.js";
import { LaunchModule, STORAGE_BUFFERS, type Uses } from "./module.js";
import { chooseTiles, separateTurns, type ChosenTile, type Tile } from "./tile.js";
import { namesUsed, printModule, type WgslDeclaration, type WgslStatement } from "./wgsl.js";

const WORKGROUP_SIZE = 64;

type How = { readonly optimise: Optimisations; readonly sizes: Sizes | null; readonly packed: boolean };

/**
 * The launches of a program in WGSL, by their names; `sizes`: those that it was planned for, if there are any; `packed`:
 * for several jobs at a time (see WgslLaunch).
 */
export function emitWgsl(
  program: Program,
  optimise: Optimisations = ALL_OPTIMISATIONS,
  sizes: Sizes | null = null,
  packed = false,
): Record<string, WgslLaunch> {
  const emit = (isPacked: (table: Buffer) => boolean): Uses[] => {
    const packed = new Set(
      program.buffers.filter((b) => b.storage === "table" && isPacked(b)).map((b) => b.name),
    );
    return program.launches.map((launch) => usesOf(launch, program, packed));
  };
  const some = emit((table) => table.packed === true);
  const isCrowded = some.some(({ bindings }) => bindings.length > STORAGE_BUFFERS);
  const uses = isCrowded ? emit(() => true) : some;
  return Object.fromEntries(uses.map((u) => [u.name, emitLaunch(u, program, { optimise, sizes, packed })]));
}

function usesOf(launch: Launch, program: Program, isPacked: ReadonlySet<string>): Uses {
  const inputNames = new Set(program.buffers.filter((b) => b.storage !== "table").map((b) => b.name));
  const kernels = launch.kernels.map((name) => {
    const kernel = program.kernels.find((each) => each.name === name);
    if (kernel === undefined) throw new Bug(`the launch '${launch.name}' has no kernel '${name}'`);
    return kernel;
  });
  const reads = [...new Set(kernels.flatMap((kernel) => kernel.reads))];
  const writes = [...new Set(kernels.flatMap((kernel) => kernel.writes))];
  const input = writes.find((b) => inputNames.has(b));
  if (input !== undefined) throw new Bug(`'${launch.name}' stores to the input '${input}'`);
  const loaded = reads.filter((b) => !inputNames.has(b) && !writes.includes(b));
  const tables = [
    ...writes.map((buffer) => ({ buffer, access: "read_write" as const })),
    ...loaded.map((buffer) => ({ buffer, access: "read" as const })),
  ];
  const packed = tables.filter(({ buffer }) => isPacked.has(buffer));
  const access = packed.some((table) => table.access === "read_write") ? "read_write" : "read";
  const bindings: readonly Binding[] = [
    { holds: "inputs", buffers: reads.filter((b) => inputNames.has(b)), access: "read" },
    { holds: "packed", buffers: packed.map((table) => table.buffer), access },
    ...tables
      .filter((table) => !packed.includes(table))
      .map((table): Binding => ({ holds: "table", buffers: [table.buffer], access: table.access })),
  ];
  return { name: launch.name, kernels, bindings: bindings.filter(({ buffers }) => buffers.length > 0) };
}

function emitLaunch(uses: Uses, program: Program, how: How): WgslLaunch {
  const module = new LaunchModule(uses, program, how.packed);
  // An array that is stored to cannot be seen as vectors, too.
  const written = new Set(
    uses.bindings.flatMap(({ access, buffers }) => (access === "read_write" ? buffers : [])),
  );
  const [kernel] = uses.kernels;
  const isAlone = uses.kernels.length === 1 && kernel !== undefined;
  const main = uses.kernels.flatMap((each): readonly WgslStatement[] => {
    const byPoints = lowerAddresses(each, program.buffers, "points");
    const plain = [...byPoints.levels.flatMap((level) => level.offsets), ...byPoints.body];
    const body = entryPoint(module, plain, each, written, WORKGROUP_SIZE, UNTILED).statements;
    const comment = { kind: "comment" as const, text: `${each.name}. ${pointsOf(each)}` };
    return isAlone ? body : [comment, ...body];
  });
  const tiled = isAlone ? tiledEntryPoints(module, kernel, program, written, how) : [];
  const used = namesUsed([...main, ...tiled.flatMap((each) => each.statements)]);
  const prelude = preludeFor(
    [...used].filter((name) => RESERVED_BY_HELPERS.has(name)),
    how.packed,
  );
  const compute = (name: string, comment: string, body: readonly WgslStatement[]): WgslDeclaration => ({
    kind: "compute",
    comment,
    name,
    workgroupSize: WORKGROUP_SIZE,
    body,
  });
  const source = printModule([
    ...uses.kernels.map((each) => ({ kind: "comment" as const, text: `${each.name}: ${each.comment}` })),
    ...module.declarations(),
    ...(prelude === "" ? [] : [{ kind: "prelude" as const, text: prelude }]),
    compute("main", isAlone ? pointsOf(kernel) : "Each kernel has its range of workgroups.", main),
    ...tiled.map((each) => compute(each.name, describe(each.tile), each.statements)),
  ]);
  return {
    source,
    entryPoint: "main",
    workgroupSize: WORKGROUP_SIZE,
    ...(how.packed ? { packed: true } : {}),
    tiled: tiled.map(({ name, tile, rows }) => ({
      entryPoint: name,
      axes: tile.axes.map((axis) => axis.name),
      turns: [...new Set([...tile.loops].map((loop) => loop.axis.name))],
      rows,
      share: tile.share,
    })),
    uniforms: module.uniforms(),
    bindings: module.bindings(),
    overrides: module.overrides(),
  };
}

function pointsOf({ grid }: Kernel): string {
  return grid.length === 0 ? "One point." : `Points: (${grid.map((axis) => axis.name).join(", ")}).`;
}

/** The other entry points of a kernel alone. */
function tiledEntryPoints(
  module: LaunchModule,
  kernel: Kernel,
  program: Program,
  written: ReadonlySet<string>,
  { optimise, sizes }: How,
): readonly (EntryPoint & { readonly name: string; readonly tile: ChosenTile })[] {
  if (kernel.reads.some((read) => kernel.writes.includes(read))) return [];
  if (sizes !== null && !isWorthTiles(kernel, sizes)) return [];
  const lengthOf = (axis: Axis): number | null => (sizes === null ? null : sizeOf(axis, sizes));
  const isRow = (axis: Axis): boolean => rowStride(lengthOf(axis) ?? VECTOR_LENGTH) % VECTOR_LENGTH === 0;
  const byAxes = lowerAddresses(kernel, program.buffers, "axes", isRow);
  const offsets = byAxes.levels.flatMap((level) => level.offsets);
  const statements = separateTurns([...offsets, ...byAxes.body], written);
  return chooseTiles(kernel.grid, statements, written, module.alone(), optimise, lengthOf).map((tile) => ({
    name: tile.axes.length > 2 ? "main_blocks" : tile.axes.length > 0 ? "main_tiled" : "main_vectors",
    tile,
    ...entryPoint(module, statements, kernel, written, WORKGROUP_SIZE, tile),
  }));
}

/** What a tiled entry point does several of at a time. */
function describe({ axes, loops }: Tile): string {
  const names = [...new Set([...axes, ...[...loops].map((loop) => loop.axis)].map((axis) => axis.name))];
  return `The same, ${VECTOR_LENGTH} along ${names.join(" and ")} at a time.`;
}
