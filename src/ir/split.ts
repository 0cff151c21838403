// Long reductions over plates in two steps: blocks side by side, then the blocks; parallel, and accurate in float32.
import { greatestLength, type Sizes } from "./axis.js";
import type { Output, ProgramGraph } from "./lower/program-graph.js";
import { children, type Graph, type Node, type NodeOf } from "./node.js";
import { rebuildGather, rebuildScan, rewrite } from "./rewrite.js";

/** Elements of a block: a float32 sum of so many terms is good to 1e-9 of their size, and there are blocks enough. */
export const BLOCK_LENGTH = 128;

/** Rewrites every sum over a plate that is longer than a block as a sum over blocks of sums within them. */
export function splitReductions(g: Graph, program: ProgramGraph, sizes: Sizes): ProgramGraph {
  const roots = program.outputs.map((o) => o.node);
  const done = rewrite(roots, (node, get) => splitNode(g, node, get, sizes));
  return {
    name: program.name,
    outputs: program.outputs.map((o): Output => ({ ...o, node: done.get(o.node) ?? o.node })),
    labels: new Map(
      [...program.labels].flatMap(([node, label]) => {
        const split = done.get(node);
        return split === undefined ? [] : [[split, label] as const];
      }),
    ),
  };
}

function splitNode(g: Graph, node: Node, get: (node: Node) => Node, sizes: Sizes): Node {
  const same = children(node).every((child) => get(child) === child);
  switch (node.kind) {
    case "reduce":
      return splitReduce(g, node, get(node.arg), sizes);
    case "map":
      return same ? node : g.rawMap(node.op, node.args.map(get));
    case "stored":
      return same ? node : g.stored(node.name, get(node.arg));
    case "scan":
      return same ? node : rebuildScan(g, node, get);
    case "gather":
      return same ? node : rebuildGather(g, node, get);
    case "random":
      return same ? node : g.random(node.primitive, node, node.args.map(get));
    case "constant":
    case "input":
    case "size":
    case "index":
      return node;
  }
}

function splitReduce(g: Graph, node: NodeOf<"reduce">, arg: Node, sizes: Sizes): Node {
  const { ring, over, within } = node;
  const isWhole = over.role === "plate" && over.blocks === null && within === null;
  const long = isWhole && greatestLength(over, sizes) > BLOCK_LENGTH;
  if (!long) return g.rawReduce(ring, over, within, arg);
  const blocks = g.axis(`${over.name}_blocks`, "plate", { of: over.name, length: BLOCK_LENGTH }, over.parent);
  return g.rawReduce(ring, blocks, null, g.rawReduce(ring, over, blocks, arg));
}
