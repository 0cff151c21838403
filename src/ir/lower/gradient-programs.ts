// Gradients of the log evidence estimate by what is learned by them: with particles held fixed, and moving with the guide.
import type { Op } from "../../ops.js";
import type { Group, Guide, Latent, TypedModel, ValueType } from "../../typecheck/model.js";
import { differentiate } from "../derivatives.js";
import { BUFFERS } from "../interface.js";
import { children, reachable, type Graph, type Node } from "../node.js";
import { correlatedDraw, givenNormals, type Margin } from "./correlated.js";
import type { Estimator } from "./estimator.js";
import { evidence, labels, particlesOf, weightSquares } from "./estimator-outputs.js";
import { correlatedGroups, groupGradients, type GroupNoise } from "./group-gradients.js";
import { groupOf, guideInputNodes, guideInputs, marginsOf, noiseOf, placeholdersOf } from "./guide.js";
import { learnedScale } from "./interface.js";
import { nodesOrNone, type Context, type Output, type ProgramGraph } from "./program-graph.js";
import { reparameterisedGradient } from "./reparameterise.js";

type GradientKind = "vi" | "rws";

/** Each learned parameter of each guide with its input node, but for those of groups that are one normal. */
function learnedParameters({
  model,
  lowering,
}: Context): { guide: Guide; name: string; node: Node; type: ValueType }[] {
  const nodes = guideInputNodes(model, lowering);
  const alone = model.guides.filter(({ latent }) => !groupOf(model, latent).correlated);
  return alone.flatMap((guide) =>
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

function gradientOutputs(
  context: Context,
  kind: GradientKind,
  gradients: ReadonlyMap<Node, Node>,
): readonly Output[] {
  return learnedParameters(context).map(({ guide, name, node, type }): Output => ({
    name: BUFFERS.gradient(kind, guide.latent.name, name),
    node: onLearnedScale(context.graph, type, node, gradients.get(node) ?? context.graph.constant(0)),
    axes: node.axes,
  }));
}

/** The adjoints of the log evidence by these nodes; nothing passes through `held`. */
function gradientsBy(
  { graph: g }: Context,
  estimator: Estimator,
  nodes: readonly Node[],
  held: ReadonlySet<Node>,
): ReadonlyMap<Node, Node> {
  const gradients = differentiate(g, estimator.logEvidence, nodes, g.constant(1), held);
  return new Map(nodes.map((node, i) => [node, gradients[i] ?? node]));
}

/** The correlated groups with the noise that their particles are drawn from. */
const drawnNoise = (
  context: Context,
  through: (noise: Node) => Node | undefined = () => undefined,
): readonly GroupNoise[] =>
  correlatedGroups(context).map((group) => {
    const noise = noiseOf(context.model, context.lowering, group);
    return { group, noise, through: through(noise) ?? context.graph.constant(0) };
  });

/** An iteration of RWS: draws particles; d log P_MP / d parameter with the particles held fixed. */
export function rwsProgram(context: Context, drawn: Estimator): ProgramGraph {
  const nodes = learnedParameters(context).map((p) => p.node);
  const gradients = gradientsBy(context, drawn, nodes, new Set(drawn.particles.values()));
  return iterationProgram(context, drawn, "rws", gradients, drawnNoise(context));
}

/** An iteration of VI: draws particles; d log P_MP / d parameter along the draws, or why some draw has no such derivative. */
export function viProgram(context: Context, drawn: Estimator): ProgramGraph | { readonly reason: string } {
  const noise = drawnNoise(context).map((each) => each.noise);
  const nodes = [...learnedParameters(context).map((p) => p.node), ...noise];
  const learned = new Set(nodes);
  for (const { latent, distribution } of context.model.guides)
    if (isRigid(particlesOf(drawn, latent), latent.type.base === "int", learned))
      return { reason: `the draws of '${latent.name}' (${distribution.name}) cannot be reparameterised` };
  const gradients = gradientsBy(context, drawn, nodes, new Set());
  const moving = drawnNoise(context, (node) => gradients.get(node));
  return iterationProgram(context, drawn, "vi", gradients, moving);
}

function iterationProgram(
  context: Context,
  drawn: Estimator,
  kind: GradientKind,
  gradients: ReadonlyMap<Node, Node>,
  noise: readonly GroupNoise[],
): ProgramGraph {
  return {
    name: kind,
    outputs: [
      evidence(drawn),
      ...weightSquares(context, drawn),
      ...gradientOutputs(context, kind, gradients),
      ...noise.flatMap((each) => groupGradients(context, drawn, kind, each)),
      ...parameterGradients(context, drawn),
    ],
    labels: labels(drawn.contraction),
  };
}

/** d log P_MP / d parameter of the model, with the particles held fixed: the guide knows nothing of those parameters. */
export function parameterGradients(context: Context, drawn: Estimator): Output[] {
  const { lowering, model } = context;
  const nodes = model.parameters.map((p) => lowering.parameter(p));
  const gradients = gradientsBy(context, drawn, nodes, new Set(drawn.particles.values()));
  return model.parameters.map((p, i): Output => {
    const node = nodes[i] && gradients.get(nodes[i]);
    const axes = lowering.axesOf([], p.type);
    return { name: BUFFERS.parameterGradient(p.name), node: node ?? context.graph.constant(0), axes };
  });
}

/** Operations whose value moves by jumps, so that a derivative says nothing, and those whose derivative is none of the IR's. */
const WITHOUT_DERIVATIVE: ReadonlySet<Op> = new Set([
  "floor", "ceil", "round", "trunc", "int_div", "mod", "poisson_quantile", "binomial_quantile",
  "neg_binomial_quantile", "von_mises_quantile",
]); // prettier-ignore

/** Whether draws depend on learned parameters in a way that has no derivative. Choices are taken for continuous. */
function isRigid(draw: Node, isWhole: boolean, learned: ReadonlySet<Node>): boolean {
  const depends = new Set<Node>();
  for (const node of reachable([draw])) {
    if (!learned.has(node) && !children(node).some((child) => depends.has(child))) continue;
    depends.add(node);
    if (node.kind === "map" && WITHOUT_DERIVATIVE.has(node.op)) return true;
  }
  return isWhole && depends.has(draw);
}

/** Particles given: d log P_MP / d parameter with the particles held fixed. */
export function givenRwsProgram(context: Context, given: Estimator): ProgramGraph {
  const nodes = learnedParameters(context).map((p) => p.node);
  const gradients = gradientsBy(context, given, nodes, new Set());
  return givenProgram(context, given, "rws", gradients, () => context.graph.constant(0));
}

/** `through`: what the particles' adjoints, in `gradients`, make those of a correlated group's noise. */
function givenProgram(
  context: Context,
  given: Estimator,
  kind: GradientKind,
  gradients: ReadonlyMap<Node, Node>,
  through: (group: Group, margins: readonly Margin[], noise: Node) => Node,
): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const particles = new Map(model.guides.map(({ latent }) => [latent, particlesOf(given, latent)] as const));
  const ofGroups = correlatedGroups(context).flatMap((group) => {
    const margins = marginsOf(model, lowering, group, given.guideInputs, particles);
    const noise = g.stored(`given_noise.${group.name}`, givenNormals(lowering, group, margins).noise);
    return groupGradients(context, given, kind, { group, noise, through: through(group, margins, noise) });
  });
  return {
    name: `gradients_${kind}`,
    outputs: [evidence(given), ...gradientOutputs(context, kind, gradients), ...ofGroups],
    labels: labels(given.contraction),
  };
}

/**
 * Particles given: d log P_MP / d parameter with the particles moving with the parameters (reparameterised): latents that others' guides
 * depend on after those others, since they move them along.
 */
export function givenViProgram(
  context: Context,
  estimator: Estimator,
): ProgramGraph | { readonly reason: string } {
  const { graph: g, model, lowering } = context;
  const learned = learnedParameters(context);
  const particles = model.latents.map((latent) => particlesOf(estimator, latent));
  const wrt = [...learned.map((p) => p.node), ...particles];
  const adjoints = differentiate(g, estimator.logEvidence, wrt);
  const total = new Map(wrt.map((node, i) => [node, adjoints[i] ?? g.constant(0)]));
  const moving = movingLatents(model);
  for (const guide of model.guides.toReversed()) {
    const { latent, distribution, parents } = guide;
    const group = groupOf(model, latent);
    // Those of correlated groups depend on no others, and come last.
    if (!moving.has(latent) || group.correlated) continue;
    const other = parents.find((p) => !group.latents.includes(p));
    if (other !== undefined)
      return {
        reason: `the particles of '${latent.name}' are drawn given those of '${other.name}', and given particles do not say which`,
      };
    const reason = `the draws of '${latent.name}' (${distribution.name}) cannot be reparameterised yet`;
    if (distribution.draw === null || latent.type.base === "int") return { reason };
    const random = placeholdersOf(model, lowering, guide);
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
  return givenProgram(context, estimator, "vi", total, (group, margins, noise) =>
    g.total(margins.map((margin) => throughDraw(context, group, margin, noise, total))),
  );
}

/** The adjoints of a correlated group's noise by way of the particles of one latent. */
function throughDraw(
  { graph: g, lowering }: Context,
  group: Group,
  { guide, args, value, random }: Margin,
  noise: Node,
  adjoints: ReadonlyMap<Node, Node>,
): Node {
  const draw = correlatedDraw(lowering, guide, args, { group, noise, random });
  return differentiate(g, draw, [noise], adjoints.get(value) ?? g.constant(0))[0] ?? g.constant(0);
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
