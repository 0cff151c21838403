// Methods that follow gradients of the log evidence estimate with Adam: reweighted wake-sleep and variational inference.
import { Adam, type Betas } from "./adam.js";
import { giveCorrelations } from "./correlations.js";
import type { Course } from "./course.js";
import { GroupAscent } from "./group-ascent.js";
import { fitGuide, isUsable, type GuideParameters } from "./guide.js";
import { output, type Inputs } from "./layout.js";
import type { FitOptions, Method, Outputs, SavedArrays } from "./method.js";
import { GRADIENT_PACE } from "./schedule.js";
import { toParameter, toUnconstrained } from "./transforms.js";
import { Bug } from "../diagnostic.js";
import { BUFFERS, type GuideParameterInterface, type ModelInterface } from "../ir/interface.js";

/** How far Adam moves, and when it moves less. */
export type Steps = {
  readonly step: number;
  /** Iterations after which the step is a tenth of what it was; null: once, when the evidence has stopped rising. */
  readonly decayAt: readonly number[] | null;
  readonly betas: Betas;
};

/** A learned parameter of the guide, its values and the optimiser's state. */
type Learned = {
  readonly latent: string;
  readonly parameter: GuideParameterInterface;
  readonly values: Float64Array;
  readonly adam: Adam;
};

/** Adam's step after `done` iterations. */
export function stepAfter({ step, decayAt }: Steps, done: number, settling: boolean): number {
  const decays = decayAt === null ? Number(settling) : decayAt.filter((at) => at <= done).length;
  return step * 10 ** -decays;
}

/**
 * `rws`: ascends the mean of log Q under the posterior weights, particles held fixed; as Q stands in the denominator of
 * the evidence estimate, that is the negative of its derivative. `vi`: ascends the log evidence estimate along the draws.
 */
export class GradientMethod implements Method {
  readonly pace = GRADIENT_PACE;
  private readonly parameters: GuideParameters;
  private readonly learned: readonly Learned[];
  private readonly groups: readonly GroupAscent[];
  private done = 0;

  constructor(
    readonly program: "rws" | "vi",
    model: ModelInterface,
    private readonly options: FitOptions,
    private readonly steps: Steps,
  ) {
    this.parameters = options.start.parameters;
    this.groups = options.correlated.map((group) => new GroupAscent(program, group, steps.betas));
    const correlated = model.groups.flatMap((group) => (group.correlated === null ? [] : group.latents));
    const alone = model.guides.filter(({ latent }) => !correlated.includes(latent));
    this.learned = alone.flatMap(({ latent, parameters: all }) =>
      all
        .filter((parameter) => parameter.learned)
        .map((parameter) => {
          const values = this.parameters.get(BUFFERS.guide(latent, parameter.name));
          if (values === undefined) throw new Bug(`'${parameter.name}' of '${latent}' has no first value`);
          return { latent, parameter, values, adam: new Adam(values.length, steps.betas) };
        }),
    );
  }

  readonly inputs: Inputs = (name) => this.parameters.get(name);

  /** Adam runs on the host. */
  readonly updatesOnHost = true;

  changes(): ReadonlyMap<string, Float64Array> {
    return this.parameters;
  }

  take(): ReadonlyMap<string, number> {
    return new Map();
  }

  step(course: Course): number {
    return stepAfter(this.steps, this.done, course.phase === "settle");
  }

  parameterStep(step: number): number {
    return step;
  }

  async update(outputs: Outputs, step: number): Promise<ReadonlyMap<string, number>> {
    const sign = this.program === "rws" ? -1 : 1;
    const unusable = new Map<string, number>();
    for (const { latent, parameter, values, adam } of this.learned) {
      const gradients = output(outputs, BUFFERS.gradient(this.program, latent, parameter.name));
      let count = 0;
      gradients.forEach((gradient, i) => {
        const old = values[i] ?? NaN;
        if (!Number.isFinite(gradient)) count++;
        else {
          const moved = toUnconstrained(parameter.scale, old) + adam.advance(i, sign * gradient, step);
          const value = toParameter(parameter.scale, moved);
          if (isUsable(parameter, value)) values[i] = value;
          else count++;
        }
      });
      unusable.set(latent, (unusable.get(latent) ?? 0) + count);
    }
    for (const ascent of this.groups) unusable.set(ascent.group.name, ascent.update(outputs, sign, step));
    await this.fitGroups(unusable);
    this.done++;
    return unusable;
  }

  /** The parameters of correlated groups, by the fits of their latents' families. */
  private async fitGroups(unusable: Map<string, number>): Promise<void> {
    if (this.groups.length === 0) return;
    const { fit, moments, correlated, data } = this.options;
    const members = correlated.flatMap((group) => group.moments);
    for (const [latent, kept] of await fitGuide(fit, moments, this.parameters, data, members))
      unusable.set(latent, (unusable.get(latent) ?? 0) + kept);
    giveCorrelations(correlated, this.parameters);
  }

  save(): SavedArrays {
    return new Map([...this.arrays(), ["done", Float64Array.of(this.done)]]);
  }

  restore(saved: SavedArrays): void {
    this.done = saved.get("done")?.[0] ?? 0;
    for (const [name, array] of this.arrays()) array.set(saved.get(name) ?? array);
  }

  private arrays(): (readonly [string, Float64Array])[] {
    const alone = this.learned.flatMap(({ latent, parameter, adam }) =>
      [...adam.arrays].map(([part, array]) => [`${part}.${latent}.${parameter.name}`, array] as const),
    );
    return [...alone, ...this.groups.flatMap((group) => group.arrays)];
  }
}
