// Kernels as WGSL: one invocation per point of the grid, in float32, with names from the model.
import type { WgslKernel } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { lowerAddresses } from "../ir/addresses.js";
import { Identifiers } from "../ir/identifiers.js";
import type { Kernel, Program } from "../ir/program.js";
import { boundField, KernelBody, type Place } from "./body.js";
import { preludeFor, RESERVED_BY_HELPERS } from "./functions.js";
import { namesUsed, printModule, type WgslDeclaration } from "./wgsl.js";
import { WGSL_WORDS } from "./words.js";

const WORKGROUP_SIZE = 64;
/** Storage buffers per shader stage that every device has. */
const STORAGE_BUFFERS = 8;
/** Names that every module uses: its entry point and the parameters of that, its uniform, its packed buffers. */
const ENTRY_POINT = "main";
const OWN_WORDS = [ENTRY_POINT, "Run", "run", "inputs", "tables", "group", "groups", "lane"];

/** The kernels of a program in WGSL, by the kernels' names. */
export function emitWgsl(program: Program): Record<string, WgslKernel> {
  const uses = program.kernels.map((kernel) => usesOf(kernel, program));
  const packsTables = uses.some((u) => u.tables.length + Math.min(u.inputs.length, 1) > STORAGE_BUFFERS);
  return Object.fromEntries(uses.map((u) => [u.kernel.name, emitKernel(u, program, packsTables)]));
}

/** The buffers that a kernel uses, each once: what it writes first. */
type Uses = {
  readonly kernel: Kernel;
  readonly inputs: readonly string[];
  readonly tables: WgslKernel["tables"];
};

function usesOf(kernel: Kernel, program: Program): Uses {
  const inputNames = new Set(program.buffers.filter((b) => b.storage === "input").map((b) => b.name));
  const reads = [...new Set(kernel.reads)];
  const writes = [...new Set(kernel.writes)];
  const input = writes.find((b) => inputNames.has(b));
  if (input !== undefined) throw new Bug(`kernel '${kernel.name}' stores to the input '${input}'`);
  const both = writes.find((b) => reads.includes(b));
  if (both !== undefined) throw new Bug(`kernel '${kernel.name}' loads what it stores, '${both}'`);
  const tables: WgslKernel["tables"] = [
    ...writes.map((buffer) => ({ buffer, access: "read_write" as const })),
    ...reads.filter((b) => !inputNames.has(b)).map((buffer) => ({ buffer, access: "read" as const })),
  ];
  return { kernel, inputs: reads.filter((b) => inputNames.has(b)), tables };
}

function emitKernel(uses: Uses, program: Program, packsTables: boolean): WgslKernel {
  const { kernel } = uses;
  const identifiers = new Identifiers([...WGSL_WORDS, ...RESERVED_BY_HELPERS, ...OWN_WORDS]);
  const { arrays, places } = storage(uses, program, packsTables, identifiers);
  const body = new KernelBody(kernel.name, identifiers, places);
  const { levels, body: statements } = lowerAddresses(kernel, program.buffers, "invocations");
  const offsets = levels.flatMap((level) => level.offsets);
  const main = body.main(kernel.grid, offsets, statements, WORKGROUP_SIZE);
  const uniforms = ["seed", "iteration", "stratified", ...[...body.bounds.values()].map(boundField)];
  const odd = uniforms.find((field) => !/^[A-Za-z]\w*$/.test(field));
  if (odd !== undefined) throw new Bug(`'${odd}' is no name of a uniform's field`);
  const grid = kernel.grid.map((axis) => axis.name).join(", ");
  const prelude = preludeFor([...namesUsed(main)].filter((name) => RESERVED_BY_HELPERS.has(name)));
  const source = printModule([
    { kind: "comment", text: `${kernel.name}: ${kernel.comment}` },
    { kind: "comment", text: grid === "" ? "One point." : `A point for each (${grid}).` },
    { kind: "uniform", struct: "Run", name: "run", fields: uniforms },
    ...arrays,
    ...body.overrides.map(({ name, kind }): WgslDeclaration => ({
      kind: "override",
      name,
      value: kind === "size" ? 1 : 0,
    })),
    ...(prelude === "" ? [] : [{ kind: "prelude" as const, text: prelude }]),
    { kind: "compute", name: ENTRY_POINT, workgroupSize: WORKGROUP_SIZE, body: main },
  ]);
  return {
    source,
    entryPoint: ENTRY_POINT,
    workgroupSize: WORKGROUP_SIZE,
    uniforms,
    usesInputs: uses.inputs.length > 0,
    tables: uses.tables,
    packsTables,
    overrides: body.overrides,
  };
}

/** The storage buffers' declarations, from binding 1 on, and where in them each buffer of the program lies. */
function storage(
  uses: Uses,
  program: Program,
  packsTables: boolean,
  identifiers: Identifiers,
): { arrays: WgslDeclaration[]; places: ReadonlyMap<string, Place> } {
  const arrays: WgslDeclaration[] = [];
  const places = new Map<string, Place>();
  const describe = (buffers: readonly string[]): string =>
    program.buffers
      .filter((b) => buffers.includes(b.name))
      .map((b) => `${b.name} [${b.axes.map((axis) => axis.name).join(", ")}]: ${b.comment}`)
      .join("\n");
  const declare = (name: string, access: "read" | "read_write", buffers: readonly string[]): void => {
    arrays.push({ kind: "array", binding: 1 + arrays.length, access, name, comment: describe(buffers) });
  };
  if (uses.inputs.length > 0) {
    declare("inputs", "read", uses.inputs);
    for (const buffer of uses.inputs) places.set(buffer, { array: "inputs", packed: true });
  }
  const tableNames = uses.tables.map((t) => t.buffer);
  if (packsTables) {
    declare("tables", "read_write", tableNames);
    for (const buffer of tableNames) places.set(buffer, { array: "tables", packed: true });
    return { arrays, places };
  }
  for (const { buffer, access } of uses.tables) {
    const array = identifiers.fresh(buffer);
    declare(array, access, [buffer]);
    places.set(buffer, { array, packed: false });
  }
  return { arrays, places };
}
