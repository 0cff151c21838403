// How every scalar operation is spelled in WGSL, and the helper functions that the spellings call.
import { Bug } from "../diagnostic.js";
import { applyRow, type Op, OPS, type Table } from "../ops.js";
import { BESSEL } from "./bessel.js";
import { ELEMENTARY } from "./elementary.js";
import { GAMMA } from "./gamma.js";
import { INCOMPLETE_BETA } from "./incomplete-beta.js";
import { INCOMPLETE_GAMMA } from "./incomplete-gamma.js";
import { NORMAL } from "./normal.js";
import { QUANTILES } from "./quantiles.js";
import { RANDOM } from "./random.js";

/** Sources of the helpers by name, in the order in which preludes print them. */
const HELPERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...ELEMENTARY,
    ...GAMMA,
    ...NORMAL,
    ...INCOMPLETE_GAMMA,
    ...INCOMPLETE_BETA,
    ...BESSEL,
    ...QUANTILES,
    ...RANDOM,
  }),
);

/** Names that helpers define at module scope, or their sources use: no other declaration of a kernel may take them. */
export const RESERVED_BY_HELPERS: ReadonlySet<string> = new Set([
  ...HELPERS.keys(),
  "LN2_HIGH",
  "LN2_LOW",
  "ReducedAngle",
  "run",
]);

const infix =
  (operator: string) =>
  (a: string, b: string): string =>
    `(${a} ${operator} ${b})`;
const call =
  (name: string) =>
  (...args: readonly string[]): string =>
    `${name}(${args.join(", ")})`;
const truth =
  (operator: string) =>
  (a: string, b: string): string =>
    `f32(${a} ${operator} ${b})`;

/**
 * An f32 expression from f32 expressions. Each argument must be, and each result is, an atom, a call or in parentheses;
 * no argument is used twice. Truth values are 1.0 and 0.0. Arguments outside a function's domain give finite numbers:
 * `log` of zero or less is LOG_ZERO, `sqrt` below zero is 0; only `div`, and results beyond float32, can overflow.
 */
export const WGSL_OPS: Table<string, string> = {
  neg: (x) => (x.startsWith("-") ? `(-(${x}))` : `(-${x})`),
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  pow: call("power"),
  int_div: call("int_div"),
  mod: call("modulo"),
  abs: call("abs"),
  floor: call("floor"),
  ceil: call("ceil"),
  round: call("round_half_away"),
  trunc: call("trunc"),
  sign: call("sign"),
  min: call("min"),
  max: call("max"),
  sqrt: call("safe_sqrt"),
  square: call("square"),
  exp: call("exp_finite"),
  log: call("safe_log"),
  log1p: call("log1p"),
  expm1: call("expm1"),
  inv_logit: call("inv_logit"),
  log1p_exp: call("log1p_exp"),
  sin: call("sin_accurate"),
  cos: call("cos_accurate"),
  tan: call("tan_accurate"),
  asin: call("asin_accurate"),
  acos: call("acos_accurate"),
  atan: call("atan_accurate"),
  sinh: call("sinh_accurate"),
  cosh: call("cosh_accurate"),
  tanh: call("tanh_accurate"),
  lgamma: call("lgamma"),
  digamma: call("digamma"),
  trigamma: call("trigamma"),
  lgamma_delta: call("lgamma_delta"),
  gamma_quantile_slope: call("gamma_quantile_slope"),
  polygamma: call("polygamma"),
  log_gamma_kernel: call("log_gamma_kernel"),
  log_gamma_p: call("log_gamma_p"),
  log_gamma_q: call("log_gamma_q"),
  gamma_quantile: call("gamma_quantile"),
  log_beta_kernel: call("log_beta_kernel"),
  log_inc_beta: call("log_inc_beta"),
  beta_quantile: call("beta_quantile"),
  beta_quantile_slope: call("beta_quantile_slope"),
  neg_binomial_quantile: call("neg_binomial_quantile"),
  erf: call("erf"),
  erfc: call("erfc"),
  Phi: call("Phi"),
  inv_Phi: call("inv_Phi"),
  log_bessel_i0: call("log_bessel_i0"),
  bessel_ratio: call("bessel_ratio"),
  lt: truth("<"),
  le: truth("<="),
  gt: truth(">"),
  ge: truth(">="),
  eq: truth("=="),
  ne: truth("!="),
  and: (a, b) => `f32(${a} != 0.0 && ${b} != 0.0)`,
  or: (a, b) => `f32(${a} != 0.0 || ${b} != 0.0)`,
  not: (a) => `f32(${a} == 0.0)`,
  select: (c, a, b) => `select(${b}, ${a}, ${c} != 0.0)`,
  poisson_quantile: call("poisson_quantile"),
  binomial_quantile: call("binomial_quantile"),
  von_mises_quantile: call("von_mises_quantile"),
};

const OP_NAMES: ReadonlySet<string> = new Set(OPS);

/** The helpers whose names stand in a helper's source (outside comments) or in an operation's spelling. */
const helpersIn = (source: string): string[] => {
  const code = source.replace(/\/\/.*/g, "");
  const words = new Set(code.match(/[A-Za-z_]\w*/g) ?? []);
  if (words.has("LN2_HIGH")) words.add("LN2");
  return [...words].filter((word) => HELPERS.has(word));
};

const helpersOfOp = (op: Op): string[] => helpersIn(applyRow(WGSL_OPS, op, ["0.0", "0.0", "0.0"]));

/**
 * The WGSL source of all the helpers that these operations (`log`) and helpers (`std_uniform`, `ln`, `LOG_ZERO`) need,
 * each once, in one fixed order. The random ones read a uniform `run` that the kernel must declare; `packed`: and of a job
 * its seed and iteration. A name that is neither an operation nor a helper is a Bug.
 */
export function preludeFor(names: Iterable<string>, packed = false): string {
  const needed = new Set<string>();
  const need = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    helpersIn(HELPERS.get(name) ?? "").forEach(need);
  };
  for (const name of names) {
    if (OP_NAMES.has(name)) helpersOfOp(name as Op).forEach(need);
    if (HELPERS.has(name)) need(name);
    else if (!OP_NAMES.has(name)) throw new Bug(`no WGSL helper is named '${name}'`);
  }
  const text = [...HELPERS].flatMap(([name, source]) => (needed.has(name) ? [source] : [])).join("\n");
  return packed ? text.replaceAll(/\brun\.(seed|iteration)\b/g, "job.$1") : text;
}
