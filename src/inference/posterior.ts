// The final pass: independent sets of particles of the widened guide, streamed into the posterior's summary.
import { concat } from "./arrays.js";
import { bufferAxes, elementCount, elementNames, inFileOrder, output, placesIn } from "./layout.js";
import { PooledWeights } from "./pooled-weights.js";
import { equalWeightPoints, weightedQuantiles } from "./quantiles.js";
import { combineSets, type SetMoments } from "./sets.js";
import type { CompiledProgram } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { type Axis, type Sizes } from "../ir/axis.js";
import { BUFFERS, type ModelInterface } from "../ir/interface.js";

/**
 * One element of a latent or generated quantity: posterior mean and sd, error of the mean, quantiles, effective size (NaN
 * of a discrete latent that is summed out: its probabilities rest on no draws of its own).
 */
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

export const LEVELS = [0.05, 0.5, 0.95] as const;
/** Points of equal weight, at most, that a set is remembered by where not all its draws are kept. */
const SKETCH_POINTS = 64;
/** Its multiples lie evenly between whole numbers, however many they are. */
const GOLDEN = 0.6180339887498949;
/** An element's draws in a set are not all kept beyond this: a joint table of several groups' particles is large. */
const MOST_DRAWS = 1024;

/** A latent or generated quantity whose draws are weighed. `weights` is null for what depends on no latent. */
export type Quantity = {
  readonly name: string;
  readonly values: string;
  readonly weights: string | null;
  /** Axes of an element (plates, event), and of the particles it is weighed over, which come last in `values`. */
  readonly elementAxes: readonly Axis[];
  readonly particleAxes: readonly Axis[];
  readonly weightAxes: readonly Axis[];
  /** Names of the particle axes that are all values of a discrete latent, which is summed over. */
  readonly summed: ReadonlySet<string>;
};

/** Latents in the model's order, then generated quantities but those that only draws have. */
export function quantities(model: ModelInterface, posterior: CompiledProgram): Quantity[] {
  const summed = new Set(model.groups.filter((g) => g.support !== null).map((g) => g.axis));
  const quantity = (name: string, values: string, weights: string | null): Quantity => {
    const axes = bufferAxes(posterior, values);
    const weightAxes = weights === null ? [] : bufferAxes(posterior, weights);
    if (axes === undefined || weightAxes === undefined) throw new Bug(`the posterior has no '${name}'`);
    const particleAxes = axes.filter((axis) => axis.role === "particle");
    const elementAxes = axes.filter((axis) => axis.role !== "particle");
    return { name, values, weights, elementAxes, particleAxes, weightAxes, summed };
  };
  return [
    ...model.latents.map((l) => quantity(l.name, BUFFERS.particles(l.name), BUFFERS.weights(l.group))),
    ...model.generated
      .filter((q) => !q.drawn)
      .map((q) =>
        quantity(
          q.name,
          BUFFERS.generated(q.name),
          q.groups.length === 0 ? null : BUFFERS.jointWeights(q.name),
        ),
      ),
  ];
}

/** What is kept of one quantity over the final sets. */
export interface QuantityStore {
  /** Takes one set's outputs in. */
  add(outputs: ReadonlyMap<string, Float64Array>): void;
  /** The summary of every element, the sets weighed by `setWeights`. */
  rows(setWeights: readonly number[]): readonly SummaryRow[];
}

/** Every draw is kept, and weighed by the pooled and smoothed weights. */
export class ExactStore implements QuantityStore {
  private readonly draws: number;
  private readonly places: Int32Array | null;
  private readonly sets: Float32Array[] = [];

  /** `weights` is finished before `rows` is called; null for a quantity that depends on no latent. */
  constructor(
    private readonly quantity: Quantity,
    private readonly sizes: Sizes,
    private readonly weights: PooledWeights | null,
  ) {
    this.draws = drawCount(quantity, sizes);
    this.places = weightPlaces(quantity, sizes);
  }

