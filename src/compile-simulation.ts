// The program that simulates data from a model: made by itself, as it takes neither guide nor contraction.
import { emitJs } from "./codegen-js/emit.js";
import type { CompiledProgram } from "./compiled.js";
import type { Diagnostic } from "./diagnostic.js";
import type { Sizes } from "./ir/axis.js";
import { ADAPTER_CLASSES } from "./ir/cost.js";
import { DRAW_AXIS, type EventAxisInterface } from "./ir/interface.js";
import { ExpressionLowering } from "./ir/lower/expressions.js";
import { eventAxes } from "./ir/lower/interface.js";
import { nestingOrder } from "./ir/lower/program-graph.js";
import type { Context, ProgramGraph } from "./ir/lower/program-graph.js";
import { replicateProgram, simulateProgram } from "./ir/lower/simulate.js";
import {
  replicableData,
  simulatedData,
  undrawableData,
  undrawableLatents,
  unsimulatable,
} from "./ir/lower/simulated.js";
import { Graph } from "./ir/node.js";
import { schedule } from "./ir/schedule.js";
import { PlanningSizes } from "./ir/sizes.js";
import { ALL_OPTIMISATIONS, without } from "./optimisations.js";
import type { Data, TypedModel } from "./typecheck/model.js";

/** How a model is simulated. */
export type Simulator = {
  /** The data that are drawn; all others are given. */
  readonly simulated: readonly string[];
  /** The axes of all vectors that the program meets. */
  readonly eventAxes: readonly EventAxisInterface[];
  /** The program `simulate`, of the reference device, for data of these sizes. */
  readonly compile: (sizes: Sizes) => CompiledProgram;
};

/** How to simulate a model, or everything in it that cannot be drawn from. */
export function simulatorOf(model: TypedModel): Simulator | Diagnostic[] {
  const diagnostics = unsimulatable(model);
  return diagnostics.length > 0
    ? diagnostics
    : simulator(model, simulatedData(model), (context) => simulateProgram(context));
}

/** How to draw latents from their prior, and data given them, by the program `simulate`; or why latents cannot be drawn. */
export function priorSimulatorOf(model: TypedModel): Simulator | Diagnostic[] {
  const diagnostics = undrawableLatents(model);
  if (diagnostics.length > 0) return diagnostics;
  const data = replicableData(model);
  return simulator(model, data, (context) => simulateProgram(context, data));
}

/** How to draw data given posterior draws of all latents, by the program `replicate`. */
export const replicatorOf = (model: TypedModel): Simulator =>
  simulator(model, replicableData(model), replicateProgram);

/** Why what cannot be drawn of the data that a model observes cannot be. */
export const unreplicatedData = undrawableData;

function simulator(model: TypedModel, data: ReadonlyMap<Data, unknown>, program: Program): Simulator {
  const { context } = lower(model, new Map(), program);
  return {
    simulated: [...data.keys()].map(({ name }) => name),
    eventAxes: eventAxes(model, context.lowering),
    compile: (sizes) => compiled(model, sizes, program),
  };
}

type Program = (context: Context) => ProgramGraph;

function lower(
  model: TypedModel,
  sizes: Sizes,
  program: Program,
): { readonly context: Context; readonly graph: ProgramGraph } {
  const graph = new Graph();
  const isRagged = (plate: { readonly name: string }): boolean => sizes.rows?.has(plate.name) === true;
  const isMissing = (data: { readonly name: string }): boolean => sizes.missing?.has(data.name) === true;
  const lowering = new ExpressionLowering(graph, nestingOrder(model), isRagged, isMissing);
  const context = { graph, model, lowering };
  return { context, graph: program(context) };
}

function compiled(model: TypedModel, sizes: Sizes, make: Program): CompiledProgram {
  const { context, graph } = lower(model, sizes, make);
  const program = schedule(context.graph, graph, {
    sizes: new PlanningSizes(sizes, [[DRAW_AXIS, 1]]),
    adapter: ADAPTER_CLASSES.software,
    optimise: without(ALL_OPTIMISATIONS, "share", "inline"),
  });
  return { program, wgsl: {}, js: emitJs(program) };
}
