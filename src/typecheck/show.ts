// Typed expressions, types and signatures as .mpp text, and types in words.
import type { Op } from "../ops.js";
import { constantValue } from "./constants.js";
import type {
  Argument,
  MatrixOperation,
  Size,
  TypedExpression,
  ValueType,
  VectorConstraint,
} from "./model.js";
import { isSized, kindOf } from "./types.js";

/** Binary operators with their precedence (higher binds tighter). `^` groups to the right, the others to the left. */
const INFIX: Readonly<Partial<Record<Op, readonly [text: string, precedence: number]>>> = {
  or: ["||", 2],
  and: ["&&", 3],
  eq: ["==", 4],
  ne: ["!=", 4],
  lt: ["<", 5],
  le: ["<=", 5],
  gt: [">", 5],
  ge: [">=", 5],
  add: ["+", 6],
  sub: ["-", 6],
  mul: ["*", 7],
  div: ["/", 7],
  int_div: ["/", 7],
  mod: ["%", 7],
  pow: ["^", 9],
};
const CONDITIONAL = 1;
const PREFIX = 8;
const POSTFIX = 10;

const parenthesise = (text: string, precedence: number, needed: number): string =>
  precedence < needed ? `(${text})` : text;

function showNumber(value: number, isReal: boolean): string {
  const text = String(value);
  return isReal && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function showApply(op: Op, args: readonly TypedExpression[], needed: number): string {
  const [a, b, c] = args;
  const infix = INFIX[op];
  if (infix !== undefined && a !== undefined && b !== undefined) {
    const elementwise = (op === "mul" || op === "div") && a.type.size !== null && b.type.size !== null;
    const [text, precedence] = infix;
    const left = show(a, op === "pow" ? precedence + 1 : precedence);
    const right = show(b, op === "pow" ? PREFIX : precedence + 1);
    return parenthesise(`${left} ${elementwise ? "." : ""}${text} ${right}`, precedence, needed);
  }
  if ((op === "neg" || op === "not") && a !== undefined)
    return parenthesise(`${op === "neg" ? "-" : "!"}${show(a, PREFIX)}`, PREFIX, needed);
  if (op === "select" && a !== undefined && b !== undefined && c !== undefined) {
    const text = `${show(a, CONDITIONAL + 1)} ? ${show(b, CONDITIONAL)} : ${show(c, CONDITIONAL)}`;
    return parenthesise(text, CONDITIONAL, needed);
  }
  return `${op}(${args.map((x) => show(x, 0)).join(", ")})`;
}

function show(e: TypedExpression, needed: number): string {
  switch (e.kind) {
    case "literal":
      return showNumber(e.value, e.type.base === "real");
    case "reference":
      return e.variable.kind === "learned" ? `learn(${show(e.variable.initial, 0)})` : e.variable.name;
    case "apply":
      return showApply(e.op, e.args, needed);
    case "reduce":
      return `${e.reduction}(${show(e.arg, 0)})`;
    case "call":
      return `${e.callee.name}(${e.args.map((x) => show(x, 0)).join(", ")})`;
    case "random":
      return `${e.primitive}(${e.args.map((x) => show(x, 0)).join(", ")})`;
    case "element":
      return `${show(e.vector, POSTFIX)}[${show(e.index, 0)}]`;
    case "arrange":
      return `${e.arrangement}(${show(e.vector, 0)})`;
    case "matrix":
      return showMatrix(e.operation, e.args, needed);
    case "vector":
      return `[${e.elements.map((x) => show(x, 0)).join(", ")}]`;
    case "previous":
      return `prev(${e.variable.name}, ${show(e.initial, 0)})`;
  }
}

function showMatrix(operation: MatrixOperation, args: readonly TypedExpression[], needed: number): string {
  const [a, ...others] = args;
  const [b] = others;
  if (operation === "product" && a !== undefined && b !== undefined)
    return parenthesise(`${show(a, 7)} * ${show(b, 8)}`, 7, needed);
  if (operation === "transpose" && a !== undefined) return `${show(a, POSTFIX)}'`;
  if ((operation === "row" || operation === "entry") && a !== undefined)
    return `${show(a, POSTFIX)}[${others.map((index) => show(index, 0)).join(", ")}]`;
  return `${operation}(${args.map((x) => show(x, 0)).join(", ")})`;
}

/** An expression as .mpp text, with no more parentheses than it needs. */
export const showExpression = (e: TypedExpression): string => show(e, 0);

/** A type as .mpp text: `real<lower=0>`, `vector[18]`, `vector` (of any size). */
export function showType(type: ValueType): string {
  const bound = (key: string, e: TypedExpression | null): string[] =>
    e === null ? [] : [`${key}=${show(e, 6)}`];
  const bounds = [...bound("lower", type.lower), ...bound("upper", type.upper)];
  const constraint = bounds.length === 0 ? "" : `<${bounds.join(", ")}>`;
  if (type.size === null) return `${type.base}${constraint}`;
  const sides = isSized(type.size) ? sidesOf(type.size) : [];
  const written = type.constraint === null ? sides : sides.slice(0, 1);
  const size = written.length === 0 ? "" : `[${written.join(", ")}]`;
  if (type.constraint !== null) return `${type.constraint}${size}`;
  return `${type.base === "int" ? "int_" : ""}${kindOf(type.size)}${constraint}${size}`;
}

/** The sizes of a type as they are written after it. */
const sidesOf = ({ key, shape }: Size): readonly string[] => {
  if (shape === undefined) return [key];
  return shape.kind === "matrix" ? [shape.rows.key, shape.columns.key] : [shape.columns.key];
};

/** `normal(real mu, real<lower=0> sigma)` */
export const showSignature = (name: string, parameters: readonly Argument[]): string =>
  `${name}(${parameters.map((p) => `${showType(p.type)} ${p.name}`).join(", ")})`;

const CONSTRAINED: Readonly<Record<VectorConstraint, { readonly one: string; readonly many: string }>> = {
  simplex: { one: "a simplex", many: "simplexes" },
  ordered: { one: "an ordered vector", many: "ordered vectors" },
  positive_ordered: { one: "a positive ordered vector", many: "positive ordered vectors" },
  unit_vector: { one: "a unit vector", many: "unit vectors" },
  corr_matrix: { one: "a correlation matrix", many: "correlation matrices" },
  cov_matrix: { one: "a covariance matrix", many: "covariance matrices" },
  cholesky_factor_corr: {
    one: "a Cholesky factor of correlations",
    many: "Cholesky factors of correlation matrices",
  },
  cholesky_factor_cov: {
    one: "a Cholesky factor of covariances",
    many: "Cholesky factors of covariance matrices",
  },
};

/** A type in words, without its bounds: "an int", "a real", "a vector of size 18". */
export function describeType(type: ValueType): string {
  if (type.size === null) return type.base === "int" ? "an int" : "a real";
  const what =
    type.constraint === null ? `a ${kindOf(type.size).replace("_", " ")}` : CONSTRAINED[type.constraint].one;
  return isSized(type.size) ? `${what} of size ${sidesOf(type.size).join(" x ")}` : what;
}

/** A range in words: "at least 0", "between 0 and 1"; null if there is no bound. */
export function describeRange(type: Pick<ValueType, "lower" | "upper">): string | null {
  const text = (e: TypedExpression): string => String(constantValue(e) ?? show(e, 0));
  if (type.lower === null) return type.upper === null ? null : `at most ${text(type.upper)}`;
  return type.upper === null
    ? `at least ${text(type.lower)}`
    : `between ${text(type.lower)} and ${text(type.upper)}`;
}

/** The values of a type in words: "all reals", "reals that are at least 0". */
export function describeValues(type: ValueType): string {
  if (type.constraint !== null) return CONSTRAINED[type.constraint].many;
  const range = describeRange(type);
  return range === null ? `all ${type.base}s` : `${type.base}s that are ${range}`;
}
