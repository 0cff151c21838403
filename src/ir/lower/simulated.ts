// What of a model is simulated, how latents are drawn within their bounds, and what cannot be drawn.
import { Bug, type Diagnostic } from "../../diagnostic.js";
import type {
  Data,
  Distribution,
  Factor,
  Latent,
  TypedExpression,
  TypedModel,
} from "../../typecheck/model.js";
import { constantValue } from "../../typecheck/constants.js";
import { isWhole } from "../../typecheck/types.js";
import * as errors from "../simulation-errors.js";
import type { Node } from "../node.js";
import { dependenceOf } from "./dependence.js";
import { dataIn } from "./observed.js";
import type { Environment } from "./expressions.js";
import type { Context } from "./program-graph.js";
import type { RandomSource } from "./random-source.js";

export type Prior = Extract<Factor, { kind: "prior" }>;

/** A `~` of data, and its place among all of them. */
export type Observation = {
  readonly factor: Extract<Factor, { kind: "observation" }>;
  readonly place: number;
};

type Target = Extract<Factor, { kind: "target" }>;

export function priorOf(model: TypedModel, latent: Latent): Prior {
  const factor = model.factors.find((f) => f.kind === "prior" && f.latent === latent);
  if (factor?.kind !== "prior") throw new Bug(`'${latent.name}' has no prior`);
  return factor;
}

/** The data that an observed value is, itself or through locals that are other names of it; null where it is computed. */
export function dataOf(value: TypedExpression): Data | null {
  if (value.kind !== "reference") return null;
  const { variable } = value;
  if (variable.kind === "data") return variable;
  return variable.kind === "local" ? dataOf(variable.value) : null;
}

/** The data that the model observes, with every statement that does, in the model's order. All other data are covariates. */
export function simulatedData(model: TypedModel): ReadonlyMap<Data, readonly Observation[]> {
  const found = new Map<Data, Observation[]>();
  const observations = model.factors.filter((f) => f.kind === "observation");
  for (const [place, factor] of observations.entries()) {
    const data = dataOf(factor.value);
    if (data !== null) found.set(data, [...(found.get(data) ?? []), { factor, place }]);
  }
  return found;
}

/** The logarithm of zero, or what is as good. */
const IMPOSSIBLE = -1e29;

/** A factor that says what cannot be, `if (a > b) target += log_zero();`: draws of which that holds are made anew. */
const isRejection = (factor: Target): boolean =>
  factor.condition !== null && (constantValue(factor.value) ?? Infinity) <= IMPOSSIBLE;

export const rejectionsOf = (model: TypedModel): Target[] =>
  model.factors.filter((factor) => factor.kind === "target").filter(isRejection);

/**
 * Everything in a model that cannot be drawn from; nothing where it can be simulated. A latent whose prior has no draws is
 * none of it: its value can be given.
 */
export function unsimulatable(model: TypedModel): Diagnostic[] {
  const found = model.factors.flatMap((factor) =>
    factor.kind === "observation" ? observationMistakes(factor) : latentMistakes(factor),
  );
  if (found.length > 0) return found;
  return circleMistakes(model, simulatedData(model));
}

function circleMistakes(
  model: TypedModel,
  observations: ReadonlyMap<Data, readonly Observation[]>,
): Diagnostic[] {
  return circular(model, observations).flatMap((data) => {
    const [first] = observations.get(data) ?? [];
    return first === undefined ? [] : [errors.dependsOnItself(data.name, first.factor.span)];
  });
}

/**
 * Why latents cannot be drawn from their prior, whatever is observed of them; nothing where they can. A term of `target` that
 * data goes into is taken for a likelihood, and says nothing of the prior.
 */
export const undrawableLatents = (model: TypedModel): Diagnostic[] =>
  model.factors.flatMap((factor) => {
    const isLikelihood =
      factor.kind === "observation" || (factor.kind === "target" && dataIn(factor.value).size > 0);
    return isLikelihood ? [] : latentMistakes(factor);
  });

function latentMistakes(factor: Prior | Target): Diagnostic[] {
  if (factor.kind === "prior") return restrictionMistakes(factor);
  return isRejection(factor) ? [] : [errors.targetNotDrawn(factor.span)];
}

