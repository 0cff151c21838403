// The value of a typed expression in float64, by walking it: what every later stage of the compiler is held against.
import { MEANING } from "../../src/codegen-js/math.js";
import { absurd, Bug } from "../../src/diagnostic.js";
import { applyRow } from "../../src/ops.js";
import type {
  Argument,
  Arrangement,
  FunctionDeclaration,
  Local,
  Plate,
  RandomPrimitive,
  Reduction,
  TypedExpression,
  Variable,
} from "../../src/typecheck/model.js";
import { isSized } from "../../src/typecheck/types.js";
import { matrixValue } from "./matrices.js";

/** A scalar, or the elements of a vector. */
export type Value = number | readonly number[];

export type Environment = {
  /** Data and latents at the current elements of their plates, and arguments. Locals need no entry. */
  readonly values: ReadonlyMap<Variable, Value>;
  /** A fresh draw at every call. Without it a random primitive is a Bug. */
  readonly random?: (primitive: RandomPrimitive, args: readonly number[]) => number;
  /** The value of data or of a latent one step before along its ordered plate; null at the first step. */
  readonly before?: (variable: Variable, along: Plate) => Value | null;
};

/** The expression's value. Within one call each expression and each local has one value, random ones too. */
export function evaluate(expression: TypedExpression, environment: Environment): Value {
  return new Frame(environment.values, environment.random, environment.before).value(expression);
}

/** `evaluate` of an expression whose value is a scalar. */
export function evaluateScalar(expression: TypedExpression, environment: Environment): number {
  const value = evaluate(expression, environment);
  if (typeof value !== "number") throw new Bug("a scalar expression has a vector as its value");
  return value;
}

/** A function of the library at these arguments. */
export function evaluateFunction(
  callee: FunctionDeclaration,
  args: readonly Value[],
  random?: Environment["random"],
): Value {
  const values = new Map(callee.parameters.map((p, i): [Argument, Value] => [p, argument(callee, args, i)]));
  return new Frame(values, random).value(callee.value);
}

function argument(callee: FunctionDeclaration, args: readonly Value[], i: number): Value {
  const value = args[i];
  if (value === undefined) throw new Bug(`'${callee.name}' is called with too few arguments`);
  return value;
}

/** The values of the expressions of one body, each computed once. */
class Frame {
  private readonly done = new Map<TypedExpression, Value>();
  private readonly locals = new Map<Local, Value>();

  constructor(
    private readonly values: ReadonlyMap<Variable, Value>,
    private readonly random: Environment["random"],
    private readonly before?: Environment["before"],
  ) {}

  value(e: TypedExpression): Value {
    const known = this.done.get(e);
    if (known !== undefined) return known;
    const value = this.compute(e);
    this.done.set(e, value);
    return value;
  }

  private compute(e: TypedExpression): Value {
    switch (e.kind) {
      case "literal": {
        const length = this.length(e);
        return length === null ? e.value : Array.from({ length }, () => e.value);
      }
      case "reference":
        return this.variable(e.variable);
      case "apply": {
        const { op } = e;
        const args = e.args.map((arg) => this.value(arg));
        return elementwise(args, null, (scalars) => applyRow(MEANING, op, scalars));
      }
      case "reduce":
        return reduce(e.reduction, vector(this.value(e.arg)));
      case "call":
        return evaluateFunction(
          e.callee,
          e.args.map((arg) => this.value(arg)),
          this.random,
        );
      case "random": {
        const { random } = this;
        if (random === undefined) throw new Bug(`'${e.primitive}' has no source of randomness`);
        const args = e.args.map((arg) => this.value(arg));
        return elementwise(args, this.length(e), (scalars) => random(e.primitive, scalars));
      }
      case "element": {
        const elements = vector(this.value(e.vector));
        return elementwise([this.value(e.index)], null, ([index = NaN]) => {
          const element = elements[index - 1];
          if (element === undefined) throw new Bug(`a vector has no element ${index}`);
          return element;
        });
      }
      case "vector":
        return e.elements.map((element) => {
          const value = this.value(element);
          if (typeof value !== "number") throw new Bug("a vector of vectors");
          return value;
        });
      case "arrange":
        return arrange(e.arrangement, vector(this.value(e.vector)));
      case "matrix":
        return matrixValue(e, this);
      case "previous": {
        if (this.before === undefined) throw new Bug(`'${e.variable.name}' has no step before`);
        const before = this.before(e.variable, e.along);
        return before ?? elementwise([this.value(e.initial)], this.length(e), ([x]) => x ?? NaN);
      }
      default:
        return absurd(e);
    }
  }

  private variable(variable: Variable): Value {
    const known = this.values.get(variable);
    if (known !== undefined) return known;
    if (variable.kind !== "local") throw new Bug(`'${variable.name}' has no value`);
    const value = this.locals.get(variable) ?? this.value(variable.value);
    this.locals.set(variable, value);
    return value;
  }

  /** The number of elements that the type of `e` says it has; null for a scalar. */
  private length(e: TypedExpression): number | null {
    const { size } = e.type;
    if (!isSized(size)) return null;
    const length = this.value(size.value);
    if (typeof length !== "number") throw new Bug("the size of a vector is not a number");
    return length;
  }
}

function arrange(arrangement: Arrangement, v: readonly number[]): readonly number[] {
  switch (arrangement) {
    case "places":
      return v.map((_, i) => i + 1);
    case "element_before":
      return v.map((_, i) => v[i - 1] ?? 0);
    case "cumulative_sum":
      return v.map((_, i) => v.slice(0, i + 1).reduce((a, b) => a + b, 0));
    default:
      return absurd(arrangement);
  }
}

function vector(value: Value): readonly number[] {
  if (typeof value === "number") throw new Bug("a scalar stands where a vector is needed");
  return value;
}

/** `f` at the elements of vectors of one length, scalars repeated; `length`: that of the result, if it is known. */
function elementwise(
  args: readonly Value[],
  length: number | null,
  f: (scalars: readonly number[]) => number,
): Value {
  if (length === null && args.every((arg) => typeof arg === "number")) return f(args);
  const lengths = new Set(args.flatMap((arg) => (typeof arg === "number" ? [] : [arg.length])));
  if (length !== null) lengths.add(length);
  if (lengths.size > 1) throw new Bug(`vectors of lengths ${[...lengths].join(" and ")} are combined`);
  const [count] = lengths;
  if (count === undefined) throw new Bug("a vector of no length");
  return Array.from({ length: count }, (_, i) =>
    f(args.map((arg) => (typeof arg === "number" ? arg : (arg[i] ?? NaN)))),
  );
}

function reduce(reduction: Reduction, elements: readonly number[]): number {
  switch (reduction) {
    case "sum":
      return elements.reduce((a, b) => a + b, 0);
    case "max":
      return elements.reduce((a, b) => Math.max(a, b), -Infinity);
    case "log_sum_exp": {
      const greatest = Math.max(...elements);
      if (!Number.isFinite(greatest)) return greatest;
      return greatest + Math.log(elements.reduce((sum, x) => sum + Math.exp(x - greatest), 0));
    }
    default:
      return absurd(reduction);
  }
}
