// The compiler on one page: text in, compiled model or diagnostics out.
import { createHash } from "node:crypto";
import { emitJs } from "./codegen-js/emit.js";
import { emitWgsl } from "./codegen-wgsl/emit.js";
import type { CompiledModel, CompiledProgram, ProgramName } from "./compiled.js";
import { Bug, DiagnosticError, hasErrors, type Diagnostic } from "./diagnostic.js";
import type { Sizes } from "./ir/axis.js";
import type { ChainMethod } from "./ir/chain.js";
import type { Intractable, OrderChoice } from "./ir/contraction.js";
import { compilePortions, variesAlong } from "./compile-portions.js";
import { DRAW_AXIS, isDerived } from "./ir/interface.js";
import { ADAPTER_CLASSES, type AdapterClass } from "./ir/cost.js";
import { crossedLatents, globalCorrelated, jointIntractable, seriesNotAlone } from "./ir/errors.js";
import { checkFits, type Places } from "./ir/fits.js";
import { evidenceCosts, type EvidenceCosts } from "./ir/lower/evidence-costs.js";
import { particleAxisName } from "./ir/lower/expressions.js";
import type { Coupling } from "./ir/lower/guide.js";
import { correlatedAmongOthers, type EstimatorKind } from "./ir/lower/one-group.js";
import type { ProgramGraph } from "./ir/lower/program-graph.js";
import { isLowered, lowerModel, type LoweredModel } from "./ir/lower/programs.js";
import type { Note } from "./ir/notes.js";
import { printFactors, printGraph, printKernels, printPlan } from "./ir/print.js";
import type { Program } from "./ir/program.js";
import { schedule } from "./ir/schedule.js";
import { PlanningSizes } from "./ir/sizes.js";
import { ALL_OPTIMISATIONS, OPTIMISATION_NAMES, without, type Optimisations } from "./optimisations.js";
import type { Program as SyntaxTree } from "./parser/ast.js";
import { parseModel } from "./parser/parse.js";
import { printProgram } from "./parser/print.js";
import type { SourceFile } from "./source.js";
import { readLibrary } from "./stdlib.js";
import { checkModel } from "./typecheck/check.js";
import { constantValue } from "./typecheck/constants.js";
import type { TypedModel } from "./typecheck/model.js";
import { printModel } from "./typecheck/print.js";
import type { Recorder } from "./typecheck/record.js";
import type { Library } from "./typecheck/scope.js";
import { isSequential } from "./typecheck/walk.js";
import { VERSION } from "./version.js";

/** What `--emit` can print, in the order of the stages. */
export const STAGES = ["ast", "types", "factors", "ir", "plan", "kernels", "wgsl", "js"] as const;
export type Stage = (typeof STAGES)[number];

/** Programs that only ever run on the float64 reference device. */
export const HOST_PROGRAMS: readonly ProgramName[] = [
  "density", "prior", "simulate", "replicate", "initial", "fit", "widen", "fixed", "bounds", "data",
]; // prettier-ignore

/** Predictions walk the steps of series in order, which only the reference device does. */
const runsOnHost = (name: ProgramName, model: TypedModel): boolean =>
  HOST_PROGRAMS.includes(name) ||
  (name === "predict" && (model.groups.some((group) => group.along !== null) || isSequential(model)));

/** WebGPU takes WGSL, the reference device JavaScript. */
export type KernelLanguage = "wgsl" | "js";

export type CompileOptions = {
  /** Lengths of axes to plan for (plates, event axes, `k_<group>`); nominal ones for those not given. */
  readonly sizes?: Sizes;
  readonly adapter?: AdapterClass["name"];
  /** In which language to make the programs of a device; in both if not given. */
  readonly language?: KernelLanguage;
  /** Which programs to make; all of them if not given. */
  readonly programs?: readonly ProgramName[];
  readonly order?: OrderChoice;
  /** How series are multiplied; each by what takes less time if not said. */
  readonly chains?: ChainMethod;
  /** Massively parallel if not said. */
  readonly estimator?: EstimatorKind;
  /** Of guides that depend on latents; permutations if not said. */
  readonly coupling?: Coupling;
  /** What is done for speed alone; all of it if not said. */
  readonly optimise?: Optimisations;
  /** Groups whose joint weights `estimate` and `posterior` give besides: each entry the names of some, in the model's order. */
  readonly joint?: readonly (readonly string[])[];
  /** What the buffers of a program may take before it is computed in portions of a plate, in bytes; 1 GiB if not said. */
  readonly mostBytes?: number;
  /** Sums over plates of so many terms are of differences to first particles (src/ir/references.ts); for tests. */
  readonly leastForReference?: number;
  /** For a device that runs several jobs at a time (src/runtime/lanes.ts): launches in WGSL are packed. */
  readonly packed?: boolean;
  /** The largest table, in bytes, that the device can bind; tables over it are diagnostics. */
  readonly largestBinding?: number;
};

