// Particles per group as `-K` gives them, checked against the model's groups.
import { didYouMean } from "../diagnostic.js";
import { DEFAULT_SETTINGS, type InferenceSettings } from "../inference/settings.js";
import type { ModelInterface } from "../ir/interface.js";
import { unknownGroup } from "./errors.js";
import { UsageError } from "./failures.js";
import type { Particles } from "./options.js";

/** Throws a UsageError for a group that the model does not have. */
export function particleSettings(
  asked: Particles | undefined,
  model: ModelInterface,
): Pick<InferenceSettings, "particles" | "groupParticles"> {
  const groups = model.groups.map((group) => group.name);
  for (const name of asked?.groups.keys() ?? [])
    if (!groups.includes(name)) throw new UsageError(unknownGroup(name, didYouMean(name, groups), groups));
  return { particles: asked?.all ?? DEFAULT_SETTINGS.particles, groupParticles: asked?.groups ?? new Map() };
}
