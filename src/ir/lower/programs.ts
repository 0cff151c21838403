// The programs of a model, each as named output nodes of one graph; src/compiled.ts says what each is for.
import type { ProgramName } from "../../compiled.js";
import { Bug } from "../../diagnostic.js";
import type { Data, Guide, Latent, TypedExpression, TypedModel, ValueType } from "../../typecheck/model.js";
import type { Axis, Sizes } from "../axis.js";
import type { Contraction, Intractable, OrderChoice } from "../contraction.js";
import { differentiate } from "../derivatives.js";
import { BUFFERS, PRIOR_AXIS, type ModelInterface } from "../interface.js";
import { Graph, hasAxis, reachable, type Node } from "../node.js";
import {
  buildEstimator,
  guideParameters,
  groupOf,
  particleAxis,
  priorSite,
  type Estimator,
  type LoweredFactor,
} from "./estimator.js";
import { ExpressionLowering } from "./expressions.js";
import {
  buildInterface,
  groupsOf,
  guideArgumentShape,
  learnedScale,
  squaredStatistics,
} from "./interface.js";
import { meanOver, reparameterisedGradient } from "./reparameterise.js";

/** A buffer that a program gives back: its axes are promised even where the value does not vary along them. */
export type Output = { readonly name: string; readonly node: Node; readonly axes: readonly Axis[] };

/** A program before scheduling. `labels` name the tables that a contraction passes through. */
export type ProgramGraph = {
  readonly name: ProgramName;
  readonly outputs: readonly Output[];
  readonly labels: ReadonlyMap<Node, string>;
};

export type LoweredModel = {
  readonly graph: Graph;
  readonly interface: ModelInterface;
  readonly programs: readonly ProgramGraph[];
  readonly factors: readonly LoweredFactor[];
  readonly contraction: Contraction;
  readonly gradientsUnavailable: Readonly<Partial<Record<"vi" | "rws", string>>>;
};

export type LoweringOptions = { readonly sizes: Sizes; readonly order?: OrderChoice };

/** Lowers a typed model to all its programs, or says why its estimator has no polynomial contraction. */
export function lowerModel(model: TypedModel, options: LoweringOptions): LoweredModel | Intractable {
  const graph = new Graph();
  const lowering = new ExpressionLowering(graph, model.plates);
  const modelInterface = buildInterface(model, lowering);
  for (const group of model.groups) particleAxis(lowering, group);
  const context = { model, lowering, graph };
  const given = buildEstimator(model, lowering, { ...options, source: "input" });
  if (!isEstimator(given)) return given;
  const drawn = buildEstimator(model, lowering, { ...options, source: "guide" });
  if (!isEstimator(drawn)) return drawn;
  const posterior = posteriorProgram(context, options);
  if (!("outputs" in posterior)) return posterior;
  const vi = viProgram(context, given);
  const programs = [
    estimateProgram(context, given),
    rwsProgram(context, given),
    ...("outputs" in vi ? [vi] : []),
    qemProgram(context, drawn),
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
    interface: modelInterface,
    programs,
    factors: given.factors,
    contraction: given.contraction,
    gradientsUnavailable: "outputs" in vi ? {} : { vi: vi.reason },
  };
}

type Context = { readonly model: TypedModel; readonly lowering: ExpressionLowering; readonly graph: Graph };

const isEstimator = (result: Estimator | Intractable): result is Estimator => "logEvidence" in result;
const isNodes = (nodes: readonly Node[] | undefined): readonly Node[] => nodes ?? [];

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

