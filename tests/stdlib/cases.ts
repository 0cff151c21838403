// Parameters at which every family is tried, and its moments by their textbooks' formulas.
import { MEANING } from "../../src/codegen-js/math.js";
import { simpson } from "./quadrature.js";

export type Parameters = Readonly<Record<string, number>>;
export type Case = {
  readonly family: string;
  readonly parameters: Parameters;
  /** NaN where there is none. */
  readonly mean: number;
  readonly variance: number;
  /** Where most of the density is, for quadrature. */
  readonly centre: number;
  readonly spread: number;
};

type Moments = (p: (name: string) => number) => readonly [mean: number, variance: number];

const inverseLogit = (x: number): number => 1 / (1 + Math.exp(-x));
const betaMoments: Moments = (p) => {
  const [a, b] = [p("alpha"), p("beta")];
  return [a / (a + b), (a * b) / ((a + b) ** 2 * (a + b + 1))];
};
const logNormalMoments: Moments = (p) => {
  const s = p("sigma") ** 2;
  return [Math.exp(p("mu") + s / 2), Math.expm1(s) * Math.exp(2 * p("mu") + s)];
};
const EULER = 0.5772156649015329;
const gammaFunction = (x: number): number => (x > 0 ? Math.exp(MEANING.lgamma(x)) : NaN);
/** From the raw moments, of which those of `exists` and above are infinite, of a positive variable of scale 1. */
function powerMoments(scale: number, raw: (k: number) => number, exists: number): readonly [number, number] {
  const [first, second] = [1, 2].map((k) => (k < exists ? scale ** k * raw(k) : NaN));
  return [first ?? NaN, (second ?? NaN) - (first ?? NaN) ** 2];
}
/** Of `scale` over a chi-squared variable. */
const inverseChiSquare = (nu: number, scale: number): readonly [number, number] => [
  nu > 2 ? scale / (nu - 2) : NaN,
  nu > 4 ? (2 * scale ** 2) / ((nu - 2) ** 2 * (nu - 4)) : NaN,
];

