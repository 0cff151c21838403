// The log evidence estimate as one node, and what its derivatives give: marginal weights, moments, gradients.
// Everything but the estimate itself is the derivative of it by a source term that is zero (MATH: section 3).
import { Bug } from "../../diagnostic.js";
import type {
  Group,
  Latent,
  TypedExpression,
  TypedModel,
  Variable as ModelVariable,
} from "../../typecheck/model.js";
import type { Axis, Sizes } from "../axis.js";
import { copyOf } from "../chain.js";
import {
  contract,
  isContraction,
  type Contraction,
  type ContractionChoices,
  type Intractable,
  type Term,
  type Variable,
} from "../contraction.js";
import { differentiate } from "../derivatives.js";
import { BUFFERS } from "../interface.js";
import type { Node } from "../node.js";
import { substitute } from "../rewrite.js";
import { stepBefore, type Environment, type ExpressionLowering } from "./expressions.js";
import { SITES_PER_LATENT } from "./random-source.js";
import {
  drawParticles,
  groupOf,
  guideArguments,
  guideDensities,
  guideInputNodes,
  particleAxis,
  type Coupling,
  type GuideNodes,
  type ParticleOrigin,
} from "./guide.js";

/** Random streams apart from those of guides and priors: of posterior draws' indices, of predictions, of simulated data. */
export const INDEX_SITES = 0x100000;
export const PREDICTION_SITES = 0x200000;
export const SIMULATION_SITES = 0x300000;
/** The first random stream of the i-th draw among those that begin at `base`. */
export const siteFrom = (base: number, index: number): number => base + index * SITES_PER_LATENT;

/** One factor of the estimator as lowered, for dumps: `sign` is -1 for a guide's density. */
export type LoweredFactor = {
  readonly name: string;
  readonly node: Node;
  readonly plates: readonly Axis[];
  readonly sign: 1 | -1;
};

/** Where particles come from: an array that the host gives, or draws from the guide. */
export type ParticleSource = "input" | "guide";

/** A source term over the particles of some groups: the derivative by it is their joint posterior weight. */
export type SourceRequest = { readonly name: string; readonly groups: readonly Group[] };

/** Nodes of one estimator of one model. */
export type Estimator = {
  readonly logEvidence: Node;
  readonly contraction: Contraction;
  readonly factors: readonly LoweredFactor[];
  readonly particles: ReadonlyMap<Latent, Node>;
  readonly guideInputs: GuideNodes;
  /** The arguments of each guide's family at the particles, in its order. */
  readonly guideArguments: ReadonlyMap<Latent, readonly Node[]>;
  /** Marginal weights of a group's particles: [plates, particle]. */
  readonly weights: ReadonlyMap<Group, Node>;
  /** Joint weights of requested groups: [plates, particle axes]. */
  readonly joint: ReadonlyMap<SourceRequest, Node>;
};

/** A copy of a group's particle axis: for its particles one step before. */
export const previousAxis = (lowering: ExpressionLowering, group: Group): Axis =>
  copyOf(lowering.graph, particleAxis(lowering, group), "prev");

/**
 * The particles of latents one step before: over their group's previous particle axis where every pair of particles is
 * weighed; in a group outside of their series, the same particle's.
 */
function particlesBefore(
  model: TypedModel,
  lowering: ExpressionLowering,
  particles: ReadonlyMap<Latent, Node>,
): ReadonlyMap<Latent, Node> {
  const g = lowering.graph;
  const series = model.groups.flatMap((group) =>
    group.latents.flatMap((latent): (readonly [Latent, Node])[] => {
      const along = group.along ?? latent.plates.findLast((plate) => plate.ordered);
      const node = particles.get(latent);
      if (node === undefined || along === undefined) return [];
      const [axis, previous] = [particleAxis(lowering, group), previousAxis(lowering, group)];
      const particle =
        group.along === null ? node : g.slide(node, axis, { to: previous, multiply: 1, add: 0 });
      return [[latent, stepBefore(g, particle, lowering.plate(along))]];
    }),
  );
  return new Map(series);
}

/** The values of the latents that are summed out, along the particle axes of their groups. */
function summedOut(model: TypedModel, lowering: ExpressionLowering): Map<Latent, Node> {
  const g = lowering.graph;
  return new Map(
    model.groups.flatMap((group): [Latent, Node][] => {
      const { support, latents } = group;
      if (support === null) return [];
      const value = g.add(
        g.index(particleAxis(lowering, group)),
        lowering.expression(support.lower, new Map()),
      );
      return latents.map((latent) => [latent, value]);
    }),
  );
}

