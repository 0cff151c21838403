// What the elementary operations do to numbers, in float64: for the stages that fold constants, and for the reference device.
import type { Op, Table } from "./ops.js";

const truth = (condition: boolean): number => (condition ? 1 : 0);

/** To the nearest integer, halves away from zero. */
function roundHalfAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

function invLogit(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/**
 * The operations that are no special functions. Arguments outside a function's domain give NaN or an infinity, as in
 * JavaScript.
 */
export const ELEMENTARY = {
  neg: (x) => -x,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  int_div: (a, b) => Math.trunc(a / b),
  mod: (a, b) => a % b,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfAway,
  trunc: Math.trunc,
  sign: Math.sign,
  min: (a, b) => (a < b ? a : b),
  max: (a, b) => (a > b ? a : b),
  sqrt: Math.sqrt,
  square: (x) => x * x,
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  expm1: Math.expm1,
  inv_logit: invLogit,
  log1p_exp: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  lt: (a, b) => truth(a < b),
  le: (a, b) => truth(a <= b),
  gt: (a, b) => truth(a > b),
  ge: (a, b) => truth(a >= b),
  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
  and: (a, b) => truth(a !== 0 && b !== 0),
  or: (a, b) => truth(a !== 0 || b !== 0),
  not: (a) => truth(a === 0),
  select: (c, a, b) => (c !== 0 ? a : b),
} satisfies Partial<Table<number, number>>;

/** The value of an elementary operation, of arguments whose count the caller has checked; null of a special function. */
export function elementaryValue(op: Op, args: readonly number[]): number | null {
  const table: Partial<Table<number, number>> = ELEMENTARY;
  const row = table[op] as ((...args: readonly number[]) => number) | undefined;
  return row?.(...args) ?? null;
}
