// Checks bound data against the bounds that the model declares for them (`int<lower=0, upper=K> y[n]`).
import type { CompiledModel } from "../compiled.js";
import { Bug, type Diagnostic } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";
import type { Buffer } from "../ir/program.js";
import { fileAddresses } from "./arrangement.js";
import type { BoundData, DataOrigin } from "./data.js";
import { elementName, raggedIndicesOf } from "./data-value.js";
import type { Device } from "./device.js";
import { outOfRange, tooMany } from "./errors.js";

const SHOWN = 10;

/** Elements outside their declared bounds, 10 of each array at most. `reference` is the float64 device. */
export async function checkBounds(
  model: CompiledModel,
  data: BoundData,
  reference: Device,
): Promise<Diagnostic[]> {
  const compiled = model.programs.bounds;
  if (compiled === undefined) return [];
  const loaded = await reference.load(compiled, data.sizes);
  try {
    for (const buffer of compiled.program.buffers) {
      if (buffer.storage !== "input") continue;
      const values = data.arrays.get(buffer.name);
      if (values === undefined) throw new Bug(`program 'bounds' wants '${buffer.name}', which is not data`);
      loaded.write(buffer.name, values);
    }
    const outputs = await loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
    const buffers = new Map(compiled.program.buffers.map((buffer) => [buffer.name, buffer]));
    return [...data.origins.values()].flatMap((origin) => {
      const { name } = origin.interface;
      return (["lower", "upper"] as const).flatMap((side) => {
        const buffer = buffers.get(BUFFERS[side](name));
        const bounds = outputs.get(BUFFERS[side](name));
        if (buffer === undefined || bounds === undefined) return [];
        return violations(origin, side, bounds, boundPlaces(origin, buffer, data.sizes));
      });
    });
  } finally {
    loaded.dispose();
  }
}

/** The place in the buffer of every element's bound, elements in the file's order. */
function boundPlaces({ interface: item }: DataOrigin, buffer: Buffer, sizes: Sizes): Int32Array {
  const axes = item.event === null ? item.plates : [...item.plates, item.event];
  const stored = buffer.axes.map((axis) => axis.name);
  return fileAddresses(stored, axes, sizes);
}

function violations(
  { declared, value }: DataOrigin,
  side: "lower" | "upper",
  bounds: Float64Array,
  places: Int32Array,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  let rest = 0;
  const only = bounds.length === 1 ? bounds[0] : undefined;
  value.values.forEach((x, i) => {
    const bound = only ?? bounds[places[i] ?? 0];
    if (bound === undefined) throw new Bug(`no ${side} bound for element ${i} of '${declared.name}'`);
    if (side === "lower" ? x >= bound : x <= bound) return;
    if (found.length === SHOWN) rest++;
    else {
      const element = elementName(declared.name, raggedIndicesOf(i, value));
      found.push(outOfRange(declared, element, x, side, bound, value.locate(i)));
    }
  });
  return rest > 0 ? [...found, tooMany("E0523", rest)] : found;
}
