// The one list of scalar operations. Every stage that gives an operation a meaning owes it a row in a total table.

/** Arity of each scalar operation. Add a key, and the type checker names every table that owes it a row. */
export const ARITY = {
  // arithmetic
  neg: 1, add: 2, sub: 2, mul: 2, div: 2, pow: 2, int_div: 2, mod: 2,
  // rounding, sign
  abs: 1, floor: 1, ceil: 1, round: 1, trunc: 1, sign: 1, min: 2, max: 2,
  // powers, exponentials, logarithms
  sqrt: 1, square: 1, exp: 1, log: 1, log1p: 1, expm1: 1,
  // logistic
  inv_logit: 1, log1p_exp: 1,
  // trigonometric, hyperbolic
  sin: 1, cos: 1, tan: 1, asin: 1, acos: 1, atan: 1, sinh: 1, cosh: 1, tanh: 1,
  // gamma and normal families
  lgamma: 1, digamma: 1, trigamma: 1, /** lgamma(x + a) - lgamma(x), without cancellation */ lgamma_delta: 2,
  /** polygamma(n, x): the derivative of order n >= 1 of digamma */ polygamma: 2,
  /** log_gamma_kernel(a, z) = log(z^a exp(-z) / Gamma(a)), the log density of the log of a gamma(a, 1) variable */
  log_gamma_kernel: 2,
  /** log P(a, z) and log Q(a, z): logarithms of the regularised incomplete gamma functions */
  log_gamma_p: 2, log_gamma_q: 2,
  /** gamma_quantile_slope(a, z): how the quantile z of gamma(a, 1) moves with a at a fixed probability */
  gamma_quantile_slope: 2,
  // beta families, by the log odds w of a proportion x
  /** log_beta_kernel(a, b, w) = log(x^a (1 - x)^b / B(a, b)), the log density of the log odds of a beta(a, b) variable */
  log_beta_kernel: 3,
  /** log_inc_beta(a, b, w): the logarithm of the regularised incomplete beta function I_x(a, b) */ log_inc_beta: 3,
  /** beta_quantile_slope(a, b, w): how the log odds w of the quantile of beta(a, b) move with a at a fixed probability */
  beta_quantile_slope: 3,
  erf: 1, erfc: 1, Phi: 1, inv_Phi: 1,
  // modified Bessel functions: log(I_0(x)), and its derivative I_1(x) / I_0(x)
  log_bessel_i0: 1, bessel_ratio: 1,
  // comparisons and logic: 1 or 0
  lt: 2, le: 2, gt: 2, ge: 2, eq: 2, ne: 2, and: 2, or: 2, not: 1,
  /** select(c, a, b): a where c is not 0, else b. Both are computed. */
  select: 3,
  // quantile functions of discrete families: smallest y with CDF(y) >= u
  poisson_quantile: 2, binomial_quantile: 3,
  /** neg_binomial_quantile(u, shape, w): failures before `shape` successes, w being the log odds of a success */
  neg_binomial_quantile: 3,
  // quantile functions of continuous families
  /** gamma_quantile(u, a): of the gamma distribution of shape a and rate 1 */ gamma_quantile: 2,
  /** beta_quantile(u, a, b): the log odds of the quantile of beta(a, b) */ beta_quantile: 3,
  /** of the von Mises distribution of mean 0 at u, with its concentration */
  von_mises_quantile: 2,
} as const; // prettier-ignore

export type Op = keyof typeof ARITY;
export const OPS = Object.keys(ARITY) as readonly Op[];

type Args<T, O extends Op> = { 1: [T]; 2: [T, T]; 3: [T, T, T] }[(typeof ARITY)[O]];

/** A function for every operation, each of its own arity. */
export type Table<T, R> = { readonly [O in Op]: (...args: Args<T, O>) => R };
/** A value for every operation. */
export type OpRecord<R> = { readonly [O in Op]: R };

/** Looks a row up and applies it to arguments whose count the caller has checked. */
export function applyRow<T, R>(table: Table<T, R>, op: Op, args: readonly T[]): R {
  const row: (...args: readonly T[]) => R = table[op];
  return row(...args);
}
