// The layout of a file: blocks, statements, functions and distributions, one to a line.
import { Bug } from "../diagnostic.js";
import { type Doc, doc } from "./documents.js";
import {
  type CstElement,
  type CstNode,
  elements,
  startOf,
  type IToken,
  isNode,
  lastToken,
  nodeAt,
  nodesIn,
  sole,
  tokenAt,
} from "./elements.js";
import { ExpressionLayout } from "./expressions.js";
import type { Gaps } from "./gaps.js";

const { group, hardline, indent, join, line, literalline } = doc;

export class Layout extends ExpressionLayout {
  constructor(
    gaps: Gaps,
    private readonly text: string,
  ) {
    super(gaps);
  }

  /** The whole file, its comments included. */
  file(tree: CstNode): Doc {
    const items = elements(tree);
    const [first] = items;
    if (first === undefined) return this.gaps.atEnd();
    return [this.gaps.atStart(first), this.statements(items, "", hardline), this.gaps.atEnd()];
  }

  /** Statements, blocks or functions one after the other; `before` stands before the first. */
  private statements(items: readonly CstElement[], before: Doc, between: Doc): Doc {
    return items.map((item, i) => {
      const isIgnored = /^(?:\/\/|\/\*)\s*prettier-ignore\s*(?:\*\/)?$/.test(
        this.gaps.lastComment(item) ?? "",
      );
      const printed = isIgnored ? this.verbatim(startOf(item), lastToken(item)) : this.item(item);
      if (i === 0 && before === "") return printed;
      return [this.gaps.beforeStatement(item, i === 0 ? before : between, i === 0), printed];
    });
  }

  private verbatim(start: number, last: IToken): Doc {
    const text = this.text.slice(start, last.startOffset + last.image.length);
    return join(literalline, text.split("\n"));
  }

  private item(item: CstElement): Doc {
    if (!isNode(item)) return item.image;
    switch (item.name) {
      case "block":
        return this.item(sole(item));
      case "functionsBlock":
        return this.block(elements(item));
      case "statementBlock":
        return this.block([tokenAt(item, 0), ...elements(nodeAt(item, 1))]);
      case "statement":
        return this.statement(sole(item));
      case "functionItem":
        return this.functionItem(nodeAt(item, 0));
      case "distributionItem":
        return [this.definition(nodeAt(item, 0)), this.token(tokenAt(item, 1), "")];
      default:
        return this.statement(item);
    }
  }

  /** A block's keyword, and what stands in braces after it. */
  private block([keyword, ...parts]: readonly CstElement[]): Doc {
    const [brace] = parts;
    if (keyword === undefined || brace === undefined || isNode(keyword)) throw new Bug("a block is empty");
    return [keyword.image, this.lead(brace, " "), this.braces(parts, true)];
  }

  /** From brace to brace: on one line if it was written so, fits, and has no braces or conditions inside. */
  private braces(parts: readonly CstElement[], isBlock: boolean): Doc {
    const [open, ...items] = parts;
    const close = items.pop();
    if (open === undefined || close === undefined || isNode(open) || isNode(close))
      throw new Bug("braces are missing");
    const isExpanded =
      isBlock || items.some(isCompound) || [...items, close].some((item) => this.gaps.startsLine(item));
    if (items.length === 0) {
      const { stays, separator } = this.gaps.beforeClosing(close, "", true);
      return [open.image, indent(stays), separator, close.image];
    }
    const between = isExpanded ? hardline : line;
    const { stays, separator } = this.gaps.beforeClosing(close, between, true);
    return group([
      open.image,
      indent([this.statements(items, between, between), stays]),
      separator,
      close.image,
    ]);
  }

  // ---- statements

  private statement(element: CstElement): Doc {
    if (!isNode(element)) return element.image;
    switch (element.name) {
      case "body":
        return this.braces(elements(element), false);
      case "ifStatement":
        return this.ifStatement(element);
      case "forStatement":
        return [this.forHead(nodeAt(element, 0)), this.controlled(nodeAt(element, 1))];
      case "plateStatement":
      case "groupStatement":
        return this.headed(element);
      default:
        return [this.simple(sole(nodeAt(element, 0))), this.token(tokenAt(element, 1), "")];
    }
  }

  /** `plate a in b` or `group g : family`, and its body or a semicolon. */
  private headed(node: CstNode): Doc {
    const words = elements(nodeAt(node, 0)).map((word, i) =>
      isNode(word) ? "" : i === 0 ? word.image : this.token(word, " "),
    );
    const rest = elements(node)[1];
    if (rest === undefined) return words;
    if (!isNode(rest)) return [words, this.token(rest, "")];
    return [words, this.lead(rest, " "), this.braces(elements(rest), false)];
  }

  private ifStatement(node: CstNode): Doc {
    const [head, then, other, otherwise] = elements(node);
    if (head === undefined || then === undefined || !isNode(head) || !isNode(then)) return "";
    const whenTrue = [this.condition(head), this.controlled(then)];
    if (other === undefined || otherwise === undefined || isNode(other) || !isNode(otherwise))
      return whenTrue;
    const follows = sole(otherwise);
    const isChain = isNode(follows) && follows.name === "ifStatement";
    return [
      whenTrue,
      this.token(other, isBody(then) ? " " : hardline),
      isChain ? [this.lead(otherwise, " "), this.statement(follows)] : this.controlled(otherwise),
    ];
  }

  /** The statement that `if`, `else` or `for` is about: on the same line if it is a block, or fits. */
  private controlled(node: CstNode): Doc {
    const printed = this.item(node);
    if (isBody(node)) return [this.lead(node, " "), printed];
    return group(indent([this.lead(node, line), printed]));
  }

