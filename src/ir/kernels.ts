// Loop nests from the tensor IR: one kernel computes tables of the same axes, everything else inline, each value in
// the outermost loop where its axes are known.
import { Bug } from "../diagnostic.js";
import { ALL_OPTIMISATIONS, type Optimisations } from "../optimisations.js";
import { ancestors, trips, volume, type Axis, type Sizes } from "./axis.js";
import { children, reachable, type Node, type NodeOf } from "./node.js";
import { rowArrayName, rowArraysUsed } from "./ragged.js";
import { accumulator, apply, literal, local } from "./accumulator.js";
import type { Kernel, KernelExpression, Statement, Subscript } from "./program.js";

/** A table: where a node's values are kept. `axes` are at least the node's. */
export type Table = {
  readonly name: string;
  readonly node: Node;
  readonly axes: readonly Axis[];
  readonly comment: string;
  /** Axes that one invocation walks in order, outermost first, because the table looks back at itself. */
  readonly walks?: readonly Axis[];
  /** The one of them that is walked from its end. */
  readonly descends?: Axis;
};

/** What a kernel loads instead of computing. */
export type Stored = ReadonlyMap<Node, Table>;

/** A reduction that cannot be done inline, because its axis is already taken by a loop around it. */
export class MustBeStored extends Error {
  constructor(readonly node: Node) {
    super("a reduction inside a loop over its own axis");
  }
}

type Level = {
  /** Axes that this level's loop (or the grid) binds, and their names. */
  readonly binds: readonly Axis[];
  readonly names: ReadonlySet<string>;
  /** How often this level is reached over a whole launch. */
  readonly points: number;
  readonly statements: Statement[];
  readonly values: Map<Node, KernelExpression>;
};

/** How often each node is evaluated over a whole launch, for the cost model. */
export type Built = { readonly kernel: Kernel; readonly evaluations: ReadonlyMap<Node, number> };

/** Builds the kernel that computes `tables` (all of the same axes) from what is stored. */
export function buildKernel(
  name: string,
  tables: readonly Table[],
  stored: Stored,
  sizes: Sizes,
  optimise: Optimisations = ALL_OPTIMISATIONS,
): Built {
  return new KernelBuilder(name, tables, stored, sizes, optimise).build();
}

/** The nodes that a kernel evaluates itself: below the roots, down to what is stored. */
export function inlineNodes(tables: readonly Table[], stored: Stored): Node[] {
  const roots = new Set(tables.map((t) => t.node));
  const seen = new Set<Node>();
  const visit = (node: Node, isRoot: boolean): void => {
    if (seen.has(node) || (!isRoot && stored.has(node))) return;
    seen.add(node);
    for (const child of computedHere(node)) visit(child, false);
  };
  for (const root of roots) visit(root, !isCopy(root, tables, stored));
  return [...seen].sort((a, b) => a.id - b.id);
}

/** What a node needs computed in its own kernel: what is gathered is loaded, the places are computed. */
const computedHere = (node: Node): readonly Node[] =>
  node.kind === "gather" ? node.places.map((place) => place.at) : children(node);

/** Whether a root is only copied from a table of another name. */
function isCopy(root: Node, tables: readonly Table[], stored: Stored): boolean {
  const table = stored.get(root);
  return table !== undefined && !tables.includes(table);
}

const makeLevel = (binds: readonly Axis[], points: number, statements: Statement[]): Level => ({
  binds,
  names: new Set(binds.map((axis) => axis.name)),
  points,
  statements,
  values: new Map(),
});

class KernelBuilder {
  readonly #levels: Level[];
  readonly #uses = new Map<Node, number>();
  readonly #reduces: NodeOf<"reduce">[];
  readonly #reads = new Set<string>();
  readonly #evaluations = new Map<Node, number>();
  readonly #roots: ReadonlySet<Node>;
  readonly #nodes: readonly Node[];
  /** Reductions whose loop is being built: another loop must not take them along. */
  readonly #building = new Set<Node>();
  #names = 0;

