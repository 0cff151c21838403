// Programs before scheduling, and what building any of them needs.
import type { ProgramName } from "../../compiled.js";
import type { Guide, Latent, Plate, TypedModel } from "../../typecheck/model.js";
import type { Axis } from "../axis.js";
import type { Contraction } from "../contraction.js";
import type { Graph, Node } from "../node.js";
import type { Feedback } from "../program.js";
import type { ExpressionLowering } from "./expressions.js";
import { guideInputs } from "./guide.js";

/** A buffer that a program gives back: its axes are promised even where the value does not vary along them. */
export type Output = {
  readonly name: string;
  readonly node: Node;
  readonly axes: readonly Axis[];
  /** Not given back: it becomes the value of this input, of the same axes, when the program goes on to its next run. */
  readonly feeds?: string;
};

/** A program before scheduling. `labels` name the tables that a contraction passes through. */
export type ProgramGraph = {
  readonly name: ProgramName;
  readonly outputs: readonly Output[];
  readonly labels: ReadonlyMap<Node, string>;
  /** What the host computes from its outputs, in float64: the log evidence with what was taken out of it. */
  readonly finish?: ProgramGraph;
  /** Its contraction where that is not the model's own, because of joint weights that were asked for. */
  readonly contraction?: Contraction;
};

/** The tables of a program that feed inputs. */
export const feedbackOf = ({ outputs }: Pick<ProgramGraph, "outputs">): readonly Feedback[] =>
  outputs.flatMap(({ name, feeds }) => (feeds === undefined ? [] : [{ from: name, to: feeds }]));

export type Context = {
  readonly model: TypedModel;
  readonly lowering: ExpressionLowering;
  readonly graph: Graph;
};

/** Plates as the model opens them, outer before inner; storage and results follow this order, whatever the data's is. */
export function nestingOrder(model: TypedModel): readonly Plate[] {
  const opened = [...model.latents, ...model.factors].flatMap((each) => each.plates);
  return [...new Set([...opened, ...model.plates])];
}

export const nodesOrNone = (nodes: readonly Node[] | undefined): readonly Node[] => nodes ?? [];

/** [plates, event] of a latent. */
export const elementAxes = ({ lowering }: Context, latent: Latent): readonly Axis[] =>
  lowering.axesOf(latent.plates, latent.type);

/** [plates, event] of the statistics of a latent's guide: its own elements, or those of its family's vectors. */
export function statisticAxes({ graph, lowering }: Context, guide: Guide): readonly Axis[] {
  const event = lowering.statisticEvent(guide.distribution, guide.latent);
  const plates = lowering.plates(guide.latent.plates);
  return event === null ? plates : graph.ordered([...plates, event]);
}

/** Axes over which a guide's moments are kept: all plates over which any of its parameters is fitted, and the event. */
export function momentAxes(context: Context, guide: Guide): readonly Axis[] {
  const { lowering } = context;
  const shapes = guideInputs(lowering, guide).filter((input) => input.fitted);
  return context.graph.ordered(
    shapes.flatMap(({ over, event }) => (event === null ? over : [...over, event])),
  );
}
