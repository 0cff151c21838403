// Data as commands take it: files read, bound to the model and checked against its bounds.
import { compileSource } from "../compile.js";
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError } from "../diagnostic.js";
import { ExtendedSizes, type Sizes } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";
import { fileAddresses } from "../runtime/arrangement.js";
import { checkBounds } from "../runtime/data-bounds.js";
import { storedAxes } from "../runtime/data-entries.js";
import { bindData, type BoundData } from "../runtime/data.js";
import { printDiagnostics } from "./failures.js";
import { readText } from "./files.js";
import { sourceOf } from "./model-file.js";
import type { Terminal } from "./terminal.js";

/** The model with its program `bounds` made for the data's rows. */
export function boundsFor(model: CompiledModel, sizes: Sizes): CompiledModel {
  if ((sizes.rows?.size ?? 0) === 0) return model;
  const { compiled, diagnostics } = compileSource(sourceOf(model), { programs: ["bounds"], sizes });
  if (compiled === null) throw new DiagnosticError(diagnostics);
  return compiled;
}

/**
 * Data to predict: of what is observed and used for nothing else there need be no values. Throws a DiagnosticError for what is
 * wrong with the data; prints notes where nothing is.
 */
export async function loadNewData(
  model: CompiledModel,
  paths: readonly string[],
  terminal: Terminal,
): Promise<BoundData> {
  const optional = model.interface.data.filter((item) => item.observed);
  const { sizes, arrays } = await loadData(
    model,
    paths,
    terminal,
    new Set(optional.map((item) => item.name)),
  );
  const absent = optional.filter((item) => !arrays.has(item.name));
  const all = new Map(arrays);
  for (const item of absent) {
    const stored = storedAxes(item, model.interface);
    const { length } = fileAddresses(stored, stored, sizes);
    all.set(item.name, new Float64Array(length).fill(1));
    all.set(BUFFERS.observed(item.name), new Float64Array(length));
  }
  const missing = new Set([...(sizes.missing ?? []), ...absent.map((item) => item.name)]);
  return { sizes: new ExtendedSizes(sizes, [], { missing }), arrays: all };
}

/**
 * Throws a DiagnosticError for what is wrong with the data; prints notes where nothing is. What is `optional` has no array
 * where no file has it.
 */
export async function loadData(
  model: CompiledModel,
  paths: readonly string[],
  terminal: Terminal,
  optional: ReadonlySet<string> = new Set(),
): Promise<BoundData> {
  const { data, diagnostics } = bindData(model, paths.map(readText), optional);
  if (data === null) throw new DiagnosticError(diagnostics);
  const { createReferenceDevice } = await import("../runtime/reference.js");
  const bounds = boundsFor(model, data.sizes);
  const outside = await checkBounds(bounds, data, createReferenceDevice());
  if (outside.length > 0) throw new DiagnosticError([...diagnostics, ...outside]);
  printDiagnostics(diagnostics, terminal);
  // Where it came from goes with the files' text.
  return { sizes: data.sizes, arrays: data.arrays };
}