  add(outputs: ReadonlyMap<string, Float64Array>): void {
    this.sets.push(Float32Array.from(output(outputs, this.quantity.values)));
  }

  rows(setWeights: readonly number[]): readonly SummaryRow[] {
    const { name: quantity, elementAxes } = this.quantity;
    const rows = elementNames(quantity, elementAxes, this.sizes).map((name, e) => {
      const values = this.sets.map((set) => set.subarray(e * this.draws, (e + 1) * this.draws));
      const weights = values.map((set, s) => this.weightsOf(s, e, set.length, setWeights));
      const totals = weights.map((w) => w.reduce((sum, x) => sum + x, 0));
      const total = totals.reduce((sum, x) => sum + x, 0);
      const moments = values.map((set, s) => momentsOf(set, weights[s] ?? []));
      const shares = totals.map((x) => x / total);
      const levels = weightedQuantiles(concat(values), concat(weights), LEVELS);
      return summaryRow(name, this.quantity, moments, shares, levels);
    });
    return inFileOrder(rows, elementAxes, this.sizes);
  }

  private weightsOf(
    set: number,
    element: number,
    count: number,
    setWeights: readonly number[],
  ): Float64Array {
    const { places } = this;
    if (this.weights === null || places === null)
      return new Float64Array(count).fill((setWeights[set] ?? 0) / count);
    const all = this.weights.ofSet(set);
    return Float64Array.from({ length: count }, (_, k) => all[places[element * count + k] ?? 0] ?? 0);
  }
}

/** For what is too large to keep: moments and a few quantiles of each set. */
export class SketchStore implements QuantityStore {
  private readonly elements: number;
  private readonly draws: number;
  private readonly places: Int32Array | null;
  /** Of each set: mean, variance and sum of squared weights, element by element. */
  private readonly moments: Float64Array[] = [];
  private readonly points: Float32Array[] = [];
  private readonly pointCount: number;

  /** `sets`: how many there will be; `bytes`: what the points of all of them may take. */
  constructor(
    private readonly quantity: Quantity,
    private readonly sizes: Sizes,
    sets: number,
    bytes: number,
  ) {
    this.elements = elementCount(quantity.elementAxes, sizes);
    this.draws = drawCount(quantity, sizes);
    this.places = weightPlaces(quantity, sizes);
    const fit = Math.floor(bytes / (4 * sets * Math.max(1, this.elements)));
    this.pointCount = Math.max(1, Math.min(SKETCH_POINTS, fit));
  }

  add(outputs: ReadonlyMap<string, Float64Array>): void {
    const { elements, draws, places, pointCount } = this;
    const values = output(outputs, this.quantity.values);
    const all = this.quantity.weights === null ? null : output(outputs, this.quantity.weights);
    const points = new Float32Array(elements * pointCount);
    const moments = new Float64Array(3 * elements);
    const weights = new Float64Array(draws).fill(1 / draws);
    // Where a set has few points, those of different sets are to be different quantiles.
    const offset = pointCount === SKETCH_POINTS ? 0.5 : (0.5 + this.points.length * GOLDEN) % 1;
    for (let e = 0; e < elements; e++) {
      const mine = values.subarray(e * draws, (e + 1) * draws);
      if (all !== null)
        for (let k = 0; k < draws; k++) weights[k] = all[places?.[e * draws + k] ?? 0] ?? 1 / draws;
      const { mean, variance, weightSquares } = momentsOf(mine, weights);
      moments[3 * e] = mean;
      moments[3 * e + 1] = variance;
      moments[3 * e + 2] = weightSquares;
      points.set(equalWeightPoints(mine, weights, pointCount, offset), e * pointCount);
    }
    this.moments.push(moments);
    this.points.push(points);
  }

