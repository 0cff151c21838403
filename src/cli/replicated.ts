// Data drawn from a model to be set beside what was observed: given posterior draws, or from the prior.
import { priorSimulatorOf, replicatorOf } from "../compile-simulation.js";
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError, type Diagnostic } from "../diagnostic.js";
import type { PosteriorDraws } from "../inference/draws.js";
import { drawPrior, type PriorDraws } from "../inference/prior-draws.js";
import type { ReplicationContext } from "../inference/replicate.js";
import type { BoundData } from "../runtime/data.js";
import { createReferenceDevice } from "../runtime/reference.js";
import { positionAt } from "../source.js";
import type { Model } from "./model-file.js";

/** What replicating data takes. */
export function replicationContext(
  source: Model,
  model: CompiledModel,
  at: Omit<ReplicationContext, "program" | "simulated" | "model">,
): ReplicationContext {
  const { simulated, compile } = replicatorOf(source.checked().model);
  return { ...at, model, simulated, program: compile(at.data.sizes) };
}

/** Draws from the prior at the model's parameters as they were learned; without any, what stands in the way. */
export async function priorDraws(
  source: Model,
  data: BoundData,
  parameters: PosteriorDraws["parameters"],
  seed: number,
  count: number,
): Promise<{ readonly prior: PriorDraws | null; readonly missing: readonly string[] }> {
  const { interface: shape } = source.head;
  const simulator = priorSimulatorOf(source.checked().model);
  if (!("compile" in simulator)) return { prior: null, missing: simulator.map(withLine) };
  const without = shape.latents.filter(({ hasDraw }) => !hasDraw);
  if (without.length > 0) {
    const names = without.map(({ name }) => `'${name}'`).join(", ");
    return { prior: null, missing: [`the prior of ${names} does not say how to draw from it`] };
  }
  const { simulated, compile } = simulator;
  const program = compile(data.sizes);
  const context = { interface: shape, program, simulated, data, device: createReferenceDevice(), seed };
  try {
    const prior = await drawPrior({ ...context, given: new Map(), parameters }, count);
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
