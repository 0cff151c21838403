// Matrices. Their elements lie on one event axis, row by row, so that everything elementwise and everything that holds
// values (data, particles, moments) takes a matrix for a vector. An operation that needs rows and columns spreads that
// axis into two, and lays its result on one again; where one operation follows another, the two moves cancel.
// Cholesky factors and inverses of triangular matrices are scans along the pivots, because the sizes of matrices come
// from data and kernels are made without them: at each step the whole remaining matrix is a table's row.
import { Bug } from "../../diagnostic.js";
import type { MatrixOperation, Size } from "../../typecheck/model.js";
import { isSized, kindOf, typeOf, type Shape } from "../../typecheck/types.js";
import type { Axis } from "../axis.js";
import { copyOf } from "../chain.js";
import type { Graph, Node, Place } from "../node.js";
import { eliminate } from "../scan.js";
import type { ExpressionLowering } from "./expressions.js";

/** Pivots of a Cholesky factor below this share of the diagonal count as none: the matrix is not positive definite. */
const LEAST_PIVOT = 1e-9;
/** What stands for the square of a diagonal element of a Cholesky factor where the matrix has not even a diagonal. */
const LEAST_DIAGONAL = 1e-30;

type Events = Pick<ExpressionLowering, "graph" | "event">;
/** The axes of a matrix: that of its elements, and those of its rows and columns. */
type Sides = { readonly flat: Axis; readonly rows: Axis; readonly columns: Axis };

function axisOf(lowering: Events, size: Size): Axis {
  const axis = lowering.event(typeOf("real", size));
  if (axis === null) throw new Bug("a vector without an axis");
  return axis;
}

const columnAxis = (g: Graph, vector: Axis): Axis => copyOf(g, vector, "column");

function sidesOf(lowering: Events, shape: Shape): Sides {
  if (!isSized(shape) || shape.shape?.kind !== "matrix") throw new Bug("no matrix of known size");
  const { rows, columns } = shape.shape;
  const vector = axisOf(lowering, columns);
  return {
    flat: axisOf(lowering, shape),
    rows: axisOf(lowering, rows),
    columns: columnAxis(lowering.graph, vector),
  };
}

const rename = (g: Graph, node: Node, from: Axis, to: Axis): Node =>
  g.slide(node, from, { to, multiply: 1, add: 0 });

/** [..., flat] as [..., rows, columns]. */
const spread = (g: Graph, node: Node, { flat, rows, columns }: Sides): Node =>
  g.gatherAll(node, [g.spreadPlace(flat, g.index(rows), g.index(columns), columns)]);

/** [..., rows, columns] as [..., flat]; `from`: the axes that the rows and the columns have. */
const flatten = (g: Graph, node: Node, to: Sides, from: Pick<Sides, "rows" | "columns"> = to): Node =>
  g.gatherAll(node, g.partPlaces(to.flat, to, from));

/** The value of an operation of matrices: over the event axis of its type, if it has one. */
export function lowerMatrix(
  lowering: Events,
  operation: MatrixOperation,
  args: readonly { readonly node: Node; readonly shape: Shape }[],
  result: Shape,
): Node {
  const { graph: g } = lowering;
  const [first, second, third] = args;
  if (first === undefined) throw new Bug("an operation of no matrix");
  const grid = (): Node => spread(g, first.node, sidesOf(lowering, first.shape));
  const index = (of: typeof second): Node => g.sub(of?.node ?? g.constant(1), g.constant(1));
  switch (operation) {
    case "product":
      if (second === undefined) throw new Bug("a product of one factor");
      return product(lowering, first, second, result);
    case "transpose": {
      if (kindOf(first.shape) !== "matrix") return first.node;
      const { rows, columns } = sidesOf(lowering, first.shape);
      return flatten(g, grid(), sidesOf(lowering, result), { rows: columns, columns: rows });
    }
    case "row": {
      const { rows, columns } = sidesOf(lowering, first.shape);
      const row = g.gather(grid(), rows, index(second));
      return rename(g, row, columns, vectorAxis(lowering, result));
    }
    case "entry": {
      const { rows, columns } = sidesOf(lowering, first.shape);
      const places = [
        { over: rows, at: index(second), slide: null },
        { over: columns, at: index(third), slide: null },
      ];
      return g.gatherAll(grid(), places);
    }
    case "diagonal": {
      const { rows, columns } = sidesOf(lowering, first.shape);
      return g.gather(grid(), columns, g.index(rows));
    }
    case "diag_matrix": {
      const sides = sidesOf(lowering, result);
      const isDiagonal = g.map("eq", g.index(sides.rows), g.index(sides.columns));
      return flatten(g, g.map("select", isDiagonal, first.node, g.constant(0)), sides);
    }
    case "row_places":
    case "column_places": {
      const sides = sidesOf(lowering, result);
      const side = operation === "row_places" ? sides.rows : sides.columns;
      return flatten(g, g.add(g.index(side), g.constant(1)), sides);
    }
    case "cholesky_decompose": {
      const sides = sidesOf(lowering, first.shape);
      return flatten(g, kept(g, cholesky(g, kept(g, grid()), sides)), sides);
    }
    case "inverse_lower": {
      const sides = sidesOf(lowering, first.shape);
      return flatten(g, inverseLower(g, kept(g, grid()), sides), sides);
    }
  }
}

