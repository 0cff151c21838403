// From a model's file, source or compiled, to programs for the data and device at hand.
import { checkSource, type CheckedModel, type CompileOptions } from "../compile.js";
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { writeOptimisations } from "../optimisations.js";
import { tooLong } from "../runtime/buffers.js";
import { looksCompiled, readCompiledFile } from "../runtime/compiled-file.js";
import type { SourceFile } from "../source.js";
import { VERSION } from "../version.js";
import { compiledOtherwise } from "./errors.js";
import { printDiagnostics, UsageError } from "./failures.js";
import { readText } from "./files.js";
import type { EstimationOptions } from "./options.js";
import type { Terminal } from "./terminal.js";

/** A model that is known to be right, before data. */
export type Model = {
  /** The model with what binding data needs: its interface and the program `bounds`. */
  readonly head: CompiledModel;
  /** The checked source, for what is not in a compiled model; of a compiled file, of the source in it. */
  readonly checked: () => CheckedModel;
  /** The programs asked for, planned for sizes and device. Throws a DiagnosticError where they would be too large. */
  readonly compile: (options: CompileOptions) => CompiledModel;
  /** How long compilation has taken so far; a compiled file takes none. */
  readonly compileSeconds: () => number;
};

/**
 * Reads and checks `model.mpp`, or reads `model.mppc`, whose programs were planned when it was compiled. Prints warnings.
 * Throws a DiagnosticError for what is wrong with the model, a UsageError for a file that cannot be read.
 */
export function loadModel(path: string, terminal: Terminal, wanted: EstimationOptions = {}): Model {
  const source = readText(path);
  if (!looksCompiled(source.text) && !path.endsWith(".mppc")) return fromSource(source, terminal, wanted);
  const { model, diagnostics } = readCompiledFile(path, source.text, VERSION);
  if (model === null) throw new DiagnosticError(diagnostics);
  for (const option of ["estimator", "coupling"] as const) {
    const [given, has] = [wanted[option], model.estimation[option]];
    if (given !== undefined && given !== has)
      throw new UsageError(compiledOtherwise(path, option, given, has));
  }
  const optimize = new Set(model.optimisations);
  const asked = wanted.optimize && writeOptimisations(new Set(wanted.optimize));
  if (asked !== undefined && asked !== writeOptimisations(optimize))
    throw new UsageError(compiledOtherwise(path, "optimize", asked, writeOptimisations(optimize)));
  return fromCompiled(model, terminal);
}

/** The programs as they were planned, or planned anew from the source in the file where data has other rows or is longer. */
function fromCompiled(model: CompiledModel, terminal: Terminal): Model {
  let again: Model | null = null;
  const isPlannedFor = (sizes: Sizes): boolean =>
    hasRowsOf(model, sizes) &&
    Object.values(model.programs).every(({ program }) => tooLong(program, sizes) === null);
  const wanted = { ...model.estimation, optimize: model.optimisations };
  const source = (): Model => (again ??= fromSource(sourceOf(model), terminal, wanted));
  const compile = (options: CompileOptions): CompiledModel => {
    if (options.joint === undefined && (options.sizes === undefined || isPlannedFor(options.sizes)))
      return model;
    return source().compile(options);
  };
  return {
    head: model,
    checked: () => source().checked(),
    compile,
    compileSeconds: () => again?.compileSeconds() ?? 0,
  };
}

/** Whether a compiled model's plates are ragged where the data's are, and values missing where the data lacks them. */
const hasRowsOf = ({ interface: { plates, data } }: CompiledModel, sizes: Sizes): boolean =>
  plates.every(({ name, ragged }) => ragged === (sizes.rows?.has(name) === true)) &&
  data.every(({ name, missing }) => missing === (sizes.missing?.has(name) === true));

function fromSource(source: SourceFile, terminal: Terminal, wanted: EstimationOptions): Model {
  let seconds = 0;
  const timed = <T>(work: () => T): T => {
    const begin = performance.now();
    try {
      return work();
    } finally {
      seconds += (performance.now() - begin) / 1000;
    }
  };
  const { checked, diagnostics } = timed(() => checkSource(source));
  if (checked === null) throw new DiagnosticError(diagnostics);
  const compile = (options: CompileOptions): CompiledModel => {
    const { compiled, diagnostics: found } = timed(() =>
      checked.compile({ ...estimationOf(wanted), ...options }),
    );
    if (compiled === null) throw new DiagnosticError([...diagnostics, ...found]);
    return compiled;
  };
  const head = compile({ programs: ["bounds"] });
  printDiagnostics(diagnostics, terminal);
  return { head, checked: () => checked, compile, compileSeconds: () => seconds };
}

/** The options that are given, without those that are not. */
export const estimationOf = ({
  estimator,
  coupling,
  optimize,
}: EstimationOptions): Pick<CompileOptions, "estimator" | "coupling" | "optimise"> => ({
  ...(estimator === undefined ? {} : { estimator }),
  ...(coupling === undefined ? {} : { coupling }),
  ...(optimize === undefined ? {} : { optimise: new Set(optimize) }),
});

/** What a model was made from, to compile it in another way. */
export function sourceOf({ source }: CompiledModel): SourceFile {
  return { path: source.path, text: source.text };
}
