// The programs of a model, each as named output nodes of one graph; src/compiled.ts says what each is for.
import type { CompiledModel } from "../../compiled.js";
import type { Data, Latent, Plate, TypedModel, Variable } from "../../typecheck/model.js";
import { ALL_OPTIMISATIONS, type Optimisations } from "../../optimisations.js";
import { isDrawn } from "../../typecheck/walk.js";
import type { Sizes } from "../axis.js";
import type { Contraction, ContractionChoices, Intractable } from "../contraction.js";
import { BUFFERS, type ModelInterface } from "../interface.js";
import { Graph, type Node } from "../node.js";
import type { DataOnly } from "../data-only.js";
import type { Note } from "../notes.js";
import { finishOnHost } from "../reference-sum.js";
import { References } from "../references.js";
import { dataNotes, sumChoices, takeOutData } from "./data-program.js";
import { densityProgram } from "./density.js";
import { drawsProgram } from "./draws.js";
import { buildEstimator, type Estimator, type LoweredFactor } from "./estimator.js";
import { noiseAxes, turnedNoise } from "./correlated.js";
import {
  evidence,
  labels,
  particlesOf,
  weightOutputs,
  weightSquares,
  weightsOf,
} from "./estimator-outputs.js";
import { ExpressionLowering } from "./expressions.js";
import {
  givenRwsProgram,
  givenViProgram,
  parameterGradients,
  rwsProgram,
  viProgram,
} from "./gradient-programs.js";
import { correlatedGroups } from "./group-gradients.js";
import { groupOf, noiseOf, particleAxis, type Coupling } from "./guide.js";
import {
  boundsProgram,
  fitProgram,
  fixedProgram,
  initialProgram,
  priorProgram,
  widenProgram,
} from "./host-programs.js";
import { predictProgram } from "./predict.js";
import { buildInterface, eventAxes, groupsOf } from "./interface.js";
import {
  buildJointEstimator,
  jointOutput,
  jointRequests,
  jointWeights,
  type IntractableJoint,
} from "./joint.js";
import { inOneGroup, type EstimatorKind } from "./one-group.js";
import { elementAxes, nestingOrder, type Context, type Output, type ProgramGraph } from "./program-graph.js";
import { updateOutputs } from "./update.js";

export type LoweredModel = {
  readonly graph: Graph;
  readonly interface: ModelInterface;
  readonly programs: readonly ProgramGraph[];
  readonly factors: readonly LoweredFactor[];
  readonly contraction: Contraction;
  readonly gradientsUnavailable: CompiledModel["gradientsUnavailable"];
  readonly methodsUnavailable: CompiledModel["methodsUnavailable"];
  /** What was done to sums over data. */
  readonly notes: readonly Note[];
};

export type LoweringOptions = ContractionChoices & {
  readonly sizes: Sizes;
  /** Massively parallel if not said. */
  readonly estimator?: EstimatorKind;
  /** How particles are given those of the latents that their guide depends on; permutations if not said. */
  readonly coupling?: Coupling;
  /** Groups whose joint weights `estimate` and `posterior` give besides: each entry the names of some, in the model's order. */
  readonly joint?: readonly (readonly string[])[];
  /** Sums over plates of so many terms are of differences to first particles; of 16,384 if not said. */
  readonly leastForReference?: number;
  /** Which algebra is applied, and whether what data alone decides is computed once; all of it if not said. */
  readonly optimise?: Optimisations;
};

