// The answer of `mppc estimate`: a program's outputs as nested arrays, plates in the order of their nesting.
import type { CompiledModel, CompiledProgram } from "../compiled.js";
import { Bug, type Diagnostic } from "../diagnostic.js";
import { bufferAxes } from "../inference/layout.js";
import { PairCovariance, type LatentPair } from "../inference/covariance.js";
import { ExtendedSizes, type Sizes } from "../ir/axis.js";
import { BUFFERS, LOCATION, SCALE, type GuideParameterInterface } from "../ir/interface.js";
import { nestOver, type Nested } from "../runtime/arrangement.js";
import type { GradientKind } from "./commands/estimate.js";
import { valueNotFinite } from "./errors.js";
import type { JointReadout } from "./readouts.js";

/** The log of zero as devices have it is any number at or below this. */
const IMPOSSIBLE = -1e29;

/** What is printed, as DESIGN's "mppc estimate" fixes it. */
export type Estimate = {
  readonly log_evidence: Nested;
  readonly marginal_weights: Readonly<Record<string, Nested>>;
  readonly moments: Readonly<Record<string, { readonly mean: Nested; readonly mean_square: Nested }>>;
  readonly gradients?: Readonly<
    Partial<Record<GradientKind, Readonly<Record<string, Record<string, Nested>>>>>
  >;
  /** By the names that were asked for, "mu,theta": [plates..., particles of each]. */
  readonly joint_weights?: Readonly<Record<string, Nested>>;
  /** By two latents, "mu,theta": [plates..., elements of the first, of the second]. */
  readonly covariance?: Readonly<Record<string, Nested>>;
};

/** What is asked for besides the evidence, weights and moments. */
export type Readouts = {
  readonly gradients: GradientKind | null;
  readonly joint: readonly JointReadout[];
  readonly pairs: readonly LatentPair[] | null;
};

/**
 * Gathers the outputs of `programs`, the first of which is `estimate`; `inputs` are particles as given. Values that are not finite become null, with a warning for each quantity.
 */
export function estimateOutput(
  model: CompiledModel,
  programs: readonly CompiledProgram[],
  outputs: ReadonlyMap<string, Float64Array>,
  sizes: Sizes,
  inputs: ReadonlyMap<string, Float64Array>,
  { gradients, joint, pairs }: Readouts,
): { result: Estimate; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const gather = (name: string, wanted: readonly string[], what: string): Nested => {
    const values = outputs.get(name);
    const axes = programs.map((program) => bufferAxes(program, name)).find((found) => found !== undefined);
    if (values === undefined || axes === undefined) throw new Bug(`no program gave '${name}'`);
    if (!values.every(Number.isFinite)) diagnostics.push(valueNotFinite(what));
    return nestOver(
      values,
      axes.map((axis) => axis.name),
      wanted,
      sizes,
    );
  };
  const { groups, latents, guides } = model.interface;
  const logEvidence = outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN;
  if (!(logEvidence > IMPOSSIBLE)) diagnostics.push(valueNotFinite("the log evidence"));
  const element = (plates: readonly string[], event: string | null): string[] =>
    event === null ? [...plates] : [...plates, event];
  const correlated = groups.filter((group) => group.correlated !== null);
  const alone = guides.filter(({ latent }) => !correlated.some((group) => group.latents.includes(latent)));
  const gradientsOf = (kind: GradientKind): Record<string, Record<string, Nested>> =>
    Object.fromEntries([
      ...alone.flatMap(({ latent, parameters }) => {
        const learned = parameters.filter((p) => p.learned);
        if (learned.length === 0) return [];
        const entries = learned.map((p): [string, Nested] => {
          const what = `a gradient of '${latent}'`;
          return [
            gradientKey(p),
            gather(BUFFERS.gradient(kind, latent, p.name), element(p.over, p.event), what),
          ];
        });
        return [[latent, Object.fromEntries(entries)] as const];
      }),
      ...correlated.map(({ name, plates, correlated: axes }) => {
        const { row, column } = axes ?? { row: "", column: "" };
        const by = (what: string, wanted: readonly string[]): Nested =>
          gather(BUFFERS.gradient(kind, name, what), [...plates, ...wanted], `a gradient of '${name}'`);
        return [name, { [LOCATION]: by(LOCATION, [row]), [SCALE]: by(SCALE, [row, column]) }] as const;
      }),
    ]);
  const jointOf = ({ names, groups: asked }: JointReadout): [string, Nested] => {
    const inOrder = groups.map((group) => group.name).filter((name) => asked.some((g) => g.name === name));
    const plates = model.interface.plates.map((plate) => plate.name);
    const over = plates.filter((plate) => asked.some((group) => group.plates.includes(plate)));
    const wanted = [...over, ...asked.map((group) => group.axis)];
    return [names.join(), gather(BUFFERS.joint(inOrder), wanted, `a joint weight of '${names.join()}'`)];
  };
  const covarianceOf = (pair: LatentPair): [string, Nested] => {
    const [program] = programs;
    if (program === undefined) throw new Bug("no program has run");
    const covariance = new PairCovariance(pair, model.interface, program, sizes);
    const { covariances } = covariance.moments((name) => outputs.get(name) ?? inputs.get(name));
    const [a, b] = pair;
    const what = `${a.name},${b.name}`;
    if (!covariances.every(Number.isFinite)) diagnostics.push(valueNotFinite(`a covariance of '${what}'`));
    // Two vectors may have one axis: that of the second takes another name.
    const second = b.event === null ? [] : [[`${b.event} of the second`, sizes.get(b.event) ?? 1] as const];
    const axes = [...covariance.plates.map((axis) => axis.name), ...(a.event === null ? [] : [a.event])];
    const all = [...axes, ...second.map(([name]) => name)];
    return [what, nestOver(covariances, all, all, new ExtendedSizes(sizes, second))];
  };
  const result: Estimate = {
    log_evidence: logEvidence > IMPOSSIBLE ? logEvidence : null,
    marginal_weights: Object.fromEntries(
      groups.map((g) => [
        g.name,
        gather(BUFFERS.weights(g.name), [...g.plates, g.axis], `a weight of '${g.name}'`),
      ]),
    ),
    moments: Object.fromEntries(
      latents.map(({ name, plates, event }) => {
        const axes = element(plates, event);
        const mean = gather(BUFFERS.mean(name), axes, `the mean of '${name}'`);
        return [
          name,
          { mean, mean_square: gather(BUFFERS.meanSquare(name), axes, `the mean square of '${name}'`) },
        ];
      }),
    ),
  };
  return {
    result: {
      ...result,
      ...(gradients === null ? {} : { gradients: { [gradients]: gradientsOf(gradients) } }),
      ...(joint.length === 0 ? {} : { joint_weights: Object.fromEntries(joint.map(jointOf)) }),
      ...(pairs === null ? {} : { covariance: Object.fromEntries(pairs.map(covarianceOf)) }),
    },
    diagnostics,
  };
}

/** Gradients are by the parameter on its learned scale. */
function gradientKey({ name, scale }: GuideParameterInterface): string {
  return scale === "identity" ? name : `${scale}_${name}`;
}
