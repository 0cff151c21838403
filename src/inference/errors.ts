// Everything inference has to say to the user: failures (exit code 3) and warnings about the result.
import { type Diagnostic } from "../diagnostic.js";

/** Inference cannot go on: exit code 3, with the reason. */
export class InferenceError extends Error {
  override readonly name = "InferenceError";
  readonly exitCode = 3;
  constructor(readonly diagnostic: Diagnostic) {
    super(`${diagnostic.code}: ${diagnostic.message}`);
  }
}

const error = (code: string, message: string, hint: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  hint,
});
const warning = (code: string, message: string, hint: string): Diagnostic => ({
  code,
  severity: "warning",
  message,
  hint,
});

const list = (names: readonly string[]): string => {
  const shown = names.slice(0, 8).map((n) => `'${n}'`);
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
};
const number = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(2));

/** A model that forbids everything that it draws. */
export const alwaysRejected = (attempts: number): Diagnostic =>
  error(
    "E1310",
    `the model forbids each of ${attempts.toLocaleString("en-US")} draws from it, by a factor that is the logarithm of zero`,
    "are the given values among those that it allows?",
  );

/** No particle explains the data: the evidence is zero or not a number from the first iteration on. */
export const noFiniteEvidence = (attempts: number): Diagnostic =>
  error(
    "E0701",
    `the data has probability zero under all particles of the first ${attempts} iterations, so there is nothing to fit`,
    "an observation may lie outside what its distribution can give, a scale may be zero or not a number, or the prior " +
      "may lie far from the data: check those, or give the guide first values with learn(...)",
  );

/** The draws from the prior gave no usable start. */
export const noStart = (latent: string, parameter: string): Diagnostic =>
  error(
    "E0703",
    `draws from the prior give no first value for '${parameter}' of the guide of '${latent}'`,
    `its prior may be improper or extremely wide: give the guide a first value, ${parameter} = learn(...)`,
  );

/** Learned parameters that no moments fit. `parameters`: as the guide's interface names them. */
export const notFitted = (latent: string, family: string, parameters: readonly string[]): Diagnostic =>
  error(
    "E0706",
    `expectation maximisation cannot learn ${list(parameters)} of the guide of '${latent}', because an argument is computed or '${family}' has no fit for them`,
    "--method rws learns them; or write 'learn(...)' alone, or a fixed value, for every argument of a family with a fit",
  );

/** The evidence became zero in every set of the final pass. */
export const noFiniteFinalEvidence = (): Diagnostic =>
  error(
    "E0704",
    "no set of final particles gives the data a positive probability, so there is no posterior to report",
    "the fitted guide has lost the posterior: use more particles (-K) or a smaller --averaging-weight",
  );

/** A parameter of the model whose first value, of the data, is outside its bounds. */
export const parameterOutside = (name: string): Diagnostic =>
  error(
    "E0707",
    `the first value of the parameter '${name}' is not inside its bounds`,
    "its value comes from the data: give it one that is inside",
  );

/** A setting that makes no sense. */
export const badSetting = (name: string, value: number, expected: string): Diagnostic =>
  error(
    "E0705",
    `${name} is ${value}, but it must be ${expected}`,
    `give ${name} a value that is ${expected}`,
  );

/** A group's weights are worth so few particles that no more is needed to explain a posterior that cannot be trusted. */
const FEW_PARTICLES = 4;

/** The final sets differ so much in their means of a group that its spread is not to be believed. */
export const untrustedGroup = (
  group: string,
  latents: readonly string[],
  { draws, particles, ess }: { readonly draws: number; readonly particles: number; readonly ess: number },
): Diagnostic =>
  warning(
    "W0701",
    `the uncertainty reported for ${list(latents)} is not to be trusted: ${particles} particles of group '${group}' are ` +
      `worth only ${number(draws)} independent draws, by the spread of means between the final sets`,
    `use more particles for it, -K ${group}=${10 * particles}` +
      (ess < FEW_PARTICLES ? "" : ", and for the groups that it depends on") +
      "; or join latents that depend on each other in one group with multi_normal",
  );

/** The tail of a group's weights is so heavy that a few particles that were not drawn might outweigh all that were. */
export const heavyTail = (
  group: string,
  latents: readonly string[],
  shape: number,
  particles: number,
): Diagnostic =>
  warning(
    "W0707",
    `the posterior reported for ${list(latents)} may lack a part: the largest weights of group '${group}' have so heavy a ` +
      `tail (Pareto k ${number(shape)}, where 0.7 is the most to be trusted) that its guide misses some of the posterior`,
    `use more particles for it, -K ${group}=${10 * particles}, or another family in the guide`,
  );

/** The sets of final particles differ so much in evidence that the weights within them cannot be believed either. */
export const unequalSets = (effective: number, sets: number): Diagnostic =>
  warning(
    "W0702",
    `the evidence differs so much between the ${sets} final sets of particles that by it they would count as only ` +
      `${number(effective)}: the reported uncertainties are likely to be too small`,
    "use more particles (-K), above all for groups of small effective size",
  );

/** Elements whose device results were not finite, and which stayed where they were. */
export const nonFiniteElements = (latents: readonly string[], times: number): Diagnostic =>
  warning(
    "W0703",
    `the fit met results that are not finite for ${list(latents)}, ${times} ${times === 1 ? "time" : "times"} in all, ` +
      "and left those elements where they were",
    "a distribution's argument may overflow for some particles, such as exp of a large number",
  );

/** Groups whose weights fell on one particle often while the guide was being fitted. */
export const collapsed = (group: string, share: number): Diagnostic =>
  warning(
    "W0704",
    `the weights of group '${group}' rested on nearly one particle in ${number(100 * share)} % of its fit, ` +
      "so its guide was moved with caution and may not have arrived",
    `use more particles for it: -K ${group}=..., or more iterations`,
  );

/** The largest number of iterations came before the evidence settled. */
export const notSettled = (iterations: number): Diagnostic =>
  warning(
    "W0705",
    `the evidence or the weights' effective sizes were still rising after ${iterations} iterations`,
    "give more iterations with --iterations",
  );

/** Final sets of particles under which the data has probability zero. */
export const emptySets = (empty: number, sets: number): Diagnostic =>
  warning(
    "W0706",
    `${empty} of the ${sets} final sets of particles give the data probability zero and were left out`,
    "use more particles (-K)",
  );
