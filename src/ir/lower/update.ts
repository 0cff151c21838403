// The M-step on the device: running moments of the guide's statistics, and the parameters that its families fit to them.
// Moments are kept centred (a mean and a variance about it), so that float32 loses nothing where a mean is far from 0.
import { Bug } from "../../diagnostic.js";
import type { Guide } from "../../typecheck/model.js";
import type { Axis } from "../axis.js";
import { BUFFERS } from "../interface.js";
import type { Node } from "../node.js";
import { LOG_ZERO } from "../program.js";
import { driftCorrection, flattening, MOST_NOISE, samplingNoise } from "../weighting.js";
import type { Estimator } from "./estimator.js";
import { particlesOf, weightsOf } from "./estimator-outputs.js";
import { groupOf, guideArguments, guideInputNodes, isFitted, particleAxis } from "./guide.js";
import { fittedParameters } from "./host-programs.js";
import { squaredStatistics } from "./interface.js";
import { momentAxes, nodesOrNone, statisticAxes, type Context, type Output } from "./program-graph.js";
import { meanOver } from "./reparameterise.js";

/** Numbers beyond it count as not finite: float32 ends at 3.4e38, and kernels may assume that there are no infinities. */
const LARGEST = 1e37;
/** The least positive number that is not flushed to 0, and the greatest below 1, in float32. */
const LEAST_POSITIVE = 1.2e-38;
const GREATEST_BELOW_ONE = 1 - 2 ** -24;

/** Guides whose moments the device averages; those of groups that are one normal are the host's. */
const updatedGuides = ({ model }: Pick<Context, "model">): readonly Guide[] =>
  model.guides.filter((guide) => isFitted(guide) && !groupOf(model, guide.latent).correlated);

/**
 * What an iteration makes of the running moments and of the parameters: outputs that feed the inputs which hold them. An
 * iteration without finite evidence changes nothing.
 */
export function updateOutputs(context: Context, estimator: Estimator): Output[] {
  const g = context.graph;
  const evidence = estimator.logEvidence;
  const hasEvidence = all(context, [
    g.map("gt", evidence, g.constant(LOG_ZERO / 10)),
    g.map("lt", evidence, g.constant(LARGEST)),
  ]);
  const outputs = updatedGuides(context).flatMap((guide) =>
    new Update(context, estimator, guide, hasEvidence).outputs(),
  );
  if (outputs.length === 0) return [];
  const begins = g.map("select", hasEvidence, g.constant(0), g.input(BUFFERS.begins, []));
  return [...outputs, { name: BUFFERS.next(BUFFERS.begins), node: begins, axes: [], feeds: BUFFERS.begins }];
}

const all = ({ graph: g }: Context, conditions: readonly Node[]): Node =>
  conditions.reduce((a, b) => g.map("and", a, b));

/** A node that feeds an input of the same axes. */
type Fed = { readonly input: string; readonly node: Node; readonly axes: readonly Axis[] };

/** One guide's update. An element is one of [plates, event]; a cell, one of [over, event], has the moments of several. */
class Update {
  private readonly cellAxes: readonly Axis[];
  /** Axes of elements that cells lack. */
  private readonly pooled: readonly Axis[];
  private readonly squareOf: readonly (number | null)[];

  constructor(
    private readonly context: Context,
    private readonly estimator: Estimator,
    private readonly guide: Guide,
    private readonly hasEvidence: Node,
  ) {
    this.cellAxes = momentAxes(context, guide);
    this.pooled = statisticAxes(context, guide).filter((a) => !this.cellAxes.some((c) => c.name === a.name));
    this.squareOf = squaredStatistics(context.lowering, guide);
  }

  outputs(): Output[] {
    const moments = this.moments();
    const parameters = this.parameters(moments.forFit);
    const fed = [...moments.fed, ...parameters.fed, this.stayed(moments.left, parameters.refused)];
    return fed.map(({ input, node, axes }) => ({ name: BUFFERS.next(input), node, axes, feeds: input }));
  }

  private get latent(): string {
    return this.guide.latent.name;
  }

  /** An input that is kept for every cell. */
  private input = (name: string): Node => this.context.graph.input(name, this.cellAxes);

