// The programs that run on the reference device alone: draws from the prior, fits, widening, bounds of data.
import { Bug } from "../../diagnostic.js";
import type {
  Data,
  Distribution,
  Guide,
  Latent,
  TypedExpression,
  TypedModel,
  ValueType,
  Variable,
} from "../../typecheck/model.js";
import { isWhole } from "../../typecheck/types.js";
import { hasAxis } from "../axis.js";
import { BUFFERS, PRIOR_AXIS, type GuideParameterInterface } from "../interface.js";
import { learnedScale } from "./interface.js";
import { reachable, type Node } from "../node.js";
import { drawAtNormal } from "./correlated.js";
import { priorSite } from "./estimator.js";
import { stepBefore, type Environment, type ExpressionLowering } from "./expressions.js";
import { randomFrom, type RandomSource } from "./random-source.js";
import { groupOf, guideArguments, guideInputNodes, guideInputs, isFitted, placeholdersOf } from "./guide.js";
import {
  elementAxes,
  momentAxes,
  statisticAxes,
  type Context,
  type Output,
  type ProgramGraph,
} from "./program-graph.js";
import { meanOver } from "./reparameterise.js";
import { boundsOf, constrain } from "./unconstrained.js";

/**
 * Spreads of the start of a latent whose prior has no draws: without bounds, as a multiple of the data's scale (much wider,
 * and scales that are to be found at the same time take many values on the way); with a bound, on the logarithm's or
 * logit's scale.
 */
const WIDE = { unbounded: 3, bounded: 2 } as const;

/** Draws of independent elements of a vector that is declared as ordered, in order: the density is symmetric in them. */
export function ordered(
  { graph: g, lowering }: Context,
  latent: Latent,
  family: Distribution,
  draw: Node,
): Node {
  const { constraint } = latent.type;
  const event = lowering.latentEvent(latent);
  if (event === null || constraint === null || isWhole(family)) return draw;
  return lowering.sorted(constraint === "positive_ordered" ? g.map("abs", draw) : draw, event);
}

/**
 * Every latent drawn from its prior given the same particle of its parents, the latents of series step by step: what they
 * look back at is the very table that is being filled. One whose prior has no draws, from a wide
 * normal on the unconstrained scale of its type.
 */
export function priorProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const particle = g.axis(PRIOR_AXIS, "particle");
  const before = new Map(
    model.latents.flatMap((latent): [Latent, Node][] => {
      const along = latent.plates.findLast((plate) => plate.ordered);
      if (along === undefined) return [];
      const table = g.input(BUFFERS.particles(latent.name), [...elementAxes(context, latent), particle]);
      return [[latent, stepBefore(g, table, lowering.plate(along))]];
    }),
  );
  const env: Environment = Object.assign(new Map<Variable, Node>(), { before });
  const outputs = model.latents.map((latent, index): Output => {
    const factor = model.factors.find((f) => f.kind === "prior" && f.latent === latent);
    if (factor?.kind !== "prior") throw new Bug(`'${latent.name}' has no prior`);
    const element = elementAxes(context, latent);
    const args = factor.args.map((a) => lowering.expression(a, env));
    const random = randomFrom(priorSite(model, index), element, particle);
    const { distribution } = factor;
    const draw =
      distribution.draw === null
        ? wideDraw(context, latent, env, random)
        : lowering.draw(distribution, args, random);
    const node = g.stored(BUFFERS.particles(latent.name), ordered(context, latent, distribution, draw));
    env.set(latent, node);
    return { name: BUFFERS.particles(latent.name), node, axes: [...element, particle] };
  });
  return { name: "prior", outputs, labels: new Map() };
}

function wideDraw(
  { model, lowering }: Context,
  latent: Latent,
  env: Environment,
  { nextSite, element, particle }: RandomSource,
): Node {
  const g = lowering.graph;
  const { lower, upper } = boundsOf(lowering, latent, env);
  const place = { site: nextSite(), element, particle, coordinate: null };
  const normal = g.map("inv_Phi", g.random("std_uniform", place, []));
  const scaled = (spread: Node): Node => g.mul(spread, normal);
  const scale = dataScale(model, lowering);
  if (lower === null && upper === null) return scaled(g.mul(g.constant(WIDE.unbounded), scale));
  const bounded = g.constant(WIDE.bounded);
  if (lower !== null && upper !== null) return constrain(g, { lower, upper }, scaled(bounded));
  // From 1 to the data's scale, both included.
  const half = g.mul(g.constant(0.5), g.log(scale));
  return constrain(g, { lower, upper }, g.add(half, scaled(g.add(bounded, g.map("abs", half)))));
}

