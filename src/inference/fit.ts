// Fitting the guide: the loop that every method shares, its trace, its end, and what it takes to go on after a stop.
import { NO_KEEPER, type Keeper, type Snapshot } from "./checkpoint.js";
import { CorrelatedGroup, giveCorrelations } from "./correlations.js";
import { Course, type StoppingReason } from "./course.js";
import { afterStart, FitHealth, traceEntry, type TraceEntry } from "./diagnosis.js";
import { InferenceError, noFiniteEvidence } from "./errors.js";
import type { GuideParameters, HostProgram } from "./guide.js";
import { inputsOf, output, writeInputs, type Inputs } from "./layout.js";
import type { Method } from "./method.js";
import { fitsGuide, makeMethod } from "./methods.js";
import { refuseUnfitted } from "./qem.js";
import { emptyMoments, type LatentMoments } from "./moments.js";
import { PointParameters } from "./parameters.js";
import { hostLogEvidence, onHost, programOf, sizesOf, type RunContext } from "./run.js";
import { QEM_PACE } from "./schedule.js";
import { particlesPerGroup } from "./settings.js";
import { planStart, startGuide, type Start, type StartPlan } from "./start.js";
import { temperedStart, type TimedEntry } from "./tempered-start.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";

/** So many iterations in a row without finite evidence are the end. */
const PATIENCE = 25;
/** Iterations that together take less are queued at once: what they give is read back together. */
const SECONDS_AT_ONCE = 0.1;

/** A fitted guide, and how it came about. */
export type Fitted = {
  readonly parameters: GuideParameters;
  readonly trace: readonly TraceEntry[];
  readonly health: FitHealth;
  /** Of each iteration. */
  readonly seconds: readonly number[];
  readonly stopped: StoppingReason;
  /** Keeps a snapshot of the finished fit, if one is due. */
  readonly keepIfDue: () => void;
};

/** Fits the guide from its start until the evidence has settled, or for as many iterations as asked. */
export async function fitPosterior(context: RunContext): Promise<Fitted> {
  const { model, data, settings, keeper = NO_KEEPER } = context;
  if (settings.method === "qem") refuseUnfitted(model.interface);
  const particles = particlesPerGroup(model.interface, settings);
  const initial = programOf(model, "initial");
  const programs = { prior: programOf(model, "prior"), initial };
  const plan = planStart(model.interface, programs, sizesOf(context, particles), settings.priorDraws);
  const sizes = sizesOf(context, particles, plan.draws);
  const moments = emptyMoments(model.interface, initial, sizes);
  const inputs: Inputs = (name) => data.arrays.get(name);
  return onHost(context, "fit", sizes, async (fit) => {
    const resumed = resumedFrom(keeper);
    const start =
      resumed === null
        ? await startOf(context, fit, moments, sizes, plan)
        : { parameters: new Map(resumed.parameters), given: new Set<string>() };
    const { drawsFrom, averagingWeight } = settings;
    const stratified = drawsFrom !== "iid";
    const correlated = CorrelatedGroup.of(model.interface, programOf(model, "start"), moments, sizes);
    if (resumed === null) {
      for (const group of correlated) group.begin(context.init?.get(BUFFERS.correlations(group.name)));
      giveCorrelations(correlated, start.parameters);
    }
    const options = { fit, correlated, moments, start, particles, stratified, averagingWeight, data: inputs };
    const begins = resumed === null && fitsGuide(settings.method) && settings.start === "tempered";
    const tempered = begins ? await temperedStart(context, options, sizes) : [];
    // It begins with what the start has made of the parameters and moments.
    const method = makeMethod(model.interface, settings, options);
    return new Fitting(context, keeper, method, start.parameters, particles, tempered).run(sizes);
  });
}

/** The snapshot to go on from; one of a run that was stopped in its start is none. */
const resumedFrom = ({ resumed }: Keeper): Snapshot | null =>
  resumed === null || resumed.trace.length === 0 ? null : resumed;

const startOf = (
  context: RunContext,
  fit: HostProgram,
  moments: readonly LatentMoments[],
  sizes: Sizes,
  { sample }: StartPlan,
): Promise<Start> => {
  const inputs: Inputs = (name) => context.data.arrays.get(name);
  const { interface: model } = context.model;
  return onHost(context, "fixed", sizes, (fixed) =>
    onHost(context, "prior", sample.sizes, (prior) =>
      onHost(context, "initial", sample.sizes, (initial) =>
        startGuide(
          { fixed, prior, initial, fit },
          model,
          moments,
          inputs,
          sizes,
          sample,
          context.settings.seed,
          context.init,
        ),
      ),
    ),
  );
};

/** The loop and its state. */
class Fitting {
  private readonly trace: TraceEntry[];
  private readonly seconds: number[];
  private readonly health: FitHealth;
  private readonly course: Course;
  private readonly points: PointParameters;
  private stopped: StoppingReason | null;

