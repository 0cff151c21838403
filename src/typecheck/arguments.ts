// Arguments against the parameters of functions and families: types, and constraints as far as numbers decide them.
import { constantValue, type ConstantArguments } from "./constants.js";
import * as errors from "./errors.js";
import type { Argument, TypedExpression, ValueType } from "./model.js";
import type { Context } from "./scope.js";
import { describeRange, describeType } from "./show.js";
import { kindOf } from "./types.js";

/** True where `arg` has a type that `parameter` takes. A real takes ints, and vectors, element by element. */
export function checkArgumentType(
  parameter: Argument,
  arg: TypedExpression,
  callee: string,
  context: Context,
): boolean {
  const kind = kindOf(parameter.type.size);
  const needed =
    kind !== "number" && kindOf(arg.type.size) !== kind
      ? `a ${kind.replace("_", " ")}`
      : parameter.type.base === "int" && arg.type.base !== "int"
        ? "an int"
        : null;
  if (needed === null) return true;
  context.report(errors.argumentType(arg.span, parameter.name, callee, needed, describeType(arg.type)));
  return false;
}

/** The arguments that are numbers, or computed from numbers. */
export function constantArguments(
  parameters: readonly Argument[],
  args: readonly (TypedExpression | null)[],
): ConstantArguments {
  const constants = new Map<Argument, number>();
  parameters.forEach((parameter, i) => {
    const value = constantOf(args[i] ?? null);
    if (value !== null) constants.set(parameter, value);
  });
  return constants;
}

const constantOf = (e: TypedExpression | null): number | null => (e === null ? null : constantValue(e));

/** The range that a constant argument is outside of, in words; null if it is inside, or if that depends on data. */
export function violatedConstraint(
  parameter: Argument,
  arg: TypedExpression,
  constants: ConstantArguments,
): { readonly constraint: string; readonly value: number } | null {
  const value = constantValue(arg);
  const constraint = describeRange(parameter.type);
  if (value === null || constraint === null || isInRange(value, parameter.type, constants)) return null;
  return { constraint, value };
}

/** False where a bound is known and `value` is beyond it. */
export function isInRange(value: number, type: ValueType, constants: ConstantArguments = new Map()): boolean {
  const lower = type.lower === null ? null : constantValue(type.lower, constants);
  const upper = type.upper === null ? null : constantValue(type.upper, constants);
  return !Number.isNaN(value) && (lower === null || value >= lower) && (upper === null || value <= upper);
}

/** Checks the types and constraints of arguments whose number is right; null if any of them is wrong. */
export function checkArguments(
  callee: string,
  parameters: readonly Argument[],
  args: readonly (TypedExpression | null)[],
  context: Context,
): readonly TypedExpression[] | null {
  const constants = constantArguments(parameters, args);
  const good = parameters.flatMap((parameter, i) => {
    const arg = args[i] ?? null;
    if (arg === null || !checkArgumentType(parameter, arg, callee, context)) return [];
    const violated = violatedConstraint(parameter, arg, constants);
    if (violated === null) return [arg];
    context.report(
      errors.argumentConstraint(arg.span, parameter.name, callee, violated.constraint, violated.value),
    );
    return [];
  });
  return good.length === parameters.length ? good : null;
}
