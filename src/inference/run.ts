// What every part of a run shares: the model, its data, the devices, the settings.
import type { Keeper } from "./checkpoint.js";
import type { HostProgram } from "./guide.js";
import type { SavedArrays } from "./method.js";
import { axisSizes, type InferenceSettings } from "./settings.js";
import type { CompiledModel, CompiledProgram, ProgramName } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { ExtendedSizes, type Sizes } from "../ir/axis.js";
import { PRIOR_AXIS } from "../ir/interface.js";
import { LOG_ZERO } from "../ir/program.js";
import type { BoundData } from "../runtime/data.js";
import type { Device } from "../runtime/device.js";
import type { TraceEntry } from "./diagnosis.js";

/** Lengths of the data's axes, and its arrays. */
export type InferenceData = Pick<BoundData, "sizes" | "arrays">;

export type Progress =
  | { readonly phase: "start" }
  | { readonly phase: "fit"; readonly entry: TraceEntry; readonly of: number; readonly atMost: boolean }
  | { readonly phase: "final"; readonly set: number; readonly of: number }
  | { readonly phase: "draws"; readonly drawn: number; readonly of: number };

export type RunContext = {
  readonly model: CompiledModel;
  readonly data: InferenceData;
  /** Runs the iterations and the final pass. */
  readonly device: Device;
  /** Runs the small programs: start, fit, widening. */
  readonly host: Device;
  readonly settings: InferenceSettings;
  readonly onProgress: (progress: Progress) => void;
  /** Keeps the progress of the run; nothing if not given. */
  readonly keeper?: Keeper;
  /** Parameters of the guide to begin with, by the names of their buffers. */
  readonly init?: SavedArrays;
};

/** A program of the model. A Bug if it has none of that name. */
export function programOf(model: CompiledModel, name: ProgramName): CompiledProgram {
  const program = model.programs[name];
  if (program === undefined) throw new Bug(`the compiled model has no program '${name}'`);
  return program;
}

/** Lengths of all axes with these particles per group. */
export function sizesOf(
  { model, data }: Pick<RunContext, "model" | "data">,
  particles: ReadonlyMap<string, number>,
  priorDraws = 1,
): Sizes {
  return new ExtendedSizes(axisSizes(data.sizes, model.interface, particles), [[PRIOR_AXIS, priorDraws]]);
}

/** Loads a program on the host's device, runs `use`, and disposes of it. */
export async function onHost<T>(
  { model, host }: RunContext,
  name: ProgramName,
  sizes: Sizes,
  use: (program: HostProgram) => Promise<T>,
): Promise<T> {
  const compiled = programOf(model, name);
  const loaded = await host.load(compiled, sizes);
  try {
    return await use({ compiled, loaded });
  } finally {
    loaded.dispose();
  }
}

/** A device's log evidence. Log zero is a large finite number on a device; here it is an infinity. */
export function hostLogEvidence(logEvidence: number | undefined): number {
  return logEvidence !== undefined && Number.isFinite(logEvidence) && logEvidence > LOG_ZERO / 10
    ? logEvidence
    : -Infinity;
}
