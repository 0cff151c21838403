// The programs of a model, each as named output nodes of one graph; src/compiled.ts says what each is for.
import { Bug } from "../../diagnostic.js";
import type { Data, Guide, Latent, Plate, TypedModel, ValueType, Variable } from "../../typecheck/model.js";
import type { Axis, Sizes } from "../axis.js";
import type { Contraction, Intractable, OrderChoice } from "../contraction.js";
import { differentiate } from "../derivatives.js";
import { BUFFERS, type ModelInterface } from "../interface.js";
import { Graph, type Node } from "../node.js";
import { buildEstimator, type Estimator, type LoweredFactor } from "./estimator.js";
import { ExpressionLowering } from "./expressions.js";
import { groupOf, guideInputNodes, guideInputs, isFitted, particleAxis, type Coupling } from "./guide.js";
import {
  boundsProgram,
  fitProgram,
  fixedProgram,
  initialProgram,
  priorProgram,
  widenProgram,
} from "./host-programs.js";
import { buildInterface, eventAxes, groupsOf, learnedScale, squaredStatistics } from "./interface.js";
import {
  elementAxes,
  nodesOrNone,
  momentAxes,
  type Context,
  type Output,
  type ProgramGraph,
} from "./program-graph.js";
import { meanOver, reparameterisedGradient } from "./reparameterise.js";

export type LoweredModel = {
  readonly graph: Graph;
  readonly interface: ModelInterface;
  readonly programs: readonly ProgramGraph[];
  readonly factors: readonly LoweredFactor[];
  readonly contraction: Contraction;
  readonly gradientsUnavailable: Readonly<Partial<Record<"vi" | "rws", string>>>;
};

export type LoweringOptions = {
  readonly sizes: Sizes;
  readonly order?: OrderChoice;
  /** How particles are given those of the latents that their guide depends on; permutations if not said. */
  readonly coupling?: Coupling;
};

/** Lowers a typed model to all its programs, or says why its estimator has no polynomial contraction. */
export function lowerModel(model: TypedModel, options: LoweringOptions): LoweredModel | Intractable {
  const graph = new Graph();
  const isRagged = (plate: Plate): boolean => options.sizes.rows?.has(plate.name) === true;
  const isMissing = (data: Data): boolean => options.sizes.missing?.has(data.name) === true;
  const lowering = new ExpressionLowering(graph, nestingOrder(model), isRagged, isMissing);
  const modelInterface = buildInterface(model, lowering);
  for (const group of model.groups) particleAxis(lowering, group);
  const context = { model, lowering, graph };
  const given = buildEstimator(model, lowering, { ...options, source: "input" });
  if (!isEstimator(given)) return given;
  const drawn = buildEstimator(model, lowering, { ...options, source: "guide" });
  if (!isEstimator(drawn)) return drawn;
  const tempered = buildEstimator(model, lowering, { ...options, source: "guide", tempered: true });
  if (!isEstimator(tempered)) return tempered;
  const posterior = posteriorProgram(context, options);
  if (!("outputs" in posterior)) return posterior;
  const vi = viProgram(context, given);
  const programs = [
    estimateProgram(context, given),
    rwsProgram(context, given),
    ...("outputs" in vi ? [vi] : []),
    qemProgram(context, "qem", drawn),
    qemProgram(context, "start", tempered),
    posterior,
    priorProgram(context),
    initialProgram(context),
    fitProgram(context),
    widenProgram(context),
    fixedProgram(context),
    boundsProgram(context),
  ];
  return {
    graph,
    interface: { ...modelInterface, eventAxes: eventAxes(lowering) },
    programs,
    factors: given.factors,
    contraction: given.contraction,
    gradientsUnavailable: "outputs" in vi ? {} : { vi: vi.reason },
  };
}

