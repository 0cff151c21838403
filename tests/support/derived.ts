// Inputs of a model's programs with what data alone decides, as runs give it.
import type { CompiledModel } from "../../src/compiled.js";
import type { Axis, Sizes } from "../../src/ir/axis.js";
import { isDerived } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

/** An input's values by its buffer's name and axes. */
export type GivenInputs = (name: string, axes: readonly Axis[]) => ArrayLike<number>;

/** The same inputs, and the outputs of the model's program `data` on them. */
export async function withDerived(
  model: CompiledModel,
  sizes: Sizes,
  inputs: GivenInputs,
): Promise<GivenInputs> {
  const compiled = model.programs.data;
  if (compiled === undefined) return inputs;
  const loaded = await createReferenceDevice().load(compiled, sizes);
  for (const { name, axes, storage } of compiled.program.buffers)
    if (storage === "input") loaded.write(name, inputs(name, axes));
  const derived = await loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
  loaded.dispose();
  return (name, axes) => (isDerived(name) ? (derived.get(name) ?? []) : inputs(name, axes));
}
