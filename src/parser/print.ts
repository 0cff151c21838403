// Prints the syntax tree: the text of `--emit ast`, one line for each node that is not an expression.
import { absurd } from "../diagnostic.js";
import { positionAt, type Span } from "../source.js";
import type {
  Argument,
  DataItem,
  DistributionCall,
  DistributionItem,
  Expression,
  FunctionItem,
  GuideStatement,
  NamedTuple,
  Program,
  Statement,
  TypeSyntax,
} from "./ast.js";

/** A line of the dump and the lines that stand, indented, under it. */
type Tree = { readonly line: string; readonly children: readonly Tree[] };

/**
 * The whole tree, indented, each line with its 1-based `line:column`. Expressions are in parentheses wherever they
 * consist of operations, so that precedence can be read off.
 */
export function printProgram(program: Program): string {
  const blocks: Tree[] = [
    { line: "functions", children: program.functions.map(functionItem) },
    { line: "data", children: program.data.map(dataItem) },
    { line: "parameters", children: program.parameters.map(statement) },
    { line: "model", children: program.model.map(statement) },
    { line: "guide", children: program.guide.map(guideStatement) },
    { line: "generated", children: program.generated.map(statement) },
  ];
  const written = blocks.filter(({ line }) => program.blocks.some((block) => block.text === line));
  const broken = program.brokenNames.map((name) => leaf(name.span, `not understood ${name.text}`));
  return render([{ line: "program", children: [...written, ...broken] }], 0);
}

/** Functions and distributions of a library file, as `printProgram` prints those of a model. */
export const printFunctions = (functions: readonly FunctionItem[]): string =>
  render([{ line: "library", children: functions.map(functionItem) }], 0);

/** An expression on one line, every operation in parentheses; parsing it again gives the same tree. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return expression.text;
    case "name":
      return expression.name.text;
    case "call": {
      const [first, ...rest] = expression.args.map(printExpression);
      const separator = expression.bar ? " | " : ", ";
      const list =
        first === undefined || rest.length === 0 ? (first ?? "") : first + separator + rest.join(", ");
      return `${expression.callee.text}(${list})`;
    }
    case "unary":
      return `(${expression.operator}${printExpression(expression.operand)})`;
    case "binary":
      return `(${printExpression(expression.left)} ${expression.operator} ${printExpression(expression.right)})`;
    case "conditional": {
      const parts = [expression.condition, expression.whenTrue, expression.whenFalse].map(printExpression);
      return `(${parts[0] ?? ""} ? ${parts[1] ?? ""} : ${parts[2] ?? ""})`;
    }
    case "index":
      return `${printExpression(expression.object)}${brackets(expression.indices)}`;
    case "transpose":
      return `${printExpression(expression.operand)}'`;
    case "learn":
      return printLearn(expression);
    case "vector":
      return `[${list(expression.elements)}]`;
    default:
      return absurd(expression);
  }
}

const list = (expressions: readonly Expression[]): string => expressions.map(printExpression).join(", ");
const brackets = (expressions: readonly Expression[]): string =>
  expressions.length === 0 ? "" : `[${list(expressions)}]`;

const at = (span: Span, text: string): string => {
  const { line, column } = positionAt(span.source, span.start);
  return `${line}:${column} ${text}`;
};
const leaf = (span: Span, text: string): Tree => ({ line: at(span, text), children: [] });

function render(trees: readonly Tree[], depth: number): string {
  return trees
    .map(({ line, children }) => `${"  ".repeat(depth)}${line}\n${render(children, depth + 1)}`)
    .join("");
}

/** A type as it is written: `real<lower=0>`, `vector[n]`. */
export function printType(type: TypeSyntax): string {
  const bounds = (["lower", "upper", "offset", "multiplier"] as const).flatMap((bound) => {
    const value = type[bound];
    return value === null ? [] : [`${bound}=${printExpression(value)}`];
  });
  const angle = bounds.length === 0 ? "" : `<${bounds.join(", ")}>`;
  return `${type.base.text}${angle}${brackets(type.sizes)}`;
}

function dataItem(item: DataItem): Tree {
  if (item.kind === "variable") {
    const { type, name, dimensions, span } = item;
    return leaf(span, `variable ${printType(type)} ${name.text}${brackets(dimensions)}`);
  }
  const parent = item.parent ? ` in ${item.parent.text}` : "";
  const by = item.by ? ` by ${item.by.text}` : "";
  return leaf(item.span, `plate ${item.name.text}${parent}${by}${item.ordered ? " ordered" : ""}`);
}

