// Data as commands take it: files read, bound to the model and checked against its bounds.
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError } from "../diagnostic.js";
import { checkBounds } from "../runtime/data-bounds.js";
import { bindData, type BoundData } from "../runtime/data.js";
import { printDiagnostics } from "./failures.js";
import { readText } from "./files.js";
import type { Terminal } from "./terminal.js";

/** Throws a DiagnosticError for what is wrong with the data; prints notes where nothing is. */
export async function loadData(
  model: CompiledModel,
  paths: readonly string[],
  terminal: Terminal,
): Promise<BoundData> {
  const { data, diagnostics } = bindData(model, paths.map(readText));
  if (data === null) throw new DiagnosticError(diagnostics);
  const { createReferenceDevice } = await import("../runtime/reference.js");
  const outside = await checkBounds(model, data, createReferenceDevice());
  if (outside.length > 0) throw new DiagnosticError([...diagnostics, ...outside]);
  printDiagnostics(diagnostics, terminal);
  return data;
}
