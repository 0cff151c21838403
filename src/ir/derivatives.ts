// Reverse-mode differentiation of the tensor IR, giving tensor IR: one table of cotangents, one pass over the DAG.
import { Bug } from "../diagnostic.js";
import { applyRow, type Table } from "../ops.js";
import { hasAxis, type Axis } from "./axis.js";
import { children, reachable, type Graph, type Node, type NodeOf, type Place } from "./node.js";
import { looksBackAtPlaces, scanOfPlaces, shifted } from "./scan.js";

/** The adjoint of each argument, given the adjoint `dy` and the value `y` of the result; null where it is zero. */
type Cotangent = (g: Graph, dy: Node, y: Node) => readonly (Node | null)[];

const none1 = (): Cotangent => () => [null];
const none2 = (): Cotangent => () => [null, null];
const none3 = (): Cotangent => () => [null, null, null];
const square = (g: Graph, x: Node): Node => g.map("square", x);

export const COTANGENT: Table<Node, Cotangent> = {
  neg: () => (g, dy) => [g.neg(dy)],
  add: () => (_, dy) => [dy, dy],
  sub: () => (g, dy) => [dy, g.neg(dy)],
  mul: (a, b) => (g, dy) => [g.mul(dy, b), g.mul(dy, a)],
  div: (_, b) => (g, dy, y) => [g.div(dy, b), g.neg(g.div(g.mul(dy, y), b))],
  pow: (a, b) => (g, dy, y) => [
    g.mul(dy, g.mul(b, g.map("pow", a, g.sub(b, g.constant(1))))),
    b.kind === "constant" ? null : g.mul(dy, g.mul(y, g.log(a))),
  ],
  int_div: none2,
  mod: none2,
  abs: (a) => (g, dy) => [g.mul(dy, g.map("sign", a))],
  floor: none1,
  ceil: none1,
  round: none1,
  trunc: none1,
  sign: none1,
  min: (a, b) => (g, dy) => {
    const first = g.map("le", a, b);
    return [g.mul(dy, first), g.mul(dy, g.map("not", first))];
  },
  max: (a, b) => (g, dy) => {
    const first = g.map("gt", a, b);
    return [g.mul(dy, first), g.mul(dy, g.map("not", first))];
  },
  sqrt: () => (g, dy, y) => [g.div(g.mul(g.constant(0.5), dy), y)],
  square: (a) => (g, dy) => [g.mul(g.constant(2), g.mul(dy, a))],
  exp: () => (g, dy, y) => [g.mul(dy, y)],
  log: (a) => (g, dy) => [g.div(dy, a)],
  log1p: (a) => (g, dy) => [g.div(dy, g.add(g.constant(1), a))],
  expm1: (a) => (g, dy) => [g.mul(dy, g.exp(a))],
  inv_logit: () => (g, dy, y) => [g.mul(dy, g.mul(y, g.sub(g.constant(1), y)))],
  log1p_exp: (a) => (g, dy) => [g.mul(dy, g.map("inv_logit", a))],
  sin: (a) => (g, dy) => [g.mul(dy, g.map("cos", a))],
  cos: (a) => (g, dy) => [g.neg(g.mul(dy, g.map("sin", a)))],
  tan: () => (g, dy, y) => [g.mul(dy, g.add(g.constant(1), square(g, y)))],
  asin: (a) => (g, dy) => [g.div(dy, g.map("sqrt", g.sub(g.constant(1), square(g, a))))],
  acos: (a) => (g, dy) => [g.neg(g.div(dy, g.map("sqrt", g.sub(g.constant(1), square(g, a)))))],
  atan: (a) => (g, dy) => [g.div(dy, g.add(g.constant(1), square(g, a)))],
  sinh: (a) => (g, dy) => [g.mul(dy, g.map("cosh", a))],
  cosh: (a) => (g, dy) => [g.mul(dy, g.map("sinh", a))],
  tanh: () => (g, dy, y) => [g.mul(dy, g.sub(g.constant(1), square(g, y)))],
  lgamma: (a) => (g, dy) => [g.mul(dy, g.map("digamma", a))],
  digamma: (a) => (g, dy) => [g.mul(dy, g.map("trigamma", a))],
  trigamma: (a) => (g, dy) => [g.mul(dy, g.map("polygamma", g.constant(2), a))],
  // The order is a number that the compiler writes, one more for every derivative.
  polygamma: (n, a) => (g, dy) => [null, g.mul(dy, g.map("polygamma", g.add(n, g.constant(1)), a))],
  lgamma_delta: (x, a) => (g, dy) => {
    const shifted = g.map("digamma", g.add(x, a));
    return [g.mul(dy, g.sub(shifted, g.map("digamma", x))), g.mul(dy, shifted)];
  },
  log_gamma_kernel: (a, z) => (g, dy) => [
    g.mul(dy, g.sub(g.log(z), g.map("digamma", a))),
    g.mul(dy, g.sub(g.div(a, z), g.constant(1))),
  ],
  log_gamma_p: (a, z) => (g, dy, y) => gammaTail(g, dy, y, a, z, 1),
  log_gamma_q: (a, z) => (g, dy, y) => gammaTail(g, dy, y, a, z, -1),
  gamma_quantile: (_, a) => (g, dy, y) => [
    g.div(g.mul(dy, y), g.exp(g.map("log_gamma_kernel", a, y))),
    g.mul(dy, g.map("gamma_quantile_slope", a, y)),
  ],
  gamma_quantile_slope: () => () => {
    throw new Bug("the derivative of gamma_quantile_slope is not an operation of the IR");
  },
  log_beta_kernel: (a, b, w) => (g, dy) => {
    const total = g.add(a, b);
    const [x, y] = [g.map("inv_logit", w), g.map("inv_logit", g.neg(w))];
    const by = (shape: Node, odds: Node): Node =>
      g.mul(
        dy,
        g.sub(g.map("digamma", total), g.add(g.map("digamma", shape), g.map("log1p_exp", g.neg(odds)))),
      );
    return [by(a, w), by(b, g.neg(w)), g.mul(dy, g.sub(g.mul(a, y), g.mul(b, x)))];
  },
  log_inc_beta: (a, b, w) => (g, dy, y) => {
    const rate = g.mul(dy, g.exp(g.sub(g.map("log_beta_kernel", a, b, w), y)));
    return [
      g.neg(g.mul(rate, g.map("beta_quantile_slope", a, b, w))),
      g.mul(rate, g.map("beta_quantile_slope", b, a, g.neg(w))),
      rate,
    ];
  },
  beta_quantile: (_, a, b) => (g, dy, w) => [
    g.div(dy, g.exp(g.map("log_beta_kernel", a, b, w))),
    g.mul(dy, g.map("beta_quantile_slope", a, b, w)),
    g.neg(g.mul(dy, g.map("beta_quantile_slope", b, a, g.neg(w)))),
  ],
  beta_quantile_slope: () => () => {
    throw new Bug("the derivative of beta_quantile_slope is not an operation of the IR");
  },
  erf: (a) => (g, dy) => [g.mul(g.mul(g.constant(2 / Math.sqrt(Math.PI)), dy), g.exp(g.neg(square(g, a))))],
  erfc: (a) => (g, dy) => [g.mul(g.mul(g.constant(-2 / Math.sqrt(Math.PI)), dy), g.exp(g.neg(square(g, a))))],
  Phi: (a) => (g, dy) => [
    g.mul(g.mul(g.constant(1 / Math.sqrt(2 * Math.PI)), dy), g.exp(g.mul(g.constant(-0.5), square(g, a)))),
  ],
  inv_Phi: () => (g, dy, y) => [
    g.mul(g.mul(g.constant(Math.sqrt(2 * Math.PI)), dy), g.exp(g.mul(g.constant(0.5), square(g, y)))),
  ],
  log_bessel_i0: (x) => (g, dy) => [g.mul(dy, g.map("bessel_ratio", x))],
  // A'(x) = 1 - A(x) / x - A(x)^2; at 0, where A(x) / x tends to 1/2, it is 1/2.
  bessel_ratio: (x) => (g, dy, y) => {
    const isZero = g.map("eq", x, g.constant(0));
    const slope = g.map(
      "select",
      isZero,
      g.constant(0.5),
      g.div(y, g.map("select", isZero, g.constant(1), x)),
    );
    return [g.mul(dy, g.sub(g.sub(g.constant(1), slope), square(g, y)))];
  },
  lt: none2,
  le: none2,
  gt: none2,
  ge: none2,
  eq: none2,
  ne: none2,
  and: none2,
  or: none2,
  not: none1,
  select: (c) => (g, dy) => [
    null,
    g.map("select", c, dy, g.constant(0)),
    g.map("select", c, g.constant(0), dy),
  ],
  poisson_quantile: none2,
  binomial_quantile: none3,
  neg_binomial_quantile: none3,
  von_mises_quantile: () => () => {
    throw new Bug("the derivative of the von Mises quantile is not an operation of the IR");
  },
};

