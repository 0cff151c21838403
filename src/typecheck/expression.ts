// Expressions: from syntax to typed expressions. An expression with a mistake, once reported, is null, and so is
// every expression around it, in silence.
import { absurd, didYouMean } from "../diagnostic.js";
import type { Op } from "../ops.js";
import type { BinaryOperator, Expression } from "../parser/ast.js";
import type { Name, Span } from "../source.js";
import { BUILTINS } from "./builtins.js";
import { checkCall } from "./call.js";
import { constantValue } from "./constants.js";
import * as errors from "./errors.js";
import type { Plate, TypedExpression, Variable } from "./model.js";
import { dependencies, type Context } from "./scope.js";
import { describeType, showExpression } from "./show.js";
import { allInts, isVector, joinSizes, typeOf, withoutBounds, type Base } from "./types.js";

type Checked = TypedExpression | null;

/** The typed expression, or null if it has a mistake, which has then been reported. */
export function checkExpression(e: Expression, context: Context): Checked {
  switch (e.kind) {
    case "number":
      return literal(e.value, e.isInteger ? "int" : "real", e.span);
    case "name":
      return checkName(e.name, context);
    case "call":
      if (e.callee.text === "prev") return context.report(errors.previousValue(e.callee.span));
      return checkCall(
        e.callee,
        e.args.map((arg) => checkExpression(arg, context)),
        e.span,
        context,
      );
    case "unary":
      return checkUnary(e, context);
    case "binary":
      return checkBinary(e, context);
    case "conditional":
      return checkConditional(e, context);
    case "index":
      return checkIndex(e, context);
    case "vector":
      for (const element of e.elements) checkExpression(element, context);
      return context.report(errors.vectorLiteral(e.span));
    default:
      return absurd(e);
  }
}

export const literal = (value: number, base: Base, span: Span): TypedExpression => ({
  kind: "literal",
  value,
  type: typeOf(base),
  span,
  plates: [],
  latents: [],
});

/** A variable by its name, which must be known and usable here. */
export function checkName(name: Name, context: Context): Checked {
  const entry = context.scope.find(name.text);
  if (entry === undefined) return reportUnknown(name, context);
  if (entry.kind === "faulty") return null;
  if (entry.kind === "plate") return context.report(errors.plateAsValue(name, entry.plate.span));
  context.used.add(entry.variable);
  const closed = entry.plates.find((plate) => !context.open.includes(plate));
  if (closed !== undefined) {
    const message = entry.variable.kind === "data" ? errors.dataOutsidePlate : errors.latentOutsidePlate;
    return context.report(message(name, entry.variable.span, closed.name));
  }
  return reference(entry.variable, name.span, context);
}

/** A use of a variable, all of whose plates are open. */
export function reference(variable: Variable, span: Span, context: Pick<Context, "open">): TypedExpression {
  const inOrder = (plates: readonly Plate[]): readonly Plate[] =>
    context.open.filter((p) => plates.includes(p));
  const common = { kind: "reference", variable, type: withoutBounds(variable.type), span } as const;
  switch (variable.kind) {
    case "data":
      return { ...common, plates: inOrder(variable.plates), latents: [] };
    case "latent":
      return { ...common, plates: inOrder(variable.plates), latents: [variable] };
    case "local":
      return { ...common, plates: inOrder(variable.value.plates), latents: variable.value.latents };
    case "argument":
      return { ...common, plates: [], latents: [] };
    default:
      return absurd(variable);
  }
}

function reportUnknown(name: Name, context: Context): null {
  const closed = context.closed.get(name.text);
  if (closed !== undefined) return context.report(errors.localOutsideBlock(name, closed.span, closed.plate));
  if (context.isDropped(name.text)) return null;
  const later = context.later.get(name.text);
  if (later !== undefined) return context.report(errors.usedBefore(name, later));
  const callable = BUILTINS.has(name.text) || context.library.functionNames.includes(name.text);
  const suggestion = didYouMean(name.text, [...context.scope.names("variable"), ...context.later.keys()]);
  return context.report(errors.unknownVariable(name, suggestion, callable));
}

/** An elementwise operation on checked arguments. */
export function apply(
  op: Op,
  args: readonly TypedExpression[],
  base: Base,
  span: Span,
  context: Context,
): Checked {
  const joined = joinSizes(args.map((arg) => arg.type.size));
  if ("conflict" in joined) return context.report(errors.differentSizes(span, ...joined.conflict));
  return { kind: "apply", op, args, type: typeOf(base, joined.size), span, ...dependencies(args, context) };
}

function checkUnary(e: Extract<Expression, { kind: "unary" }>, context: Context): Checked {
  const operand = checkExpression(e.operand, context);
  if (operand === null) return null;
  switch (e.operator) {
    case "+":
      return operand;
    case "-":
      return apply("neg", [operand], operand.type.base, e.span, context);
    case "!":
      if (!isCondition(operand, "the operand of '!'", context)) return null;
      return apply("not", [operand], "int", e.span, context);
    default:
      return absurd(e.operator);
  }
}

const COMPARISONS: Readonly<Partial<Record<BinaryOperator, Op>>> = {
  "==": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
};

