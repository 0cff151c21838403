// The steps of a contraction in words and numbers, for `mppc explain` and for reports.
import { volume, type Axis, type Sizes } from "../ir/axis.js";
import type { Step, Term } from "../ir/contraction.js";
import type { ContractionStep } from "../report/run-record.js";

export const axisNames = (axes: readonly Axis[]): string => axes.map((axis) => axis.name).join(" x ");

/** Each step with the largest table that it looks at, and what it takes. */
export const contractionRows = (steps: readonly Step[], sizes: Sizes): readonly ContractionStep[] => {
  // Terms that no step has taken yet are factors; after that they are in the result of the step that took them last.
  const holders = new Map<Term, number>();
  return steps.map(({ kind, removes, of, table, result }, i) => {
    const factors = of.filter((term) => !holders.has(term)).map(({ name }) => name);
    const earlier = new Set(of.flatMap((term) => holders.get(term) ?? []));
    for (const term of of) holders.set(term, i);
    return {
      step: `${kind} ${axisNames(removes)}`.trimEnd(),
      looksAt: axisNames(table) || "1",
      leaves: `[${result.axes.map((axis) => axis.name).join(", ")}]`,
      combinations: volume(table, sizes),
      factors,
      steps: [...earlier],
    };
  });
};
