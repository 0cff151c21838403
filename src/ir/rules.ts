// Algebra applied while a graph is built: each rule is named for the identity it uses.
import { elementaryValue } from "../elementary.js";
import type { Op } from "../ops.js";
import type { Optimisation } from "../optimisations.js";
import { hasAxis, type Axis } from "./axis.js";
import type { Graph, Node, Ring } from "./node.js";

type MapRule = {
  readonly name: string;
  readonly op: Op;
  /** What it is part of; null: applied always, because what is zero or one, or in range, is to be known as such. */
  readonly of: Optimisation | null;
  readonly apply: (g: Graph, args: readonly Node[]) => Node | undefined;
};

const isConstant = (node: Node | undefined, value: number): boolean =>
  node?.kind === "constant" && node.value === value;

/** The arguments of a node if it is that operation. */
const as = (op: Op, node: Node | undefined): readonly Node[] | undefined =>
  node?.kind === "map" && node.op === op ? node.args : undefined;

const subsetOf = (a: readonly Axis[], b: readonly Axis[]): boolean =>
  a.every((axis) => b.some((other) => other.name === axis.name));
const sameAxes = (a: Node, b: Node): boolean => subsetOf(a.axes, b.axes) && subsetOf(b.axes, a.axes);

/** Operations of constants that are folded: those exact enough to be the same on every device. */
const FOLDED: ReadonlySet<Op> = new Set([
  "neg", "add", "sub", "mul", "div", "sqrt", "square", "exp", "log", "pow",
  "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not",
]); // prettier-ignore

type Apply = (g: Graph, a: Node, b: Node, c: Node) => Node | undefined;

const ruleOf = (of: Optimisation | null, name: string, op: Op, apply: Apply): MapRule => ({
  name,
  op,
  of,
  apply: (g, args) => apply(g, args[0] as Node, args[1] as Node, args[2] as Node),
});

const always = (name: string, op: Op, apply: Apply): MapRule => ruleOf(null, name, op, apply);
const rule = (name: string, op: Op, apply: Apply): MapRule => ruleOf("simplify", name, op, apply);
const reciprocal = (name: string, op: Op, apply: Apply): MapRule => ruleOf("reciprocals", name, op, apply);

/** Product with constants gathered in front: (c, x) for c * x, where x has no constant factor of its own. */
function splitConstant(node: Node): { readonly factor: number; readonly rest: Node } | undefined {
  const [a, b] = as("mul", node) ?? [];
  return a?.kind === "constant" && b !== undefined ? { factor: a.value, rest: b } : undefined;
}

