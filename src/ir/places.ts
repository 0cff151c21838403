// Places along the axes of what is gathered, and what is known of them, so that derivatives can read them backwards.
import type { Axis } from "./axis.js";
import type { Graph, Node } from "./node.js";

/**
 * A place along one axis of what is gathered: the 0-based `at`, a whole number over the axes of the result; of a ragged
 * axis it counts among the rows of the parent's element. Where it is
 * an affine function of the index along `slide.to`, its transpose is known, so that derivatives need no sum over pairs.
 */
export type Place = {
  readonly over: Axis;
  readonly at: Node;
  readonly slide: Slide | null;
  /** The place among the elements of a matrix, which lie row by row, of its row and column; and the other way. */
  readonly matrix?:
    | { readonly kind: "spread"; readonly row: Node; readonly column: Node; readonly width: Axis }
    | {
        readonly kind: "part";
        readonly of: Axis;
        readonly side: "rows" | "columns";
        readonly rows: Axis;
        readonly columns: Axis;
      };
};
/** The place multiply * index(to) + add. */
export type Slide = { readonly to: Axis; readonly multiply: 1 | 2; readonly add: number };

/**
 * The places that are not the axis' own. Of several that follow one axis of the result, or an axis that the argument keeps,
 * only one can be read backwards by its slide.
 */
export function apart(arg: Node, given: readonly Place[]): readonly Place[] {
  const places = given.filter(({ over, at }) => at.kind !== "index" || at.axis.name !== over.name);
  const gathered = places.map(({ over }) => over.name);
  const taken = new Set(arg.axes.map(({ name }) => name).filter((name) => !gathered.includes(name)));
  return places.map((place): Place => {
    const { over, at, matrix } = place;
    if (matrix !== undefined) return place;
    const renamed = at.kind === "index" ? ({ to: at.axis, multiply: 1, add: 0 } as const) : null;
    const slide = place.slide ?? renamed;
    if (slide === null || taken.has(slide.to.name)) return { over, at, slide: null };
    taken.add(slide.to.name);
    return { over, at, slide };
  });
}

/** A place whose axes are themselves at these places, where what is known of it stays known; else null. */
export function composed(g: Graph, place: Place, own: readonly Place[]): Place | null {
  const at = (axis: Axis): Place | undefined => own.find(({ over }) => over.name === axis.name);
  const { over, slide, matrix } = place;
  if (slide?.multiply === 1) {
    const outer = at(slide.to)?.slide ?? null;
    if (outer === null) return null;
    const add = slide.add + outer.add;
    const index = g.mul(g.constant(outer.multiply), g.index(outer.to));
    return { over, at: g.add(index, g.constant(add)), slide: { ...outer, add } };
  }
  if (matrix?.kind === "part") {
    const outer = at(matrix.of)?.matrix;
    if (outer?.kind !== "spread") return null;
    const place = matrix.side === "rows" ? outer.row : outer.column;
    const known = place.kind === "index" ? ({ to: place.axis, multiply: 1, add: 0 } as const) : null;
    return { over, at: place, slide: known };
  }
  if (matrix?.kind !== "spread") return null;
  const [row, column] = [g.gatherAll(matrix.row, own), g.gatherAll(matrix.column, own)];
  return g.spreadPlace(over, row, column, matrix.width);
}
