// The final pass: independent sets of particles of the widened guide, streamed into the posterior's summary.
import { bufferAxes, elementCount, elementNames, output, placesIn } from "./layout.js";
import { equalWeightPoints, weightedQuantiles } from "./quantiles.js";
import { combineSets, type SetMoments } from "./sets.js";
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { sizeOf, type Axis, type Sizes } from "../ir/axis.js";
import { BUFFERS, type ModelInterface } from "../ir/interface.js";

/** One element of a latent or generated quantity: posterior mean and sd, error of the mean, quantiles, effective size. */
export type SummaryRow = {
  readonly name: string;
  readonly mean: number;
  readonly sd: number;
  readonly mcse_mean: number;
  readonly q5: number;
  readonly q50: number;
  readonly q95: number;
  readonly ess: number;
};

const LEVELS = [0.05, 0.5, 0.95] as const;
const MOST_POINTS = 256;
const FEWEST_POINTS = 16;

/** A latent or generated quantity whose draws are weighed. `weights` is null for what depends on no latent. */
export type Quantity = {
  readonly name: string;
  readonly values: string;
  readonly weights: string | null;
  /** Axes of an element (plates, event), and of the particles it is weighed over, which come last in `values`. */
  readonly elementAxes: readonly Axis[];
  readonly particleAxes: readonly Axis[];
  readonly weightAxes: readonly Axis[];
};

/** Latents in the model's order, then generated quantities. */
export function quantities(model: ModelInterface, posterior: CompiledProgram): Quantity[] {
  const quantity = (name: string, values: string, weights: string | null): Quantity => {
    const axes = bufferAxes(posterior, values);
    const weightAxes = weights === null ? [] : bufferAxes(posterior, weights);
    if (axes === undefined || weightAxes === undefined) throw new Bug(`the posterior has no '${name}'`);
    const particleAxes = axes.filter((axis) => axis.role === "particle");
    const elementAxes = axes.filter((axis) => axis.role !== "particle");
    return { name, values, weights, elementAxes, particleAxes, weightAxes };
  };
  return [
    ...model.latents.map((l) => quantity(l.name, BUFFERS.particles(l.name), BUFFERS.weights(l.group))),
    ...model.generated.map((q) =>
      quantity(
        q.name,
        BUFFERS.generated(q.name),
        q.groups.length === 0 ? null : BUFFERS.jointWeights(q.name),
      ),
    ),
  ];
}

/** What is kept of one quantity: moments per set and element, and points for the quantiles. */
export class QuantityStore {
  private readonly elements: number;
  private readonly draws: number;
  private readonly weightPlaces: Int32Array | null;
  private readonly moments: SetMoments[][] = [];
  private readonly points: Float32Array[] = [];
  private readonly pointWeights: (Float32Array | null)[] = [];
  private readonly pointCount: number;

  /** `mostPoints`: per element and set; draws beyond that are remembered by as many of their quantiles. */
  constructor(
    readonly quantity: Quantity,
    private readonly sizes: Sizes,
    mostPoints: number,
  ) {
    this.elements = elementCount(quantity.elementAxes, sizes);
    this.draws = quantity.particleAxes.reduce((product, axis) => product * sizeOf(axis, sizes), 1);
    const axes = [...quantity.elementAxes, ...quantity.particleAxes];
    this.weightPlaces = quantity.weights === null ? null : placesIn(axes, quantity.weightAxes, sizes);
    this.pointCount = Math.min(this.draws, mostPoints);
  }

  /** Takes one set's outputs in. */
  add(outputs: ReadonlyMap<string, Float64Array>): void {
    const values = output(outputs, this.quantity.values);
    const weights = this.quantity.weights === null ? null : output(outputs, this.quantity.weights);
    const exact = this.pointCount === this.draws;
    const points = new Float32Array(this.elements * this.pointCount);
    const pointWeights = exact ? new Float32Array(this.elements * this.pointCount) : null;
    const moments: SetMoments[] = [];
    for (let e = 0; e < this.elements; e++) {
      const mine = values.subarray(e * this.draws, (e + 1) * this.draws);
      const w = mine.map((_, k) => this.weightOf(weights, e * this.draws + k));
      moments.push(momentsOf(mine, w));
      points.set(exact ? mine : equalWeightPoints(mine, w, this.pointCount), e * this.pointCount);
      pointWeights?.set(w, e * this.pointCount);
    }
    this.moments.push(moments);
    this.points.push(points);
    this.pointWeights.push(pointWeights);
  }

  private weightOf(weights: Float64Array | null, draw: number): number {
    if (weights === null || this.weightPlaces === null) return 1 / this.draws;
    return weights[this.weightPlaces[draw] ?? 0] ?? 0;
  }

  /** The summary of every element, the sets weighed by `setWeights`. */
  rows(setWeights: readonly number[]): SummaryRow[] {
    return elementNames(this.quantity.name, this.quantity.elementAxes, this.sizes).map((name, e) => {
      const sets = this.moments.map((set) => set[e] ?? { mean: NaN, variance: NaN, weightSquares: NaN });
      const { mean, sd, mcse, ess } = combineSets(sets, setWeights);
      const [q5 = NaN, q50 = NaN, q95 = NaN] = this.quantiles(e, setWeights);
      return { name, mean, sd, mcse_mean: mcse, q5, q50, q95, ess };
    });
  }

  private quantiles(element: number, setWeights: readonly number[]): number[] {
    const n = this.pointCount;
    const values = new Float64Array(n * this.points.length);
    const weights = new Float64Array(values.length);
    this.points.forEach((points, s) => {
      const setWeight = setWeights[s] ?? 0;
      for (let i = 0; i < n; i++) {
        values[s * n + i] = points[element * n + i] ?? NaN;
        const within = this.pointWeights[s]?.[element * n + i] ?? 1 / n;
        weights[s * n + i] = setWeight === 0 ? 0 : setWeight * within;
      }
    });
    return weightedQuantiles(values, weights, LEVELS);
  }
}

/** Weighted mean and variance, and the sum of squared weights. */
export function momentsOf(values: ArrayLike<number>, weights: ArrayLike<number>): SetMoments {
  let [mean, total, squares] = [0, 0, 0];
  for (let k = 0; k < values.length; k++) {
    const w = weights[k] ?? 0;
    total += w;
    squares += w * w;
    if (w !== 0) mean += w * (values[k] ?? NaN);
  }
  mean /= total;
  let variance = 0;
  for (let k = 0; k < values.length; k++) {
    const w = weights[k] ?? 0;
    if (w !== 0) variance += (w / total) * ((values[k] ?? NaN) - mean) ** 2;
  }
  return { mean, variance, weightSquares: squares / total ** 2 };
}

/** Points that may be kept per element and set, so that all sets of all quantities stay within `bytes`. */
export function pointsPerElement(
  quantities: readonly Quantity[],
  sizes: Sizes,
  sets: number,
  bytes: number,
): number {
  const elements = quantities.reduce((sum, q) => sum + elementCount(q.elementAxes, sizes), 0);
  const affordable = Math.floor(bytes / (8 * sets * Math.max(1, elements)));
  return Math.min(MOST_POINTS, Math.max(FEWEST_POINTS, affordable));
}
