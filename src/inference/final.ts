// The final pass: independent sets of particles of the widened guide, weighed against each other by their evidence.
import { CovarianceStore, latentPairs, PairCovariance, type CovarianceRow } from "./covariance.js";
import { FinalSizes, warnings, type GroupDiagnosis } from "./diagnosis.js";
import { emptySets, InferenceError, noFiniteFinalEvidence, unequalSets } from "./errors.js";
import { finalParticles } from "./final-particles.js";
import type { Fitted } from "./fit.js";
import { widenGuide, widening, type GuideParameters } from "./guide.js";
import { bufferAxes, elementCount, output, writeInputs, type Inputs } from "./layout.js";
import { finishAll } from "./pooled-weights.js";
import { makeStores, quantities, type SummaryRow } from "./posterior.js";
import { hostLogEvidence, onHost, programOf, sizesOf, type RunContext } from "./run.js";
import { combinedEvidence, setWeights } from "./sets.js";
import { particlesPerGroup, sampledGroups } from "./settings.js";
import type { Diagnostic } from "../diagnostic.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS, type GroupInterface } from "../ir/interface.js";

/** Iteration numbers of the final sets, far from those of the fit: their random numbers are independent. */
export const FINAL_ITERATIONS = 0x40000000;

/** Sets that by their evidence count for less than this share of their number are warned of. */
const UNEQUAL_SHARE = 0.3;

export type Evidence = {
  /** Log of the mean of the final sets' evidences, and its Monte Carlo standard error. */
  readonly mean: number;
  readonly mcse: number;
  /** Log evidence of every final set, and the number of sets that their weights are worth. */
  readonly sets: readonly number[];
  readonly effectiveSets: number;
};

/** What it takes to draw the final sets again: the guide they come from, and the sets with their weights. */
export type FinalSampler = {
  readonly guide: GuideParameters;
  readonly particles: ReadonlyMap<string, number>;
  /** Those with a finite evidence, by their place among all; the weights sum to 1. */
  readonly sets: readonly { readonly iteration: number; readonly weight: number }[];
};

export type FinalPosterior = {
  readonly sampler: FinalSampler;
  readonly summary: readonly SummaryRow[];
  /** Of the pairs that the settings ask for, those of the same elements of the plates that both are in. */
  readonly covariance: readonly CovarianceRow[];
  readonly evidence: Evidence;
  readonly groups: readonly GroupDiagnosis[];
  readonly warnings: readonly Diagnostic[];
  /** The median over the sets. */
  readonly secondsPerSet: number;
};

/** Draws the final sets and sums them up. */
export async function finalPass(context: RunContext, fitted: Fitted): Promise<FinalPosterior> {
  const { model, settings } = context;
  const asked = particlesPerGroup(model.interface, settings);
  // Importance weighting is of the guide as it is, with the particles that were asked for.
  const asItIs = settings.method === "importance";
  const particles = asItIs
    ? asked
    : finalParticles(programOf(model, "posterior"), asked, (candidate) => sizesOf(context, candidate));
  const sizes = sizesOf(context, particles);
  const guide = asItIs ? fitted.parameters : await widened(context, fitted.parameters, particles, sizes);
  const compiled = programOf(model, "posterior");
  const wanted = quantities(model.interface, compiled);
  const { stores, weights: pooled } = makeStores(wanted, sizes, settings.finalDraws, settings.memoryBytes);
  const covariances = new CovarianceStore(
    latentPairs(model.interface, settings.covariance).map(
      (pair) => new PairCovariance(pair, model.interface, compiled, sizes),
    ),
  );
  const finalSizes = new FinalSizes(model.interface, particles);
  const { evidences, medianSeconds } = await drawSets(context, guide, sizes, (outputs) => {
    for (const store of [...stores, ...pooled.values()]) store.add(outputs);
    covariances.add(outputs);
    finalSizes.add(outputs);
    fitted.keepIfDue();
  });
  const empty = evidences.filter((x) => !Number.isFinite(x)).length;
  const weighed = evidences.filter(Number.isFinite);
  if (weighed.length === 0) throw new InferenceError(noFiniteFinalEvidence());
  const { weights, effective } = setWeights(weighed);
  const outermost = new Set(
    model.interface.groups.filter((g) => g.plates.length === 0).map((g) => BUFFERS.weights(g.name)),
  );
  const finished = finishAll(pooled.values(), (buffer) => outermost.has(buffer), weights);
  const { logEvidence, mcse } = combinedEvidence(evidences);
  const rows = new Map(wanted.map(({ name }, i) => [name, stores[i]?.rows(finished) ?? []]));
  const groups = finalSizes.diagnose(
    fitted.health,
    pooled,
    (latent) => rows.get(latent) ?? [],
    weighed.length,
  );
  const finite = evidences.flatMap((x, iteration) => (Number.isFinite(x) ? [iteration] : []));
  const summary = [...rows.values()].flat();
  return {
    sampler: {
      guide,
      particles,
      sets: finite.map((iteration, s) => ({ iteration, weight: finished[s] ?? 0 })),
    },
    summary,
    covariance: covariances.rows(finished, summary),
    evidence: { mean: logEvidence, mcse, sets: evidences, effectiveSets: effective },
    groups,
    secondsPerSet: medianSeconds,
    warnings: [
      ...warnings(model.interface, groups, fitted.health, {
        rising: fitted.stopped === "maximum" ? fitted.trace.length : null,
      }),
      ...(effective < UNEQUAL_SHARE * weighed.length ? [unequalSets(effective, weighed.length)] : []),
      ...(empty > 0 ? [emptySets(empty, evidences.length)] : []),
    ],
  };
}

