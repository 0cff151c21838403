// Predictions that replicate observed data: which of the `generated` block do, and the data beside them.
import type { CompiledModel } from "../compiled.js";
import { elementNames } from "../inference/layout.js";
import type { Axis } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";
import type { BoundData } from "../runtime/data.js";
import type { Factor, Plate, TypedModel } from "../typecheck/model.js";

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
export function observedData(
  model: CompiledModel,
  { sizes, arrays }: BoundData,
): (name: string) => ReadonlyMap<string, number> | undefined {
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