  constructor(
    readonly name: string,
    readonly tables: readonly Table[],
    readonly stored: Stored,
    readonly sizes: Sizes,
    readonly optimise: Optimisations,
  ) {
    const grid = tables[0]?.axes ?? [];
    this.#levels = [makeLevel(grid, volume(grid, sizes), [])];
    this.#roots = new Set(tables.filter((t) => !isCopy(t.node, tables, stored)).map((t) => t.node));
    this.#nodes = inlineNodes(tables, stored);
    this.#reduces = this.#nodes.filter((n) => n.kind === "reduce");
    for (const node of this.#nodes)
      if (this.#roots.has(node) || !stored.has(node))
        for (const child of computedHere(node)) this.#uses.set(child, (this.#uses.get(child) ?? 0) + 1);
    for (const root of this.#roots) if (this.#uses.has(root)) this.#uses.set(root, Infinity);
  }

  build(): Built {
    const [top] = this.#levels;
    if (top === undefined) throw new Bug("a kernel without a level");
    const values = this.tables.map((t) => this.#value(t.node));
    for (const [i, table] of this.tables.entries()) {
      const subscripts = table.axes.map((axis): Subscript => ({ kind: "axis", axis }));
      top.statements.push({ kind: "store", buffer: table.name, subscripts, value: values[i] ?? literal(0) });
    }
    const rows = rowArraysUsed({ grid: top.binds, body: top.statements }).map(rowArrayName);
    const kernel: Kernel = {
      name: this.name,
      comment: this.tables.map((t) => `${t.name}: ${t.comment}`).join("; "),
      grid: top.binds,
      body: top.statements,
      reads: [...new Set([...this.#reads, ...rows])],
      writes: this.tables.map((t) => t.name),
    };
    return { kernel, evaluations: this.#evaluations };
  }

  /** The innermost level that binds an axis of the node; the outermost one if it has none. */
  #home(axes: readonly Axis[]): number {
    let home = 0;
    for (const { name } of axes) {
      let at = this.#levels.length - 1;
      while (at >= 0 && this.#levels[at]?.names.has(name) !== true) at--;
      if (at < 0) throw new Bug(`axis '${name}' is not bound in kernel '${this.name}'`);
      if (at > home) home = at;
    }
    return home;
  }

  #value(node: Node): KernelExpression {
    if (node.kind === "constant") return literal(node.value);
    if (node.kind === "size") return { kind: "size", axis: node.axis };
    const depth = this.#levels.length - 1;
    const isReduction = node.kind === "reduce" && !this.#isLoaded(node);
    const home = this.optimise.has("hoist") || isReduction ? this.#home(node.axes) : depth;
    const level = this.#levels[home];
    if (level === undefined) throw new Bug("no such level");
    const known = level.values.get(node);
    if (known !== undefined) return known;
    if (isReduction) {
      this.#reduce(node, home);
      const value = level.values.get(node);
      if (value === undefined) throw new Bug("a reduction without a value");
      return value;
    }
    const expression = this.#atLevel(home, () => this.#expression(node));
    this.#count(node, home);
    // An index is as cheap as a name. Everything else that is used again, or hoisted out of a loop, gets one.
    const named = node.kind !== "index" && (home < depth || (this.#uses.get(node) ?? 0) > 1);
    if (!named) return expression;
    const name = this.#name(node);
    level.statements.push({ kind: "let", name, value: expression });
    level.values.set(node, local(name));
    return local(name);
  }

  /** Runs with the levels inside `home` set aside, so that statements go where the value is known first. */
  #atLevel<T>(home: number, run: () => T): T {
    const inner = this.#levels.splice(home + 1);
    const result = run();
    this.#levels.push(...inner);
    return result;
  }

  #isLoaded = (node: Node): boolean => this.stored.has(node) && !this.#roots.has(node);

  #expression(node: Node): KernelExpression {
    if (this.#isLoaded(node)) return this.#load(node, (axis) => ({ kind: "axis", axis }));
    switch (node.kind) {
      case "input":
        return this.#load(node, (axis) => ({ kind: "axis", axis }));
      case "index":
        return { kind: "index", axis: node.axis };
      case "gather":
        return this.#load(node.arg, (axis) => {
          const at = node.places.find((place) => place.over.name === axis.name)?.at;
          if (at === undefined) return { kind: "axis", axis };
          if (axis.parent !== null) return { kind: "value", value: this.#row(axis, axis.parent, at) };
          if (at.kind === "constant") return { kind: "at", index: at.value };
          if (at.kind === "index") return { kind: "axis", axis: at.axis };
          return { kind: "value", value: this.#value(at) };
        });
      case "random": {
        const { primitive, site, element, particle, coordinate, inPortion } = node;
        return {
          kind: "random",
          primitive,
          site,
          element,
          particle,
          coordinate,
          ...(inPortion === true ? { inPortion } : {}),
          args: node.args.map((a) => this.#value(a)),
        };
      }
      case "map":
        return { kind: "apply", op: node.op, args: node.args.map((a) => this.#value(a)) };
      case "stored":
      case "scan":
        return this.#value(node.arg);
      case "constant":
      case "size":
      case "reduce":
        throw new Bug(`a ${node.kind} is no plain expression`);
    }
  }

  #load(node: Node, subscript: (axis: Axis) => Subscript): KernelExpression {
    const table = this.stored.get(node);
    if (table === undefined && node.kind !== "input") throw new Bug("an element of what is not stored");
    const buffer = table?.name ?? (node.kind === "input" ? node.name : "");
    this.#reads.add(buffer);
    return { kind: "load", buffer, subscripts: (table?.axes ?? node.axes).map(subscript) };
  }

  /** The row at a place along a ragged axis, which is counted from the first row of the present place along its parent. */
  #row(axis: Axis, parent: Axis, at: Node): KernelExpression {
    const buffer = rowArrayName({ kind: "start", axis, within: parent });
    this.#reads.add(buffer);
    const subscripts = [...ancestors(parent), parent].map((each): Subscript => ({
      kind: "axis",
      axis: each,
    }));
    return apply("add", { kind: "load", buffer, subscripts }, this.#value(at));
  }

  /** One loop for this reduction and for every other one over the same axis that is needed at the same level. */
  #reduce(node: NodeOf<"reduce">, home: number): void {
    if (this.#levels.slice(0, home + 1).some((l) => l.names.has(node.over.name)))
      throw new MustBeStored(node);
    this.#atLevel(home, () => {
      const level = this.#levels[home];
      if (level === undefined) throw new Bug("no such level");
      const together = this.#together(node, home);
      for (const each of together) this.#building.add(each);
      const accumulators = together.map((each) => accumulator(each.ring, this.#name(each)));
      for (const { begin } of accumulators) level.statements.push(...begin);
      const body: Statement[] = [];
      const times = trips(node.over, node.within, this.sizes);
      this.#levels.push(makeLevel([node.over], level.points * times, body));
      for (const [i, each] of together.entries()) {
        const term = this.#value(each.arg);
        body.push(...(accumulators[i]?.add(term, `${this.#name(each.arg)}_term`) ?? []));
        this.#count(each, this.#levels.length - 1);
      }
      this.#levels.pop();
      const rings = [...new Set(together.map((each) => each.ring.replaceAll("_", "-")))].join(", ");
      const comment = `${rings} over ${node.over.name}`;
      level.statements.push({ kind: "loop", axis: node.over, within: node.within, body, comment });
      for (const [i, each] of together.entries()) {
        const result = accumulators[i]?.result;
        if (result === undefined) continue;
        const name = `${this.#name(each)}_result`;
        if (result.kind !== "local") level.statements.push({ kind: "let", name, value: result });
        level.values.set(each, result.kind === "local" ? result : local(name));
        this.#building.delete(each);
      }
    });
  }

  /** Reductions over the same axis, at home on the same level, none of which needs another's result. */
  #together(node: NodeOf<"reduce">, home: number): NodeOf<"reduce">[] {
    const bound = new Set(this.#levels.slice(0, home + 1).flatMap((l) => l.binds.map((b) => b.name)));
    const group = [node];
    for (const other of this.optimise.has("loops") ? this.#reduces : []) {
      const fits =
        other !== node &&
        !this.#building.has(other) &&
        other.over.name === node.over.name &&
        other.within?.name === node.within?.name &&
        !this.#isLoaded(other) &&
        other.axes.every((axis) => bound.has(axis.name)) &&
        this.#home(other.axes) === home &&
        this.#levels[home]?.values.has(other) !== true;
      // What needs a reduction that is being computed around this one has to wait for it.
      const waits = (): boolean => [...this.#building].some((outer) => dependsOn(other, outer));
      if (fits && group.every((member) => !dependsOn(other, member) && !dependsOn(member, other)) && !waits())
        group.push(other);
    }
    return group;
  }

  /** Adds one evaluation per point of the levels down to `home`. */
  #count(node: Node, home: number): void {
    const points = this.#levels[home]?.points ?? 1;
    this.#evaluations.set(node, (this.#evaluations.get(node) ?? 0) + points);
  }

  readonly #nameOf = new Map<Node, string>();
  #name(node: Node): string {
    let name = this.#nameOf.get(node);
    if (name === undefined) {
      name = `${stem(node)}_${this.#names++}`;
      this.#nameOf.set(node, name);
    }
    return name;
  }
}

const BELOW = new WeakMap<Node, ReadonlySet<Node>>();

/** Whether a node's value needs another's, directly or through others. */
function dependsOn(node: Node, other: Node): boolean {
  if (node.id <= other.id) return node === other;
  let below = BELOW.get(node);
  if (below === undefined) {
    below = new Set(reachable([node]));
    BELOW.set(node, below);
  }
  return below.has(other);
}

const STEMS = new WeakMap<Node, string>();

/** What a value is called in a kernel: after the input or operation that it comes from. */
function stem(node: Node): string {
  let name = STEMS.get(node);
  if (name === undefined) STEMS.set(node, (name = makeStem(node)));
  return name;
}

function makeStem(node: Node): string {
  switch (node.kind) {
    case "input":
    case "stored":
    case "scan":
      return node.name.replaceAll(/[^A-Za-z0-9]+/g, "_");
    case "gather": {
      const [place] = node.places;
      return place?.at.kind === "constant" ? `${stem(node.arg)}_at_${place.at.value + 1}` : stem(node.arg);
    }
    case "map":
      return node.op;
    case "reduce":
      return `${node.ring}_${node.over.name}`;
    default:
      return node.kind;
  }
}

/** The number of invocations of a kernel. */
export const invocations = (kernel: Kernel, sizes: Sizes): number => volume(kernel.grid, sizes);
