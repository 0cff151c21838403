// The first guide: what the model's author wrote, and for the rest a robust fit to draws from the prior.
import { InferenceError, noStart } from "./errors.js";
import { accept, fitGuide, isUsable, runOnHost, type GuideParameters, type HostProgram } from "./guide.js";
import { bufferAxes, elementCount, output, writeInputs, type Inputs } from "./layout.js";
import type { SavedArrays } from "./method.js";
import { rememberVariances, type LatentMoments } from "./moments.js";
import { PlateSample, sampleLengths } from "./plate-sample.js";
import { averageDraws } from "./prior-moments.js";
import { Bug } from "../diagnostic.js";
import type { CompiledProgram } from "../compiled.js";
import { ExtendedSizes, type Sizes } from "../ir/axis.js";
import { BUFFERS, PRIOR_AXIS, type ModelInterface } from "../ir/interface.js";

/** Numbers that the draws of all latents may be: where latents are many, few draws of each take long enough. */
const MOST_NUMBERS = 2 ** 20;
const FEWEST_PRIOR_DRAWS = 64;
/** Numbers that so few draws may be; where they would be more, they are of some elements of the large plates. */
const MOST_OF_FEW = 2 ** 22;

/** What is drawn from the prior: so many draws, of these elements of the plates. */
export type StartPlan = { readonly draws: number; readonly sample: PlateSample };

/** How many draws from the prior to take of what: `most` of everything where latents are few. `sizes`: of all other axes. */
export function planStart(
  model: ModelInterface,
  { prior, initial }: Readonly<Record<"prior" | "initial", CompiledProgram>>,
  sizes: Sizes,
  most: number,
): StartPlan {
  const tensors = model.latents.map((latent) =>
    (bufferAxes(prior, BUFFERS.particles(latent.name)) ?? []).filter((axis) => axis.name !== PRIOR_AXIS),
  );
  const axes = [prior, initial].flatMap(({ program }) => program.buffers.flatMap((buffer) => buffer.axes));
  const fewest = Math.min(most, FEWEST_PRIOR_DRAWS);
  const ordered = new Set(model.plates.filter((plate) => plate.ordered).map((plate) => plate.name));
  const lengths = sampleLengths(tensors, sizes, MOST_OF_FEW / fewest, ordered);
  // What a correlated group has of its own guide is for every element.
  const isWhole = model.groups.some((group) => group.correlated !== null && group.plates.length > 0);
  const part = isWhole ? new Map<string, number>() : lengths;
  const ofOne = new PlateSample(sizes, part, axes);
  const numbers = tensors.reduce((sum, of) => sum + elementCount(of, ofOne.sizes), 1);
  const draws = Math.max(fewest, Math.min(most, Math.floor(MOST_NUMBERS / numbers)));
  return { draws, sample: new PlateSample(new ExtendedSizes(sizes, [[PRIOR_AXIS, draws]]), part, axes) };
}

export type Start = {
  readonly parameters: GuideParameters;
  /** Latents of which the model gives a first value: their moments are those of the guide, not of the prior. */
  readonly given: ReadonlySet<string>;
};

export type StartPrograms = {
  readonly fixed: HostProgram;
  readonly prior: HostProgram;
  readonly initial: HostProgram;
  readonly fit: HostProgram;
};

/**
 * The guide's first parameters and, in `moments`, the moments of the prior's draws: for every latent with something to
 * learn, means of its statistics over the middle of its draws (see `TRIMMED`). Parameters that the model gives, and
 * above these `init`, take precedence. `prior` and `initial` are loaded for the sample, `fixed` and `fit` for all elements.
 */
