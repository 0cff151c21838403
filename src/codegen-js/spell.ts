// The spelling of every scalar operation in JavaScript: operators and Math where they mean the same, else `math`.
import type { Table } from "../ops.js";
import type { BinaryOperator, JsExpression } from "./javascript.js";

type E = JsExpression;
const literal = (value: number): E => ({ kind: "literal", value });
const call =
  (callee: string) =>
  (...args: E[]): E => ({ kind: "call", callee, args });
const binary =
  (operator: BinaryOperator) =>
  (left: E, right: E): E => ({ kind: "binary", operator, left, right });

/** A comparison's 1 or 0; `condition` takes it apart again. */
const choice = (test: E, yes: E, no: E): E => ({ kind: "choice", test, yes, no });
const truth = (test: E): E => choice(test, literal(1), literal(0));
const comparison =
  (operator: BinaryOperator) =>
  (left: E, right: E): E =>
    truth(binary(operator)(left, right));

const isLiteral = (e: E, value: number): boolean => e.kind === "literal" && e.value === value;

/** The boolean behind a number that counts as true where it is not 0. */
function condition(e: E): E {
  if (e.kind === "choice" && isLiteral(e.yes, 1) && isLiteral(e.no, 0)) return e.test;
  return binary("!==")(e, literal(0));
}

/** Whether writing it twice costs nothing. */
const isCheap = (e: E): boolean => e.kind === "name" || e.kind === "literal";
const square = call("math.square");

/** Agrees with MEANING for every argument. */
export const JS_OPS: Table<E, E> = {
  neg: (arg) => ({ kind: "negate", arg }),
  add: binary("+"),
  sub: binary("-"),
  mul: binary("*"),
  div: binary("/"),
  mod: binary("%"),
  square: (x) => (isCheap(x) ? binary("*")(x, x) : square(x)),
  abs: call("Math.abs"),
  floor: call("Math.floor"),
  ceil: call("Math.ceil"),
  trunc: call("Math.trunc"),
  sign: call("Math.sign"),
  sqrt: call("Math.sqrt"),
  exp: call("Math.exp"),
  log: call("Math.log"),
  log1p: call("Math.log1p"),
  expm1: call("Math.expm1"),
  sin: call("Math.sin"),
  cos: call("Math.cos"),
  tan: call("Math.tan"),
  asin: call("Math.asin"),
  acos: call("Math.acos"),
  atan: call("Math.atan"),
  sinh: call("Math.sinh"),
  cosh: call("Math.cosh"),
  tanh: call("Math.tanh"),
  lt: comparison("<"),
  le: comparison("<="),
  gt: comparison(">"),
  ge: comparison(">="),
  eq: comparison("==="),
  ne: comparison("!=="),
  and: (a, b) => truth(binary("&&")(condition(a), condition(b))),
  or: (a, b) => truth(binary("||")(condition(a), condition(b))),
  not: (a) => choice(condition(a), literal(0), literal(1)),
  select: (c, a, b) => choice(condition(c), a, b),
  pow: call("math.pow"),
  int_div: call("math.int_div"),
  round: call("math.round"),
  min: call("math.min"),
  max: call("math.max"),
  inv_logit: call("math.inv_logit"),
  log1p_exp: call("math.log1p_exp"),
  lgamma: call("math.lgamma"),
  digamma: call("math.digamma"),
  trigamma: call("math.trigamma"),
  lgamma_delta: call("math.lgamma_delta"),
  gamma_quantile_slope: call("math.gamma_quantile_slope"),
  polygamma: call("math.polygamma"),
  log_gamma_kernel: call("math.log_gamma_kernel"),
  log_gamma_p: call("math.log_gamma_p"),
  log_gamma_q: call("math.log_gamma_q"),
  gamma_quantile: call("math.gamma_quantile"),
  log_beta_kernel: call("math.log_beta_kernel"),
  log_inc_beta: call("math.log_inc_beta"),
  beta_quantile: call("math.beta_quantile"),
  beta_quantile_slope: call("math.beta_quantile_slope"),
  neg_binomial_quantile: call("math.neg_binomial_quantile"),
  erf: call("math.erf"),
  erfc: call("math.erfc"),
  Phi: call("math.Phi"),
  inv_Phi: call("math.inv_Phi"),
  log_bessel_i0: call("math.log_bessel_i0"),
  bessel_ratio: call("math.bessel_ratio"),
  poisson_quantile: call("math.poisson_quantile"),
  binomial_quantile: call("math.binomial_quantile"),
  von_mises_quantile: call("math.von_mises_quantile"),
};
