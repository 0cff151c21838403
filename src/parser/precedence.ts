// Operator precedence: gives a flat sequence of operands and operators the shape of a tree.
import type { BinaryOperator, Expression, UnaryOperator } from "./ast.js";
import type { Maybe } from "./context.js";

/** How tightly each binary operator binds, as in Stan; all but `^` associate to the left. */
const BINDING: { readonly [O in BinaryOperator]: number } = {
  "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4,
  "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, ".*": 6, "./": 6, "^": 8,
}; // prettier-ignore
const UNARY_BINDING = 7;

/** How tightly a binary operator binds: the larger, the tighter. */
export const bindingOf = (operator: BinaryOperator): number => BINDING[operator];

export const isBinaryOperator = (text: string): text is BinaryOperator => Object.hasOwn(BINDING, text);
export const isUnaryOperator = (text: string): text is UnaryOperator => ["-", "+", "!"].includes(text);

/** A prefix operator and where it stands. */
export type Prefix = { readonly operator: UnaryOperator; readonly start: number };
export type Operand = { readonly prefixes: readonly Prefix[]; readonly value: Expression };

/** Builds the nodes; undefined ends the walk. */
export type Nodes = {
  readonly unary: (prefix: Prefix, operand: Expression) => Maybe<Expression>;
  readonly binary: (operator: BinaryOperator, left: Expression, right: Expression) => Maybe<Expression>;
};

/** Precedence climbing over `operands`, with `operators[i]` between the i-th and the next; recursion is as deep as they are many. */
export function climb(
  operands: readonly Operand[],
  operators: readonly BinaryOperator[],
  nodes: Nodes,
): Maybe<Expression> {
  let position = 0;
  let prefixesTaken = 0;

  function prefixed(): Maybe<Expression> {
    const operand = operands[position];
    const prefix = operand?.prefixes[prefixesTaken];
    if (prefix === undefined) return operand?.value;
    prefixesTaken++;
    const value = above(UNARY_BINDING);
    return value && nodes.unary(prefix, value);
  }

  /** The expression that begins here, as far as its operators bind at least as tightly as `least`. */
  function above(least: number): Maybe<Expression> {
    let left = prefixed();
    for (let operator = operators[position]; left && operator !== undefined; operator = operators[position]) {
      const binding = BINDING[operator];
      if (binding < least) break;
      position++;
      prefixesTaken = 0;
      const right = above(operator === "^" ? binding : binding + 1);
      left = right && nodes.binary(operator, left, right);
    }
    return left;
  }

  return above(0);
}
