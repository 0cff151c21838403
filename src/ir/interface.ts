// A compiled model's interface: what data it takes and what quantities it yields, without syntax or types of the compiler.
import type { Op } from "../ops.js";
import type { VectorConstraint } from "../typecheck/model.js";

/** A number from literals and scalar data: sizes of vectors, bounds of discrete latents. */
export type SizeExpression =
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "data"; readonly name: string }
  | { readonly kind: "apply"; readonly op: Op; readonly args: readonly SizeExpression[] };

/** Axis names throughout: plates outermost first; `event` is the axis of a vector, null for a scalar. */
export type PlateInterface = {
  readonly name: string;
  readonly parent: string | null;
  /** The data column that says which of the parent's elements each element belongs to; null: data is nested in arrays. */
  readonly by: string | null;
  /** A time axis. */
  readonly ordered: boolean;
  /** Whether the programs are made for different numbers of elements in each of the parent's. */
  readonly ragged: boolean;
};
export type EventAxisInterface = {
  readonly axis: string;
  readonly size: SizeExpression;
  /** Not null: the elements are those of a matrix with so many columns, row by row. */
  readonly columns: SizeExpression | null;
};
export type DataInterface = {
  readonly name: string;
  readonly base: "int" | "real";
  /** In the file's order: the array's leading dimensions. */
  readonly plates: readonly string[];
  readonly event: string | null;
  /** Whether it may lack values: it is observed, and used for nothing else. */
  readonly observed: boolean;
  /** Whether the programs are made for data in which some of its values are missing. */
  readonly missing: boolean;
  /** What ties the elements of each vector to each other. */
  readonly constraint: VectorConstraint | null;
  /** As written in the model, for messages ("int<lower=0, upper=1> rating[users, films]"). */
  readonly declaration: string;
  /** Span of its declaration: offsets into the model's source. */
  readonly span: readonly [number, number];
};
export type LatentInterface = {
  readonly name: string;
  readonly plates: readonly string[];
  readonly event: string | null;
  readonly group: string;
  /** The distribution of its prior, and whether it says how to draw from it. */
  readonly family: string;
  readonly hasDraw: boolean;
  /** Whether it can be drawn from it within the bounds that it is declared with, in order where it is ordered. */
  readonly isDrawable: boolean;
};
export type GroupInterface = {
  readonly name: string;
  readonly plates: readonly string[];
  /** Its particle axis. */
  readonly axis: string;
  readonly latents: readonly string[];
  /** Not null: its latent is summed over these values, which are its particles in their order; it has no guide. */
  readonly support: SupportInterface | null;
  /**
   * Not null: one normal on the unconstrained scale over all its numbers, latent after latent. Its correlations are over
   * these two axes, which have as many places as the group has numbers.
   */
  readonly correlated: { readonly row: string; readonly column: string } | null;
};

/** The whole numbers from `lower` to `upper`, both included. */
export type SupportInterface = { readonly lower: SizeExpression; readonly upper: SizeExpression };

/**
 * What the host gives for a guide, a parameter of its family or one that is learned inside an argument: buffer
 * `guide.<latent>.<parameter>` with axes `over` then `event`.
 */
export type GuideParameterInterface = {
  readonly name: string;
  readonly learned: boolean;
  /** Learned, and by the family's moment fit. */
  readonly fitted: boolean;
  readonly over: readonly string[];
  readonly event: string | null;
  /** The learned scale: identity; log (lower bound 0); logit (between 0 and 1). */
  readonly scale: "identity" | "log" | "logit";
};
export type GuideInterface = {
  readonly latent: string;
  readonly family: string;
  readonly parameters: readonly GuideParameterInterface[];
  /** How many sufficient statistics; 0 if the family has no fit. `squareOf[j] = i` if statistic j is the square of i. */
  readonly statistics: number;
  readonly squareOf: readonly (number | null)[];
  /** True where the family is one of whole vectors, as the Dirichlet: its statistics are not those of one number each. */
  readonly whole: boolean;
};

/**
 * A generated quantity. `groups`: those whose particles it depends on (its joint weights are over their axes). `drawn`: a
 * prediction or what depends on one, which has a value for each posterior draw alone.
 */
export type GeneratedInterface = {
  readonly name: string;
  readonly plates: readonly string[];
  readonly event: string | null;
  readonly groups: readonly string[];
  readonly drawn: boolean;
};

/** A `~` of data: its log density at posterior draws is an output of `predict`. */
export type ObservationInterface = { readonly name: string; readonly plates: readonly string[] };

