// Declarations: types as written, and the names they give to variables and plates.
import { absurd, Bug } from "../diagnostic.js";
import type { Expression, TypeSyntax } from "../parser/ast.js";
import type { Name, Span } from "../source.js";
import { RESERVED } from "./builtins.js";
import { constantValue } from "./constants.js";
import * as errors from "./errors.js";
import { checkExpression, literal } from "./expression.js";
import { expand } from "./instantiate.js";
import { matrixSize, rowSize } from "./matrix.js";
import type {
  Plate,
  Size,
  TypedExpression,
  UnknownSize,
  ValueType,
  Variable,
  VectorConstraint,
} from "./model.js";
import type { Context, Entry, Scope } from "./scope.js";
import { describeType, showExpression } from "./show.js";

/** The types of square matrices: they are given one size. */
const SQUARE: ReadonlySet<string> = new Set([
  "cov_matrix",
  "corr_matrix",
  "cholesky_factor_cov",
  "cholesky_factor_corr",
]);

const CONSTRAINTS: Readonly<Record<string, VectorConstraint>> = {
  simplex: "simplex",
  ordered: "ordered",
  positive_ordered: "positive_ordered",
  unit_vector: "unit_vector",
  corr_matrix: "corr_matrix",
  cov_matrix: "cov_matrix",
  cholesky_factor_corr: "cholesky_factor_corr",
  cholesky_factor_cov: "cholesky_factor_cov",
};

/** Where a type stands: vectors of a definition have no size. */
export type TypePlace = "model" | "definition";

/** The type that was written, or null if it has a mistake, which has then been reported. */
export function checkType(type: TypeSyntax, place: TypePlace, context: Context): ValueType | null {
  const base = type.base.text;
  const shifted = type.offset ?? type.multiplier;
  const constraint = CONSTRAINTS[base] ?? null;
  const hasSize = base !== "int" && base !== "real";
  if (SQUARE.has(base) && type.sizes.length > 1)
    return context.report(errors.constrainedType(type.base.span, base));
  const bound = type.lower ?? type.upper;
  if (constraint !== null && bound !== null)
    return context.report(errors.boundsOfConstrained(bound.span, base));
  if (shifted !== null) return context.report(errors.offsetMultiplier(shifted.span));
  const own = (value: number): TypedExpression => literal(value, "int", type.base.span);
  const lower =
    constraint === "simplex" || constraint === "positive_ordered"
      ? own(0)
      : checkBound(type.lower, base, "a lower bound", context);
  const upper = constraint === "simplex" ? own(1) : checkBound(type.upper, base, "an upper bound", context);
  const size = hasSize ? checkShape(type, place, context) : undefined;
  if (lower === "wrong" || upper === "wrong" || size === null) return null;
  const least = lower && constantValue(lower);
  const most = upper && constantValue(upper);
  if (least !== null && most !== null && least > most)
    return context.report(errors.emptyRange(type.span, least, most));
  return { base: base === "int" ? "int" : "real", size: size ?? null, constraint, lower, upper };
}

function checkBound(
  bound: Expression | null,
  base: string,
  what: string,
  context: Context,
): TypedExpression | null | "wrong" {
  if (bound === null) return null;
  const e = checkExpression(bound, context);
  if (e === null) return "wrong";
  if (e.type.size !== null) {
    context.report(errors.needScalar(e.span, what, describeType(e.type)));
    return "wrong";
  }
  if (base === "int" && e.type.base !== "int") {
    context.report(errors.boundNotInt(e.span, describeType(e.type)));
    return "wrong";
  }
  return e;
}

/** The size of a vector, row vector or matrix. */
function checkShape(type: TypeSyntax, place: TypePlace, context: Context): Size | UnknownSize | null {
  const base = type.base.text;
  const isMatrix = base === "matrix" || SQUARE.has(base);
  const [first] = type.sizes;
  if (place === "definition") {
    if (first !== undefined) return context.report(errors.sizeInSignature(first.span));
    return isMatrix ? "any_matrix" : base === "row_vector" ? "any_row" : "any";
  }
  const sizes = type.sizes.map((size) => checkSize(size, context));
  const [rows, columns = rows] = sizes;
  if (rows === undefined || columns === undefined)
    throw new Bug("the parser lets no vector without a size into a model");
  if (rows === null || columns === null) return null;
  if (isMatrix) return matrixSize(rows, columns);
  return base === "row_vector" ? rowSize(rows) : rows;
}

/** A size is an int that only numbers and data without plates go into. Its key is its text, or its value if known. */
function checkSize(size: Expression, context: Context): Size | null {
  const e = checkExpression(size, context);
  if (e === null) return null;
  if (e.type.base !== "int" || e.type.size !== null)
    return context.report(errors.needInt(e.span, "the size of a vector", describeType(e.type)));
  if (e.latents.length > 0) return context.report(errors.sizeNotConstant(e.span, "latents"));
  const [plate] = e.plates;
  if (plate !== undefined) return context.report(errors.sizeNotConstant(e.span, `the plate '${plate.name}'`));
  const value = constantValue(e);
  if (value === null) {
    // Locals of different blocks may have one name: a key is made of data alone.
    const whole = expand(e, context);
    return { key: showExpression(whole), value: whole };
  }
  if (value < 1) return context.report(errors.sizeTooSmall(e.span, value));
  return { key: String(value), value: literal(value, "int", e.span) };
}

const WHAT: Readonly<Record<Variable["kind"], string>> = {
  data: "data",
  parameter: "a parameter",
  latent: "a latent",
  local: "a local",
  argument: "a parameter",
  learned: "a learned parameter",
};

function describeEntry(entry: Entry): string {
  switch (entry.kind) {
    case "plate":
      return "a plate";
    case "variable":
      return WHAT[entry.variable.kind];
    case "faulty":
      return "declared before";
    default:
      return absurd(entry);
  }
}

/** False, after a report, if the name is reserved or already stands for something in `context.scope`. */
export function isNewName(name: Name, context: Pick<Context, "scope" | "report" | "record">): boolean {
  if (RESERVED.has(name.text)) {
    context.report(errors.reservedName(name));
    return false;
  }
  const before = context.scope.find(name.text);
  if (before === undefined) return true;
  context.record?.use(name, { kind: "declaration", at: before.span });
  context.report(errors.declaredTwice(name, { what: describeEntry(before), span: before.span }));
  return false;
}

/**
 * Declares a variable in `scope`; null: its declaration has a mistake, so that its uses are passed over. A name that
 * is taken keeps its first meaning.
 */
export function declareVariable(
  name: Name,
  variable: Variable | null,
  plates: readonly Plate[],
  scope: Scope,
  context: Pick<Context, "scope" | "report" | "record">,
): boolean {
  if (!isNewName(name, context)) return false;
  const declared = variable && ({ kind: "variable", variable, plates } as const);
  context.record?.declare({ name, declared: declared ?? { kind: "faulty" } });
  scope.declare(name.text, faultyOr(variable, plates, name.span));
  return true;
}

const faultyOr = (variable: Variable | null, plates: readonly Plate[], span: Span): Entry =>
  variable === null ? { kind: "faulty", span } : { kind: "variable", variable, plates, span };