  /**
   * m <- m + w d, v <- (1 - w) v + w q - w^2 d^2, with d and q the flattened means of t - m and of its square: the mixture of
   * the running moments and of the new ones, with weights 1 - w and w.
   */
  private moments(): {
    readonly fed: readonly Fed[];
    readonly forFit: readonly Node[];
    readonly left: Node;
  } {
    const { graph: g } = this.context;
    const { latent } = this;
    const weight = g.input(BUFFERS.averagingWeight, []);
    const fromGuide = g.map("and", g.input(BUFFERS.begins, []), g.input(BUFFERS.given(latent), []));
    const { counted, flat, own, noise, drift, left } = this.pooledSums(weight);
    const isCounted = all(this.context, [this.hasEvidence, g.map("gt", counted, g.constant(0))]);
    const next = (input: string, changed: Node): Node =>
      g.map("select", isCounted, changed, this.input(input));
    const past = g.map("square", g.sub(g.constant(1), weight));
    const oldNoise = g.map(
      "select",
      fromGuide,
      g.constant(0),
      g.mul(past, this.input(BUFFERS.noise(latent))),
    );
    const newNoise = next(BUFFERS.noise(latent), g.add(oldNoise, g.mul(g.map("square", weight), noise)));
    // Where the guide was given, its own moments come first: they are the unweighted ones.
    const moved = own.map((node) => g.map("select", fromGuide, node, g.constant(0)));
    const values = this.squareOf.map((base, i) => {
      const input = BUFFERS.running(latent, i);
      if (base === null)
        return next(
          input,
          g.add(this.input(input), g.add(at(moved, i), g.mul(weight, g.sub(at(flat, i), at(moved, i))))),
        );
      const [shift, mean] = [at(moved, base), at(flat, base)];
      const first = g.map("select", fromGuide, g.sub(at(own, i), g.map("square", shift)), this.input(input));
      const step = g.mul(weight, g.sub(mean, shift));
      const square = g.add(
        g.sub(at(flat, i), g.mul(g.constant(2), g.mul(shift, mean))),
        g.map("square", shift),
      );
      const mixed = g.add(g.mul(g.sub(g.constant(1), weight), first), g.mul(weight, square));
      const variance = g.map("max", g.sub(mixed, g.map("square", step)), g.constant(0));
      return next(input, g.add(variance, g.mul(variance, drift)));
    });
    const fed = [
      ...values.map((node, i) => this.fed(BUFFERS.running(latent, i), node)),
      this.fed(BUFFERS.noise(latent), newNoise),
    ];
    return { fed, forFit: this.momentsForFit(values, newNoise), left };
  }

  /** Counts the elements whose statistics are not finite, and those of which the old parameters are kept. */
  private stayed(left: Node, refused: readonly Node[]): Fed {
    const { graph: g } = this.context;
    const number = (condition: Node): Node => g.map("select", condition, g.constant(1), g.constant(0));
    const lost = g.map("select", this.hasEvidence, left, g.constant(0));
    const input = BUFFERS.nonFinite(this.latent);
    return this.fed(input, g.total([this.input(input), lost, ...refused.map(number)]));
  }

  private fed = (input: string, node: Node): Fed => ({ input, node, axes: this.cellAxes });

  /** One iteration's statistics less the running means, over each cell's elements; those not finite are left out. */
  private pooledSums(weight: Node): {
    readonly counted: Node;
    /** Flattened and unweighted means, statistic by statistic. */
    readonly flat: readonly Node[];
    readonly own: readonly Node[];
    /** Variance of the mean by weights' noise, as a share of the variance, and the drift of the variance. */
    readonly noise: Node;
    readonly drift: Node;
    /** How many elements were left out. */
    readonly left: Node;
  } {
    const { context, estimator, guide } = this;
    const { graph: g, lowering, model } = context;
    const axis = particleAxis(lowering, groupOf(model, guide.latent));
    const weights = weightsOf(context, estimator, guide.latent);
    const squares = g.reduce("sum", axis, g.map("square", weights));
    const [size, particles] = [g.div(g.constant(1), squares), g.size(axis)];
    const centred = this.centred();
    const weighted = centred.map((node) => g.reduce("sum", axis, g.mul(weights, node)));
    const unweighted = centred.map((node) => meanOver(g, [axis], node));
    const isFinite = (node: Node): Node => g.map("lt", g.map("abs", node), g.constant(LARGEST));
    const ok = all(context, [
      ...[...weighted, ...unweighted, squares].map(isFinite),
      g.map("gt", squares, g.constant(1 / LARGEST)),
    ]);
    const pool = (node: Node): Node =>
      g.reduceAll("sum", this.pooled, g.map("select", ok, node, g.constant(0)));
    const counted = pool(g.constant(1));
    const divisor = g.map("max", counted, g.constant(1));
    const mean = (node: Node): Node => g.div(pool(node), divisor);
    const flat = flattening(g, size, particles);
    const stratified = g.input(BUFFERS.stratified, []);
    return {
      counted,
      flat: weighted.map((node, i) => mean(g.add(node, g.mul(flat, g.sub(at(unweighted, i), node))))),
      own: unweighted.map(mean),
      noise: g.div(mean(samplingNoise(g, size, particles, stratified)), divisor),
      drift: g.div(mean(driftCorrection(g, weight, size, particles)), divisor),
      left: g.sub(g.reduceAll("sum", this.pooled, g.constant(1)), counted),
    };
  }