/** A model whose source was read and checked; programs are made from it on demand. */
export type CheckedModel = {
  readonly syntax: SyntaxTree;
  readonly model: TypedModel;
  /** Compiles for given sizes; diagnostics if it cannot be contracted or does not fit. */
  compile(options: CompileOptions): {
    readonly compiled: CompiledModel | null;
    readonly diagnostics: readonly Diagnostic[];
  };
  /** The text of a stage, with one program's part where a stage has several (`qem` if not given). */
  dump(stage: Stage, program?: ProgramName, options?: CompileOptions): string;
  /** The lowered model and the kernels of one program, and what optimisations did to it, for `explain` and tests. */
  plan(
    program: ProgramName,
    options: CompileOptions,
  ): { readonly lowered: LoweredModel; readonly program: Program; readonly notes: readonly Note[] };
  /** What the factors and the contraction of the evidence look at, or why there is none; much cheaper than a program. */
  costs(): EvidenceCosts | Diagnostic;
};

/**
 * Parses and checks a model. Every mistake of the file is among the diagnostics. `record` is told what every name and
 * expression is; `partial` is what is known of a model that has mistakes.
 */
export function checkSource(
  source: SourceFile,
  record: Recorder | null = null,
): {
  checked: CheckedModel | null;
  syntax: SyntaxTree;
  diagnostics: Diagnostic[];
  partial: TypedModel;
  library: Library;
} {
  const parsed = parseModel(source);
  const typed = checkModel(parsed.program, source, readLibrary(), parsed.diagnostics, record);
  const diagnostics = [...parsed.diagnostics, ...typed.diagnostics];
  const checked =
    hasErrors(diagnostics) || typed.model === null ? null : makeChecked(parsed.program, typed.model);
  const { partial, library } = typed;
  return { checked, syntax: parsed.program, diagnostics, partial, library };
}

/** Parses, checks and compiles in one go. */
export function compileSource(
  source: SourceFile,
  options: CompileOptions = {},
): { compiled: CompiledModel | null; checked: CheckedModel | null; diagnostics: Diagnostic[] } {
  const { checked, diagnostics } = checkSource(source);
  if (checked === null) return { compiled: null, checked, diagnostics };
  const result = checked.compile(options);
  return { compiled: result.compiled, checked, diagnostics: [...diagnostics, ...result.diagnostics] };
}

