// Massively parallel expectation maximisation, from bound data to the reported posterior.
import { STOPPING_WORDS, type StoppingReason } from "./course.js";
import { afterStart, type TraceEntry } from "./diagnosis.js";
import { withDerived } from "./derived.js";
import { badSetting, InferenceError } from "./errors.js";
import { finalPass, type FinalPosterior } from "./final.js";
import { fitPosterior } from "./fit.js";
import type { Progress, InferenceData, RunContext } from "./run.js";
import type { InferenceSettings } from "./settings.js";
import { output } from "./layout.js";
import type { CompiledModel } from "../compiled.js";
import { BUFFERS } from "../ir/interface.js";
import type { Device } from "../runtime/device.js";
import { createReferenceDevice } from "../runtime/reference.js";

export type { Progress, InferenceData } from "./run.js";
export { STOPPING_WORDS };

export type Timing = {
  readonly first_iteration_seconds: number;
  /** The median over the iterations. */
  readonly seconds_per_iteration: number;
  /** After the tempered start. */
  readonly iterations: number;
  /** Start and iterations, loading included. */
  readonly fit_seconds: number;
  readonly final_seconds: number;
  readonly total_seconds: number;
};

export type InferenceResult = FinalPosterior & {
  readonly trace: readonly TraceEntry[];
  /** `STOPPING_WORDS` says it in words. */
  readonly stopped: StoppingReason;
  /** The fitted guide's parameters (not widened) by the names of their buffers, [over, event]. */
  readonly guide: ReadonlyMap<string, Float64Array>;
  /** The model's own parameters as learned, by name, [event]. */
  readonly parameters: ReadonlyMap<string, Float64Array>;
  readonly timing: Timing;
};

/**
 * Fits the guide and reports the posterior. `device` runs the iterations and the final pass; the small programs run on
 * the float64 reference. Throws an InferenceError (exit code 3) where there is nothing to report, a DeviceError where
 * the device fails.
 */
export async function runInference(
  model: CompiledModel,
  data: InferenceData,
  device: Device,
  settings: InferenceSettings,
  onProgress: (progress: Progress) => void = () => undefined,
  more: Pick<RunContext, "keeper" | "init"> = {},
): Promise<InferenceResult> {
  const host = createReferenceDevice();
  try {
    return await runInferenceOn({ model, data, device, host, settings, onProgress, ...more });
  } finally {
    await host.close();
  }
}

/** As `runInference`, with the device for the small programs given too. */
export async function runInferenceOn(given: RunContext): Promise<InferenceResult> {
  checkSettings(given.settings);
  given.onProgress({ phase: "start" });
  const begin = performance.now();
  const context = { ...given, data: await withDerived(given.model, given.data) };
  const fitted = await fitPosterior(context);
  const fitEnd = performance.now();
  const final = await finalPass(context, fitted);
  const end = performance.now();
  const seconds = fitted.seconds.toSorted((a, b) => a - b);
  return {
    ...final,
    trace: fitted.trace,
    stopped: fitted.stopped,
    guide: fitted.parameters,
    parameters: new Map(
      context.model.interface.parameters.map(({ name }) => [
        name,
        output(fitted.parameters, BUFFERS.parameter(name)),
      ]),
    ),
    timing: {
      first_iteration_seconds: fitted.seconds[0] ?? NaN,
      seconds_per_iteration: seconds[Math.floor(seconds.length / 2)] ?? NaN,
      iterations: afterStart(fitted.trace).length,
      fit_seconds: (fitEnd - begin) / 1000,
      final_seconds: (end - fitEnd) / 1000,
      total_seconds: (end - begin) / 1000,
    },
  };
}

function checkSettings(settings: InferenceSettings): void {
  const check = (holds: boolean, name: string, value: number, expected: string): void => {
    if (!holds) throw new InferenceError(badSetting(name, value, expected));
  };
  const whole = (x: number, least: number): boolean => Number.isInteger(x) && x >= least;
  const { iterations, averagingWeight: weight, finalDraws } = settings;
  if (iterations !== null)
    check(whole(iterations, 1), "--iterations", iterations, "a whole number from 1 on");
  if (weight !== null)
    check(weight > 0 && weight <= 1, "--averaging-weight", weight, "more than 0 and at most 1");
  const { step, decayAt, betas } = settings.steps;
  check(step > 0 && step < Infinity, "--step", step, "more than 0");
  for (const at of decayAt ?? [])
    check(whole(at, 1), "--decay-at", at, "iterations, whole numbers from 1 on");
  for (const beta of betas) check(beta >= 0 && beta < 1, "--betas", beta, "from 0 to less than 1");
  check(whole(finalDraws, 2), "the number of final draws", finalDraws, "a whole number from 2 on");
  check(whole(settings.particles, 1), "-K", settings.particles, "a whole number from 1 on");
  for (const [group, particles] of settings.groupParticles)
    check(whole(particles, 1), `-K ${group}`, particles, "a whole number from 1 on");
}
