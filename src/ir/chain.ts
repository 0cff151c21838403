// The product of a chain in log space, one matrix per step of an ordered plate: by combining neighbours, so that T steps
// take log2(T) rounds of products side by side (MATH: section 5), or by a scan where that is less time.
import { greatestLength, hasAxis, volume, type Axis, type Sizes } from "./axis.js";
import type { Step } from "./contraction.js";
import type { AdapterClass } from "./cost.js";
import { reachable, type Graph, type Node } from "./node.js";
import { substitute } from "./rewrite.js";
import { LOG_ZERO } from "./program.js";
import { scan, shifted } from "./scan.js";

/** One variable of a chain's state: its axis at a step, and the axis that it has there as the state of the step before. */
export type ChainedAxis = { readonly axis: Axis; readonly previous: Axis };

export type Chain = {
  readonly name: string;
  /**
   * log M[previous..., axis...] of every step. What differs at the first step does so through `isFirstStep`; there the
   * matrix should not vary along the previous axes, of which the mean is taken.
   */
  readonly matrix: Node;
  readonly along: Axis;
  readonly state: readonly ChainedAxis[];
  /** All the plates of the matrix. */
  readonly plates: readonly Axis[];
};

export type ChainMethod = "rounds" | "scan";

/**
 * What a step of a contraction does to a chain, for who goes through the steps backwards: its `ends`, the states before
 * the first step and at the last, are summed out; or the `middles` between the two halves of every product; or it only
 * makes the matrices of the `steps`, along which each state and the one before it have axes of their own. Of a scan, the
 * `first` step's state is summed out, whose terms hold what all later steps sum to; and the `later` ones, each given the
 * state before it: the terms of a step over both.
 */
export type ChainPart = {
  readonly state: readonly ChainedAxis[];
  readonly along: Axis;
  /** The plates that are left: for every element of them there is a sum of its own. */
  readonly plates: readonly Axis[];
} & (
  | { readonly kind: "ends" | "steps" | "first" | "later" }
  /** `halves` counts the products before, `pairs` those after, every one of two halves. */
  | {
      readonly kind: "middles";
      readonly middles: readonly Axis[];
      readonly halves: Axis;
      readonly pairs: Axis;
    }
);

/** A step of a contraction; who knows the terms that went into the matrix adds them. */
type ChainStep = Omit<Step, "of">;
type ChainProduct = { readonly node: Node; readonly steps: readonly ChainStep[] };

/** 1 at the first step of an ordered plate, else 0. */
export const isFirstStep = (g: Graph, along: Axis): Node => g.map("eq", g.index(along), g.constant(0));

/**
 * log of the sum over all states of all steps of the product of the steps' matrices: what is left when the chain's axes
 * and its plate are gone. Two ways: `rounds`, in each of which the product of each pair of neighbours takes their place,
 * log2(T) of them, with work for T products of matrices; and `scan`, which passes a vector from step to step, with work
 * for T products of a matrix and a vector, of which only what does not belong to the chain goes on side by side.
 */
export function chainProduct(g: Graph, chain: Chain, sizes: Sizes, method: ChainMethod): ChainProduct {
  return method === "scan" ? scanChain(g, chain) : multiplyInRounds(g, chain, sizes);
}

/** The way that takes less time on an adapter, from the number of terms that each looks at one after the other. */
export function chainMethod(
  { matrix, along, state }: Chain,
  sizes: Sizes,
  adapter: AdapterClass,
): ChainMethod {
  // A scan sums over one axis at each step.
  if (state.length > 1) return "rounds";
  const term = 2 * adapter.load + adapter.loop + 20;
  const ofState = state.flatMap(({ axis, previous }) => [axis.name, previous.name]);
  const others = matrix.axes.filter((axis) => axis.name !== along.name && !ofState.includes(axis.name));
  const [steps, beside] = [greatestLength(along, sizes), volume(others, sizes)];
  const states = volume(state.map(({ axis }) => axis), sizes); // prettier-ignore
  const launches = 3 * Math.ceil(Math.log2(steps));
  const inRounds =
    (3 * volume([...others, along], sizes) * states ** 3 * term) / adapter.lanes + launches * adapter.launch;
  const inOrder = 2 * steps * states ** 2 * Math.ceil(beside / adapter.lanes) * term;
  return inOrder < inRounds ? "scan" : "rounds";
}

