// The global estimator as a massively parallel one: all sampled latents in one group, with one particle axis.
import type { Group, Latent, TypedModel } from "../../typecheck/model.js";

/**
 * How particles of different groups are combined: all combinations of one of each, or, as in ordinary importance
 * weighting, particle k of each with particle k of the others (MATH: section 2).
 */
export const ESTIMATORS = ["massively-parallel", "global"] as const;
export type EstimatorKind = (typeof ESTIMATORS)[number];

/**
 * The model with one group of all its sampled latents, outside all plates: r_k = P(x, z^k) / Q(z^k), one weight for each k.
 * Latents that are summed out still are, each by itself.
 */
export function inOneGroup(model: TypedModel): TypedModel {
  const sampled = model.groups.filter((group) => group.support === null);
  const [first] = sampled;
  if (first === undefined) return model;
  const members = new Set<Latent>(sampled.flatMap((group) => group.latents));
  const all: Group = {
    ...first,
    name: freeName(model),
    latents: model.latents.filter((latent) => members.has(latent)),
    plates: [],
    along: null,
    explicit: true,
  };
  return { ...model, groups: [all, ...model.groups.filter((group) => group.support !== null)] };
}

/**
 * A group that is one normal with full covariance and that one group of all latents cannot stand for: there are others
 * beside it, or it has one normal for every element of a plate. Null if there is none.
 */
export function correlatedAmongOthers({ groups }: TypedModel): Group | null {
  const sampled = groups.filter((group) => group.support === null);
  const isAlone = ({ plates }: Group): boolean => sampled.length === 1 && plates.length === 0;
  return sampled.find((group) => group.correlated && !isAlone(group)) ?? null;
}

/** A group's name of which neither another group nor, as that of its axis, a plate is called. */
function freeName({ groups, plates }: TypedModel): string {
  let name = "all";
  const isTaken = (): boolean =>
    groups.some((group) => group.support !== null && group.name === name) ||
    plates.some((plate) => plate.name === `k_${name}`);
  while (isTaken()) name += "_";
  return name;
}
