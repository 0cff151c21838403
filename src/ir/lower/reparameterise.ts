// Reparameterised draws: how a particle moves with its guide's parameters while its random number stays.
import type { Op } from "../../ops.js";
import type { Axis } from "../axis.js";
import { differentiate } from "../derivatives.js";
import { children, reachable, type Graph, type Node } from "../node.js";
import { substitute } from "../rewrite.js";

/** What makes each operation's value `y` from the argument at `position`, solved for that argument. */
function solveFor(g: Graph, op: Op, args: readonly Node[], position: number, y: Node): Node | null {
  const other = args[1 - position];
  switch (op) {
    case "neg":
      return g.neg(y);
    case "exp":
      return g.log(y);
    case "log":
      return g.exp(y);
    case "sqrt":
      return g.map("square", y);
    case "expm1":
      return g.map("log1p", y);
    case "log1p":
      return g.map("expm1", y);
    case "inv_logit":
      return g.log(g.div(y, g.sub(g.constant(1), y)));
    case "log1p_exp":
      return g.log(g.map("expm1", y));
    case "tan":
      return g.map("atan", y);
    case "add":
      return other === undefined ? null : g.sub(y, other);
    case "sub":
      return other === undefined ? null : position === 0 ? g.add(y, other) : g.sub(other, y);
    case "mul":
      return other === undefined ? null : g.div(y, other);
    case "div":
      return other === undefined ? null : position === 0 ? g.mul(y, other) : g.div(other, y);
    default:
      return null;
  }
}

/**
 * Inverts a draw: the outermost part of `draw` that holds its random number but no parameter, and its value as a
 * function of the particle `z` and the parameters. Null where the draw cannot be inverted so (several random numbers,
 * rejection, an operation without an inverse).
 */
export function invertDraw(
  g: Graph,
  draw: Node,
  z: Node,
  parameters: ReadonlySet<Node>,
): { readonly noise: Node; readonly value: Node } | null {
  const below = (node: Node): readonly Node[] => reachable([node]);
  const random = below(draw).filter((n) => n.kind === "random");
  if (random.length !== 1 || random[0]?.kind !== "random" || random[0].primitive !== "std_uniform")
    return null;
  const isRandom = (node: Node): boolean => below(node).includes(random[0] as Node);
  let noise = draw;
  let value = z;
  while (below(noise).some((n) => parameters.has(n))) {
    if (noise.kind !== "map") return null;
    const carriers = children(noise).flatMap((child, position) => (isRandom(child) ? [position] : []));
    const [position] = carriers;
    if (position === undefined || carriers.length !== 1) return null;
    const solved = solveFor(g, noise.op, noise.args, position, value);
    const next = noise.args[position];
    if (solved === null || next === undefined) return null;
    noise = next;
    value = solved;
  }
  return { noise, value };
}

/**
 * What a particle's adjoint contributes to its parameters' gradients: the sum over particles of adjoint times
 * d(particle)/d(parameter) at a fixed random number. One node per parameter, over the parameter's axes; null where
 * the family's draw cannot be reparameterised.
 */
export function reparameterisedGradient(
  g: Graph,
  draw: Node,
  z: Node,
  adjoint: Node,
  parameters: readonly Node[],
): readonly Node[] | null {
  const inverse = invertDraw(g, draw, z, new Set(parameters));
  if (inverse === null) return null;
  const gradients = differentiate(g, draw, parameters, adjoint);
  return substitute(g, gradients, new Map([[inverse.noise, inverse.value]]));
}

/** The mean of a node over some axes. */
export function meanOver(g: Graph, axes: readonly Axis[], node: Node): Node {
  const count = axes.map((axis) => g.size(axis)).reduce((a, b) => g.mul(a, b), g.constant(1));
  return axes.length === 0 ? node : g.div(g.reduceAll("sum", axes, node), count);
}