/** Why what a statement observes cannot be drawn from it. */
function observationMistakes({ name, value, distribution, span }: Observation["factor"]): Diagnostic[] {
  const data = dataOf(value);
  if (data === null) return [errors.computedObservation(name, span)];
  if (distribution.draw === null) return [errors.observationWithoutDraw(name, distribution.name, span)];
  if (data.type.base === "int" && distribution.result.base === "real")
    return [errors.realForInt(name, distribution.name, span)];
  return data.type.constraint !== null && !isWhole(distribution)
    ? [errors.constrainedData(name, data.type.constraint, span)]
    : [];
}

/**
 * Observed data that can be drawn where all latents are known: terms of `target` and what restricts latents do not matter to
 * it. What is left out keeps its value.
 */
export function replicableData(model: TypedModel): ReadonlyMap<Data, readonly Observation[]> {
  const drawable = drawableByItself(model);
  const circles = circular(model, drawable);
  return new Map([...drawable].filter(([data]) => !circles.includes(data)));
}

/** Why observed data that is not among these cannot be drawn. */
export const undrawableData = (model: TypedModel): Diagnostic[] => [
  ...model.factors.flatMap((factor) => (factor.kind === "observation" ? observationMistakes(factor) : [])),
  ...circleMistakes(model, drawableByItself(model)),
];

const drawableByItself = (model: TypedModel): ReadonlyMap<Data, readonly Observation[]> =>
  new Map(
    [...simulatedData(model)].filter(([, of]) =>
      of.every(({ factor }) => observationMistakes(factor).length === 0),
    ),
  );

/** Observed variables that depend on themselves at the same step. */
function circular(model: TypedModel, observations: ReadonlyMap<Data, readonly Observation[]>): Data[] {
  const needs = (data: Data): Data[] => {
    const expressions = (observations.get(data) ?? []).flatMap(({ factor }) =>
      factor.condition === null ? factor.args : [...factor.args, factor.condition],
    );
    return dataAmong(model, expressions);
  };
  return [...observations.keys()].filter((data) => {
    const reached = new Set(needs(data));
    for (const other of reached)
      if (observations.has(other)) for (const next of needs(other)) reached.add(next);
    return reached.has(data);
  });
}

/** The data that values depend on at the same step, by themselves or through the priors of latents. */
function dataAmong(model: TypedModel, expressions: readonly TypedExpression[]): Data[] {
  const all = new Set(dependenceOf(expressions).now);
  for (const variable of all)
    if (variable.kind === "latent")
      for (const further of dependenceOf(priorOf(model, variable).args).now) all.add(further);
  return [...all].filter((variable) => variable.kind === "data");
}

/** How a latent's declared type cuts off a part of its distribution; null where it does not. */
type Cut = {
  readonly lower: TypedExpression | null;
  readonly upper: TypedExpression | null;
  readonly isSorted: boolean;
};

function cutOf({ latent, distribution }: Pick<Prior, "latent" | "distribution">): Cut | null {
  if (isWhole(distribution)) return null;
  const { result } = distribution;
  const { type } = latent;
  const isSorted = type.constraint === "ordered" || type.constraint === "positive_ordered";
  const lower = sameBound(type.lower, result.lower) ? null : type.lower;
  const upper = sameBound(type.upper, result.upper) ? null : type.upper;
  const isPositive = type.constraint === "positive_ordered" && result.lower === null;
  if (lower === null && upper === null && !isSorted && !isPositive) return null;
  return { lower, upper, isSorted };
}

/** Whether a bound is the family's own: one that is made of its parameters is not written anywhere else. */
function sameBound(own: TypedExpression | null, familys: TypedExpression | null): boolean {
  if (own === null || familys === null) return own === familys;
  if (own.kind === "literal" && familys.kind === "literal") return own.value === familys.value;
  return own.kind !== "literal" && familys.kind !== "literal";
}

function restrictionMistakes(prior: Prior): Diagnostic[] {
  const { latent, distribution, args, span } = prior;
  const cut = cutOf(prior);
  if (cut === null || distribution.draw === null) return [];
  const isCut = cut.lower !== null || cut.upper !== null || latent.type.constraint === "positive_ordered";
  if (isUneven(prior, cut)) return [errors.unevenOrdered(latent.name, span)];
  const depends = [...args, cut.lower, cut.upper].some((e) => e !== null && e.latents.length > 0);
  if (isCut && depends) return [errors.cutByLatents(latent.name, distribution.name, span)];
  return lacksInverse(prior, cut) ? [errors.cutWithoutCdf(latent.name, distribution.name, span)] : [];
}

