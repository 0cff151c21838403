// The program that takes posterior draws on: log densities of data at them, generated quantities, and latents of plate
// elements that the draws do not know (MATH: section 6).
import type { Data, Factor, Latent, Local, Variable } from "../../typecheck/model.js";
import type { Axis } from "../axis.js";
import { BUFFERS, DRAW_AXIS } from "../interface.js";
import type { Graph, Node } from "../node.js";
import { rowArrayName } from "../ragged.js";
import { modelFactors, PREDICTION_SITES, siteFrom } from "./estimator.js";
import { stepBefore, type Environment } from "./expressions.js";
import { randomFrom } from "./random-source.js";
import { orderedDraw, priorOf, restriction } from "./simulated.js";
import { elementAxes, type Context, type Output, type ProgramGraph } from "./program-graph.js";

type Observation = Extract<Factor, { kind: "observation" }>;

/**
 * The program `predict`: see src/compiled.ts. New steps of series are drawn one after another: what they look back at is
 * the very table that is being filled.
 */
export function predictProgram(context: Context): ProgramGraph {
  const { graph: g } = context;
  const draw = g.axis(DRAW_AXIS, "particle");
  const { env, before } = latentsAtDraws(context, draw);
  const observations = observationsAtDraws(context, env);
  const pointwise = observations.flatMap(({ name, node, counted, plates }): Output[] => [
    { name: BUFFERS.logLikelihood(name), node, axes: [...plates, draw] },
    { name: BUFFERS.counted(name), node: counted, axes: plates },
  ]);
  const totals = observations.map(({ node, plates }) => g.reduceAll("sum", plates.toReversed(), node));
  return {
    name: "predict",
    outputs: [
      { name: BUFFERS.totalLogLikelihood, node: g.total(totals), axes: [draw] },
      ...pointwise,
      ...generatedAtDraws(context, draw, env, before),
    ],
    labels: new Map(),
  };
}

/** All latents at posterior draws. Generated quantities that series look back at are tables of the program. */
export function latentsAtDraws(
  context: Context,
  draw: Axis,
): { readonly env: Environment; readonly before: Map<Latent | Data | Local, Node> } {
  const { graph: g, model } = context;
  const before = new Map<Latent | Data | Local, Node>();
  const env: Environment = Object.assign(new Map<Variable, Node>(), { before });
  const predicted = model.generated.flatMap((q) => (q.kind === "prediction" ? [q.variable] : []));
  for (const latent of [...model.latents, ...predicted]) {
    const axes = [...elementAxes(context, latent), draw];
    setBefore(context, before, latent, g.input(tableOf(context, latent), axes));
  }
  for (const latent of model.latents) {
    const node = latentAtDraws(context, latent, draw, env);
    env.set(latent, node);
    setBefore(context, before, latent, node);
  }
  return { env, before };
}

/** The value of what varies along an ordered plate one step before: of a table that is being filled, of its own. */
function setBefore(
  { graph: g, lowering }: Context,
  before: Map<Latent | Data | Local, Node>,
  latent: Latent,
  node: Node,
): void {
  const along = latent.plates.findLast((plate) => plate.ordered);
  if (along !== undefined) before.set(latent, stepBefore(g, node, lowering.plate(along)));
}

/** The table of a latent's draws, of a prediction too. */
function tableOf(context: Context, latent: Latent): string {
  if (!context.model.latents.includes(latent)) return BUFFERS.generated(latent.name);
  return hasDraw(context, latent) ? atDraws(latent) : BUFFERS.draws(latent.name);
}

type ObservationAtDraws = {
  readonly name: string;
  /** Log density at every draw, 0 where it is not counted. */
  readonly node: Node;
  /** 1 where there is an observation that counts: observed, under its condition, and of a new step of its series. */
  readonly counted: Node;
  readonly plates: readonly Axis[];
};

