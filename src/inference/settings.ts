// The settings of an inference run, their defaults, and the axis lengths that they imply.
import type { Steps } from "./gradient-method.js";
import { ExtendedSizes, type Sizes } from "../ir/axis.js";
import type { GroupInterface, ModelInterface } from "../ir/interface.js";
import type { DrawsFrom } from "../runtime/device.js";

/** How the guide is fitted; docs/methods.md says when to use which. */
export const METHODS = ["qem", "rws", "vi", "importance"] as const;
export type MethodName = (typeof METHODS)[number];

/** Where the fit begins: at the prior, or where a tempered path from there towards the posterior has led. */
export const STARTS = ["tempered", "prior"] as const;

export type InferenceSettings = {
  readonly method: MethodName;
  readonly start: (typeof STARTS)[number];
  /** Particles of every group that `groupParticles` does not name. */
  readonly particles: number;
  /** Particles by group ("-K globals=300"). */
  readonly groupParticles: ReadonlyMap<string, number>;
  /** 32-bit unsigned: the same seed gives the same result on the same device. */
  readonly seed: number;
  /** How many iterations to fit for; null: until the evidence has stopped rising. */
  readonly iterations: number | null;
  /** Constant weight of an iteration in the moving average of the moments; null: the default schedule. */
  readonly averagingWeight: number | null;
  /** How particles are placed. */
  readonly drawsFrom: DrawsFrom;
  /** Of the optimiser. */
  readonly steps: Steps;
  /** Independent sets of particles in the final pass. */
  readonly finalDraws: number;
  /** Pairs of latents, by name, whose covariances the final pass gives. */
  readonly covariance: readonly (readonly [string, string])[];
  /** Draws from the prior that the first guide is fitted to, at most: fewer where latents are many. */
  readonly priorDraws: number;
  /** Bytes that particles kept for quantiles may take. */
  readonly memoryBytes: number;
};

/** Of `rws` and `vi`. */
export const DEFAULT_STEPS: Steps = { step: 1e-3, decayAt: null, betas: [0.9, 0.999] };

export const DEFAULT_SETTINGS: InferenceSettings = {
  method: "qem",
  start: "tempered",
  particles: 30,
  groupParticles: new Map(),
  seed: 1,
  iterations: null,
  averagingWeight: null,
  drawsFrom: "stratified",
  steps: DEFAULT_STEPS,
  finalDraws: 30,
  covariance: [],
  priorDraws: 1000,
  memoryBytes: 256 * 2 ** 20,
};

/** Particles of each group that is sampled, by the group's name, as the settings ask. */
export function particlesPerGroup(
  model: ModelInterface,
  settings: Pick<InferenceSettings, "particles" | "groupParticles">,
): ReadonlyMap<string, number> {
  return new Map(
    sampledGroups(model).map((g) => [g.name, settings.groupParticles.get(g.name) ?? settings.particles]),
  );
}

/** Particles per number of a correlated group, whose covariance takes more of them to fit than a latent's variance. */
const PARTICLES_PER_NUMBER = 10;

/**
 * The settings with particles for correlated groups that are in proportion to how many numbers they have, where the user
 * asks for none. `sizes`: of the data's axes.
 */
export function withDefaultParticles<S extends Pick<InferenceSettings, "particles" | "groupParticles">>(
  settings: S,
  model: ModelInterface,
  sizes: Sizes,
): S {
  const wide = model.groups.flatMap(({ name, correlated }) => {
    const numbers = correlated === null ? 0 : (sizes.get(correlated.row) ?? 1);
    const particles = PARTICLES_PER_NUMBER * numbers;
    return particles > settings.particles ? [[name, particles] as const] : [];
  });
  return { ...settings, groupParticles: new Map([...wide, ...settings.groupParticles]) };
}

/** The groups whose particles are drawn from the guide; the others are summed over all values of their latent. */
export const sampledGroups = (model: ModelInterface): readonly GroupInterface[] =>
  model.groups.filter((group) => group.support === null);

/** Lengths of the data's axes (those of latents that are summed out among them) and of every other particle axis. */
export function axisSizes(
  data: Sizes,
  model: ModelInterface,
  particles: ReadonlyMap<string, number>,
): ExtendedSizes {
  return new ExtendedSizes(
    data,
    sampledGroups(model).map((group) => [group.axis, particles.get(group.name) ?? 1] as const),
  );
}