function statement(from: Statement): Tree {
  switch (from.kind) {
    case "sample": {
      const type = from.type ? `${printType(from.type)} ` : "";
      const limits = from.truncation;
      const bound = (value: Expression | null): string => (value ? printExpression(value) : "");
      const truncation = limits ? ` T[${bound(limits.lower)}, ${bound(limits.upper)}]` : "";
      return leaf(
        from.span,
        `sample ${type}${from.name.text} ~ ${distributionCall(from.distribution)}${truncation}`,
      );
    }
    case "local":
      return leaf(
        from.span,
        `local ${printType(from.type)} ${from.name.text} = ${printExpression(from.value)}`,
      );
    case "target":
      return leaf(from.span, `target += ${printExpression(from.value)}`);
    case "plate":
      return { line: at(from.span, `plate ${from.name.text}`), children: from.body.map(statement) };
    case "block":
      return { line: at(from.span, "block"), children: from.body.map(statement) };
    case "if": {
      const otherwise = from.otherwise ? [{ line: "else", children: [statement(from.otherwise)] }] : [];
      const children = [statement(from.then), ...otherwise];
      return { line: at(from.span, `if ${printExpression(from.condition)}`), children };
    }
    case "for": {
      const range = `${printExpression(from.from)}:${printExpression(from.to)}`;
      return {
        line: at(from.span, `for ${from.variable.text} in ${range}`),
        children: [statement(from.body)],
      };
    }
    default:
      return absurd(from);
  }
}

function guideStatement(from: GuideStatement): Tree {
  switch (from.kind) {
    case "default":
      return leaf(from.span, `default ${from.name.text}`);
    case "sample":
      return leaf(from.span, `sample ${from.name.text} ~ ${distributionCall(from.distribution)}`);
    case "plate":
      return { line: at(from.span, `plate ${from.name.text}`), children: from.body.map(guideStatement) };
    case "group": {
      const family = from.family ? ` : ${from.family.text}` : "";
      return {
        line: at(from.span, `group ${from.name.text}${family}`),
        children: from.body.map(guideStatement),
      };
    }
    default:
      return absurd(from);
  }
}

const distributionCall = ({ name, args }: DistributionCall): string => `${name.text}(${list(args)})`;

function printLearn(learn: Extract<Expression, { kind: "learn" }>): string {
  const names = learn.over?.map((name) => name.text);
  const over =
    names && (names.length === 0 ? "none" : names.length === 1 ? names.join("") : `(${names.join(", ")})`);
  const parts = [
    learn.initial ? printExpression(learn.initial) : "",
    over === undefined ? "" : `over = ${over}`,
  ];
  return `learn(${parts.filter((part) => part !== "").join(", ")})`;
}

const signature = (parameters: readonly Argument[]): string =>
  parameters.map(({ type, name }) => `${printType(type)} ${name.text}`).join(", ");

function functionItem(item: FunctionItem): Tree {
  const doc =
    item.doc === ""
      ? []
      : item.doc.split("\n").map((line) => ({ line: `/// ${line}`.trimEnd(), children: [] }));
  const head = `${item.name.text}(${signature(item.parameters)})`;
  if (item.kind === "distribution") {
    const line = at(item.span, `distribution ${head} ${printType(item.result)}`);
    return { line, children: [...doc, ...item.items.map(distributionItem)] };
  }
  const value = leaf(item.value.span, `return ${printExpression(item.value)}`);
  const line = at(item.span, `function ${printType(item.result)} ${head}`);
  return { line, children: [...doc, ...item.locals.map(statement), value] };
}

const tuple = (values: NamedTuple, separator: string): string =>
  values.map(({ name, value }) => `${name.text}${separator}${printExpression(value)}`).join(", ");

function distributionItem(item: DistributionItem): Tree {
  switch (item.kind) {
    case "log_density":
    case "log_cdf":
    case "log_ccdf":
    case "quantile":
      return leaf(item.span, `${item.kind}(${item.variable.text}) = ${printExpression(item.value)}`);
    case "draw":
      return leaf(
        item.span,
        `draw${item.like === null ? "" : `(${item.like.text})`} = ${printExpression(item.value)}`,
      );
    case "statistics":
      return leaf(item.span, `statistics(${item.variable.text}) = (${list(item.values)})`);
    case "fit": {
      const moments = item.moments.map((moment) => moment.text).join(", ");
      return leaf(item.span, `fit(${moments}) = (${tuple(item.values, ": ")})`);
    }
    case "widen":
      return leaf(item.span, `widen(${item.factor.text}) = (${tuple(item.values, ": ")})`);
    case "guides":
      return leaf(item.span, `guides ${printType(item.support)}`);
    case "check": {
      const field = item.field ? `.${item.field.text}` : "";
      const call = `${item.item.text}(${tuple(item.args, " = ")})${field}`;
      return leaf(item.span, `check ${call} == ${printExpression(item.expected)}`);
    }
    default:
      return absurd(item);
  }
}
