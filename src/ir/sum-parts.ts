// What is summed over plates as a sum of parts, in each of which what data alone decides and what does not vary along the
// plates stand apart.
import type { Op } from "../ops.js";
import { hasAxis, trips, type Axis, type Sizes } from "./axis.js";
import type { DataOnly } from "./data-only.js";
import { reachable, type Graph, type Node, type NodeOf } from "./node.js";
import { substitute } from "./rewrite.js";

/** What the sums of a model may be taken apart by. */
export type SumChoices = {
  readonly data: DataOnly;
  /** How many elements a vector has, by its axis, where the model says it; else null. */
  readonly fixedLength: (axis: Axis) => number | null;
  /** Whether an input of data is never negative. */
  readonly isNeverNegative: (input: string) => boolean;
};

/** data * latent: the first does not vary with latents, the second not along the summed plates. */
export type LinearTerm = { readonly data: Node; readonly latent: Node };
/** The sum over the axes `events` of scale * weight * square(the terms' sum); without terms, of scale * weight. */
export type Part = {
  /** Does not vary along the plates. */
  readonly scale: Node;
  /** Of data alone. */
  readonly weight: Node;
  readonly square: readonly LinearTerm[] | null;
  readonly events: readonly Axis[];
};

/** data * fixed, or both conditions: the first does not vary with latents, the second not along the summed plates. */
type Product = { readonly data: Node; readonly fixed: Node };

/** Squares of more terms than this are not taken as squares of fewer rows. */
const MOST_TERMS = 8;

/** Takes what is summed over some plates apart. */
export class SumParts {
  constructor(
    readonly g: Graph,
    readonly over: readonly Axis[],
    readonly sizes: Sizes,
    readonly choices: SumChoices,
  ) {}

  /** How many elements are summed, on average. */
  get rows(): number {
    return this.over.reduce((product, axis) => product * trips(axis, null, this.sizes), 1);
  }

  isNeverNegative = (node: Node): boolean => isNeverNegative(node, this.choices.isNeverNegative);
  #isFixed = (node: Node): boolean => !this.over.some((axis) => hasAxis(node, axis));
  #isData = (node: Node): boolean => this.choices.data.has(node);

  /** What a node is the sum of; null where some of it cannot be taken apart. */
  parts(node: Node): readonly Part[] | null {
    return this.#parts(node) ?? this.#byPlace(node);
  }

