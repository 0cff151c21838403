// The M-step of groups that are one normal with full covariance on the unconstrained scale: moving averages of its mean
// and covariance, kept in the coordinates in which the present guide is standard, so that no correlation is too close to 1.
import type { GuideParameters } from "./guide.js";
import { elementCount, bufferAxes, output } from "./layout.js";
import type { Outputs } from "./method.js";
import type { LatentMoments } from "./moments.js";
import { flattening, samplingNoise } from "./schedule.js";
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS, type GroupInterface, type ModelInterface } from "../ir/interface.js";
import { MOST_NOISE } from "../ir/weighting.js";

/** The covariance takes a full step where the weights are worth this many particles per dimension, else one less in proportion. */
const PARTICLES_PER_DIMENSION = 0.5;

/** How one iteration is averaged in. */
export type Step = {
  readonly weight: number;
  readonly particles: number;
  /** Each scalar's particles spread evenly, in strata. */
  readonly stratified: boolean;
};

/** Where a latent's numbers stand among those of its group, element by element of the plates. */
type Member = { readonly moments: LatentMoments; readonly from: number; readonly size: number };

/** The guide of one correlated group, for every element of its plates: its mean and covariance, which QEM averages. */
export class CorrelatedGroup {
  /** [element, number] and [element, row, column]: mean, and Cholesky factor of the guide's covariance. */
  readonly mean: Float64Array;
  readonly factor: Float64Array;
  /** Variance of the averaged mean by weights' noise, as a share of the variance, by element. */
  readonly noise: Float64Array;
  private readonly dimension: number;
  private readonly elements: number;

  private constructor(
    readonly name: string,
    private readonly members: readonly Member[],
    elements: number,
  ) {
    this.elements = elements;
    this.dimension = members.reduce((sum, { size }) => sum + size, 0);
    this.mean = new Float64Array(elements * this.dimension);
    this.factor = new Float64Array(elements * this.dimension ** 2);
    this.noise = new Float64Array(elements);
  }

  /** The correlated groups of a model, with the moments of their members; to be begun, or restored. */
  static of(
    model: ModelInterface,
    qem: CompiledProgram,
    moments: readonly LatentMoments[],
    sizes: Sizes,
  ): CorrelatedGroup[] {
    return model.groups
      .filter((group) => group.correlated !== null)
      .map((group) => {
        const plates = bufferAxes(qem, BUFFERS.weightSquares(group.name)) ?? [];
        const elements = elementCount(plates, sizes);
        return new CorrelatedGroup(group.name, membersOf(group, moments, elements), elements);
      });
  }

  /**
   * Numbers with the means and variances that the members' moments have. `correlations`: the Cholesky factor of their
   * correlations, [element, row, column]; independent numbers if not given.
   */
  begin(correlations?: Float64Array): void {
    const d = this.dimension;
    this.factor.fill(0);
    this.noise.fill(0);
    this.each((e, i, { moments: { raw } }, cell) => {
      const mean = raw[0]?.[cell] ?? NaN;
      this.mean[e * d + i] = mean;
      const sd = Math.sqrt(Math.max((raw[1]?.[cell] ?? NaN) - mean * mean, Number.MIN_VALUE));
      const row = (e * d + i) * d;
      if (correlations === undefined) this.factor[row + i] = sd;
      else for (let j = 0; j <= i; j++) this.factor[row + j] = sd * (correlations[row + j] ?? NaN);
    });
  }

  /** All that later updates depend on, by name. */
  get arrays(): readonly (readonly [string, Float64Array])[] {
    return [
      [`group_mean.${this.name}`, this.mean],
      [`group_factor.${this.name}`, this.factor],
      [`group_noise.${this.name}`, this.noise],
    ];
  }

  /** The moments of the members. */
  get moments(): readonly LatentMoments[] {
    return this.members.map((member) => member.moments);
  }

