// Fitting the guide: expectation by the device's posterior moments, maximisation by the families' own fits.
import { Course, type StoppingReason } from "./course.js";
import { FitHealth, type TraceEntry } from "./diagnosis.js";
import { InferenceError, noFiniteEvidence } from "./errors.js";
import { fitGuide, type GuideParameters, type HostProgram } from "./guide.js";
import { bufferAxes, output, rewriteInputs, writeInputs, type Inputs } from "./layout.js";
import { centre, emptyMoments, update, type LatentMoments } from "./moments.js";
import { hostLogEvidence, onHost, programOf, sizesOf, type RunContext } from "./run.js";
import { averagingWeight } from "./schedule.js";
import { particlesPerGroup } from "./settings.js";
import { priorDrawCount, startGuide, type Start } from "./start.js";
import { BUFFERS } from "../ir/interface.js";

/** So many iterations in a row without finite evidence are the end. */
const PATIENCE = 25;

/** A fitted guide, and how it came about. */
export type Fitted = {
  readonly parameters: GuideParameters;
  readonly trace: readonly TraceEntry[];
  readonly health: FitHealth;
  /** Of each iteration. */
  readonly seconds: readonly number[];
  readonly stopped: StoppingReason;
};

/** Fits the guide from its start until the evidence has settled, or for as many iterations as asked. */
export async function fitPosterior(context: RunContext): Promise<Fitted> {
  const { model, data, settings } = context;
  const particles = particlesPerGroup(model.interface, settings);
  const prior = programOf(model, "prior");
  const draws = priorDrawCount(
    model.interface,
    sizesOf(context, particles),
    settings.priorDraws,
    settings.memoryBytes,
    (latent) => bufferAxes(prior, BUFFERS.particles(latent)) ?? [],
  );
  const sizes = sizesOf(context, particles, draws);
  const moments = emptyMoments(model.interface, programOf(model, "qem"), sizes);
  const inputs: Inputs = (name) => data.arrays.get(name);
  return onHost(context, "fit", sizes, async (fit) => {
    const start = await onHost(context, "fixed", sizes, (fixed) =>
      onHost(context, "prior", sizes, (prior) =>
        onHost(context, "initial", sizes, (initial) =>
          startGuide({ fixed, prior, initial, fit }, model.interface, moments, inputs, sizes, settings.seed),
        ),
      ),
    );
    const compiled = programOf(model, "qem");
    const loaded = await context.device.load(compiled, sizes);
    try {
      const fitting = new Fitting(context, { compiled, loaded }, fit, moments, start, particles);
      return await fitting.run();
    } finally {
      loaded.dispose();
    }
  });
}

/** The loop and its state. */
class Fitting {
  private readonly health: FitHealth;
  private started = false;

  constructor(
    private readonly context: RunContext,
    private readonly qem: HostProgram,
    private readonly fitProgram: HostProgram,
    private readonly moments: readonly LatentMoments[],
    private readonly start: Start,
    private readonly particles: ReadonlyMap<string, number>,
  ) {
    this.health = new FitHealth(context.model.interface);
  }

  private readonly inputs: Inputs = (name) => this.context.data.arrays.get(name);

  async run(): Promise<Fitted> {
    const { settings, onProgress } = this.context;
    const course = new Course(settings.iterations);
    const trace: TraceEntry[] = [];
    const seconds: number[] = [];
    let barren = 0;
    for (let iteration = 1; ; iteration++) {
      const begin = performance.now();
      const outputs = await this.expectation(iteration);
      const logEvidence = hostLogEvidence(output(outputs, BUFFERS.logEvidence)[0]);
      const weight = averagingWeight(settings.averagingWeight, course.settledFor);
      barren = Number.isFinite(logEvidence) ? 0 : barren + 1;
      if (barren === PATIENCE) throw new InferenceError(noFiniteEvidence(PATIENCE));
      const { minimum, median, meanLog } = this.health.add(outputs);
      if (barren === 0) await this.maximisation(outputs, weight);
      const entry: TraceEntry = {
        iteration,
        phase: course.phase,
        logEvidence,
        minimumEss: minimum,
        medianEss: median,
        meanLogEss: meanLog,
        averagingWeight: weight,
      };
      trace.push(entry);
      seconds.push((performance.now() - begin) / 1000);
      onProgress({ phase: "fit", entry, of: settings.iterations });
      const stopped = course.add(logEvidence, meanLog);
      if (stopped !== null)
        return { parameters: this.start.parameters, trace, health: this.health, seconds, stopped };
    }
  }

  private async expectation(iteration: number): Promise<ReadonlyMap<string, Float64Array>> {
    const centres = new Map(
      this.moments.flatMap((m) =>
        m.raw.map((_, i) => [BUFFERS.centre(m.guide.latent, i), centre(m, i)] as const),
      ),
    );
    const { compiled, loaded } = this.qem;
    const { parameters } = this.start;
    const moving: Inputs = (name) => centres.get(name) ?? parameters.get(name);
    if (iteration === 1) writeInputs(loaded, compiled, (name) => this.inputs(name) ?? moving(name));
    else rewriteInputs(loaded, compiled, moving);
    const { seed, stratified } = this.context.settings;
    return loaded.run({ seed, iteration, stratified });
  }

  private async maximisation(outputs: ReadonlyMap<string, Float64Array>, weight: number): Promise<void> {
    for (const moments of this.moments) {
      const { latent } = moments.guide;
      const { nonFiniteElements } = update(moments, outputs, {
        weight,
        particles: this.particles.get(moments.group) ?? 1,
        stratified: this.context.settings.stratified,
        startFromGuide: !this.started && this.start.given.has(latent),
      });
      this.health.addNonFinite(latent, nonFiniteElements);
    }
    this.started = true;
    const kept = await fitGuide(this.fitProgram, this.moments, this.start.parameters, this.inputs);
    for (const [latent, elements] of kept) this.health.addNonFinite(latent, elements);
  }
}
