// Rewriting: the graph below some nodes built again with changes.
import { Bug } from "../diagnostic.js";
import { children, reachable, type Graph, type Node, type NodeOf, type Place } from "./node.js";

/**
 * Rebuilds the graph below the roots with some nodes replaced; simplification runs again on the way, so that
 * replacing a term by zero removes it. Returns the roots' replacements, in order.
 */
export function substitute(
  graph: Graph,
  roots: readonly Node[],
  replacement: ReadonlyMap<Node, Node>,
): Node[] {
  const done = rewrite(roots, (node, get) => replacement.get(node) ?? rebuild(graph, node, get));
  return roots.map((root) => done.get(root) ?? root);
}

/** What every node below the roots becomes; `change` may ask what a node's arguments became. */
export function rewrite(
  roots: readonly Node[],
  change: (node: Node, get: (node: Node) => Node) => Node,
): ReadonlyMap<Node, Node> {
  const done = new Map<Node, Node>();
  const get = (node: Node): Node => {
    const result = done.get(node);
    if (result === undefined) throw new Bug("a rewrite visited a node before its arguments");
    return result;
  };
  for (const node of reachable(roots)) done.set(node, change(node, get));
  return done;
}

/** A node of what its arguments became. */
export function rebuild(graph: Graph, node: Node, get: (node: Node) => Node): Node {
  if (children(node).every((child) => get(child) === child)) return node;
  switch (node.kind) {
    case "constant":
    case "input":
    case "size":
    case "index":
      return node;
    case "random":
      return graph.random(node.primitive, node, node.args.map(get));
    case "map":
      return graph.map(node.op, ...node.args.map(get));
    case "reduce":
      return node.within === null
        ? graph.reduce(node.ring, node.over, get(node.arg))
        : graph.rawReduce(node.ring, node.over, node.within, get(node.arg));
    case "gather":
      return rebuildGather(graph, node, get);
    case "stored":
      return graph.stored(node.name, get(node.arg));
    case "scan":
      return rebuildScan(graph, node, get);
  }
}

/** A scan with its arguments replaced. */
export const rebuildScan = (graph: Graph, node: NodeOf<"scan">, get: (node: Node) => Node): Node =>
  graph.rawScan({ ...node, before: node.before && get(node.before), arg: get(node.arg) });

/** A gather with its arguments replaced; places that stay keep what is known of them. */
export function rebuildGather(graph: Graph, node: NodeOf<"gather">, get: (node: Node) => Node): Node {
  const places = node.places.map((place): Place => {
    const at = get(place.at);
    return at === place.at ? place : { over: place.over, at, slide: null };
  });
  return graph.gatherAll(get(node.arg), places);
}
