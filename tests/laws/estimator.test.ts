// Laws of the compiled estimator on random small models: brute force over all picks, all orders of contraction,
// tables chosen by cost or not, gradients against finite differences.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSource, type CheckedModel, type CompileOptions } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { inOneGroup } from "../../src/ir/lower/one-group.js";
import { NO_OPTIMISATIONS } from "../../src/optimisations.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { bruteForce } from "../oracle/brute-force.js";
import { generator, PLATE_SIZES, sourceOf, specs, VALUES, valuesSummed, type Spec } from "./random-model.js";
import { asGiven, makeValues, runOn, type Values } from "./values.js";

const RUNS = 60;
const SEED = 20240117;
const device = createReferenceDevice();

function check(spec: Spec): CheckedModel {
  const { checked, diagnostics } = checkSource({ path: "random.mpp", text: sourceOf(spec) });
  if (checked === null) throw new Error(`${sourceOf(spec)}\n${renderDiagnostics(diagnostics)}`);
  return checked;
}

function compile(checked: CheckedModel, options: CompileOptions): CompiledModel {
  const { compiled, diagnostics } = checked.compile({ language: "js", ...options });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

const evidence = (outputs: ReadonlyMap<string, Float64Array>): number =>
  outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN;
const close = (found: number, expected: number, tolerance: number): void =>
  expect(Math.abs(found - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(tolerance);

describe("random models", () => {
  it("evidence and weights are those of brute force over all combinations", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const checked = check(spec);
        const model = compile(checked, { programs: ["estimate"], sizes: PLATE_SIZES });
        const values = makeValues(spec, model);
        const truth = bruteForce(checked.model, asGiven(model, values));
        const outputs = await runOn(model, "estimate", values, device);
        close(evidence(outputs), truth.logEvidence, 1e-9);
        for (const group of model.interface.groups) {
          const found = outputs.get(BUFFERS.weights(group.name)) ?? new Float64Array();
          const expected = truth.weights.get(group.name)?.flat() ?? [];
          expect(found).toHaveLength(expected.length);
          expected.forEach((w, i) => close(found[i] ?? NaN, w, 1e-9));
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it("the global estimator is the mean over particles that are shared by all latents", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const checked = check(spec);
        const model = compile(checked, { programs: ["estimate"], estimator: "global", sizes: PLATE_SIZES });
        const values = makeValues(spec, model);
        const truth = bruteForce(inOneGroup(checked.model), asGiven(model, values));
        const outputs = await runOn(model, "estimate", values, device);
        close(evidence(outputs), truth.logEvidence, 1e-9);
        for (const group of model.interface.groups) {
          const expected = truth.weights.get(group.name)?.flat() ?? [];
          expected.forEach((w, i) => close(outputs.get(BUFFERS.weights(group.name))?.[i] ?? NaN, w, 1e-9));
        }
      }),
      { numRuns: RUNS / 3, seed: SEED },
    );
  });

  it("every order of contraction, and tables chosen by cost or not, give the same evidence", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const checked = check(spec);
        const random = generator(spec.seed + 1);
        const anyOrder = (names: readonly string[]): string =>
          names[Math.floor(random() * names.length)] ?? "";
        const variants: CompileOptions[] = [
          {},
          { order: "greedy" },
          { order: anyOrder },
          { order: (names) => names.at(-1) ?? "" },
          { optimise: NO_OPTIMISATIONS },
          { adapter: "gpu" },
          {
            sizes: new Map([
              ["a", 1000],
              ["b", 1000],
            ]),
          },
        ];
        const found: number[] = [];
        for (const options of variants) {
          const model = compile(checked, { ...options, programs: ["estimate"] });
          found.push(evidence(await runOn(model, "estimate", makeValues(spec, model), device)));
        }
        for (const value of found) close(value, found[0] ?? NaN, 1e-11);
      }),
      { numRuns: RUNS / 3, seed: SEED },
    );
  });

  it("gradients with particles held fixed are those of finite differences", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const model = compile(check(spec), { programs: ["estimate", "gradients_rws"], sizes: PLATE_SIZES });
        const values = makeValues(spec, model);
        const gradients = await runOn(model, "gradients_rws", values, device);
        await compareWithDifferences(model, values, gradients, "rws", () => undefined);
      }),
      { numRuns: RUNS / 3, seed: SEED },
    );
  });

  it("reparameterised gradients are those of finite differences along the draws", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (coupled) => {
        const spec = { ...coupled, latents: coupled.latents.map((l) => ({ ...l, follows: false })) };
        const programs = ["estimate", "gradients_vi"] as const;
        const model = compile(check(spec), { programs, sizes: PLATE_SIZES });
        const hasRejection = spec.latents.some(
          (l) =>
            l.family === "gamma" ||
            l.family === "beta" ||
            (VALUES[l.family] !== undefined && valuesSummed(l) === null),
        );
        expect(model.gradientsUnavailable.vi !== undefined).toBe(hasRejection);
        if (hasRejection) return;
        const values = makeValues(spec, model);
        const gradients = await runOn(model, "gradients_vi", values, device);
        await compareWithDifferences(model, values, gradients, "vi", moveParticles(spec));
      }),
      { numRuns: RUNS / 3, seed: SEED },
    );
  });
});

