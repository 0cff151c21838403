// `normal_lpdf(y | mu, sigma)`, `normal_lcdf(y | mu, sigma)`: what a distribution says as functions of its value and
// parameters.
import type { Name } from "../source.js";
import * as errors from "./errors.js";
import { substitute } from "./instantiate.js";
import type { Argument, Distribution, FunctionDeclaration, OfVariable } from "./model.js";
import type { Context } from "./scope.js";
import { typeOf, withoutBounds } from "./types.js";

const DENSITY = /^(.*)_(lpdf|lpmf|lupdf|lupmf|lcdf|lccdf|cdf)$/;

const functions = new WeakMap<Distribution, Map<string, FunctionDeclaration>>();

/** The distribution whose density or distribution function has this name, if it is such a name; null if not. */
export const densityFamily = (name: string): string | null => DENSITY.exec(name)?.[1] ?? null;

/**
 * The function that this name stands for; undefined where it is not the name of such a one, null after a report. Every
 * density is normalised, so the forms with a `u` are the same as those without.
 */
export function densityFunction(name: Name, context: Context): FunctionDeclaration | null | undefined {
  const [, family, suffix] = DENSITY.exec(name.text) ?? [];
  if (family === undefined || suffix === undefined) return undefined;
  const distribution = context.library.distribution(family);
  if (distribution === undefined) return undefined;
  if (distribution === null) return null;
  const isDiscrete = distribution.result.base === "int";
  const isDensity = /p[dm]f$/.test(suffix);
  if (isDensity && suffix.endsWith("pmf") !== isDiscrete) {
    const right = `${family}_${suffix.slice(0, -3)}${isDiscrete ? "pmf" : "pdf"}`;
    return context.report(errors.densityOrMass(name, family, isDiscrete, right));
  }
  const { cumulative } = distribution;
  if (!isDensity && cumulative === null) return context.report(errors.noDistributionFunction(name, family));
  const item = cumulative === null || isDensity ? distribution.logDensity : suffix === "lccdf" ? cumulative.logCcdf : cumulative.logCdf; // prettier-ignore
  const known = functions.get(distribution) ?? new Map<string, FunctionDeclaration>();
  functions.set(distribution, known);
  const key = isDensity ? "density" : suffix;
  const found = known.get(key) ?? toFunction(name.text, distribution, item, suffix === "cdf", context);
  known.set(key, found);
  return found;
}

/** The value may be anything, so it has no bounds. */
function toFunction(
  name: string,
  { doc, parameters, span }: Distribution,
  { variable, value: item }: OfVariable,
  isExponentiated: boolean,
  context: Context,
): FunctionDeclaration {
  const type = withoutBounds(variable.type);
  const value: Argument = { ...variable, type };
  const settings = { instances: context.instances, open: [], latents: [] };
  const reference = { kind: "reference", variable: value, type, span, plates: [], latents: [] } as const;
  const log = substitute(item, new Map([[variable, reference]]), settings);
  return {
    kind: "function",
    name,
    doc,
    parameters: [value, ...parameters],
    result: typeOf("real"),
    value: isExponentiated ? { ...log, kind: "apply", op: "exp", args: [log] } : log,
    span,
  };
}