export const MAP_RULES: readonly MapRule[] = [
  always("x + 0 = x", "add", (_, a, b) => (isConstant(b, 0) ? a : isConstant(a, 0) ? b : undefined)),
  rule("x + -y = x - y", "add", (g, a, b) => {
    const [nb] = as("neg", b) ?? [];
    if (nb !== undefined) return g.sub(a, nb);
    const [na] = as("neg", a) ?? [];
    return na === undefined ? undefined : g.sub(b, na);
  }),
  always("x - 0 = x", "sub", (_, a, b) => (isConstant(b, 0) ? a : undefined)),
  always("0 - x = -x", "sub", (g, a, b) => (isConstant(a, 0) ? g.neg(b) : undefined)),
  rule("x - -y = x + y", "sub", (g, a, b) => {
    const [nb] = as("neg", b) ?? [];
    return nb === undefined ? undefined : g.add(a, nb);
  }),
  // A mean square, given as variance and squared mean, less the squared mean: exact where the difference would cancel.
  always("(x + y) - y = x", "sub", (_, a, b) => {
    const [x, y] = as("add", a) ?? [];
    return y === b ? x : x === b ? y : undefined;
  }),
  always("x - x = 0", "sub", (g, a, b) => (a === b ? g.constant(0) : undefined)),
  always("-(-x) = x", "neg", (_, a) => as("neg", a)?.[0]),
  rule("-(x - y) = y - x", "neg", (g, a) => {
    const [x, y] = as("sub", a) ?? [];
    return x !== undefined && y !== undefined ? g.sub(y, x) : undefined;
  }),
  rule("-(c x) = (-c) x", "neg", (g, a) => {
    const split = splitConstant(a);
    return split === undefined ? undefined : g.mul(g.constant(-split.factor), split.rest);
  }),
  always("x * 0 = 0", "mul", (g, a, b) => (isConstant(a, 0) || isConstant(b, 0) ? g.constant(0) : undefined)),
  always("x * 1 = x", "mul", (_, a, b) => (isConstant(b, 1) ? a : isConstant(a, 1) ? b : undefined)),
  rule("x * -1 = -x", "mul", (g, a, b) =>
    isConstant(b, -1) ? g.neg(a) : isConstant(a, -1) ? g.neg(b) : undefined,
  ),
  rule("x * c = c * x", "mul", (g, a, b) =>
    b.kind === "constant" && a.kind !== "constant" ? g.mul(b, a) : undefined,
  ),
  rule("(-x) * y = -(x y)", "mul", (g, a, b) => {
    const [na] = as("neg", a) ?? [];
    if (na !== undefined) return g.neg(g.mul(na, b));
    const [nb] = as("neg", b) ?? [];
    return nb === undefined ? undefined : g.neg(g.mul(a, nb));
  }),
  rule("c (d x) = (c d) x", "mul", (g, a, b) => {
    const split = splitConstant(b);
    return a.kind === "constant" && split !== undefined
      ? g.mul(g.constant(a.value * split.factor), split.rest)
      : undefined;
  }),
  rule("x (c y) = c (x y)", "mul", (g, a, b) => {
    const [left, right] = [splitConstant(a), splitConstant(b)];
    if (a.kind === "constant") return undefined;
    if (right !== undefined) return g.mul(g.constant(right.factor), g.mul(a, right.rest));
    return left === undefined ? undefined : g.mul(g.constant(left.factor), g.mul(left.rest, b));
  }),
  always("x / 1 = x", "div", (_, a, b) => (isConstant(b, 1) ? a : undefined)),
  always("0 / x = 0", "div", (g, a) => (isConstant(a, 0) ? g.constant(0) : undefined)),
  reciprocal("x / c = x (1/c)", "div", (g, a, b) =>
    b.kind === "constant" && b.value !== 0 && a.kind !== "constant"
      ? g.mul(g.constant(1 / b.value), a)
      : undefined,
  ),
  reciprocal("x / exp(y) = x exp(-y)", "div", (g, a, b) => {
    const [y] = as("exp", b) ?? [];
    return y === undefined ? undefined : g.mul(a, g.exp(g.neg(y)));
  }),
  // A division by what varies along fewer axes becomes a product with a reciprocal that loops can hoist.
  reciprocal("x / y = x (1/y)", "div", (g, a, b) =>
    !isConstant(a, 1) && !subsetOf(a.axes, b.axes) ? g.mul(a, g.div(g.constant(1), b)) : undefined,
  ),
  always("log(exp(x)) = x", "log", (_, a) => as("exp", a)?.[0]),
  rule("log(sqrt(x)) = log(x) / 2", "log", (g, a) => {
    const [x] = as("sqrt", a) ?? [];
    return x === undefined ? undefined : g.mul(g.constant(0.5), g.log(x));
  }),
  always("exp(log(x)) = x", "exp", (_, a) => as("log", a)?.[0]),
  rule("square(-x) = square(x)", "square", (g, a) => {
    const [x] = as("neg", a) ?? [];
    return x === undefined ? undefined : g.map("square", x);
  }),
  rule("square(sqrt(x)) = x", "square", (_, a) => as("sqrt", a)?.[0]),
  rule("square(exp(x)) = exp(2 x)", "square", (g, a) => {
    const [x] = as("exp", a) ?? [];
    return x === undefined ? undefined : g.exp(g.mul(g.constant(2), x));
  }),
  // Lets a sum over an axis of one factor take the other one out.
  ruleOf("take-out", "square(x y) = square(x) square(y)", "square", (g, a) => {
    const [x, y] = as("mul", a) ?? [];
    if (x === undefined || y === undefined || (sameAxes(x, y) && x.kind !== "constant")) return undefined;
    return g.mul(g.map("square", x), g.map("square", y));
  }),
  always("select(c, x, x) = x", "select", (_, c, a, b) =>
    c.kind === "constant" ? (c.value !== 0 ? a : b) : a === b ? a : undefined,
  ),
];

const COMMUTATIVE: ReadonlySet<Op> = new Set<Op>(["add", "mul", "min", "eq", "ne", "and", "or"]);
const rulesOf = new Map<Op, MapRule[]>();
for (const each of MAP_RULES) rulesOf.set(each.op, [...(rulesOf.get(each.op) ?? []), each]);

/** A simpler node for an operation, or undefined where it stands as it is. */
export function simplifyMap(g: Graph, op: Op, args: readonly Node[]): Node | undefined {
  const values = args.map((a) => (a.kind === "constant" ? a.value : NaN));
  if (FOLDED.has(op) && values.every((v) => !Number.isNaN(v))) {
    const value = elementaryValue(op, values);
    if (value !== null && Number.isFinite(value)) return g.constant(value);
  }
  for (const { of, apply } of rulesOf.get(op) ?? []) {
    if (of !== null && !g.optimise.has(of)) continue;
    const simpler = apply(g, args);
    if (simpler !== undefined) return simpler;
  }
  const [a, b] = args;
  if (COMMUTATIVE.has(op) && a !== undefined && b !== undefined && a.kind !== "constant" && a.id > b.id)
    return g.rawMap(op, [b, a]);
  return undefined;
}