/** The matrices apart: of the first step, which alone depends on what stands before it, a vector over its state. */
function firstAndLater(g: Graph, { matrix, along, state }: Chain): { first: Node; later: Node } {
  const isFirst = isFirstStep(g, along);
  // A table that is filled step by step is the same for all.
  const tables = reachable([matrix]).flatMap((n) => (n.kind === "scan" ? [[n, n] as const] : []));
  const atFirst = (value: 0 | 1): Node =>
    substitute(g, [matrix], new Map<Node, Node>([...tables, [isFirst, g.constant(value)]]))[0] ?? matrix;
  return { first: meanOverPast(g, g.element(atFirst(1), along, 0), state), later: atFirst(0) };
}

/**
 * From the last step to the second, so that what the first step alone depends on does not go along: log of the sum over
 * all states from a step on, given the state before it.
 */
function scanChain(g: Graph, chain: Chain): ChainProduct {
  const { name, along, state, plates } = chain;
  const { first, later } = firstAndLater(g, chain);
  const [axes, copies] = [state.map((s) => s.axis), state.map((s) => s.previous)];
  const last = g.sub(g.size(along), g.constant(1));
  const isLast = g.map("eq", g.index(along), last);
  const table = g.ordered([along, ...copies, ...later.axes.filter((axis) => !axes.includes(axis))]);
  const label = `chain.${name}`;
  const carried = { along, towards: "start", state: copies, copies: axes } as const;
  const termsWith = (after: Node): Node => g.add(later, g.map("select", isLast, g.constant(0), after));
  const fromHere = scan(g, label, table, carried, (after) =>
    axes.reduce<Node>((terms, axis) => g.rawReduce("log_sum_exp", axis, null, terms), termsWith(after)),
  );
  const next = shifted(g, fromHere, along, 1, copies, axes);
  const second = g.gather(fromHere, along, g.map("min", g.constant(1), last));
  const fromSecond = rename(g, second, state, ({ axis, previous }) => [previous, axis]);
  const isAlone = g.map("eq", last, g.constant(0));
  const whole = g.add(first, g.map("select", isAlone, g.constant(0), fromSecond));
  const node = unlessEmpty(g, along, g.reduceAll("log_sum_exp", axes, whole));
  const step = (
    kind: Step["kind"],
    removes: readonly Axis[],
    looksAt: readonly Axis[],
    joined: Node,
    result: Node,
    called: string,
    part: "first" | "later",
  ): ChainStep => ({
    kind,
    removes,
    terms: [name],
    joined,
    chain: { kind: part, state, along, plates: plates.filter((p) => p.name !== along.name) },
    table: g.ordered([...looksAt, ...plates]),
    result: { name: called, node: result, axes: result.axes },
  });
  return {
    node,
    steps: [
      step("pass on", axes, [...table, ...axes], termsWith(next), fromHere, label, "later"),
      step("sum out", [along, ...axes], whole.axes, whole, node, `without.${name}`, "first"),
    ],
  };
}

