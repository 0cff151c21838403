// Posterior covariances of latents, from the joint weights of their particles.
import { Bug } from "../diagnostic.js";
import type { CompiledProgram } from "../compiled.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { BUFFERS, type LatentInterface, type ModelInterface } from "../ir/interface.js";
import { bufferAxes, elementCount, elementNames, inFileOrder, placesIn, type Inputs } from "./layout.js";
import type { SummaryRow } from "./posterior.js";

/** Two latents, or one twice. */
export type LatentPair = readonly [LatentInterface, LatentInterface];

/** The correlation of two numbers; of it the Monte Carlo standard error. */
export type CovarianceRow = {
  readonly names: readonly [string, string];
  readonly correlation: number;
  readonly mcse: number;
  readonly covariance: number;
};

/** Moments of both latents of a pair in one set of particles: of each [plates of both, event]. */
export type PairMoments = {
  readonly means: readonly [Float64Array, Float64Array];
  readonly variances: readonly [Float64Array, Float64Array];
  /** [plates of both, event of the first, event of the second] */
  readonly covariances: Float64Array;
};

/** The groups of a pair whose joint weights are needed, in the model's order; null where both are of one group. */
export function jointGroups(model: ModelInterface, [a, b]: LatentPair): readonly string[] | null {
  if (a.group === b.group) return null;
  return model.groups.map((group) => group.name).filter((name) => name === a.group || name === b.group);
}

/** The groups of all pairs, each once. */
export function allJointGroups(
  model: ModelInterface,
  pairs: readonly LatentPair[],
): readonly (readonly string[])[] {
  const found = new Map(
    pairs.flatMap((pair) => {
      const groups = jointGroups(model, pair);
      return groups === null ? [] : [[BUFFERS.joint(groups), groups] as const];
    }),
  );
  return [...found.values()];
}

/** Where one latent's particles lie: for [plates of both, event, its particles] the place in its buffer. */
type Side = {
  readonly latent: LatentInterface;
  readonly buffer: string;
  readonly elementAxes: readonly Axis[];
  readonly events: number;
  readonly particles: number;
  readonly places: Int32Array;
};

/** Computes covariances of a pair from a program's particles and weights. */
export class PairCovariance {
  readonly #sides: readonly [Side, Side];
  readonly #weights: string;
  /** For [plates of both, particles of the first, of the second] (of one group: [plates, particle]). */
  readonly #weightPlaces: Int32Array;
  readonly #isOneGroup: boolean;
  /** Plates of both latents. */
  readonly plates: readonly Axis[];

  constructor(
    readonly pair: LatentPair,
    model: ModelInterface,
    program: CompiledProgram,
    private readonly sizes: Sizes,
  ) {
    const groups = jointGroups(model, pair);
    this.#isOneGroup = groups === null;
    this.#weights = groups === null ? BUFFERS.weights(pair[0].group) : BUFFERS.joint(groups);
    const axesOf = (name: string): readonly Axis[] => {
      const axes = bufferAxes(program, name);
      if (axes === undefined) throw new Bug(`program '${program.program.name}' has no '${name}'`);
      return axes;
    };
    const names = new Set(pair.flatMap((latent) => latent.plates));
    const inPairs = [pair[0], pair[1]].flatMap(({ name }) => axesOf(BUFFERS.particles(name)));
    this.plates = model.plates.flatMap(({ name }) => {
      const axis = names.has(name) ? inPairs.find((own) => own.name === name) : undefined;
      return axis === undefined ? [] : [axis];
    });
    const side = (latent: LatentInterface): Side => {
      const buffer = BUFFERS.particles(latent.name);
      const axes = axesOf(buffer);
      const particle = axes.filter((axis) => axis.role === "particle");
      const event = axes.filter((axis) => axis.role === "event");
      return {
        latent,
        buffer,
        elementAxes: axes.filter((axis) => axis.role !== "particle"),
        events: elementCount(event, sizes),
        particles: elementCount(particle, sizes),
        places: placesIn([...this.plates, ...event, ...particle], axes, sizes),
      };
    };
    this.#sides = [side(pair[0]), side(pair[1])];
    const particles = inPairs.filter((axis) => axis.role === "particle");
    const axes = [...this.plates, ...(groups === null ? particles.slice(0, 1) : particles)];
    this.#weightPlaces = placesIn(axes, axesOf(this.#weights), sizes);
  }