/** Particles of every sampled latent over [plates, event, particle axis of its group], given by the host. */
function givenParticles(model: TypedModel, lowering: ExpressionLowering): Map<Latent, Node> {
  return new Map(
    model.guides.map(({ latent }) => {
      const particle = particleAxis(lowering, groupOf(model, latent));
      const axes = [...lowering.axesOf(latent.plates, latent.type), particle];
      return [latent, lowering.graph.input(BUFFERS.particles(latent.name), axes)];
    }),
  );
}

/** The random stream of the first primitive in a latent's draw from its prior: apart from those of the guide. */
export const priorSite = (model: TypedModel, index: number): number =>
  (model.latents.length + index) * SITES_PER_LATENT;

/** The model's factors in their order: log densities, not yet contracted; `env` gives the values of latents. */
export function modelFactors(
  model: TypedModel,
  lowering: ExpressionLowering,
  env: Environment,
): LoweredFactor[] {
  const g = lowering.graph;
  const under = (condition: TypedExpression | null, node: Node): Node =>
    condition === null ? node : g.map("select", lowering.expression(condition, env), node, g.constant(0));
  return model.factors.map((factor): LoweredFactor => {
    const plates = lowering.plates(factor.plates);
    if (factor.kind === "target") {
      const node = under(factor.condition, lowering.expression(factor.value, env));
      return { name: "target", node, plates, sign: 1 };
    }
    const args = factor.args.map((a) => lowering.expression(a, env));
    const [name, value, event] =
      factor.kind === "prior"
        ? [factor.latent.name, env.get(factor.latent), lowering.latentEvent(factor.latent)]
        : [factor.name, lowering.expression(factor.value, env), lowering.event(factor.value.type)];
    if (value === undefined) throw new Bug(`'${name}' has no particles`);
    const observed = factor.kind === "prior" ? null : lowering.observed(factor.value);
    const density = lowering.logDensity(factor.distribution, args, value, event, observed);
    const node = factor.kind === "prior" ? density : under(factor.condition, density);
    return { name, node, plates, sign: 1 };
  });
}

/** The guide's factors with these inputs: log densities, not yet contracted. */
const guideFactors = (
  model: TypedModel,
  lowering: ExpressionLowering,
  env: Environment,
  inputs: GuideNodes,
  origin: ParticleOrigin,
): LoweredFactor[] =>
  guideDensities(model, lowering, inputs, env, origin).map(({ latents, group, node }): LoweredFactor => ({
    name: `guide of ${latents.map((latent) => latent.name).join(", ")}`,
    node,
    plates: lowering.plates(latents[0]?.plates ?? group.plates),
    sign: -1,
  }));

/** The model's factors raised to a power and the starting guide's to one minus it: a path from that guide to the model. */
function temperedFactors(
  model: TypedModel,
  lowering: ExpressionLowering,
  env: Environment,
  factors: readonly LoweredFactor[],
): LoweredFactor[] {
  const g = lowering.graph;
  const temper = g.input(BUFFERS.temper, []);
  const rest = g.sub(g.constant(1), temper);
  const start = guideInputNodes(model, lowering, BUFFERS.startGuide);
  return [
    ...factors.map((f) => ({ ...f, node: g.mul(temper, f.node) })),
    ...guideFactors(model, lowering, env, start, "margins").map((f): LoweredFactor => ({
      ...f,
      name: `start of ${f.name}`,
      node: g.mul(rest, f.node),
      sign: 1,
    })),
  ];
}

export type EstimatorOptions = ContractionChoices & {
  readonly source: ParticleSource;
  readonly sizes: Sizes;
  readonly requests?: readonly SourceRequest[];
  /** How drawn particles are given their parents'; by permutations if not said. */
  readonly coupling?: Coupling;
  /** Temper the model towards the guide that the fit starts from (the program `start`). */
  readonly tempered?: boolean;
};

/** A group's source term, which is zero: the derivative by it is the marginal weight of each particle. */
type Source = {
  readonly group: Group;
  readonly axis: Axis;
  readonly plates: readonly Axis[];
  readonly source: Node;
};

/** What log P_MP is contracted from (MATH: section 1), and the nodes that it was made of. */
type EvidenceTerms = {
  readonly terms: readonly Term[];
  readonly variables: readonly Variable[];
  readonly factors: readonly LoweredFactor[];
  readonly particles: ReadonlyMap<Latent, Node>;
  readonly guideInputs: GuideNodes;
  readonly env: Environment;
  readonly sources: readonly Source[];
};

/**
 * The terms of log P_MP. r_k is the product of the factors; each sampled group's own factor also holds 1/K, while one that
 * is summed over all its values has neither that nor a guide.
 */
