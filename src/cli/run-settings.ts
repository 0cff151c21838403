// What a run's options say to inference.
import type { CompiledModel } from "../compiled.js";
import {
  DEFAULT_SETTINGS,
  DEFAULT_STEPS,
  type InferenceSettings,
  type MethodName,
} from "../inference/settings.js";
import type { DrawsFrom } from "../runtime/device.js";
import type { RunOptions } from "./commands/run.js";
import { optionWithoutUse, saveWithoutDraws } from "./errors.js";
import { UsageError } from "./failures.js";
import { particleSettings } from "./particle-settings.js";
import { runPairs } from "./readouts.js";

/** Throws a UsageError for options that have no use with the others: that only other methods look at, or without draws. */
export function refuseWithoutUse(options: RunOptions): void {
  const uses = (option: string, given: unknown, methods: readonly MethodName[]): void => {
    if (given !== undefined && !methods.includes(options.method))
      throw new UsageError(optionWithoutUse(option, options.method, methods));
  };
  uses("--averaging-weight", options.averagingWeight, ["qem"]);
  uses("--step", options.step, ["rws", "vi"]);
  uses("--decay-at", options.decayAt, ["rws", "vi"]);
  uses("--betas", options.betas, ["rws", "vi"]);
  if (options.save !== undefined && options.draws === 0) throw new UsageError(saveWithoutDraws());
}

/** VI learns from how the evidence estimate varies with the guide, which stratified particles all but take away. */
const defaultDraws = (method: MethodName): DrawsFrom =>
  method === "vi" ? "iid" : DEFAULT_SETTINGS.drawsFrom;

/** Settings of a run of this model; what was not asked for is as by default. */
export function settingsFrom(options: RunOptions, model: CompiledModel): InferenceSettings {
  return {
    ...DEFAULT_SETTINGS,
    method: options.method,
    start: options.start,
    ...particleSettings(options.K, model.interface),
    seed: options.seed,
    iterations: options.iterations ?? null,
    averagingWeight: options.averagingWeight ?? null,
    steps: {
      step: options.step ?? DEFAULT_STEPS.step,
      decayAt: options.decayAt ?? DEFAULT_STEPS.decayAt,
      betas: options.betas ?? DEFAULT_STEPS.betas,
    },
    // Importance weighting has no fit: its iterations are the passes that are averaged.
    ...(options.method === "importance" && options.iterations !== undefined
      ? { finalDraws: options.iterations }
      : {}),
    drawsFrom: options.drawsFrom ?? defaultDraws(options.method),
    covariance: runPairs(model.interface, options.covariance ?? []).map(([a, b]) => [a.name, b.name]),
  };
}