function makeChecked(syntax: SyntaxTree, model: TypedModel): CheckedModel {
  const planningSizes = (options: CompileOptions): PlanningSizes =>
    new PlanningSizes(
      options.sizes ?? new Map(),
      [...knownSupports(model), [DRAW_AXIS, plannedDraws(model, options)] as const].filter(
        ([axis]) => options.sizes?.has(axis) !== true,
      ),
    );
  const lower = (options: CompileOptions): LoweredModel | Diagnostic => {
    const correlated = options.estimator === "global" ? correlatedAmongOthers(model) : null;
    if (correlated !== null) return globalCorrelated(correlated.name, correlated.span);
    const sizes = planningSizes(options);
    const adapter = ADAPTER_CLASSES[options.adapter ?? "software"];
    const lowered = lowerModel(model, { ...options, sizes, adapter });
    if (isLowered(lowered)) return lowered;
    if ("joint" in lowered) {
      const { name, groups } = lowered.joint;
      const quantity = model.generated.find((q) => q.name === name);
      return jointIntractable(
        quantity?.name ?? null,
        groups.map((group) => group.name),
        quantity?.span,
      );
    }
    return intractable(model, lowered);
  };
  const scheduled = (
    lowered: LoweredModel,
    graph: ProgramGraph,
    options: CompileOptions,
    note: (note: Note) => void = () => undefined,
  ): Program => {
    const { optimise = ALL_OPTIMISATIONS } = options;
    return schedule(lowered.graph, graph, {
      sizes: planningSizes(options),
      adapter: ADAPTER_CLASSES[options.adapter ?? "software"],
      // What runs once, on the host, is not worth the search.
      optimise: runsOnHost(graph.name, model) ? without(optimise, "share", "inline") : optimise,
      note,
    });
  };
  /** What the host does after a run. */
  const finished = (
    lowered: LoweredModel,
    graph: ProgramGraph,
    options: CompileOptions,
  ): CompiledProgram["finish"] => {
    const { optimise = ALL_OPTIMISATIONS } = options;
    const program = schedule(lowered.graph, graph, {
      sizes: planningSizes(options),
      adapter: ADAPTER_CLASSES.software,
      optimise: without(optimise, "share", "inline", "blocks"),
    });
    return { program, js: emitJs(program) };
  };
  const plan: CheckedModel["plan"] = (name, options) => {
    const lowered = lower(options);
    if ("code" in lowered) throw new DiagnosticError([lowered]);
    const graph = lowered.programs.find((p) => p.name === name);
    if (graph === undefined) throw new Bug(`this model has no program '${name}'`);
    const notes: Note[] = [];
    const program = scheduled(lowered, graph, options, (note) => notes.push(note));
    return { lowered, program, notes };
  };
  return {
    syntax,
    model,
    plan,
    costs() {
      const costs = evidenceCosts(model, { sizes: planningSizes({}), optimise: ALL_OPTIMISATIONS });
      return "steps" in costs ? costs : intractable(model, costs);
    },
    compile(options) {
      const lowered = lower(options);
      if ("code" in lowered) return { compiled: null, diagnostics: [lowered] };
      const wanted = options.programs ?? lowered.programs.map((p) => p.name);
      const programs: Partial<Record<ProgramName, CompiledProgram>> = {};
      const diagnostics: Diagnostic[] = [];
      for (const graph of lowered.programs) {
        // What the others take of the data is part of them.
        if (!wanted.includes(graph.name) && (graph.name !== "data" || !takeDerived(programs))) continue;
        const program = scheduled(lowered, graph, options);
        const finish = graph.finish && finished(lowered, graph.finish, options);
        const portions = runsOnHost(graph.name, model)
          ? null
          : compilePortions(lowered.graph, graph, program, {
              sizes: planningSizes(options),
              largestBinding: options.largestBinding ?? Infinity,
              mostBytes: options.mostBytes ?? MOST_BYTES,
              compile: (portion, sizes) =>
                emitted(scheduled(lowered, portion, { ...options, sizes }), options, sizes),
            });
        const axis = portions?.portions?.axis;
        const fixed = (portions ?? { program }).program.buffers.filter(
          (buffer) => axis === undefined || !variesAlong(buffer, axis),
        );
        if (
          options.largestBinding !== undefined &&
          diagnostics.length === 0 &&
          !runsOnHost(graph.name, model)
        )
          diagnostics.push(
            ...checkFits(
              { ...program, buffers: fixed },
              graph.contraction ?? lowered.contraction,
              planningSizes(options),
              options.largestBinding,
              places(model),
            ),
          );
        if (portions !== null) {
          programs[graph.name] = { ...portions, ...(finish && { finish }) };
          continue;
        }
        const language = runsOnHost(graph.name, model) ? "js" : options.language;
        const code = emitted(program, { ...options, language }, planningSizes(options));
        programs[graph.name] = { ...code, ...(finish && { finish }) };
      }
      if (hasErrors(diagnostics)) return { compiled: null, diagnostics };
      return { compiled: compiledModel(model, lowered, programs, options), diagnostics };
    },
    dump(stage, name = "qem", options = {}) {
      switch (stage) {
        case "ast":
          return printProgram(syntax);
        case "types":
          return printModel(model);
        default:
      }
      const { lowered, program } = plan(name, options);
      switch (stage) {
        case "factors":
          return printFactors(lowered.factors);
        case "ir":
          return printGraph(
            lowered.programs.find((p) => p.name === name) ?? { name, outputs: [], labels: new Map() },
          );
        case "plan":
          return printPlan(lowered.contraction);
        case "kernels":
          return printKernels(program);
        case "wgsl":
          return Object.values(emitWgsl(program, options.optimise, planningSizes(options)))
            .map((k) => k.source)
            .join("\n");
        case "js":
          return Object.entries(emitJs(program))
            .map(([kernel, text]) => `// ${kernel}\n${text}`)
            .join("\n");
      }
    },
  };
}

