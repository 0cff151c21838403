// Sums over large plates as sums of differences: every term less its value at the first particle of each axis. Only
// differences between particles decide weights, and those are small, so that float32 sums them well; the values at the
// first particles are summed apart, and finished by the host in float64 (see reference-sum.ts).
import { greatestLength, hasAxis, volume, type Axis, type Sizes } from "./axis.js";
import type { Graph, Node, NodeOf } from "./node.js";
import { LOG_ZERO } from "./program.js";
import { substitute } from "./rewrite.js";

const MOST_ON_HOST = 8192;
/** A value below this holds the logarithm of zero: no difference is taken to it. */
const NO_REFERENCE = LOG_ZERO / 1e15;
/** Small differences of logarithms and exponentials are taken by log1p and expm1. */
const LEAST_DIVISOR = 1e-10;
const SMALL = 0.5;

/**
 * Differences to first particles for the programs of one graph. The values at the first particles stand in the graph as
 * inputs until `resolve`: derivatives take them for constants, as the evidence does not depend on them.
 */
export class References {
  readonly #standIns = new Map<Node, NodeOf<"input">>();
  readonly #firstValues: {
    readonly standIn: NodeOf<"input">;
    readonly of: Node;
    readonly guarded: boolean;
  }[] = [];
  readonly #replaced = new Map<Node, Node>();

  constructor(
    readonly graph: Graph,
    readonly sizes: Sizes,
    /** Sums of fewer terms stay as they are. */
    readonly leastTerms: number,
  ) {
    this.mostOnHost = Math.min(MOST_ON_HOST, leastTerms);
  }

  /** What computes along more elements is left to the device. */
  readonly mostOnHost: number;

  /** Whether a sum over these plates has so many terms that it is worth it. */
  isLarge = (plates: readonly Axis[]): boolean =>
    plates.reduce((terms, plate) => terms * greatestLength(plate, this.sizes), 1) >= this.leastTerms;

  /** A node as a difference to its value at the first particles, and that value, which varies along no particle axis. */
  split(node: Node): { readonly difference: Node; readonly first: Node } {
    return { difference: this.#difference(node), first: this.#first(node) };
  }

  readonly #missing = new Map<Node, Node>();

  /** Notes what a log evidence lacks. */
  lacks(logEvidence: Node, missing: Node): void {
    this.#missing.set(logEvidence, missing);
  }

  /** What is missing of a log evidence, as one gets it from `lacks`, resolved; null if nothing is. */
  missingOf(logEvidence: Node): Node | null {
    const missing = this.#missing.get(logEvidence);
    if (missing === undefined || missing.kind === "constant") return null;
    return this.resolve([missing])[0] ?? null;
  }

  /** Nodes that are replaced in the values at the first particles: the sources, by zero. */
  replace(nodes: ReadonlyMap<Node, Node>): void {
    for (const [node, by] of nodes) this.#replaced.set(node, by);
  }

  /** The roots with the values at the first particles in place of what stood for them. */
  resolve(roots: readonly Node[]): readonly Node[] {
    if (this.#firstValues.length === 0) return roots;
    return substitute(this.graph, roots, this.#values());
  }

  #resolved: { readonly count: number; readonly values: ReadonlyMap<Node, Node> } | null = null;

  #values(): ReadonlyMap<Node, Node> {
    if (this.#resolved?.count === this.#firstValues.length) return this.#resolved.values;
    const g = this.graph;
    const values = new Map<Node, Node>(this.#replaced);
    // One that stands within another's value came before it.
    for (const { standIn, of, guarded } of this.#firstValues) {
      const [node = of] = substitute(g, [of], values);
      const first = g.gatherAll(
        node,
        particleAxes(node).map((over) => ({ over, at: g.constant(0), slide: null })),
      );
      const isValue = g.map("gt", first, g.constant(NO_REFERENCE));
      values.set(standIn, guarded ? g.map("select", isValue, first, g.constant(0)) : first);
    }
    this.#resolved = { count: this.#firstValues.length, values };
    return values;
  }

  /** What stands for a node's value at the first particles; `guarded`: for 0 where that is the logarithm of zero. */
  #standIn(node: Node, guarded = false): Node {
    if (node.kind === "constant" || node.kind === "size") return node;
    const known = this.#standIns.get(node);
    if (known !== undefined) return known;
    const axes = node.axes.filter((axis) => axis.role !== "particle");
    const standIn = this.graph.input(`first particles of %${node.id}`, axes) as NodeOf<"input">;
    this.#standIns.set(node, standIn);
    this.#firstValues.push({ standIn, of: node, guarded });
    return standIn;
  }

  /** Whether each term of a sum is taken as a difference: there are too many for more. */
  #isLong = ({ arg }: NodeOf<"reduce">): boolean =>
    !isPlainSum(arg) && volume(arg.axes.filter(isNoParticle), this.sizes) > this.mostOnHost;

  #first(node: Node): Node {
    const g = this.graph;
    if (node.axes.every(isNoParticle)) return this.#standIn(node);
    if (isPlainSum(node)) {
      const { over, arg } = node;
      if (!this.#isLong(node)) return g.reduce("sum", over, this.#first(arg));
      const { varying, fixed } = apart(g, arg);
      return g.add(
        g.reduce("sum", over, this.#standIn(varying, true)),
        this.#standIn(g.reduce("sum", over, fixed)),
      );
    }
    if (node.kind === "map" && isTakenApart(node))
      return g.map(node.op, ...node.args.map((arg) => this.#first(arg)));
    return this.#standIn(node);
  }

  /** The identities hold whatever the first values are: f(x) - f(x0) by x, x0 and x - x0, without cancellation. */
  #difference(node: Node): Node {
    const g = this.graph;
    if (node.axes.every(isNoParticle)) return g.sub(node, this.#standIn(node));
    if (isPlainSum(node)) {
      const { over, arg } = node;
      if (!this.#isLong(node)) return g.reduce("sum", over, this.#difference(arg));
      const { varying, fixed } = apart(g, arg);
      return g.add(
        g.reduce("sum", over, g.sub(varying, this.#standIn(varying, true))),
        this.#difference(g.reduce("sum", over, fixed)),
      );
    }
    if (node.kind !== "map" || !isTakenApart(node)) return g.sub(node, this.#standIn(node));
    const [a, b] = node.args as [Node, Node];
    const [da, first] = [this.#difference(a), this.#first(a)];
    switch (node.op) {
      case "neg":
        return g.neg(da);
      case "add":
        return g.add(da, this.#difference(b));
      case "sub":
        return g.sub(da, this.#difference(b));
      case "mul": {
        const [db, firstB] = [this.#difference(b), this.#first(b)];
        // Of a long sum only its difference is computed.
        const whole = this.#holdsLong(b) ? g.add(db, firstB) : b;
        return g.add(g.mul(first, db), g.mul(da, whole));
      }
      case "square":
        return g.mul(da, g.add(da, g.mul(g.constant(2), first)));
      case "div":
        return g.div(g.sub(da, g.mul(this.#first(node), this.#difference(b))), b);
      case "log": {
        const ratio = g.div(da, g.map("max", first, g.constant(LEAST_DIVISOR)));
        const isSmall = g.map("and", g.map("gt", first, g.constant(LEAST_DIVISOR)), this.#isSmall(ratio));
        return g.map("select", isSmall, g.map("log1p", this.#small(ratio)), g.sub(node, g.log(first)));
      }
      default: {
        const grown = g.mul(g.exp(first), g.map("expm1", this.#small(da)));
        return g.map("select", this.#isSmall(da), grown, g.sub(node, g.exp(first)));
      }
    }
  }

  #isSmall = (node: Node): Node =>
    this.graph.map("lt", this.graph.map("abs", node), this.graph.constant(SMALL));
  /** Both sides of a choice are computed: what is not small is held where it can do no harm. */
  #small(node: Node): Node {
    const g = this.graph;
    return g.map("max", g.constant(-SMALL), g.map("min", g.constant(SMALL), node));
  }

  #holdsLong(node: Node): boolean {
    if (isPlainSum(node)) return this.#isLong(node) || this.#holdsLong(node.arg);
    return node.kind === "map" && isTakenApart(node) && node.args.some((arg) => this.#holdsLong(arg));
  }
}

const isNoPlate = (axis: Axis): boolean => axis.role !== "plate";
const isNoParticle = (axis: Axis): boolean => axis.role !== "particle";
const particleAxes = (node: Node): readonly Axis[] => node.axes.filter((axis) => axis.role === "particle");
const isPlainSum = (node: Node): node is NodeOf<"reduce"> =>
  node.kind === "reduce" && node.ring === "sum" && node.within === null && node.over.role !== "particle";

/** Operations whose differences are products and sums of their arguments'. */
const isTakenApart = ({ op }: NodeOf<"map">): boolean =>
  ["neg", "add", "sub", "mul", "square", "div", "log", "exp"].includes(op);

/** The terms of a sum, those that are subtracted negated. */
function addends(g: Graph, node: Node): readonly Node[] {
  if (node.kind !== "map") return [node];
  const [a, b] = node.args;
  if (a === undefined) return [node];
  if (node.op === "neg") return addends(g, a).map(g.neg);
  if (b === undefined || (node.op !== "add" && node.op !== "sub")) return [node];
  const others = addends(g, b);
  return [...addends(g, a), ...(node.op === "add" ? others : others.map(g.neg))];
}

/** The terms of a sum that vary along particle axes, and those that do not. */
function apart(g: Graph, node: Node): { readonly varying: Node; readonly fixed: Node } {
  const terms = addends(g, node);
  const fixed = terms.filter((term) => term.axes.every(isNoParticle));
  if (fixed.length === 0) return { varying: node, fixed: g.constant(0) };
  return { varying: g.total(terms.filter((term) => !fixed.includes(term))), fixed: g.total(fixed) };
}

/**
 * A log-sum-exp with every term outside of it that does not vary along the axis; those that vary along no plate are the
 * outermost, so that a sum over a plate counts them rather than adding the same rounding error again and again.
 */
export function looseLogSumExp(g: Graph, over: Axis, total: Node): Node {
  const terms = addends(g, total);
  const inside = terms.filter((term) => hasAxis(term, over));
  const outside = terms.filter((term) => !inside.includes(term));
  const isShared = (term: Node): boolean => term.axes.every(isNoPlate);
  return g.add(
    g.total(outside.filter(isShared)),
    g.add(g.total(outside.filter((term) => !isShared(term))), g.reduce("log_sum_exp", over, g.total(inside))),
  );
}
