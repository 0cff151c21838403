// Particles per group as `-K` gives them, checked against the model's groups.
import { didYouMean } from "../diagnostic.js";
import { DEFAULT_SETTINGS, sampledGroups, type InferenceSettings } from "../inference/settings.js";
import type { ModelInterface } from "../ir/interface.js";
import { summedGroup, unknownGroup } from "./errors.js";
import { UsageError } from "./failures.js";
import type { Particles } from "./options.js";

/** Throws a UsageError for a group that the model does not have. */
export function particleSettings(
  asked: Particles | undefined,
  model: ModelInterface,
): Pick<InferenceSettings, "particles" | "groupParticles"> {
  const groups = sampledGroups(model).map((group) => group.name);
  const summed = model.groups.filter((group) => group.support !== null).map((group) => group.name);
  for (const name of asked?.groups.keys() ?? [])
    if (summed.includes(name)) throw new UsageError(summedGroup(name));
    else if (!groups.includes(name))
      throw new UsageError(unknownGroup(name, didYouMean(name, groups), groups));
  return { particles: asked?.all ?? DEFAULT_SETTINGS.particles, groupParticles: asked?.groups ?? new Map() };
}