/** A parameter of the model that is learned: buffer `parameter.<name>`, between the bounds. */
export type ParameterInterface = {
  readonly name: string;
  readonly event: string | null;
  readonly lower: number | null;
  readonly upper: number | null;
};

export type ModelInterface = {
  readonly parameters: readonly ParameterInterface[];
  readonly plates: readonly PlateInterface[];
  readonly eventAxes: readonly EventAxisInterface[];
  readonly data: readonly DataInterface[];
  readonly latents: readonly LatentInterface[];
  readonly groups: readonly GroupInterface[];
  readonly guides: readonly GuideInterface[];
  readonly generated: readonly GeneratedInterface[];
  readonly observations: readonly ObservationInterface[];
  /** Pairs of groups that a factor joins, by their names, in the model's order. */
  readonly joined: readonly (readonly [string, string])[];
};

/** The one parameter of a correlated group as a whole. */
export const CORRELATIONS = "correlation_factor";

/**
 * What gradients of a correlated group are by: its mean m and the Cholesky factor S of its covariance, in the coordinates
 * in which the group is standard. The location a moves m by S a, the scale T, lower triangular, S by S T.
 */
export const LOCATION = "location";
export const SCALE = "scale";

/**
 * Names of the buffers of a model's programs. Axes in brackets, in the order of storage: plates (the model's order),
 * then event, then particle axes.
 */
