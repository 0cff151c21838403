// The order in which particle axes are summed out, plates from the inside out: exact search, costs by axis sizes.
// Plated elimination after Obermeyer et al. 2019 (tensor variable elimination); MATH: log P_MP is a plated
// sum-product in log space.
import { chainMethod, chainProduct, type ChainMethod, type ChainPart } from "./chain.js";
import { volume, type Axis, type Sizes } from "./axis.js";
import { ADAPTER_CLASSES, type AdapterClass } from "./cost.js";
import type { Graph, Node } from "./node.js";
import { looseLogSumExp, type References } from "./references.js";
import { sumApart, type Apart } from "./plate-sums.js";
import type { SumChoices } from "./sum-parts.js";

/** A term of the log estimator: it counts once per element of `plates`. */
export type Term = { readonly name: string; readonly node: Node; readonly plates: readonly Axis[] };

/**
 * A particle axis to be summed out, and the plates for each of whose elements it has its own particles. `past`: terms
 * may also vary along `past.axis`, which is the same particles one step before along an ordered plate of these.
 */
export type Variable = {
  readonly name: string;
  readonly axis: Axis;
  readonly plates: readonly Axis[];
  readonly past: { readonly axis: Axis; readonly along: Axis } | null;
};

/** One step of a contraction, for `explain`: what is joined, over which table, and what remains. */
export type Step = {
  readonly kind: "sum out" | "plate product" | "step matrices" | "multiply neighbours" | "pass on";
  /** The axes that this step removes. */
  readonly removes: readonly Axis[];
  readonly terms: readonly string[];
  /** The terms of the estimator that are in it: these, or what earlier steps have made of them. */
  readonly of: readonly Term[];
  /** The terms' total, before the axes are removed. */
  readonly joined: Node;
  /** What it does to a chain; null where it is of none. */
  readonly chain: ChainPart | null;
  /** How a plate product's sum was taken apart into data and latents, where it was. */
  readonly apart?: Apart | null;
  /** Axes of the largest table that the step looks at (never stored where it is only reduced). */
  readonly table: readonly Axis[];
  readonly result: { readonly name: string; readonly node: Node; readonly axes: readonly Axis[] };
};

/**
 * `root` is the log of the sum over all combinations, less `missing`: what was taken out of sums over large plates, which
 * no particle varies; the constant 0 if nothing was.
 */
export type Contraction = { readonly root: Node; readonly missing: Node; readonly steps: readonly Step[] };

/**
 * Why a model cannot be contracted: a term joins latents of plates that cross; or, `along` an ordered plate, the steps of
 * a series depend on other latents of that plate, which are left when the series is to be multiplied up.
 */
export type Intractable = {
  readonly term: string;
  readonly variables: readonly string[];
  readonly along: string | null;
};

/** How an order of elimination is found: `exact` by search, or as given (for tests that all orders agree). */
export type OrderChoice = "exact" | "greedy" | ((candidates: readonly string[]) => string);

/** What is left open by the terms: the order of elimination, and the adapters that ways of multiplying chains suit. */
export type ContractionChoices = {
  readonly order?: OrderChoice;
  readonly adapter?: AdapterClass;
  /** How chains are multiplied; by what takes less time if not said. */
  readonly chains?: ChainMethod;
  /** Sums over large plates are of differences to first particles; of the terms themselves if not said. */
  readonly references?: References;
  /** How sums over plates may be taken apart into sums of data and latents; not at all if not said. */
  readonly sums?: SumChoices;
};

type Working = Term & {
  readonly particles: ReadonlySet<string>;
  /** The given terms that went into it. */
  readonly of: readonly Term[];
};

const EXACT_LIMIT = 12;
const key = (plates: readonly Axis[]): string => plates.map((p) => p.name).join();
const working = (term: Term, of: readonly Term[]): Working => ({
  ...term,
  of,
  particles: new Set(term.node.axes.filter((a) => a.role === "particle").map((a) => a.name)),
});

/**
 * Contracts the terms over all variables and plates to one scalar node, the log of the sum over all combinations of
 * the product of exp(term). `sizes` decide between orders; ties are broken by the variables' order.
 */
