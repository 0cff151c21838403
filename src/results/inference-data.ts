// A posterior data set as ArviZ's InferenceData: groups of variables over `chain`, `draw` and named dimensions.
// Source: https://python.arviz.org/en/latest/schema/schema.html (InferenceData schema specification).
import { Bug, DiagnosticError } from "../diagnostic.js";
import type { AtSomeDraws, Dimension, PosteriorDataSet, Quantity, Variable } from "./data-set.js";
import { nameTaken } from "./errors.js";

/** Values over named dimensions, row-major; of draws, those of an element side by side, as in the data set. */
export type GroupVariable = Variable & {
  /** Chains, and draws in each, that are dimensions before the others; null for data. */
  readonly sample: { readonly chains: number; readonly draws: number } | null;
};
/** What the places along dimensions are called. An index is named as its dimension. */
export type Coordinate = {
  readonly name: string;
  readonly dimension: string;
  readonly values: Int32Array | readonly string[];
};
export type Attributes = Readonly<Record<string, string | number>>;
export type InferenceGroup = {
  readonly name: string;
  readonly variables: readonly GroupVariable[];
  readonly coordinates: readonly Coordinate[];
  readonly attributes: Attributes;
};

/** Groups that have variables, in the schema's order. Throws a DiagnosticError where two things of a group have one name. */
export function inferenceData(set: PosteriorDataSet): readonly InferenceGroup[] {
  const all = { count: set.draws, places: null };
  const own = (predicted: boolean): AtSomeDraws<Quantity> => ({
    ...all,
    variables: set.quantities.filter((q) => q.predicted === predicted),
  });
  const { further } = set;
  const late = further?.generated ?? { ...all, variables: [] };
  const lateOnes = (predicted: boolean): AtSomeDraws<Quantity> => ({
    ...late,
    variables: late.variables.filter((q) => q.predicted === predicted),
  });
  // Predictions are of as many draws as replicated data: of all, or of those that there was room for.
  const predictions = own(true).variables.length > 0 ? own(true) : lateOnes(true);
  const replicated = further?.replicated ?? { ...predictions, variables: [] };
  if (predictions.variables.length > 0 && replicated.count !== predictions.count)
    throw new Bug(`${predictions.count} draws of predictions, ${replicated.count} of replicated data`);
  const fromPrior = (predicted: boolean): InferenceGroup | null => {
    if (!further?.prior) return null;
    const variables = further.prior.variables.filter((q) => q.predicted === predicted);
    return sampled({ ...set, chains: 1 }, predicted ? "prior_predictive" : "prior", {
      ...further.prior,
      variables,
    });
  };
  const groups: readonly (InferenceGroup | null)[] = [
    sampled(set, "posterior", own(false), {
      sampling_time: set.facts.seconds,
      tuning_steps: 0,
      ...evidence(set),
    }),
    sampled(set, "posterior_predictive", {
      ...replicated,
      variables: [...predictions.variables, ...replicated.variables],
    }),
    further && sampled(set, "log_likelihood", further.logLikelihood),
    sampled(set, "sample_stats", {
      ...all,
      variables: [
        { name: "lp", dimensions: [], values: set.logJoint },
        { name: "set", dimensions: [], values: set.sets },
      ],
    }),
    sampled(set, "generated_quantities", lateOnes(false)),
    fromPrior(false),
    fromPrior(true),
    further && constant(set, "observed_data", further.observedData),
    further && constant(set, "constant_data", further.constantData),
  ];
  return groups.filter((group) => group !== null && group.variables.length > 0) as InferenceGroup[];
}

/** Where draws are fewer than all they are one chain, whose `draw` is the place among all. */
function sampled(
  set: PosteriorDataSet,
  name: string,
  { count, places, variables }: AtSomeDraws<Variable>,
  further: Attributes = {},
): InferenceGroup {
  const chains = places === null ? set.chains : 1;
  const draws = count / chains;
  const sample = { chains, draws };
  const numbered = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);
  return group(
    name,
    variables.map((variable) => ({ ...variable, sample })),
    [
      { name: "chain", dimension: "chain", values: numbered(chains) },
      { name: "draw", dimension: "draw", values: places ?? numbered(draws) },
    ],
    { ...attributes(set), ...further },
  );
}

