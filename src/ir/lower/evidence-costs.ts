// What the contraction of a model's evidence looks at, factor by factor: of the lowered factors alone, no program is made.
import { type Optimisations } from "../../optimisations.js";
import type { Factor, TypedModel } from "../../typecheck/model.js";
import { ADAPTER_CLASSES } from "../cost.js";
import type { Axis, Sizes } from "../axis.js";
import { isContraction, type Intractable, type Step } from "../contraction.js";
import { Graph } from "../node.js";
import { sumChoices } from "./data-program.js";
import { contractEvidence } from "./estimator.js";
import { ExpressionLowering } from "./expressions.js";
import { particleAxis } from "./guide.js";
import { nestingOrder } from "./program-graph.js";

/** One step of the contraction, and the factors of the model that it, or a step before it, has joined. */
export type CostStep = Pick<Step, "kind" | "removes" | "table"> & {
  /** By their place among the model's factors. */
  readonly factors: readonly number[];
  /** Where a sum over plates comes apart into sums of data, computed once, and latents: how many such sums are left. */
  readonly sumsOfData: number | null;
};

/** What one factor looks at, and the steps that it takes part in, by their place among the steps. */
export type FactorCost = {
  readonly factor: Factor;
  /** Plates, then the particle axes of the groups that its log density depends on. */
  readonly axes: readonly Axis[];
  readonly steps: readonly number[];
};

/** In the order of the model's factors; steps in the order in which they are taken. */
export type EvidenceCosts = { readonly factors: readonly FactorCost[]; readonly steps: readonly CostStep[] };

/**
 * The axes of every factor and step of a model's evidence, at lengths that decide the order of summing; or why there is no
 * polynomial contraction.
 */
export function evidenceCosts(
  model: TypedModel,
  { sizes, optimise }: { readonly sizes: Sizes; readonly optimise: Optimisations },
): EvidenceCosts | Intractable {
  const graph = new Graph(optimise);
  const lowering = new ExpressionLowering(graph, nestingOrder(model));
  for (const group of model.groups) particleAxis(lowering, group);
  const { contraction, terms } = contractEvidence(model, lowering, {
    source: "input",
    sizes,
    adapter: ADAPTER_CLASSES.software,
    ...(optimise.has("data") && optimise.has("sums") ? { sums: sumChoices(model, lowering) } : {}),
  });
  if (!isContraction(contraction)) return contraction;
  const place = new Map(terms.slice(0, model.factors.length).map((term, i) => [term, i]));
  const steps = contraction.steps.map(({ kind, removes, table, apart, of }): CostStep => {
    const factors = of.flatMap((term) => place.get(term) ?? []);
    return { kind, removes, table, factors, sumsOfData: apart ? apart.squares + apart.sums : null };
  });
  const factors = model.factors.map((factor, i): FactorCost => {
    const node = terms[i]?.node;
    const axes = graph.ordered([...lowering.plates(factor.plates), ...(node?.axes ?? [])]);
    return { factor, axes, steps: steps.flatMap((step, at) => (step.factors.includes(i) ? [at] : [])) };
  });
  return { factors, steps };
}