export function contract(
  g: Graph,
  terms: readonly Term[],
  variables: readonly Variable[],
  sizes: Sizes,
  { order = "exact", adapter = ADAPTER_CLASSES.software, chains, references, sums }: ContractionChoices = {},
): Contraction | Intractable {
  const steps: Step[] = [];
  const missing: Node[] = [];
  const variableOf = new Map(variables.flatMap((v) => axesOf(v).map((axis) => [axis.name, v])));
  let left = terms.map((term) => working(term, [term]));
  for (;;) {
    const deepest = left.reduce<Working | undefined>(
      (best, term) => (best === undefined || term.plates.length > best.plates.length ? term : best),
      undefined,
    );
    if (deepest === undefined) return { root: g.constant(0), missing: g.total(missing), steps };
    const plates = deepest.plates;
    const how = { plates, sizes, adapter, order, chains, references, steps };
    const here = left.filter((t) => key(t.plates) === key(plates));
    const own = variables.filter((v) => key(v.plates) === key(plates));
    const done: Working[] = [];
    for (const component of components(here, own)) {
      const chained = component.variables.filter((v) => v.past !== null);
      const single = component.variables.filter((v) => v.past === null);
      const joined = eliminate(g, component.terms, single, how);
      if (plates.length === 0) {
        done.push(joined);
        continue;
      }
      const outer = [...joined.particles]
        .map((name) => variableOf.get(name))
        .filter((v) => v !== undefined && !chained.includes(v)) as Variable[];
      const kept = g.ordered(outer.flatMap((v) => v.plates));
      const along = chained[0]?.past?.along ?? null;
      const isStuck = along === null ? kept.length === plates.length : kept.includes(along);
      if (isStuck) {
        const tied = along === null ? outer : outer.filter((v) => v.plates.includes(along));
        const names = [...new Set(tied.map((v) => v.name))];
        return { term: chained[0]?.name ?? joined.name, variables: names, along: along?.name ?? null };
      }
      done.push(
        along === null
          ? plateProduct(g, joined, plates, kept, { references, missing, sizes, sums, steps })
          : multiplyChain(g, joined, chained, along, how),
      );
    }
    left = [...left.filter((t) => !here.includes(t)), ...done];
    if (plates.length === 0)
      return { root: g.total(left.map((t) => t.node)), missing: g.total(missing), steps };
  }
}

/** The product over the plates that no remaining variable lives in: a sum of logs. */
function plateProduct(
  g: Graph,
  term: Working,
  plates: readonly Axis[],
  kept: readonly Axis[],
  {
    references,
    missing,
    sizes,
    sums,
    steps,
  }: {
    readonly references: References | undefined;
    readonly sums: SumChoices | undefined;
    readonly missing: Node[];
    readonly sizes: Sizes;
    readonly steps: Step[];
  },
): Working {
  const over = plates.filter((p) => !kept.some((k) => k.name === p.name));
  const apart = sums === undefined ? null : sumApart(g, over, term.node, sizes, sums);
  const sum = apart?.node ?? g.reduceAll("sum", over.toReversed(), term.node);
  const parts = references?.isLarge(over) === true ? references.split(sum) : null;
  if (parts !== null) missing.push(g.reduceAll("sum", kept.toReversed(), parts.first));
  const node = parts?.difference ?? sum;
  const name = `product.${over.map((p) => p.name).join("_")}.${term.name}`;
  const table = g.ordered([...term.node.axes, ...over]);
  steps.push({
    kind: "plate product",
    removes: over,
    terms: [term.name],
    of: term.of,
    joined: term.node,
    chain: null,
    apart,
    table,
    result: { name, node, axes: node.axes },
  });
  return working({ name: term.name, node, plates: kept }, term.of);
}

/** The chained variables and their ordered plate summed out of the term that joins them. */
function multiplyChain(
  g: Graph,
  term: Working,
  chained: readonly Variable[],
  along: Axis,
  { plates, sizes, adapter, chains, steps }: EliminationContext,
): Working {
  const name = chained.map((v) => v.name).join("_");
  const state = chained.flatMap(({ axis, past }) => (past === null ? [] : [{ axis, previous: past.axis }]));
  const chain = { name, matrix: term.node, along, state, plates };
  const product = chainProduct(g, chain, sizes, chains ?? chainMethod(chain, sizes, adapter));
  steps.push(...product.steps.map((step) => ({ ...step, of: term.of })));
  const left = plates.filter((p) => p.name !== along.name);
  return working({ name, node: product.node, plates: left }, term.of);
}

/** The axes that terms may have of a variable. */
const axesOf = ({ axis, past }: Variable): readonly Axis[] => (past === null ? [axis] : [axis, past.axis]);

type Component = { readonly terms: readonly Working[]; readonly variables: readonly Variable[] };

/** Terms joined by variables that are to be summed out here; terms without any stand alone. */
function components(terms: readonly Working[], variables: readonly Variable[]): Component[] {
  const result: Component[] = [];
  const left = new Set(terms);
  for (const first of terms) {
    if (!left.delete(first)) continue;
    const members = [first];
    const found = new Set<Variable>();
    for (const member of members) {
      const has = (term: Working, variable: Variable): boolean =>
        axesOf(variable).some((axis) => term.particles.has(axis.name));
      for (const variable of variables.filter((v) => has(member, v))) {
        found.add(variable);
        for (const term of left) {
          if (!has(term, variable)) continue;
          left.delete(term);
          members.push(term);
        }
      }
    }
    const inOrder = terms.filter((t) => members.includes(t));
    result.push({ terms: inOrder, variables: variables.filter((v) => found.has(v)) });
  }
  return result;
}

