// The guide Q: what the host gives for it, how particles are drawn from it, and its density at them (MATH: section 2).
import { Bug } from "../../diagnostic.js";
import type {
  Group,
  Guide,
  Latent,
  TypedExpression,
  TypedModel,
  ValueType,
  Variable as ModelVariable,
} from "../../typecheck/model.js";
import { isWhole } from "../../typecheck/types.js";
import { hasAxis, type Axis } from "../axis.js";
import { BUFFERS } from "../interface.js";
import type { Graph, Node } from "../node.js";
import {
  correlatedDraw,
  drawnCorrelationDensity,
  givenCorrelationDensity,
  groupNoise,
  type Margin,
} from "./correlated.js";
import { particleAxisName, type Environment, type ExpressionLowering } from "./expressions.js";
import { PointSet, SITES_PER_LATENT, placeholders, randomFrom, type RandomSource } from "./random-source.js";

/** The random streams of the picks of parents' particles, apart from those of draws. */
const FIRST_PICK_SITE = 0x40000000;

/** How a particle is given one particle of every group that its guide depends on. */
export const COUPLINGS = ["permutation", "categorical"] as const;
export type Coupling = (typeof COUPLINGS)[number];

/** An array that the host gives for a guide: a learned parameter, or an argument that only data goes into. */
export type GuideInput = {
  /** The family's parameter; of learned parameters inside expressions see LearnedParameter. */
  readonly name: string;
  readonly learned: boolean;
  /** Learned by the family's moment fit. */
  readonly fitted: boolean;
  readonly type: ValueType;
  /** [over, event] */
  readonly over: readonly Axis[];
  readonly event: Axis | null;
  /** Its value, or its first one; null where moments give that. */
  readonly written: TypedExpression | null;
};

/** True where moments of particles fit the guide's family: something is learned, all of that by its fit, and nothing computed. */
export const isFitted = ({ args, distribution: { fit, statistics } }: Guide): boolean =>
  statistics !== null &&
  args.some((a) => a.kind === "learned") &&
  args.every(
    (a) => a.kind === "fixed" || (a.kind === "learned" && fit?.values.has(a.parameter.name) === true),
  );

/** What the host gives for a guide, in the order of the family's parameters. */
export function guideInputs(lowering: ExpressionLowering, guide: Guide): readonly GuideInput[] {
  const { latent } = guide;
  const fitted = isFitted(guide);
  return guide.args.flatMap((argument): GuideInput[] => {
    const { name, type } = argument.parameter;
    switch (argument.kind) {
      case "learned": {
        // A family of whole vectors has parameters of its own shapes; another one for every element of its latent.
        const shape = isWhole(guide.distribution) ? type : latent.type;
        const [over, event] = [lowering.plates(argument.over), lowering.event(shape)];
        return [{ name, learned: true, fitted, type, over, event, written: argument.initial }];
      }
      case "fixed": {
        const { value } = argument;
        const [over, event] = [lowering.plates(value.plates), lowering.event(value.type)];
        return [{ name, learned: false, fitted: false, type, over, event, written: value }];
      }
      case "computed":
        return argument.learned.map((p) => ({
          name: p.name,
          learned: true,
          fitted: false,
          type: p.type,
          over: lowering.plates(p.over),
          event: lowering.event(p.type),
          written: p.initial,
        }));
    }
  });
}

/** The input nodes of every guide, by latent and by the names of `guideInputs`. */
export type GuideNodes = ReadonlyMap<Latent, ReadonlyMap<string, Node>>;

/** `buffer` says what the inputs are called: those of the guide itself, or of another in its place. */
export function guideInputNodes(
  model: TypedModel,
  lowering: ExpressionLowering,
  buffer: (latent: string, parameter: string) => string = BUFFERS.guide,
): GuideNodes {
  return new Map(
    model.guides.map((guide) => {
      const nodes = guideInputs(lowering, guide).map(({ name, over, event }) => {
        const of = buffer(guide.latent.name, name);
        return [name, lowering.graph.input(of, event === null ? over : [...over, event])] as const;
      });
      return [guide.latent, new Map(nodes)];
    }),
  );
}