/** The adjoints of the arguments of log P(a, z) (`sign` 1) and log Q(a, z) (-1), whose value is `y`. */
function gammaTail(g: Graph, dy: Node, y: Node, a: Node, z: Node, sign: 1 | -1): Node[] {
  // The density of log(z) over the probability: by z it is that over z, and at a fixed probability z moves with a.
  const rate = g.mul(dy, g.exp(g.sub(g.map("log_gamma_kernel", a, z), y)));
  const byZ = g.div(sign > 0 ? rate : g.neg(rate), z);
  return [g.neg(g.mul(byZ, g.map("gamma_quantile_slope", a, z))), byZ];
}

/** The adjoints that a node hands to its children. */
function cotangents(g: Graph, node: Node, dy: Node): readonly (readonly [Node, Node | null])[] {
  switch (node.kind) {
    case "constant":
    case "input":
    case "size":
    case "index":
      return [];
    case "random": {
      // A gamma draw moves with its shape while its probability, like the uniforms, stays.
      if (node.primitive === "std_uniform") return [];
      const [shape] = node.args;
      if (shape === undefined) throw new Bug("a gamma draw without a shape");
      return [[shape, g.mul(dy, g.map("gamma_quantile_slope", shape, node))]];
    }
    case "map": {
      const adjoints = applyRow(COTANGENT, node.op, node.args)(g, dy, node);
      return node.args.map((arg, i) => [arg, adjoints[i] ?? null]);
    }
    case "reduce":
      if (node.within !== null) throw new Bug("blocks are made after differentiation");
      if (node.ring === "sum") return [[node.arg, dy]];
      // The derivative of a log-sum-exp is a softmax, taken with the saved result.
      if (node.ring === "log_sum_exp") return [[node.arg, g.mul(dy, g.exp(g.sub(node.arg, node)))]];
      return [[node.arg, g.mul(dy, g.map("eq", node.arg, node))]];
    case "gather":
      return [[node.arg, scatter(g, node, dy)]];
    case "stored":
      return [[node.arg, dy]];
    case "scan":
      return [[node.arg, scanBackwards(g, node, dy)]];
  }
}

