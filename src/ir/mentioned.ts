// What nodes have to do with axes and scans that are not in their own axes or arguments.
import type { Axis } from "./axis.js";
import { children, reachable, type Node } from "./node.js";

/** Every axis that computing a node mentions. */
export function nodeAxes(node: Node): readonly Axis[] {
  switch (node.kind) {
    case "size":
      return [node.axis];
    case "reduce":
      return [...node.axes, node.over];
    case "random":
      return [...node.axes, ...node.element, node.particle, ...(node.coordinate?.vectors.flat() ?? [])];
    case "gather":
      return [...node.axes, ...node.places.map((place) => place.over)];
    default:
      return node.axes;
  }
}

/** What a scan's step computes from the scan's own table: the nodes above that table and below the scan. */
export function inScans(nodes: readonly Node[]): ReadonlySet<Node> {
  const inside = new Set<Node>();
  for (const scan of nodes) {
    if (scan.kind !== "scan") continue;
    const own = new Set<Node>();
    for (const node of reachable([scan.arg])) {
      const isTable = node.kind === "input" && node.name === scan.name;
      if (isTable || children(node).some((child) => own.has(child))) own.add(node);
    }
    for (const node of own) inside.add(node);
  }
  return inside;
}