/** Every observed variable; one that several statements observe, under different conditions, counts once. */
function observationsAtDraws(context: Context, env: Environment): ObservationAtDraws[] {
  const { graph: g, model, lowering } = context;
  const found = new Map<string, ObservationAtDraws>();
  modelFactors(model, lowering, env).forEach(({ name, node, plates }, i) => {
    const factor = model.factors[i];
    if (factor?.kind !== "observation") return;
    const counted = isCounted(context, factor, env);
    const here = { name, plates, counted, node: g.map("select", counted, node, g.constant(0)) };
    const before = found.get(name);
    found.set(
      name,
      before === undefined
        ? here
        : { ...here, node: g.add(before.node, here.node), counted: g.map("or", before.counted, counted) },
    );
  });
  return [...found.values()].map((each) => ({
    ...each,
    node: g.stored(BUFFERS.logLikelihood(each.name), each.node),
  }));
}

function isCounted({ graph: g, model, lowering }: Context, factor: Observation, env: Environment): Node {
  const observed = lowering.observed(factor.value);
  const event = lowering.event(factor.value.type);
  const series = new Set(model.groups.flatMap(({ along }) => along ?? []));
  const conditions = [
    ...(factor.condition === null ? [] : [lowering.expression(factor.condition, env)]),
    ...(observed === null ? [] : [event === null ? observed : g.reduce("max", event, observed)]),
    ...factor.plates
      .filter((plate) => series.has(plate))
      .map((plate) =>
        g.map("ge", elementNumber(g, lowering.plate(plate)), g.input(BUFFERS.countedFrom(plate.name), [])),
      ),
  ];
  return conditions.reduce((a, b) => g.map("and", a, b), g.constant(1));
}

/** The place of a plate's element among all of them, of a ragged one among all rows. */
export const elementNumber = (g: Graph, axis: Axis): Node => {
  const { parent } = axis;
  if (parent === null) return g.index(axis);
  return g.add(g.input(rowArrayName({ kind: "start", axis, within: parent }), [parent]), g.index(axis));
};

/** A plate and those that its rows imply, outer ones first. */
const withParents = (axis: Axis): readonly Axis[] =>
  axis.parent === null ? [axis] : [...withParents(axis.parent), axis];

/** The table of a latent that may have elements which the draws do not know. */
const atDraws = (latent: Latent): string => `latent.${latent.name}`;

const hasDraw = (context: Context, latent: Latent): boolean =>
  priorOf(context.model, latent).distribution.draw !== null;

/**
 * A latent's draws: as given for the elements that are known, and from its prior, given the draws of its parents, for the
 * others. A family that nothing can be drawn from has only the known ones.
 */
function latentAtDraws(context: Context, latent: Latent, draw: Axis, env: Environment): Node {
  const { graph: g, model, lowering } = context;
  const element = elementAxes(context, latent);
  const given = g.input(BUFFERS.draws(latent.name), [...element, draw]);
  const plates = lowering.plates(latent.plates);
  const factor = priorOf(context.model, latent);
  if (plates.length === 0 || !hasDraw(context, latent)) return given;
  const first = siteFrom(PREDICTION_SITES, model.latents.indexOf(latent));
  const args = factor.args.map((a) => lowering.expression(a, env));
  const random = randomFrom(first, element, draw);
  const limits = restriction(context, latent, factor.distribution, args, env);
  const fresh = orderedDraw(context, latent, factor.distribution, args, random, limits);
  const known = plates
    .map((plate) => g.input(BUFFERS.known(plate.name), withParents(plate)))
    .reduce((a, b) => g.map("and", a, b));
  return g.stored(atDraws(latent), g.map("select", known, given, fresh));
}

/** Every generated quantity at every draw; predictions are drawn. */
export function generatedAtDraws(
  context: Context,
  draw: Axis,
  env: Environment,
  before: Map<Latent | Data | Local, Node>,
): Output[] {
  const { graph: g, model, lowering } = context;
  return model.generated.map((quantity, i): Output => {
    const element = lowering.axesOf(quantity.plates, quantity.type);
    const name = BUFFERS.generated(quantity.name);
    const axes = [...element, draw];
    if (quantity.kind === "value") return { name, node: lowering.expression(quantity.value, env), axes };
    const first = siteFrom(PREDICTION_SITES, model.latents.length + i);
    const args = quantity.args.map((a) => lowering.expression(a, env));
    const drawn = lowering.draw(quantity.distribution, args, randomFrom(first, element, draw));
    const node = g.stored(name, drawn);
    env.set(quantity.variable, node);
    setBefore(context, before, quantity.variable, node);
    return { name, node, axes };
  });
}