function checkBinary(e: Extract<Expression, { kind: "binary" }>, context: Context): Checked {
  const left = checkExpression(e.left, context);
  const right = checkExpression(e.right, context);
  if (left === null || right === null) return null;
  const args = [left, right];
  const base: Base = allInts(args) ? "int" : "real";
  const bothVectors = isVector(left.type) && isVector(right.type);
  switch (e.operator) {
    case "+":
      return apply("add", args, base, e.span, context);
    case "-":
      return apply("sub", args, base, e.span, context);
    case "*":
      if (bothVectors) return context.report(errors.vectorTimesVector(e.span, "*"));
      return apply("mul", args, base, e.span, context);
    case ".*":
      return apply("mul", args, base, e.span, context);
    case "/":
      if (bothVectors) return context.report(errors.vectorTimesVector(e.span, "/"));
      return divide(args, base, e.span, context);
    case "./":
      return divide(args, base, e.span, context);
    case "^":
      return apply("pow", args, "real", e.span, context);
    case "%":
      return checkRemainder(args, e.span, context);
    case "&&":
    case "||": {
      const conditions = args.filter((arg) => !isCondition(arg, `an operand of '${e.operator}'`, context));
      return conditions.length > 0
        ? null
        : apply(e.operator === "&&" ? "and" : "or", args, "int", e.span, context);
    }
    default:
      return checkComparison(e.operator, args, e.span, context);
  }
}

function checkComparison(
  operator: BinaryOperator,
  args: readonly TypedExpression[],
  span: Span,
  context: Context,
): Checked {
  const op = COMPARISONS[operator];
  const vector = args.find((arg) => isVector(arg.type));
  if (vector !== undefined)
    return context.report(
      errors.needScalar(vector.span, `an operand of '${operator}'`, describeType(vector.type)),
    );
  return op === undefined ? null : apply(op, args, "int", span, context);
}

/** `/` of two ints is Stan's: an int, rounded towards zero. */
function divide(args: readonly TypedExpression[], base: Base, span: Span, context: Context): Checked {
  if (base === "real") return apply("div", args, "real", span, context);
  context.report(errors.intDivision(span));
  return apply("int_div", args, "int", span, context);
}

function checkRemainder(args: readonly TypedExpression[], span: Span, context: Context): Checked {
  const wrong = args.filter((arg) => arg.type.base !== "int" || isVector(arg.type));
  for (const arg of wrong)
    context.report(errors.needInt(arg.span, "an operand of '%'", describeType(arg.type)));
  return wrong.length > 0 ? null : apply("mod", args, "int", span, context);
}

function isCondition(e: TypedExpression, what: string, context: Context): boolean {
  if (e.type.base === "int" && !isVector(e.type)) return true;
  context.report(errors.conditionType(e.span, what, describeType(e.type)));
  return false;
}

function checkConditional(e: Extract<Expression, { kind: "conditional" }>, context: Context): Checked {
  const condition = checkExpression(e.condition, context);
  const whenTrue = checkExpression(e.whenTrue, context);
  const whenFalse = checkExpression(e.whenFalse, context);
  const isOk = condition !== null && isCondition(condition, "the condition of '?'", context);
  if (!isOk || whenTrue === null || whenFalse === null) return null;
  const base: Base = allInts([whenTrue, whenFalse]) ? "int" : "real";
  return apply("select", [condition, whenTrue, whenFalse], base, e.span, context);
}

function checkIndex(e: Extract<Expression, { kind: "index" }>, context: Context): Checked {
  const plated = e.object.kind === "name" ? context.scope.find(e.object.name.text) : undefined;
  if (plated?.kind === "variable" && plated.plates.length > 0) {
    const { variable, plates } = plated;
    const isPlate = e.indices.some(
      (i) => i.kind === "name" && context.scope.find(i.name.text)?.kind === "plate",
    );
    if (isPlate || !isVector(variable.type)) {
      context.used.add(variable);
      const names = plates.map((p) => p.name);
      return context.report(errors.indexOfPlates(e.span, variable.name, names));
    }
  }
  const object = checkExpression(e.object, context);
  if (object === null) return null;
  if (object.type.size === null)
    return context.report(errors.indexOfScalar(e.object.span, describeType(object.type)));
  const [only] = e.indices;
  if (only === undefined || e.indices.length > 1 || only.kind !== "number" || !only.isInteger)
    return context.report(errors.computedIndex(only?.span ?? e.span));
  return checkElement(object, only.value, only.span, e.span, context);
}

/** The element exists if the size is a number that is large enough, or data that is declared to be. */
function checkElement(
  vector: TypedExpression,
  index: number,
  at: Span,
  span: Span,
  context: Context,
): Checked {
  const { size } = vector.type;
  if (size === null || size === "any") return context.report(errors.computedIndex(at));
  const value = constantValue(size.value);
  const data = size.value.kind === "reference" ? size.value.variable : null;
  const least = value ?? (data?.type.lower ? constantValue(data.type.lower) : null) ?? 0;
  if (index < 1 || (value !== null && index > value))
    return context.report(errors.indexOutOfRange(at, index, size.key, null));
  if (index > least)
    return context.report(
      errors.indexOutOfRange(at, index, size.key, data?.name ?? showExpression(size.value)),
    );
  const { plates, latents } = vector;
  return { kind: "element", vector, index, type: typeOf(vector.type.base), span, plates, latents };
}
