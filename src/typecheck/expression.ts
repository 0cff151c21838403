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
import { isWithin } from "./index-range.js";
import { matrixOperation } from "./matrix.js";
import type { Latent, Plate, Size, TypedExpression, Variable } from "./model.js";
import { checkPrevious } from "./previous.js";
import { dependencies, type Context } from "./scope.js";
import { describeType, showExpression } from "./show.js";
import { allInts, isSized, isVector, joinSizes, kindOf, typeOf, withoutBounds, type Base } from "./types.js";

type Checked = TypedExpression | null;

/** The typed expression, or null if it has a mistake, which has then been reported. */
export function checkExpression(e: Expression, context: Context): Checked {
  const typed = checkKind(e, context);
  if (typed !== null) context.record?.expression(e, typed);
  return typed;
}

function checkKind(e: Expression, context: Context): Checked {
  switch (e.kind) {
    case "number":
      return literal(e.value, e.isInteger ? "int" : "real", e.span);
    case "name":
      return checkName(e.name, context);
    case "call":
      if (e.callee.text === "prev") {
        const [, initial = null] = e.args.map((arg, i) => (i === 0 ? null : checkExpression(arg, context)));
        return checkPrevious(e, initial, (name) => reportUnknown(name, context), context);
      }
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
    case "transpose": {
      const operand = checkExpression(e.operand, context);
      return operand && matrixOperation("transpose", [operand], "what is transposed", e.span, context);
    }
    case "learn":
      return context.learn === null ? context.report(errors.learnOutsideGuide(e.name)) : context.learn(e);
    case "vector":
      return checkVector(e, context);
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
  recordUse(name, context);
  if (entry === undefined) return reportUnknown(name, context);
  if (entry.kind === "faulty") return null;
  if (entry.kind === "plate") return context.report(errors.plateAsValue(name, entry.plate.span));
  context.used.add(entry.variable);
  const closed = entry.plates.find((plate) => !context.open.includes(plate));
  if (closed !== undefined) {
    const message = entry.variable.kind === "data" ? errors.dataOutsidePlate : errors.latentOutsidePlate;
    return context.report(message(name, entry.variable.span, closed.name));
  }
  if (entry.variable.kind === "parameter" && context.past === "guide")
    return context.report(errors.parametersBlock(name.span, "in the guide"));
  return reference(entry.variable, name.span, context);
}

/** Tells what the name stands for: what it is declared as here, in a block that has ended, or further down. */
function recordUse(name: Name, { record, scope, closed, later }: Context): void {
  if (record === null) return;
  const at = scope.find(name.text)?.span ?? closed.get(name.text)?.span ?? later.get(name.text);
  if (at !== undefined) record.use(name, { kind: "declaration", at });
}

/** A use of a variable, all of whose plates are open. */
export function reference(variable: Variable, span: Span, context: Pick<Context, "open">): TypedExpression {
  const having = (plates: readonly Plate[], latents: readonly Latent[]): TypedExpression => ({
    kind: "reference",
    variable,
    type: withoutBounds(variable.type),
    span,
    plates: plates.length === 0 ? plates : context.open.filter((p) => plates.includes(p)),
    latents,
  });
  switch (variable.kind) {
    case "data":
      return having(variable.plates, []);
    case "latent":
      return having(variable.plates, [variable]);
    case "local":
      return having(variable.value.plates, variable.value.latents);
    case "learned":
      return having(variable.over, []);
    case "argument":
    case "parameter":
      return having([], []);
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
      if (bothVectors) return matrixOperation("product", args, "this product", e.span, context);
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

/** False, after a report, if it is no int that says yes or no. */
export function isCondition(e: TypedExpression, what: string, context: Context): boolean {
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
      for (const part of [e.object, ...e.indices]) if (part.kind === "name") recordUse(part.name, context);
      const names = plates.map((p) => p.name);
      return context.report(errors.indexOfPlates(e.span, variable.name, names));
    }
  }
  const [only, ...others] = e.indices;
  const second = others[0]?.span ?? e.span;
  if (only === undefined) return context.report(errors.severalIndices(second));
  if (e.object.kind === "vector" && others.length === 0)
    return checkChoice(e.object.elements, only, e.span, context);
  const object = checkExpression(e.object, context);
  if (object !== null && kindOf(object.type.size) === "matrix" && others.length < 2)
    return checkMatrixIndex(object, e.indices, e.span, context);
  if (others.length > 0) return context.report(errors.severalIndices(second));
  const index = checkIndexValue(only, context);
  if (object === null || index === null) return null;
  if (object.type.size === null)
    return context.report(errors.indexOfScalar(e.object.span, describeType(object.type)));
  if (isSized(object.type.size) && !checkWithin(index, object.type.size, context)) return null;
  return elementOf(object, index, e.span, context);
}

/** `A[i]`, a row, and `A[i, j]`, an element. */
function checkMatrixIndex(
  matrix: TypedExpression,
  indices: readonly Expression[],
  span: Span,
  context: Context,
): Checked {
  const { size } = matrix.type;
  const sides = isSized(size) && size.shape?.kind === "matrix" ? [size.shape.rows, size.shape.columns] : [];
  const checked = indices.map((index, i) => {
    const value = checkIndexValue(index, context);
    const side = sides[i];
    return value !== null && side !== undefined && !checkWithin(value, side, context) ? null : value;
  });
  const good = checked.filter((index) => index !== null);
  if (good.length < checked.length) return null;
  const operation = good.length === 1 ? "row" : "entry";
  return matrixOperation(operation, [matrix, ...good], "what is indexed", span, context);
}

/** An index: an int, no vector. */
function checkIndexValue(e: Expression, context: Context): Checked {
  const index = checkExpression(e, context);
  if (index === null) return null;
  if (index.type.base === "int" && index.type.size === null) return index;
  return context.report(errors.needInt(index.span, "an index", describeType(index.type)));
}

const elementOf = (
  vector: TypedExpression,
  index: TypedExpression,
  span: Span,
  context: Context,
): TypedExpression => ({
  kind: "element",
  vector,
  index,
  type: typeOf(vector.type.base, index.type.size),
  span,
  ...dependencies([vector, index], context),
});

/** False, after a report, if the index could be outside of a vector of this size. */
function checkWithin(index: TypedExpression, size: Size, context: Context): boolean {
  const value = constantValue(index);
  const within = isWithin(index, size, context);
  if (within.kind === "data") context.indices.push({ data: within.data, size });
  if (within.kind !== "outside") return true;
  const known = constantValue(size.value);
  if (value === null)
    context.report(errors.indexMayBeOutside(index.span, within.lower, within.upper, size.key));
  else if (value < 1 || known !== null)
    context.report(errors.indexOutOfRange(index.span, value, size.key, null));
  else {
    const data = size.value.kind === "reference" ? size.value.variable : null;
    context.report(
      errors.indexOutOfRange(index.span, value, size.key, data?.name ?? showExpression(size.value)),
    );
  }
  return false;
}

/** `[a, b, c]`: the vector of some numbers. */
function checkVector(e: Extract<Expression, { kind: "vector" }>, context: Context): Checked {
  const elements = checkElements(e.elements, context);
  if (elements === null) return null;
  const vector = elements.find((element) => element.type.size !== null);
  if (vector !== undefined) return context.report(errors.vectorOfVectors(vector.span));
  const type = typeOf(allInts(elements) ? "int" : "real", literalSize(elements.length, e.span));
  return { kind: "vector", elements, type, span: e.span, ...dependencies(elements, context) };
}

function checkElements(elements: readonly Expression[], context: Context): readonly TypedExpression[] | null {
  const checked = elements.map((element) => checkExpression(element, context));
  const good = checked.filter((element) => element !== null);
  return good.length < checked.length ? null : good;
}

const literalSize = (length: number, span: Span): Size => ({
  key: String(length),
  value: literal(length, "int", span),
});

/** `[a, b, c][index]`: one of several values, which may be vectors of one size. */
function checkChoice(
  options: readonly Expression[],
  index: Expression,
  span: Span,
  context: Context,
): Checked {
  const values = checkElements(options, context);
  const at = checkIndexValue(index, context);
  if (values === null || at === null) return null;
  const base: Base = allInts(values) ? "int" : "real";
  if (!checkWithin(at, literalSize(values.length, span), context)) return null;
  const choose = (rest: readonly TypedExpression[], place: number): Checked => {
    const [first, ...others] = rest;
    if (first === undefined) return null;
    const otherwise = choose(others, place + 1);
    if (otherwise === null) return others.length === 0 ? first : null;
    const isHere = apply("eq", [at, literal(place, "int", at.span)], "int", at.span, context);
    return isHere && apply("select", [isHere, first, otherwise], base, span, context);
  };
  return choose(values, 1);
}
