// Families at given arguments: the distribution of a `~`, its support, and whether two supports are the same.
import { Bug, didYouMean } from "../diagnostic.js";
import type { DistributionCall } from "../parser/ast.js";
import type { Name, Span } from "../source.js";
import { checkArguments } from "./arguments.js";
import { BUILTINS } from "./builtins.js";
import { constantValue } from "./constants.js";
import * as errors from "./errors.js";
import { checkExpression } from "./expression.js";
import { isSameExpression, substitute } from "./instantiate.js";
import { baseOf } from "./matrix.js";
import type { Argument, Distribution, Size, TypedExpression, ValueType } from "./model.js";
import { dependencies, type Context, type Orders } from "./scope.js";
import { describeType, showSignature } from "./show.js";
import { specialise } from "./specialise.js";
import { isSized, isWhole, joinSizes, kindOf, typeOf, type Shape } from "./types.js";

/** A distribution with its arguments; `size`: of the vectors that stand where it takes a single number. */
export type Family = {
  readonly distribution: Distribution;
  readonly args: readonly TypedExpression[];
  readonly size: Shape;
  /** The first argument that has this size. */
  readonly sizeFrom: Span | null;
};

/** A distribution by its name; null after a report. */
export function findDistribution(name: Name, context: Context): Distribution | null {
  const found = context.library.distribution(name.text);
  if (found !== undefined) context.record?.use(name, { kind: "distribution", name: name.text });
  if (found !== undefined) return found;
  if (context.isDropped(name.text)) return null;
  if (BUILTINS.has(name.text) || context.library.functionNames.includes(name.text))
    return context.report(errors.functionAsDistribution(name));
  const suggestion = didYouMean(name.text, context.library.distributionNames);
  return context.report(errors.unknownDistribution(name, suggestion));
}

/** False, after a report, if a family cannot have so many arguments. */
export function isArgumentCount(name: Name, given: number, family: Distribution, context: Context): boolean {
  if (given === family.parameters.length) return true;
  const signature = showSignature(family.name, family.parameters);
  context.report(errors.distributionArgumentCount(name, given, `'${signature}'`));
  return false;
}

/** The family to the right of a `~`; null after reports. */
export function checkFamily(call: DistributionCall, context: Context, wanted: Shape = null): Family | null {
  const given = call.args.map((arg) => checkExpression(arg, context));
  const distribution = findDistribution(call.name, context);
  if (distribution === null || !isArgumentCount(call.name, given.length, distribution, context)) return null;
  const args = checkArguments(distribution.name, distribution.parameters, given, context);
  if (args === null) return null;
  if (isWhole(distribution)) return wholeFamily(distribution, args, wanted, call, context);
  const spread = args.filter((_, i) => distribution.parameters[i]?.type.size === null);
  const joined = joinSizes(spread.map((arg) => arg.type.size));
  if ("conflict" in joined) return context.report(errors.differentSizes(call.span, ...joined.conflict));
  const sizeFrom = spread.find((arg) => arg.type.size !== null)?.span ?? null;
  return { distribution, args, size: joined.size, sizeFrom };
}

/**
 * A family of vectors or matrices as wholes, for those of the size of its arguments; where they are all numbers, for
 * those of the size `wanted`.
 */
function wholeFamily(
  definition: Distribution,
  args: readonly TypedExpression[],
  wanted: Shape,
  { name, span }: DistributionCall,
  context: Context,
): Family | null {
  const vectors = args.filter((_, i) => definition.parameters[i]?.type.size !== null);
  for (const [i, parameter] of definition.parameters.entries()) {
    const arg = args[i];
    if (parameter.type.size === null && arg !== undefined && arg.type.size !== null) {
      const what = `'${parameter.name}' of '${definition.name}'`;
      return context.report(errors.needScalar(arg.span, what, describeType(arg.type)));
    }
  }
  const sides = [...vectors.map((arg) => arg.type.size), ...(vectors.length === 0 ? [wanted] : [])].flatMap(
    sidesOf,
  );
  const joined = joinSizes(sides);
  if ("conflict" in joined) return context.report(errors.differentSizes(span, ...joined.conflict));
  const { size } = joined;
  if (size === null && vectors.length === 0) {
    const type = definition.result.constraint ?? kindOf(definition.result.size);
    const call = `${type}[3] x ~ ${name.text}(...);`;
    return context.report(errors.sizeNeeded(span, name.text, call));
  }
  if (!isSized(size)) throw new Bug(`no argument of '${definition.name}' has a size`);
  const distribution = specialise(definition, size, context);
  const sizeFrom = vectors[0]?.span ?? null;
  return { distribution, args, size: distribution.result.size, sizeFrom };
}

/** The sizes of vectors that a shape's sides have. */
function sidesOf(shape: Shape): readonly Size[] {
  if (!isSized(shape)) return [];
  return shape.shape?.kind === "matrix" ? [shape.shape.rows, shape.shape.columns] : [baseOf(shape)];
}

/** The values of a family at `args`, by position; a bound that needs an argument that is null keeps its parameter. */
export function supportOf(
  distribution: Distribution,
  args: readonly (TypedExpression | null)[],
  size: Shape,
  context: Context,
): ValueType {
  const bindings = new Map<Argument, TypedExpression>();
  distribution.parameters.forEach((parameter, i) => {
    const arg = args[i] ?? null;
    if (arg !== null) bindings.set(parameter, arg);
  });
  const { base, constraint, lower, upper } = distribution.result;
  return {
    base,
    size,
    constraint,
    lower: lower && substitute(lower, bindings, context),
    upper: upper && substitute(upper, bindings, context),
  };
}

/** Equal where they are the same number, or the same expression of the same variables. */
export function isSameBound(a: TypedExpression | null, b: TypedExpression | null): boolean {
  if (a === null || b === null) return a === b;
  const [x, y] = [constantValue(a), constantValue(b)];
  return x !== null || y !== null ? x === y : isSameExpression(a, b);
}

export const isSameSupport = (a: ValueType, b: ValueType): boolean =>
  a.base === b.base &&
  a.constraint === b.constraint &&
  isSameBound(a.lower, b.lower) &&
  isSameBound(a.upper, b.upper);

/** The values that both types have: the greater lower bound and the lesser upper bound. */
export function intersect(declared: ValueType, support: ValueType, span: Span, orders: Orders): ValueType {
  return {
    ...declared,
    constraint: declared.constraint ?? support.constraint,
    lower: tighter("max", declared.lower, support.lower, span, orders),
    upper: tighter("min", declared.upper, support.upper, span, orders),
  };
}

function tighter(
  op: "max" | "min",
  a: TypedExpression | null,
  b: TypedExpression | null,
  span: Span,
  orders: Orders,
): TypedExpression | null {
  if (a === null || b === null) return a ?? b;
  if (isSameBound(a, b)) return a;
  const [x, y] = [constantValue(a), constantValue(b)];
  if (x !== null && y !== null) return (op === "max" ? x > y : x < y) ? a : b;
  const joined = joinSizes([a.type.size, b.type.size]);
  const size = "size" in joined ? joined.size : null;
  const base = a.type.base === "int" && b.type.base === "int" ? "int" : "real";
  const args = [a, b];
  return { kind: "apply", op, args, type: typeOf(base, size), span, ...dependencies(args, orders) };
}
