// What the programs that hold an estimator have in common: outputs, and names for the tables of its contraction.
import { Bug } from "../../diagnostic.js";
import type { Latent } from "../../typecheck/model.js";
import type { Axis } from "../axis.js";
import type { Contraction } from "../contraction.js";
import { BUFFERS } from "../interface.js";
import type { Node } from "../node.js";
import type { Estimator } from "./estimator.js";
import { groupOf, particleAxis } from "./guide.js";
import type { Context, Output } from "./program-graph.js";

/** Names for the tables of a contraction: what is left without a variable, or a product over a plate. */
export function labels(contraction: Contraction): Map<Node, string> {
  return new Map(
    contraction.steps.map(({ removes, result }) => [reductionIn(result.node, removes), result.name]),
  );
}

/** A step's reduction itself: algebra may have taken terms out of it that do not vary along the axis. */
function reductionIn(node: Node, over: readonly Axis[]): Node {
  const isIt = (n: Node): boolean => n.kind === "reduce" && over.some((axis) => axis.name === n.over.name);
  let level: readonly Node[] = [node];
  for (let depth = 0; depth < 4; depth++) {
    const found = level.find(isIt);
    if (found !== undefined) return found;
    level = level.flatMap((n) => (n.kind === "map" ? n.args : []));
  }
  return node;
}

export const evidence = (estimator: Estimator): Output => ({
  name: BUFFERS.logEvidence,
  node: estimator.logEvidence,
  axes: [],
});

export function weightsOf({ model }: Context, estimator: Estimator, latent: Latent): Node {
  const weights = estimator.weights.get(groupOf(model, latent));
  if (weights === undefined) throw new Bug(`no weights of '${latent.name}'`);
  return weights;
}

export function particlesOf(estimator: Estimator, latent: Latent): Node {
  const node = estimator.particles.get(latent);
  if (node === undefined) throw new Bug(`no particles of '${latent.name}'`);
  return node;
}

export function weightOutputs(context: Context, estimator: Estimator): Output[] {
  const { lowering, model } = context;
  return model.groups.map((group) => ({
    name: BUFFERS.weights(group.name),
    node: estimator.weights.get(group) ?? context.graph.constant(0),
    axes: [...lowering.plates(group.plates), particleAxis(lowering, group)],
  }));
}

/** Sums over particles of the squared weights, of every group that is sampled. */
export function weightSquares({ graph: g, lowering, model }: Context, estimator: Estimator): Output[] {
  const sampled = model.groups.filter((group) => group.support === null);
  return sampled.map((group) => {
    const weights = estimator.weights.get(group) ?? g.constant(0);
    const node = g.reduce("sum", particleAxis(lowering, group), g.map("square", weights));
    return { name: BUFFERS.weightSquares(group.name), node, axes: lowering.plates(group.plates) };
  });
}