/** The largest absolute value of what is observed of the real numbers; 1 where nothing is. */
function dataScale(model: TypedModel, lowering: ExpressionLowering): Node {
  const g = lowering.graph;
  const largest = model.factors.flatMap((factor) => {
    if (factor.kind !== "observation" || factor.value.type.base !== "real") return [];
    const size = g.map("abs", lowering.expression(factor.value, new Map()));
    return [g.reduceAll("max", size.axes, size)];
  });
  const [first, ...rest] = largest;
  if (first === undefined) return g.constant(1);
  const scale = rest.reduce((a, b) => g.map("max", a, b), first);
  return g.map("select", g.map("gt", scale, g.constant(0)), scale, g.constant(1));
}

/**
 * Draws from the prior to the statistics of each guide's family, draw by draw; and of groups that are one normal the means
 * of their latents' statistics, a number that is linear in a standard normal and its square, under the guide itself.
 */
export function initialProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const particle = g.axis(PRIOR_AXIS, "particle");
  const inputs = guideInputNodes(model, lowering);
  const outputs = model.guides.filter(isFitted).flatMap((guide) => {
    const { latent } = guide;
    const axes = [...elementAxes(context, latent), particle];
    const z = g.input(BUFFERS.particles(latent.name), axes);
    const statistics = lowering.statistics(
      guide.distribution,
      guideArguments(lowering, guide, inputs, new Map()),
      z,
    );
    const own = [...statisticAxes(context, guide), particle];
    return [
      ...statistics.map((node, i): Output => ({ name: BUFFERS.statistic(latent.name, i), node, axes: own })),
      ...(groupOf(model, latent).correlated ? guideMoments(context, guide) : []),
    ];
  });
  return { name: "initial", outputs, labels: new Map() };
}

function guideMoments(context: Context, guide: Guide): Output[] {
  const { graph: g, model, lowering } = context;
  const args = guideArguments(lowering, guide, guideInputNodes(model, lowering), new Map());
  const random = placeholdersOf(model, lowering, guide);
  const at = (normal: number): Node => {
    const draw = drawAtNormal(lowering, guide, args, random, g.constant(normal));
    return lowering.statistics(guide.distribution, args, draw)[0] ?? g.constant(0);
  };
  const [mean, sd] = [at(0), g.sub(at(1), at(0))];
  const square = g.add(g.map("square", mean), g.map("square", sd));
  const axes = momentAxes(context, guide);
  return [mean, square].map((node, i): Output => ({
    name: BUFFERS.guideMoment(guide.latent.name, i),
    node,
    axes,
  }));
}

export function fitProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const inputs = guideInputNodes(model, lowering);
  const outputs = model.guides.filter(isFitted).flatMap((guide) => {
    const args = guideArguments(lowering, guide, inputs, new Map());
    const axes = momentAxes(context, guide);
    const moments = (guide.distribution.fit?.moments ?? []).map((_, i) =>
      g.input(BUFFERS.moment(guide.latent.name, i), axes),
    );
    return fittedParameters(context, guide, args, moments).map(({ name, node, axes: own }): Output => ({
      name: BUFFERS.newGuide(guide.latent.name, name),
      node,
      axes: own,
    }));
  });
  return { name: "fit", outputs, labels: new Map() };
}

/** What a family fits to the moments of its statistics: its learned parameters, each over its own axes. */
export function fittedParameters(
  { graph: g, lowering }: Context,
  guide: Guide,
  args: readonly Node[],
  moments: readonly Node[],
): (Output & Pick<GuideParameterInterface, "scale">)[] {
  const { fit } = guide.distribution;
  if (fit === null) return [];
  const named = fit.moments.map((m, i) => [m, moments[i] ?? g.constant(0)] as const);
  const fitted = lowering.named(guide.distribution, args, fit.values, named);
  return guideInputs(lowering, guide).flatMap(({ name, type, fitted: isFit }) => {
    const node = fitted.get(name);
    const input = args[guide.args.findIndex(({ parameter }) => parameter.name === name)];
    if (!isFit || node === undefined || input === undefined) return [];
    const extra = node.axes.filter((axis) => !hasAxis(input, axis));
    return [{ name, node: meanOver(g, extra, node), axes: input.axes, scale: learnedScale(type) }];
  });
}

