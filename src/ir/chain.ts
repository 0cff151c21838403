// The product of a chain: one matrix per step of an ordered plate, multiplied in log space by combining neighbours, so
// that T steps take log2(T) rounds of products side by side (MATH: section 5).
import { hasAxis, sizeOf, type Axis, type Sizes } from "./axis.js";
import type { Step } from "./contraction.js";
import { substitute, type Graph, type Node } from "./node.js";
import { LOG_ZERO } from "./program.js";

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

/** 1 at the first step of an ordered plate, else 0. */
export const isFirstStep = (g: Graph, along: Axis): Node => g.map("eq", g.index(along), g.constant(0));

/**
 * log of the sum over all states of all steps of the product of the steps' matrices: what is left when the chain's axes
 * and its plate are gone. In every round the product of each pair of neighbours takes their place; an odd one out is
 * multiplied by the identity. The first step, which alone depends on what stands before it, is a vector and comes last;
 * among the matrices the identity stands for it. There are rounds enough for the steps of `sizes`, up to the next power
 * of two.
 */
export function chainProduct(g: Graph, chain: Chain, sizes: Sizes): { node: Node; steps: readonly Step[] } {
  const { name, along, state, matrix } = chain;
  const plates = chain.plates.filter((p) => p.name !== along.name);
  const isFirst = isFirstStep(g, along);
  const atFirst = (value: 0 | 1): Node =>
    substitute(g, [matrix], new Map([[isFirst, g.constant(value)]]))[0] ?? matrix;
  const first = meanOverPast(g, g.element(atFirst(1), along, 0), state);
  const later = g.map("select", isFirst, identity(g, state), atFirst(0));
  let product = g.stored(`chain.${name}`, later);
  const steps: Step[] = [];
  const addStep = (
    kind: Step["kind"],
    removes: readonly Axis[],
    table: readonly Axis[],
    node: Node,
  ): void => {
    const label = `chain.${name}${steps.length === 0 ? "" : `.${2 ** steps.length}`}`;
    const result = { name: label, node, axes: node.axes };
    steps.push({ kind, removes, terms: [name], table: g.ordered([...table, ...plates]), result });
  };
  addStep("step matrices", [], product.axes, product);
  const middles = state.map(({ axis }) => copyOf(g, axis, "mid"));
  const last = Math.ceil(Math.log2(sizeOf(along, sizes)));
  g.longest.set(along.name, 2 ** last);
  let here = along;
  for (let round = 1; round <= last; round++) {
    const pairs = g.axis(`${along.name}_by_${2 ** round}`, along.role, {
      of: along.name,
      length: 2 ** round,
    });
    const terms = pairTerms(g, product, { here, pairs }, state, middles);
    product = g.reduceAll("log_sum_exp", middles, terms);
    here = pairs;
    addStep("multiply neighbours", middles, terms.axes, product);
  }
  // The last round has left one product.
  const single = g.reduce("sum", here, product);
  const start = rename(g, first, state, ({ axis, previous }) => [axis, previous]);
  const whole = g.add(start, single);
  const ends = state.flatMap(({ axis, previous }) => [axis, previous]);
  const node = g.reduceAll("log_sum_exp", ends, whole);
  addStep("sum out", [along, ...ends], whole.axes, node);
  return { node, steps };
}

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
