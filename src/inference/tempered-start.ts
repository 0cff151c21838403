// The robust start: from the first guide to the posterior along a path of tempered ones, where it is too far to go at once.
import { NO_KEEPER } from "./checkpoint.js";
import { effectiveSizes, FitHealth, traceEntry, type TraceEntry } from "./diagnosis.js";
import type { GuideParameters } from "./guide.js";
import { inputsOf, output, writeInputs, type Inputs } from "./layout.js";
import type { FitOptions, Outputs } from "./method.js";
import { Qem } from "./qem.js";
import { hostLogEvidence, programOf, type RunContext } from "./run.js";
import { TemperPath } from "./tempering.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS, type ModelInterface } from "../ir/interface.js";

/** The most weight of the newest iteration in the moving average of the moments: high, as the target moves. */
const GREATEST_WEIGHT = 0.5;
/**
 * So many particles the moving average holds at least: a guide that is fitted to fewer loses more of its variance at
 * every step than the next steps give back, and shrinks on the way.
 */
const AVERAGED_PARTICLES = 30;

/** An average in which the newest of equally good iterations of K particles weighs a is worth K (2 - a) / a of them. */
export const startWeight = (particles: number): number =>
  Math.min(GREATEST_WEIGHT, (2 * particles) / (AVERAGED_PARTICLES + particles));

/** An iteration number apart from those of the fit and of the final sets. */
const START_ITERATIONS = 0x20000000;

/** What a run that is stopped in its start goes on from: its beginning, as the start is short. */
const NOTHING_DONE = { trace: [], seconds: [], parameters: new Map(), method: new Map(), stopped: null };

/** An iteration with the seconds that it took. */
export type TimedEntry = { readonly entry: TraceEntry; readonly seconds: number };

/**
 * Fits the guide, from the parameters and moments in `options`, to (1 - t) log Q0 + t log P for rising t, where Q0 is the
 * guide as given, until t is 1. At first the particles are weighed by the posterior itself: where their weights are
 * worth enough, that one iteration is all.
 */
export async function temperedStart(
  context: RunContext,
  options: FitOptions,
  sizes: Sizes,
): Promise<readonly TimedEntry[]> {
  const { model, device, data, settings, onProgress, keeper = NO_KEEPER } = context;
  const { seed, drawsFrom } = settings;
  // Weights that collapse on the way say nothing of the fit's health.
  const health = new FitHealth(model.interface, options.particles);
  // Moments lead only guides that are fitted to them.
  if (model.interface.guides.some((guide) => guide.parameters.some((p) => p.learned && !p.fitted))) return [];
  // One particle is its own mean: there is nothing to weigh.
  if ([...options.particles.values()].includes(1)) return [];
  const path = new TemperPath();
  const weight = startWeight(Math.min(...options.particles.values()));
  const qem = new Qem(options, "start");
  const first = firstGuide(model.interface, options.start.parameters);
  const entries: TimedEntry[] = [];
  const compiled = programOf(model, qem.program);
  const loaded = await device.load(compiled, sizes);
  const inputs =
    (temper: number): Inputs =>
    (name) =>
      name === BUFFERS.temper ? [temper] : (first.get(name) ?? qem.inputs(name));
  try {
    writeInputs(loaded, compiled, (name) => data.arrays.get(name) ?? inputs(1)(name));
    while (!path.arrived) {
      if (keeper.isDue()) keeper.keep({ ...NOTHING_DONE, health: health.counts });
      const begin = performance.now();
      const iteration = entries.length + 1;
      for (const [name, values] of inputsOf(compiled, [
        ...qem.changes(weight),
        [BUFFERS.temper, [path.temper]],
      ]))
        loaded.write(name, values);
      const outputs = await loaded.run({ seed, iteration: START_ITERATIONS + iteration, drawsFrom });
      const logEvidence = hostLogEvidence(output(outputs, BUFFERS.logEvidence)[0]);
      const share = Number.isFinite(logEvidence) ? worstShare(outputs, options.particles) : NaN;
      const { temper } = path;
      if (!path.accepts(share)) continue;
      loaded.advance();
      if (Number.isFinite(logEvidence)) await qem.update(outputs, weight);
      const sizes = health.add(outputs);
      const entry = traceEntry({ iteration, phase: "start", logEvidence, temper, step: weight }, sizes);
      entries.push({ entry, seconds: (performance.now() - begin) / 1000 });
      onProgress({ phase: "fit", entry, of: settings.iterations ?? qem.pace.maximum, atMost: true });
    }
    qem.take(await loaded.readState());
  } finally {
    loaded.dispose();
  }
  return entries;
}

/** The guide as given, under the names that the tempered program has for it. */
function firstGuide(model: ModelInterface, parameters: GuideParameters): ReadonlyMap<string, Float64Array> {
  const pairs = model.guides.flatMap(({ latent, parameters: of }) =>
    of.map(({ name }): [string, Float64Array] => [
      BUFFERS.startGuide(latent, name),
      output(parameters, BUFFERS.guide(latent, name)).slice(),
    ]),
  );
  return new Map(pairs);
}

/**
 * The least share, over groups, of what weights can be worth: from 0, where one particle has all the weight, to 1, where
 * all have the same. Of a group's plate elements it is by the geometric mean of their effective sizes.
 */
function worstShare(outputs: Outputs, particles: ReadonlyMap<string, number>): number {
  const shares = [...particles].map(([group, count]) => {
    const squares = output(outputs, BUFFERS.weightSquares(group));
    return (Math.exp(effectiveSizes(squares).meanLog) - 1) / (count - 1);
  });
  return Math.min(...shares);
}