const constant = (set: PosteriorDataSet, name: string, variables: readonly Variable[]): InferenceGroup =>
  group(
    name,
    variables.map((variable) => ({ ...variable, sample: null })),
    [],
    attributes(set),
  );

function group(
  name: string,
  variables: readonly GroupVariable[],
  leading: readonly Coordinate[],
  attributes: Attributes,
): InferenceGroup {
  const dimensions = new Map(variables.flatMap((v) => v.dimensions).map((d) => [d.name, d] as const));
  const coordinates = [...leading, ...[...dimensions.values()].flatMap(coordinatesOf)];
  const taken = new Set(coordinates.map((coordinate) => coordinate.name));
  const twice =
    variables.find((v) => taken.has(v.name)) ??
    coordinates.find((c, i) => coordinates.findIndex((d) => d.name === c.name) !== i);
  if (twice !== undefined) throw new DiagnosticError([nameTaken(twice.name)]);
  return { name, variables, coordinates, attributes };
}

/**
 * The index of a dimension; of rows that belong to elements of an outer plate also what each belongs to
 * (`counties_of_houses`) and its number there (`number_in_counties`), by their names and those of the plates above.
 */
function coordinatesOf(dimension: Dimension): readonly Coordinate[] {
  const { name, within } = dimension;
  const further: Coordinate[] = [];
  let places: Int32Array = Int32Array.from({ length: dimension.length }, (_, i) => i);
  if (within !== null)
    further.push({ name: `${name}_in_${within.dimension.name}`, dimension: name, values: within.numbers });
  for (let up = within; up !== null; up = up.dimension.within) {
    const outer = up;
    places = places.map((place) => outer.places[place] ?? 0);
    const index = indexOf(up.dimension);
    const values =
      index instanceof Int32Array
        ? places.map((place) => index[place] ?? 0)
        : Array.from(places, (place) => index[place] ?? "");
    further.push({ name: `${up.dimension.name}_of_${name}`, dimension: name, values });
  }
  return [{ name, dimension: name, values: indexOf(dimension) }, ...further];
}

/** Places are counted from 1, as in `draws.csv`. */
const indexOf = ({ labels, length }: Dimension): Int32Array | readonly string[] =>
  labels ?? Int32Array.from({ length }, (_, i) => i + 1);

const evidence = ({ facts }: PosteriorDataSet): Attributes => ({
  ...(facts.logEvidence === null ? {} : { log_evidence: facts.logEvidence }),
  ...(facts.logEvidenceError === null ? {} : { log_evidence_mcse: facts.logEvidenceError }),
  ...(Object.keys(facts.learned).length === 0 ? {} : { learned_parameters: JSON.stringify(facts.learned) }),
  draws_note:
    "Independent sets of weighted particles, not a Markov chain: draws of one set stand together and share its particles.",
});

const attributes = ({ facts }: PosteriorDataSet): Attributes => ({
  created_at: facts.started,
  creation_library: "mppc",
  creation_library_version: facts.version,
  creation_library_language: "TypeScript",
  inference_library: "mppc",
  inference_library_version: facts.version,
  inference_method: facts.method,
  model: facts.model,
  seed: facts.seed,
});

/** The number of values of each element. */
export const drawsOf = ({ sample }: GroupVariable): number =>
  sample === null ? 1 : sample.chains * sample.draws;

/** Names and lengths of all dimensions of a variable, in its order: chain, draw, then its own. */
export function shapeOf({ sample, dimensions }: GroupVariable): readonly { name: string; length: number }[] {
  const own = dimensions.map(({ name, length }) => ({ name, length }));
  if (sample === null) return own;
  return [{ name: "chain", length: sample.chains }, { name: "draw", length: sample.draws }, ...own];
}
