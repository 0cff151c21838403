// Programs in portions of a plate that is too large for the device's buffers: what is summed over the plate comes first,
// portion by portion, then everything else, given the totals. Random numbers depend on the element alone, so that what a
// portion draws for the first it draws again for the second.
import { hasAxis, type Axis } from "./axis.js";
import type { Output, ProgramGraph } from "./lower/program-graph.js";
import { children, reachable, type Graph, type Node, type NodeOf } from "./node.js";
import type { Feedback } from "./program.js";
import { rebuild, rewrite, substitute } from "./rewrite.js";

/**
 * A program in portions of the plate `axis`: `phases` give totals that later ones and `last` take as inputs of the same
 * names; the outputs of `last` are those of the whole program.
 */
export type Portions = {
  readonly axis: Axis;
  readonly phases: readonly ProgramGraph[];
  readonly last: ProgramGraph;
  /** Which outputs of `last` become values of which inputs when the program goes on to its next run. */
  readonly feeds: readonly Feedback[];
};

/** The number of elements of the whole plate, input of every phase that needs it. */
export const WHOLE_SIZE = "portion.whole_size";
/** Whether an input is one that only the portions of a program have. */
export const isOfPortions = (input: string): boolean => input.startsWith("portion.");

/** The program in portions of a plate; null where that is not possible. */
export function inPortions(g: Graph, program: ProgramGraph, axis: Axis): Portions | null {
  const given = program.outputs.map(({ node }) => node);
  if (!canBeDivided(reachable(given), axis) || !program.outputs.every((output) => isFirst(output.axes, axis)))
    return null;
  const drawn = rewrite(given, (node, get) => drawnInPortion(g, rebuild(g, node, get), axis));
  const roots = given.map((node) => drawn.get(node) ?? node);
  const sums = new Map<Node, Total>();
  const level = new Map<Node, number>();
  for (const node of reachable(roots)) {
    const below = Math.max(0, ...children(node).map((child) => level.get(child) ?? 0));
    const isTotal = isTotalOver(node, axis);
    level.set(node, isTotal ? below + 1 : below);
    if (isTotal) sums.set(node, { node, name: `portion.total.${sums.size}`, level: below + 1 });
  }
  const whole = new Map<Node, Node>([[g.size(axis), g.input(WHOLE_SIZE, [])]]);
  const known = (least: number): ReadonlyMap<Node, Node> =>
    new Map([
      ...whole,
      ...[...sums.values()]
        .filter((total) => total.level < least)
        .map(({ node, name }) => [node, g.input(name, node.axes)] as const),
    ]);
  const count = Math.max(0, ...[...sums.values()].map((total) => total.level));
  const phases = Array.from({ length: count }, (_, i): ProgramGraph => {
    const own = [...sums.values()].filter((total) => total.level === i + 1);
    const args = substitute(
      g,
      own.map(({ node }) => node.arg),
      known(i + 1),
    );
    const outputs = own.map(({ name, node }, t): Output => {
      const arg = args[t] ?? node.arg;
      return { name, node: g.reduce("sum", axis, arg), axes: node.axes };
    });
    return { name: program.name, outputs, labels: new Map() };
  });
  const nodes = substitute(g, roots, known(count + 1));
  return {
    axis,
    phases,
    last: {
      ...program,
      labels: new Map(),
      outputs: program.outputs.map(({ name, node, axes }, i) => ({ name, node: nodes[i] ?? node, axes })),
    },
    feeds: program.outputs.flatMap(({ name, feeds }) =>
      feeds === undefined ? [] : [{ from: name, to: feeds }],
    ),
  };
}

type Total = { readonly node: NodeOf<"reduce">; readonly name: string; readonly level: number };

const isTotalOver = (node: Node, axis: Axis): node is NodeOf<"reduce"> =>
  node.kind === "reduce" && node.over.name === axis.name && node.within === null;

/** Whether an array's elements lie one portion after the other: it does not vary along the plate, or along it first. */
const isFirst = (axes: readonly Axis[], axis: Axis): boolean =>
  axes.every(({ name, blocks, parent }, i) =>
    name === axis.name || blocks?.of === axis.name ? i === 0 : parent?.name !== axis.name,
  );

/** Whether every element of the plate is computed by itself, but for sums over all of them. */
function canBeDivided(nodes: readonly Node[], axis: Axis): boolean {
  return nodes.every((node) => {
    if (!isFirst(node.axes, axis)) return false;
    switch (node.kind) {
      case "reduce":
        return !isTotalOver(node, axis) || node.ring === "sum";
      case "gather":
        return node.places.every(({ over }) => over.name !== axis.name);
      case "scan":
        return !hasAxis(node, axis);
      case "index":
        return node.axis.name !== axis.name;
      case "random":
        return node.element.every(({ name }, i) => name !== axis.name || i === 0);
      default:
        return true;
    }
  });
}

function drawnInPortion(g: Graph, node: Node, axis: Axis): Node {
  if (node.kind !== "random" || node.element[0]?.name !== axis.name) return node;
  return g.random(node.primitive, { ...node, inPortion: true }, node.args);
}
