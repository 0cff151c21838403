// What the reference says of functions and families, for the manual's pages and for editors: one text for both.
import { Bug } from "../diagnostic.js";
import { BUILTINS, builtinSignature, type Builtin } from "../typecheck/builtins.js";
import type { Distribution } from "../typecheck/model.js";
import type { Library } from "../typecheck/scope.js";
import { describeValues, showSignature, showType } from "../typecheck/show.js";

/** What the built-in functions are; asking for one that is not here is a bug. */
const BUILTIN_DOCS: Readonly<Record<string, string>> = {
  sqrt: "The square root.",
  square: "x^2",
  exp: "e to the power x.",
  log: "The natural logarithm of x > 0.",
  log1p: "log(1 + x), accurate for small x.",
  expm1: "exp(x) - 1, accurate for small x.",
  inv_logit: "1 / (1 + exp(-x)), the logistic function.",
  log1p_exp: "log(1 + exp(x)), without overflow.",
  sin: "The sine.",
  cos: "The cosine.",
  tan: "The tangent.",
  asin: "The inverse sine.",
  acos: "The inverse cosine.",
  atan: "The inverse tangent.",
  sinh: "The hyperbolic sine.",
  cosh: "The hyperbolic cosine.",
  tanh: "The hyperbolic tangent.",
  lgamma: "The logarithm of the gamma function of x > 0.",
  digamma: "The derivative of lgamma.",
  trigamma: "The second derivative of lgamma.",
  erf: "The error function.",
  erfc: "1 - erf(x), accurate for large x.",
  Phi: "The distribution function of the standard normal distribution.",
  inv_Phi: "The quantile function of the standard normal distribution.",
  log_bessel_i0: "log(I_0(x)), the logarithm of the modified Bessel function of the first kind of order 0.",
  bessel_ratio: "I_1(x) / I_0(x), the derivative of log_bessel_i0.",
  floor: "The largest whole number that is not above x; the result is a real.",
  ceil: "The smallest whole number that is not below x; the result is a real.",
  round: "The nearest whole number; the result is a real.",
  trunc: "x without what stands after the point; the result is a real.",
  sign: "-1, 0 or 1.",
  abs: "The absolute value; of an int it is an int.",
  to_int: "x without what stands after the point, as an int.",
  pow: "x to the power y, as is x ^ y.",
  fmod: "The remainder of x / y, with the sign of x.",
  fmin: "The smaller of the two, as a real.",
  fmax: "The larger of the two, as a real.",
  min: "The smaller of the two, or the smallest element of a vector.",
  max: "The larger of the two, or the largest element of a vector.",
  sum: "The sum of a vector's elements.",
  log_sum_exp: "The logarithm of the sum of the elements' exponentials, without overflow.",
  cumulative_sum: "The sums of the elements up to each one.",
  num_elements: "The number of elements, as an int.",
  diagonal: "The diagonal of a square matrix.",
  diag_matrix: "The matrix with these elements on its diagonal and 0 elsewhere.",
  cholesky_decompose: "The lower triangular L with L * L' = A, of a symmetric positive definite matrix.",
  pi: "The ratio of a circle's circumference to its diameter.",
  e: "The base of the natural logarithm.",
};

/** Pieces of the library's other definitions: they can be called, but are of no use in a model. */
const PIECES: ReadonlySet<string> = new Set([
  "log_zero", "log_or_zero", "log1m_or_zero", "squared_distance_from", "hypot_ordered", "lchoose_ordered",
  "log_minus_digamma", "trigamma_excess", "gamma_shape", "gamma_shape_step", "beta_shape", "beta_shape_step",
  "beta_room", "beta_narrowing", "inv_gamma_wider_shape", "sd_from_moments", "inner_probability", "inner_share",
  "cauchy_quantile", "half_cauchy_quantile", "std_normal", "std_exponential", "double_exponential_quantile",
  "truncated_log_density", "log_probability_between", "uniform_between", "cauchy_below", "log_double_exponential_below",
  "log_multivariate_beta", "lbeta_after", "shares", "dirichlet_shapes", "dirichlet_step", "inner_place", "is_same",
  "times_log", "log_inv_logit_between", "ordered_steps", "first_or_log", "first_or_rise", "first_or_exp", "log_rises",
  "von_mises_concentration", "von_mises_concentration_step", "beta_binomial_total", "neg_binomial_rate",
  "inner_logit", "student_t_log_cdf",
  "ones_like", "on_diagonal", "log_determinant_of_factor", "is_factor", "multi_normal_of_factor",
  "factor_of_partials", "partials_of_factor", "square_after", "factor_density", "partial_density", "factor_element",
  "below_diagonal", "log_sech", "ones_of", "lkj_row", "log_lkj_constant", "vine_partials", "vine_shape", "lkj_of_factor",
  "times_log_below", "correlations_of_factor", "one_on_diagonal",
]); // prettier-ignore