  /** The number of covariances. */
  get length(): number {
    const [a, b] = this.#sides;
    return elementCount(this.plates, this.sizes) * a.events * b.events;
  }

  /** Moments under the weights among `values`, which need not sum to exactly 1. */
  moments(values: Inputs): PairMoments {
    const [a, b] = this.#sides;
    const weights = valuesOf(values, this.#weights);
    const [ofA, ofB] = [valuesOf(values, a.buffer), valuesOf(values, b.buffer)];
    const count = elementCount(this.plates, this.sizes);
    const means: PairMoments["means"] = [
      new Float64Array(count * a.events),
      new Float64Array(count * b.events),
    ];
    const variances: PairMoments["variances"] = [
      new Float64Array(count * a.events),
      new Float64Array(count * b.events),
    ];
    const covariances = new Float64Array(count * a.events * b.events);
    const size = this.#weightPlaces.length / count;
    for (let u = 0; u < count; u++) {
      const joint = Float64Array.from(
        { length: size },
        (_, k) => weights[this.#weightPlaces[u * size + k] ?? 0] ?? NaN,
      );
      const total = joint.reduce((sum, w) => sum + w, 0);
      joint.forEach((w, k) => (joint[k] = w / total));
      const [wA, wB] = this.#isOneGroup ? [joint, joint] : marginals(joint, a.particles, b.particles);
      const centredA = centred(ofA, a, u, wA, means[0], variances[0]);
      const centredB = centred(ofB, b, u, wB, means[1], variances[1]);
      for (let j = 0; j < b.events; j++) {
        const row = centredB.subarray(j * b.particles, (j + 1) * b.particles);
        const given = this.#isOneGroup ? row.map((x, k) => x * (joint[k] ?? NaN)) : timesVector(joint, row);
        for (let i = 0; i < a.events; i++) {
          let sum = 0;
          for (let k = 0; k < a.particles; k++)
            sum += (centredA[i * a.particles + k] ?? NaN) * (given[k] ?? NaN);
          covariances[(u * a.events + i) * b.events + j] = sum;
        }
      }
    }
    return { means, variances, covariances };
  }

  /** The rows of the pair over independent sets with these weights, which sum to 1. `sdOf`: of a summary's row. */
  rows(
    sets: readonly PairMoments[],
    weights: readonly number[],
    sdOf: (name: string) => number,
  ): readonly CovarianceRow[] {
    const [a, b] = this.#sides;
    const names = [a, b].map(({ latent, elementAxes }) => {
      const event = elementAxes.filter((axis) => axis.role === "event");
      const all = elementNames(latent.name, elementAxes, this.sizes);
      return Array.from(
        placesIn([...this.plates, ...event], elementAxes, this.sizes),
        (place) => all[place] ?? "",
      );
    });
    const isOne = a.latent === b.latent;
    const byElement = Array.from({ length: elementCount(this.plates, this.sizes) }, (_, u) =>
      Array.from({ length: a.events }, (_, i) => i).flatMap((i) =>
        Array.from({ length: b.events }, (_, j) => j)
          .filter((j) => !isOne || j > i)
          .map((j): CovarianceRow => {
            const [first, second] = [u * a.events + i, u * b.events + j];
            const own = [names[0]?.[first] ?? "", names[1]?.[second] ?? ""] as const;
            const { correlation, mcse } = combine(sets, weights, first, second, first * b.events + j);
            return { names: own, correlation, mcse, covariance: correlation * sdOf(own[0]) * sdOf(own[1]) };
          }),
      ),
    );
    return inFileOrder(byElement, this.plates, this.sizes).flat();
  }
}

function valuesOf(values: Inputs, name: string): ArrayLike<number> {
  const found = values(name);
  if (found === undefined) throw new Bug(`no values of '${name}'`);
  return found;
}

/** Sums of a table [first, second] over the second and over the first. */
function marginals(joint: Float64Array, rows: number, columns: number): [Float64Array, Float64Array] {
  const sums: [Float64Array, Float64Array] = [new Float64Array(rows), new Float64Array(columns)];
  joint.forEach((w, k) => {
    const [row, column] = [Math.floor(k / columns), k % columns];
    sums[0][row] = (sums[0][row] ?? 0) + w;
    sums[1][column] = (sums[1][column] ?? 0) + w;
  });
  return sums;
}

/** A table [row, column] times a vector over its columns. */
function timesVector(table: Float64Array, vector: Float64Array): Float64Array {
  const columns = vector.length;
  return Float64Array.from({ length: table.length / columns }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += (table[row * columns + k] ?? NaN) * (vector[k] ?? NaN);
    return sum;
  });
}

/** A latent's particles at element `u` of the plates, less their means: [event, particle]. Notes means and variances. */
function centred(
  values: ArrayLike<number>,
  { events, particles, places }: Side,
  u: number,
  weights: Float64Array,
  means: Float64Array,
  variances: Float64Array,
): Float64Array {
  const result = new Float64Array(events * particles);
  for (let i = 0; i < events; i++) {
    const start = (u * events + i) * particles;
    let [mean, variance] = [0, 0];
    for (let k = 0; k < particles; k++) mean += (weights[k] ?? NaN) * (values[places[start + k] ?? 0] ?? NaN);
    for (let k = 0; k < particles; k++) {
      const x = (values[places[start + k] ?? 0] ?? NaN) - mean;
      result[i * particles + k] = x;
      variance += (weights[k] ?? NaN) * x * x;
    }
    means[u * events + i] = mean;
    variances[u * events + i] = variance;
  }
  return result;
}

/**
 * The correlation over all sets together: covariance within sets and between their means, over both standard deviations.
 * Its error is the delta method's between the sets.
 */
function combine(
  sets: readonly PairMoments[],
  weights: readonly number[],
  first: number,
  second: number,
  place: number,
): { readonly correlation: number; readonly mcse: number } {
  const total = (f: (set: PairMoments, weight: number) => number): number =>
    sets.reduce((sum, set, s) => sum + (weights[s] ?? 0) * f(set, weights[s] ?? 0), 0);
  const [meanA, meanB] = [total((s) => s.means[0][first] ?? NaN), total((s) => s.means[1][second] ?? NaN)];
  const about = (s: PairMoments): { a: number; b: number; both: number } => {
    const [a, b] = [(s.means[0][first] ?? NaN) - meanA, (s.means[1][second] ?? NaN) - meanB];
    return {
      a: (s.variances[0][first] ?? NaN) + a * a,
      b: (s.variances[1][second] ?? NaN) + b * b,
      both: (s.covariances[place] ?? NaN) + a * b,
    };
  };
  const [varianceA, varianceB] = [total((s) => about(s).a), total((s) => about(s).b)];
  const scale = Math.sqrt(varianceA * varianceB);
  const correlation = total((s) => about(s).both) / scale;
  const used = weights.filter((w) => w > 0).length;
  const square = total((s, weight) => {
    const { a, b, both } = about(s);
    return weight * (both / scale - (correlation / 2) * (a / varianceA + b / varianceB)) ** 2;
  });
  return { correlation, mcse: used < 2 ? NaN : Math.sqrt((square * used) / (used - 1)) };
}

/** Latents by their names. A Bug if there are none of these names. */
export const latentPairs = (
  model: ModelInterface,
  names: readonly (readonly [string, string])[],
): readonly LatentPair[] => {
  const latent = (name: string): LatentInterface => {
    const found = model.latents.find((each) => each.name === name);
    if (found === undefined) throw new Bug(`there is no latent '${name}'`);
    return found;
  };
  return names.map(([a, b]) => [latent(a), latent(b)]);
};

/** What is kept of covariances over the final sets. */
export class CovarianceStore {
  readonly #sets: PairMoments[][];

  constructor(private readonly pairs: readonly PairCovariance[]) {
    this.#sets = pairs.map(() => []);
  }

  add(outputs: ReadonlyMap<string, Float64Array>): void {
    this.pairs.forEach((pair, i) => this.#sets[i]?.push(pair.moments((name) => outputs.get(name))));
  }

  /** Covariances are correlations times the standard deviations of the summary, which has smoothed weights. */
  rows(setWeights: readonly number[], summary: readonly SummaryRow[]): readonly CovarianceRow[] {
    const sds = new Map(summary.map((row) => [row.name, row.sd]));
    return this.pairs.flatMap((pair, i) =>
      pair.rows(this.#sets[i] ?? [], setWeights, (name) => sds.get(name) ?? NaN),
    );
  }
}
