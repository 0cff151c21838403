// Direction numbers of Sobol's sequence: what the random numbers of both devices are placed by.

/**
 * Primitive polynomials over GF(2), leading coefficient first as bits, and the initial direction numbers that belong to
 * them: the first dimensions of new-joe-kuo-6 (Joe and Kuo 2008, "Constructing Sobol sequences with better
 * two-dimensional projections"). The first dimension, van der Corput's sequence, has no polynomial.
 */
const INITIAL: readonly (readonly [polynomial: number, ...initial: number[]])[] = [
  [3, 1],
  [7, 1, 3],
  [11, 1, 3, 1],
  [13, 1, 1, 1],
  [19, 1, 1, 3, 3],
  [25, 1, 3, 5, 13],
  [37, 1, 1, 5, 5, 17],
  [41, 1, 1, 5, 5, 5],
  [47, 1, 1, 7, 11, 19],
  [55, 1, 1, 5, 1, 1],
  [59, 1, 1, 1, 3, 11],
  [61, 1, 3, 5, 5, 31],
  [67, 1, 3, 3, 9, 7, 49],
  [91, 1, 1, 1, 15, 21, 21],
  [97, 1, 3, 1, 13, 27, 49],
  [103, 1, 1, 1, 15, 7, 5],
  [109, 1, 3, 1, 15, 13, 25],
  [115, 1, 1, 5, 5, 19, 61],
  [131, 1, 3, 7, 11, 23, 15, 103],
  [137, 1, 3, 7, 13, 13, 15, 69],
  [143, 1, 1, 3, 13, 7, 35, 63],
  [145, 1, 3, 5, 9, 1, 25, 53],
  [157, 1, 3, 1, 13, 9, 35, 107],
  [167, 1, 3, 1, 5, 27, 61, 31],
  [171, 1, 1, 5, 11, 19, 41, 61],
  [185, 1, 3, 5, 3, 3, 13, 69],
  [191, 1, 1, 7, 13, 1, 19, 1],
  [193, 1, 3, 7, 5, 13, 19, 59],
  [203, 1, 1, 3, 9, 25, 29, 41],
  [211, 1, 3, 5, 13, 23, 1, 55],
  [213, 1, 3, 7, 3, 13, 59, 17],
];

/** Coordinates of one set of points; further ones are sets of their own. */
export const SOBOL_DIMENSIONS = INITIAL.length + 1;
/** Bits of a point's number, so that there are no more than two to this many points. */
export const SOBOL_BITS = 16;

/** For each bit of a point's number, lowest first, the digits (highest first, 16 of them) that it flips. */
function directions([polynomial, ...initial]: readonly [number, ...number[]]): number[] {
  const degree = 31 - Math.clz32(polynomial);
  const m = [...initial];
  for (let i = degree; i < SOBOL_BITS; i++) {
    let next = (m[i - degree] ?? 0) ^ ((m[i - degree] ?? 0) << degree);
    for (let j = 1; j < degree; j++) if ((polynomial >> (degree - j)) & 1) next ^= (m[i - j] ?? 0) << j;
    m.push(next);
  }
  return m.map((number, i) => number << (SOBOL_BITS - 1 - i));
}

/** Direction numbers [dimension, bit of the point's number], 16 digits each. */
export const SOBOL_DIRECTIONS: readonly (readonly number[])[] = [
  Array.from({ length: SOBOL_BITS }, (_, i) => 1 << (SOBOL_BITS - 1 - i)),
  ...INITIAL.map(directions),
];