/** Whether a latent can be drawn given all that its prior depends on: the prior says how, and bounds can be kept to. */
export function isDrawable(prior: Prior): boolean {
  const cut = cutOf(prior);
  if (prior.distribution.draw === null) return false;
  return cut === null || !(isUneven(prior, cut) || lacksInverse(prior, cut));
}

const isUneven = ({ args }: Prior, { isSorted }: Cut): boolean =>
  isSorted && args.some((arg) => arg.type.size !== null);

/** Whether a part of the distribution is cut off, and its quantiles are not known, by which the rest would be drawn. */
function lacksInverse({ latent, distribution }: Prior, { lower, upper }: Cut): boolean {
  const isCut = lower !== null || upper !== null;
  const isFolded = latent.type.constraint === "positive_ordered" && !isPositive(distribution);
  return (isCut || isFolded) && distribution.cumulative === null;
}

const isPositive = ({ result }: Distribution): boolean =>
  result.lower?.kind === "literal" && result.lower.value >= 0;

/** The part of (0, 1) whose quantiles are within a latent's bounds; null where the bounds are the family's own. */
export type Limits = {
  readonly from: Node;
  readonly to: Node;
  readonly lower: Node | null;
  readonly upper: Node | null;
};

export function restriction(
  { graph: g, lowering }: Context,
  latent: Latent,
  distribution: Distribution,
  args: readonly Node[],
  env: Environment,
): Limits | null {
  const cut = cutOf({ latent, distribution });
  const { cumulative } = distribution;
  if (cut === null || cumulative === null) return null;
  const isPositiveOrdered = latent.type.constraint === "positive_ordered" && !isPositive(distribution);
  const lower =
    cut.lower !== null ? lowering.expression(cut.lower, env) : isPositiveOrdered ? g.constant(0) : null;
  const upper = cut.upper === null ? null : lowering.expression(cut.upper, env);
  if (lower === null && upper === null) return null;
  const { variable, value } = cumulative.logCdf;
  const below = (bound: Node): Node => {
    const named = lowering.named(distribution, args, new Map([["cdf", value]]), [[variable, bound]]);
    return g.exp(named.get("cdf") ?? g.constant(0));
  };
  const isInt = distribution.result.base === "int";
  const from = lower === null ? g.constant(0) : below(isInt ? g.sub(lower, g.constant(1)) : lower);
  return { from, to: upper === null ? g.constant(1) : below(upper), lower, upper };
}

/** A draw of a latent within its declared bounds, sorted where it is declared as ordered. */
export function orderedDraw(
  { graph: g, lowering }: Context,
  latent: Latent,
  distribution: Distribution,
  args: readonly Node[],
  random: RandomSource,
  limits: Limits | null,
): Node {
  const free = limits === null ? lowering.draw(distribution, args, random) : within(limits);
  const event = lowering.latentEvent(latent);
  const { constraint } = latent.type;
  const isSorted = constraint === "ordered" || constraint === "positive_ordered";
  return event === null || !isSorted || isWhole(distribution) ? free : lowering.sorted(free, event);

  function within({ from, to, lower, upper }: Limits): Node {
    const { cumulative } = distribution;
    if (cumulative === null) throw new Bug(`'${distribution.name}' has no quantile function`);
    const { nextSite, element, particle } = random;
    const place = { site: nextSite(), element, particle, coordinate: null };
    const u = g.random("std_uniform", place, []);
    const share = g.add(from, g.mul(u, g.sub(to, from)));
    const { variable, value } = cumulative.quantile;
    const named = lowering.named(distribution, args, new Map([["quantile", value]]), [[variable, share]]);
    const drawn = named.get("quantile") ?? g.constant(0);
    // Rounding may leave the inverse outside the bounds.
    const raised = lower === null ? drawn : g.map("max", drawn, lower);
    return upper === null ? raised : g.map("min", raised, upper);
  }
}
