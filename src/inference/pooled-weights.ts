// The weights of all final sets together: each set's by its evidence, their largest smoothed.
import { elementCount, output, placesIn } from "./layout.js";
import { smoothTail } from "./pareto.js";
import type { Axis, Sizes } from "../ir/axis.js";

/** One buffer of weights, [plates, particle axes], over the final sets. */
export class PooledWeights {
  private readonly elements: number;
  private readonly draws: number;
  /** For each draw its place among those of the sampled groups, and how many of these there are. */
  private readonly sampledPlaces: Int32Array;
  private readonly sampledDraws: number;
  private sets: Float64Array[] = [];
  private shapes: number[] = [];

  /** `axes`: of the buffer, particle axes last. `summed`: names of those that are all values of a discrete latent. */
  constructor(
    readonly buffer: string,
    readonly axes: readonly Axis[],
    sizes: Sizes,
    summed: ReadonlySet<string>,
  ) {
    const particles = axes.filter((axis) => axis.role === "particle");
    const sampled = particles.filter((axis) => !summed.has(axis.name));
    this.draws = elementCount(particles, sizes);
    this.sampledDraws = elementCount(sampled, sizes);
    this.sampledPlaces = placesIn(particles, sampled, sizes);
    this.elements = elementCount(axes, sizes) / this.draws;
  }

  add(outputs: ReadonlyMap<string, Float64Array>): void {
    this.sets.push(output(outputs, this.buffer));
  }

  /**
   * Weighs the sets against each other and smooths the tail of every plate element's weights over all sets. Of weights
   * over values that were summed over, which are probabilities, only their total for each sampled particle is smoothed.
   * To be called once, after the last set.
   */
  finish(setWeights: readonly number[]): void {
    this.sets = this.sets.map((weights, s) => weights.map((w) => w * (setWeights[s] ?? 0)));
    if (this.sampledDraws === 1) {
      this.shapes = Array.from({ length: this.elements }, () => NaN);
      return;
    }
    const n = this.sampledDraws;
    const pool = new Float64Array(n * this.sets.length);
    this.shapes = Array.from({ length: this.elements }, (_, e) => {
      const mine = this.sets.map((weights) => weights.subarray(e * this.draws, (e + 1) * this.draws));
      pool.fill(0);
      const place = (s: number, k: number): number => s * n + (this.sampledPlaces[k] ?? 0);
      mine.forEach((weights, s) =>
        weights.forEach((w, k) => (pool[place(s, k)] = (pool[place(s, k)] ?? 0) + w)),
      );
      const before = pool.slice();
      const { shape } = smoothTail(pool);
      mine.forEach((weights, s) =>
        weights.forEach((w, k) => {
          const total = before[place(s, k)] ?? 0;
          if (total > 0) weights[k] = (w / total) * (pool[place(s, k)] ?? 0);
        }),
      );
      return shape;
    });
  }

  /** Smoothed weights of a set, as laid out in the buffer. They sum to about 1 over all sets and particles. */
  ofSet(set: number): Float64Array {
    return this.sets[set] ?? new Float64Array();
  }

  /** What each set's weights of the first plate element sum to: its weight, less what the smoothing took. */
  get setTotals(): readonly number[] {
    return this.sets.map((weights) => weights.subarray(0, this.draws).reduce((sum, w) => sum + w, 0));
  }

  /** Shape of the tail of each plate element's weights. */
  get tailShapes(): readonly number[] {
    return this.shapes;
  }
}

/**
 * Finishes all weights of a run and returns the sets' final weights. Those of groups outside all plates come first: where
 * one of their particles had too large a weight, all of its set rests on that particle, so the set as a whole counts only
 * for what the smoothing has left.
 */
export function finishAll(
  pooled: Iterable<PooledWeights>,
  outermost: (buffer: string) => boolean,
  setWeights: readonly number[],
): readonly number[] {
  const all = [...pooled];
  const outer = all.filter((each) => outermost(each.buffer));
  for (const each of outer) each.finish(setWeights);
  const left = setWeights.map((weight, s) =>
    Math.min(weight, ...outer.map((each) => each.setTotals[s] ?? weight)),
  );
  const total = left.reduce((sum, w) => sum + w, 0);
  const final = left.map((w) => w / total);
  for (const each of all) if (!outer.includes(each)) each.finish(final);
  return final;
}