/** The arguments of a guide's family, in its order; `values`: what the latents that they depend on stand for. */
export function guideArguments(
  lowering: ExpressionLowering,
  guide: Guide,
  inputs: GuideNodes,
  values: ReadonlyMap<ModelVariable, Node>,
): readonly Node[] {
  const own = inputs.get(guide.latent);
  const input = (name: string): Node => {
    const node = own?.get(name);
    if (node === undefined) throw new Bug(`the guide of '${guide.latent.name}' has no input '${name}'`);
    return node;
  };
  return guide.args.map((argument) => {
    if (argument.kind !== "computed") return input(argument.parameter.name);
    const env: Environment = new Map(values);
    for (const learned of argument.learned) env.set(learned, input(learned.name));
    return lowering.expression(argument.value, env);
  });
}

/** The particle axis of a group. */
export const particleAxis = (lowering: ExpressionLowering, group: Group): Axis =>
  lowering.graph.axis(particleAxisName(group.name), "particle");

export const groupOf = (model: TypedModel, latent: Latent): Group => {
  const group = model.groups.find((g) => g.latents.includes(latent));
  if (group === undefined) throw new Bug(`'${latent.name}' is in no group`);
  return group;
};

/** Particles drawn from the guide, parents first: [plates, event, particle axis of the latent's group]. */
export function drawParticles(
  model: TypedModel,
  lowering: ExpressionLowering,
  inputs: GuideNodes,
  coupling: Coupling,
): Map<Latent, Node> {
  const g = lowering.graph;
  const points = new Map(
    model.groups.map((group, index) => [group, new PointSet(index, lowering.plates(group.plates))]),
  );
  const particles = new Map<Latent, Node>();
  for (const [index, guide] of model.guides.entries()) {
    const { latent } = guide;
    const group = groupOf(model, latent);
    const parents = new Map(
      guide.parents.map((parent): [ModelVariable, Node] => {
        const node = particles.get(parent);
        if (node === undefined) throw new Bug(`'${latent.name}' is drawn before '${parent.name}'`);
        const other = groupOf(model, parent);
        if (other === group) return [parent, node];
        const pick = pickedParticles(model, lowering, group, other, coupling);
        return [parent, g.gather(node, particleAxis(lowering, other), pick)];
      }),
    );
    const element = lowering.axesOf(latent.plates, latent.type);
    const particle = particleAxis(lowering, group);
    const random = randomFrom(index * SITES_PER_LATENT, element, particle, points.get(group));
    const args = guideArguments(lowering, guide, inputs, parents);
    const draw = group.correlated
      ? correlatedDraw(lowering, guide, args, { group, noise: noiseOf(model, lowering, group), random })
      : lowering.draw(guide.distribution, args, random);
    particles.set(latent, g.stored(BUFFERS.particles(latent.name), draw));
  }
  return particles;
}

/** The independent standard normals behind the particles of a group that is one normal. */
export const noiseOf = (model: TypedModel, lowering: ExpressionLowering, group: Group): Node =>
  groupNoise(lowering, group, model.groups.indexOf(group));

/** Which particle of `parent` each particle of `child` is drawn given: [plates of the child, its particles]. */
function pickedParticles(
  model: TypedModel,
  lowering: ExpressionLowering,
  child: Group,
  parent: Group,
  coupling: Coupling,
): Node {
  const g = lowering.graph;
  const place = {
    site: FIRST_PICK_SITE + model.groups.indexOf(child) * model.groups.length + model.groups.indexOf(parent),
    element: lowering.plates(child.plates),
    particle: particleAxis(lowering, child),
    coordinate: null,
  };
  const primitive = coupling === "permutation" ? "permuted_index" : "uniform_index";
  const pick = g.random(primitive, place, [g.size(particleAxis(lowering, parent))]);
  return g.stored(`picks.${child.name}.${parent.name}`, pick);
}

