// What data alone decides, computed once for each data set and taken by all programs as if it were data.
import type { CompiledModel, CompiledProgram } from "../compiled.js";
import { createReferenceDevice } from "../runtime/reference.js";
import { writeInputs } from "./layout.js";
import type { InferenceData } from "./run.js";

type Arrays = InferenceData["arrays"];
const DERIVED = new WeakMap<CompiledProgram, WeakMap<Arrays, Promise<Arrays>>>();

/** The data with the outputs of the model's program `data` among its arrays, computed on the float64 reference device. */
export async function withDerived<T extends InferenceData>(
  { programs: { data: compiled } }: CompiledModel,
  data: T,
): Promise<T> {
  if (compiled === undefined) return data;
  const ofProgram = DERIVED.get(compiled) ?? new WeakMap<Arrays, Promise<Arrays>>();
  DERIVED.set(compiled, ofProgram);
  const known = ofProgram.get(data.arrays) ?? derive(compiled, data);
  ofProgram.set(data.arrays, known);
  return { ...data, arrays: new Map([...data.arrays, ...(await known)]) };
}

async function derive(compiled: CompiledProgram, { sizes, arrays }: InferenceData): Promise<Arrays> {
  const device = createReferenceDevice();
  const loaded = await device.load(compiled, sizes);
  try {
    writeInputs(loaded, compiled, (name) => arrays.get(name));
    return await loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
  } finally {
    loaded.dispose();
    await device.close();
  }
}
