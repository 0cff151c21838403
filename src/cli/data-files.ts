// Data as commands take it: files read, bound to the model and checked against its bounds.
import { compileSource } from "../compile.js";
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { checkBounds } from "../runtime/data-bounds.js";
import { bindData, type BoundData } from "../runtime/data.js";
import { printDiagnostics } from "./failures.js";
import { readText } from "./files.js";
import { sourceOf } from "./model-file.js";
import type { Terminal } from "./terminal.js";

/** The model with its program `bounds` made for the data's rows. */
function boundsFor(model: CompiledModel, sizes: Sizes): CompiledModel {
  if ((sizes.rows?.size ?? 0) === 0) return model;
  const { compiled, diagnostics } = compileSource(sourceOf(model), { programs: ["bounds"], sizes });
  if (compiled === null) throw new DiagnosticError(diagnostics);
  return compiled;
}

/** Throws a DiagnosticError for what is wrong with the data; prints notes where nothing is. */
export async function loadData(
  model: CompiledModel,
  paths: readonly string[],
  terminal: Terminal,
): Promise<BoundData> {
  const { data, diagnostics } = bindData(model, paths.map(readText));
  if (data === null) throw new DiagnosticError(diagnostics);
  const { createReferenceDevice } = await import("../runtime/reference.js");
  const bounds = boundsFor(model, data.sizes);
  const outside = await checkBounds(bounds, data, createReferenceDevice());
  if (outside.length > 0) throw new DiagnosticError([...diagnostics, ...outside]);
  printDiagnostics(diagnostics, terminal);
  // Where it came from goes with the files' text.
  return { sizes: data.sizes, arrays: data.arrays };
}