  /**
   * Averages an iteration's moments of the independent normals in, and sets the members' moments to what comes out. In the
   * guide's coordinates the running mean is 0 and the running covariance (1 - noise) I. Returns how many elements met
   * results that are not finite and stayed as they were.
   */
  update(outputs: Outputs, { weight, particles, stratified }: Step): number {
    const d = this.dimension;
    const means = output(outputs, BUFFERS.noiseMean(this.name));
    const products = output(outputs, BUFFERS.noiseProduct(this.name));
    const squares = output(outputs, BUFFERS.weightSquares(this.name));
    let nonFinite = 0;
    for (let e = 0; e < this.elements; e++) {
      const ess = 1 / (squares[e] ?? NaN);
      const flat = flattening(ess, particles);
      const mean = means.subarray(e * d, (e + 1) * d).map((x) => (1 - flat) * x);
      const product = products.subarray(e * d * d, (e + 1) * d * d);
      if (!Number.isFinite(ess) || !mean.every(Number.isFinite) || !product.every(Number.isFinite)) {
        nonFinite++;
        continue;
      }
      const share = Math.min(this.noise[e] ?? 0, MOST_NOISE);
      const bold = weight * Math.min(1, ess / (PARTICLES_PER_DIMENSION * d));
      const unequal = 1 / Math.min(Math.max(ess, 1), particles) - 1 / particles;
      // The mixture of the running moments (mean 0) and the new ones, with weights 1 - bold and bold.
      // E log det of an average of squares drifts down by bold^2 (d + 1) / 2 per dimension and number of draws.
      const drift = 1 + ((bold * (1 - flat)) ** 2 * unequal * (d + 1)) / 2;
      const noise =
        (1 - weight) ** 2 * (this.noise[e] ?? 0) + weight ** 2 * samplingNoise(ess, particles, stratified);
      const kept = (1 - bold) * (1 - share);
      const scale = drift / (1 - Math.min(noise, MOST_NOISE));
      const covariance = new Float64Array(d * d);
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++) {
          const second = (1 - flat) * (product[i * d + j] ?? 0) + (i === j ? flat : 0);
          // About the mean, and between the old mean and the new one.
          const central = second - bold * (mean[i] ?? 0) * (mean[j] ?? 0);
          covariance[i * d + j] = scale * ((i === j ? kept : 0) + bold * central);
        }
      const root = cholesky(covariance, d);
      if (root === null) {
        nonFinite++;
        continue;
      }
      this.noise[e] = noise;
      this.move(e, weight, mean, root);
    }
    this.tellMembers();
    return nonFinite;
  }

  /** The Cholesky factor of the correlations, [element, row, column]. */
  correlationFactor(): Float64Array {
    const d = this.dimension;
    const normalised = this.factor.slice();
    for (let from = 0; from < normalised.length; from += d) {
      const row = normalised.subarray(from, from + d);
      const norm = Math.hypot(...row);
      row.forEach((x, j) => (row[j] = x / norm));
    }
    return normalised;
  }

  /** How many elements the plates have, and how many numbers the group has in each. */
  get shape(): { readonly elements: number; readonly dimension: number } {
    return { elements: this.elements, dimension: this.dimension };
  }

  /**
   * Moves an element's mean by `weight` times factor * `mean`, and sets its factor to factor * root. `tellMembers` is to be
   * called after the last.
   */
  move(e: number, weight: number, mean: Float64Array, root: Float64Array): void {
    const d = this.dimension;
    const factor = this.factor.subarray(e * d * d, (e + 1) * d * d);
    const next = new Float64Array(d * d);
    for (let i = 0; i < d; i++) {
      let step = 0;
      for (let k = 0; k <= i; k++) step += (factor[i * d + k] ?? 0) * (mean[k] ?? 0);
      this.mean[e * d + i] = (this.mean[e * d + i] ?? 0) + weight * step;
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = j; k <= i; k++) sum += (factor[i * d + k] ?? 0) * (root[k * d + j] ?? 0);
        next[i * d + j] = sum;
      }
    }
    factor.set(next);
  }

  /** Sets the members' moments to what the mean and the covariance say. */
  tellMembers(): void {
    const d = this.dimension;
    this.each((e, i, { moments: { raw, noise } }, cell) => {
      const mean = this.mean[e * d + i] ?? NaN;
      const row = this.factor.subarray((e * d + i) * d, (e * d + i + 1) * d);
      const variance = row.reduce((sum, x) => sum + x * x, 0);
      raw[0]?.fill(mean, cell, cell + 1);
      raw[1]?.fill(mean * mean + variance, cell, cell + 1);
      noise.fill(0, cell, cell + 1);
    });
  }

  /** Every number of every element, with the member that it is of and its cell in that member's moments. */
  private each(use: (element: number, number: number, member: Member, cell: number) => void): void {
    for (let e = 0; e < this.elements; e++)
      for (const member of this.members)
        for (let i = 0; i < member.size; i++) use(e, member.from + i, member, e * member.size + i);
  }
}

/** Writes the groups' correlations among the guide's parameters. */
export function giveCorrelations(groups: readonly CorrelatedGroup[], parameters: GuideParameters): void {
  for (const group of groups) parameters.set(BUFFERS.correlations(group.name), group.correlationFactor());
}

/** The members in the group's order. Their moments must be means of a number and of its square. */
function membersOf(group: GroupInterface, moments: readonly LatentMoments[], elements: number): Member[] {
  let from = 0;
  return group.latents.map((latent) => {
    const own = moments.find((each) => each.guide.latent === latent);
    if (own === undefined || own.guide.squareOf.length !== 2 || own.guide.squareOf[1] !== 0)
      throw new Bug(`'${latent}' is not a transform of a normal`);
    const size = own.noise.length / elements;
    const member = { moments: own, from, size };
    from += size;
    return member;
  });
}

/** The lower triangular factor of a positive definite matrix, row by row; null where it is not one. */
export function cholesky(matrix: Float64Array, d: number): Float64Array | null {
  const factor = new Float64Array(d * d);
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j] ?? NaN;
      for (let k = 0; k < j; k++) sum -= (factor[i * d + k] ?? 0) * (factor[j * d + k] ?? 0);
      if (i !== j) factor[i * d + j] = sum / (factor[j * d + j] ?? NaN);
      else if (sum > 0) factor[i * d + i] = Math.sqrt(sum);
      else return null;
    }
  return factor;
}

/** Whether matrices, [element, row, column], are Cholesky factors of correlations, to the precision of a text file. */
export function isCorrelationFactor(factors: Float64Array, d: number): boolean {
  return Array.from({ length: factors.length / d }, (_, i) => factors.subarray(i * d, (i + 1) * d)).every(
    (row, i) =>
      (row[i % d] ?? 0) > 0 &&
      row.subarray((i % d) + 1).every((x) => x === 0) &&
      Math.abs(Math.hypot(...row) - 1) < 1e-5,
  );
}

/** The inverses of lower triangular matrices, [element, row, column]. */
export function invertTriangular(factors: Float64Array, d: number): Float64Array {
  const inverse = new Float64Array(factors.length);
  for (let e = 0; e < factors.length; e += d * d)
    for (let j = 0; j < d; j++)
      for (let i = j; i < d; i++) {
        let sum = i === j ? 1 : 0;
        for (let k = j; k < i; k++) sum -= (factors[e + i * d + k] ?? 0) * (inverse[e + k * d + j] ?? 0);
        inverse[e + i * d + j] = sum / (factors[e + i * d + i] ?? NaN);
      }
  return inverse;
}
