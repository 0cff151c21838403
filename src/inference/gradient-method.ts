// Methods that follow gradients of the log evidence estimate with Adam: reweighted wake-sleep and variational inference.
import { Adam, type Betas } from "./adam.js";
import type { Course } from "./course.js";
import { isUsable, type GuideParameters } from "./guide.js";
import { output, type Inputs } from "./layout.js";
import type { Method, Outputs, SavedArrays } from "./method.js";
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
  private readonly learned: readonly Learned[];
  private done = 0;

  constructor(
    readonly program: "rws" | "vi",
    model: ModelInterface,
    private readonly parameters: GuideParameters,
    private readonly steps: Steps,
  ) {
    this.learned = model.guides.flatMap(({ latent, parameters: all }) =>
      all
        .filter((parameter) => parameter.learned)
        .map((parameter) => {
          const values = parameters.get(BUFFERS.guide(latent, parameter.name));
          if (values === undefined) throw new Bug(`'${parameter.name}' of '${latent}' has no first value`);
          return { latent, parameter, values, adam: new Adam(values.length, steps.betas) };
        }),
    );
  }

  readonly inputs: Inputs = (name) => this.parameters.get(name);

  step(course: Course): number {
    return stepAfter(this.steps, this.done, course.phase === "settle");
  }

  parameterStep(step: number): number {
    return step;
  }

  update(outputs: Outputs, step: number): Promise<ReadonlyMap<string, number>> {
    const unusable = new Map<string, number>();
    for (const { latent, parameter, values, adam } of this.learned) {
      const gradients = output(outputs, BUFFERS.gradient(this.program, latent, parameter.name));
      const sign = this.program === "rws" ? -1 : 1;
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
    this.done++;
    return Promise.resolve(unusable);
  }

  save(): SavedArrays {
    return new Map([...this.arrays(), ["done", Float64Array.of(this.done)]]);
  }

  restore(saved: SavedArrays): void {
    this.done = saved.get("done")?.[0] ?? 0;
    for (const [name, array] of this.arrays()) array.set(saved.get(name) ?? array);
  }

  private arrays(): [string, Float64Array][] {
    return this.learned.flatMap(({ latent, parameter, adam }) =>
      [...adam.arrays].map(([part, array]): [string, Float64Array] => [
        `${part}.${latent}.${parameter.name}`,
        array,
      ]),
    );
  }
}