type ReduceRule = {
  readonly name: string;
  readonly ring: Ring;
  /** What it is part of; null: applied always, as it leaves no reduction. */
  readonly of: Optimisation | null;
  readonly apply: (g: Graph, over: Axis, arg: Node) => Node | undefined;
};

/** Both arguments of a binary node, the one that lacks the axis first, if there is one. */
function loose(op: Op, over: Axis, arg: Node): readonly [Node, Node] | undefined {
  const [a, b] = as(op, arg) ?? [];
  if (a === undefined || b === undefined) return undefined;
  return !hasAxis(a, over) ? [a, b] : !hasAxis(b, over) ? [b, a] : undefined;
}

export const REDUCE_RULES: readonly ReduceRule[] = [
  {
    name: "sum of what is constant along the axis = n x",
    ring: "sum",
    of: null,
    apply: (g, over, arg) => (hasAxis(arg, over) ? undefined : g.mul(arg, g.size(over))),
  },
  {
    name: "sum(-x) = -sum(x)",
    ring: "sum",
    of: "simplify",
    apply: (g, over, arg) => {
      const [x] = as("neg", arg) ?? [];
      return x === undefined ? undefined : g.neg(g.reduce("sum", over, x));
    },
  },
  {
    name: "sum(x y) = x sum(y), x constant along the axis",
    ring: "sum",
    of: "take-out",
    apply: (g, over, arg) => {
      const [x, y] = loose("mul", over, arg) ?? [];
      return x === undefined || y === undefined ? undefined : g.mul(x, g.reduce("sum", over, y));
    },
  },
  {
    name: "sum(x (y z)) = y sum(x z), y constant along the axis",
    ring: "sum",
    of: "take-out",
    apply: (g, over, arg) => {
      const [a, b] = as("mul", arg) ?? [];
      if (a === undefined || b === undefined) return undefined;
      for (const [outer, inner] of [
        [a, b],
        [b, a],
      ] as const) {
        const [y, z] = loose("mul", over, inner) ?? [];
        if (y !== undefined && z !== undefined) return g.mul(y, g.reduce("sum", over, g.mul(outer, z)));
      }
      return undefined;
    },
  },
  {
    // An event axis is short and its terms are of one size; over a plate the parts could cancel, so that only
    // what is constant along it is taken out.
    name: "sum(x + y) = sum(x) + sum(y), x along fewer axes",
    ring: "sum",
    of: "take-out",
    apply: (g, over, arg) => {
      for (const op of ["add", "sub"] as const) {
        const [a, b] = as(op, arg) ?? [];
        if (a === undefined || b === undefined) continue;
        const apart = over.role === "event" ? !sameAxes(a, b) : !hasAxis(a, over) || !hasAxis(b, over);
        if (apart) return g.map(op, g.reduce("sum", over, a), g.reduce("sum", over, b));
      }
      return undefined;
    },
  },
  {
    name: "log-sum-exp of what is constant along the axis = x + log(n)",
    ring: "log_sum_exp",
    of: null,
    apply: (g, over, arg) => (hasAxis(arg, over) ? undefined : g.add(arg, g.log(g.size(over)))),
  },
  {
    name: "log-sum-exp(x + y) = x + log-sum-exp(y), x constant along the axis",
    ring: "log_sum_exp",
    of: "take-out",
    apply: (g, over, arg) => {
      const [x, y] = loose("add", over, arg) ?? [];
      if (x !== undefined && y !== undefined) return g.add(x, g.reduce("log_sum_exp", over, y));
      const [a, b] = as("sub", arg) ?? [];
      return a !== undefined && b !== undefined && !hasAxis(b, over)
        ? g.sub(g.reduce("log_sum_exp", over, a), b)
        : undefined;
    },
  },
  {
    name: "max of what is constant along the axis = x",
    ring: "max",
    of: null,
    apply: (_, over, arg) => (hasAxis(arg, over) ? undefined : arg),
  },
];

/** A simpler node for a reduction, or undefined where it stands as it is. */
export function simplifyReduce(g: Graph, ring: Ring, over: Axis, arg: Node): Node | undefined {
  for (const each of REDUCE_RULES) {
    if (each.ring !== ring || (each.of !== null && !g.optimise.has(each.of))) continue;
    const simpler = each.apply(g, over, arg);
    if (simpler !== undefined) return simpler;
  }
  return undefined;
}