  #parts(node: Node): readonly Part[] | null {
    const { g } = this;
    const one = g.constant(1);
    const product = this.#product(node);
    if (product !== null) return [{ scale: product.fixed, weight: product.data, square: null, events: [] }];
    if (node.kind === "reduce" && node.ring === "sum" && node.over.role === "event" && node.within === null) {
      const inner = this.#parts(node.arg);
      return inner?.map((part) => ({ ...part, events: [...part.events, node.over] })) ?? null;
    }
    if (node.kind !== "map") return null;
    const [a = one, b = one, c = one] = node.args;
    switch (node.op) {
      case "neg":
        return this.#scaled(this.#parts(a), { fixed: g.constant(-1), data: one });
      case "add":
        return both(this.#parts(a), this.#parts(b));
      case "sub":
        return both(this.#parts(a), this.#scaled(this.#parts(b), { fixed: g.constant(-1), data: one }));
      case "mul": {
        const [first, second] = [this.#product(a), this.#product(b)];
        return first === null ? this.#scaled(this.#parts(a), second) : this.#scaled(this.#parts(b), first);
      }
      case "div":
        return this.#scaled(this.#parts(a), this.#inverse(this.#product(b)));
      case "log": {
        if (a.kind === "map" && a.op === "select") {
          const [condition = one, x = one, y = one] = a.args;
          return this.#parts(g.map("select", condition, g.log(x), g.log(y)));
        }
        // Of a product that is positive, whatever the signs of its factors.
        const of = this.#product(a);
        return of === null
          ? null
          : this.#parts(g.add(g.log(this.#size(of.data)), g.log(this.#size(of.fixed))));
      }
      case "select": {
        const condition = this.#condition(a);
        if (condition === null) return null;
        const { data, fixed } = condition;
        const [holds, fails] = [this.#parts(b), this.#parts(c)];
        const inside = both(
          this.#where(fixed, "scale", holds),
          this.#where(g.map("not", fixed), "scale", fails),
        );
        const outside = this.#where(g.map("not", data), "weight", fails);
        return both(this.#where(data, "weight", inside), outside)?.filter(isSomething) ?? null;
      }
      case "square": {
        const terms = this.#terms(a);
        return terms === null ? null : [{ scale: one, weight: one, square: terms, events: [] }];
      }
      default:
        return null;
    }
  }

  /** The size of a number, which is the number itself where it is known not to be negative. */
  #size = (node: Node): Node => (this.isNeverNegative(node) ? node : this.g.map("abs", node));

  /** A node as the product of what data alone decides and of what does not vary along the plates; null if it is none. */
  #product(node: Node): Product | null {
    const { g } = this;
    const one = g.constant(1);
    // Constants, and so signs, are kept apart from weights.
    const isScaled =
      node.kind === "map" && (node.op === "neg" || (node.op === "mul" && node.args[0]?.kind === "constant"));
    if (this.#isData(node) && node.kind !== "constant" && !isScaled) return { data: node, fixed: one };
    if (this.#isFixed(node)) return { data: one, fixed: node };
    if (node.kind !== "map") return null;
    const [a = one, b = one] = node.args;
    const together = (p: Product | null, q: Product | null): Product | null =>
      p === null || q === null ? null : { data: g.mul(p.data, q.data), fixed: g.mul(p.fixed, q.fixed) };
    switch (node.op) {
      case "neg":
        return together(this.#product(a), { data: one, fixed: g.constant(-1) });
      case "mul":
        return together(this.#product(a), this.#product(b));
      case "div":
        return together(this.#product(a), this.#inverse(this.#product(b)));
      case "square": {
        const of = this.#product(a);
        return of === null ? null : { data: g.map("square", of.data), fixed: g.map("square", of.fixed) };
      }
      case "exp": {
        const terms = this.#linear(a) ?? [];
        const [data, fixed] = [
          terms.filter(({ latent }) => latent === one),
          terms.filter((t) => t.data === one),
        ];
        return terms.length === 0 || data.length + fixed.length !== terms.length
          ? null
          : {
              data: g.exp(g.total(data.map((t) => t.data))),
              fixed: g.exp(g.total(fixed.map((t) => t.latent))),
            };
      }
      default:
        return null;
    }
  }

  #inverse(of: Product | null): Product | null {
    const { g } = this;
    const one = g.constant(1);
    return of === null ? null : { data: g.div(one, of.data), fixed: g.div(one, of.fixed) };
  }

  /** Parts times a product; null where that varies along an axis that some part is summed over. */
  #scaled(parts: readonly Part[] | null, by: Product | null): readonly Part[] | null {
    const { g } = this;
    if (parts === null || by === null) return null;
    const isInside = (axis: Axis): boolean => hasAxis(by.data, axis) || hasAxis(by.fixed, axis);
    if (parts.some(({ events }) => events.some(isInside))) return null;
    return parts.map((part) => ({
      ...part,
      weight: g.mul(part.weight, by.data),
      scale: g.mul(part.scale, by.fixed),
    }));
  }

  /** A condition as one of data alone and one that does not vary along the plates, both of which must hold; null if it is none. */
  #condition(node: Node): Product | null {
    const { g } = this;
    const one = g.constant(1);
    if (this.#isData(node)) return { data: node, fixed: one };
    if (this.#isFixed(node)) return { data: one, fixed: node };
    if (node.kind !== "map") return null;
    const [a = one, b = one] = node.args;
    const isZero = b.kind === "constant" && b.value === 0;
    const product = node.op === "gt" && isZero ? this.#product(a) : null;
    return product !== null && this.isNeverNegative(product.data)
      ? { data: g.map("gt", product.data, b), fixed: g.map("gt", product.fixed, b) }
      : null;
  }

  /** Parts where a condition holds, which is of data alone or does not vary along the plates; nothing elsewhere. */
  #where(condition: Node, what: "scale" | "weight", parts: readonly Part[] | null): readonly Part[] | null {
    const { g } = this;
    if (parts?.some(({ events }) => events.some((axis) => hasAxis(condition, axis))) === true) return null;
    return (
      parts?.map((part) => ({ ...part, [what]: g.map("select", condition, part[what], g.constant(0)) })) ??
      null
    );
  }

  /**
   * What varies along the plates by one place in a vector alone, which data gives: every element counts as often as it is
   * picked, as in the density of a categorical variable.
   */
  #byPlace(node: Node): readonly Part[] | null {
    const { g } = this;
    const below = reachable([node]).filter((each) => !this.#isFixed(each));
    const picks = below.filter(
      (each): each is NodeOf<"gather"> => each.kind === "gather" && this.#isFixed(each.arg),
    );
    const [first] = picks;
    const [place] = first?.places ?? [];
    if (place === undefined || place.over.role !== "event" || hasAxis(node, place.over)) return null;
    const { over, at } = place;
    const isSame = picks.every(({ places }) => places.length === 1 && places[0]?.at === at && places[0].over.name === over.name); // prettier-ignore
    // A sum over the same axis inside would take the element's place for its own.
    if (below.some((each) => each.kind === "reduce" && each.over.name === over.name)) return null;
    if (
      !isSame ||
      !this.#isData(at) ||
      hasAxis(at, over) ||
      (this.sizes.get(over.name) ?? Infinity) > this.rows
    )
      return null;
    const [vector = node] = substitute(g, [node], new Map(picks.map((pick) => [pick, pick.arg])));
    if (!this.#isFixed(vector)) return this.#wherePlaced(vector, over, at);
    const isPicked = g.map("eq", g.index(over), at);
    return [
      {
        scale: vector,
        weight: g.map("select", isPicked, g.constant(1), g.constant(0)),
        square: null,
        events: [over],
      },
    ];
  }

  /** The same under conditions of data alone. */
  #wherePlaced(vector: Node, over: Axis, at: Node): readonly Part[] | null {
    const isPicked = this.g.map("eq", this.g.index(over), at);
    const parts = this.#parts(vector);
    const isInside = (part: Part): boolean =>
      part.square !== null || part.events.some((axis) => axis.name === over.name);
    if (parts === null || parts.some(isInside)) return null;
    return (
      this.#where(isPicked, "weight", parts)?.map((part) => ({ ...part, events: [...part.events, over] })) ??
      null
    );
  }

  /** The terms of a linear expression; null if it is none. Those of data alone are one term, the last. */
  #terms(node: Node): readonly LinearTerm[] | null {
    const { g } = this;
    const all = this.#linear(node);
    if (all === null) return null;
    const byData = grouped(
      all.filter(({ latent }) => latent.kind !== "constant"),
      ({ data }) => data,
    );
    const merged = [...byData].map(([data, terms]) => ({
      data,
      latent: g.total(terms.map((t) => t.latent)),
    }));
    const byLatent = grouped(merged, ({ latent }) => latent);
    const terms = [...byLatent].map(([latent, same]) => ({ data: g.total(same.map((t) => t.data)), latent }));
    const offsets = all.flatMap(({ data, latent }) =>
      latent.kind === "constant" ? [g.mul(latent, data)] : [],
    );
    const offset = { data: g.total(offsets), latent: g.constant(1) };
    const result = offsets.length === 0 ? terms : [...terms, offset];
    return result.length > MOST_TERMS ? null : result;
  }

  #linear(node: Node): readonly LinearTerm[] | null {
    const { g } = this;
    const one = g.constant(1);
    if (this.#isData(node)) return [{ data: node, latent: one }];
    if (this.#isFixed(node)) return [{ data: one, latent: node }];
    if (node.kind === "reduce" && node.ring === "sum" && node.over.role === "event" && node.within === null)
      return this.#elements(node.over, node.arg);
    if (node.kind === "gather") return this.#oneHot(node);
    if (node.kind !== "map") return null;
    const [a = one, b = one] = node.args;
    switch (node.op) {
      case "neg":
        return this.#times(this.#linear(a), { fixed: g.constant(-1), data: one });
      case "add":
        return both(this.#linear(a), this.#linear(b));
      case "sub":
        return both(this.#linear(a), this.#times(this.#linear(b), { fixed: g.constant(-1), data: one }));
      case "mul": {
        const [first, second] = [this.#product(a), this.#product(b)];
        return first === null ? this.#times(this.#linear(a), second) : this.#times(this.#linear(b), first);
      }
      case "div":
        return this.#times(this.#linear(a), this.#inverse(this.#product(b)));
      default: {
        const product = this.#product(node);
        return product === null ? null : [{ data: product.data, latent: product.fixed }];
      }
    }
  }

  #times(terms: readonly LinearTerm[] | null, by: Product | null): readonly LinearTerm[] | null {
    const { g } = this;
    if (terms === null || by === null) return null;
    return terms.map(({ data, latent }) => ({ data: g.mul(data, by.data), latent: g.mul(latent, by.fixed) }));
  }

  /** An element of a vector at a place that data gives, as the sum of all of them, of which one counts. */
  #oneHot({ arg, places }: NodeOf<"gather">): readonly LinearTerm[] | null {
    const { g } = this;
    const [place] = places;
    if (place === undefined || places.length > 1 || !this.#isFixed(arg) || !this.#isData(place.at))
      return null;
    const length = place.over.role === "event" ? this.choices.fixedLength(place.over) : null;
    if (length === null || length > MOST_TERMS) return null;
    const isPicked = (i: number): Node =>
      g.map("select", g.map("eq", place.at, g.constant(i)), g.constant(1), g.constant(0));
    return Array.from({ length }, (_, i) => ({ data: isPicked(i), latent: g.element(arg, place.over, i) }));
  }

  /** The sum over a vector's elements, of which there are few and as many as the model says. */
  #elements(axis: Axis, arg: Node): readonly LinearTerm[] | null {
    const length = this.choices.fixedLength(axis);
    if (length === null || length > MOST_TERMS) return null;
    const terms = Array.from({ length }, (_, i) => this.#linear(this.g.element(arg, axis, i)));
    return terms.reduce<readonly LinearTerm[] | null>((sum, each) => both(sum, each), []);
  }
}

/** Whether a part is not zero throughout. */
const isSomething = ({ scale, weight }: Part): boolean =>
  ![scale, weight].some((node) => node.kind === "constant" && node.value === 0);

/** Both lists together; null if either is. */
const both = <T>(a: readonly T[] | null, b: readonly T[] | null): readonly T[] | null =>
  a === null || b === null ? null : [...a, ...b];

/** Items by a key, in the order of the first of each. */
export function grouped<T, K>(items: readonly T[], key: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const of = key(item);
    const group = groups.get(of);
    if (group === undefined) groups.set(of, [item]);
    else group.push(item);
  }
  return groups;
}

/** Operations whose results are never negative, and those that are not if no argument is. */
const NEVER_NEGATIVE: ReadonlySet<Op> = new Set<Op>([
  "square", "exp", "abs", "sqrt", "inv_logit", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not",
]); // prettier-ignore
const KEEPS_SIGN: ReadonlySet<Op> = new Set<Op>(["add", "mul", "div", "min", "max"]);

function isNeverNegative(node: Node, ofInput: (name: string) => boolean): boolean {
  const holds = (inner: Node): boolean => isNeverNegative(inner, ofInput);
  if (node.kind === "constant") return node.value >= 0;
  if (node.kind === "input") return ofInput(node.name);
  if (node.kind === "size" || node.kind === "index") return true;
  if (node.kind !== "map") return false;
  if (node.op === "select") return node.args.slice(1).every(holds);
  return NEVER_NEGATIVE.has(node.op) || (KEEPS_SIGN.has(node.op) && node.args.every(holds));
}
