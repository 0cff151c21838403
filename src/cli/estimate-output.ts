// The answer of `mppc estimate`: a program's outputs as nested arrays, plates in the order of their nesting.
import type { CompiledModel, CompiledProgram } from "../compiled.js";
import { Bug, type Diagnostic } from "../diagnostic.js";
import { bufferAxes } from "../inference/layout.js";
import type { Sizes } from "../ir/axis.js";
import { BUFFERS, type GuideParameterInterface } from "../ir/interface.js";
import { nestOver, type Nested } from "../runtime/arrangement.js";
import type { GradientKind } from "./commands/estimate.js";
import { valueNotFinite } from "./errors.js";

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
};

/** Gathers the outputs of `programs`. Values that are not finite become null, with a warning for each quantity. */
export function estimateOutput(
  model: CompiledModel,
  programs: readonly CompiledProgram[],
  outputs: ReadonlyMap<string, Float64Array>,
  sizes: Sizes,
  gradients: GradientKind | null,
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
  if (gradients === null) return { result, diagnostics };
  const byLatent = Object.fromEntries(
    guides.flatMap(({ latent, parameters }) => {
      const learned = parameters.filter((p) => p.learned);
      if (learned.length === 0) return [];
      const entries = learned.map((p): [string, Nested] => {
        const what = `a gradient of '${latent}'`;
        return [
          gradientKey(p),
          gather(BUFFERS.gradient(gradients, latent, p.name), element(p.over, p.event), what),
        ];
      });
      return [[latent, Object.fromEntries(entries)]];
    }),
  );
  return { result: { ...result, gradients: { [gradients]: byLatent } }, diagnostics };
}

/** Gradients are by the parameter on its learned scale. */
function gradientKey({ name, scale }: GuideParameterInterface): string {
  return scale === "identity" ? name : `${scale}_${name}`;
}
