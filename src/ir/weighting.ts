// What weights of particles are worth to a moving average of moments. Written once, for numbers on the host and for
// nodes of the tensor IR.
import { elementaryValue } from "../elementary.js";
import type { Op } from "../ops.js";
import { Bug } from "../diagnostic.js";

/** Values on which operations are done: numbers, or nodes. */
export type Algebra<T> = { constant(value: number): T; map(op: Op, ...args: readonly T[]): T };

/** Numbers, in float64. */
export const NUMBERS: Algebra<number> = {
  constant: (value) => value,
  map: (op, ...args) => {
    const value = elementaryValue(op, args);
    if (value === null) throw new Bug(`'${op}' of numbers`);
    return value;
  },
};

/** Flattening of weights that rest on one or two particles. */
const MOST_FLATTENING = 0.7;
/** Most of the variance that is ever ascribed to the noise of the mean. */
export const MOST_NOISE = 0.5;
/** Stands for 0 in a divisor. */
const TINY = 1e-30;

/** The effective size within its bounds, and what the inequality of weights adds to 1 / particles. */
function inequality<T>(
  a: Algebra<T>,
  effectiveSize: T,
  particles: T,
): { readonly excess: T; readonly equal: T } {
  const equal = a.map("div", a.constant(1), particles);
  const size = a.map("min", a.map("max", effectiveSize, a.constant(1)), particles);
  return { excess: a.map("sub", a.map("div", a.constant(1), size), equal), equal };
}

/**
 * How far the weights of `particles` particles are flattened towards equal ones, between 0 and 0.7: nothing where they
 * are equal already, most where they rest on one particle. Flattened moments are
 * (1 - flattening) * weighted + flattening * unweighted; as the unweighted ones are the guide's own, this only shortens
 * the step: the fixed points of the fit stay what they are.
 */
export function flattening<T>(a: Algebra<T>, effectiveSize: T, particles: T): T {
  const { excess, equal } = inequality(a, effectiveSize, particles);
  // Of one particle there is no excess.
  const most = a.map("max", a.map("sub", a.constant(1), equal), a.constant(TINY));
  const share = a.map("mul", a.constant(2), a.map("div", excess, most));
  return a.map("mul", a.constant(MOST_FLATTENING), a.map("min", a.constant(1), share));
}

/**
 * Variance of a flattened mean by the weights' inequality, as a share of the variance of the particles. Particles that are
 * `stratified` (1; else 0) are taken for fixed points whose weights are exchangeable: equal weights then have no noise.
 */
export function samplingNoise<T>(a: Algebra<T>, effectiveSize: T, particles: T, stratified: T): T {
  const { excess, equal } = inequality(a, effectiveSize, particles);
  const kept = a.map("sub", a.constant(1), flattening(a, effectiveSize, particles));
  const unequal = a.map("mul", a.map("square", kept), excess);
  const others = a.map("max", a.map("sub", particles, a.constant(1)), a.constant(TINY));
  const exchangeable = a.map("div", a.map("mul", unequal, particles), others);
  return a.map("select", stratified, exchangeable, a.map("add", unequal, equal));
}

/**
 * What a variance must be multiplied by after one step of its moving average, less 1, lest its logarithm drift down: the
 * average of squares takes a step of relative variance 2 weight^2 / n where n is what the weights' inequality leaves of
 * the particles, and E log(1 + x) is -Var(x) / 2 to leading order.
 */
export function driftCorrection<T>(a: Algebra<T>, weight: T, effectiveSize: T, particles: T): T {
  const { excess } = inequality(a, effectiveSize, particles);
  const kept = a.map("sub", a.constant(1), flattening(a, effectiveSize, particles));
  return a.map("mul", a.map("square", a.map("mul", weight, kept)), excess);
}
