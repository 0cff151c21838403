// The parameters block: what of the model is learned as points.
import type { Statement } from "../parser/ast.js";
import { constantValue } from "./constants.js";
import { checkType, declareVariable } from "./declare.js";
import * as errors from "./errors.js";
import { checkExpression } from "./expression.js";
import type { Parameter, TypedExpression } from "./model.js";
import type { Context } from "./scope.js";
import { describeRange, describeType } from "./show.js";
import { isAssignable } from "./types.js";

/** Declares the parameters in `context.scope`; those with a mistake are left out of the result. */
export function checkParameters(body: readonly Statement[], context: Context): Parameter[] {
  return body.flatMap((s) => {
    if (s.kind !== "local") {
      context.report(errors.parametersBlock(s.span, "of plates"));
      return [];
    }
    const parameter = checkParameter(s, context);
    const isDeclared = declareVariable(s.name, parameter, [], context.scope, context);
    return isDeclared && parameter !== null ? [parameter] : [];
  });
}

function checkParameter(s: Extract<Statement, { kind: "local" }>, context: Context): Parameter | null {
  const type = checkType(s.type, "model", context);
  const initial = checkExpression(s.value, context);
  if (type === null || initial === null) return null;
  const name = s.name.text;
  if (type.base === "int") return context.report(errors.parameterInt(s.type.span, name));
  const isNumber = (bound: TypedExpression | null): boolean =>
    bound === null || constantValue(bound) !== null;
  if (!isNumber(type.lower) || !isNumber(type.upper))
    return context.report(errors.parametersBlock(s.type.span, "with bounds that are not numbers"));
  const isRepeated = type.size !== null && initial.type.size === null;
  if (!isRepeated && !isAssignable(initial.type, type))
    return context.report(
      errors.localType(initial.span, name, describeType(type), describeType(initial.type)),
    );
  const value = constantValue(initial);
  const [lower, upper] = [type.lower, type.upper].map((bound) => bound && constantValue(bound));
  if (value !== null && (value <= (lower ?? -Infinity) || value >= (upper ?? Infinity)))
    return context.report(errors.parameterOutside(initial.span, name, describeRange(type) ?? "", value));
  return { kind: "parameter", name, type, initial, span: s.name.span };
}