type EliminationContext = {
  readonly plates: readonly Axis[];
  readonly sizes: Sizes;
  readonly adapter: AdapterClass;
  readonly order: OrderChoice;
  readonly chains: ChainMethod | undefined;
  readonly references: References | undefined;
  readonly steps: Step[];
};

/** Sums the variables out of a component one by one, in the chosen order. */
function eliminate(
  g: Graph,
  terms: readonly Working[],
  variables: readonly Variable[],
  context: EliminationContext,
): Working {
  let left = [...terms];
  for (const variable of eliminationOrder(terms, variables, context)) {
    const joined = left.filter((t) => t.particles.has(variable.axis.name));
    const table = g.ordered([...joined.flatMap((t) => t.node.axes), ...context.plates]);
    const total = g.total(joined.map((t) => t.node));
    const isLarge = context.references?.isLarge(context.plates) === true;
    const node = isLarge
      ? looseLogSumExp(g, variable.axis, total)
      : g.reduce("log_sum_exp", variable.axis, total);
    const name = variable.name;
    const of = joined.flatMap((t) => t.of);
    context.steps.push({
      kind: "sum out",
      removes: [variable.axis],
      terms: joined.map((t) => t.name),
      of,
      joined: total,
      chain: null,
      table,
      result: { name: `without.${name}`, node, axes: node.axes },
    });
    left = [...left.filter((t) => !joined.includes(t)), working({ name, node, plates: context.plates }, of)];
  }
  const [first] = left;
  if (left.length === 1 && first !== undefined) return first;
  const name = left.map((t) => t.name).join("+");
  const total = g.total(left.map((t) => t.node));
  return working(
    { name, node: total, plates: context.plates },
    left.flatMap((t) => t.of),
  );
}

/** Variables in the cheapest order: dynamic programming over subsets while there are few, greedy above. */
function eliminationOrder(
  terms: readonly Working[],
  variables: readonly Variable[],
  { plates, sizes, order }: EliminationContext,
): readonly Variable[] {
  const cost = (variable: Variable, eliminated: readonly Variable[]): number =>
    volume([...tableOf(terms, variable, eliminated).values(), ...plates], sizes);
  const choose = (
    pick: (left: readonly Variable[], eliminated: readonly Variable[]) => Variable,
  ): Variable[] => {
    const eliminated: Variable[] = [];
    let left = [...variables];
    while (left.length > 0) {
      const next = pick(left, eliminated);
      eliminated.push(next);
      left = left.filter((v) => v !== next);
    }
    return eliminated;
  };
  if (typeof order === "function")
    return choose((left) => {
      const name = order(left.map((v) => v.name));
      return left.find((v) => v.name === name) ?? (left[0] as Variable);
    });
  if (order === "greedy" || variables.length > EXACT_LIMIT)
    return choose((left, eliminated) =>
      left.reduce((best, v) => (cost(v, eliminated) < cost(best, eliminated) ? v : best)),
    );
  return exactOrder(variables, cost);
}

/** The particle axes of the table in which a variable is summed out, once `eliminated` are gone. */
function tableOf(
  terms: readonly Working[],
  variable: Variable,
  eliminated: readonly Variable[],
): ReadonlyMap<string, Axis> {
  const gone = new Set(eliminated.map((v) => v.axis.name));
  const found = new Map<string, Axis>([[variable.axis.name, variable.axis]]);
  for (const name of found.keys()) {
    if (name !== variable.axis.name && !gone.has(name)) continue;
    for (const term of terms) {
      if (!term.particles.has(name)) continue;
      for (const axis of term.node.axes) if (axis.role === "particle") found.set(axis.name, axis);
    }
  }
  for (const name of gone) found.delete(name);
  return found;
}

type Best = { readonly flops: number; readonly largest: number; readonly order: readonly Variable[] };

/** The order of least total table volume, then of least largest table, then first in the variables' order. */
function exactOrder(
  variables: readonly Variable[],
  cost: (variable: Variable, eliminated: readonly Variable[]) => number,
): readonly Variable[] {
  let level = new Map<number, Best>([[0, { flops: 0, largest: 0, order: [] }]]);
  for (let step = 0; step < variables.length; step++) {
    const next = new Map<number, Best>();
    for (const [mask, best] of level) {
      variables.forEach((variable, i) => {
        if ((mask & (1 << i)) !== 0) return;
        const table = cost(variable, best.order);
        const candidate = {
          flops: best.flops + table,
          largest: Math.max(best.largest, table),
          order: [...best.order, variable],
        };
        const known = next.get(mask | (1 << i));
        const better =
          known === undefined ||
          candidate.flops < known.flops ||
          (candidate.flops === known.flops && candidate.largest < known.largest);
        if (better) next.set(mask | (1 << i), candidate);
      });
    }
    level = next;
  }
  return [...level.values()][0]?.order ?? [];
}

/** Whether `contract` succeeded. */
export const isContraction = (result: Contraction | Intractable): result is Contraction => "root" in result;
