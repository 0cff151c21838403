// What posterior draws say of data, new or old: its log density at each of them, and generated quantities.
import type { DrawnValues, PosteriorDraws } from "./draws.js";
import { axesOfDraw, elementCount, output, writeInputs, type Inputs } from "./layout.js";
import { programOf, type InferenceData } from "./run.js";
import type { CompiledModel, CompiledProgram } from "../compiled.js";
import { countedAxes, ExtendedSizes, sizeOf, volume, type Axis, type Sizes } from "../ir/axis.js";
import { BUFFERS, DRAW_AXIS } from "../ir/interface.js";
import type { Device } from "../runtime/device.js";
import { createReferenceDevice } from "../runtime/reference.js";

export type PredictionContext = {
  readonly model: CompiledModel;
  /** What is predicted: the lengths of its axes, and its arrays. */
  readonly data: InferenceData;
  readonly device: Device;
  readonly seed: number;
  /**
   * Which elements of each plate the draws are of; of plates that are not here all, in their order. Latents of others are
   * drawn from the model given the draws of their parents.
   */
  readonly known: ReadonlyMap<string, KnownElements>;
  /** The first step whose observations count, by the plates of series; those of the steps before are not predicted. */
  readonly countedFrom: ReadonlyMap<string, number>;
};

/** Of each element of a plate its place among the `of` elements that draws are of; -1 for those that they do not know. */
export type KnownElements = { readonly of: number; readonly places: Int32Array };

/** The first `known` of `length` elements are those of the draws, in their order; there are no others. */
export const firstKnown = (known: number, length: number): KnownElements => ({
  of: known,
  places: Int32Array.from({ length }, (_, i) => (i < known ? i : -1)),
});

/** Predicts the data that the posterior was inferred from: every element is known, and every step counts. */
export const atOwnData = <Run extends Pick<PredictionContext, "data">>(
  run: Run,
): Run & Pick<PredictionContext, "known" | "countedFrom"> => ({
  ...run,
  known: new Map(),
  countedFrom: new Map(),
});

/** Quantities at every draw; of observations and generated quantities by their names. */
export type AtDraws = {
  readonly count: number;
  readonly perSet: readonly number[];
  /** Log density of all observations together. */
  readonly logLikelihood: Float64Array;
  readonly observations: ReadonlyMap<string, DrawnValues & { readonly counted: Float64Array }>;
  readonly generated: ReadonlyMap<string, DrawnValues>;
};

/** Numbers that all results together may have; beyond that they are of fewer draws. */
const MOST_KEPT = 2 ** 26;
/** Numbers that one launch may give. */
const MOST_PER_RUN = 2 ** 22;
/** Iteration numbers apart from those of fit and final pass: of the random numbers of predictions. */
const PREDICT_ITERATIONS = 0x50000000;

/** Runs the program `predict` at the draws, or at evenly chosen ones where results for all would be too many. */
export async function atDraws(context: PredictionContext, all: PosteriorDraws): Promise<AtDraws> {
  const { model, data, seed } = context;
  const compiled = programOf(model, "predict");
  // A program without kernels for other devices runs on the host.
  const onHost = Object.keys(compiled.wgsl).length === 0;
  const device = onHost ? createReferenceDevice() : context.device;
  const perDraw = numbersPerDraw(compiled, data.sizes);
  const draws = thin(all, Math.max(1, Math.floor(MOST_KEPT / perDraw)));
  const { count, perSet } = draws;
  const length = drawsPerRun(compiled, data.sizes, count);
  const sizes = new ExtendedSizes(data.sizes, [[DRAW_AXIS, length]]);
  const store = (name: string): DrawnValues => {
    const axes = axesOfDraw(compiled, name) ?? [];
    return { axes, values: new Float32Array(elementCount(axes, sizes) * count) };
  };
  const named = (names: readonly string[], buffer: (name: string) => string): Map<string, DrawnValues> =>
    new Map(names.map((name) => [name, store(buffer(name))]));
  const observed = model.interface.observations.map((o) => o.name);
  const logLikelihoods = named(observed, BUFFERS.logLikelihood);
  const observations = new Map<string, DrawnValues & { readonly counted: Float64Array }>();
  const generated = named(
    model.interface.generated.map((q) => q.name),
    BUFFERS.generated,
  );
  const logLikelihood = new Float64Array(count);
  const loaded = await device.load(compiled, sizes);
  try {
    for (let from = 0, run = 0; from < count; from += length, run++) {
      writeInputs(loaded, compiled, inputsAt(compiled, context, draws, from, length));
      const outputs = await loaded.run({ seed, iteration: PREDICT_ITERATIONS + run, drawsFrom: "iid" });
      const wanted = Math.min(length, count - from);
      const take = ({ values }: DrawnValues, found: Float64Array): void => {
        for (let e = 0; e * length < found.length; e++)
          values.set(found.subarray(e * length, e * length + wanted), e * count + from);
      };
      for (const [name, values] of logLikelihoods) {
        take(values, output(outputs, BUFFERS.logLikelihood(name)));
        observations.set(name, { ...values, counted: output(outputs, BUFFERS.counted(name)) });
      }
      for (const [name, values] of generated) take(values, output(outputs, BUFFERS.generated(name)));
      logLikelihood.set(output(outputs, BUFFERS.totalLogLikelihood).subarray(0, wanted), from);
    }
  } finally {
    loaded.dispose();
  }
  return { count, perSet, logLikelihood, observations, generated };
}