  rows(setWeights: readonly number[]): readonly SummaryRow[] {
    const { name: quantity, elementAxes } = this.quantity;
    const { pointCount } = this;
    const rows = elementNames(quantity, elementAxes, this.sizes).map((name, e) => {
      const sets = this.moments.map((set): SetMoments => ({
        mean: set[3 * e] ?? NaN,
        variance: set[3 * e + 1] ?? NaN,
        weightSquares: set[3 * e + 2] ?? NaN,
      }));
      const points = this.points.map((set) => set.subarray(e * pointCount, (e + 1) * pointCount));
      const weights = points.map((set, s) => new Float64Array(set.length).fill(setWeights[s] ?? 0));
      const levels = weightedQuantiles(concat(points), concat(weights), LEVELS);
      return summaryRow(name, this.quantity, sets, setWeights, levels);
    });
    return inFileOrder(rows, elementAxes, this.sizes);
  }
}

function summaryRow(
  name: string,
  { particleAxes, summed }: Quantity,
  sets: readonly SetMoments[],
  weights: readonly number[],
  [q5 = NaN, q50 = NaN, q95 = NaN]: readonly number[],
): SummaryRow {
  const { mean, sd, mcse, ess } = combineSets(sets, weights);
  // Of what is summed over all values no draws are weighed that could be few.
  const isExact = particleAxes.length > 0 && particleAxes.every((axis) => summed.has(axis.name));
  return { name, mean, sd, mcse_mean: mcse, q5, q50, q95, ess: isExact ? NaN : ess };
}

const drawCount = ({ particleAxes }: Quantity, sizes: Sizes): number => elementCount(particleAxes, sizes);

/** Where the weight of each draw lies. */
const weightPlaces = (
  { weights, elementAxes, particleAxes, weightAxes }: Quantity,
  sizes: Sizes,
): Int32Array | null =>
  weights === null ? null : placesIn([...elementAxes, ...particleAxes], weightAxes, sizes);

/** The stores of all quantities, and the weights that those share which keep every draw. */
export type Stores = {
  readonly stores: readonly QuantityStore[];
  readonly weights: ReadonlyMap<string, PooledWeights>;
};

/** Keeps every draw of as many quantities as `bytes` allow for all sets together, in the model's order. */
export function makeStores(
  quantities: readonly Quantity[],
  sizes: Sizes,
  sets: number,
  bytes: number,
): Stores {
  const weights = new Map<string, PooledWeights>();
  let left = bytes;
  const stores = quantities.map((quantity): QuantityStore => {
    const { weights: buffer, weightAxes } = quantity;
    const values = 4 * elementCount([...quantity.elementAxes, ...quantity.particleAxes], sizes);
    const own = buffer === null || weights.has(buffer) ? 0 : 8 * elementCount(weightAxes, sizes);
    if (drawCount(quantity, sizes) > MOST_DRAWS || sets * (values + own) > left)
      return new SketchStore(quantity, sizes, sets, bytes);
    left -= sets * (values + own);
    if (buffer === null) return new ExactStore(quantity, sizes, null);
    const pooled = weights.get(buffer) ?? new PooledWeights(buffer, weightAxes, sizes, quantity.summed);
    weights.set(buffer, pooled);
    return new ExactStore(quantity, sizes, pooled);
  });
  return { stores, weights };
}

/** Weighted mean and variance, and the sum of squared weights. */
export function momentsOf(values: ArrayLike<number>, weights: ArrayLike<number>): SetMoments {
  // Around one of the values, so that the mean of equal values is exactly theirs.
  let centre = NaN;
  let [mean, total, squares] = [0, 0, 0];
  for (let k = 0; k < values.length; k++) {
    const w = weights[k] ?? 0;
    total += w;
    squares += w * w;
    if (w === 0) continue;
    if (Number.isNaN(centre)) centre = values[k] ?? NaN;
    mean += w * ((values[k] ?? NaN) - centre);
  }
  mean = centre + mean / total;
  let variance = 0;
  for (let k = 0; k < values.length; k++) {
    const w = weights[k] ?? 0;
    if (w !== 0) variance += (w / total) * ((values[k] ?? NaN) - mean) ** 2;
  }
  return { mean, variance, weightSquares: squares / total ** 2 };
}