/** Every parameter of every guide, its family's spread times a factor where the family knows how. */
export function widenProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const inputs = guideInputNodes(model, lowering);
  const outputs = model.guides.flatMap((guide) => {
    const { distribution, latent } = guide;
    const own = inputs.get(latent) ?? new Map<string, Node>();
    const unknown = new Map<Variable, Node>(
      guide.parents.map((parent) => [parent, g.input(`latent.${parent.name}`, elementAxes(context, parent))]),
    );
    const args = guideArguments(lowering, guide, inputs, unknown);
    const factor = g.input(BUFFERS.widenFactor(latent.name), []);
    const { widen } = distribution;
    const wider =
      widen === null
        ? new Map<string, Node>()
        : lowering.named(distribution, args, widen.values, [[widen.factor, factor]]);
    // Where a computed argument would have to change, or a shared one would need a value per element, the guide stays.
    const fits = [...wider].every(([name, node]) => {
      const input = own.get(name);
      const isInput = guide.args.some((a) => a.kind !== "computed" && a.parameter.name === name);
      const isKnown = isOfData(node);
      return input !== undefined && isInput && isKnown && node.axes.every((axis) => hasAxis(input, axis));
    });
    return [...own].map(([name, input]): Output => ({
      name: BUFFERS.newGuide(latent.name, name),
      node: fits ? (wider.get(name) ?? input) : input,
      axes: input.axes,
    }));
  });
  return { name: "widen", outputs, labels: new Map() };
}

/** What the guide's text itself says of its parameters: fixed arguments, and first values of learned ones. */
export function fixedProgram(context: Context): ProgramGraph {
  const { model, lowering } = context;
  const outputs = model.guides.flatMap((guide) =>
    guideInputs(lowering, guide).flatMap(({ name, over, event, written }): Output[] => {
      if (written === null) return [];
      const axes = event === null ? over : [...over, event];
      const node = lowering.expression(written, new Map());
      return [{ name: BUFFERS.newGuide(guide.latent.name, name), node, axes }];
    }),
  );
  const parameters = model.parameters.map((p): Output => {
    const node = lowering.expression(p.initial, new Map());
    return { name: BUFFERS.newParameter(p.name), node, axes: lowering.axesOf([], p.type) };
  });
  return { name: "fixed", outputs: [...outputs, ...parameters], labels: new Map() };
}

/** Whether a value depends on data alone: not on stand-ins of latents, nor on parameters. */
const isOfData = (node: Node): boolean =>
  reachable([node]).every((n) => n.kind !== "input" || !/^(?:latent|parameter)\./.test(n.name));

/** Bounds of data: as declared, and the support of the families that it is observed from where no latent decides it. */
export function boundsProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const latents = new Map(
    model.latents.map((l) => [l, g.input(`latent.${l.name}`, elementAxes(context, l))]),
  );
  const unknown: Environment = Object.assign(new Map<Variable, Node>(latents), { before: latents });
  const isKnown = (node: Node): boolean => isOfData(node);
  const bounds = new Map<string, Output>();
  const add = (data: Data, side: "lower" | "upper", node: Node): void => {
    if (!isKnown(node) || node.axes.some((axis) => !lowering.axesOf(data.plates, data.type).includes(axis)))
      return;
    const name = BUFFERS[side](data.name);
    const before = bounds.get(name)?.node;
    const both = before === undefined ? node : g.map(side === "lower" ? "max" : "min", before, node);
    bounds.set(name, { name, node: both, axes: both.axes });
  };
  const each = (data: Data, type: ValueType, lower: (e: TypedExpression) => Node): void => {
    if (type.lower !== null) add(data, "lower", lower(type.lower));
    if (type.upper !== null) add(data, "upper", lower(type.upper));
  };
  for (const data of model.data) each(data, data.type, (e) => lowering.expression(e, unknown));
  for (const { data, size } of model.indices) {
    add(data, "lower", g.constant(1));
    add(data, "upper", lowering.expression(size.value, unknown));
  }
  for (const factor of model.factors) {
    // Under a condition an observation may be of no account.
    if (factor.kind !== "observation" || factor.condition !== null) continue;
    if (factor.value.kind !== "reference") continue;
    const { variable } = factor.value;
    if (variable.kind !== "data") continue;
    const args = factor.args.map((a) => lowering.expression(a, unknown));
    each(variable, factor.distribution.result, (e) => {
      const named = lowering.named(factor.distribution, args, new Map([["bound", e]]), []);
      return named.get("bound") ?? g.constant(0);
    });
  }
  return { name: "bounds", outputs: [...bounds.values()], labels: new Map() };
}
