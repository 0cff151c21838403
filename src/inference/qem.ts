// Massively parallel expectation maximisation: the guide is fitted to moving averages of the posterior means of its
// families' sufficient statistics, which the program itself keeps and fits to (src/ir/lower/update.ts).
import { giveCorrelations } from "./correlations.js";
import type { Course } from "./course.js";
import { InferenceError, notFitted } from "./errors.js";
import { fitGuide, type GuideParameters } from "./guide.js";
import { output, type Inputs } from "./layout.js";
import type { FitOptions, Method, Outputs, SavedArrays } from "./method.js";
import { runningMoments, takeRunning, type LatentMoments } from "./moments.js";
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
  readonly pace = QEM_PACE;
  private readonly parameters: GuideParameters;
  /** Running moments that the program keeps and feeds back, and the constants of their update, by buffer. */
  private readonly running: ReadonlyMap<string, Float64Array>;
  /** Latents whose moments the program keeps. */
  private readonly moments: readonly LatentMoments[];

  /** `program`: that of the fit, or of its tempered start. */
  constructor(
    private readonly options: FitOptions,
    readonly program: "qem" | "start" = "qem",
  ) {
    const { moments, correlated, start } = options;
    this.parameters = start.parameters;
    this.moments = moments.filter(({ group }) => !correlated.some(({ name }) => name === group));
    this.running = new Map([
      ...this.moments.flatMap((each) => [...runningMoments(each, start.given.has(each.guide.latent))]),
      [BUFFERS.begins, Float64Array.of(1)],
    ]);
  }

  readonly inputs: Inputs = (name) => {
    if (name === BUFFERS.stratified) return [Number(this.options.stratified)];
    if (name === BUFFERS.averagingWeight) return [SEARCH_WEIGHT];
    return this.running.get(name) ?? this.parameters.get(name);
  };

  /** Groups that are one normal are fitted on the host: a factorisation for every element. */
  get updatesOnHost(): boolean {
    return this.options.correlated.length > 0;
  }

  changes(step: number): ReadonlyMap<string, ArrayLike<number>> {
    const members = this.options.correlated.flatMap((group) => group.moments);
    const names = [
      ...members.flatMap(({ guide }) => guide.parameters.map((p) => BUFFERS.guide(guide.latent, p.name))),
      ...this.options.correlated.map((group) => BUFFERS.correlations(group.name)),
    ];
    const values = names.map((name) => [name, output(this.parameters, name)] as const);
    return new Map([[BUFFERS.averagingWeight, Float64Array.of(step)], ...values]);
  }

  step(course: Course, ahead = 0): number {
    const { settledFor } = course;
    return averagingWeight(this.options.averagingWeight, settledFor === null ? null : settledFor + ahead);
  }

  parameterStep(step: number): number {
    return (step / SEARCH_WEIGHT) * PARAMETER_STEP;
  }

  async update(outputs: Outputs, step: number): Promise<ReadonlyMap<string, number>> {
    const { moments, correlated, particles, stratified, fit, data } = this.options;
    const nonFinite = new Map<string, number>();
    if (correlated.length === 0) return nonFinite;
    for (const group of correlated) {
      const count = particles.get(group.name) ?? 1;
      const elements = group.update(outputs, { weight: step, particles: count, stratified });
      if (elements > 0) nonFinite.set(group.name, elements);
    }
    const members = correlated.flatMap((group) => group.moments);
    const kept = await fitGuide(fit, moments, this.parameters, data, members);
    for (const [latent, elements] of kept) nonFinite.set(latent, (nonFinite.get(latent) ?? 0) + elements);
    giveCorrelations(correlated, this.parameters);
    return nonFinite;
  }

  take(state: SavedArrays): ReadonlyMap<string, number> {
    for (const [name, values] of state) (this.running.get(name) ?? output(this.parameters, name)).set(values);
    for (const moments of this.moments) takeRunning(moments, this.running);
    return new Map(
      this.moments.map(({ guide: { latent } }) => [
        latent,
        output(this.running, BUFFERS.nonFinite(latent)).reduce((sum, n) => sum + n, 0),
      ]),
    );
  }

  save(): SavedArrays {
    return new Map([...this.running, ...this.options.correlated.flatMap((group) => group.arrays)]);
  }

  restore(saved: SavedArrays): void {
    for (const [name, array] of this.save()) array.set(saved.get(name) ?? array);
  }
}
