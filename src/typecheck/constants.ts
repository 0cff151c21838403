// Values of expressions that are known without data.
import type { OpRecord } from "../ops.js";
import type { Argument, Local, TypedExpression } from "./model.js";

type Fold = ((...args: number[]) => number) | null;
const truth = (b: boolean): number => (b ? 1 : 0);

/** The value of each operation on numbers; null where only the code generators know it. */
const FOLD: OpRecord<Fold> = {
  neg: (a = 0) => -a,
  add: (a = 0, b = 0) => a + b,
  sub: (a = 0, b = 0) => a - b,
  mul: (a = 0, b = 0) => a * b,
  div: (a = 0, b = 0) => a / b,
  pow: (a = 0, b = 0) => Math.pow(a, b),
  int_div: (a = 0, b = 0) => Math.trunc(a / b),
  mod: (a = 0, b = 0) => a % b,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  round: (a = 0) => Math.sign(a) * Math.round(Math.abs(a)),
  trunc: Math.trunc,
  sign: Math.sign,
  min: Math.min,
  max: Math.max,
  sqrt: Math.sqrt,
  square: (a = 0) => a * a,
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  expm1: Math.expm1,
  inv_logit: (a = 0) => 1 / (1 + Math.exp(-a)),
  log1p_exp: (a = 0) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  lgamma: null,
  digamma: null,
  trigamma: null,
  lgamma_delta: null,
  gamma_quantile_slope: null,
  polygamma: null,
  log_gamma_kernel: null,
  log_gamma_p: null,
  log_gamma_q: null,
  gamma_quantile: null,
  log_beta_kernel: null,
  log_inc_beta: null,
  beta_quantile: null,
  beta_quantile_slope: null,
  neg_binomial_quantile: null,
  erf: null,
  erfc: null,
  Phi: null,
  inv_Phi: null,
  log_bessel_i0: null,
  bessel_ratio: null,
  lt: (a = 0, b = 0) => truth(a < b),
  le: (a = 0, b = 0) => truth(a <= b),
  gt: (a = 0, b = 0) => truth(a > b),
  ge: (a = 0, b = 0) => truth(a >= b),
  eq: (a = 0, b = 0) => truth(a === b),
  ne: (a = 0, b = 0) => truth(a !== b),
  and: (a = 0, b = 0) => truth(a !== 0 && b !== 0),
  or: (a = 0, b = 0) => truth(a !== 0 || b !== 0),
  not: (a = 0) => truth(a === 0),
  select: (c = 0, a = 0, b = 0) => (c !== 0 ? a : b),
  poisson_quantile: null,
  binomial_quantile: null,
  von_mises_quantile: null,
};

/** Values of arguments; an argument that is missing is not a constant. */
export type ConstantArguments = ReadonlyMap<Argument, number>;

/** The value of a scalar that depends on numbers alone (and on `args`), or null where it depends on more. */
export function constantValue(e: TypedExpression, args: ConstantArguments = new Map()): number | null {
  const locals = new Map<Local, number | null>();
  const value = (x: TypedExpression): number | null => {
    switch (x.kind) {
      case "literal":
        return x.value;
      case "reference":
        return ofVariable(x.variable);
      case "apply": {
        const operands = x.args.map(value);
        const fold = FOLD[x.op];
        return fold !== null && operands.every((v) => v !== null) ? fold(...operands) : null;
      }
      case "call": {
        const given = new Map<Argument, number>();
        x.callee.parameters.forEach((parameter, i) => {
          const arg = x.args[i];
          const v = arg === undefined ? null : value(arg);
          if (v !== null) given.set(parameter, v);
        });
        return constantValue(x.callee.value, given);
      }
      case "reduce":
      case "matrix":
      case "random":
      case "vector":
      case "previous":
      case "arrange":
        return null;
      case "element": {
        const index = value(x.index);
        const element =
          x.vector.kind === "vector" && index !== null ? x.vector.elements[index - 1] : undefined;
        return element === undefined ? null : value(element);
      }
    }
  };
  const ofVariable = (
    variable: Extract<TypedExpression, { kind: "reference" }>["variable"],
  ): number | null => {
    if (variable.kind === "argument") return args.get(variable) ?? null;
    if (variable.kind !== "local" || variable.type.size !== null) return null;
    const known = locals.get(variable);
    if (known !== undefined) return known;
    const v = value(variable.value);
    locals.set(variable, v);
    return v;
  };
  return e.type.size === null ? value(e) : null;
}