/** Lowers a typed model to all its programs, or says why its estimator has no polynomial contraction. */
export function lowerModel(
  typed: TypedModel,
  settings: LoweringOptions,
): LoweredModel | Intractable | IntractableJoint {
  const model = settings.estimator === "global" ? inOneGroup(typed) : typed;
  const graph = new Graph(settings.optimise);
  const isRagged = (plate: Plate): boolean => settings.sizes.rows?.has(plate.name) === true;
  const isMissing = (data: Data): boolean => settings.sizes.missing?.has(data.name) === true;
  const lowering = new ExpressionLowering(graph, nestingOrder(model), isRagged, isMissing);
  const modelInterface = buildInterface(model, lowering);
  for (const group of model.groups) particleAxis(lowering, group);
  const context = { model, lowering, graph };
  const references = new References(graph, settings.sizes, settings.leastForReference ?? LEAST_FOR_REFERENCE);
  const sums = sumChoices(model, lowering);
  const { optimise = ALL_OPTIMISATIONS } = settings;
  const once = optimise.has("data") ? sums.data : null;
  const options = { ...settings, references, ...(once !== null && optimise.has("sums") ? { sums } : {}) };
  const given = buildEstimator(model, lowering, { ...options, source: "input" });
  if (!isEstimator(given)) return given;
  const drawn = buildEstimator(model, lowering, { ...options, source: "guide" });
  if (!isEstimator(drawn)) return drawn;
  const tempered = buildEstimator(model, lowering, { ...options, source: "guide", tempered: true });
  if (!isEstimator(tempered)) return tempered;
  const posterior = posteriorProgram(context, options);
  if (!("outputs" in posterior)) return posterior;
  const vi = givenViProgram(context, given);
  const viIteration = viProgram(context, drawn);
  const estimate = estimateProgram(context, given, options);
  if (!("outputs" in estimate)) return estimate;
  const programs: readonly ProgramGraph[] = [
    estimate,
    givenRwsProgram(context, given),
    ...("outputs" in vi ? [vi] : []),
    qemProgram(context, "qem", drawn),
    qemProgram(context, "start", tempered),
    rwsProgram(context, drawn),
    ...("outputs" in viIteration ? [viIteration] : []),
    posterior,
    drawsProgram(context, drawn),
    predictProgram({ ...context, model: typed }),
    densityProgram({ ...context, model: typed }),
    // The model's own groups say along which plate its priors look back.
    priorProgram({ ...context, model: typed }),
    initialProgram(context),
    fitProgram(context),
    widenProgram(context),
    fixedProgram(context),
    boundsProgram(context),
  ];
  const finished = programs.map((program) => withFirstParticles(graph, program, references, once));
  const { data, programs: rest } =
    once === null ? { data: null, programs: finished } : takeOutData(graph, finished, once, options.sizes);
  return {
    graph,
    interface: { ...modelInterface, eventAxes: eventAxes(model, lowering) },
    programs: data === null ? rest : [...rest, data],
    factors: given.factors,
    contraction: given.contraction,
    notes: dataNotes(drawn.contraction, data),
    gradientsUnavailable: "outputs" in vi ? {} : { vi: vi.reason },
    methodsUnavailable: "outputs" in viIteration ? {} : { vi: viIteration.reason },
  };
}

/** A sum of fewer terms is good enough in float32. */
const LEAST_FOR_REFERENCE = 16_384;

/** The program with the values at first particles in their place, and with what the host adds to its evidence. */
function withFirstParticles(
  g: Graph,
  program: ProgramGraph,
  references: References,
  data: DataOnly | null,
): ProgramGraph {
  const labelled = [...program.labels];
  const nodes = [...program.outputs.map(({ node }) => node), ...labelled.map(([node]) => node)];
  const resolved = references.resolve(nodes);
  const at = (i: number): Node => resolved[i] ?? g.constant(0);
  const done: ProgramGraph = {
    ...program,
    outputs: program.outputs.map((output, i) => ({ ...output, node: at(i) })),
    labels: new Map(labelled.map(([, label], i) => [at(program.outputs.length + i), label])),
  };
  const logEvidence = program.outputs.find(({ name }) => name === BUFFERS.logEvidence);
  const missing = logEvidence === undefined ? null : references.missingOf(logEvidence.node);
  if (missing === null) return done;
  const { program: given, finish } = finishOnHost(g, done, missing, references, data);
  return { ...given, finish };
}

const isEstimator = (result: Estimator | Intractable | IntractableJoint): result is Estimator =>
  "logEvidence" in result;

