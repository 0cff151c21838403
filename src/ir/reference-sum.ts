// What was taken out of sums over large plates (references.ts), brought back on the host in float64: the device gives
// sums over blocks and the few numbers that the rest is computed from.
import { greatestLength, volume } from "./axis.js";
import type { DataOnly } from "./data-only.js";
import { BUFFERS } from "./interface.js";
import type { Output, ProgramGraph } from "./lower/program-graph.js";
import { reachable, type Graph, type Node } from "./node.js";
import type { References } from "./references.js";
import { BLOCK_LENGTH } from "./split.js";

/** A program whose log evidence lacks `missing`, and the one that adds that on the host, from the first one's outputs. */
export function finishOnHost(
  g: Graph,
  program: ProgramGraph,
  missing: Node,
  { sizes, mostOnHost }: Pick<References, "sizes" | "mostOnHost">,
  /** What is computed once for all runs, so that it is given as it is. */
  data: DataOnly | null,
): { readonly program: ProgramGraph; readonly finish: ProgramGraph } {
  const outputs: Output[] = [];
  const given = new Map<Node, Node>();
  const give = (node: Node): Node => {
    const name = BUFFERS.reference(outputs.length);
    outputs.push({ name, node, axes: node.axes });
    return g.input(name, node.axes);
  };
  const done = new Map<Node, Node>();
  const onHost = (node: Node): Node => {
    const known = done.get(node) ?? given.get(node);
    if (known !== undefined) return known;
    const result = compute(node);
    done.set(node, result);
    return result;
  };
  const isWhole = (node: Node): boolean =>
    data?.has(node) === true && reachable([node]).some(({ kind }) => kind === "reduce");
  const compute = (node: Node): Node => {
    if (isWhole(node)) return give(node);
    switch (node.kind) {
      case "constant":
      case "size":
        return node;
      case "map":
        if (volume(node.axes, sizes) <= mostOnHost) return g.map(node.op, ...node.args.map(onHost));
        return give(node);
      case "reduce": {
        const { over, ring, within, arg } = node;
        if (ring !== "sum" || within !== null || over.role === "particle") return give(node);
        if (volume(arg.axes, sizes) <= mostOnHost) return g.reduce("sum", over, onHost(arg));
        const isBlocked =
          over.role === "plate" && over.blocks === null && greatestLength(over, sizes) > BLOCK_LENGTH;
        if (!isBlocked) return give(node);
        const blocks = g.axis(
          `${over.name}_blocks`,
          "plate",
          { of: over.name, length: BLOCK_LENGTH },
          over.parent,
        );
        return g.reduce("sum", blocks, give(g.rawReduce("sum", over, blocks, arg)));
      }
      default:
        return give(node);
    }
  };
  const total = g.add(g.input(BUFFERS.logEvidence, []), onHost(missing));
  return {
    program: { ...program, outputs: [...program.outputs, ...outputs] },
    finish: {
      name: program.name,
      outputs: [{ name: BUFFERS.finishedEvidence, node: total, axes: [] }],
      labels: new Map(),
    },
  };
}
