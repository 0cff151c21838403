// Tables that are filled step by step along an axis, each step from the one before.
import type { Axis } from "./axis.js";
import type { Graph, Node, NodeOf, Place } from "./node.js";

/**
 * A table over `axes` that is filled step by step: `step` gives its value at a step from `before`, the values at the step
 * before, over `copies` of the axes `state`. At the first step `before` is not to be looked at.
 */
export function scan(
  g: Graph,
  name: string,
  axes: readonly Axis[],
  carried: Pick<NodeOf<"scan">, "along" | "towards" | "state" | "copies">,
  step: (before: Node) => Node,
): Node {
  const { along, towards, state, copies } = carried;
  const before = shifted(g, g.input(name, axes), along, towards === "end" ? -1 : 1, state, copies);
  return g.rawScan({ name, ...carried, before, arg: step(before) });
}

/** What stands `by` steps further along an axis, the axes `from` renamed; beyond the end of the axis, what stands there. */
export function shifted(
  g: Graph,
  node: Node,
  along: Axis,
  by: 1 | -1,
  from: readonly Axis[],
  to: readonly Axis[],
): Node {
  const renamed = from.flatMap((over, i): Place[] => {
    const axis = to[i];
    if (axis === undefined) return [];
    return [{ over, at: g.index(axis), slide: { to: axis, multiply: 1, add: 0 } }];
  });
  const at = g.add(g.index(along), g.constant(by));
  return g.gatherAll(node, [{ over: along, at, slide: { to: along, multiply: 1, add: by } }, ...renamed]);
}