type Move = (model: CompiledModel, before: Values, after: Values) => void;

/** Moves the particles of normal, log-normal and exponential guides with their parameters, at fixed noise. */
const moveParticles =
  (spec: Spec): Move =>
  (model, before, after) => {
    for (const [i, l] of model.interface.latents.entries()) {
      const z = after.arrays.get(BUFFERS.particles(l.name));
      if (z === undefined) continue;
      const k = spec.particles;
      if (VALUES[spec.latents[i]?.family ?? "normal"] !== undefined) continue;
      const parameter = (values: Values, name: string, element: number): number =>
        values.arrays.get(BUFFERS.guide(l.name, name))?.values[element] ?? NaN;
      const affine = (x: number, e: number): number =>
        parameter(after, "mu", e) +
        (parameter(after, "sigma", e) * (x - parameter(before, "mu", e))) / parameter(before, "sigma", e);
      z.values.forEach((x, index) => {
        const e = Math.floor(index / k);
        const family = spec.latents[i]?.family;
        z.values[index] =
          family === "normal"
            ? affine(x, e)
            : family === "log_normal"
              ? Math.exp(affine(Math.log(x), e))
              : (x * parameter(before, "beta", e)) / parameter(after, "beta", e);
      });
    }
  };

/** Central differences of the evidence by a few parameters on their learned scale. */
async function compareWithDifferences(
  model: CompiledModel,
  values: Values,
  gradients: ReadonlyMap<string, Float64Array>,
  kind: "vi" | "rws",
  move: Move,
): Promise<void> {
  const step = 1e-5;
  for (const guide of model.interface.guides)
    for (const p of guide.parameters.filter((each) => each.learned)) {
      const name = BUFFERS.guide(guide.latent, p.name);
      const shifted = async (by: number): Promise<number> => {
        const arrays = new Map([...values.arrays].map(([n, a]) => [n, { ...a, values: [...a.values] }]));
        const array = arrays.get(name);
        const x = array?.values[0] ?? NaN;
        const moved = { identity: x + by, log: x * Math.exp(by), logit: x / (x + (1 - x) * Math.exp(-by)) };
        if (array !== undefined) array.values[0] = moved[p.scale];
        const after = { sizes: values.sizes, arrays };
        move(model, values, after);
        return evidence(await runOn(model, "estimate", after, device));
      };
      const difference = ((await shifted(step)) - (await shifted(-step))) / (2 * step);
      const found = gradients.get(BUFFERS.gradient(kind, guide.latent, p.name))?.[0] ?? NaN;
      close(found, difference, 1e-6);
    }
}