/**
 * The adjoint of every step's value of a scan: its own, and what the step that looks back at it hands on, which is a scan
 * the other way.
 */
function scanBackwards(g: Graph, scan: NodeOf<"scan">, dy: Node): Node {
  const { along, state, copies, before, arg } = scan;
  if (before === null) throw new Bug(`the scan '${scan.name}' is a derivative already`);
  const isForward = scan.towards === "end";
  const last = isForward ? g.sub(g.size(along), g.constant(1)) : g.constant(0);
  const isLast = g.map("eq", g.index(along), last);
  const axes = g.ordered([...scan.axes.filter((axis) => !state.includes(axis)), ...copies]);
  const name = g.freshName(`${scan.name}.back`);
  const places = looksBackAtPlaces(scan) ? scanOfPlaces(g, scan) : null;
  // A step's sums over the state look at it again and again.
  const own = places === null ? dy : g.stored(`${scan.name}.adjoint`, dy);
  const total = (table: Node): Node => {
    const handed = shifted(g, table, along, isForward ? 1 : -1, copies, state);
    return g.add(own, g.map("select", isLast, g.constant(0), handed));
  };
  const [found = g.constant(0)] = differentiate(
    g,
    places?.arg ?? arg,
    [places?.before ?? before],
    total(g.input(name, axes)),
  );
  const given = places?.restore(found) ?? found;
  const back = g.rawScan({
    name,
    along,
    towards: isForward ? "start" : "end",
    state: copies,
    copies: state,
    before: null,
    arg: given,
  });
  return total(back);
}

/**
 * The adjoint of what is gathered: every place of it takes the adjoints of the results that were read from there. Of an
 * affine place the reader is known; of others every pair of places is looked at, and the caller sums over the reader's.
 */