function evidenceTerms(
  model: TypedModel,
  lowering: ExpressionLowering,
  options: EstimatorOptions,
): EvidenceTerms {
  const g = lowering.graph;
  const guideInputs = guideInputNodes(model, lowering);
  const particles = new Map([
    ...summedOut(model, lowering),
    ...(options.source === "input"
      ? givenParticles(model, lowering)
      : drawParticles(model, lowering, guideInputs, options.coupling ?? "permutation")),
  ]);
  const before = particlesBefore(model, lowering, particles);
  const env: Environment = Object.assign(new Map<ModelVariable, Node>(particles), { before });
  const joined = modelFactors(model, lowering, env);
  const factors = [
    ...(options.tempered === true ? temperedFactors(model, lowering, env, joined) : joined),
    ...guideFactors(model, lowering, env, guideInputs, options.source),
  ];
  const sources = model.groups.map((group): Source => {
    const axis = particleAxis(lowering, group);
    const plates = lowering.plates(group.plates);
    const source = g.input(`source.${group.name}`, [...plates, axis]);
    return { group, axis, plates, source };
  });
  const terms = factors.map((f): Term => {
    const summed = sources.find(({ group }) => group.support !== null && group.name === f.name);
    const node = summed === undefined ? f.node : g.add(f.node, summed.source);
    return { name: f.name, plates: f.plates, node: f.sign === 1 ? node : g.neg(node) };
  });
  for (const { group, axis, plates, source } of sources)
    if (group.support === null)
      terms.push({ name: `1/K of ${group.name}`, plates, node: g.sub(source, g.log(g.size(axis))) });
  const variables = sources.map(({ group, axis, plates }): Variable => {
    const { along, name } = group;
    const previous = along === null ? null : previousAxis(lowering, group);
    return {
      name,
      axis,
      plates,
      past: previous && along && { axis: previous, along: lowering.plate(along) },
    };
  });
  return { terms, variables, factors, particles, guideInputs, env, sources };
}

/** How the evidence of a model is contracted, without what follows from it: for what its order costs. */
export function contractEvidence(
  model: TypedModel,
  lowering: ExpressionLowering,
  options: EstimatorOptions,
): { readonly contraction: Contraction | Intractable; readonly terms: readonly Term[] } {
  const { terms, variables } = evidenceTerms(model, lowering, options);
  return { contraction: contract(lowering.graph, terms, variables, options.sizes, options), terms };
}

/**
 * log P_MP of a model and its marginal weights. Returns the reason where plates cross so that no contraction is polynomial.
 */
export function buildEstimator(
  model: TypedModel,
  lowering: ExpressionLowering,
  options: EstimatorOptions,
): Estimator | Intractable {
  const g = lowering.graph;
  const made = evidenceTerms(model, lowering, options);
  const { variables, factors, particles, guideInputs, env, sources } = made;
  const joint = (options.requests ?? []).map((request) => {
    const plates = lowering.plates(request.groups.flatMap((group) => group.plates));
    const axes = request.groups.map((group) => particleAxis(lowering, group));
    return { request, plates, source: g.input(`source.joint.${request.name}`, [...plates, ...axes]) };
  });
  const ofJoint = joint.map(({ request, plates, source }): Term => ({
    name: `joint of ${request.name}`,
    plates,
    node: source,
  }));
  const terms = [...made.terms, ...ofJoint];
  const contraction = contract(g, terms, variables, options.sizes, options);
  if (!isContraction(contraction)) return contraction;

  const allSources = [...sources, ...joint].map((s) => s.source);
  const adjoints = differentiate(g, contraction.root, allSources);
  const zero = new Map(allSources.map((s) => [s, g.constant(0)]));
  options.references?.replace(zero);
  const stepNodes = contraction.steps.flatMap((s) => [s.result.node, s.joined]);
  const clean = substitute(g, [contraction.root, ...adjoints, ...stepNodes], zero);
  const [root, ...rest] = clean;
  if (root === undefined) throw new Bug("the contraction lost its root");
  const steps = contraction.steps.map((step, i) => {
    const node = rest[adjoints.length + 2 * i] ?? step.result.node;
    const joined = rest[adjoints.length + 2 * i + 1] ?? step.joined;
    return { ...step, joined, result: { ...step.result, node, axes: node.axes } };
  });
  const { missing } = contraction;
  options.references?.lacks(root, missing);
  return {
    logEvidence: root,
    contraction: { root, missing, steps },
    factors,
    particles,
    guideInputs,
    guideArguments: new Map(
      model.guides.map((guide) => [guide.latent, guideArguments(lowering, guide, guideInputs, env)]),
    ),
    weights: new Map(sources.map((s, i) => [s.group, rest[i] ?? root])),
    joint: new Map(joint.map((s, i) => [s.request, rest[sources.length + i] ?? root])),
  };
}
