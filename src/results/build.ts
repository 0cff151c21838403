// Puts together what a run has found as a posterior data set.
import type {
  AtSomeDraws,
  Facts,
  Further,
  Numbers,
  PosteriorDataSet,
  Quantity,
  Variable,
} from "./data-set.js";
import { Dimensions } from "./dimensions.js";
import type { CompiledModel } from "../compiled.js";
import type { DrawnValues, PosteriorDraws } from "../inference/draws.js";
import { thinned, type AtDraws } from "../inference/predict.js";
import type { PriorDraws } from "../inference/prior-draws.js";
import type { Replicated } from "../inference/replicate.js";
import { countedAxes } from "../ir/axis.js";
import { BUFFERS, type DataInterface } from "../ir/interface.js";
import type { BoundData } from "../runtime/data.js";

export type Findings = {
  readonly model: CompiledModel;
  readonly data: BoundData;
  readonly facts: Facts;
  readonly chains: number;
  readonly draws: PosteriorDraws;
  readonly logJoint: Float64Array;
  /** Those generated quantities that there are for every draw. */
  readonly generated: ReadonlyMap<string, DrawnValues>;
  /** What the draws say of the data, and draws from the prior; null where the format has no place for them. */
  readonly further: {
    readonly atData: AtDraws;
    /** At the same draws as `atData`. */
    readonly replicated: Replicated;
    readonly prior: PriorDraws | null;
  } | null;
};

/** The posterior data set of a run. The number of chains divides the number of draws. */
export function buildDataSet(found: Findings): PosteriorDataSet {
  const { model, data, draws, generated } = found;
  const dimensions = new Dimensions(data.sizes);
  const isDrawn = new Map(model.interface.generated.map(({ name, drawn }) => [name, drawn]));
  const quantity = ([name, values]: readonly [string, DrawnValues]): Quantity => ({
    ...variable(dimensions, name, values, draws.count),
    predicted: isDrawn.get(name) === true,
  });
  return {
    facts: found.facts,
    draws: draws.count,
    chains: found.chains,
    sets: Int32Array.from(draws.perSet.flatMap((n, set) => Array<number>(n).fill(set + 1))),
    logJoint: found.logJoint,
    quantities: [...draws.latents, ...generated].map(quantity),
    plates: model.interface.plates.map(({ name }) => dimensions.plate(name)),
    further: found.further === null ? null : further(found, found.further, dimensions),
  };
}

function variable(
  dimensions: Dimensions,
  name: string,
  { axes, values }: DrawnValues,
  count: number,
): Variable {
  const own = countedAxes(axes);
  const plates = own.filter(({ role }) => role === "plate").map((axis) => axis.name);
  const event = own.find(({ role }) => role === "event")?.name ?? null;
  return dimensions.arranged({ name, plates, event, values }, count);
}

function further(
  { model, data, draws, generated }: Findings,
  { atData, replicated, prior }: NonNullable<Findings["further"]>,
  dimensions: Dimensions,
): Further {
  const { count } = atData;
  const places = count === draws.count ? null : thinned(draws.count, count);
  const observed = new Set(model.interface.observations.map(({ name }) => name));
  const isObserved = (item: DataInterface): boolean => item.observed || observed.has(item.name);
  const items = model.interface.data;
  const asVariable = (item: DataInterface): Variable => dataVariable(item, model, data, dimensions);
  const isDrawn = new Map(model.interface.generated.map(({ name, drawn }) => [name, drawn]));
  const rest = [...atData.generated].filter(([name]) => !generated.has(name));
  return {
    logLikelihood: {
      count,
      places,
      variables: [...atData.observations].map(([name, { axes, values, counted }]) => {
        const where = values.map((x, i) => (counted[Math.floor(i / count)] === 0 ? NaN : x));
        return variable(dimensions, name, { axes, values: where }, count);
      }),
    },
    generated: {
      count,
      places,
      variables: rest.map(([name, values]) => ({
        ...variable(dimensions, name, values, count),
        predicted: isDrawn.get(name) === true,
      })),
    },
    replicated: {
      count,
      places,
      variables: [...replicated.data].map(([name, values]) => variable(dimensions, name, values, count)),
    },
    prior: prior === null ? null : priorQuantities(prior, isDrawn, dimensions),
    observedData: items.filter(isObserved).map(asVariable),
    constantData: items.filter((item) => !isObserved(item)).map(asVariable),
  };
}

function priorQuantities(
  { count, latents, generated, data }: PriorDraws,
  isDrawn: ReadonlyMap<string, boolean>,
  dimensions: Dimensions,
): AtSomeDraws<Quantity> {
  const quantity = ([name, values]: readonly [string, DrawnValues]): Quantity => ({
    ...variable(dimensions, name, values, count),
    predicted: data.has(name) || isDrawn.get(name) === true,
  });
  return { count, places: null, variables: [...latents, ...generated, ...data].map(quantity) };
}

/** Data as it was given: what is missing is NaN; ints are ints where none is missing and all have room. */
function dataVariable(
  item: DataInterface,
  model: CompiledModel,
  { arrays }: BoundData,
  dimensions: Dimensions,
): Variable {
  const stored = arrays.get(item.name) ?? new Float64Array();
  const there = arrays.get(BUFFERS.observed(item.name));
  const given = there === undefined ? stored : stored.map((x, i) => (there[i] === 0 ? NaN : x));
  const whole = item.base === "int" && given.every((x) => x === (x | 0));
  const values: Numbers = whole ? Int32Array.from(given) : given;
  const plates = model.interface.plates.map(({ name }) => name).filter((name) => item.plates.includes(name));
  return dimensions.arranged({ name: item.name, plates, event: item.event, values }, 1);
}