export const BUFFERS = {
  /** [plates in the order of their declaration, event]: NOT the file's order where that differs. */
  data: (name: string) => name,
  /** 1 where the data has a value, 0 where it is missing; only of data with missing values. [plates, event] */
  observed: (data: string) => `observed.${data}`,
  /** What data alone decides: the i-th output of `data`, an input of the programs that sum over the data. */
  derived: (i: number) => `derived.${i}`,
  /** [plates, event, particle]; input of `estimate`, output of `posterior` and `prior`. */
  particles: (latent: string) => `particles.${latent}`,
  /** [over, event] */
  guide: (latent: string, parameter: string) => `guide.${latent}.${parameter}`,
  /**
   * Cholesky factor of the correlations of a group's normals, and its inverse, the input where particles are given.
   * [plates, row, column]
   */
  correlations: (group: string) => `guide.${group}.${CORRELATIONS}`,
  whitening: (group: string) => `guide.${group}.whitening`,
  /** Posterior means of the independent normals behind a group's particles, and of their products. [plates, row (, column)] */
  noiseMean: (group: string) => `noise_mean.${group}`,
  noiseProduct: (group: string) => `noise_product.${group}`,
  /** Statistic i of draws from the prior, output of `initial`. [plates, event, particle] */
  statistic: (latent: string, i: number) => `statistic.${latent}.${i}`,
  /**
   * What a fit by moments keeps of a latent between iterations: the running mean of statistic i, or, where that is the
   * square of another one, that one's running variance; the variance of the running mean by the weights' noise, as a share
   * of the variance; how often results were not finite or parameters of no use. [over, event]
   */
  running: (latent: string, i: number) => `running.${latent}.${i}`,
  noise: (latent: string) => `noise.${latent}`,
  nonFinite: (latent: string) => `non_finite.${latent}`,
  /** The least variance of statistic i, itself a square, that is fitted to. [over, event] */
  leastVariance: (latent: string, i: number) => `least_variance.${latent}.${i}`,
  /**
   * 1 before the first iteration, then 0; and 1 for a latent whose guide is given. The running moments of such a guide are its
   * own, and not known before the first iteration. []
   */
  begins: "begins",
  given: (latent: string) => `given.${latent}`,
  /** The weight of an iteration in the running moments. [] */
  averagingWeight: "averaging_weight",
  /** 1 where each scalar's particles are spread evenly, in strata; 0 where they are independent. [] */
  stratified: "stratified",
  /** What an input is after an iteration. */
  next: (input: string) => `next.${input}`,
  /** [] Where sums over large plates were taken apart (references.ts), less what the host adds. */
  logEvidence: "log_evidence",
  /** What the host computes that from, and the evidence with it. */
  reference: (i: number) => `log_evidence.reference.${i}`,
  finishedEvidence: "log_evidence.finished",
  /** [plates, particle]; sums to 1 over the particles. */
  weights: (group: string) => `weights.${group}`,
  /** Sum over particles of the squared weights: 1 / effective sample size. [plates] */
  weightSquares: (group: string) => `weight_squares.${group}`,
  /** [plates, event] */
  mean: (latent: string) => `mean.${latent}`,
  meanSquare: (latent: string) => `mean_square.${latent}`,
  /**
   * Derivative of the log evidence by the parameter on its learned scale. [over, event] By the `location` and the `scale` of
   * a correlated group (`latent` is its name), instead of its latents' parameters: [plates, row (, column)]
   */
  gradient: (kind: "vi" | "rws", latent: string, parameter: string) =>
    `gradient.${kind}.${latent}.${parameter}`,
  /**
   * Means under the guide of the statistics of a latent in a correlated group, output of `initial` where the guide has
   * parameters already. [over, event]
   */
  guideMoment: (latent: string, i: number) => `guide_moment.${latent}.${i}`,
  /** Values of a generated quantity. [plates, event, particle axes of its groups] */
  generated: (name: string) => `generated.${name}`,
  /** Posterior weights of the joint particles a generated quantity depends on. [plates of its groups, particle axes] */
  jointWeights: (name: string) => `joint_weights.${name}`,
  /** Posterior weights of the joint particles of these groups, named in the model's order. [plates of all, particle axes] */
  joint: (groups: readonly string[]) => `joint.${groups.join(".")}`,
  /** Posterior draws of a latent: output of `draws`, input of `predict`. [plates, event, draw] */
  draws: (latent: string) => `draws.${latent}`,
  /** 1 for each element of a plate that `draws` is of, 0 for others, whose latents are drawn anew. [the plate] */
  known: (plate: string) => `known.${plate}`,
  /** Log density of an observation at every draw. [plates, draw] */
  logLikelihood: (observation: string) => `log_likelihood.${observation}`,
  /** 1 for each element of an observed variable that counts, 0 for what is missing or of a known step. [plates] */
  counted: (observation: string) => `counted.${observation}`,
  /** The first step of a series whose observations count. [] */
  countedFrom: (plate: string) => `counted_from.${plate}`,
  /** The same of all observations together. [draw] */
  totalLogLikelihood: "log_likelihood",
  /** Log density of all latents and observations together, output of `density`. [draw] */
  logJoint: "log_joint",
  /** Value of a latent or of an observed variable, output of `simulate`. [plates, event, draw] */
  simulated: (variable: string) => `simulated.${variable}`,
  /** 1 where the model observes a variable under conditions that hold, else 0; output of `simulate`. [plates, draw] */
  simulatedHere: (variable: string) => `simulated_here.${variable}`,
  /** 1 for a draw that the model gives no probability, so that it is to be made anew; output of `simulate`. [draw] */
  rejected: "simulated_rejected",
  /** Running mean of statistic i, input of `fit`. [over, event] */
  moment: (latent: string, i: number) => `moment.${latent}.${i}`,
  /** The power to which the model's factors are raised, and the start guide's to one minus it; input of `start`. [] */
  temper: "temper",
  /** A parameter of the guide that the fit starts from, input of `start`. [over, event] */
  startGuide: (latent: string, parameter: string) => `start_guide.${latent}.${parameter}`,
  /** Factor on the spread, input of `widen`. [] */
  widenFactor: (latent: string) => `widen_factor.${latent}`,
  /** Parameters that `fit` and `widen` give, or the initial ones that `initial` gives. [over, event] */
  newGuide: (latent: string, parameter: string) => `new_guide.${latent}.${parameter}`,
  /** A parameter of the model. [event] */
  parameter: (name: string) => `parameter.${name}`,
  /** Its first value, output of `fixed`. [event] */
  newParameter: (name: string) => `new_parameter.${name}`,
  /** Derivative of the log evidence by a parameter of the model. [event] */
  parameterGradient: (name: string) => `gradient.parameter.${name}`,
  /** Bounds that data must keep, output of `bounds`. [plates of the data that they vary over] */
  lower: (data: string) => `lower.${data}`,
  upper: (data: string) => `upper.${data}`,
} as const;

/** Whether a buffer is what a program hands on to the host to finish its evidence. */
export const isReference = (buffer: string): boolean => buffer.startsWith("log_evidence.reference.");

/** Whether a buffer is an output of `data`. */
export const isDerived = (buffer: string): boolean => buffer.startsWith("derived.");

/** The one particle axis of the program `prior`, in which every latent follows the same particle of its parents. */
export const PRIOR_AXIS = "k_prior";

/** The axis of posterior draws; a draw is one value of every latent. No plate can have this name. */
export const DRAW_AXIS = "_draw";
