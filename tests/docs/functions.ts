// The reference page of the functions: built-in ones, and those of the standard library with their doc comments.
import { BUILTINS, builtinSignature } from "../../src/typecheck/builtins.js";
import { showSignature } from "../../src/typecheck/show.js";
import type { Library } from "../../src/typecheck/scope.js";
import { ACCURACY } from "../special/accuracy.js";
import { code, page, table } from "./markdown.js";

/** What the built-in functions are; the page fails for one that is not here. */
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

/** Pieces of other definitions: they can be called, but are of no use in a model. */
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

function builtinRows(): readonly (readonly string[])[] {
  return [...BUILTINS].flatMap(([name, overloads]) => {
    const shown = overloads.filter((b) => b.internal !== true && b.kind !== "random");
    if (shown.length === 0) return [];
    const doc = BUILTIN_DOCS[name];
    if (doc === undefined)
      throw new Error(`the built-in function '${name}' has no description for the manual`);
    return [[shown.map((b) => code(builtinSignature(name, b))).join(" "), doc]];
  });
}

function libraryRows(library: Library): readonly (readonly string[])[] {
  for (const piece of PIECES)
    if (!library.functionNames.includes(piece)) throw new Error(`there is no function '${piece}' any more`);
  return library.functionNames
    .filter((name) => !PIECES.has(name))
    .map((name) => {
      const found = library.function(name);
      if (!found) throw new Error(`the library lists '${name}' but does not have it`);
      return [code(showSignature(name, found.parameters)), found.doc.trim()];
    });
}

/** The operations that models can call whose error is more than a rounding. */
function accuracyRows(): readonly (readonly string[])[] {
  return [...BUILTINS].flatMap(([name, overloads]) =>
    overloads.flatMap((builtin) => {
      if (builtin.kind !== "op" || builtin.internal === true || name !== builtin.op) return [];
      const { ranges, floor, float32 } = ACCURACY[builtin.op];
      if (float32 <= 3e-7) return [];
      const range = ranges.map(({ from, to }) => `${shortNumber(from)} to ${shortNumber(to)}`).join("; ");
      return [
        [
          code(builtinSignature(name, builtin)),
          range,
          `${float32.toExponential()}${floor === 0 ? "" : " of max(1, value)"}`,
        ],
      ];
    }),
  );
}
const shortNumber = (x: number): string =>
  Math.abs(x) < 1e-2 && x !== 0
    ? x.toExponential(2).replace(/\.?0+e/, "e")
    : String(Number(x.toPrecision(6)));

export function functionsPage(library: Library): string {
  const rows = [...builtinRows(), ...libraryRows(library)].sort(([a = ""], [b = ""]) =>
    a.toLowerCase().localeCompare(b.toLowerCase(), "en"),
  );
  return page(
    "Functions",
    "Names are Stan's where Stan has the function. A function of numbers takes vectors too, and then works element by " +
      "element; numbers among its arguments are repeated. A model adds its own in a `functions` block.",
    table(["function", "value"], rows),
    "## Accuracy",
    "The largest error of the built-in functions on a GPU (float32), over the arguments given, as the tests demand it: " +
      "relative, or where it says so relative to the larger of 1 and the value. The reference device (float64) is right " +
      "to 1e-14 or better. Functions that are not listed are exact or right to one rounding.",
    table(["function", "arguments", "error"], accuracyRows()),
  );
}