/** Numbers that the tables of a program have for each draw. */
function numbersPerDraw({ program }: CompiledProgram, data: Sizes): number {
  const sizes = new ExtendedSizes(data, [[DRAW_AXIS, 1]]);
  const numbers = program.buffers
    .filter((buffer) => buffer.storage === "table")
    .reduce((sum, buffer) => sum + volume(buffer.axes, sizes), 0);
  return Math.max(1, numbers);
}

/** At how many of `count` draws a program is run at a time. */
export const drawsPerRun = (compiled: CompiledProgram, data: Sizes, count: number): number =>
  Math.max(1, Math.min(count, Math.floor(MOST_PER_RUN / numbersPerDraw(compiled, data))));

/** A program's inputs for `length` draws from the one at `from` on; the last is repeated where there are fewer. */
export function inputsAt(
  compiled: CompiledProgram,
  { model, data, known, countedFrom }: Pick<PredictionContext, "model" | "data" | "known" | "countedFrom">,
  draws: PosteriorDraws,
  from: number,
  length: number,
): Inputs {
  const values = new Map<string, ArrayLike<number>>();
  for (const { name } of model.interface.plates) {
    const { places } = known.get(name) ?? all(data.sizes.get(name) ?? 0);
    values.set(
      BUFFERS.known(name),
      Float64Array.from(places, (place) => (place < 0 ? 0 : 1)),
    );
    values.set(BUFFERS.countedFrom(name), [countedFrom.get(name) ?? 0]);
  }
  for (const [name, learned] of draws.parameters) values.set(BUFFERS.parameter(name), learned);
  for (const [name, drawn] of draws.latents) {
    const element = axesOfDraw(compiled, BUFFERS.draws(name));
    if (element === undefined) continue;
    const places = placesAmongKnown(element, data.sizes, known);
    const input = new Float64Array(places.length * length);
    places.forEach((place, e) => {
      if (place < 0) return;
      for (let i = 0; i < length; i++)
        input[e * length + i] =
          drawn.values[place * draws.count + Math.min(from + i, draws.count - 1)] ?? NaN;
    });
    values.set(BUFFERS.draws(name), input);
  }
  return (name) => values.get(name) ?? data.arrays.get(name);
}

const all = (length: number): KnownElements => firstKnown(length, length);

/**
 * For every element over `axes` at the data's lengths, its place among those that the draws are of; -1 for elements that
 * they do not know.
 */
function placesAmongKnown(
  axes: readonly Axis[],
  sizes: Sizes,
  known: ReadonlyMap<string, KnownElements>,
): Int32Array {
  let places = Int32Array.of(0);
  for (const axis of countedAxes(axes)) {
    const size = sizeOf(axis, sizes);
    const own = known.get(axis.name) ?? all(size);
    const next = new Int32Array(places.length * size);
    places.forEach((place, i) => {
      for (let j = 0; j < size; j++) {
        const at = own.places[j] ?? -1;
        next[i * size + j] = place < 0 || at < 0 ? -1 : place * own.of + at;
      }
    });
    places = next;
  }
  return places;
}

/** Which `most` of `count` draws are chosen where there are too many: evenly. */
export const thinned = (count: number, most: number): Int32Array =>
  Int32Array.from({ length: most }, (_, i) => Math.floor((i * count) / most));

/** At most `most` of the draws, evenly chosen. */
export function thin(draws: PosteriorDraws, most: number): PosteriorDraws {
  const { count } = draws;
  if (count <= most) return draws;
  const chosen = thinned(count, most);
  const setOf = draws.perSet.flatMap((n, s) => Array<number>(n).fill(s));
  const perSet = draws.perSet.map((_, s) => chosen.reduce((n, at) => n + (setOf[at] === s ? 1 : 0), 0));
  const latents = new Map(
    [...draws.latents].map(([name, { axes, values }]) => {
      const kept = new Float32Array((values.length / count) * most);
      for (let e = 0; e * count < values.length; e++)
        chosen.forEach((at, i) => (kept[e * most + i] = values[e * count + at] ?? NaN));
      return [name, { axes, values: kept }] as const;
    }),
  );
  return { ...draws, count: most, perSet, latents };
}
