// The layout of expressions and types. What a function returns has nothing before its first token: its caller prints
// what stands there.
import { Bug } from "../diagnostic.js";
import { bindingOf, isBinaryOperator } from "../parser/precedence.js";
import { type Doc, doc } from "./documents.js";
import {
  type CstElement,
  type CstNode,
  elements,
  type IToken,
  isNode,
  nodeAt,
  nodesIn,
  sole,
  tokenAt,
} from "./elements.js";
import type { Gaps } from "./gaps.js";

const { fill, group, indent, line, softline } = doc;

/** Whether the later lines of an operation are indented: not where the operation begins a line of its own. */
type Continuation = "indented" | "level";

export class ExpressionLayout {
  constructor(protected readonly gaps: Gaps) {}

  /** A token and what stands before it; `usual` is that if there are no comments. */
  protected token(token: IToken, usual: Doc): Doc {
    return [this.gaps.within(token, usual), token.image];
  }

  /** What stands before an element. */
  protected lead(element: CstElement, usual: Doc): Doc {
    return this.gaps.within(element, usual);
  }

  /** `f ( a , b )` from its opening bracket on, one element in a line if they do not fit into one. */
  protected bracketed(
    open: IToken,
    items: readonly CstElement[],
    close: IToken,
    print: (item: CstElement) => Doc,
  ): Doc {
    const { stays, separator } = this.gaps.beforeClosing(close, items.length === 0 ? "" : softline);
    return group([open.image, indent([this.list(items, softline, print), stays]), separator, close.image]);
  }

  /** Elements and the separators between them, as they stand in the source; `first` stands before all. */
  private list(items: readonly CstElement[], first: Doc, print: (item: CstElement) => Doc): Doc {
    return items.map((item, i) => {
      if (!isNode(item) && SEPARATORS.has(item.image)) return this.token(item, item.image === "|" ? " " : "");
      return [this.lead(item, i === 0 ? first : line), print(item)];
    });
  }

  /** A node whose children are an opening bracket, elements with separators, and a closing one. */
  private brackets(node: CstNode, print: (item: CstElement) => Doc): Doc {
    return this.bracketed(tokenAt(node, 0), elements(node).slice(1, -1), tokenAt(node, -1), print);
  }

  // ---- expressions

  expression(node: CstNode, continuation: Continuation = "indented"): Doc {
    return group(this.conditional(elements(node), continuation));
  }

  /** `condition ? a : b`, where b may be another one. */
  private conditional(parts: readonly CstElement[], continuation: Continuation): Doc {
    const [condition, question, whenTrue, colon, ...rest] = parts;
    if (condition === undefined || !isNode(condition)) return "";
    if (question === undefined || whenTrue === undefined || colon === undefined || isNode(question))
      return this.operation(condition, continuation);
    const [other] = rest;
    if (other === undefined || isNode(colon)) throw new Bug("a condition has one branch");
    const whenFalse = rest.length === 1 ? this.branch(other) : group(this.conditional(rest, "indented"));
    return [
      this.operation(condition, "indented"),
      indent([
        [this.token(question, line), this.lead(whenTrue, " "), indent(this.branch(whenTrue))],
        [this.token(colon, line), this.lead(other, " "), rest.length === 1 ? indent(whenFalse) : whenFalse],
      ]),
    ];
  }

  private branch(element: CstElement): Doc {
    if (!isNode(element)) return element.image;
    return element.name === "expression"
      ? this.expression(element, "level")
      : this.operation(element, "level");
  }

  /** What stands after `=`: operations that do not fit beside it begin on the next line. */
  protected value(node: CstNode): Doc {
    const [only, ...others] = elements(node);
    const isChain = only !== undefined && isNode(only) && others.length === 0 && elements(only).length > 1;
    return isChain ? this.nextLine(node) : [this.lead(node, " "), this.expression(node)];
  }

  /** An expression that begins on the next line if it does not fit on this. */
  protected nextLine(node: CstNode): Doc {
    return group(indent([this.lead(node, line), this.expression(node, "level")]));
  }

  /** Operands with operators between them; where they do not fit into a line, the loosest begin new lines. */
  operation(node: CstNode, continuation: Continuation = "indented"): Doc {
    return this.chain(elements(node), continuation);
  }

  private chain(parts: readonly CstElement[], continuation: Continuation): Doc {
    const [only] = parts;
    if (only === undefined) return "";
    if (parts.length === 1) return this.element(only);
    const bindings = parts.map((part) =>
      !isNode(part) && isBinaryOperator(part.image) ? bindingOf(part.image) : Infinity,
    );
    const least = Math.min(...bindings);
    const ends = bindings.flatMap((binding, i) => (binding === least ? [i] : []));
    const head = this.chain(parts.slice(0, ends[0]), "indented");
    const rest = ends.map((end, i) => {
      const [operator, ...operands] = parts.slice(end, ends[i + 1]);
      const [first] = operands;
      if (operator === undefined || first === undefined || isNode(operator)) return "";
      return [this.token(operator, line), this.lead(first, " "), this.chain(operands, "indented")];
    });
    return group([head, continuation === "indented" ? indent(rest) : rest]);
  }

  private readonly element = (element: CstElement | undefined): Doc => {
    if (element === undefined) return "";
    if (!isNode(element)) return element.image;
    switch (element.name) {
      case "expression":
        return this.expression(element);
      case "operation":
      case "arithmetic":
        return this.operation(element);
      case "parenthesised":
        return this.parenthesised(element);
      case "vector":
      case "dimensions":
        return this.vector(element);
      case "reference":
        return this.reference(element);
      case "argument":
        return this.argument(element);
      default:
        return this.tight(element);
    }
  };

