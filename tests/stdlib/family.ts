// One family at one set of parameters, as functions of numbers: density, draws, statistics, fit, widening.
import { stdGamma, stdUniform, type RandomRun } from "../../src/codegen-js/random.js";
import type { Argument, NamedValues, TypedExpression } from "../../src/typecheck/model.js";
import { evaluateScalar, type Environment, type Value } from "../oracle/evaluate.js";
import type { Parameters } from "./cases.js";
import { distribution } from "./load.js";

export type Family = {
  readonly isDiscrete: boolean;
  /** Infinite where there is no bound. */
  readonly lower: number;
  readonly upper: number;
  readonly logDensity: (y: number) => number;
  /** `elements` times `particles` draws; stratified along the particles if the run says so. */
  readonly draws: (elements: number, particles: number, run: RandomRun) => readonly (readonly number[])[];
  /** log P(Y <= y), log P(Y > y) and the quantile function; null where it has none. */
  readonly cumulative: Readonly<Record<"logCdf" | "logCcdf" | "quantile", (x: number) => number>> | null;
  readonly statistics: (y: number) => readonly number[];
  readonly fit: (moments: readonly number[]) => Parameters;
  readonly widen: (factor: number) => Parameters;
};

function need<T>(item: T | null, what: string): T {
  if (item === null) throw new Error(`the family has no ${what}`);
  return item;
}

export function familyAt(name: string, parameters: Parameters): Family {
  const {
    result,
    logDensity,
    cumulative,
    draw,
    statistics,
    fit,
    widen,
    parameters: declared,
  } = distribution(name);
  const bound = new Map(declared.map((a): [Argument, Value] => [a, parameters[a.name] ?? NaN]));
  const at = (
    e: TypedExpression,
    extra: readonly (readonly [Argument, number])[],
    random?: Environment["random"],
  ): number =>
    evaluateScalar(e, { values: new Map([...bound, ...extra]), ...(random === undefined ? {} : { random }) });
  const named = (values: NamedValues, extra: readonly (readonly [Argument, number])[]): Parameters => ({
    ...parameters,
    ...Object.fromEntries([...values].map(([parameter, e]) => [parameter, at(e, extra)])),
  });

  return {
    isDiscrete: result.base === "int",
    lower: result.lower === null ? -Infinity : at(result.lower, []),
    upper: result.upper === null ? Infinity : at(result.upper, []),
    logDensity: (y) => at(logDensity.value, [[logDensity.variable, y]]),
    draws: (elements, particles, run) =>
      Array.from({ length: elements }, (_, element) =>
        Array.from({ length: particles }, (_, particle) => {
          let site = 0;
          return at(need(draw, "draw"), [], (primitive, [shape = NaN]) =>
            primitive === "std_uniform"
              ? stdUniform(site++, element, particle, particles, run)
              : stdGamma(shape, site++, element, particle, particles, run),
          );
        }),
      ),
    cumulative: cumulative && {
      logCdf: (y) => at(cumulative.logCdf.value, [[cumulative.logCdf.variable, y]]),
      logCcdf: (y) => at(cumulative.logCcdf.value, [[cumulative.logCcdf.variable, y]]),
      quantile: (u) => at(cumulative.quantile.value, [[cumulative.quantile.variable, u]]),
    },
    statistics: (y) => {
      const { variable, values } = need(statistics, "statistics");
      return values.map((e) => at(e, [[variable, y]]));
    },
    fit: (moments) => {
      const item = need(fit, "fit");
      return named(
        item.values,
        item.moments.map((m, i) => [m, moments[i] ?? NaN]),
      );
    },
    widen: (factor) => {
      const item = need(widen, "widen");
      return named(item.values, [[item.factor, factor]]);
    },
  };
}
