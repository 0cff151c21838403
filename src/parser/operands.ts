// What an expression is made of.
import { absurd } from "../diagnostic.js";
import type { Expression } from "./ast.js";

/** The direct parts of an expression. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "number":
    case "name":
      return [];
    case "call":
      return expression.args;
    case "unary":
    case "transpose":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "conditional":
      return [expression.condition, expression.whenTrue, expression.whenFalse];
    case "index":
      return [expression.object, ...expression.indices];
    case "learn":
      return expression.initial === null ? [] : [expression.initial];
    case "vector":
      return expression.elements;
    default:
      return absurd(expression);
  }
}