/** The axis of a vector or row vector. */
function vectorAxis(lowering: Events, shape: Shape): Axis {
  if (!isSized(shape)) throw new Bug("a vector of unknown size");
  return axisOf(lowering, shape);
}

function product(
  lowering: Events,
  left: { readonly node: Node; readonly shape: Shape },
  right: { readonly node: Node; readonly shape: Shape },
  result: Shape,
): Node {
  const { graph: g } = lowering;
  const isMatrix = (of: typeof left): boolean => kindOf(of.shape) === "matrix";
  if (isMatrix(left) && isMatrix(right)) {
    const [a, b] = [sidesOf(lowering, left.shape), sidesOf(lowering, right.shape)];
    const inner = copyOf(g, b.rows, "inner");
    const x = rename(g, spread(g, left.node, a), a.columns, inner);
    const y = rename(g, spread(g, right.node, b), b.rows, inner);
    return flatten(g, g.reduce("sum", inner, g.mul(x, y)), sidesOf(lowering, result));
  }
  if (isMatrix(left)) {
    const { columns } = sidesOf(lowering, left.shape);
    const v = rename(g, right.node, vectorAxis(lowering, right.shape), columns);
    return g.reduce("sum", columns, g.mul(spread(g, left.node, sidesOf(lowering, left.shape)), v));
  }
  if (isMatrix(right)) {
    const sides = sidesOf(lowering, right.shape);
    const sum = g.reduce("sum", sides.rows, g.mul(left.node, spread(g, right.node, sides)));
    return rename(g, sum, sides.columns, vectorAxis(lowering, result));
  }
  if (result === null) return g.reduce("sum", vectorAxis(lowering, left.shape), g.mul(left.node, right.node));
  const sides = sidesOf(lowering, result);
  const w = rename(g, right.node, vectorAxis(lowering, right.shape), sides.columns);
  return flatten(g, g.mul(left.node, w), sides);
}

/** What every step of a scan looks at is computed once. */
const kept = (g: Graph, node: Node): Node =>
  node.kind === "map" || node.kind === "reduce" ? g.stored(`matrix.${node.id}`, node) : node;

/**
 * The lower Cholesky factor [..., rows, columns] of a symmetric matrix: step t of the elimination takes the outer product
 * of the pivot's column away, and column t of the factor is that column over the root of the pivot. Where a pivot is
 * not positive, nothing is taken away and the diagonal has the least value, so that `is_positive_definite` sees it.
 */
function cholesky(g: Graph, matrix: Node, sides: Sides): Node {
  const { rows, columns } = sides;
  const steps = copyOf(g, rows, "step");
  const diagonal = g.gather(matrix, columns, g.index(rows));
  const least = (at: Node): Node =>
    g.map("max", g.mul(g.constant(LEAST_PIVOT), g.gather(diagonal, rows, at)), g.constant(LEAST_DIAGONAL));
  const rest = eliminate(g, `cholesky.${matrix.id}`, { steps, rows, columns }, matrix, (before, at) => {
    const pivot = element(g, before, sides, at, at);
    const isPositive = g.map("gt", pivot, least(at));
    const column = g.gather(before, columns, at);
    const row = g.gather(before, rows, at);
    const share = g.map(
      "select",
      isPositive,
      g.div(column, g.map("select", isPositive, pivot, g.constant(1))),
      g.constant(0),
    );
    return g.sub(before, g.mul(share, row));
  });
  const column = g.gather(rest, steps, g.index(columns));
  const pivot = g.gather(column, rows, g.index(columns));
  const floor = least(g.index(columns));
  const root = g.map("sqrt", g.map("max", pivot, floor));
  const below = g.map("select", g.map("gt", pivot, floor), g.div(column, root), g.constant(0));
  const isBelow = g.map("gt", g.index(rows), g.index(columns));
  const isDiagonal = g.map("eq", g.index(rows), g.index(columns));
  return g.map("select", isDiagonal, root, g.map("select", isBelow, below, g.constant(0)));
}

/** The inverse [..., rows, columns] of a lower triangular matrix, by forward substitution of the identity. */
function inverseLower(g: Graph, matrix: Node, sides: Sides): Node {
  const { rows, columns } = sides;
  const steps = copyOf(g, rows, "step");
  const isDiagonal = g.map("eq", g.index(rows), g.index(columns));
  const rest = eliminate(
    g,
    `inverse.${matrix.id}`,
    { steps, rows, columns },
    g.map("select", isDiagonal, g.constant(1), g.constant(0)),
    (before, at) => {
      const share = g.div(g.gather(matrix, columns, at), element(g, matrix, sides, at, at));
      return g.sub(before, g.mul(share, g.gather(before, rows, at)));
    },
    matrix.axes,
  );
  const solved = g.gather(rest, steps, g.index(rows));
  const isBelow = g.map("ge", g.index(rows), g.index(columns));
  const diagonal = g.gather(matrix, columns, g.index(rows));
  return g.map("select", isBelow, g.div(solved, diagonal), g.constant(0));
}

function element(g: Graph, matrix: Node, { rows, columns }: Sides, row: Node, column: Node): Node {
  const places: Place[] = [
    { over: rows, at: row, slide: null },
    { over: columns, at: column, slide: null },
  ];
  return g.gatherAll(matrix, places);
}
