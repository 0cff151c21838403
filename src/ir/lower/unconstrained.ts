// The unconstrained scale of a latent: the real line, whatever the bounds of its support; the transforms are Stan's.
import type { Latent } from "../../typecheck/model.js";
import type { Graph, Node } from "../node.js";
import type { Environment, ExpressionLowering } from "./expressions.js";

/** Bounds of a latent's support as nodes; null where there is none. */
export type Bounds = { readonly lower: Node | null; readonly upper: Node | null };

/** The bounds of a latent; `env` holds what they may mention. */
export const boundsOf = (lowering: ExpressionLowering, { type }: Latent, env: Environment): Bounds => ({
  lower: type.lower && lowering.expression(type.lower, env),
  upper: type.upper && lowering.expression(type.upper, env),
});

/** Without bounds x = u; above a lower bound x = lower + exp(u); below an upper one x = upper - exp(u); between x = lower + (upper - lower) inv_logit(u). */
export function constrain(g: Graph, { lower, upper }: Bounds, u: Node): Node {
  if (lower !== null && upper !== null)
    return g.add(lower, g.mul(g.sub(upper, lower), g.map("inv_logit", u)));
  if (lower !== null) return g.add(lower, g.exp(u));
  return upper === null ? u : g.sub(upper, g.exp(u));
}

/** The inverse of `constrain`. */
export function unconstrain(g: Graph, { lower, upper }: Bounds, x: Node): Node {
  if (lower !== null && upper !== null) return g.sub(g.log(g.sub(x, lower)), g.log(g.sub(upper, x)));
  if (lower !== null) return g.log(g.sub(x, lower));
  return upper === null ? x : g.log(g.sub(upper, x));
}

/** log |dx/du| of `constrain` as a function of x: what the density of u is more than that of x. */
export function logJacobian(g: Graph, { lower, upper }: Bounds, x: Node): Node {
  if (lower !== null && upper !== null)
    return g.sub(g.add(g.log(g.sub(x, lower)), g.log(g.sub(upper, x))), g.log(g.sub(upper, lower)));
  if (lower !== null) return g.log(g.sub(x, lower));
  return upper === null ? g.constant(0) : g.log(g.sub(upper, x));
}
