// The model's own parameters: learned as points, by Adam along the gradient of the log evidence, whatever the method.
import { Adam, type Betas } from "./adam.js";
import { InferenceError, parameterOutside } from "./errors.js";
import type { GuideParameters } from "./guide.js";
import { output } from "./layout.js";
import type { Outputs, SavedArrays } from "./method.js";
import { Bug } from "../diagnostic.js";
import { BUFFERS, type ModelInterface, type ParameterInterface } from "../ir/interface.js";

type Bounds = Pick<ParameterInterface, "lower" | "upper">;

/** The unconstrained number for a value between bounds: log of the distance from one, log odds between two. */
export function unbounded({ lower, upper }: Bounds, x: number): number {
  if (lower !== null && upper !== null) return Math.log((x - lower) / (upper - x));
  if (lower !== null) return Math.log(x - lower);
  return upper === null ? x : -Math.log(upper - x);
}

/** The inverse of `unbounded`, and its derivative. */
export function bounded(
  { lower, upper }: Bounds,
  u: number,
): { readonly value: number; readonly slope: number } {
  if (lower !== null && upper !== null) {
    const p = 1 / (1 + Math.exp(-u));
    return { value: lower + (upper - lower) * p, slope: (upper - lower) * p * (1 - p) };
  }
  const e = Math.exp(lower === null ? -u : u);
  if (lower !== null) return { value: lower + e, slope: e };
  return upper === null ? { value: u, slope: 1 } : { value: upper - e, slope: e };
}

/** The parameters of a model, their values being those in `parameters`, which are changed in place. */
export class PointParameters {
  private readonly learned: readonly {
    readonly parameter: ParameterInterface;
    readonly values: Float64Array;
    readonly adam: Adam;
  }[];

  constructor(model: ModelInterface, parameters: GuideParameters, betas: Betas) {
    this.learned = model.parameters.map((parameter) => {
      const values = parameters.get(BUFFERS.parameter(parameter.name));
      if (values === undefined) throw new Bug(`the parameter '${parameter.name}' has no value`);
      if (!values.every((x) => Number.isFinite(unbounded(parameter, x))))
        throw new InferenceError(parameterOutside(parameter.name));
      return { parameter, values, adam: new Adam(values.length, betas) };
    });
  }

  /** Their present values, by the names of their buffers. */
  get values(): SavedArrays {
    return new Map(this.learned.map(({ parameter, values }) => [BUFFERS.parameter(parameter.name), values]));
  }

  /** Ascends. Returns how many elements stayed as they were for want of a finite gradient, by parameter. */
  update(outputs: Outputs, step: number): ReadonlyMap<string, number> {
    const stayed = new Map<string, number>();
    for (const { parameter, values, adam } of this.learned)
      output(outputs, BUFFERS.parameterGradient(parameter.name)).forEach((gradient, i) => {
        const u = unbounded(parameter, values[i] ?? NaN);
        const scaled = gradient * bounded(parameter, u).slope;
        const { value } = Number.isFinite(scaled)
          ? bounded(parameter, u + adam.advance(i, scaled, step))
          : { value: NaN };
        if (Number.isFinite(unbounded(parameter, Math.fround(value)))) values[i] = value;
        else stayed.set(parameter.name, (stayed.get(parameter.name) ?? 0) + 1);
      });
    return stayed;
  }

  /** The optimiser's state, by name. */
  get arrays(): SavedArrays {
    return new Map(
      this.learned.flatMap(({ parameter, adam }) =>
        [...adam.arrays].map(([part, array]) => [`${part} of ${parameter.name}`, array] as const),
      ),
    );
  }

  restore(saved: SavedArrays): void {
    for (const [name, array] of this.arrays) array.set(saved.get(name) ?? array);
  }
}