function scatter(g: Graph, node: NodeOf<"gather">, dy: Node): Node {
  const masks: Node[] = [];
  const readers: Place[] = [];
  const unread: Place[] = [];
  const kept = node.arg.axes.filter((axis) => !node.places.some(({ over }) => over.name === axis.name));
  /** Whether each of these axes of the result is one that no other place, nor the argument, has too. */
  const isFree = (...of: readonly Axis[]): boolean =>
    of.every((axis) => ![...kept, ...readers.map(({ over }) => over)].some(({ name }) => name === axis.name));
  for (const { over, at, slide, matrix } of node.places) {
    if (matrix?.kind === "spread" && matrix.row.kind === "index" && matrix.column.kind === "index") {
      const [rows, columns] = [matrix.row.axis, matrix.column.axis];
      if (rows !== columns && isFree(rows, columns)) {
        readers.push(...g.partPlaces(over, { rows, columns: matrix.width }, { rows, columns }));
        continue;
      }
    }
    if (matrix?.kind === "part") {
      if (!readers.some((reader) => reader.over.name === matrix.of.name))
        readers.push(wholeMatrix(g, node, matrix));
      continue;
    }
    if (slide === null) {
      unread.push({ over, at, slide });
      continue;
    }
    const { to, multiply, add } = slide;
    const shifted = g.sub(g.index(over), g.constant(add));
    const half = g.mul(g.constant(1 / multiply), shifted);
    const reader = multiply === 1 ? shifted : g.map("floor", half);
    readers.push({ over: to, at: reader, slide: multiply === 1 ? { to: over, multiply, add: -add } : null });
    if (multiply !== 1) masks.push(g.map("eq", reader, half));
    if (multiply !== 1 || add !== 0)
      masks.push(g.map("and", g.map("ge", reader, g.constant(0)), g.map("lt", reader, g.size(to))));
  }
  // Of the axes of the result that these places go by, some have been read by now.
  for (const { over, at } of unread) {
    if (hasAxis(at, over) && !readers.some((reader) => reader.over.name === over.name))
      throw new Bug(`places along '${over.name}' have no known transpose`);
    masks.push(g.map("eq", g.index(over), g.gatherAll(at, readers)));
  }
  return masks.reduce((value, mask) => g.map("select", mask, value, g.constant(0)), g.gatherAll(dy, readers));
}

/** The reader of a matrix' elements that were taken by their rows and columns; one that is not given has an axis of its own. */
function wholeMatrix(
  g: Graph,
  node: NodeOf<"gather">,
  { of, rows, columns }: Extract<Place["matrix"], { kind: "part" }>,
): Place {
  const along = (side: "rows" | "columns"): Axis | undefined =>
    node.places.find(({ matrix }) => matrix?.kind === "part" && matrix.of === of && matrix.side === side)
      ?.over;
  const [row, column] = [along("rows"), along("columns")];
  const other = (taken: Axis | undefined): Axis => (taken?.name === columns.name ? rows : columns);
  const first = row ?? (column?.name === rows.name ? columns : rows);
  return g.spreadPlace(of, g.index(first), g.index(column ?? other(first)), columns);
}

/**
 * The adjoints of `root` with respect to each of `wrt`: nodes over the axes of each, `seed` (1 if not given) being the
 * adjoint of the root. What a root's axis lacks in an argument is summed over: broadcasting and summing are transposes.
 * Nodes in `held` count as constants: nothing passes through them.
 */
export function differentiate(
  g: Graph,
  root: Node,
  wrt: readonly Node[],
  seed: Node = g.constant(1),
  held: ReadonlySet<Node> = new Set(),
): Node[] {
  const order = reachable([root]);
  const needed = dependents(order, wrt, held);
  const adjoint = new Map<Node, Node>([[root, seed]]);
  for (const node of order.toReversed()) {
    const dy = adjoint.get(node);
    if (dy === undefined || !needed.has(node)) continue;
    for (const [child, contribution] of cotangents(g, node, dy)) {
      if (contribution === null || !needed.has(child)) continue;
      // What is constant along an axis of the result still counts once for each of its elements; a gather has renamed
      // its axes already.
      const repeated = node.kind === "gather" ? [] : node.axes;
      const extra = g.ordered([...contribution.axes, ...repeated]).filter((axis) => !hasAxis(child, axis));
      const summed = g.reduceAll("sum", extra, contribution);
      const known = adjoint.get(child);
      adjoint.set(child, known === undefined ? summed : g.add(known, summed));
    }
  }
  return wrt.map((node) => adjoint.get(node) ?? g.constant(0));
}

/** The nodes whose value depends on any of `wrt`, themselves included, other than through `held`. */
function dependents(order: readonly Node[], wrt: readonly Node[], held: ReadonlySet<Node>): Set<Node> {
  const result = new Set(wrt);
  for (const node of order)
    if (!held.has(node) && children(node).some((child) => result.has(child))) result.add(node);
  return result;
}
