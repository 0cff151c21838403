// Operations of matrices in float64 by their definitions; the elements of a matrix lie row by row.
import { Bug } from "../../src/diagnostic.js";
import type { TypedExpression } from "../../src/typecheck/model.js";
import { isSized, kindOf } from "../../src/typecheck/types.js";
import type { Value } from "./evaluate.js";

type Matrix = readonly (readonly number[])[];
type Values = { readonly value: (e: TypedExpression) => Value };

export const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, x, k) => sum + x * (b[k]?.[j] ?? NaN), 0)));
export const transposed = (a: Matrix): Matrix => (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? NaN));

/** The lower Cholesky factor, row by row. */
export function cholesky(a: Matrix): Matrix {
  const l = a.map((row) => row.map(() => 0));
  a.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const dot = (l[i] ?? []).slice(0, j).reduce((sum, x, k) => sum + x * (l[j]?.[k] ?? NaN), 0);
      const rest = (row[j] ?? NaN) - dot;
      (l[i] as number[])[j] = i === j ? Math.sqrt(rest) : rest / (l[j]?.[j] ?? NaN);
    }
  });
  return l;
}

/** The inverse of a lower triangular matrix, column by column. */
export function inverseLower(l: Matrix): Matrix {
  const columns = l.map((_, c) => {
    const x: number[] = [];
    l.forEach((row, i) => {
      const dot = row.slice(0, i).reduce((sum, y, k) => sum + y * (x[k] ?? NaN), 0);
      x.push(((i === c ? 1 : 0) - dot) / (row[i] ?? NaN));
    });
    return x;
  });
  return transposed(columns);
}

/** The value of an operation of matrices. A matrix whose size is not known is square. */
export function matrixValue(e: TypedExpression & { kind: "matrix" }, frame: Values): Value {
  const columns = (arg: TypedExpression): number => {
    const { size } = arg.type;
    if (isSized(size) && size.shape?.kind === "matrix") return Number(frame.value(size.shape.columns.value));
    return Math.round(Math.sqrt([frame.value(arg)].flat().length));
  };
  const matrix = (arg: TypedExpression | undefined): Matrix => {
    if (arg === undefined) throw new Bug("an operation without its matrix");
    const values = [frame.value(arg)].flat();
    const kind = kindOf(arg.type.size);
    if (kind !== "matrix") return kind === "row_vector" ? [values] : values.map((x) => [x]);
    const n = columns(arg);
    return Array.from({ length: values.length / n }, (_, i) => values.slice(i * n, (i + 1) * n));
  };
  const at = (arg: TypedExpression | undefined): number =>
    arg === undefined ? NaN : Number(frame.value(arg)) - 1;
  const [first, second, third] = e.args;
  const result = (m: Matrix): Value => (e.type.size === null ? (m[0]?.[0] ?? NaN) : m.flat());
  switch (e.operation) {
    case "product":
      return result(times(matrix(first), matrix(second)));
    case "transpose":
      return transposed(matrix(first)).flat();
    case "row":
      return matrix(first)[at(second)] ?? NaN;
    case "entry":
      return matrix(first)[at(second)]?.[at(third)] ?? NaN;
    case "diagonal":
      return matrix(first).map((row, i) => row[i] ?? NaN);
    case "diag_matrix": {
      const v = matrix(first).flat();
      return v.flatMap((x, i) => v.map((_, j) => (i === j ? x : 0)));
    }
    case "cholesky_decompose":
      return cholesky(matrix(first)).flat();
    case "inverse_lower":
      return inverseLower(matrix(first)).flat();
    case "row_places":
      return matrix(first).flatMap((row, i) => row.map(() => i + 1));
    case "column_places":
      return matrix(first).flatMap((row) => row.map((_, j) => j + 1));
  }
}
