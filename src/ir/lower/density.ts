// The program that gives the log joint density of the model at posterior draws.
import type { Latent, Variable } from "../../typecheck/model.js";
import { BUFFERS, DRAW_AXIS } from "../interface.js";
import type { Node } from "../node.js";
import { modelFactors } from "./estimator.js";
import { stepBefore, type Environment } from "./expressions.js";
import { elementAxes, type Context, type ProgramGraph } from "./program-graph.js";

/** The program `density`: see src/compiled.ts. */
export function densityProgram(context: Context): ProgramGraph {
  const { graph: g, model, lowering } = context;
  const draw = g.axis(DRAW_AXIS, "particle");
  const latents = model.latents.map((latent): readonly [Latent, Node] => [
    latent,
    g.input(BUFFERS.draws(latent.name), [...elementAxes(context, latent), draw]),
  ]);
  const before = latents.flatMap(([latent, node]): (readonly [Latent, Node])[] => {
    const along = latent.plates.findLast((plate) => plate.ordered);
    return along === undefined ? [] : [[latent, stepBefore(g, node, lowering.plate(along))]];
  });
  const env: Environment = Object.assign(new Map<Variable, Node>(latents), { before: new Map(before) });
  const totals = modelFactors(model, lowering, env).map(({ node, plates }) =>
    g.reduceAll("sum", plates.toReversed(), node),
  );
  return {
    name: "density",
    outputs: [{ name: BUFFERS.logJoint, node: g.total(totals), axes: [draw] }],
    labels: new Map(),
  };
}
