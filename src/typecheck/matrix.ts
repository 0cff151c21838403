// Shapes of matrices: their sizes, what operations make of them, and the operations as expressions.
import { constantValue } from "./constants.js";
import * as errors from "./errors.js";
import type { MatrixOperation, Size, TypedExpression } from "./model.js";
import { dependencies, type Context } from "./scope.js";
import { describeType } from "./show.js";
import { isSized, kindOf, typeOf, type Shape, type SizeConflict } from "./types.js";

/** Why an operation has no value for arguments of these shapes: `needs` in words. */
export type ShapeFailure = SizeConflict | { readonly needs: string };

const asFactor = (key: string): string => (/^\w+$/.test(key) ? key : `(${key})`);

/** The size of a matrix. */
export function matrixSize(rows: Size, columns: Size): Size {
  const [n, m] = [constantValue(rows.value), constantValue(columns.value)];
  const type = typeOf("int");
  const common = { type, span: rows.value.span, plates: [], latents: [] };
  const value: TypedExpression =
    n !== null && m !== null
      ? { kind: "literal", value: n * m, ...common }
      : { kind: "apply", op: "mul", args: [rows.value, columns.value], ...common };
  const shape = { kind: "matrix", rows, columns } as const;
  return { key: `${asFactor(rows.key)} x ${asFactor(columns.key)}`, value, shape };
}

/** The size of a row vector with as many elements as a vector of this size. */
export const rowSize = (columns: Size): Size => ({
  key: `row ${asFactor(columns.key)}`,
  value: columns.value,
  shape: { kind: "row_vector", columns },
});

/** The vector's size that goes with a shape: its own, a row vector's columns, a matrix' rows. */
export function baseOf(size: Size): Size {
  if (size.shape === undefined) return size;
  return size.shape.kind === "matrix" ? size.shape.rows : size.shape.columns;
}

/** The shape of this kind whose every side is `base`; null if `base` is not known. */
export function shapeWith(kind: ReturnType<typeof kindOf>, base: Size): Shape {
  switch (kind) {
    case "number":
      return null;
    case "vector":
      return base;
    case "row_vector":
      return rowSize(base);
    case "matrix":
      return matrixSize(base, base);
  }
}

const UNKNOWN = { number: null, vector: "any", row_vector: "any_row", matrix: "any_matrix" } as const;

const rowsOf = (shape: Shape): Size | null =>
  isSized(shape) && shape.shape?.kind === "matrix" ? shape.shape.rows : null;
/** The columns of a matrix or row vector. */
const columnsOf = (shape: Shape): Size | null => (isSized(shape) ? (shape.shape?.columns ?? null) : null);

/** The shape of this kind, from the sizes that it takes; unknown if one of them is. */
function made(kind: "vector" | "row_vector" | "matrix", rows: Size | null, columns: Size | null): Shape {
  if (kind === "vector") return rows ?? UNKNOWN.vector;
  if (kind === "row_vector") return columns === null ? UNKNOWN.row_vector : rowSize(columns);
  return rows === null || columns === null ? UNKNOWN.matrix : matrixSize(rows, columns);
}

/** The shape of an operation's value. */
export function operationShape(
  operation: MatrixOperation,
  shapes: readonly Shape[],
): { readonly size: Shape } | ShapeFailure {
  const [first = null, second = null] = shapes;
  const kind = kindOf(first);
  switch (operation) {
    case "product":
      return productShape(first, second);
    case "transpose":
      if (kind === "number") return { needs: "a vector or a matrix" };
      if (kind === "vector") return { size: made("row_vector", null, isSized(first) ? first : null) };
      if (kind === "row_vector") return { size: made("vector", columnsOf(first), null) };
      return { size: made("matrix", columnsOf(first), rowsOf(first)) };
    case "row":
      return kind === "matrix" ? { size: made("row_vector", null, columnsOf(first)) } : { needs: "a matrix" };
    case "entry":
      return kind === "matrix" ? { size: null } : { needs: "a matrix" };
    case "diag_matrix":
      if (kind !== "vector") return { needs: "a vector" };
      return { size: isSized(first) ? matrixSize(first, first) : UNKNOWN.matrix };
    case "row_places":
    case "column_places":
      return kind === "matrix" ? { size: first } : { needs: "a matrix" };
    case "diagonal":
    case "cholesky_decompose":
    case "inverse_lower": {
      if (kind !== "matrix") return { needs: "a matrix" };
      const [rows, columns] = [rowsOf(first), columnsOf(first)];
      if (rows !== null && columns !== null && rows.key !== columns.key)
        return { conflict: [rows.key, columns.key] };
      return { size: operation === "diagonal" ? made("vector", rows, null) : first };
    }
  }
}

function productShape(left: Shape, right: Shape): { readonly size: Shape } | ShapeFailure {
  const kinds = `${kindOf(left)} ${kindOf(right)}` as const;
  const inner = kindOf(left) === "vector" ? null : columnsOf(left);
  const vector = (shape: Shape): Size | null => (isSized(shape) ? shape : null);
  const outer = kindOf(right) === "vector" ? vector(right) : rowsOf(right);
  if (inner !== null && outer !== null && kindOf(right) !== "row_vector" && inner.key !== outer.key)
    return { conflict: [inner.key, outer.key] };
  switch (kinds) {
    case "matrix matrix":
      return { size: made("matrix", rowsOf(left), columnsOf(right)) };
    case "matrix vector":
      return { size: made("vector", rowsOf(left), null) };
    case "row_vector matrix":
      return { size: made("row_vector", null, columnsOf(right)) };
    case "row_vector vector":
      return { size: null };
    case "vector row_vector":
      return { size: made("matrix", vector(left), columnsOf(right)) };
    default:
      return { needs: "a matrix" };
  }
}

/** An operation on checked arguments; null after a report. `what`: what the first must be, as a sentence's subject. */
export function matrixOperation(
  operation: MatrixOperation,
  args: readonly TypedExpression[],
  what: string,
  span: TypedExpression["span"],
  context: Context,
): TypedExpression | null {
  const shaped = operationShape(
    operation,
    args.map((arg) => arg.type.size),
  );
  const [left, right] = args;
  if ("needs" in shaped && operation === "product" && left !== undefined && right !== undefined)
    return context.report(errors.vectorTimesVector(span, "*"));
  if ("conflict" in shaped) return context.report(errors.matrixSizes(span, what, ...shaped.conflict));
  if ("needs" in shaped) {
    const [first] = args;
    const actual = first === undefined ? "nothing" : describeType(first.type);
    return context.report(errors.needVector(first?.span ?? span, what, actual, shaped.needs));
  }
  const ints = operation === "row_places" || operation === "column_places";
  const type = typeOf(ints ? "int" : "real", shaped.size);
  return { kind: "matrix", operation, args, type, span, ...dependencies(args, context) };
}
