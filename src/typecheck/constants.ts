// Values of expressions that are known without data.
import { elementaryValue } from "../elementary.js";
import type { Argument, Local, TypedExpression } from "./model.js";

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
        return operands.every((v) => v !== null) ? elementaryValue(x.op, operands) : null;
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
