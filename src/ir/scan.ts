// Tables that are filled step by step along an axis, each step from the one before.
import type { Axis } from "./axis.js";
import { reachable, type Graph, type Node, type NodeOf, type Place } from "./node.js";
import { substitute } from "./rewrite.js";

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

/**
 * A table over [..., steps, rows, columns] of a matrix from which each step takes something away: `start` at the first
 * step, then what `step` makes of the matrix `before` with the place `at` of the step before. `before` is over rows and
 * columns, and may be gathered at places of them.
 */
export function eliminate(
  g: Graph,
  name: string,
  { steps, rows, columns }: { readonly steps: Axis; readonly rows: Axis; readonly columns: Axis },
  start: Node,
  step: (before: Node, at: Node) => Node,
  further: readonly Axis[] = [],
): Node {
  const axes = g.ordered([...start.axes, ...further, steps, rows, columns]);
  const placeholder = g.input(`${name}.before`, axes);
  const isFirst = g.map("eq", g.index(steps), g.constant(0));
  const next = step(placeholder, g.sub(g.index(steps), g.constant(1)));
  const arg = g.map("select", isFirst, start, next);
  const before = shifted(g, g.input(name, axes), steps, -1, [], []);
  const state = [rows, columns];
  return g.rawScan({
    name,
    along: steps,
    towards: "end",
    state,
    copies: state,
    before,
    arg: substitute(g, [arg], new Map([[placeholder, before]]))[0] ?? arg,
  });
}

/** True of a scan that looks back at places of its own axes, not of copies of them. */
export const looksBackAtPlaces = ({ state, copies }: NodeOf<"scan">): boolean =>
  state.every((axis, i) => axis.name === copies[i]?.name);

/**
 * A scan's step as a function of the values `before`, an input over the scan's axes. `restore` puts the scan's own values
 * in the place of that, and gives the sums over the state's axes axes of their own: a step's table has those taken.
 */
export function scanOfPlaces(
  g: Graph,
  scan: NodeOf<"scan">,
): { readonly arg: Node; readonly before: Node; readonly restore: (node: Node) => Node } {
  const { name, along, towards, state, axes, arg } = scan;
  const before = g.input(`${name}.before`, axes);
  const isPast = (node: Node): node is NodeOf<"gather"> =>
    node.kind === "gather" && node.arg.kind === "input" && node.arg.name === name;
  const opened = new Map<Node, Node>(
    reachable([arg])
      .filter(isPast)
      .map((node) => [
        node,
        g.gatherAll(
          before,
          node.places.filter((place) => place.over.name !== along.name),
        ),
      ]),
  );
  const known = shifted(g, scan, along, towards === "end" ? -1 : 1, [], []);
  const restore = (node: Node): Node => {
    const [restored = node] = substitute(g, [node], new Map([[before, known]]));
    return withOwnSums(g, restored, state);
  };
  return { arg: substitute(g, [arg], opened)[0] ?? arg, before, restore };
}

/** The same value, with sums (and other reductions) over these axes over copies of them instead. */
function withOwnSums(g: Graph, root: Node, axes: readonly Axis[]): Node {
  const done = new Map<string, Node>();
  const visit = (node: Node, names: ReadonlyMap<string, Axis>, depth: number): Node => {
    const inside = [...names].filter(([name]) => node.axes.some((axis) => axis.name === name));
    const key = `${node.id}/${depth}/${inside.map(([name, to]) => `${name}:${to.name}`).join()}`;
    const known = done.get(key);
    if (known !== undefined) return known;
    const made = remake(node, new Map(inside), depth);
    done.set(key, made);
    return made;
  };
  const remake = (node: Node, names: ReadonlyMap<string, Axis>, depth: number): Node => {
    if (node.kind === "map") return g.map(node.op, ...node.args.map((arg) => visit(arg, names, depth)));
    if (node.kind === "reduce" && node.within === null) {
      const isOwn = axes.some((axis) => axis.name === node.over.name);
      const { name, role } = node.over;
      const over = isOwn
        ? g.axis(`${name}_sum${depth + 1}`, role, { of: node.over.blocks?.of ?? name, length: 1 })
        : node.over;
      const inner = isOwn ? new Map([...names, [name, over]]) : names;
      return g.reduce(node.ring, over, visit(node.arg, inner, isOwn ? depth + 1 : depth));
    }
    const places = [...names].flatMap(([name, to]): Place[] => {
      const over = node.axes.find((axis) => axis.name === name);
      return over === undefined ? [] : [{ over, at: g.index(to), slide: { to, multiply: 1, add: 0 } }];
    });
    return places.length === 0 ? node : g.gatherAll(node, places);
  };
  return visit(root, new Map(), 0);
}
