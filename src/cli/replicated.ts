// Data drawn from a model to be set beside what was observed: given posterior draws, or from the prior.
import { priorSimulatorOf, replicatorOf, unreplicatedData } from "../compile-simulation.js";
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError, type Diagnostic } from "../diagnostic.js";
import type { PosteriorDraws } from "../inference/draws.js";
import { drawPrior, type PriorDraws } from "../inference/prior-draws.js";
import type { ReplicationContext } from "../inference/replicate.js";
import type { GivenValues } from "../inference/simulate.js";
import type { BoundData } from "../runtime/data.js";
import { withEventAxes } from "../runtime/data-sizes.js";
import { createReferenceDevice } from "../runtime/reference.js";
import { positionAt } from "../source.js";
import type { Model } from "./model-file.js";

/** What replicating data takes. */
export function replicationContext(
  source: Model,
  model: CompiledModel,
  at: Omit<ReplicationContext, "program" | "simulated" | "model">,
): ReplicationContext {
  const { simulated, compile, eventAxes } = replicatorOf(source.checked().model);
  const sizes = withEventAxes(at.data, eventAxes);
  return { ...at, model, simulated, data: { ...at.data, sizes }, program: compile(sizes) };
}

/** Why observed variables that cannot be replicated cannot be, a sentence each. */
export const unreplicated = (source: Model): readonly string[] =>
  unreplicatedData(source.checked().model).map(withLine);

/** Draws from the prior at the model's parameters as they were learned; without any, what stands in the way. */
export async function priorDraws(
  source: Model,
  data: BoundData,
  parameters: PosteriorDraws["parameters"],
  seed: number,
  count: number,
  mostNumbers?: number,
): Promise<{ readonly prior: PriorDraws | null; readonly missing: readonly string[] }> {
  const { interface: shape } = source.head;
  const simulator = priorSimulatorOf(source.checked().model);
  if (!("compile" in simulator)) return { prior: null, missing: simulator.map(withLine) };
  const without = shape.latents.filter(({ hasDraw }) => !hasDraw);
  if (without.length > 0) {
    const names = without.map(({ name }) => `'${name}'`).join(", ");
    return { prior: null, missing: [`the prior of ${names} does not say how to draw from it`] };
  }
  const { simulated, compile, eventAxes } = simulator;
  const sizes = withEventAxes(data, eventAxes);
  const context = {
    interface: shape,
    program: compile(sizes),
    simulated,
    data: { ...data, sizes },
    device: createReferenceDevice(),
    seed,
    given: new Map<string, GivenValues>(),
    parameters,
  };
  try {
    const prior = await drawPrior(context, count, mostNumbers);
    return { prior, missing: [] };
  } catch (problem) {
    if (!(problem instanceof DiagnosticError)) throw problem;
    return { prior: null, missing: problem.diagnostics.map(({ message }) => message) };
  }
}

/** A message about the model, for where its text is not shown. */
function withLine({ message, span }: Diagnostic): string {
  return span === undefined ? message : `${message} (line ${positionAt(span.source, span.start).line})`;
}