  private condition(head: CstNode): Doc {
    const open = tokenAt(head, 1);
    const inner = this.bracketed(open, [nodeAt(head, 2)], tokenAt(head, -1), (item) =>
      isNode(item) ? this.expression(item, "level") : "",
    );
    return [tokenAt(head, 0).image, this.lead(open, " "), inner];
  }

  /** `for (i in 1:n)` */
  private forHead(head: CstNode): Doc {
    return elements(head).map((part, i): Doc => {
      if (isNode(part)) return [this.lead(part, i === 4 ? " " : ""), this.expression(part)];
      if (i === 0) return part.image;
      return this.token(part, i === 1 || i === 3 ? " " : "");
    });
  }

  private simple(element: CstElement): Doc {
    if (!isNode(element)) return element.image;
    switch (element.name) {
      case "declaration":
        return [
          this.type(nodeAt(element, 0)),
          this.lead(nodeAt(element, 1), " "),
          this.untyped(nodeAt(element, 1)),
        ];
      case "untyped":
        return this.untyped(element);
      default:
        return this.words(element);
    }
  }

  /** `target += e`, `return e`, `= e`, `~ d(...) T[a, b]`: its parts with spaces between. */
  private words(node: CstNode): Doc {
    return elements(node).map((part, i, parts): Doc => {
      const after = parts[i - 1];
      if (isNode(part) && after && !isNode(after) && after.image.endsWith("=")) return this.value(part);
      const before = i === 0 ? "" : this.lead(part, " ");
      if (!isNode(part)) return [before, part.image];
      return [before, part.name === "truncation" ? this.truncation(part) : this.expression(part)];
    });
  }

  /** A name with its sizes and what is said of it. */
  private untyped(node: CstNode): Doc {
    return elements(node).map((part): Doc => {
      if (!isNode(part)) return part.image;
      if (part.name === "dimensions") return [this.lead(part, ""), this.dimensions(part)];
      return [this.lead(part, " "), this.words(part)];
    });
  }

  /** `T[a, b]`, where either may be missing. */
  private truncation(node: CstNode): Doc {
    const parts = elements(node);
    return parts.map((part, i): Doc => {
      const before = parts[i - 1];
      const usual = before !== undefined && !isNode(before) && before.image === "," ? " " : "";
      return [i === 0 ? "" : this.lead(part, usual), isNode(part) ? this.expression(part) : part.image];
    });
  }

  // ---- functions and distributions

  private functionItem(node: CstNode): Doc {
    const [, ...rest] = elements(node);
    const head = this.functionHead(nodeAt(node, 0));
    const [value] = rest;
    if (value === undefined) throw new Bug("a function has no value");
    if (!isNode(value)) return [head, this.lead(value, " "), this.braces(rest, true)];
    if (value.name === "body") return [head, this.lead(value, " "), this.braces(elements(value), true)];
    const result = nodeAt(value, 1);
    return [
      head,
      this.token(tokenAt(value, 0), " "),
      this.nextLine(result),
      this.token(tokenAt(node, -1), ""),
    ];
  }

  /** `function real f(real x)` and `distribution d(real x) real` */
  private functionHead(node: CstNode): Doc {
    return elements(node).map((part, i): Doc => {
      const before = i === 0 ? "" : this.lead(part, isNode(part) && part.name === "parameters" ? "" : " ");
      if (!isNode(part)) return [before, part.image];
      return [before, part.name === "type" ? this.type(part) : this.parameters(part)];
    });
  }

  /** An item of a distribution: `guides real`, `check f(x = 1) == 2`, `fit(m) = (mu: m)`. */
  private definition(node: CstNode): Doc {
    const rest = nodeAt(node, 1);
    const name = tokenAt(node, 0).image;
    if (rest.name === "type") return [name, this.lead(rest, " "), this.type(rest)];
    if (rest.name === "check") return [name, this.lead(rest, " "), this.check(rest)];
    const parts = elements(rest);
    const assign = parts.findIndex((part) => !isNode(part) && part.image === "=");
    const names = parts.slice(0, assign);
    const open = names[0];
    const close = names.at(-1);
    const value = nodeAt(rest, -1);
    return [
      name,
      open && close && !isNode(open) && !isNode(close)
        ? [
            this.lead(open, ""),
            this.bracketed(open, names.slice(1, -1), close, (part) => (isNode(part) ? "" : part.image)),
          ]
        : "",
      this.token(tokenAt(rest, assign), " "),
      value.name === "namedTuple" ? [this.lead(value, " "), this.namedTuple(value)] : this.value(value),
    ];
  }

  /** `log_density(y = 1) == -0.5`, `fit(m = 1).mu == 1` */
  private check(node: CstNode): Doc {
    const parts = elements(node);
    const open = tokenAt(node, 1);
    const close = parts.findIndex((part) => !isNode(part) && part.image === ")");
    const list = parts[2];
    const args = list && isNode(list) ? elements(list) : [];
    const rest = parts.slice(close + 1).map((part): Doc => {
      if (isNode(part)) return [this.lead(part, " "), this.expression(part)];
      return this.token(part, part.image === "==" ? " " : "");
    });
    return [tokenAt(node, 0).image, this.lead(open, ""), this.args(open, args, tokenAt(node, close)), rest];
  }
}

const isBody = (statement: CstNode): boolean => {
  const only = sole(statement);
  return isNode(only) && only.name === "body";
};

/** Does a statement hold braces, or another statement? */
function isCompound(item: CstElement): boolean {
  if (!isNode(item) || item.name !== "statement") return false;
  const only = sole(item);
  return isNode(only) && (COMPOUND.has(only.name) || nodesIn(only).some((part) => part.name === "body"));
}
const COMPOUND: ReadonlySet<string> = new Set(["body", "ifStatement", "forStatement"]);
