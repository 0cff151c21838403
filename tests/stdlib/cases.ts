// Parameters at which every family is tried, and its moments by their textbooks' formulas.
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

const MOMENTS: Readonly<Record<string, Moments>> = {
  normal: (p) => [p("mu"), p("sigma") ** 2],
  half_normal: (p) => [p("scale") * Math.sqrt(2 / Math.PI), p("scale") ** 2 * (1 - 2 / Math.PI)],
  log_normal: (p) => {
    const s = p("sigma") ** 2;
    return [Math.exp(p("mu") + s / 2), Math.expm1(s) * Math.exp(2 * p("mu") + s)];
  },
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
