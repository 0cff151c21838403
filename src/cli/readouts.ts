// Which joint weights and covariances a user asks for, by the names of latents and groups.
import type { CompiledModel } from "../compiled.js";
import { didYouMean } from "../diagnostic.js";
import { PairCovariance, type LatentPair } from "../inference/covariance.js";
import { programOf } from "../inference/run.js";
import type { Sizes } from "../ir/axis.js";
import type { GroupInterface, LatentInterface, ModelInterface } from "../ir/interface.js";
import { platesCross, sameGroup, tooManyCovariances, unknownReadout } from "./errors.js";
import { UsageError } from "./failures.js";

/** Groups whose joint weights are asked for: `names` as they were written, and their groups in the same order. */
export type JointReadout = { readonly names: readonly string[]; readonly groups: readonly GroupInterface[] };

/** Instead of names: every pair of latents of one group, and of groups that a factor joins. */
export const EVERY_PAIR = "all";

/** The groups that `--joint` names, themselves or one of their latents. Throws a UsageError for what cannot be. */
export function jointReadout(model: ModelInterface, names: readonly string[]): JointReadout {
  const groups = names.map((name) => {
    const [latent] = latentsOf(model, "--joint", name);
    const group = model.groups.find((each) => each.name === latent?.group);
    if (group === undefined) throw new UsageError(unknown(model, "--joint", name));
    return group;
  });
  groups.forEach((a, i) => {
    groups.slice(i + 1).forEach((b, j) => {
      if (a === b) throw new UsageError(sameGroup(names.join(","), a.name));
      checkPlates("--joint", a, b, [names[i] ?? "", names[i + 1 + j] ?? ""]);
    });
  });
  return { names, groups };
}

/** All pairs of the latents that `--covariance` names, each with itself too. Throws a UsageError for what cannot be. */
export function covariancePairs(model: ModelInterface, names: readonly string[]): readonly LatentPair[] {
  const everyPair = names.length === 1 && names[0] === EVERY_PAIR && find(model, EVERY_PAIR) === null;
  const wanted = everyPair ? model.latents : names.flatMap((name) => latentsOf(model, "--covariance", name));
  const latents = model.latents.filter((latent) => wanted.includes(latent));
  const pairs = latents.flatMap((a, i) => latents.slice(i).map((b) => [a, b] as const));
  if (everyPair) return pairs.filter(([a, b]) => isJoined(model, a, b));
  for (const [a, b] of pairs)
    if (a.group !== b.group) {
      const [groupA, groupB] = [groupOf(model, a), groupOf(model, b)];
      if (groupA && groupB) checkPlates("--covariance", groupA, groupB, [a.name, b.name]);
    }
  return pairs;
}

/** More rows than this no one would read. */
const MOST_COVARIANCES = 5_000_000;

/** The pairs of a run: no single numbers with themselves, whose variances the summary has. */
export const runPairs = (model: ModelInterface, names: readonly string[]): readonly LatentPair[] =>
  covariancePairs(model, names).filter(([a, b]) => a !== b || a.event !== null);

/** Throws a UsageError where there would be too many rows of covariances. */
export function checkCovariances(model: CompiledModel, pairs: readonly LatentPair[], sizes: Sizes): void {
  const program = programOf(model, "posterior");
  const count = pairs.reduce(
    (sum, pair) => sum + new PairCovariance(pair, model.interface, program, sizes).length,
    0,
  );
  if (count > MOST_COVARIANCES) throw new UsageError(tooManyCovariances(count, MOST_COVARIANCES));
}

const groupOf = (model: ModelInterface, latent: LatentInterface): GroupInterface | undefined =>
  model.groups.find((group) => group.name === latent.group);

const isJoined = (model: ModelInterface, a: LatentInterface, b: LatentInterface): boolean =>
  a.group === b.group || model.joined.some((pair) => pair.includes(a.group) && pair.includes(b.group));

/** A latent, or all latents of a group; a latent where both are called so. Null if there is neither. */
function find(model: ModelInterface, name: string): readonly LatentInterface[] | null {
  const latent = model.latents.find((each) => each.name === name);
  if (latent !== undefined) return [latent];
  const group = model.groups.find((each) => each.name === name);
  return group === undefined ? null : model.latents.filter((each) => each.group === group.name);
}

function latentsOf(model: ModelInterface, option: string, name: string): readonly LatentInterface[] {
  const found = find(model, name);
  if (found === null) throw new UsageError(unknown(model, option, name));
  return found;
}

function unknown(model: ModelInterface, option: string, name: string): ReturnType<typeof unknownReadout> {
  const known = [...new Set([...model.latents, ...model.groups].map((each) => each.name))];
  return unknownReadout(option, name, didYouMean(name, known), known);
}

/** Joint weights are over the plates of both: one's are among the other's. */
function checkPlates(
  option: string,
  a: GroupInterface,
  b: GroupInterface,
  names: readonly [string, string],
): void {
  const inside = (inner: GroupInterface, outer: GroupInterface): boolean =>
    inner.plates.every((plate) => outer.plates.includes(plate));
  if (!inside(a, b) && !inside(b, a))
    throw new UsageError(platesCross(option, names[0], names[1], a.plates, b.plates));
}