/** An odd one out is multiplied by the identity, which also stands for the first step: its vector comes last. */
function multiplyInRounds(g: Graph, chain: Chain, sizes: Sizes): ChainProduct {
  const { name, along, state } = chain;
  const plates = chain.plates.filter((p) => p.name !== along.name);
  const { first, later } = firstAndLater(g, chain);
  const isFirst = isFirstStep(g, along);
  let product = g.stored(`chain.${name}`, g.map("select", isFirst, identity(g, state), later));
  const steps: ChainStep[] = [];
  const addStep = (
    kind: Step["kind"],
    removes: readonly Axis[],
    joined: Node,
    node: Node,
    chainPart: ChainPart,
  ): void => {
    const label = `chain.${name}${steps.length === 0 ? "" : `.${2 ** steps.length}`}`;
    const result = { name: label, node, axes: node.axes };
    const table = g.ordered([...joined.axes, ...plates]);
    steps.push({ kind, removes, terms: [name], joined, chain: chainPart, table, result });
  };
  const part = { state, along, plates };
  addStep("step matrices", [], product, product, { kind: "steps", ...part });
  const middles = state.map(({ axis }) => copyOf(g, axis, "mid"));
  const last = Math.ceil(Math.log2(greatestLength(along, sizes)));
  g.longest.set(along.name, 2 ** last);
  let here = along;
  for (let round = 1; round <= last; round++) {
    const blocks = { of: along.name, length: 2 ** round };
    const pairs = g.axis(`${along.name}_by_${2 ** round}`, along.role, blocks, along.parent);
    const terms = pairTerms(g, product, { here, pairs }, state, middles);
    product = g.reduceAll("log_sum_exp", middles, terms);
    const halves = here;
    here = pairs;
    const each = { ...part, plates: g.ordered([...plates, pairs]) };
    addStep("multiply neighbours", middles, terms, product, {
      kind: "middles",
      ...each,
      middles,
      halves,
      pairs,
    });
  }
  // The last round has left one product.
  const single = g.reduce("sum", here, product);
  const start = rename(g, first, state, ({ axis, previous }) => [axis, previous]);
  const whole = g.add(start, single);
  const ends = state.flatMap(({ axis, previous }) => [axis, previous]);
  const node = unlessEmpty(g, along, g.reduceAll("log_sum_exp", ends, whole));
  addStep("sum out", [along, ...ends], whole, node, { kind: "ends", ...part });
  return { node, steps };
}

/** The product of a series that has steps; of one that has none, which only a ragged axis may have, 1. */
const unlessEmpty = (g: Graph, along: Axis, product: Node): Node =>
  along.parent === null
    ? product
    : g.map("select", g.map("eq", g.size(along), g.constant(0)), g.constant(0), product);

/** Another axis of the same length. */
export const copyOf = (g: Graph, axis: Axis, what: string): Axis =>
  g.axis(`${axis.name}_${what}`, axis.role, { of: axis.blocks?.of ?? axis.name, length: 1 });

function meanOverPast(g: Graph, first: Node, state: readonly ChainedAxis[]): Node {
  const past = state.map(({ previous }) => previous).filter((axis) => hasAxis(first, axis));
  const copies = g.total(past.map((axis) => g.log(g.size(axis))));
  return g.sub(g.reduceAll("log_sum_exp", past, first), copies);
}

/** The axes of a state under other names. */
const rename = (
  g: Graph,
  node: Node,
  state: readonly ChainedAxis[],
  names: (s: ChainedAxis, i: number) => readonly [from: Axis, to: Axis],
): Node =>
  g.gatherAll(
    node,
    state.map((s, i) => {
      const [over, to] = names(s, i);
      return { over, at: g.index(to), slide: { to, multiply: 1, add: 0 } };
    }),
  );

/** log of the identity matrix between two states. */
function identity(g: Graph, state: readonly ChainedAxis[]): Node {
  const same = state.map(({ axis, previous }) => g.map("eq", g.index(previous), g.index(axis)));
  const all = same.reduce((a, b) => g.map("and", a, b));
  return g.map("select", all, g.constant(0), g.constant(LOG_ZERO));
}

/** log of left[previous, middle] right[middle, state] for every pair of neighbours along `here`. */
function pairTerms(
  g: Graph,
  product: Node,
  { here, pairs }: { readonly here: Axis; readonly pairs: Axis },
  state: readonly ChainedAxis[],
  middles: readonly Axis[],
): Node {
  const middle = (i: number): Axis => middles[i] ?? here;
  const at = (add: 0 | 1): Node => g.add(g.mul(g.constant(2), g.index(pairs)), g.constant(add));
  const side = (add: 0 | 1): Node =>
    g.gatherAll(product, [{ over: here, at: at(add), slide: { to: pairs, multiply: 2, add } }]);
  const left = rename(g, side(0), state, ({ axis }, i) => [axis, middle(i)]);
  const right = rename(g, side(1), state, ({ previous }, i) => [previous, middle(i)]);
  const isPair = g.map("lt", at(1), g.size(here));
  const none = identity(
    g,
    state.map(({ axis }, i) => ({ axis, previous: middle(i) })),
  );
  return g.add(left, g.map("select", isPair, right, none));
}
