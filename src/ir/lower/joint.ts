// Joint posterior weights of particles of several groups, and why some cannot be had (MATH: section 3).
import { Bug } from "../../diagnostic.js";
import type { Group, TypedModel } from "../../typecheck/model.js";
import type { Intractable } from "../contraction.js";
import { BUFFERS } from "../interface.js";
import { buildEstimator, type Estimator, type EstimatorOptions, type SourceRequest } from "./estimator.js";
import { particleAxis } from "./guide.js";
import type { Context, Output } from "./program-graph.js";

/** Joint weights that make a contraction intractable which is tractable without them. */
export type IntractableJoint = { readonly joint: SourceRequest; readonly reason: Intractable };

/** Source terms for the joint weights of groups, given by their names. */
export const jointRequests = (
  model: TypedModel,
  joint: readonly (readonly string[])[],
): readonly SourceRequest[] =>
  joint.map((names) => {
    const groups = model.groups.filter((group) => names.includes(group.name));
    if (groups.length !== names.length) throw new Bug(`no groups ${names.join(", ")}`);
    return { name: groups.map((group) => group.name).join(", "), groups };
  });

/** An estimator with these joint weights; where they make it intractable, the first that does so by itself. */
export function buildJointEstimator(
  { model, lowering }: Context,
  options: EstimatorOptions & { readonly requests: readonly SourceRequest[] },
): Estimator | IntractableJoint {
  const all = buildEstimator(model, lowering, options);
  if ("logEvidence" in all) return all;
  for (const joint of options.requests) {
    const alone = buildEstimator(model, lowering, { ...options, requests: [joint] });
    if (!("logEvidence" in alone)) return { joint, reason: alone };
  }
  const [joint] = options.requests;
  if (joint === undefined) throw new Bug("an estimator without joint weights is intractable");
  return { joint, reason: all };
}

/** The joint weights of a request, over [plates of all groups, their particle axes]. */
export function jointOutput(context: Context, estimator: Estimator, request: SourceRequest): Output {
  return {
    name: BUFFERS.joint(request.groups.map((group) => group.name)),
    ...jointWeights(context, request.groups, estimator.joint.get(request)),
  };
}

/** Weights of the joint particles of these groups, with the axes that they are promised over. */
export function jointWeights(
  { graph: g, lowering }: Context,
  groups: readonly Group[],
  node: Output["node"] | undefined,
): Omit<Output, "name"> {
  if (node === undefined) throw new Bug(`no weights of ${groups.map((group) => group.name).join(", ")}`);
  const plates = lowering.plates(groups.flatMap((group) => group.plates));
  return { node, axes: [...plates, ...g.ordered(groups.map((group) => particleAxis(lowering, group)))] };
}