export async function startGuide(
  programs: StartPrograms,
  model: ModelInterface,
  moments: readonly LatentMoments[],
  inputs: Inputs,
  sizes: Sizes,
  sample: PlateSample,
  seed: number,
  init: SavedArrays = new Map(),
): Promise<Start> {
  const written = new Map([...(await runOnHost(programs.fixed, inputs)), ...asNewGuide(model, init)]);
  const parameters: GuideParameters = new Map(
    model.parameters.map(({ name }) => {
      const buffer = BUFFERS.parameter(name);
      return [buffer, (init.get(buffer) ?? output(written, BUFFERS.newParameter(name))).slice()];
    }),
  );
  const { compiled, loaded } = programs.prior;
  const ofSample =
    (program: CompiledProgram, values: Inputs): Inputs =>
    (name) => {
      const [all, axes] = [values(name), bufferAxes(program, name)];
      return all === undefined || axes === undefined ? undefined : sample.take(all, axes);
    };
  writeInputs(
    loaded,
    compiled,
    ofSample(compiled, (name) => inputs(name) ?? parameters.get(name)),
  );
  const draws = await loaded.run({ seed, iteration: 0, drawsFrom: "iid" });
  for (const guide of model.guides) accept(guide, parameters, written, () => true);
  const { initial } = programs;
  const whole = ofSample(initial.compiled, (name) => parameters.get(name) ?? inputs(name));
  const known: Inputs = (name) => draws.get(name) ?? whole(name);
  const statistics = await runOnHost(initial, unknownAsNaN(initial, known, sample.sizes));
  for (const latent of moments) {
    const axes = latent.guide.whole
      ? bufferAxes(initial.compiled, BUFFERS.statistic(latent.guide.latent, 0))
      : bufferAxes(compiled, BUFFERS.particles(latent.guide.latent));
    if (axes === undefined) throw new Bug(`the prior does not draw '${latent.guide.latent}'`);
    averageDraws(
      latent,
      axes,
      output(draws, BUFFERS.particles(latent.guide.latent)),
      statistics,
      sample,
      sizes,
    );
    takeGiven(latent, written, statistics);
    rememberVariances(latent);
  }
  await fitGuide(programs.fit, moments, parameters, unknownAsNaN(programs.fit, inputs, sizes));
  const given = new Set<string>();
  for (const guide of model.guides) {
    accept(guide, parameters, written, () => true);
    const isGiven = (p: string): boolean => written.has(BUFFERS.newGuide(guide.latent, p));
    if (guide.parameters.some((p) => p.learned && isGiven(p.name))) given.add(guide.latent);
    const missing = guide.parameters.find((p) => {
      const values = parameters.get(BUFFERS.guide(guide.latent, p.name));
      return values === undefined ? p.learned : values.some((x) => !isUsable(p, x));
    });
    if (missing !== undefined) throw new InferenceError(noStart(guide.latent, missing.name));
  }
  return { parameters, given };
}

/** The moments that a guide in a correlated group has of itself, where its parameters are given, in place of the draws'. */
function takeGiven({ guide, raw }: LatentMoments, written: SavedArrays, statistics: SavedArrays): void {
  const isGiven = guide.parameters.every(
    (p) => !p.learned || written.has(BUFFERS.newGuide(guide.latent, p.name)),
  );
  raw.forEach((values, i) => {
    const own = statistics.get(BUFFERS.guideMoment(guide.latent, i));
    if (isGiven && own !== undefined) values.set(own);
  });
}

/** Parameters of guides under the names that programs give them back by. */
const asNewGuide = (model: ModelInterface, parameters: SavedArrays): SavedArrays =>
  new Map(
    model.guides.flatMap(({ latent, parameters: of }) =>
      of.flatMap(({ name }): [string, Float64Array][] => {
        const values = parameters.get(BUFFERS.guide(latent, name));
        return values === undefined ? [] : [[BUFFERS.newGuide(latent, name), values]];
      }),
    ),
  );

/** Parameters that have no value before the first fit, which few families look at, are not numbers. */
function unknownAsNaN({ compiled }: HostProgram, known: Inputs, sizes: Sizes): Inputs {
  return (name) => {
    const axes = bufferAxes(compiled, name);
    return (
      known(name) ??
      (axes === undefined || !name.startsWith("guide.")
        ? undefined
        : new Float64Array(elementCount(axes, sizes)).fill(NaN))
    );
  };
}
