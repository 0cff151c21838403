// Text forms of factors, tensor IR, contraction plans and kernels, for `--emit` and for people.
import { Bug } from "../diagnostic.js";
import type { Axis } from "./axis.js";
import type { Contraction } from "./contraction.js";
import type { LoweredFactor } from "./lower/estimator.js";
import type { ProgramGraph } from "./lower/program-graph.js";
import { children, reachable, type Node } from "./node.js";
import type { Kernel, KernelExpression, Program, Statement, Subscript } from "./program.js";

const axisNames = (axes: readonly Axis[]): string => `[${axes.map((a) => a.name).join(", ")}]`;
const number = (value: number): string => String(value);

/** One factor a line: sign, name, the plates it counts over, the axes it varies along. */
export function printFactors(factors: readonly LoweredFactor[]): string {
  const lines = factors.map(({ name, node, plates, sign }) => {
    const particles = node.axes.filter((a) => a.role === "particle");
    return `${sign === 1 ? "+" : "-"} ${name}  plates ${axisNames(plates)}  particles ${axisNames(particles)}`;
  });
  return `${lines.join("\n")}\n`;
}

/** The DAG below a program's outputs, one node a line, numbered by position. */
export function printGraph(program: ProgramGraph): string {
  const names = new Map<Node, string>();
  const lines: string[] = [`program ${program.name}`];
  for (const node of reachable(program.outputs.map((o) => o.node))) {
    const inline = inlineText(node);
    if (inline !== null) {
      names.set(node, inline);
      continue;
    }
    const name = `%${names.size + 1}`;
    names.set(node, name);
    const label = program.labels.get(node);
    const text = `  ${name} = ${nodeText(node, (n) => names.get(n) ?? "?")}  ${axisNames(node.axes)}`;
    lines.push(label === undefined ? text : `${text}  // ${label}`);
  }
  for (const { name, node, axes } of program.outputs)
    lines.push(`  output ${name} = ${names.get(node) ?? "?"}  ${axisNames(axes)}`);
  return `${lines.join("\n")}\n`;
}

/** Nodes that are shorter than a name of their own. */
function inlineText(node: Node): string | null {
  switch (node.kind) {
    case "constant":
      return number(node.value);
    case "size":
      return `size(${node.axis.name})`;
    case "index":
      return `index(${node.axis.name})`;
    case "input":
      return `${node.name}${axisNames(node.axes)}`;
    default:
      return null;
  }
}

function nodeText(node: Node, name: (node: Node) => string): string {
  const args = children(node).map(name);
  switch (node.kind) {
    case "map":
      return `${node.op}(${args.join(", ")})`;
    case "reduce":
      return `${node.ring.replaceAll("_", "-")} over ${node.over.name}${node.within === null ? "" : ` within ${node.within.name}`} (${args.join()})`;
    case "random":
      return `${node.primitive}#${node.site}(${args.join(", ")})`;
    case "gather": {
      const places = node.places.map(({ over, at }) => `${over.name} = ${name(at)}`);
      return `${name(node.arg)}[${places.join(", ")}]`;
    }
    case "stored":
      return `store ${node.name} (${args.join()})`;
    case "scan":
      return `scan ${node.name} along ${node.along.name} (${args.join()})`;
    case "constant":
    case "input":
    case "size":
    case "index":
      throw new Bug("an inline node has no line");
  }
}

/** The contraction, a step a line: what is summed out of which table, and what remains. */
export function printPlan(contraction: Contraction): string {
  const lines = contraction.steps.map((step, i) => {
    const removed = step.removes.map((a) => a.name).join(", ");
    const cost = step.table.map((a) => a.name).join(" x ") || "1";
    return (
      `${String(i + 1).padStart(2)}  ${`${step.kind} ${removed}`.trimEnd()}: ${step.terms.join(" * ")}\n` +
      `      table ${cost}  ->  ${step.result.name} ${axisNames(step.result.axes)}`
    );
  });
  return `${lines.join("\n")}\n`;
}

/** Every kernel of a program as a loop nest. */
export function printKernels(program: Program): string {
  const buffers = program.buffers.map(
    (b) => `  ${b.storage} ${b.name} ${axisNames(b.axes)}  // ${b.comment}`,
  );
  const kernels = program.kernels.map(printKernel);
  return `program ${program.name}\n${buffers.join("\n")}\n\n${kernels.join("\n")}`;
}

function printKernel(kernel: Kernel): string {
  const head = `kernel ${kernel.name}  grid ${axisNames(kernel.grid)}`;
  return `${head}\n${printStatements(kernel.body, "  ")}`;
}

function printStatements(body: readonly Statement[], indent: string): string {
  return body.map((s) => printStatement(s, indent)).join("");
}

function printStatement(s: Statement, indent: string): string {
  switch (s.kind) {
    case "let":
    case "var":
      return `${indent}${s.kind} ${s.name} = ${printExpression(s.value)}\n`;
    case "assign":
      return `${indent}${s.name} = ${printExpression(s.value)}\n`;
    case "store":
      return `${indent}${s.buffer}${subscripts(s.subscripts)} = ${printExpression(s.value)}\n`;
    case "loop": {
      const within = s.within === null ? "" : ` within ${s.within.name}`;
      const order = s.descending === true ? " from the last" : "";
      return `${indent}for ${s.axis.name}${order}${within}  // ${s.comment}\n${printStatements(s.body, `${indent}  `)}`;
    }
  }
}

const subscripts = (list: readonly Subscript[]): string =>
  list.length === 0 ? "" : `[${list.map(subscript).join(", ")}]`;

function subscript(s: Subscript): string {
  switch (s.kind) {
    case "axis":
      return s.axis.name;
    case "at":
      return String(s.index);
    case "value":
      return printExpression(s.value);
  }
}

function printExpression(e: KernelExpression): string {
  switch (e.kind) {
    case "literal":
      return number(e.value);
    case "local":
      return e.name;
    case "load":
      return `${e.buffer}${subscripts(e.subscripts)}`;
    case "apply":
      return `${e.op}(${e.args.map(printExpression).join(", ")})`;
    case "size":
      return `size(${e.axis.name})`;
    case "index":
      return `index(${e.axis.name})`;
    case "random":
      return `${e.primitive}#${e.site}(${e.args.map(printExpression).join(", ")})`;
  }
}