/** `given`: the estimator without joint weights. */
function estimateProgram(
  context: Context,
  given: Estimator,
  options: LoweringOptions,
): ProgramGraph | IntractableJoint {
  const { graph: g, model, lowering } = context;
  const requests = jointRequests(model, options.joint ?? []);
  const estimator =
    requests.length === 0 ? given : buildJointEstimator(context, { ...options, source: "input", requests });
  if (!isEstimator(estimator)) return estimator;
  const summed = model.groups.filter((group) => group.support !== null).flatMap((group) => group.latents);
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
    outputs: [
      evidence(estimator),
      ...weightOutputs(context, estimator),
      ...moments,
      ...requests.map((request) => jointOutput(context, estimator, request)),
      // The values of latents that are summed out are the model's, not given.
      ...(options.joint === undefined ? [] : particleOutputs(context, estimator, summed)),
    ],
    labels: labels(estimator.contraction),
    contraction: estimator.contraction,
  };
}

/** Particles of these latents, over [plates, event, particle]. */
const particleOutputs = (context: Context, estimator: Estimator, latents: readonly Latent[]): Output[] =>
  latents.map((latent) => ({
    name: BUFFERS.particles(latent.name),
    node: particlesOf(estimator, latent),
    axes: [...elementAxes(context, latent), particleAxis(context.lowering, groupOf(context.model, latent))],
  }));

function qemProgram(context: Context, name: "qem" | "start", estimator: Estimator): ProgramGraph {
  return {
    name,
    outputs: [
      evidence(estimator),
      ...weightSquares(context, estimator),
      ...(name === "qem" ? parameterGradients(context, estimator) : []),
      ...noiseStatistics(context, estimator),
      ...updateOutputs(context, estimator),
    ],
    labels: labels(estimator.contraction),
  };
}

/** Posterior means of the independent normals behind the particles of correlated groups, and of their products. */
function noiseStatistics(context: Context, estimator: Estimator): Output[] {
  const { graph: g, model, lowering } = context;
  return correlatedGroups(context).flatMap((group): Output[] => {
    const noise = noiseOf(model, lowering, group);
    const weighted = g.mul(estimator.weights.get(group) ?? g.constant(0), noise);
    const product = g.mul(weighted, turnedNoise(lowering, group, noise));
    const { location, scale } = noiseAxes(lowering, group);
    const over = particleAxis(lowering, group);
    return [
      { name: BUFFERS.noiseMean(group.name), node: g.reduce("sum", over, weighted), axes: location },
      { name: BUFFERS.noiseProduct(group.name), node: g.reduce("sum", over, product), axes: scale },
    ];
  });
}

function posteriorProgram(
  context: Context,
  options: LoweringOptions,
): ProgramGraph | Intractable | IntractableJoint {
  const { graph: g, model, lowering } = context;
  const weighed = model.generated.flatMap((q) => (q.kind === "value" && !isDrawn(model, q) ? [q] : []));
  const dependsOn = new Map(weighed.map((q) => [q, groupsOf(model, q.value)]));
  const ofGenerated = weighed
    .filter((q) => (dependsOn.get(q)?.length ?? 0) > 1)
    .map((q) => ({ name: q.name, groups: dependsOn.get(q) ?? [] }));
  const asked = jointRequests(model, options.joint ?? []);
  const requests = [...ofGenerated, ...asked];
  const estimator = buildJointEstimator(context, { ...options, source: "guide", requests });
  if (!isEstimator(estimator)) return estimator;
  const env = new Map<Variable, Node>(estimator.particles);
  const generated = weighed.flatMap((q): Output[] => {
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
    const request = ofGenerated.find((r) => r.name === q.name);
    const weights = request === undefined ? estimator.weights.get(group) : estimator.joint.get(request);
    return [value, { name: BUFFERS.jointWeights(q.name), ...jointWeights(context, groups, weights) }];
  });
  return {
    name: "posterior",
    outputs: [
      evidence(estimator),
      ...particleOutputs(context, estimator, model.latents),
      ...weightOutputs(context, estimator),
      ...generated,
      ...asked.map((request) => jointOutput(context, estimator, request)),
    ],
    labels: labels(estimator.contraction),
    contraction: estimator.contraction,
  };
}

/** Whether lowering succeeded. */
export const isLowered = (result: LoweredModel | Intractable | IntractableJoint): result is LoweredModel =>
  "programs" in result;
