// Sums over plates in which data and latents come apart: sufficient statistics, of data alone, take the place of rows.
// Normal likelihoods: with D = Q R, |D l|^2 = |R l|^2, by modified Gram-Schmidt (Golub and Van Loan, section 5.2.8).
import { hasAxis, type Axis, type Sizes } from "./axis.js";
import type { Graph, Node } from "./node.js";
import { grouped, SumParts, type LinearTerm, type Part, type SumChoices } from "./sum-parts.js";

/** Sums of more different parts than this are left as they are. */
const MOST_PARTS = 16;
/** A column that the ones before it leave so little of, relative to its length, is taken for a combination of them. */
const DEPENDENT = 1e-12;

/** A sum that was taken apart: `squares` terms of squares and `sums` of data stand for `rows` elements, on average. */
export type Apart = {
  readonly node: Node;
  readonly rows: number;
  readonly squares: number;
  readonly sums: number;
};

/**
 * The sum of a node over plates as arithmetic of sums of data and of latents that do not vary along the plates, or null
 * where some of it is not such a sum or it would not pay.
 */
export function sumApart(
  g: Graph,
  over: readonly Axis[],
  node: Node,
  sizes: Sizes,
  choices: SumChoices,
): Apart | null {
  if (choices.data.has(node) || !over.some((axis) => hasAxis(node, axis))) return null;
  return new PlateSum(g, over, new SumParts(g, over, sizes, choices)).total(node);
}

class PlateSum {
  constructor(
    readonly g: Graph,
    readonly over: readonly Axis[],
    readonly source: SumParts,
  ) {}

  total(node: Node): Apart | null {
    const { g } = this;
    const found = this.source.parts(node);
    if (found === null) return null;
    const parts = this.#together(found);
    const { rows } = this.source;
    const pays = parts.every(
      ({ weight, square }) =>
        square === null || (rows > square.length + 1 && this.source.isNeverNegative(weight)),
    );
    if (parts.length > MOST_PARTS || rows <= parts.length || !pays) return null;
    const sums = parts.map(({ scale, weight, square, events }) => {
      const sum = square === null ? this.#sum(weight) : this.#squares(weight, square);
      return g.reduceAll("sum", events, g.mul(scale, sum));
    });
    const squares = parts.reduce((n, { square }) => n + (square?.length ?? 0), 0);
    return { node: g.total(sums), rows, squares, sums: parts.filter(({ square }) => square === null).length };
  }

  #sum = (node: Node): Node => this.g.reduceAll("sum", this.over.toReversed(), node);

  /** Parts of one scale that are no squares are one part. */
  #together(parts: readonly Part[]): readonly Part[] {
    const { g } = this;
    const plain = parts
      .filter(({ square }) => square === null)
      .map((part) =>
        part.scale.kind === "constant"
          ? { ...part, scale: g.constant(1), weight: g.mul(part.scale, part.weight) }
          : part,
      );
    const merged = [
      ...grouped(plain, ({ scale, events }) => `${scale.id}:${events.map((e) => e.name).join()}`).values(),
    ];
    const sums = merged.flatMap((same): Part[] => {
      const [first] = same;
      return first === undefined ? [] : [{ ...first, weight: g.total(same.map(({ weight }) => weight)) }];
    });
    return [...sums, ...parts.filter(({ square }) => square !== null)];
  }

  /**
   * The weighted sum of squares of linear terms. With the terms' data as the columns of D, weights in W, and W^(1/2) D = Q R:
   * the sum of the squares of the elements of R l. R is upper triangular, so that of the last term, which is that of data
   * alone where there is one, only a sum of data is left that no rounding of latents touches.
   */
  #squares(weight: Node, terms: readonly LinearTerm[]): Node {
    const { g } = this;
    const product = (a: Node, b: Node): Node =>
      this.#sum(g.mul(weight, a === b ? g.map("square", a) : g.mul(a, b)));
    const left = terms.map(({ data }) => data);
    const removed = terms.map(() => g.constant(0));
    const rows = terms.map(({ latent }, j) => {
      const column = left[j] ?? g.constant(0);
      const squared = product(column, column);
      if (j === terms.length - 1) return g.mul(squared, g.map("square", latent));
      const length = g.map("sqrt", squared);
      const least = g.mul(g.constant(DEPENDENT), g.add(length, removed[j] ?? g.constant(0)));
      const isOwn = g.map("gt", length, least);
      const inverse = g.map(
        "select",
        isOwn,
        g.div(g.constant(1), g.map("select", isOwn, length, g.constant(1))),
        g.constant(0),
      );
      const unit = g.mul(column, inverse);
      const elements = terms.slice(j + 1).map((term, i) => {
        const k = j + 1 + i;
        const other = left[k] ?? g.constant(0);
        const element = product(unit, other);
        left[k] = g.sub(other, g.mul(element, unit));
        removed[k] = g.add(removed[k] ?? g.constant(0), g.map("abs", element));
        return g.mul(element, term.latent);
      });
      return g.map("square", g.total([g.mul(length, latent), ...elements]));
    });
    return g.total(rows);
  }
}
