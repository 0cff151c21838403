// What is wrong with matrices in data, in words; null where nothing is. Elements lie row by row.

/** How far from each other numbers may be that should be the same: files hold few digits. */
const TOLERANCE = 1e-6;

const side = (m: ArrayLike<number>): number => Math.round(Math.sqrt(m.length));
const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(b));
const short = (x: number): number => Number(x.toPrecision(8));

export function notOfLengthOne(vector: ArrayLike<number>): string | null {
  const length = Math.sqrt(Array.from(vector).reduce((sum, x) => sum + x * x, 0));
  return isNear(length, 1) ? null : `its length is ${short(length)}`;
}

export function notSymmetric(m: ArrayLike<number>): string | null {
  const n = side(m);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const [below, above] = [m[i * n + j] ?? NaN, m[j * n + i] ?? NaN];
      if (!isNear(below, above))
        return `its element [${i + 1},${j + 1}], ${below}, is not its element [${j + 1},${i + 1}], ${above}`;
    }
  return null;
}

export function notUnitDiagonal(m: ArrayLike<number>): string | null {
  const n = side(m);
  const at = Array.from({ length: n }, (_, i) => m[i * n + i] ?? NaN).findIndex((x) => !isNear(x, 1));
  return at < 0 ? null : `its element [${at + 1},${at + 1}], ${m[at * n + at]}, is not 1`;
}

/** By its Cholesky factor: the pivots must be positive. */
export function notPositiveDefinite(m: ArrayLike<number>): string | null {
  const n = side(m);
  const rest = Float64Array.from(m);
  for (let t = 0; t < n; t++) {
    const pivot = rest[t * n + t] ?? NaN;
    if (!(pivot > 0)) return "it is not positive definite";
    for (let i = t + 1; i < n; i++)
      for (let j = t + 1; j < n; j++)
        rest[i * n + j] =
          (rest[i * n + j] ?? NaN) - ((rest[i * n + t] ?? NaN) * (rest[t * n + j] ?? NaN)) / pivot;
  }
  return null;
}

/** Lower triangular with a positive diagonal. */
export function notCholesky(m: ArrayLike<number>): string | null {
  const n = side(m);
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      const x = m[i * n + j] ?? NaN;
      if (i === j && !(x > 0)) return `its element [${i + 1},${j + 1}], ${x}, is not above 0`;
      if (i !== j && x !== 0) return `its element [${i + 1},${j + 1}], ${x}, above the diagonal, is not 0`;
    }
  return null;
}

/** The rows of a Cholesky factor of correlations have length 1. */
export function rowsNotOfLengthOne(m: ArrayLike<number>): string | null {
  const n = side(m);
  for (let i = 0; i < n; i++) {
    const length = Math.hypot(...Array.from(m).slice(i * n, (i + 1) * n));
    if (!isNear(length, 1)) return `the length of its row ${i + 1} is ${short(length)}`;
  }
  return null;
}