/** Plates as the model opens them, outer before inner; storage and results follow this order, whatever the data's is. */
function nestingOrder(model: TypedModel): readonly Plate[] {
  const opened = [...model.latents, ...model.factors].flatMap((each) => each.plates);
  return [...new Set([...opened, ...model.plates])];
}

const isEstimator = (result: Estimator | Intractable): result is Estimator => "logEvidence" in result;
/** Names for the tables of a contraction: what is left without a variable, or a product over a plate. */
function labels(contraction: Contraction): Map<Node, string> {
  return new Map(
    contraction.steps.map(({ removes, result }) => [reductionIn(result.node, removes), result.name]),
  );
}

/** A step's reduction itself: algebra may have taken terms out of it that do not vary along the axis. */
function reductionIn(node: Node, over: readonly Axis[]): Node {
  const isIt = (n: Node): boolean => n.kind === "reduce" && over.some((axis) => axis.name === n.over.name);
  let level: readonly Node[] = [node];
  for (let depth = 0; depth < 4; depth++) {
    const found = level.find(isIt);
    if (found !== undefined) return found;
    level = level.flatMap((n) => (n.kind === "map" ? n.args : []));
  }
  return node;
}

const evidence = (estimator: Estimator): Output => ({
  name: BUFFERS.logEvidence,
  node: estimator.logEvidence,
  axes: [],
});

function weightsOf({ model }: Context, estimator: Estimator, latent: Latent): Node {
  const weights = estimator.weights.get(groupOf(model, latent));
  if (weights === undefined) throw new Bug(`no weights of '${latent.name}'`);
  return weights;
}

function particlesOf(estimator: Estimator, latent: Latent): Node {
  const node = estimator.particles.get(latent);
  if (node === undefined) throw new Bug(`no particles of '${latent.name}'`);
  return node;
}

function weightOutputs(context: Context, estimator: Estimator): Output[] {
  const { lowering, model } = context;
  return model.groups.map((group) => ({
    name: BUFFERS.weights(group.name),
    node: estimator.weights.get(group) ?? context.graph.constant(0),
    axes: [...lowering.plates(group.plates), particleAxis(lowering, group)],
  }));
}

function estimateProgram(context: Context, estimator: Estimator): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const moments = model.latents.flatMap((latent): Output[] => {
    const axis = particleAxis(lowering, groupOf(model, latent));
    const [weights, z] = [weightsOf(context, estimator, latent), particlesOf(estimator, latent)];
    const axes = elementAxes(context, latent);
    return [
      { name: BUFFERS.mean(latent.name), node: g.reduce("sum", axis, g.mul(weights, z)), axes },
      {
        name: BUFFERS.meanSquare(latent.name),
        node: g.reduce("sum", axis, g.mul(weights, g.map("square", z))),
        axes,
      },
    ];
  });
  return {
    name: "estimate",
    outputs: [evidence(estimator), ...weightOutputs(context, estimator), ...moments],
    labels: labels(estimator.contraction),
  };
}

/** Each learned parameter of each guide with its input node. */
function learnedParameters({
  model,
  lowering,
}: Context): { guide: Guide; name: string; node: Node; type: ValueType }[] {
  const nodes = guideInputNodes(model, lowering);
  return model.guides.flatMap((guide) =>
    guideInputs(lowering, guide).flatMap(({ name, learned, type }) => {
      const node = nodes.get(guide.latent)?.get(name);
      return learned && node !== undefined ? [{ guide, name, node, type }] : [];
    }),
  );
}

/** The derivative on the scale on which a parameter is learned: by log x it is x d/dx, by logit x x(1-x) d/dx. */
function onLearnedScale(g: Graph, type: ValueType, parameter: Node, gradient: Node): Node {
  switch (learnedScale(type)) {
    case "identity":
      return gradient;
    case "log":
      return g.mul(parameter, gradient);
    case "logit":
      return g.mul(g.mul(parameter, g.sub(g.constant(1), parameter)), gradient);
  }
}

