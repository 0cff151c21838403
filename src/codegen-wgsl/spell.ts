// The spelling of every scalar operation as WGSL data: operators where WGSL has them, else the helpers' names.
import { Bug } from "../diagnostic.js";
import { applyRow, type Op, type Table } from "../ops.js";
import { WGSL_OPS } from "./functions.js";
import type { BinaryOperator, WgslExpression } from "./wgsl.js";

type E = WgslExpression;
const call = (callee: string, ...args: E[]): E => ({ kind: "call", callee, args });
const binary =
  (operator: BinaryOperator) =>
  (left: E, right: E): E => ({ kind: "binary", operator, left, right });
const zero: E = { kind: "f32", value: 0 };

/** Truth values travel as 1.0 and 0.0; `condition` takes the conversion off again where WGSL wants a bool. */
const truth = (test: E): E => call("f32", test);
const comparison =
  (operator: BinaryOperator) =>
  (left: E, right: E): E =>
    truth(binary(operator)(left, right));

function condition(e: E): E {
  const [inner] = e.kind === "call" && e.callee === "f32" ? e.args : [];
  return inner?.kind === "binary" || inner?.kind === "unary" ? inner : binary("!=")(e, zero);
}

/** A call of the function that the table of functions names for this operation. */
function helper(op: Op): (...args: E[]) => E {
  const [callee] =
    /^[a-z_A-Z]\w*(?=\(a(?:, b)?(?:, c)?\)$)/.exec(applyRow(WGSL_OPS, op, ["a", "b", "c"])) ?? [];
  if (callee === undefined)
    throw new Bug(`operation '${op}' is spelled neither as an operator nor as a call`);
  return (...args) => call(callee, ...args);
}

/**
 * The builtin exp is four times faster than the accurate one, whose gain lies at large arguments: of -|x|, a term of a
 * log-sum-exp, the builtin's error is within a rounding of the largest term, and it cannot overflow.
 */
const accurateExp = helper("exp");
const exp = (x: E): E => {
  const isNegative =
    x.kind === "unary" && x.operator === "-" && x.arg.kind === "call" && x.arg.callee === "abs";
  return isNegative ? call("exp", x) : accurateExp(x);
};

/** f32 expressions of f32 expressions; the helpers that they call are those of the same operation's row in WGSL_OPS. */
export const WGSL_SPELLING: Table<E, E> = {
  neg: (arg) => ({ kind: "unary", operator: "-", arg }),
  add: binary("+"),
  sub: binary("-"),
  mul: binary("*"),
  div: binary("/"),
  lt: comparison("<"),
  le: comparison("<="),
  gt: comparison(">"),
  ge: comparison(">="),
  eq: comparison("=="),
  ne: comparison("!="),
  and: (a, b) => truth(binary("&&")(condition(a), condition(b))),
  or: (a, b) => truth(binary("||")(condition(a), condition(b))),
  not: (a) => truth({ kind: "unary", operator: "!", arg: condition(a) }),
  select: (c, a, b) => call("select", b, a, condition(c)),
  pow: helper("pow"),
  int_div: helper("int_div"),
  mod: helper("mod"),
  abs: helper("abs"),
  floor: helper("floor"),
  ceil: helper("ceil"),
  round: helper("round"),
  trunc: helper("trunc"),
  sign: helper("sign"),
  min: helper("min"),
  max: helper("max"),
  sqrt: helper("sqrt"),
  square: helper("square"),
  exp,
  log: helper("log"),
  log1p: helper("log1p"),
  expm1: helper("expm1"),
  inv_logit: helper("inv_logit"),
  log1p_exp: helper("log1p_exp"),
  sin: helper("sin"),
  cos: helper("cos"),
  tan: helper("tan"),
  asin: helper("asin"),
  acos: helper("acos"),
  atan: helper("atan"),
  sinh: helper("sinh"),
  cosh: helper("cosh"),
  tanh: helper("tanh"),
  lgamma: helper("lgamma"),
  digamma: helper("digamma"),
  trigamma: helper("trigamma"),
  lgamma_delta: helper("lgamma_delta"),
  gamma_quantile_slope: helper("gamma_quantile_slope"),
  polygamma: helper("polygamma"),
  log_gamma_kernel: helper("log_gamma_kernel"),
  log_gamma_p: helper("log_gamma_p"),
  log_gamma_q: helper("log_gamma_q"),
  gamma_quantile: helper("gamma_quantile"),
  log_beta_kernel: helper("log_beta_kernel"),
  log_inc_beta: helper("log_inc_beta"),
  beta_quantile: helper("beta_quantile"),
  beta_quantile_slope: helper("beta_quantile_slope"),
  neg_binomial_quantile: helper("neg_binomial_quantile"),
  erf: helper("erf"),
  erfc: helper("erfc"),
  Phi: helper("Phi"),
  inv_Phi: helper("inv_Phi"),
  log_bessel_i0: helper("log_bessel_i0"),
  bessel_ratio: helper("bessel_ratio"),
  poisson_quantile: helper("poisson_quantile"),
  binomial_quantile: helper("binomial_quantile"),
  von_mises_quantile: helper("von_mises_quantile"),
};
