// The functions that the compiler itself knows: the one table of their names, arities and kinds.
import type { Op } from "../ops.js";
import type { MatrixOperation, Arrangement, RandomPrimitive, Reduction } from "./model.js";

/**
 * A built-in function of `parameters`. `op`: elementwise over ints and reals; its result is an int, a real, or an int
 * only where all operands are (`operands`). `length`: the number of elements of a vector. `internal`: for definitions
 * of functions and distributions alone.
 */
export type Builtin = { readonly parameters: readonly string[]; readonly internal?: true } & (
  | { readonly kind: "op"; readonly op: Op; readonly result: "int" | "real" | "operands" }
  | { readonly kind: "reduction"; readonly reduction: Reduction; readonly negated: boolean }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "random"; readonly primitive: RandomPrimitive }
  | { readonly kind: "arrangement"; readonly arrangement: Arrangement }
  | { readonly kind: "matrix"; readonly operation: MatrixOperation }
  | { readonly kind: "length" }
);

const unary = (op: Op): [string, Builtin[]] => [op, [{ kind: "op", op, result: "real", parameters: ["x"] }]];
const reduction = (of: Reduction, negated = false): Builtin => ({
  kind: "reduction",
  reduction: of,
  negated,
  parameters: ["vector v"],
});
const arrangement = (of: Arrangement): Builtin => ({
  kind: "arrangement",
  arrangement: of,
  parameters: ["vector v"],
});
const matrix = (operation: MatrixOperation, parameter = "matrix A"): Builtin => ({
  kind: "matrix",
  operation,
  parameters: [parameter],
});
const binary = (op: Op, result: "real" | "operands"): Builtin => ({
  kind: "op",
  op,
  result,
  parameters: ["x", "y"],
});

/** An operation for the standard library's definitions. */
const internal = (op: Op, result: "int" | "real", ...parameters: string[]): [string, Builtin[]] => [
  op,
  [{ kind: "op", op, result, parameters, internal: true }],
];

const UNARY: readonly Op[] = [
  "sqrt", "square", "exp", "log", "log1p", "expm1", "inv_logit", "log1p_exp",
  "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
  "lgamma", "digamma", "trigamma", "erf", "erfc", "Phi", "inv_Phi", "log_bessel_i0", "bessel_ratio",
  "floor", "ceil", "round", "trunc", "sign",
]; // prettier-ignore

/** Built-in functions by name; those of one name differ in the number of their parameters. */
export const BUILTINS: ReadonlyMap<string, readonly Builtin[]> = new Map<string, readonly Builtin[]>([
  ...UNARY.map(unary),
  ["abs", [{ kind: "op", op: "abs", result: "operands", parameters: ["x"] }]],
  ["to_int", [{ kind: "op", op: "trunc", result: "int", parameters: ["x"] }]],
  ["pow", [binary("pow", "real")]],
  ["fmod", [binary("mod", "real")]],
  ["fmin", [binary("min", "real")]],
  ["fmax", [binary("max", "real")]],
  ["min", [reduction("max", true), binary("min", "operands")]],
  ["max", [reduction("max"), binary("max", "operands")]],
  ["sum", [reduction("sum")]],
  ["log_sum_exp", [reduction("log_sum_exp")]],
  ["num_elements", [{ kind: "length", parameters: ["vector v"] }]],
  ["cumulative_sum", [arrangement("cumulative_sum")]],
  ["element_before", [{ ...arrangement("element_before"), internal: true }]],
  ["places", [{ ...arrangement("places"), internal: true }]],
  ["diagonal", [matrix("diagonal")]],
  ["diag_matrix", [matrix("diag_matrix", "vector v")]],
  ["cholesky_decompose", [matrix("cholesky_decompose")]],
  ["inverse_lower", [{ ...matrix("inverse_lower"), internal: true }]],
  ["row_places", [{ ...matrix("row_places"), internal: true }]],
  ["column_places", [{ ...matrix("column_places"), internal: true }]],
  ["pi", [{ kind: "constant", value: Math.PI, parameters: [] }]],
  ["e", [{ kind: "constant", value: Math.E, parameters: [] }]],
  ...[
    internal("lgamma_delta", "real", "x", "y"),
    internal("log_gamma_p", "real", "a", "z"),
    internal("log_gamma_q", "real", "a", "z"),
    internal("log_inc_beta", "real", "a", "b", "log_odds"),
    internal("gamma_quantile", "real", "u", "a"),
    internal("beta_quantile", "real", "u", "a", "b"),
    internal("poisson_quantile", "int", "u", "rate"),
    internal("binomial_quantile", "int", "u", "n", "theta"),
    internal("neg_binomial_quantile", "int", "u", "shape", "log_odds"),
    internal("von_mises_quantile", "real", "u", "kappa"),
  ],
  [
    "std_uniform",
    [
      { kind: "random", primitive: "std_uniform", parameters: [] },
      { kind: "random", primitive: "std_uniform", parameters: ["vector like"] },
    ],
  ],
  ["std_gamma", [{ kind: "random", primitive: "std_gamma", parameters: ["shape"] }]],
]);

/** How a built-in function is called, for messages: `pow(x, y)`. */
export const builtinSignature = (name: string, builtin: Builtin): string =>
  `${name}(${builtin.parameters.join(", ")})`;

/** Words that cannot name a variable or a plate, besides the keywords of the grammar. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...[...BUILTINS]
    .filter(([, overloads]) => overloads.some((b) => b.kind !== "constant"))
    .map(([name]) => name),
  "prev",
  "learn",
]);