  constructor(
    private readonly context: RunContext,
    private readonly keeper: Keeper,
    private readonly method: Method | null,
    private readonly parameters: GuideParameters,
    particles: ReadonlyMap<string, number>,
    tempered: readonly TimedEntry[],
  ) {
    const resumed = resumedFrom(keeper);
    this.trace = [...(resumed?.trace ?? tempered.map(({ entry }) => entry))];
    this.seconds = [...(resumed?.seconds ?? tempered.map(({ seconds }) => seconds))];
    this.health = new FitHealth(context.model.interface, particles, resumed?.health ?? null);
    this.stopped = resumed?.stopped ?? null;
    this.course = new Course(context.settings.iterations, method?.pace ?? QEM_PACE);
    for (const { phase, logEvidence, meanLogEss } of this.trace)
      if (phase !== "start") this.course.add(logEvidence, meanLogEss);
    this.points = new PointParameters(context.model.interface, parameters, context.settings.steps.betas);
    if (resumed !== null) {
      method?.restore(resumed.method);
      this.points.restore(resumed.method);
    }
  }

  async run(sizes: Sizes): Promise<Fitted> {
    const { trace, health, seconds, parameters } = this;
    const { method } = this;
    const stopped = this.stopped ?? (method === null ? "fixed" : await this.iterate(method, sizes));
    this.stopped = stopped;
    this.keeper.keep(this.snapshot());
    return { parameters, trace, health, seconds, stopped, keepIfDue: () => this.keepIfDue() };
  }

  private async iterate(method: Method, sizes: Sizes): Promise<StoppingReason> {
    const compiled = programOf(this.context.model, method.program);
    const loaded = await this.context.device.load(compiled, sizes);
    const takeState = async (): Promise<void> => {
      for (const [latent, elements] of method.take(await loaded.readState()))
        this.health.setNonFinite(latent, elements);
    };
    try {
      const data = this.context.data.arrays;
      writeInputs(
        loaded,
        compiled,
        (name) => data.get(name) ?? method.inputs(name) ?? this.parameters.get(name),
      );
      for (;;) {
        const stopped = await this.iterations(method, { compiled, loaded });
        if (stopped !== null) {
          await takeState();
          return stopped;
        }
        if (!this.keeper.isDue()) continue;
        await takeState();
        this.keeper.keep(this.snapshot());
      }
    } finally {
      loaded.dispose();
    }
  }

  /** Several iterations in a row, or one; says why the fit ends with the last, or null. */
  private async iterations(
    method: Method,
    { compiled, loaded }: HostProgram,
  ): Promise<StoppingReason | null> {
    const { settings, onProgress } = this.context;
    const { course } = this;
    const begin = performance.now();
    const done = afterStart(this.trace).length;
    const onHost = method.updatesOnHost || this.points.values.size > 0;
    const steps = Array.from({ length: onHost ? 1 : this.atOnce() }, (_, i) => method.step(course, i));
    const { phase } = course;
    const results = await loaded.iterate(
      steps.map((step, i) => ({
        settings: { seed: settings.seed, iteration: done + i + 1, drawsFrom: settings.drawsFrom },
        inputs: inputsOf(compiled, [...method.changes(step), ...this.points.values]),
      })),
    );
    let stopped: StoppingReason | null = null;
    for (const [i, outputs] of results.entries()) {
      const step = steps[i] ?? NaN;
      const logEvidence = hostLogEvidence(output(outputs, BUFFERS.logEvidence)[0]);
      const sizes = this.health.add(outputs);
      if (Number.isFinite(logEvidence))
        for (const [name, elements] of [
          ...(await method.update(outputs, step)),
          ...this.points.update(outputs, method.parameterStep(step)),
        ])
          this.health.addNonFinite(name, elements);
      const entry = traceEntry({ iteration: done + i + 1, phase, logEvidence, temper: 1, step }, sizes);
      this.trace.push(entry);
      if (this.trace.slice(-PATIENCE).filter((e) => !Number.isFinite(e.logEvidence)).length === PATIENCE)
        throw new InferenceError(noFiniteEvidence(PATIENCE));
      const { iterations } = settings;
      onProgress({ phase: "fit", entry, of: iterations ?? method.pace.maximum, atMost: iterations === null });
      stopped = course.add(logEvidence, entry.meanLogEss);
    }
    const seconds = (performance.now() - begin) / 1000 / results.length;
    this.seconds.push(...results.map(() => seconds));
    return stopped;
  }

  /**
   * How many iterations go at once: as many as are done within a moment, up to the next at which the course decides. What is
   * computed does not depend on it.
   */
  private atOnce(): number {
    if (this.keeper.isDue()) return 1;
    const seconds = this.seconds.at(-1) ?? Infinity;
    return Math.max(1, Math.min(this.course.undecided, Math.floor(SECONDS_AT_ONCE / seconds)));
  }

  private keepIfDue(): void {
    if (this.keeper.isDue()) this.keeper.keep(this.snapshot());
  }

  private snapshot(): Snapshot {
    const { trace, seconds, health, parameters, method, stopped } = this;
    return {
      trace,
      seconds,
      health: health.counts,
      parameters,
      method: new Map([...(method?.save() ?? []), ...this.points.arrays]),
      stopped,
    };
  }
}
