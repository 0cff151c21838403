// Kernels as WGSL, in float32, with names from the model.
import type { WgslKernel } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { lowerAddresses } from "../ir/addresses.js";
import type { Kernel, Program } from "../ir/program.js";
import { entryPoint } from "./body.js";
import { preludeFor, RESERVED_BY_HELPERS } from "./functions.js";
import { KernelModule, type Uses } from "./module.js";
import { chooseTile } from "./tile.js";
import { namesUsed, printModule, type WgslDeclaration, type WgslStatement } from "./wgsl.js";

const WORKGROUP_SIZE = 64;
/** Storage buffers per shader stage that every device has. */
const STORAGE_BUFFERS = 8;

/** The kernels of a program in WGSL, by the kernels' names. */
export function emitWgsl(program: Program): Record<string, WgslKernel> {
  const uses = program.kernels.map((kernel) => usesOf(kernel, program));
  const packsTables = uses.some((u) => u.tables.length + Math.min(u.inputs.length, 1) > STORAGE_BUFFERS);
  return Object.fromEntries(uses.map((u) => [u.kernel.name, emitKernel(u, program, packsTables)]));
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

function emitKernel(uses: Uses, program: Program, packsTables: boolean): WgslKernel {
  const { kernel } = uses;
  const module = new KernelModule(uses, program, packsTables);
  const byPoints = lowerAddresses(kernel, program.buffers, "points");
  const main = entryPoint(module, byPoints, kernel.grid, WORKGROUP_SIZE, null);
  const byAxes = lowerAddresses(kernel, program.buffers, "axes");
  const looksBack = kernel.reads.some((read) => kernel.writes.includes(read));
  const tile = looksBack
    ? null
    : chooseTile(kernel.grid, [...byAxes.levels.flatMap((level) => level.offsets), ...byAxes.body]);
  const tiled = tile === null ? [] : entryPoint(module, byAxes, kernel.grid, WORKGROUP_SIZE, tile);
  const used = namesUsed([...main, ...tiled]);
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
    ...(tile === null
      ? []
      : [compute("main_tiled", `The same, ${tile.length} along ${tile.axis.name} at a time.`, tiled)]),
  ]);
  return {
    source,
    entryPoint: "main",
    workgroupSize: WORKGROUP_SIZE,
    tiled: tile === null ? null : { entryPoint: "main_tiled", axis: tile.axis.name, length: tile.length },
    uniforms: module.uniforms(),
    usesInputs: uses.inputs.length > 0,
    tables: uses.tables,
    packsTables,
    overrides: module.overrides(),
  };
}
