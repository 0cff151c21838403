// The float64 meaning of every scalar operation: what the reference device computes and the GPU is held against.
import { ELEMENTARY } from "../elementary.js";
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

/** Arguments outside a function's domain give NaN or an infinity, as in JavaScript. */
export const MEANING: Table<number, number> = {
  ...ELEMENTARY,
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
  poisson_quantile: poissonQuantile,
  binomial_quantile: binomialQuantile,
  neg_binomial_quantile: negBinomialQuantile,
  von_mises_quantile: vonMisesQuantile,
};
