// What weighing all combinations of particles costs, in symbols: `K^3 x schools`. Lengths that the model fixes are numbers.
import type { Axis } from "../ir/axis.js";
import type { CostStep, EvidenceCosts, FactorCost } from "../ir/lower/evidence-costs.js";
import type { CheckedModel } from "../compile.js";
import { constantValue } from "../typecheck/constants.js";
import type { Factor, Group, TypedModel } from "../typecheck/model.js";

const known = new WeakMap<CheckedModel, EvidenceCosts | null>();

/** The costs of a model's evidence, made when they are first asked for; null where it cannot be contracted. */
export function costsOf(checked: CheckedModel): EvidenceCosts | null {
  const before = known.get(checked);
  if (before !== undefined) return before;
  const costs = checked.costs();
  const found = "code" in costs ? null : costs;
  known.set(checked, found);
  return found;
}

/** How many particles a group has: `K`, or the number of its values where it is summed out. */
function lengthOf({ name, support }: Group): number | string {
  if (support === null) return "K";
  const [lower, upper] = [constantValue(support.lower), constantValue(support.upper)];
  return lower === null || upper === null ? `values(${name})` : upper - lower + 1;
}

/** The group whose particle axis this, or the axis that it is a copy of, is. */
const groupOf = (axis: Axis, { groups }: TypedModel): Group | undefined =>
  groups.find((group) => `k_${group.name}` === (axis.blocks?.of ?? axis.name));

/** The number of elements of a table over these axes: powers of K, then numbers, then plates, outermost first. */
export function combinations(axes: readonly Axis[], model: TypedModel): string {
  let particles = 0;
  let numbers = 1;
  const names: string[] = [];
  for (const axis of axes) {
    const group = groupOf(axis, model);
    const length = group === undefined ? (axis.blocks?.of ?? axis.name) : lengthOf(group);
    if (length === "K") particles++;
    else if (typeof length === "number") numbers *= length;
    else names.push(axis.role === "event" ? length.replace(/^i_/, "") : length);
  }
  const power = particles === 0 ? [] : [particles === 1 ? "K" : `K^${particles}`];
  const all = [...power, ...(numbers === 1 ? [] : [String(numbers)]), ...names];
  return all.length === 0 ? "1" : all.join(" x ");
}

/** A sum of tables, equal ones together: `K^3 x schools + 2 K^2`. */
export function total(tables: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const table of tables) counts.set(table, (counts.get(table) ?? 0) + 1);
  return [...counts].map(([table, n]) => (n === 1 ? table : `${n} (${table})`)).join(" + ");
}

/** Of the rounds in which a series is multiplied up the first, whose work is half of all. */
const isFirstRound = (step: CostStep, i: number, steps: readonly CostStep[]): boolean =>
  step.kind !== "multiply neighbours" || steps[i - 1]?.kind !== step.kind;

/** What a step does, and what it looks at. */
function describeStep(step: CostStep, model: TypedModel): string {
  const { kind, removes, table, sumsOfData } = step;
  const names = [...new Set(removes.map((axis) => groupOf(axis, model)?.name ?? axis.name))];
  const list = names.map((name) => `\`${name}\``).join(", ");
  const size = `\`${combinations(table, model)}\``;
  switch (kind) {
    case "sum out":
      return `sum over the particles of ${list}: ${size}`;
    case "plate product":
      return sumsOfData === null
        ? `multiply over ${list}: ${size}`
        : `multiply over ${list}: ${sumsOfData} sums of the data, computed once, where they are fewer than rows: in place of ${size}`;
    case "step matrices":
      return `a matrix for every step of the series: ${size}`;
    case "multiply neighbours":
      return `multiply neighbouring steps, in rounds of half as many: ${size} in the first`;
    case "pass on":
      return `pass ${list} on from step to step: ${size}`;
  }
}

/** The steps that a factor takes part in, or all of them. */
export const stepTexts = (costs: EvidenceCosts, model: TypedModel, of?: FactorCost): readonly string[] =>
  costs.steps
    .filter(isFirstRound)
    .filter((step) => of === undefined || of.steps.some((at) => costs.steps[at] === step))
    .map((step) => describeStep(step, model));

/** The steps' tables in all; a sum that comes apart into sums of data looks at no table. */
export const totalCost = (costs: EvidenceCosts, model: TypedModel): string =>
  total(
    costs.steps
      .filter(isFirstRound)
      .flatMap(({ table, sumsOfData }) => (sumsOfData === null ? [combinations(table, model)] : [])),
  );

/** The factors that a statement gives: several where a loop repeats it. */
export const factorsAt = (costs: EvidenceCosts, start: number): readonly FactorCost[] =>
  costs.factors.filter(({ factor }) => factor.span.start === start);

/** What a factor is of: a latent, an observation, or a term of the log density. */
export const factorName = (factor: Factor): string =>
  factor.kind === "prior" ? factor.latent.name : factor.kind === "observation" ? factor.name : "target";
