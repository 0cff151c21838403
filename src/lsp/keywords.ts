// What the words and signs of the language mean, in a sentence or two each; Markdown.

/** Keywords, words that are keywords in one place, and the names of types. */
export const KEYWORDS: Readonly<Record<string, string>> = {
  functions: "Block: functions and distributions of your own.",
  data: "Block: plates, sizes, observed arrays and covariates. Bounds are checked when data is bound.",
  parameters: "Block: parameters that are learned as points, not inferred: `real<lower=0> rate = 1;`.",
  model: "Block: the generative model. A name that is not data and has a `~` is a latent.",
  guide:
    "Block: the approximate posterior that particles are drawn from. Latents that it does not name have a default family, each in a group of its own.",
  generated: "Block: functions of latents that are reported, and predictions, which are drawn.",
  function: "Defines a function: `function real half_life(real rate) = log(2) / rate;`.",
  distribution:
    "Defines a distribution by its items: `log_density(y) = ...;`, `draw = ...;`, `statistics(y) = (...);`, `fit(m, s) = (...);`.",
  plate:
    "An axis of independent elements. In `data` it is declared: `plate houses in counties;`. In other blocks it is opened: what stands in its braces is there once for each element.",
  in: "`plate houses in counties`: a nested plate, every county has its own houses; `for (i in 1:n)`: the values of a loop.",
  by: "`plate houses in counties by county`: data has one row per house, and the column `county` says where each belongs.",
  ordered:
    "A type, a vector whose elements rise: `ordered[n]`. After a plate's name, a time axis: `plate days ordered;`, along which `prev` looks one step back.",
  if: "`if (c) ... else ...`: observations and factors that count where the int `c` is not 0, and others elsewhere.",
  else: "What holds where the condition of the `if` does not.",
  for: "`for (i in 1:n) ...`: statements for each value in turn; the ends are ints made of numbers.",
  target:
    "`target += expression;` adds a term to the log joint density, once for each element of the open plates.",
  return: "The value of a function whose body stands in braces.",
  group:
    "`group name { a; b; }`: latents of the same plates that share one set of particles. `group name : multi_normal { ... }` gives them one normal with full covariance.",
  T: "`T[a, b]` after a distribution: truncated to values between a and b, either of which may be left out.",
  prev: "`prev(x, x0)`: the value of `x` one step before along the ordered plate; at the first step `x0`.",
  learn:
    "`learn(initial)` in a guide: a learned parameter, one for each element of the open plates. `learn(initial, over = none)` or `over = (users)` shares it.",
  over: "`learn(initial, over = (plates))`: the plates for each of whose elements there is a parameter of its own.",
  none: "`learn(initial, over = none)`: one parameter for all elements of all plates.",
  lower: "The least value: `real<lower=0>`.",
  upper: "The greatest value: `real<lower=0, upper=1>`.",
  offset: "`real<offset=m, multiplier=s> x` is Stan's; not yet supported.",
  multiplier: "`real<offset=m, multiplier=s> x` is Stan's; not yet supported.",
  int: "A whole number.",
  real: "A number.",
  vector: "`vector[n]`: a column of n reals.",
  row_vector: "`row_vector[n]`: a row of n reals.",
  matrix: "`matrix[n, m]`: n rows of m reals.",
  simplex: "`simplex[n]`: positive reals that sum to 1.",
  positive_ordered: "`positive_ordered[n]`: positive reals that rise.",
  unit_vector: "`unit_vector[n]`: reals whose squares sum to 1.",
  cov_matrix: "`cov_matrix[n]`: a symmetric positive definite matrix.",
  corr_matrix: "`corr_matrix[n]`: a symmetric positive definite matrix with ones on its diagonal.",
  cholesky_factor_cov: "`cholesky_factor_cov[n]`: a lower triangular matrix with a positive diagonal.",
  cholesky_factor_corr:
    "`cholesky_factor_corr[n]`: a lower triangular matrix with a positive diagonal, whose rows have length 1.",
  array: "Arrays are plates: `array[n] real x` is `plate rows; real x[rows];`.",
};

/** Words that are what `KEYWORDS` says only after these tokens, and names everywhere else. */
export const SOFT_AFTER: Readonly<Record<string, readonly string[]>> = {
  over: [","],
  none: ["="],
  lower: ["<", ","],
  upper: ["<", ","],
  offset: ["<", ","],
  multiplier: ["<", ","],
};

/** Signs between expressions and after them. */
export const OPERATORS: Readonly<Record<string, string>> = {
  "~": "has the distribution; of data, a term of the likelihood",
  "+=": "adds a term to the log joint density",
  "+": "sum",
  "-": "difference, or the negative",
  "*": "product; of matrices, row vectors and vectors, the matrix product",
  "/": "quotient; of two ints, without what stands after the point",
  ".*": "product, element by element",
  "./": "quotient, element by element",
  "^": "power",
  "%": "remainder",
  "'": "transpose",
  "==": "1 where equal, else 0",
  "!=": "1 where not equal, else 0",
  "<": "1 where less, else 0",
  "<=": "1 where less or equal, else 0",
  ">": "1 where greater, else 0",
  ">=": "1 where greater or equal, else 0",
  "&&": "1 where both are not 0, else 0",
  "||": "1 where one of them is not 0, else 0",
  "!": "1 where it is 0, else 0",
  "?": "the first value where the condition is not 0, else the second",
};
