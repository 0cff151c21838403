// Laws of posterior draws on random small models: every combination of particles is drawn as often as brute force says,
// and log densities and predictions at draws are those of the typed model.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS, DRAW_AXIS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { bruteForce } from "../oracle/brute-force.js";
import { sourceOf, specs, type Spec } from "./random-model.js";
import { asGiven, makeValues, runOn, type Values } from "./values.js";

const DRAWS = 3000;
const device = createReferenceDevice();

/** A random model with particles drawn from its guide, and posterior draws of them as places among the particles. */
async function drawIndices(
  spec: Spec,
  chains?: "rounds",
): Promise<{
  readonly truth: ReturnType<typeof bruteForce>;
  readonly kinds: readonly Kinds[];
  /** How its series are drawn, if it has any. */
  readonly series: "rounds" | "scan" | null;
}> {
  const { checked, diagnostics } = checkSource({ path: "random.mpp", text: sourceOf(spec) });
  const model = checked?.compile({
    programs: ["posterior", "draws"],
    language: "js",
    ...(chains && { chains }),
  }).compiled;
  if (!checked || !model) throw new Error(renderDiagnostics(diagnostics));
  const values = makeValues(spec, model);
  const posterior = await runOn(model, "posterior", values, device);
  const given: Values = { sizes: values.sizes, arrays: new Map(values.arrays) };
  for (const latent of model.interface.latents) {
    const name = BUFFERS.particles(latent.name);
    given.arrays.set(name, {
      axes: axesOf(model, "posterior", name),
      values: [...(posterior.get(name) ?? [])],
    });
  }
  const truth = bruteForce(checked.model, asGiven(model, given));
  const sizes = new Map([...values.sizes, [DRAW_AXIS, DRAWS]]);
  const draws = await runOn(model, "draws", { sizes, arrays: values.arrays }, device);
  // A draw is told by the values of its group's latents; discrete ones may have particles alike, which count as the first.
  const kinds = truth.pickers.map(({ group, place }): Kinds => {
    const count = sizes.get(`k_${group}`) ?? 0;
    const keys = Array<string>(count).fill("");
    const drawn = Array<string>(DRAWS).fill("");
    for (const latent of model.interface.latents.filter((l) => l.group === group)) {
      const events = latent.event === null ? 1 : (sizes.get(latent.event) ?? 1);
      const element = latent.plates.reduce((i, plate, p) => i * (sizes.get(plate) ?? 1) + (place[p] ?? 0), 0);
      const at = (from: ReadonlyMap<string, Float64Array>, name: string, event: number, length: number) =>
        (from.get(name) ?? new Float64Array()).subarray(
          (element * events + event) * length,
          (element * events + event + 1) * length,
        );
      for (let event = 0; event < events; event++) {
        const add = (to: string[], values: Float64Array): void =>
          to.forEach((key, n) => (to[n] = `${key} ${values[n] ?? NaN}`));
        add(keys, at(posterior, BUFFERS.particles(latent.name), event, count));
        add(drawn, at(draws, BUFFERS.draws(latent.name), event, DRAWS));
      }
    }
    return {
      ofParticle: keys.map((key) => keys.indexOf(key)),
      ofDraw: drawn.map((key) => keys.indexOf(key)),
    };
  });
  const tables = model.programs.draws?.program.buffers ?? [];
  const series = tables.some(({ name }) => name.startsWith("chain."));
  const inRounds = tables.some(({ axes }) => axes.some(({ blocks }) => (blocks?.length ?? 1) > 1));
  return { truth, kinds, series: !series ? null : inRounds ? "rounds" : "scan" };
}

/** Which particle each particle is like, and each draw: the first that has its values; -1: none. */
type Kinds = { readonly ofParticle: readonly number[]; readonly ofDraw: readonly number[] };

function axesOf(model: CompiledModel, program: "posterior" | "predict", buffer: string): string[] {
  const found = model.programs[program]?.program.buffers.find((b) => b.name === buffer);
  return (found?.axes ?? []).map((axis) => axis.name);
}

describe("posterior draws of random models", () => {
  it("pick every pair of particles as often as brute force over all combinations says", async () => {
    let [worst, compared] = [0, 0];
    const ways = new Set<string | null>();
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const { truth, kinds, series } = await drawIndices(spec, spec.seed % 2 === 0 ? "rounds" : undefined);
        ways.add(series);
        kinds.forEach((a, i) => {
          expect(a.ofDraw).not.toContain(-1);
          kinds.slice(0, i + 1).forEach((b, j) => {
            const expected = new Map<string, number>();
            for (const { picks, probability } of truth.joint) {
              const key = `${a.ofParticle[picks[i] ?? -1]} ${b.ofParticle[picks[j] ?? -1]}`;
              expected.set(key, (expected.get(key) ?? 0) + probability);
            }
            const found = new Map<string, number>();
            a.ofDraw.forEach((kind, n) => {
              const key = `${kind} ${b.ofDraw[n]}`;
              found.set(key, (found.get(key) ?? 0) + 1 / DRAWS);
            });
            for (const [key, p] of expected) {
              const error = Math.sqrt(Math.max(0, p * (1 - p)) / DRAWS) + 1 / DRAWS;
              worst = Math.max(worst, Math.abs((found.get(key) ?? 0) - p) / error);
              compared++;
            }
          });
        });
      }),
      { numRuns: 25, seed: 20240118 },
    );
    expect(compared).toBeGreaterThan(500);
    expect([...ways]).toEqual(expect.arrayContaining(["rounds", "scan"]));
    // Draws are stratified, so their errors are smaller than those of independent ones.
    expect(worst).toBeLessThan(4.5);
  });
});
