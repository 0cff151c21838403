// The float64 meaning of every scalar operation: what the reference device computes and the GPU is held against.
import type { Table } from "../ops.js";
import { besselRatio, logBesselI0, vonMisesQuantile } from "./special/bessel.js";
import { digamma, lgamma, lgammaDelta, polygamma, trigamma } from "./special/gamma.js";
import {
  betaQuantile,
  betaQuantileSlope,
  logBetaKernel,
  logIncBeta,
  negBinomialQuantile,
} from "./special/incomplete-beta.js";
import {
  gammaQuantile,
  gammaQuantileSlope,
  logGammaKernel,
  logGammaP,
  logGammaQ,
} from "./special/incomplete-gamma.js";
import { erf, erfc, invPhi, Phi } from "./special/normal.js";
import { binomialQuantile, poissonQuantile } from "./special/quantiles.js";

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

/** Arguments outside a function's domain give NaN or an infinity, as in JavaScript. */
export const MEANING: Table<number, number> = {
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
  lgamma,
  digamma,
  trigamma,
  lgamma_delta: lgammaDelta,
  polygamma,
  log_gamma_kernel: logGammaKernel,
  log_gamma_p: logGammaP,
  log_gamma_q: logGammaQ,
  gamma_quantile: gammaQuantile,
  gamma_quantile_slope: gammaQuantileSlope,
  log_beta_kernel: logBetaKernel,
  log_inc_beta: logIncBeta,
  beta_quantile: betaQuantile,
  beta_quantile_slope: betaQuantileSlope,
  erf,
  erfc,
  Phi,
  inv_Phi: invPhi,
  log_bessel_i0: logBesselI0,
  bessel_ratio: besselRatio,
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
  poisson_quantile: poissonQuantile,
  binomial_quantile: binomialQuantile,
  neg_binomial_quantile: negBinomialQuantile,
  von_mises_quantile: vonMisesQuantile,
};
