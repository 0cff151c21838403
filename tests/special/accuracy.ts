// How accurate every scalar operation must be, and over which arguments: float64 in JavaScript and float32 on the GPU.
import type { Op, OpRecord } from "../../src/ops.js";

/** Where an argument is taken from: `linear` or `log` spacing between the ends; `integer` rounds to whole numbers. */
export type Range = {
  readonly from: number;
  readonly to: number;
  readonly spacing: "linear" | "log" | "integer";
};

/**
 * Bars on the error divided by max(`floor`, |true value|): `floor` 0 asks for a relative error, 1 for the smaller of the
 * relative and the absolute one. `exact` operations must agree to the last bit wherever float32 holds the true value.
 */
export type Accuracy = {
  readonly ranges: readonly Range[];
  readonly floor: number;
  readonly float64: number;
  readonly float32: number;
};

const linear = (from: number, to: number): Range => ({ from, to, spacing: "linear" });
const logarithmic = (from: number, to: number): Range => ({ from, to, spacing: "log" });
const integer = (from: number, to: number): Range => ({ from, to, spacing: "integer" });
const bar = (floor: number, float32: number, float64: number, ...ranges: readonly Range[]): Accuracy => ({
  ranges,
  floor,
  float64,
  float32,
});

const ANY = linear(-1000, 1000);
const SHAPE = logarithmic(1e-6, 1e6);
const SHAPES = logarithmic(0.05, 1e4);
const FLAG = integer(0, 1);
const WHOLE = integer(-1000, 1000);
const POSITIVE_WHOLE = integer(1, 1000);
/** One rounding in float32, with the little that division and square roots may lack on a GPU. */
const ROUNDING = 3e-7;

/**
 * One row per operation. The float32 bars are for drivers of the accuracy that WGSL demands, not for one device. The
 * error of `pow`, `sinh` and `cosh` grows with the exponent; quantiles may be off by one count where u lies within
 * rounding of a step, so their float32 bar is a fraction of draws that differ (`floor` 0, counted, not measured).
 */
