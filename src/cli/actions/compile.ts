// What `mppc compile` does: compiles a source, and writes the compiled model or prints stages.
import { basename } from "node:path";
import { checkSource } from "../../compile.js";
import type { ProgramName } from "../../compiled.js";
import { DiagnosticError, hasErrors } from "../../diagnostic.js";
import { printProgram } from "../../parser/print.js";
import { writeCompiledFile } from "../../runtime/compiled-file.js";
import type { CompileOptions } from "../commands/compile.js";
import { noProgram } from "../errors.js";
import { printDiagnostics, UsageError } from "../failures.js";
import { readText, refuseOverwriting, writeAtomically } from "../files.js";
import { estimationOf } from "../model-file.js";
import type { Terminal } from "../terminal.js";

/** Programs that some models have no use for, or cannot have. */
const isSometimesMissing = (program: ProgramName): boolean =>
  program === "data" || program === "vi" || program === "gradients_vi";

/** Throws a DiagnosticError if the model has errors, a UsageError if it has no such program. */
export function compile(path: string, options: CompileOptions, terminal: Terminal): void {
  const source = readText(path);
  const { checked, syntax, diagnostics } = checkSource(source);
  const estimation = estimationOf(options);
  const print = (text: string): void => terminal.out(text.endsWith("\n") ? text : `${text}\n`);
  // The syntax tree is there even of a model with errors, and helps to see them.
  if (checked === null && options.emit?.includes("ast") === true) print(printProgram(syntax));
  if (checked === null) throw new DiagnosticError(diagnostics);
  if (options.emit?.some((stage) => stage !== "ast" && stage !== "types") === true) {
    const { compiled } = isSometimesMissing(options.program)
      ? checked.compile({ ...estimation, programs: [options.program] })
      : { compiled: null };
    if (compiled !== null && compiled.programs[options.program] === undefined)
      throw new UsageError(noProgram(options.program));
  }
  for (const stage of options.emit ?? []) print(checked.dump(stage, options.program, estimation));
  if (options.emit !== undefined && options.output === undefined) {
    printDiagnostics(diagnostics, terminal);
    return;
  }
  const result = checked.compile(estimation);
  const all = [...diagnostics, ...result.diagnostics];
  if (result.compiled === null || hasErrors(all)) throw new DiagnosticError(all);
  printDiagnostics(all, terminal);
  const target = options.output ?? `${basename(path).replace(/\.mpp$/, "")}.mppc`;
  refuseOverwriting(target, [path]);
  const text = writeCompiledFile(result.compiled);
  if (target === "-") terminal.out(text);
  else writeAtomically(target, text);
}
