// Massively parallel expectation maximisation: the guide is fitted to moving averages of the posterior means of its
// families' sufficient statistics.
import { giveCorrelations } from "./correlations.js";
import type { Course } from "./course.js";
import { InferenceError, notFitted } from "./errors.js";
import { fitGuide, type GuideParameters } from "./guide.js";
import { type Inputs } from "./layout.js";
import type { FitOptions, Method, Outputs, SavedArrays } from "./method.js";
import { centre, update, type LatentMoments } from "./moments.js";
import { averagingWeight, QEM_PACE, SEARCH_WEIGHT } from "./schedule.js";
import { BUFFERS, type ModelInterface } from "../ir/interface.js";

/** Adam's step of the model's parameters in the search; in the settling it falls with the weight of an iteration. */
const PARAMETER_STEP = 0.05;

/** Throws an InferenceError where the guide has learned parameters that moments do not fit. */
export function refuseUnfitted(model: ModelInterface): void {
  for (const { latent, family, parameters } of model.guides) {
    const unfitted = parameters.filter((p) => p.learned && !p.fitted);
    if (unfitted.length > 0)
      throw new InferenceError(
        notFitted(
          latent,
          family,
          unfitted.map((p) => p.name),
        ),
      );
  }
}

export class Qem implements Method {
  readonly program = "qem";
  readonly pace = QEM_PACE;
  private readonly parameters: GuideParameters;
  /** Whose centre a buffer is. */
  private readonly centres: ReadonlyMap<string, { readonly moments: LatentMoments; readonly i: number }>;
  private started = false;

  constructor(private readonly options: FitOptions) {
    this.parameters = options.start.parameters;
    this.centres = new Map(
      options.moments.flatMap((moments) =>
        moments.raw.map((_, i) => [BUFFERS.centre(moments.guide.latent, i), { moments, i }] as const),
      ),
    );
  }

  readonly inputs: Inputs = (name) => {
    const of = this.centres.get(name);
    return of === undefined ? this.parameters.get(name) : centre(of.moments, of.i);
  };

  step(course: Course): number {
    return averagingWeight(this.options.averagingWeight, course.settledFor);
  }

  parameterStep(step: number): number {
    return (step / SEARCH_WEIGHT) * PARAMETER_STEP;
  }

  async update(outputs: Outputs, step: number): Promise<ReadonlyMap<string, number>> {
    const { moments: all, correlated, particles, stratified, start, fit, data } = this.options;
    const nonFinite = new Map<string, number>();
    const count = (latent: string, elements: number): void =>
      void nonFinite.set(latent, (nonFinite.get(latent) ?? 0) + elements);
    for (const group of correlated) {
      const count = particles.get(group.name) ?? 1;
      const elements = group.update(outputs, { weight: step, particles: count, stratified });
      if (elements > 0) nonFinite.set(group.name, elements);
    }
    for (const moments of all) {
      const { latent } = moments.guide;
      if (correlated.some((group) => group.name === moments.group)) continue;
      const { nonFiniteElements } = update(moments, outputs, {
        weight: step,
        particles: particles.get(moments.group) ?? 1,
        stratified,
        startFromGuide: !this.started && start.given.has(latent),
      });
      count(latent, nonFiniteElements);
    }
    this.started = true;
    const kept = await fitGuide(fit, all, this.parameters, data);
    for (const [latent, elements] of kept) count(latent, elements);
    giveCorrelations(correlated, this.parameters);
    return nonFinite;
  }

  save(): SavedArrays {
    return new Map([...this.arrays(), ["started", Float64Array.of(this.started ? 1 : 0)]]);
  }

  restore(saved: SavedArrays): void {
    this.started = saved.get("started")?.[0] === 1;
    for (const { guide, firstVariance, raw } of this.options.moments)
      guide.squareOf.forEach((base, j) => {
        const length = raw[j]?.length ?? 0;
        if (base !== null && !firstVariance.has(j)) firstVariance.set(j, new Float64Array(length));
      });
    for (const [name, array] of this.arrays()) array.set(saved.get(name) ?? array);
  }

  /** The moving averages themselves, by name. */
  private arrays(): (readonly [string, Float64Array])[] {
    const groups = this.options.correlated.flatMap((group) => group.arrays);
    const latents = this.options.moments.flatMap(
      ({ guide: { latent }, raw, noise, firstVariance }): [string, Float64Array][] => [
        ...raw.map((values, i): [string, Float64Array] => [`moment.${latent}.${i}`, values]),
        ...[...firstVariance].map(([i, v]): [string, Float64Array] => [`first_variance.${latent}.${i}`, v]),
        [`noise.${latent}`, noise],
      ],
    );
    return [...groups, ...latents];
  }
}