/** The random numbers of a guide's draw where it is only looked at. */
export const placeholdersOf = (model: TypedModel, lowering: ExpressionLowering, guide: Guide): RandomSource =>
  placeholders(
    model.guides.indexOf(guide),
    lowering.axesOf(guide.latent.plates, guide.latent.type),
    particleAxis(lowering, groupOf(model, guide.latent)),
  );

/** The latents of a group with their guides' arguments and particles. */
export const marginsOf = (
  model: TypedModel,
  lowering: ExpressionLowering,
  group: Group,
  inputs: GuideNodes,
  particles: ReadonlyMap<ModelVariable, Node>,
): Margin[] =>
  model.guides
    .filter((guide) => group.latents.includes(guide.latent))
    .map((guide) => {
      const value = particles.get(guide.latent);
      if (value === undefined) throw new Bug(`'${guide.latent.name}' has no particles`);
      const args = guideArguments(lowering, guide, inputs, particles);
      return { guide, args, value, random: placeholdersOf(model, lowering, guide) };
    });

/** A density of the guide: what it is of, and its node, which holds no particle axis but its group's. */
export type GuideDensity = {
  readonly latents: readonly Latent[];
  readonly group: Group;
  readonly node: Node;
};

/** Where particles come from: drawn from the guide; an array that the host gives; or, of another guide, only its margins count. */
export type ParticleOrigin = "guide" | "input" | "margins";

/**
 * The guide's log densities at its particles. Latents of a group whose guides depend on other groups are drawn given the
 * same particles of those, so that their density is one: the mean over the joint particles of the parents.
 */
export function guideDensities(
  model: TypedModel,
  lowering: ExpressionLowering,
  inputs: GuideNodes,
  particles: ReadonlyMap<ModelVariable, Node>,
  origin: ParticleOrigin,
): GuideDensity[] {
  const densityOf = (guide: Guide): Node => {
    const { latent, distribution } = guide;
    const value = particles.get(latent);
    if (value === undefined) throw new Bug(`'${latent.name}' has no particles`);
    const args = guideArguments(lowering, guide, inputs, particles);
    return lowering.logDensity(distribution, args, value, lowering.latentEvent(latent));
  };
  return model.groups.flatMap((group) => {
    const own = model.guides.filter((guide) => group.latents.includes(guide.latent));
    const isCoupled = ({ parents }: Guide): boolean => parents.some((p) => !group.latents.includes(p));
    const free = own.filter((guide) => !isCoupled(guide));
    const coupled = own.filter(isCoupled);
    const densities = free.map((guide): GuideDensity => ({
      latents: [guide.latent],
      group,
      node: densityOf(guide),
    }));
    if (group.correlated && origin !== "margins") {
      const node =
        origin === "guide"
          ? drawnCorrelationDensity(lowering, group, noiseOf(model, lowering, group))
          : givenCorrelationDensity(lowering, group, marginsOf(model, lowering, group, inputs, particles));
      densities.push({ latents: group.latents, group, node });
    }
    if (coupled.length === 0) return densities;
    const node = meanOverParents(lowering.graph, particleAxis(lowering, group), coupled.map(densityOf));
    return [...densities, { latents: coupled.map((guide) => guide.latent), group, node }];
  });
}

/** log of the mean over all particle axes but `own` of the product of these densities, axis by axis. */
function meanOverParents(g: Graph, own: Axis, densities: readonly Node[]): Node {
  const parents = g
    .ordered(densities.flatMap((node) => node.axes))
    .filter((axis) => axis.role === "particle" && axis.name !== own.name);
  const left = parents.reduce<readonly Node[]>((terms, axis) => {
    const total = g.total(terms.filter((term) => hasAxis(term, axis)));
    const mean = g.sub(g.reduce("log_sum_exp", axis, total), g.log(g.size(axis)));
    return [...terms.filter((term) => !hasAxis(term, axis)), mean];
  }, densities);
  return g.total(left);
}
