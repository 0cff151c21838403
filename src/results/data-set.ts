// What a finished run knows, as one plain value that writers of other programs' formats take: draws of every quantity
// over named dimensions, and the data that they come from.

/**
 * A dimension of a variable besides the draws: a plate, or the elements, rows or columns of its vectors and matrices. Its
 * places are in the order of the data's file.
 */
export type Dimension = {
  readonly name: string;
  readonly length: number;
  /** What the data calls its elements; null: 1, 2, 3, and so on. */
  readonly labels: readonly string[] | null;
  /**
   * Of a plate whose rows differ in number: all rows are one dimension, and each has its place along the outer plate and its
   * number among the rows there, from 1 on.
   */
  readonly within: {
    readonly dimension: Dimension;
    readonly places: Int32Array;
    readonly numbers: Int32Array;
  } | null;
};

export type Numbers = Float32Array | Float64Array | Int32Array;

/** Values of one quantity: row-major over its dimensions; where there are draws, those of an element side by side. */
export type Variable = {
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly values: Numbers;
};

/** A latent, or a quantity of the `generated` block. `predicted`: a prediction, or what depends on one. */
export type Quantity = Variable & { readonly predicted: boolean };

/** Quantities of so many draws, which are those with these places among all draws; null: all of them. */
export type AtSomeDraws<T> = {
  readonly count: number;
  readonly places: Int32Array | null;
  readonly variables: readonly T[];
};

/** What is only wanted where a format has a place for it. */
export type Further = {
  /** Log density of every observation; NaN where there is none. */
  readonly logLikelihood: AtSomeDraws<Variable>;
  /** Generated quantities that `quantities` lacks, as there are too many numbers of them for all draws. */
  readonly generated: AtSomeDraws<Quantity>;
  /** Observed variables anew, given posterior draws; NaN where the model does not observe them. Of the same draws as predictions. */
  readonly replicated: AtSomeDraws<Variable>;
  /** Independent draws from the prior: latents, generated quantities and data; null where the prior cannot be drawn from. */
  readonly prior: AtSomeDraws<Quantity> | null;
  /** Missing values are NaN. */
  readonly observedData: readonly Variable[];
  readonly constantData: readonly Variable[];
};

/** Facts of the run, for headers and attributes. */
export type Facts = {
  /** The name of the model, that of its file. */
  readonly model: string;
  readonly version: string;
  readonly seed: number;
  /** When the run began, ISO 8601, in UTC. */
  readonly started: string;
  readonly seconds: number;
  readonly method: string;
  readonly device: string;
  readonly logEvidence: number | null;
  readonly logEvidenceError: number | null;
  /** The model's own parameters, which are learned as points and have no draws. */
  readonly learned: Readonly<Record<string, number | readonly number[]>>;
};

/**
 * Draws from a posterior, in the order of `draws.csv`: those of one final set of particles stand together. The draws of all
 * chains follow one another; a chain is a part of them, of the same length as the others.
 */
export type PosteriorDataSet = {
  readonly facts: Facts;
  readonly draws: number;
  readonly chains: number;
  /** From which final set each draw is, from 1 on. */
  readonly sets: Int32Array;
  /** Log joint density of latents and data at each draw, all constants included, on the scale of the model's types. */
  readonly logJoint: Float64Array;
  /** Latents in the model's order, then generated quantities. */
  readonly quantities: readonly Quantity[];
  /** Dimensions that are plates. */
  readonly plates: readonly Dimension[];
  readonly further: Further | null;
};

/** What the place along a dimension is called, after the places that it implies: "AZ", "3", or "AZ,2" of rows in a plate. */
function indicesOf({ labels, within }: Dimension, place: number): readonly string[] {
  if (within === null) return [labels?.[place] ?? String(place + 1)];
  const own = labels?.[place] ?? String(within.numbers[place] ?? NaN);
  return [...indicesOf(within.dimension, within.places[place] ?? 0), own];
}

/** Names of a variable's elements, as in `draws.csv`: `z[3,7]`, `mu[AZ]`; of a scalar its bare name. */
export function namesOfElements({ name, dimensions }: Variable): readonly string[] {
  let names: readonly (readonly string[])[] = [[]];
  for (const dimension of dimensions) {
    const indices = Array.from({ length: dimension.length }, (_, i) => indicesOf(dimension, i));
    names = names.flatMap((prefix) => indices.map((own) => [...prefix, ...own]));
  }
  return names.map((indices) => (indices.length === 0 ? name : `${name}[${indices.join(",")}]`));
}

/** The number of elements of a variable. */
export const elementsOf = ({ dimensions }: Variable): number =>
  dimensions.reduce((product, { length }) => product * length, 1);