type DrawnSets = { readonly evidences: readonly number[]; readonly medianSeconds: number };

/** Runs the sets one by one; `take` gets the outputs of those with a finite evidence. Returns all log evidences. */
async function drawSets(
  context: RunContext,
  guide: GuideParameters,
  sizes: Sizes,
  take: (outputs: ReadonlyMap<string, Float64Array>) => void,
): Promise<DrawnSets> {
  const { model, data, device, settings, onProgress } = context;
  const { seed, drawsFrom, finalDraws } = settings;
  const compiled = programOf(model, "posterior");
  const loaded = await device.load(compiled, sizes);
  const evidences: number[] = [];
  const seconds: number[] = [];
  try {
    writeInputs(loaded, compiled, (name) => data.arrays.get(name) ?? guide.get(name));
    for (let set = 0; set < finalDraws; set++) {
      const begin = performance.now();
      const outputs = await loaded.run({ seed, iteration: FINAL_ITERATIONS + set, drawsFrom });
      seconds.push((performance.now() - begin) / 1000);
      const logEvidence = hostLogEvidence(output(outputs, BUFFERS.logEvidence)[0]);
      evidences.push(logEvidence);
      if (Number.isFinite(logEvidence)) take(outputs);
      onProgress({ phase: "final", set: set + 1, of: finalDraws });
    }
  } finally {
    loaded.dispose();
  }
  seconds.sort((a, b) => a - b);
  return { evidences, medianSeconds: seconds[Math.floor(seconds.length / 2)] ?? NaN };
}

/** The guide that the final particles are drawn from: wider than the fitted one, so that no tail is missed. */
async function widened(
  context: RunContext,
  parameters: GuideParameters,
  particles: ReadonlyMap<string, number>,
  sizes: Sizes,
): Promise<GuideParameters> {
  const { interface: model } = context.model;
  const inputs: Inputs = (name) => context.data.arrays.get(name);
  const factors = new Map(
    sampledGroups(model).flatMap((group) => {
      const factor = widening(groupDimension(context, group, sizes), particles.get(group.name) ?? 1);
      return group.latents.map((latent) => [latent, factor] as const);
    }),
  );
  return onHost(context, "widen", sizes, (widen) =>
    widenGuide(widen, model, parameters, (latent) => factors.get(latent) ?? 1, inputs),
  );
}

/** Numbers per plate element in a group. */
function groupDimension({ model }: RunContext, group: GroupInterface, sizes: Sizes): number {
  const posterior = programOf(model, "posterior");
  return group.latents.reduce((sum, latent) => {
    const axes = bufferAxes(posterior, BUFFERS.particles(latent)) ?? [];
    const own = axes.filter((axis) => axis.role !== "particle" && !group.plates.includes(axis.name));
    return sum + elementCount(own, sizes);
  }, 0);
}
