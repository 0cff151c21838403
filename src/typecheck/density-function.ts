// `normal_lpdf(y | mu, sigma)`: the log density of a distribution as a function of its value and parameters.
import type { Name } from "../source.js";
import * as errors from "./errors.js";
import { substitute } from "./instantiate.js";
import type { Argument, Distribution, FunctionDeclaration } from "./model.js";
import type { Context } from "./scope.js";
import { typeOf, withoutBounds } from "./types.js";

const DENSITY = /^(.*)_(lpdf|lpmf|lupdf|lupmf)$/;

const functions = new WeakMap<Distribution, FunctionDeclaration>();

/**
 * The function that this name stands for; undefined where it is not the name of a density, null after a report. Every
 * density is normalised, so the forms with a `u` are the same as those without.
 */
export function densityFunction(name: Name, context: Context): FunctionDeclaration | null | undefined {
  const [, family, suffix] = DENSITY.exec(name.text) ?? [];
  if (family === undefined || suffix === undefined) return undefined;
  const distribution = context.library.distribution(family);
  if (distribution === undefined) return undefined;
  if (distribution === null) return null;
  const isDiscrete = distribution.result.base === "int";
  if (suffix.endsWith("pmf") !== isDiscrete) {
    const right = `${family}_${suffix.slice(0, -3)}${isDiscrete ? "pmf" : "pdf"}`;
    return context.report(errors.densityOrMass(name, family, isDiscrete, right));
  }
  const known = functions.get(distribution) ?? toFunction(distribution, context);
  functions.set(distribution, known);
  return known;
}

/** The value may be anything, so it has no bounds. */
function toFunction(distribution: Distribution, context: Context): FunctionDeclaration {
  const { name, doc, parameters, span, logDensity, result } = distribution;
  const { variable } = logDensity;
  const type = withoutBounds(variable.type);
  const value: Argument = { ...variable, type };
  const settings = { instances: context.instances, open: [], latents: [] };
  const reference = { kind: "reference", variable: value, type, span, plates: [], latents: [] } as const;
  return {
    kind: "function",
    name: `${name}_${result.base === "int" ? "lpmf" : "lpdf"}`,
    doc,
    parameters: [value, ...parameters],
    result: typeOf("real"),
    value: substitute(logDensity.value, new Map([[variable, reference]]), settings),
    span,
  };
}
