// Simulation-based calibration: data sets drawn from the model, a posterior for each, and the ranks of the truth among
// their draws.
import type { Ranks } from "./calibration.js";
import { drawPosterior } from "./draws.js";
import { InferenceError } from "./errors.js";
import { runInference } from "./infer.js";
import { elementNames, inFileOrder } from "./layout.js";
import type { InferenceData } from "./run.js";
import type { InferenceSettings } from "./settings.js";
import { dataOfDraw, simulate, type Simulated, type SimulationContext } from "./simulate.js";
import { mix } from "../codegen-js/random.js";
import type { CompiledModel } from "../compiled.js";
import { Bug, type Diagnostic } from "../diagnostic.js";
import type { Axis, Sizes } from "../ir/axis.js";
import type { Device } from "../runtime/device.js";

export type CalibrationRun = {
  /** Compiled for the data's sizes, with the programs of a run and of its draws. */
  readonly model: CompiledModel;
  /** What the data sets are drawn from: the model, or another one with the same data. */
  readonly simulation: SimulationContext;
  /** Lengths of the model's axes. */
  readonly sizes: Sizes;
  readonly settings: InferenceSettings;
  readonly simulations: number;
  /** Posterior draws that each truth is ranked among, from as many final sets. */
  readonly draws: number;
};

export type Calibration = {
  /** Of every number of every latent that both models have, in the model's order. */
  readonly quantities: readonly Ranks[];
  /** Runs that gave no posterior, which no rank is of. */
  readonly failed: readonly { readonly simulation: number; readonly diagnostic: Diagnostic }[];
  /** How many of the others had each warning, by its code, with the message of the first. */
  readonly warned: ReadonlyMap<string, { readonly count: number; readonly message: string }>;
};

/** Runs jobs 0, 1, ..., `count - 1`, in any order, each on the device that it is given. */
export type RunJobs = (count: number, job: (index: number, device: Device) => Promise<void>) => Promise<void>;

type Posterior = {
  readonly axes: ReadonlyMap<string, readonly Axis[]>;
  /** Of every latent, the rank of each of its numbers. */
  readonly ranks: ReadonlyMap<string, readonly number[]>;
};

/**
 * Simulation i has the draw i of the model as data, and a seed of its own. Each rank is among draws that come from
 * independent sets of particles, as many as their evidence is worth; equal values are broken at random. Throws a
 * DeviceError where the device fails, and the InferenceError of the first run where all of them fail.
 */
export async function calibrate(
  run: CalibrationRun,
  jobs: RunJobs,
  onProgress: (done: number) => void = () => undefined,
): Promise<Calibration> {
  const { simulations, simulation } = run;
  const truths = await simulate(simulation, simulations);
  const found: (Posterior | undefined)[] = Array.from({ length: simulations });
  const failed: Calibration["failed"][number][] = [];
  const warned = new Map<string, { count: number; message: string }>();
  let done = 0;
  await jobs(simulations, async (i, device) => {
    try {
      const { posterior, warnings } = await rank(
        run,
        { ...dataOfDraw(simulation, truths, i), sizes: run.sizes },
        truths,
        i,
        device,
      );
      found[i] = posterior;
      for (const code of new Set(warnings.map((w) => w.code))) {
        const message = warnings.find((w) => w.code === code)?.message ?? "";
        const before = warned.get(code);
        warned.set(code, { count: (before?.count ?? 0) + 1, message: before?.message ?? message });
      }
    } catch (problem) {
      if (!(problem instanceof InferenceError)) throw problem;
      failed.push({ simulation: i, diagnostic: problem.diagnostic });
    }
    onProgress(++done);
  });
  const posteriors = found.filter((p) => p !== undefined);
  const [first] = posteriors;
  failed.sort((a, b) => a.simulation - b.simulation);
  if (first === undefined) {
    const [problem] = failed;
    if (problem === undefined) throw new Bug("a calibration of no simulations");
    throw new InferenceError(problem.diagnostic);
  }
  const { sizes } = run;
  const quantities = [...first.axes].flatMap(([name, axes]) => {
    const elements = elementNames(name, axes, sizes).map((element, e): Ranks => ({
      name: element,
      draws: run.draws,
      ranks: posteriors.map((p) => p.ranks.get(name)?.[e] ?? 0),
    }));
    return inFileOrder(elements, axes, sizes);
  });
  return { quantities, failed, warned };
}

async function rank(
  { model, settings, draws }: CalibrationRun,
  data: InferenceData,
  truths: Simulated,
  i: number,
  device: Device,
): Promise<{ readonly posterior: Posterior; readonly warnings: readonly Diagnostic[] }> {
  const seed = seedOf(settings.seed, i);
  const own: InferenceSettings = { ...settings, seed, finalDraws: Math.max(2, draws) };
  const result = await runInference(model, data, device, own);
  const context = { model, data, device, settings: own, onProgress: () => undefined };
  const drawn = await drawPosterior(context, result.sampler, draws);
  const uniform = uniforms(seed);
  const axes = new Map<string, readonly Axis[]>();
  const ranks = new Map<string, readonly number[]>();
  for (const [name, { axes: own, values }] of drawn.latents) {
    const truth = truths.latents.get(name);
    if (truth === undefined || elementsOf(truth.values, truths.count) !== values.length / drawn.count)
      continue;
    axes.set(name, own);
    ranks.set(
      name,
      Array.from({ length: values.length / drawn.count }, (_, e) => {
        const mine = values.subarray(e * drawn.count, (e + 1) * drawn.count);
        return rankAmong(Math.fround(truth.values[e * truths.count + i] ?? NaN), mine, draws, uniform);
      }),
    );
  }
  return { posterior: { axes, ranks }, warnings: result.warnings };
}

const elementsOf = (values: ArrayLike<number>, count: number): number => values.length / count;

/** The number of draws below the truth; among those that equal it, its place is any. */
function rankAmong(truth: number, drawn: Float32Array, draws: number, uniform: () => number): number {
  let [below, equal] = [0, 0];
  for (const x of drawn) {
    if (x < truth) below++;
    else if (x === truth) equal++;
  }
  return Math.min(draws, below + Math.floor(uniform() * (equal + 1)));
}

/** Seeds that lie apart, by a bijection of 32-bit words (the last step of MurmurHash3). */
const seedOf = (seed: number, simulation: number): number =>
  mix((seed + Math.imul(simulation + 1, 0x9e3779b9)) >>> 0);

/** Uniform numbers to break ties with: Mulberry32. */
export function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