function gradientProgram(
  context: Context,
  estimator: Estimator,
  kind: "vi" | "rws",
  gradients: ReadonlyMap<Node, Node>,
): ProgramGraph {
  const outputs = learnedParameters(context).map(({ guide, name, node, type }): Output => ({
    name: BUFFERS.gradient(kind, guide.latent.name, name),
    node: onLearnedScale(context.graph, type, node, gradients.get(node) ?? context.graph.constant(0)),
    axes: node.axes,
  }));
  return {
    name: `gradients_${kind}`,
    outputs: [evidence(estimator), ...outputs],
    labels: labels(estimator.contraction),
  };
}

/** d log P_MP / d parameter with the particles held fixed. */
function rwsProgram(context: Context, estimator: Estimator): ProgramGraph {
  const nodes = learnedParameters(context).map((p) => p.node);
  const gradients = differentiate(context.graph, estimator.logEvidence, nodes);
  return gradientProgram(context, estimator, "rws", new Map(nodes.map((n, i) => [n, gradients[i] ?? n])));
}

/**
 * d log P_MP / d parameter with the particles moving with the parameters (reparameterised): latents that others' guides
 * depend on after those others, since they move them along.
 */
function viProgram(context: Context, estimator: Estimator): ProgramGraph | { readonly reason: string } {
  const { graph: g, model, lowering } = context;
  const learned = learnedParameters(context);
  const particles = model.latents.map((latent) => particlesOf(estimator, latent));
  const wrt = [...learned.map((p) => p.node), ...particles];
  const adjoints = differentiate(g, estimator.logEvidence, wrt);
  const total = new Map(wrt.map((node, i) => [node, adjoints[i] ?? g.constant(0)]));
  const moving = movingLatents(model);
  for (const [i, guide] of [...model.guides.entries()].reverse()) {
    const { latent, distribution, parents } = guide;
    if (!moving.has(latent)) continue;
    const group = groupOf(model, latent);
    const other = parents.find((p) => !group.latents.includes(p));
    if (other !== undefined)
      return {
        reason: `the particles of '${latent.name}' are drawn given those of '${other.name}', and given particles do not say which`,
      };
    const reason = `the draws of '${latent.name}' (${distribution.name}) cannot be reparameterised yet`;
    if (distribution.draw === null || latent.type.base === "int") return { reason };
    let site = 0;
    const random = {
      nextSite: () => -1 - (i * 16 + site++),
      element: elementAxes(context, latent),
      particle: particleAxis(lowering, group),
      points: null,
    };
    const draw = lowering.draw(distribution, nodesOrNone(estimator.guideArguments.get(latent)), random);
    const z = particlesOf(estimator, latent);
    const own = [
      ...learned.filter((p) => p.guide === guide).map((p) => p.node),
      ...parents.filter((p) => moving.has(p)).map((p) => particlesOf(estimator, p)),
    ];
    const gradients = reparameterisedGradient(g, draw, z, total.get(z) ?? g.constant(0), own);
    if (gradients === null) return { reason };
    own.forEach((node, j) => total.set(node, g.add(total.get(node) ?? node, gradients[j] ?? node)));
  }
  return gradientProgram(context, estimator, "vi", total);
}

/** The latents whose particles move with learned parameters, their own or those of latents before them. */
function movingLatents(model: TypedModel): ReadonlySet<Latent> {
  const moving = new Set<Latent>();
  for (const { latent, args, parents } of model.guides) {
    const learns = args.some((a) => a.kind === "learned" || (a.kind === "computed" && a.learned.length > 0));
    if (learns || parents.some((parent) => moving.has(parent))) moving.add(latent);
  }
  return moving;
}

