// Runs a program on a device and holds its outputs against those of the float64 reference.
import { emitJs } from "../../src/codegen-js/emit.js";
import { emitWgsl } from "../../src/codegen-wgsl/emit.js";
import type { CompiledProgram } from "../../src/compiled.js";
import type { Program } from "../../src/ir/program.js";
import type { Device, RunSettings } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

export const compile = (program: Program): CompiledProgram => ({
  program,
  wgsl: emitWgsl(program),
  js: emitJs(program),
});

export type Inputs = Readonly<Record<string, ArrayLike<number>>>;
export const SETTINGS: RunSettings = { seed: 17, iteration: 3, drawsFrom: "stratified" };

/** The outputs of one run. */
export async function runOn(
  device: Device,
  program: Program,
  sizes: Readonly<Record<string, number>>,
  inputs: Inputs,
  settings: RunSettings = SETTINGS,
): Promise<ReadonlyMap<string, Float64Array>> {
  const loaded = await device.load(compile(program), new Map(Object.entries(sizes)));
  try {
    for (const [name, values] of Object.entries(inputs)) loaded.write(name, values);
    return await loaded.run(settings);
  } finally {
    loaded.dispose();
  }
}

/** The outputs of one run on the float64 reference device. */
export const runReference = (
  program: Program,
  sizes: Readonly<Record<string, number>>,
  inputs: Inputs,
  settings?: RunSettings,
): Promise<ReadonlyMap<string, Float64Array>> =>
  runOn(createReferenceDevice(), program, sizes, inputs, settings);

/** Evenly spread numbers without a pattern, the same on every machine: multiples of the golden ratio's fraction. */
export const numbers = (count: number, from: number, to: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) =>
    Math.fround(from + (to - from) * (((i + 1) * 0.6180339887498949) % 1)),
  );