/** A function as the reference has it: how it is called, one text for each number of arguments, and what it gives. */
export type FunctionReference = {
  readonly name: string;
  readonly signatures: readonly string[];
  /** The type of its value. */
  readonly result: string;
  readonly doc: string;
};

const forModels = (builtin: Builtin): boolean => builtin.internal !== true && builtin.kind !== "random";

/** A function that the language itself has; undefined for one that models cannot call. */
function builtinReference(name: string): FunctionReference | undefined {
  const shown = (BUILTINS.get(name) ?? []).filter(forModels);
  if (shown.length === 0) return undefined;
  const doc = BUILTIN_DOCS[name];
  if (doc === undefined) throw new Bug(`the built-in function '${name}' has no description`);
  const [first] = shown;
  const signatures = shown.map((builtin) => builtinSignature(name, builtin));
  return { name, signatures, result: first === undefined ? "real" : resultOf(first), doc };
}

/** The type of a built-in function's value. */
function resultOf(builtin: Builtin): string {
  switch (builtin.kind) {
    case "op":
      return builtin.result === "int" ? "int" : "real";
    case "length":
      return "int";
    case "arrangement":
      return "vector";
    case "matrix":
      return builtin.operation === "diagonal" ? "vector" : "matrix";
    default:
      return "real";
  }
}

/** A function of the library, or of the model; undefined if there is none without a mistake. */
function libraryReference(library: Library, name: string): FunctionReference | undefined {
  const found = library.function(name);
  if (!found) return undefined;
  const signatures = [showSignature(name, found.parameters)];
  return { name, signatures, result: showType(found.result), doc: found.doc.trim() };
}

/** What a name stands for as a function: built in, of the library or the model, or both with other arguments. */
export const functionReferences = (library: Library, name: string): readonly FunctionReference[] =>
  [builtinReference(name), libraryReference(library, name)].filter((each) => each !== undefined);

/** The names of functions that models have a use for. */
export const usefulFunctions = (library: Library): readonly string[] => [
  ...new Set([
    ...[...BUILTINS].filter(([, overloads]) => overloads.some(forModels)).map(([name]) => name),
    ...library.functionNames.filter((name) => !PIECES.has(name)),
  ]),
];

/** The pieces that the library does not have (any more); the tests want none. */
export const strayPieces = (library: Library): readonly string[] =>
  [...PIECES].filter((piece) => !library.functionNames.includes(piece));

/** A family as the reference has it. */
export type FamilyReference = {
  readonly name: string;
  /** `normal(real mu, real<lower=0> sigma)` */
  readonly signature: string;
  /** The type of its values, as text, and in words. */
  readonly type: string;
  readonly values: string;
  /** What `learn()` may stand for in a guide, and whether that is a latent's default. */
  readonly guide: string;
  /** Whether `T[a, b]` may follow it. */
  readonly isTruncatable: boolean;
  readonly doc: string;
};

/** What is said of a family of the library, or of the model. */
export const familyReference = (library: Library, family: Distribution): FamilyReference => ({
  name: family.name,
  signature: showSignature(family.name, family.parameters),
  type: showType(family.result),
  values: describeValues(family.result),
  guide: guideWords(library, family),
  isTruncatable: family.cumulative !== null,
  doc: family.doc.trim(),
});

/** What a family can do in a guide; Markdown. */
function guideWords(library: Library, { name, draw, fit }: Distribution): string {
  if (draw === null) return "no";
  const fitted = fit === null ? [] : [...fit.values.keys()];
  if (fitted.length === 0) return "with fixed arguments";
  const learned = fitted.map((parameter) => `\`${parameter}\``).join(", ");
  return library.defaultGuides.includes(name) ? `learns ${learned}; a default` : `learns ${learned}`;
}