  /** An operand, its parts one after the other without spaces. */
  private tight(node: CstNode): Doc {
    return elements(node).map((part, i) => [i === 0 ? "" : this.lead(part, ""), this.element(part)]);
  }

  private parenthesised(node: CstNode): Doc {
    const isOne = nodesIn(node).length === 1;
    return this.brackets(node, (item) =>
      isNode(item) ? this.expression(item, isOne ? "level" : "indented") : this.element(item),
    );
  }

  /** `[a, b]`; numbers fill their lines. */
  private vector(node: CstNode): Doc {
    const members = elements(node).slice(1, -1);
    const open = tokenAt(node, 0);
    const close = tokenAt(node, -1);
    const isPlain = members.every(
      (item) => (!isNode(item) || isNumber(item)) && !this.gaps.hasComments(item),
    );
    if (!isPlain || this.gaps.hasComments(close)) return this.brackets(node, this.element);
    const numbers = nodesIn(node).map((item, i, all): Doc[] => {
      const separator = members[2 * i + 1];
      const comma = separator && !isNode(separator) ? separator.image : "";
      return [[this.element(item), comma], ...(i + 1 < all.length ? [line] : [])];
    });
    return group([open.image, indent([softline, fill(numbers.flat())]), softline, close.image]);
  }

  private reference(node: CstNode): Doc {
    const [name, open, ...rest] = elements(node);
    if (name === undefined || isNode(name) || open === undefined || isNode(open)) return this.tight(node);
    const close = tokenAt(node, -1);
    const [list] = rest;
    const args = list && isNode(list) ? elements(list) : [];
    return [name.image, this.lead(open, ""), this.args(open, args, close)];
  }

  /** Arguments in parentheses; a sole argument that has brackets of its own needs no lines of its own. */
  protected args(open: IToken, items: readonly CstElement[], close: IToken): Doc {
    const [only, ...others] = items;
    const isBare = only !== undefined && others.length === 0 && hasBrackets(only);
    if (!isBare || this.gaps.hasComments(only) || this.gaps.hasComments(close))
      return this.bracketed(open, items, close, this.element);
    return [open.image, this.element(only), close.image];
  }

  private argument(node: CstNode): Doc {
    const [name, assign, value] = elements(node);
    if (name === undefined || isNode(name)) return this.tight(node);
    if (assign === undefined || isNode(assign) || value === undefined) return this.tight(node);
    return [name.image, this.token(assign, " "), this.lead(value, " "), this.element(value)];
  }

  // ---- types

  /** `vector<lower=0>[n]` */
  type(node: CstNode): Doc {
    const [base, ...rest] = elements(node);
    if (base === undefined || isNode(base)) return "";
    const dimensions = rest.at(-1);
    const sizes = dimensions && isNode(dimensions) ? dimensions : undefined;
    const bounds = sizes ? rest.slice(0, -1) : rest;
    const angle = bounds.map((part, i) => {
      const isAfterComma = SEPARATORS.has(imageOf(bounds[i - 1]));
      return [this.lead(part, isAfterComma ? " " : ""), isNode(part) ? this.tight(part) : part.image];
    });
    return [base.image, angle, sizes ? [this.lead(sizes, ""), this.vector(sizes)] : ""];
  }

  dimensions(node: CstNode): Doc {
    return this.vector(node);
  }

  /** `(real mu, real<lower=0> sigma)` */
  parameters(node: CstNode): Doc {
    return this.brackets(node, (item) => {
      if (!isNode(item)) return item.image;
      const name = tokenAt(item, 1);
      return [this.type(nodeAt(item, 0)), this.token(name, " ")];
    });
  }

  /** `(mu: m, sigma: s)` */
  protected namedTuple(node: CstNode): Doc {
    const inner = elements(node).slice(1, -1);
    const close = tokenAt(node, -1);
    const { stays, separator } = this.gaps.beforeClosing(close, softline);
    const parts = inner.map((part, i): Doc => {
      if (isNode(part)) return [this.lead(part, " "), this.expression(part)];
      if (part.image === ":" || part.image === ",") return this.token(part, "");
      return this.token(part, i === 0 ? softline : line);
    });
    return group([tokenAt(node, 0).image, indent([parts, stays]), separator, close.image]);
  }
}

const SEPARATORS: ReadonlySet<string> = new Set([",", "|"]);

const imageOf = (element: CstElement | undefined): string =>
  element === undefined || isNode(element) ? "" : element.image;

/** The operand that an expression consists of; undefined if there is an operator in it. */
function soleOperand(node: CstNode): CstNode | undefined {
  if (node.name === "operand") return node;
  if (elements(node).length !== 1) return undefined;
  const only = sole(node);
  return isNode(only) ? soleOperand(only) : undefined;
}

/** A number, with or without a sign. */
function isNumber(node: CstNode): boolean {
  const operand = soleOperand(node);
  const last = operand && elements(operand).at(-1);
  return last !== undefined && isNode(last) && last.name === "primary" && !isNode(sole(last));
}

/** A call with arguments, or a vector, and nothing else. */
function hasBrackets(argument: CstElement): boolean {
  if (!isNode(argument) || elements(argument).length !== 1) return false;
  const operand = soleOperand(argument);
  if (operand === undefined || elements(operand).length !== 1) return false;
  const inner = sole(nodeAt(operand, 0));
  return isNode(inner) && (inner.name === "vector" || elements(inner).length === 4);
}