/** [plates, event] of a latent. */
const elementAxes = ({ lowering }: Context, latent: Latent): readonly Axis[] =>
  lowering.axesOf(latent.plates, latent.type);

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
  const nodes = guideParameters(model, lowering);
  return model.guides.flatMap((guide) =>
    guide.args.flatMap((argument, i) => {
      const node = nodes.get(guide.latent)?.[i];
      return argument.kind === "learned" && node !== undefined
        ? [{ guide, name: argument.parameter.name, node, type: argument.parameter.type }]
        : [];
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

/** d log P_MP / d parameter with the particles moving with the parameters (reparameterised). */
function viProgram(context: Context, estimator: Estimator): ProgramGraph | { readonly reason: string } {
  const { graph: g, model, lowering } = context;
  const learned = learnedParameters(context).map((p) => p.node);
  const guided = model.guides.filter((guide) => guide.args.some((a) => a.kind === "learned"));
  const particles = guided.map((guide) => particlesOf(estimator, guide.latent));
  const adjoints = differentiate(g, estimator.logEvidence, [...learned, ...particles]);
  const total = new Map(learned.map((node, i) => [node, adjoints[i] ?? g.constant(0)]));
  for (const [i, guide] of guided.entries()) {
    const { latent, distribution } = guide;
    const z = particles[i];
    const adjoint = adjoints[learned.length + i];
    if (z === undefined || adjoint === undefined) throw new Bug("particles without an adjoint");
    const reason = `the draws of '${latent.name}' (${distribution.name}) cannot be reparameterised yet`;
    if (distribution.draw === null || latent.type.base === "int") return { reason };
    const args = isNodes(estimator.guideParameters.get(latent));
    let site = 0;
    const axis = particleAxis(lowering, groupOf(model, latent));
    const random = {
      nextSite: () => -1 - (i * 16 + site++),
      element: elementAxes(context, latent),
      particle: axis,
    };
    const draw = lowering.draw(distribution, args, random);
    const own = args.filter((a) => total.has(a));
    const gradients = reparameterisedGradient(g, draw, z, adjoint, own);
    if (gradients === null) return { reason };
    own.forEach((node, j) => total.set(node, g.add(total.get(node) ?? node, gradients[j] ?? node)));
  }
  return gradientProgram(context, estimator, "vi", total);
}

/** Axes over which a guide's moments are kept: all plates over which any of its parameters is learned, and the event. */
function momentAxes(context: Context, guide: Guide): readonly Axis[] {
  const { lowering } = context;
  const shapes = guide.args
    .filter((a) => a.kind === "learned")
    .map((a) => guideArgumentShape(lowering, guide, a));
  return context.graph.ordered(
    shapes.flatMap(({ over, event }) => (event === null ? over : [...over, event])),
  );
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

function qemProgram(context: Context, estimator: Estimator): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const squares = model.groups.map((group): Output => {
    const weights = estimator.weights.get(group) ?? g.constant(0);
    const node = g.reduce("sum", particleAxis(lowering, group), g.map("square", weights));
    return { name: BUFFERS.weightSquares(group.name), node, axes: lowering.plates(group.plates) };
  });
  const statistics = model.guides.flatMap((guide) => {
    if (guide.args.every((a) => a.kind === "fixed")) return [];
    const { latent } = guide;
    const axis = particleAxis(lowering, groupOf(model, latent));
    const weights = weightsOf(context, estimator, latent);
    const args = isNodes(estimator.guideParameters.get(latent));
    const axes = elementAxes(context, latent);
    return centredStatistics(context, guide, args, particlesOf(estimator, latent)).flatMap(
      (node, i): Output[] => [
        { name: BUFFERS.statistic(latent.name, i), node: g.reduce("sum", axis, g.mul(weights, node)), axes },
        { name: BUFFERS.unweighted(latent.name, i), node: meanOver(g, [axis], node), axes },
      ],
    );
  });
  return {
    name: "qem",
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
  const generated = model.generated.flatMap((q): Output[] => {
    const groups = dependsOn.get(q) ?? [];
    const particleAxes = g.ordered(groups.map((group) => particleAxis(lowering, group)));
    const node = lowering.expression(q.value, estimator.particles);
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

/** Every latent drawn from its prior given the same particle of its parents. */
function priorProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const particle = g.axis(PRIOR_AXIS, "particle");
  const env = new Map<Latent, Node>();
  const outputs = model.latents.map((latent, index): Output => {
    const factor = model.factors.find((f) => f.kind === "prior" && f.latent === latent);
    if (factor?.kind !== "prior") throw new Bug(`'${latent.name}' has no prior`);
    const element = elementAxes(context, latent);
    let site = priorSite(model, index);
    const args = factor.args.map((a) => lowering.expression(a, env));
    const draw = lowering.draw(factor.distribution, args, { nextSite: () => site++, element, particle });
    const node = g.stored(BUFFERS.particles(latent.name), draw);
    env.set(latent, node);
    return { name: BUFFERS.particles(latent.name), node, axes: [...element, particle] };
  });
  return { name: "prior", outputs, labels: new Map() };
}

/** Draws from the prior to the statistics of each guide's family, draw by draw. */
function initialProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const particle = g.axis(PRIOR_AXIS, "particle");
  const parameters = guideParameters(model, lowering);
  const outputs = model.guides.flatMap((guide) => {
    const { latent } = guide;
    if (guide.args.every((a) => a.kind === "fixed")) return [];
    const axes = [...elementAxes(context, latent), particle];
    const z = g.input(BUFFERS.particles(latent.name), axes);
    const statistics = lowering.statistics(guide.distribution, isNodes(parameters.get(latent)), z);
    return statistics.map((node, i): Output => ({ name: BUFFERS.statistic(latent.name, i), node, axes }));
  });
  return { name: "initial", outputs, labels: new Map() };
}

function fitProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const parameters = guideParameters(model, lowering);
  const outputs = model.guides.flatMap((guide) => {
    const { fit } = guide.distribution;
    const args = isNodes(parameters.get(guide.latent));
    if (fit === null || guide.args.every((a) => a.kind === "fixed")) return [];
    const axes = momentAxes(context, guide);
    const moments = fit.moments.map(
      (m, i) => [m, g.input(BUFFERS.moment(guide.latent.name, i), axes)] as const,
    );
    const fitted = lowering.named(guide.distribution, args, fit.values, moments);
    return guide.args.flatMap((argument, i): Output[] => {
      const node = fitted.get(argument.parameter.name);
      const input = args[i];
      if (argument.kind === "fixed" || node === undefined || input === undefined) return [];
      const extra = node.axes.filter((axis) => !hasAxis(input, axis));
      const name = BUFFERS.newGuide(guide.latent.name, argument.parameter.name);
      return [{ name, node: meanOver(g, extra, node), axes: input.axes }];
    });
  });
  return { name: "fit", outputs, labels: new Map() };
}

/** Every parameter of every guide, its family's spread times a factor where the family knows how. */
function widenProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const parameters = guideParameters(model, lowering);
  const outputs = model.guides.flatMap((guide) => {
    const { distribution, latent } = guide;
    const args = isNodes(parameters.get(latent));
    const factor = g.input(BUFFERS.widenFactor(latent.name), []);
    const { widen } = distribution;
    const wider =
      widen === null
        ? new Map<string, Node>()
        : lowering.named(distribution, args, widen.values, [[widen.factor, factor]]);
    // Where a shared argument would need a value per element, the guide stays as it is.
    const fits = args.every((input, i) => {
      const node = wider.get(guide.args[i]?.parameter.name ?? "");
      return node === undefined || node.axes.every((axis) => hasAxis(input, axis));
    });
    return args.map((input, i): Output => {
      const name = guide.args[i]?.parameter.name ?? "";
      const node = fits ? (wider.get(name) ?? input) : input;
      return { name: BUFFERS.newGuide(latent.name, name), node, axes: input.axes };
    });
  });
  return { name: "widen", outputs, labels: new Map() };
}

/** What the guide's text itself says of its parameters: fixed arguments, and first values of learned ones. */
function fixedProgram(context: Context): ProgramGraph {
  const { model, lowering } = context;
  const parameters = guideParameters(model, lowering);
  const outputs = model.guides.flatMap((guide) =>
    guide.args.flatMap((argument, i): Output[] => {
      const written = argument.kind === "fixed" ? argument.value : argument.initial;
      const axes = parameters.get(guide.latent)?.[i]?.axes;
      if (written === null || axes === undefined) return [];
      const name = BUFFERS.newGuide(guide.latent.name, argument.parameter.name);
      return [{ name, node: lowering.expression(written, new Map()), axes }];
    }),
  );
  return { name: "fixed", outputs, labels: new Map() };
}

/** Bounds of data: as declared, and the support of the families that it is observed from where no latent decides it. */
function boundsProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const unknown = new Map(
    model.latents.map((l) => [l, g.input(`latent.${l.name}`, elementAxes(context, l))]),
  );
  const isKnown = (node: Node): boolean =>
    reachable([node]).every((n) => n.kind !== "input" || !n.name.startsWith("latent."));
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
  for (const factor of model.factors) {
    if (factor.kind !== "observation" || factor.value.kind !== "reference") continue;
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

/** Whether lowering succeeded. */
export const isLowered = (result: LoweredModel | Intractable): result is LoweredModel => "programs" in result;