  /** The statistics of particles less their running means; a squared one is the square of the centred other. */
  private centred(): readonly Node[] {
    const { context, estimator, guide, latent } = this;
    const { graph: g, lowering } = context;
    const args = nodesOrNone(estimator.guideArguments.get(guide.latent));
    const statistics = lowering.statistics(guide.distribution, args, particlesOf(estimator, guide.latent));
    const less = (i: number): Node => g.sub(at(statistics, i), this.input(BUFFERS.running(latent, i)));
    return this.squareOf.map((base, i) => (base === null ? less(i) : g.map("square", less(base))));
  }

  /**
   * Moments as the fit should see them. The variance between a noisy running mean and the truth is missing from the
   * running variance, so a guide that is fitted to that would shrink at every step; this puts the missing share back, and
   * holds variances above their floor.
   */
  private momentsForFit(values: readonly Node[], noise: Node): readonly Node[] {
    const { graph: g } = this.context;
    const share = g.map("min", noise, g.constant(MOST_NOISE));
    return this.squareOf.map((base, i) => {
      if (base === null) return at(values, i);
      const variance = g.div(at(values, i), g.sub(g.constant(1), share));
      const least = this.input(BUFFERS.leastVariance(this.latent, i));
      return g.add(g.map("max", variance, least), g.map("square", at(values, base)));
    });
  }

  /**
   * The parameters that the family fits, element by element: one of which any parameter is unusable keeps all of its old
   * ones, among parameters of one shape.
   */
  private parameters(moments: readonly Node[]): {
    readonly fed: readonly Fed[];
    readonly refused: readonly Node[];
  } {
    const { context, guide, latent, hasEvidence } = this;
    const { graph: g, model, lowering } = context;
    const args = guideArguments(lowering, guide, guideInputNodes(model, lowering), new Map());
    const fitted = fittedParameters(context, guide, args, moments);
    const shape = (axes: readonly Axis[]): string => axes.map((axis) => axis.name).join();
    const fed: Fed[] = [];
    const refused: Node[] = [];
    for (const key of new Set(fitted.map(({ axes }) => shape(axes)))) {
      const together = fitted.filter(({ axes }) => shape(axes) === key);
      const usable = all(
        context,
        together.map(({ node, scale }) => this.usable(node, scale)),
      );
      const accepted = g.map("and", hasEvidence, usable);
      refused.push(g.map("and", hasEvidence, g.map("not", usable)));
      for (const { name, node, axes } of together) {
        const input = BUFFERS.guide(latent, name);
        fed.push({ input, node: g.map("select", accepted, node, g.input(input, axes)), axes });
      }
    }
    return { fed, refused };
  }

  private usable(node: Node, scale: "identity" | "log" | "logit"): Node {
    const g = this.context.graph;
    const finite = g.map("lt", g.map("abs", node), g.constant(LARGEST));
    const positive = g.map("gt", node, g.constant(LEAST_POSITIVE));
    const belowOne = g.map("le", node, g.constant(GREATEST_BELOW_ONE));
    return all(this.context, [
      finite,
      ...(scale === "identity" ? [] : [positive]),
      ...(scale === "logit" ? [belowOne] : []),
    ]);
  }
}

function at(nodes: readonly Node[], i: number): Node {
  const node = nodes[i];
  if (node === undefined) throw new Bug(`there is no statistic ${i}`);
  return node;
}
