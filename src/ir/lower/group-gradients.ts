// Gradients by the guide of a group that is one normal, u = m + S e on the unconstrained scale with e independent standard
// normals. They are taken in the coordinates in which the present guide is standard: m moves by S a, and S by S T with T
// lower triangular, both at 0, so that neither scales nor correlations close to 1 make some directions steeper than others.
// At a particle that is held fixed log Q rises by e'a + e'T e less the trace of T, and the log evidence falls by that times
// the particle's weight w. A particle that moves along goes where e + a + T e was; with A the adjoint of the log evidence
// by e through the particles, under the present guide, that adds A'(a + T e). As weights sum to 1, the derivatives are
//   by a: sum_k (A_k - w_k e_k),   by T: sum_k (A_k - w_k e_k) e_k' + 1,   with A = 0 where particles are held fixed.
import type { Group } from "../../typecheck/model.js";
import { BUFFERS, LOCATION, SCALE } from "../interface.js";
import type { Node } from "../node.js";
import { noiseAxes, turnedNoise } from "./correlated.js";
import type { Estimator } from "./estimator.js";
import { particleAxis } from "./guide.js";
import type { Context, Output } from "./program-graph.js";

/** A group's independent normals, [plates, row, particle], and A: their adjoints through the particles. */
export type GroupNoise = { readonly group: Group; readonly noise: Node; readonly through: Node };

/** The groups that are one normal. */
export const correlatedGroups = ({ model }: Pick<Context, "model">): readonly Group[] =>
  model.groups.filter((group) => group.correlated);

export function groupGradients(
  { graph: g, lowering }: Context,
  estimator: Estimator,
  kind: "vi" | "rws",
  { group, noise, through }: GroupNoise,
): readonly Output[] {
  const weights = estimator.weights.get(group) ?? g.constant(0);
  const { location, scale } = noiseAxes(lowering, group);
  const own = g.sub(through, g.mul(weights, noise));
  const product = g.mul(own, turnedNoise(lowering, group, noise));
  const sum = (node: Node): Node => g.reduce("sum", particleAxis(lowering, group), node);
  const [row, column] = scale.slice(-2);
  if (row === undefined || column === undefined) return [];
  const isDiagonal = g.map("eq", g.index(row), g.index(column));
  return [
    { name: BUFFERS.gradient(kind, group.name, LOCATION), node: sum(own), axes: location },
    { name: BUFFERS.gradient(kind, group.name, SCALE), node: g.add(sum(product), isDiagonal), axes: scale },
  ];
}
