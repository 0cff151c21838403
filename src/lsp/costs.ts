// What weighing all combinations of particles costs, in symbols: `K^3 x schools`. Lengths that the model fixes are numbers.
import type { Axis } from "../ir/axis.js";
import type { CostStep, EvidenceCosts, FactorCost } from "../ir/lower/evidence-costs.js";
import type { CheckedModel } from "../compile.js";
import { constantValue } from "../typecheck/constants.js";
import type { Group, TypedModel } from "../typecheck/model.js";
import { inline } from "./markdown.js";

/** What a statement's factor costs; plain data, which threads can pass to each other. */
export type FactorCosts = {
  /** Where the statement begins. */
  readonly start: number;
  /** The elements of its table; of a statement that a loop repeats, of all its rounds. */
  readonly table: string;
  /** The same for each element of all plates but the innermost one; null where there is but one plate. */
  readonly rows: string | null;
  /** The groups whose particles it depends on. */
  readonly groups: readonly string[];
  /** The steps of the evidence that it, or what is left of it, takes part in, by their place among all. */
  readonly steps: readonly number[];
};

/** What the evidence of a model costs: a sentence of Markdown for each step, and the elements of all their tables. */
export type Costs = {
  readonly factors: readonly FactorCosts[];
  readonly steps: readonly string[];
  readonly total: string;
};

/** The costs of a model, which may take seconds to find; null where its evidence cannot be contracted. */
export function costsOf(checked: CheckedModel): Costs | null {
  const found = checked.costs();
  return "code" in found ? null : new CostWriter(checked.model, found).all();
}

/** The sum of tables, equal ones together: `K^3 x schools + 2 (K^2)`. */
export function total(tables: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const table of tables) counts.set(table, (counts.get(table) ?? 0) + 1);
  return [...counts].map(([table, n]) => (n === 1 ? table : `${n} (${table})`)).join(" + ");
}

class CostWriter {
  /** By the names of their particle axes. */
  readonly #groups: ReadonlyMap<string, Group>;
  constructor(
    model: TypedModel,
    readonly costs: EvidenceCosts,
  ) {
    this.#groups = new Map(model.groups.map((group) => [`k_${group.name}`, group]));
  }

  all(): Costs {
    const { factors, steps } = this.costs;
    // Of the rounds in which a series is multiplied up only the first is shown, whose work is half of all.
    const places = steps.flatMap((step, i) =>
      step.kind === "multiply neighbours" && steps[i - 1]?.kind === step.kind ? [] : [i],
    );
    const shown = new Map(places.map((place, i) => [place, i]));
    const byStatement = new Map<number, FactorCost[]>();
    for (const cost of factors) {
      const { start } = cost.factor.span;
      byStatement.set(start, [...(byStatement.get(start) ?? []), cost]);
    }
    const tables = places.flatMap((place) => this.#tableOf(steps[place]));
    return {
      factors: [...byStatement].flatMap(([start, costs]) => this.#factor(start, costs, shown)),
      steps: places.flatMap((place) => this.#step(steps[place])),
      total: total(tables),
    };
  }

  #factor(
    start: number,
    costs: readonly FactorCost[],
    shown: ReadonlyMap<number, number>,
  ): readonly FactorCosts[] {
    const [first] = costs;
    if (first === undefined) return [];
    const { plates } = first.factor;
    const outer = new Set(plates.slice(0, -1).map(({ name }) => name));
    const rows = first.axes.filter(({ name }) => !outer.has(name));
    const groups = costs.flatMap(({ axes }) => axes.flatMap((axis) => this.#groupOf(axis)?.name ?? []));
    return [
      {
        start,
        table: total(costs.map(({ axes }) => this.#combinations(axes))),
        rows: outer.size === 0 || costs.length > 1 ? null : this.#combinations(rows),
        groups: [...new Set(groups)],
        steps: first.steps.flatMap((step) => shown.get(step) ?? []),
      },
    ];
  }

  /** The group whose particle axis this, or the axis that it is a copy of, is. */
  #groupOf = (axis: Axis): Group | undefined => this.#groups.get(axis.blocks?.of ?? axis.name);

  /** The number of elements of a table over these axes: powers of K, then numbers, then plates, outermost first. */
  #combinations(axes: readonly Axis[]): string {
    let particles = 0;
    let numbers = 1;
    const names: string[] = [];
    for (const axis of axes) {
      const group = this.#groupOf(axis);
      const length = group === undefined ? (axis.blocks?.of ?? axis.name) : lengthOf(group);
      if (length === "K") particles++;
      else if (typeof length === "number") numbers *= length;
      else names.push(axis.role === "event" ? length.replace(/^i_/, "") : length);
    }
    const power = particles === 0 ? [] : [particles === 1 ? "K" : `K^${particles}`];
    const all = [...power, ...(numbers === 1 ? [] : [String(numbers)]), ...names];
    return all.length === 0 ? "1" : all.join(" x ");
  }

  /** The table of a step; a sum that comes apart into sums of data looks at none. */
  #tableOf(step: CostStep | undefined): readonly string[] {
    return step === undefined || step.sumsOfData !== null ? [] : [this.#combinations(step.table)];
  }

  /** What a step does, and what it looks at. */
  #step(step: CostStep | undefined): readonly string[] {
    if (step === undefined) return [];
    const { kind, removes, table, sumsOfData } = step;
    const names = [...new Set(removes.map((axis) => this.#groupOf(axis)?.name ?? axis.name))];
    const list = names.map(inline).join(", ");
    const size = inline(this.#combinations(table));
    switch (kind) {
      case "sum out":
        return [`sum over the particles of ${list}: ${size}`];
      case "plate product":
        return [
          sumsOfData === null
            ? `multiply over ${list}: ${size}`
            : `multiply over ${list}: ${sumsOfData} sums of the data, computed once, where they are fewer than rows: in place of ${size}`,
        ];
      case "step matrices":
        return [`a matrix for every step of the series: ${size}`];
      case "multiply neighbours":
        return [`multiply neighbouring steps, in rounds of half as many: ${size} in the first`];
      case "pass on":
        return [`pass ${list} on from step to step: ${size}`];
    }
  }
}

/** How many particles a group has: `K`, or the number of its values where it is summed out. */
function lengthOf({ name, support }: Group): number | string {
  if (support === null) return "K";
  const [lower, upper] = [constantValue(support.lower), constantValue(support.upper)];
  return lower === null || upper === null ? `values(${name})` : upper - lower + 1;
}
