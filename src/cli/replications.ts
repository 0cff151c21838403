// Predictions that replicate observed data: which they are, the data beside them, and how missing ones could be written.
import type { CompiledModel } from "../compiled.js";
import { elementNames } from "../inference/layout.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";
import { operandsOf } from "../typecheck/walk.js";
import type { Factor, Local, Plate, TypedExpression, TypedModel, ValueType } from "../typecheck/model.js";
import { showExpression, showType } from "../typecheck/show.js";
import { loadData } from "./data-files.js";
import type { Terminal } from "./terminal.js";

export type ReplicationPair = { readonly prediction: string; readonly data: string };

type Observation = Extract<Factor, { readonly kind: "observation" }>;

/** Observations of data as it stands in the data block. */
const observations = ({ factors }: TypedModel): readonly Observation[] =>
  factors.filter((factor) => factor.kind === "observation");

const samePlates = (a: readonly Plate[], b: readonly Plate[]): boolean =>
  a.length === b.length && a.every((plate) => b.includes(plate));

/** Predictions `y_rep`, `y_new` or the like over the plates of data `y` that is observed. */
export function replicationPairs(model: TypedModel): readonly ReplicationPair[] {
  const observed = model.data.filter(({ name }) =>
    observations(model).some((factor) => factor.name === name),
  );
  return model.generated.flatMap((quantity) => {
    if (quantity.kind !== "prediction") return [];
    const of = observed
      .filter(
        ({ name, plates }) => quantity.name.startsWith(`${name}_`) && samePlates(plates, quantity.plates),
      )
      .sort((a, b) => b.name.length - a.name.length);
    const [data] = of;
    return data === undefined ? [] : [{ prediction: quantity.name, data: data.name }];
  });
}

/**
 * The data of a run by name: the values of its elements that are not missing, by the names that results give them.
 * Undefined for what the model has not.
 */
export async function observedData(
  model: CompiledModel,
  paths: readonly string[],
  sizes: Sizes,
  terminal: Terminal,
): Promise<(name: string) => ReadonlyMap<string, number> | undefined> {
  const { arrays } = await loadData(model, paths, terminal);
  const axisOf = (name: string, role: Axis["role"]): Axis => {
    const rows = sizes.rows?.get(name);
    return { name, role, blocks: null, parent: rows === undefined ? null : axisOf(rows.of, "plate") };
  };
  return (name) => {
    const item = model.interface.data.find((each) => each.name === name);
    const values = arrays.get(name);
    if (item === undefined || values === undefined) return undefined;
    const counted = arrays.get(BUFFERS.observed(name));
    const plates = model.interface.plates
      .map((plate) => plate.name)
      .filter((plate) => item.plates.includes(plate));
    const axes = [
      ...plates.map((plate) => axisOf(plate, "plate")),
      ...(item.event === null ? [] : [axisOf(item.event, "event")]),
    ];
    const names = elementNames(name, axes, sizes);
    return new Map(
      names.flatMap((element, i): [string, number][] =>
        counted?.[i] === 0 ? [] : [[element, values[i] ?? NaN]],
      ),
    );
  };
}

/**
 * The `generated` block with a prediction for every `~` of data that has none, as the model could have it. Null where none
 * is missing.
 */
export function suggestedPredictions(model: TypedModel, done: ReadonlySet<string>): string | null {
  const lines = observations(model)
    .filter((factor) => factor.condition === null && !done.has(factor.name) && isPlain(factor))
    .map((factor) => {
      const { name, value, distribution, args, plates } = factor;
      const locals = localsOf(args).map(
        (local) => `${plainType(local.type)} ${local.name} = ${showExpression(local.value)}; `,
      );
      const drawn = `${plainType(value.type)} ${name}_rep ~ ${distribution.name}(${args.map(showExpression).join(", ")});`;
      const statement = `${locals.join("")}${drawn}`;
      return plates.reduceRight((inside, plate) => `plate ${plate.name} { ${inside} }`, statement);
    });
  return lines.length === 0 ? null : `generated {\n${lines.map((line) => `  ${line}\n`).join("")}}`;
}

/** Whether data itself is observed, by a family that can be drawn from. */
const isPlain = ({ value, distribution }: Observation): boolean =>
  value.kind === "reference" && value.variable.kind === "data" && distribution.draw !== null;

/** A type without its bounds. */
const plainType = (type: ValueType): string => showType(type).replace(/<.*>/, "");

/** The model's locals that expressions use, each after those that it is made of: the block has to define them again. */
function localsOf(expressions: readonly TypedExpression[]): readonly Local[] {
  const found = new Set<Local>();
  const visit = (e: TypedExpression): void => {
    operandsOf(e).forEach(visit);
    const variable = e.kind === "reference" || e.kind === "previous" ? e.variable : null;
    if (variable?.kind !== "local" || found.has(variable)) return;
    visit(variable.value);
    found.add(variable);
  };
  expressions.forEach(visit);
  return [...found];
}