/** Whether some of these programs take outputs of `data`. */
const takeDerived = (programs: CompiledModel["programs"]): boolean =>
  Object.values(programs).some(({ program, finish }) =>
    [...program.buffers, ...(finish?.program.buffers ?? [])].some(({ name }) => isDerived(name)),
  );

/** What the buffers of a program may take, in bytes, before it is computed in portions of its largest plate. */
const MOST_BYTES = 2 ** 30;

function emitted(
  program: Program,
  {
    language,
    optimise,
    packed,
  }: { readonly language?: CompileOptions["language"] | undefined } & Pick<
    CompileOptions,
    "optimise" | "packed"
  >,
  sizes: Sizes,
): CompiledProgram {
  const wgsl = language === "js" ? {} : emitWgsl(program, optimise, sizes, packed);
  const js = language === "wgsl" ? {} : emitJs(program);
  return { program, wgsl, js };
}

function compiledModel(
  model: TypedModel,
  lowered: LoweredModel,
  programs: CompiledModel["programs"],
  {
    estimator = "massively-parallel",
    coupling = "permutation",
    optimise = ALL_OPTIMISATIONS,
  }: CompileOptions,
): CompiledModel {
  const { path, text } = model.source;
  return {
    format: "mppc",
    formatVersion: 1,
    compilerVersion: VERSION,
    source: { path, text, sha256: createHash("sha256").update(text).digest("hex") },
    estimation: { estimator, coupling },
    optimisations: OPTIMISATION_NAMES.filter((name) => optimise.has(name)),
    interface: lowered.interface,
    programs,
    gradientsUnavailable: lowered.gradientsUnavailable,
    methodsUnavailable: lowered.methodsUnavailable,
  };
}

/** Draws that a program picks at a time, and numbers that its largest table may have of them all (see inference/draws.ts). */
const MOST_DRAWS = 64;
const MOST_NUMBERS = 2 ** 25;

/** How many posterior draws at a time to plan for: fewer where plates are large. */
function plannedDraws(model: TypedModel, { sizes = new Map() }: CompileOptions): number {
  const lengths = new PlanningSizes(sizes);
  const numbers = model.groups.map(({ name, plates }) => {
    // A ragged plate's length is that of all its rows, whatever they belong to.
    const counted = plates.filter((p) => !plates.some((q) => q.parent === p && sizes.rows?.has(q.name)));
    return counted.reduce((n, plate) => n * lengths.get(plate.name), lengths.get(particleAxisName(name)));
  });
  return Math.max(1, Math.min(MOST_DRAWS, Math.floor(MOST_NUMBERS / Math.max(1, ...numbers))));
}

/** Lengths of the particle axes of discrete latents whose number of values does not depend on data. */
const knownSupports = (model: TypedModel): (readonly [string, number])[] =>
  model.groups.flatMap(({ name, support }) => {
    const lower = support === null ? null : constantValue(support.lower);
    const upper = support === null ? null : constantValue(support.upper);
    return lower === null || upper === null ? [] : [[particleAxisName(name), upper - lower + 1] as const];
  });

/** Why the evidence has no polynomial contraction, where the model says what it joins. */
function intractable(model: TypedModel, { term, variables, along }: Intractable): Diagnostic {
  if (along === null) return crossedLatents(term, variables, factorSpan(model, term));
  const span = model.groups.find((group) => group.name === term)?.span ?? factorSpan(model, term);
  return seriesNotAlone(term, variables, along, span);
}

/** Where a factor stands in the source. */
function factorSpan(model: TypedModel, name: string): TypedModel["groups"][number]["span"] {
  const factor = model.factors.find(
    (f) => (f.kind === "prior" && f.latent.name === name) || (f.kind === "observation" && f.name === name),
  );
  const span = factor?.span ?? model.factors[0]?.span;
  if (span === undefined) throw new Bug("a model without factors");
  return span;
}

const places = (model: TypedModel): Places => ({
  group: (axis) => model.groups.find((g) => `k_${g.name}` === axis)?.name ?? axis,
  term: (name) => factorSpan(model, name),
});
