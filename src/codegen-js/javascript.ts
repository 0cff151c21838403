// JavaScript as data: the expressions and statements that kernels need, and their printer.
import { absurd, Bug } from "../diagnostic.js";

export type JsExpression =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "element"; readonly array: string; readonly index: JsExpression }
  | { readonly kind: "call"; readonly callee: string; readonly args: readonly JsExpression[] }
  | { readonly kind: "negate"; readonly arg: JsExpression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: JsExpression;
      readonly right: JsExpression;
    }
  | {
      readonly kind: "choice";
      readonly test: JsExpression;
      readonly yes: JsExpression;
      readonly no: JsExpression;
    };

export type JsStatement =
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "const" | "let"; readonly name: string; readonly value: JsExpression }
  | { readonly kind: "assign"; readonly target: JsExpression; readonly value: JsExpression }
  | {
      readonly kind: "for";
      readonly name: string;
      readonly from: JsExpression;
      readonly below: JsExpression;
      readonly body: readonly JsStatement[];
    };

/** How tightly each operator binds. */
const BINDING = {
  "||": 1, "&&": 2, "===": 3, "!==": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
} as const; // prettier-ignore
export type BinaryOperator = keyof typeof BINDING;
const CHOICE = 0;
const UNARY = 7;

/** An operator that may lose the parentheses on its right: (a + b) + c is a + b + c, and so is a + (b + c) not. */
export function printExpression(e: JsExpression, atLeast = CHOICE): string {
  switch (e.kind) {
    case "name":
      return e.name;
    case "literal":
      return printLiteral(e.value, atLeast);
    case "element":
      return `${e.array}[${printExpression(e.index)}]`;
    case "call":
      return `${e.callee}(${e.args.map((a) => printExpression(a)).join(", ")})`;
    case "negate":
      return parenthesise(`-${printExpression(e.arg, UNARY + 1)}`, UNARY, atLeast);
    case "binary": {
      const binding = BINDING[e.operator];
      const text = `${printExpression(e.left, binding)} ${e.operator} ${printExpression(e.right, binding + 1)}`;
      return parenthesise(text, binding, atLeast);
    }
    case "choice": {
      const [test, yes, no] = [
        printExpression(e.test, CHOICE + 1),
        printExpression(e.yes),
        printExpression(e.no),
      ];
      return parenthesise(`${test} ? ${yes} : ${no}`, CHOICE, atLeast);
    }
    default:
      return absurd(e);
  }
}

const parenthesise = (text: string, binding: number, atLeast: number): string =>
  binding < atLeast ? `(${text})` : text;

function printLiteral(value: number, atLeast: number): string {
  if (!Number.isFinite(value)) throw new Bug(`the literal ${value} is not finite`);
  const magnitude = String(Math.abs(value));
  const negative = value < 0 || Object.is(value, -0);
  return negative ? parenthesise(`-${magnitude}`, UNARY, atLeast) : magnitude;
}

/** Lines of statements, each indented by two spaces a level. */
export function printStatements(statements: readonly JsStatement[], level = 0): string[] {
  const pad = "  ".repeat(level);
  return statements.flatMap((s): string[] => {
    switch (s.kind) {
      case "comment":
        return s.text.split(/[\r\n\u2028\u2029]+/).map((line) => `${pad}// ${line}`);
      case "const":
      case "let":
        return [`${pad}${s.kind} ${s.name} = ${printExpression(s.value)};`];
      case "assign":
        return [`${pad}${printExpression(s.target)} = ${printExpression(s.value)};`];
      case "for": {
        const [from, below] = [printExpression(s.from), printExpression(s.below, BINDING["<"] + 1)];
        const head = `for (let ${s.name} = ${from}; ${s.name} < ${below}; ${s.name}++) {`;
        return [`${pad}${head}`, ...printStatements(s.body, level + 1), `${pad}}`];
      }
      default:
        return absurd(s);
    }
  });
}