const MOMENTS: Readonly<Record<string, Moments>> = {
  normal: (p) => [p("mu"), p("sigma") ** 2],
  half_normal: (p) => [p("scale") * Math.sqrt(2 / Math.PI), p("scale") ** 2 * (1 - 2 / Math.PI)],
  log_normal: logNormalMoments,
  student_t: (p) => [
    p("nu") > 1 ? p("mu") : NaN,
    p("nu") > 2 ? (p("sigma") ** 2 * p("nu")) / (p("nu") - 2) : NaN,
  ],
  cauchy: () => [NaN, NaN],
  half_cauchy: () => [NaN, NaN],
  gamma: (p) => [p("alpha") / p("beta"), p("alpha") / p("beta") ** 2],
  inv_gamma: (p) => {
    const [a, b] = [p("alpha"), p("beta")];
    return [a > 1 ? b / (a - 1) : NaN, a > 2 ? b ** 2 / ((a - 1) ** 2 * (a - 2)) : NaN];
  },
  beta: betaMoments,
  scaled_beta: (p) => {
    const width = p("upper") - p("lower");
    const [mean, variance] = betaMoments(p);
    return [p("lower") + width * mean, width ** 2 * variance];
  },
  exponential: (p) => [1 / p("beta"), 1 / p("beta") ** 2],
  uniform: (p) => [(p("lower") + p("upper")) / 2, (p("upper") - p("lower")) ** 2 / 12],
  bernoulli: (p) => [p("theta"), p("theta") * (1 - p("theta"))],
  bernoulli_logit: (p) => [inverseLogit(p("alpha")), inverseLogit(p("alpha")) * inverseLogit(-p("alpha"))],
  poisson: (p) => [p("lambda"), p("lambda")],
  poisson_log: (p) => [Math.exp(p("alpha")), Math.exp(p("alpha"))],
  binomial: (p) => [p("n") * p("theta"), p("n") * p("theta") * (1 - p("theta"))],
  binomial_logit: (p) => {
    const theta = inverseLogit(p("alpha"));
    return [p("n") * theta, p("n") * theta * (1 - theta)];
  },
  neg_binomial_2: (p) => [p("mu"), p("mu") + p("mu") ** 2 / p("phi")],
  neg_binomial_2_log: (p) => [Math.exp(p("eta")), Math.exp(p("eta")) + Math.exp(2 * p("eta")) / p("phi")],
  neg_binomial: (p) => [p("alpha") / p("beta"), (p("alpha") * (p("beta") + 1)) / p("beta") ** 2],
  neg_binomial_logit: (p) => {
    const odds = Math.exp(p("logits"));
    return [p("total_count") * odds, p("total_count") * odds * (1 + odds)];
  },
  geometric: (p) => [(1 - p("theta")) / p("theta"), (1 - p("theta")) / p("theta") ** 2],
  beta_binomial: (p) => {
    const [n, a, b] = [p("n"), p("alpha"), p("beta")];
    const [mean, variance] = betaMoments(p);
    return [n * mean, n * (a + b + n) * variance];
  },
  gumbel: (p) => [p("mu") + EULER * p("beta"), (Math.PI * p("beta")) ** 2 / 6],
  double_exponential: (p) => [p("mu"), 2 * p("sigma") ** 2],
  laplace: (p) => [p("mu"), 2 * p("sigma") ** 2],
  lognormal: logNormalMoments,
  logistic: (p) => [p("mu"), (Math.PI * p("sigma")) ** 2 / 3],
  weibull: (p) => powerMoments(p("sigma"), (k) => gammaFunction(1 + k / p("alpha")), Infinity),
  frechet: (p) => powerMoments(p("sigma"), (k) => gammaFunction(1 - k / p("alpha")), p("alpha")),
  loglogistic: (p) => {
    const b = Math.PI / p("beta");
    return powerMoments(p("alpha"), (k) => (k * b) / Math.sin(k * b), p("beta"));
  },
  von_mises: (p) => {
    const density = (y: number): number => Math.exp(p("kappa") * (Math.cos(y - p("mu")) - 1));
    const moment = (f: (y: number) => number): number =>
      simpson((y) => f(y) * density(y), -Math.PI, 0) + simpson((y) => f(y) * density(y), 0, Math.PI);
    const mean = moment((y) => y) / moment(() => 1);
    return [mean, moment((y) => (y - mean) ** 2) / moment(() => 1)];
  },
  half_student_t: (p) => {
    const [nu, scale] = [p("nu"), p("scale")];
    const ratio = gammaFunction((nu + 1) / 2) / gammaFunction(nu / 2);
    const mean = nu > 1 ? (2 * scale * Math.sqrt(nu / Math.PI) * ratio) / (nu - 1) : NaN;
    return [mean, nu > 2 ? (scale ** 2 * nu) / (nu - 2) - mean ** 2 : NaN];
  },
  pareto: (p) => powerMoments(p("y_min"), (k) => p("alpha") / (p("alpha") - k), p("alpha")),
  pareto_type_2: (p) => {
    const [mean, variance] = powerMoments(p("lambda"), (k) => p("alpha") / (p("alpha") - k), p("alpha"));
    return [p("mu") - p("lambda") + mean, variance];
  },
  skew_normal: (p) => {
    const d = p("alpha") / Math.hypot(1, p("alpha"));
    return [
      p("xi") + p("omega") * d * Math.sqrt(2 / Math.PI),
      p("omega") ** 2 * (1 - (2 * d ** 2) / Math.PI),
    ];
  },
  exp_mod_normal: (p) => [p("mu") + 1 / p("lambda"), p("sigma") ** 2 + 1 / p("lambda") ** 2],
  rayleigh: (p) => [p("sigma") * Math.sqrt(Math.PI / 2), p("sigma") ** 2 * (2 - Math.PI / 2)],
  chi_square: (p) => [p("nu"), 2 * p("nu")],
  inv_chi_square: (p) => inverseChiSquare(p("nu"), 1),
  scaled_inv_chi_square: (p) => inverseChiSquare(p("nu"), p("nu") * p("sigma") ** 2),
  beta_proportion: (p) => [p("mu"), (p("mu") * (1 - p("mu"))) / (p("kappa") + 1)],
  std_normal: () => [0, 1],
  discrete_range: (p) => [(p("lower") + p("upper")) / 2, ((p("upper") - p("lower") + 1) ** 2 - 1) / 12],
  reflected_log_normal: (p) => {
    const [mean, variance] = logNormalMoments(p);
    return [p("upper") - mean, variance];
  },
  shifted_log_normal: (p) => {
    const [mean, variance] = logNormalMoments(p);
    return [p("lower") + mean, variance];
  },
  scaled_logit_normal: (p) => {
    const [mu, sigma, width] = [p("mu"), p("sigma"), p("upper") - p("lower")];
    const moment = (f: (share: number) => number): number =>
      simpson(
        (z) => (f(inverseLogit(mu + sigma * z)) * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI),
        -9,
        9,
      );
    const mean = moment((share) => share);
    return [p("lower") + width * mean, width ** 2 * moment((share) => (share - mean) ** 2)];
  },
};

