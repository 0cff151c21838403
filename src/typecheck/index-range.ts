// Whether an index stays within its vector: from numbers, declared bounds and the values of discrete latents.
import { constantValue } from "./constants.js";
import { expand, isSameExpression } from "./instantiate.js";
import type { Data, Size, TypedExpression, Variable } from "./model.js";
import type { Context } from "./scope.js";

/** Least and greatest value of an int, as far as numbers tell. */
type Range = { readonly lower: number; readonly upper: number };
const ANY: Range = { lower: -Infinity, upper: Infinity };

function rangeOf(e: TypedExpression): Range {
  const value = constantValue(e);
  if (value !== null) return { lower: value, upper: value };
  if (e.kind === "reference") return rangeOfVariable(e.variable);
  if (e.kind === "previous") {
    if (e.variable.kind === "local") return ANY;
    const [before, first] = [rangeOfVariable(e.variable), rangeOf(e.initial)];
    return { lower: Math.min(before.lower, first.lower), upper: Math.max(before.upper, first.upper) };
  }
  if (e.kind !== "apply") return ANY;
  const [a = ANY, b = ANY, c = ANY] = e.args.map(rangeOf);
  switch (e.op) {
    case "neg":
      return { lower: -a.upper, upper: -a.lower };
    case "add":
      return { lower: a.lower + b.lower, upper: a.upper + b.upper };
    case "sub":
      return { lower: a.lower - b.upper, upper: a.upper - b.lower };
    case "mul": {
      const ends = [a.lower * b.lower, a.lower * b.upper, a.upper * b.lower, a.upper * b.upper];
      return ends.some(Number.isNaN) ? ANY : { lower: Math.min(...ends), upper: Math.max(...ends) };
    }
    case "min":
      return { lower: Math.min(a.lower, b.lower), upper: Math.min(a.upper, b.upper) };
    case "max":
      return { lower: Math.max(a.lower, b.lower), upper: Math.max(a.upper, b.upper) };
    case "select":
      return { lower: Math.min(b.lower, c.lower), upper: Math.max(b.upper, c.upper) };
    case "eq":
    case "ne":
    case "lt":
    case "le":
    case "gt":
    case "ge":
    case "and":
    case "or":
    case "not":
      return { lower: 0, upper: 1 };
    default:
      return ANY;
  }
}

function rangeOfVariable(variable: Variable): Range {
  if (variable.kind === "local") return rangeOf(variable.value);
  const { lower, upper } = variable.type;
  return {
    lower: lower === null ? -Infinity : rangeOf(lower).lower,
    upper: upper === null ? Infinity : rangeOf(upper).upper,
  };
}

/** The least number of elements that a vector of this size has. */
export function leastSize(size: Size): number {
  const value = constantValue(size.value);
  if (value !== null) return value;
  const data = size.value.kind === "reference" ? size.value.variable : null;
  return (data?.type.lower ? constantValue(data.type.lower) : null) ?? 1;
}

/** `data`: within where these data are, which is for their reader to check; `lower`, `upper`: what it can be instead. */
export type Within =
  | { readonly kind: "within" }
  | { readonly kind: "data"; readonly data: Data }
  | { readonly kind: "outside"; readonly lower: number; readonly upper: number };

/** Whether an index lies between 1 and the size, whatever the values of data and latents within their bounds. */
export function isWithin(index: TypedExpression, size: Size, context: Context): Within {
  const { lower, upper } = rangeOf(index);
  const variable = variableOf(index);
  const bound = variable === null || variable.kind === "local" ? null : variable.type.upper;
  const ownUpper = bound !== null && isSameExpression(expand(bound, context), size.value);
  if (lower >= 1 && (upper <= leastSize(size) || ownUpper)) return { kind: "within" };
  if (variable?.kind === "data") return { kind: "data", data: variable };
  return { kind: "outside", lower, upper };
}

/** The variable that an expression is another name for. */
function variableOf(e: TypedExpression): Variable | null {
  if (e.kind !== "reference") return null;
  return e.variable.kind === "local" ? variableOf(e.variable.value) : e.variable;
}