/** A guide's statistics less their centres; a squared one is the square of the centred other. */
function centredStatistics(context: Context, guide: Guide, args: readonly Node[], z: Node): readonly Node[] {
  const { graph: g, lowering } = context;
  const axes = momentAxes(context, guide);
  const statistics = lowering.statistics(guide.distribution, args, z);
  const squareOf = squaredStatistics(lowering, guide);
  const centred = statistics.map((node, i) =>
    g.sub(node, g.input(BUFFERS.centre(guide.latent.name, i), axes)),
  );
  return statistics.map((_, i) => {
    const of = squareOf[i];
    const node = of === null || of === undefined ? centred[i] : g.map("square", centred[of] ?? g.constant(0));
    return node ?? g.constant(0);
  });
}

function qemProgram(context: Context, name: "qem" | "start", estimator: Estimator): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const sampled = model.groups.filter((group) => group.support === null);
  const squares = sampled.map((group): Output => {
    const weights = estimator.weights.get(group) ?? g.constant(0);
    const node = g.reduce("sum", particleAxis(lowering, group), g.map("square", weights));
    return { name: BUFFERS.weightSquares(group.name), node, axes: lowering.plates(group.plates) };
  });
  const statistics = model.guides.filter(isFitted).flatMap((guide) => {
    const { latent } = guide;
    const axis = particleAxis(lowering, groupOf(model, latent));
    const weights = weightsOf(context, estimator, latent);
    const args = nodesOrNone(estimator.guideArguments.get(latent));
    const axes = elementAxes(context, latent);
    return centredStatistics(context, guide, args, particlesOf(estimator, latent)).flatMap(
      (node, i): Output[] => [
        { name: BUFFERS.statistic(latent.name, i), node: g.reduce("sum", axis, g.mul(weights, node)), axes },
        { name: BUFFERS.unweighted(latent.name, i), node: meanOver(g, [axis], node), axes },
      ],
    );
  });
  return {
    name,
    outputs: [evidence(estimator), ...squares, ...statistics],
    labels: labels(estimator.contraction),
  };
}

function posteriorProgram(context: Context, options: LoweringOptions): ProgramGraph | Intractable {
  const { graph: g, model, lowering } = context;
  const dependsOn = new Map(model.generated.map((q) => [q, groupsOf(model, q.value)]));
  const joint = model.generated
    .filter((q) => (dependsOn.get(q)?.length ?? 0) > 1)
    .map((q) => ({ name: q.name, groups: dependsOn.get(q) ?? [] }));
  const estimator = buildEstimator(model, lowering, { ...options, source: "guide", requests: joint });
  if (!isEstimator(estimator)) return estimator;
  const particles = model.latents.map((latent): Output => {
    const axes = [...elementAxes(context, latent), particleAxis(lowering, groupOf(model, latent))];
    return { name: BUFFERS.particles(latent.name), node: particlesOf(estimator, latent), axes };
  });
  const env = new Map<Variable, Node>(estimator.particles);
  const generated = model.generated.flatMap((q): Output[] => {
    const groups = dependsOn.get(q) ?? [];
    const particleAxes = g.ordered(groups.map((group) => particleAxis(lowering, group)));
    const node = lowering.expression(q.value, env);
    const value = {
      name: BUFFERS.generated(q.name),
      node,
      axes: [...lowering.axesOf(q.plates, q.type), ...particleAxes],
    };
    const [group] = groups;
    if (group === undefined) return [value];
    const request = joint.find((r) => r.name === q.name);
    const weights = request === undefined ? estimator.weights.get(group) : estimator.joint.get(request);
    if (weights === undefined) throw new Bug(`no weights of '${q.name}'`);
    const plates = lowering.plates(groups.flatMap((each) => each.plates));
    return [value, { name: BUFFERS.jointWeights(q.name), node: weights, axes: [...plates, ...particleAxes] }];
  });
  return {
    name: "posterior",
    outputs: [evidence(estimator), ...particles, ...weightOutputs(context, estimator), ...generated],
    labels: labels(estimator.contraction),
  };
}

/** Whether lowering succeeded. */
export const isLowered = (result: LoweredModel | Intractable): result is LoweredModel => "programs" in result;