const PARAMETERS: Readonly<Record<string, readonly Parameters[]>> = {
  normal: [
    { mu: 0, sigma: 1 },
    { mu: -30, sigma: 0.02 },
    { mu: 5, sigma: 200 },
  ],
  half_normal: [{ scale: 1 }, { scale: 0.01 }, { scale: 50 }],
  log_normal: [
    { mu: 0, sigma: 0.5 },
    { mu: 3, sigma: 0.05 },
    { mu: -4, sigma: 1 },
  ],
  student_t: [
    { nu: 5, mu: 1, sigma: 2 },
    { nu: 1.5, mu: 0, sigma: 1 },
    { nu: 200, mu: -3, sigma: 0.1 },
  ],
  cauchy: [
    { mu: 0, sigma: 1 },
    { mu: 10, sigma: 0.1 },
  ],
  half_cauchy: [{ scale: 1 }, { scale: 25 }],
  gamma: [
    { alpha: 1, beta: 1 },
    { alpha: 0.3, beta: 2 },
    { alpha: 40, beta: 0.1 },
    { alpha: 5000, beta: 100 },
  ],
  inv_gamma: [
    { alpha: 6, beta: 2 },
    { alpha: 0.8, beta: 0.1 },
    { alpha: 300, beta: 1000 },
  ],
  beta: [
    { alpha: 2, beta: 3 },
    { alpha: 0.4, beta: 0.7 },
    { alpha: 900, beta: 30 },
    { alpha: 1, beta: 1 },
  ],
  scaled_beta: [
    { alpha: 2, beta: 3, lower: -1, upper: 4 },
    { alpha: 0.6, beta: 0.9, lower: 100, upper: 101 },
    { alpha: 50, beta: 500, lower: 0, upper: 1 },
  ],
  exponential: [{ beta: 1 }, { beta: 40 }, { beta: 0.001 }],
  uniform: [
    { lower: 0, upper: 1 },
    { lower: -5, upper: 20 },
  ],
  bernoulli: [{ theta: 0.5 }, { theta: 0.03 }, { theta: 0.9 }],
  bernoulli_logit: [{ alpha: 0 }, { alpha: -3 }, { alpha: 1.5 }],
  poisson: [{ lambda: 0.2 }, { lambda: 7 }, { lambda: 400 }],
  poisson_log: [{ alpha: -1 }, { alpha: 2 }, { alpha: 6 }],
  binomial: [
    { n: 10, theta: 0.3 },
    { n: 1, theta: 0.8 },
    { n: 2000, theta: 0.6 },
  ],
  binomial_logit: [
    { n: 10, alpha: -1 },
    { n: 1, alpha: 1 },
    { n: 2000, alpha: 0.4 },
  ],
  neg_binomial_2: [
    { mu: 4, phi: 2 },
    { mu: 50, phi: 10 },
    { mu: 3, phi: 1000 },
  ],
  neg_binomial_2_log: [
    { eta: 1, phi: 2 },
    { eta: 4, phi: 10 },
  ],
  neg_binomial: [
    { alpha: 4, beta: 2 },
    { alpha: 3, beta: 0.5 },
    { alpha: 60, beta: 1.5 },
  ],
  neg_binomial_logit: [
    { total_count: 4, logits: 0.5 },
    { total_count: 0.8, logits: 2 },
    { total_count: 130, logits: -1 },
  ],
  geometric: [{ theta: 0.4 }, { theta: 0.02 }, { theta: 0.95 }],
  beta_binomial: [
    { n: 10, alpha: 2, beta: 3 },
    { n: 40, alpha: 0.6, beta: 0.9 },
    { n: 500, alpha: 30, beta: 12 },
  ],
  gumbel: [
    { mu: 0, beta: 1 },
    { mu: -30, beta: 0.02 },
  ],
  double_exponential: [
    { mu: 0, sigma: 1 },
    { mu: -30, sigma: 0.02 },
  ],
  laplace: [{ mu: 2, sigma: 0.5 }],
  lognormal: [{ mu: -1, sigma: 0.4 }],
  logistic: [
    { mu: 0, sigma: 1 },
    { mu: -30, sigma: 0.02 },
  ],
  weibull: [
    { alpha: 1.5, sigma: 2 },
    { alpha: 8, sigma: 0.1 },
  ],
  frechet: [
    { alpha: 6, sigma: 2 },
    { alpha: 1.5, sigma: 0.1 },
  ],
  loglogistic: [
    { alpha: 2, beta: 7 },
    { alpha: 0.1, beta: 1.5 },
  ],
  von_mises: [
    { mu: 0, kappa: 1 },
    { mu: 1, kappa: 0.1 },
    { mu: -2, kappa: 8 },
    { mu: 3, kappa: 2 },
    { mu: 0.5, kappa: 300 },
  ],
  half_student_t: [
    { nu: 5, scale: 2 },
    { nu: 1.5, scale: 1 },
    { nu: 100, scale: 0.1 },
  ],
  pareto: [
    { y_min: 1, alpha: 6 },
    { y_min: 0.5, alpha: 0.8 },
  ],
  pareto_type_2: [
    { mu: 0, lambda: 1, alpha: 6 },
    { mu: -5, lambda: 0.2, alpha: 9 },
  ],
  skew_normal: [
    { xi: 0, omega: 1, alpha: 2 },
    { xi: 4, omega: 0.1, alpha: -10 },
  ],
  exp_mod_normal: [
    { mu: 0, sigma: 1, lambda: 1 },
    { mu: 4, sigma: 0.1, lambda: 3 },
  ],
  rayleigh: [{ sigma: 1 }, { sigma: 0.02 }],
  chi_square: [{ nu: 1.5 }, { nu: 50 }],
  inv_chi_square: [{ nu: 12 }, { nu: 1.5 }],
  scaled_inv_chi_square: [
    { nu: 12, sigma: 2 },
    { nu: 1.5, sigma: 0.5 },
  ],
  beta_proportion: [
    { mu: 0.4, kappa: 5 },
    { mu: 0.36, kappa: 1.1 },
    { mu: 0.97, kappa: 900 },
  ],
  std_normal: [{}],
  discrete_range: [
    { lower: 0, upper: 9 },
    { lower: 3, upper: 4 },
  ],
  reflected_log_normal: [
    { mu: 0, sigma: 0.5, upper: -2 },
    { mu: 3, sigma: 0.05, upper: 100 },
  ],
  shifted_log_normal: [
    { mu: 0, sigma: 0.5, lower: -2 },
    { mu: 3, sigma: 0.05, lower: 100 },
  ],
  scaled_logit_normal: [
    { mu: 0, sigma: 1, lower: 0, upper: 1 },
    { mu: -1.5, sigma: 0.3, lower: -2, upper: 10 },
  ],
};

/** Mean and variance; NaN where there is none. Throws for a family without formulas here. */
export function momentsOf(family: string, parameters: Parameters): readonly [mean: number, variance: number] {
  const moments = MOMENTS[family];
  if (moments === undefined) throw new Error(`write the moments of '${family}' into cases.ts`);
  return moments((name) => parameters[name] ?? NaN);
}

/** The cases of a family; throws for one without any. */
export function casesOf(family: string): readonly Case[] {
  const cases = PARAMETERS[family];
  if (cases === undefined) throw new Error(`write parameters to try '${family}' at into cases.ts`);
  return cases.map((parameters) => {
    const [mean, variance] = momentsOf(family, parameters);
    const p = (name: string, otherwise: number): number => parameters[name] ?? otherwise;
    const scale = p("sigma", p("scale", p("beta", 1)));
    const centre = Number.isNaN(mean) ? p("mu", scale) : mean;
    const spread = Number.isNaN(variance) ? scale : Math.sqrt(variance);
    return { family, parameters, mean, variance, centre, spread };
  });
}