export const ACCURACY: OpRecord<Accuracy> = {
  neg: bar(0, 0, 0, ANY),
  add: bar(0, ROUNDING, 0, linear(0, 1000), linear(0, 1000)),
  sub: bar(1, 1e-4, 0, ANY, ANY),
  mul: bar(0, ROUNDING, 0, ANY, ANY),
  div: bar(0, ROUNDING, 0, ANY, logarithmic(1e-3, 1e3)),
  pow: bar(0, 3e-6, 1e-15, logarithmic(1e-3, 1e3), linear(-5, 5)),
  int_div: bar(0, 0, 0, WHOLE, POSITIVE_WHOLE),
  mod: bar(0, 0, 0, WHOLE, POSITIVE_WHOLE),
  abs: bar(0, 0, 0, ANY),
  floor: bar(0, 0, 0, ANY),
  ceil: bar(0, 0, 0, ANY),
  round: bar(0, 0, 0, ANY),
  trunc: bar(0, 0, 0, ANY),
  sign: bar(0, 0, 0, ANY),
  min: bar(0, 0, 0, ANY, ANY),
  max: bar(0, 0, 0, ANY, ANY),
  sqrt: bar(0, ROUNDING, 0, logarithmic(1e-30, 1e30)),
  square: bar(0, ROUNDING, 0, ANY),
  exp: bar(0, 5e-6, 1e-15, linear(-87, 88)),
  log: bar(1, 2e-7, 1e-15, logarithmic(1e-30, 1e30)),
  log1p: bar(0, 5e-7, 1e-15, logarithmic(1e-7, 1e6)),
  expm1: bar(0, 5e-7, 1e-15, linear(-20, 20)),
  inv_logit: bar(0, 6e-6, 1e-15, linear(-80, 80)),
  log1p_exp: bar(1, 3e-7, 1e-15, linear(-100, 100)),
  sin: bar(1, 2e-7, 1e-15, linear(-1000, 1000)),
  cos: bar(1, 2e-7, 1e-15, linear(-1000, 1000)),
  tan: bar(0, 5e-7, 1e-15, linear(-1.5, 1.5)),
  asin: bar(0, 5e-7, 1e-15, linear(-1, 1)),
  acos: bar(1, 5e-7, 1e-15, linear(-1, 1)),
  atan: bar(0, 5e-7, 1e-15, ANY),
  sinh: bar(0, 1e-6, 1e-15, linear(-80, 80)),
  cosh: bar(0, 1e-6, 1e-15, linear(-80, 80)),
  tanh: bar(0, 4e-7, 1e-15, linear(-30, 30)),
  lgamma: bar(1, 1e-6, 2e-15, SHAPE),
  digamma: bar(1, 2e-6, 2e-15, SHAPE),
  trigamma: bar(0, 1e-6, 2e-15, SHAPE),
  lgamma_delta: bar(1, 3e-6, 2e-14, SHAPE, logarithmic(1e-3, 1e4)),
  gamma_quantile_slope: bar(0, 1e-5, 1e-10, logarithmic(0.05, 1e4), logarithmic(1e-3, 1e3)),
  polygamma: bar(0, 3e-6, 2e-15, integer(1, 4), logarithmic(1e-4, 1e6)),
  log_gamma_kernel: bar(1, 5e-6, 1e-14, logarithmic(0.05, 1e4), logarithmic(1e-3, 1e4)),
  log_gamma_p: bar(1, 5e-6, 1e-12, logarithmic(0.05, 1e4), logarithmic(1e-3, 1e4)),
  log_gamma_q: bar(1, 5e-6, 1e-12, logarithmic(0.05, 1e4), logarithmic(1e-3, 1e4)),
  gamma_quantile: bar(0, 2e-5, 1e-11, linear(2 ** -10, 1 - 2 ** -10), logarithmic(0.3, 1e4)),
  log_beta_kernel: bar(1, 1e-5, 1e-13, SHAPES, SHAPES, linear(-30, 30)),
  log_inc_beta: bar(1, 1e-5, 1e-10, SHAPES, SHAPES, linear(-30, 30)),
  beta_quantile: bar(
    1,
    2e-5,
    1e-10,
    linear(2 ** -10, 1 - 2 ** -10),
    logarithmic(0.3, 1e4),
    logarithmic(0.3, 1e4),
  ),
  beta_quantile_slope: bar(0, 1e-4, 1e-9, SHAPES, SHAPES, linear(-5, 5)),
  erf: bar(0, 5e-7, 2e-15, linear(-6, 6)),
  erfc: bar(0, 2e-6, 5e-15, linear(-6, 9)),
  Phi: bar(0, 3e-6, 5e-15, linear(-12, 8)),
  inv_Phi: bar(1, 1e-6, 1e-14, logarithmic(2 ** -25, 1 - 2 ** -24)),
  log_bessel_i0: bar(0, 1e-6, 2e-15, logarithmic(1e-6, 1e6)),
  bessel_ratio: bar(0, 1e-6, 2e-15, logarithmic(1e-6, 1e6)),
  lt: bar(0, 0, 0, WHOLE, WHOLE),
  le: bar(0, 0, 0, WHOLE, WHOLE),
  gt: bar(0, 0, 0, WHOLE, WHOLE),
  ge: bar(0, 0, 0, WHOLE, WHOLE),
  eq: bar(0, 0, 0, FLAG, FLAG),
  ne: bar(0, 0, 0, FLAG, FLAG),
  and: bar(0, 0, 0, FLAG, FLAG),
  or: bar(0, 0, 0, FLAG, FLAG),
  not: bar(0, 0, 0, FLAG),
  select: bar(0, 0, 0, FLAG, ANY, ANY),
  poisson_quantile: bar(0, 1e-3, 0, linear(2 ** -24, 1 - 2 ** -24), logarithmic(1e-3, 1e5)),
  binomial_quantile: bar(0, 1e-3, 0, linear(2 ** -24, 1 - 2 ** -24), integer(0, 10000), linear(0, 1)),
  neg_binomial_quantile: bar(
    0,
    1e-3,
    0,
    linear(2 ** -24, 1 - 2 ** -24),
    logarithmic(0.05, 1e3),
    linear(-6, 6),
  ),
  von_mises_quantile: bar(1, 1e-4, 1e-9, linear(2 ** -10, 1 - 2 ** -10), logarithmic(1e-3, 1e5)),
};

/** Whether an operation's bar counts the draws that differ, instead of measuring an error. */
export const countsDifferences = (op: Op): boolean => /^(poisson|binomial|neg_binomial)_quantile$/.test(op);

/** Argument `i` of `count` along a range; with `shuffle` a multiplier prime to `count`, in another order. */
export function argumentAt(range: Range, i: number, count: number, shuffle: number): number {
  const place = (((i * shuffle) % count) + 0.5) / count;
  if (range.spacing === "log") return range.from * (range.to / range.from) ** place;
  const x = range.from + (range.to - range.from) * place;
  return range.spacing === "integer" ? Math.round(x) : x;
}
