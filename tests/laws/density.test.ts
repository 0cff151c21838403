// The law of the program `density` on random small models: the log joint density at draws is that of the typed model.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS, DRAW_AXIS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { bruteForce } from "../oracle/brute-force.js";
import { sourceOf, specs } from "./random-model.js";
import { asGiven, makeValues, runOn, type Values } from "./values.js";

const DRAWS = 3;
const device = createReferenceDevice();

describe("the log joint density of random models", () => {
  it("is the sum of all factors, priors and observations, at every draw", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const { checked, diagnostics } = checkSource({ path: "random.mpp", text: sourceOf(spec) });
        const model = checked?.compile({ programs: ["density"] }).compiled;
        if (!checked || !model) throw new Error(renderDiagnostics(diagnostics));
        const values = makeValues({ ...spec, particles: DRAWS }, model);
        const arrays: Values["arrays"] = new Map(values.arrays);
        const groupAxis = new Map(
          model.interface.groups.flatMap(({ axis, latents }) => latents.map((l) => [l, axis] as const)),
        );
        // A draw is a particle of every latent; of latents that are summed out, one of fewer values.
        for (const { name } of model.interface.latents) {
          const given = values.arrays.get(BUFFERS.particles(name));
          if (given === undefined) throw new Error(name);
          const had = values.sizes.get(groupAxis.get(name) ?? "") ?? 0;
          const drawn = Array.from({ length: (given.values.length / had) * DRAWS }, (_, i) => {
            const [element, draw] = [Math.floor(i / DRAWS), i % DRAWS];
            return given.values[element * had + (draw % had)] ?? NaN;
          });
          arrays.set(BUFFERS.draws(name), { axes: [...given.axes.slice(0, -1), DRAW_AXIS], values: drawn });
        }
        const sizes = new Map([...values.sizes, [DRAW_AXIS, DRAWS]]);
        const found = (await runOn(model, "density", { sizes, arrays }, device)).get(BUFFERS.logJoint);
        // The estimator of one particle without a guide, every latent sampled, is the joint density there.
        const typed = checked.model;
        const groups = typed.groups.map((group) => ({ ...group, support: null }));
        for (let draw = 0; draw < DRAWS; draw++) {
          const given = asGiven(model, values);
          const { logEvidence } = bruteForce(
            { ...typed, groups, guides: [] },
            {
              ...given,
              particles: () => 1,
              particle: (latent, place) =>
                given.particle(latent, place, draw % (values.sizes.get(groupAxis.get(latent) ?? "") ?? 1)),
            },
          );
          expect(Math.abs((found?.[draw] ?? NaN) - logEvidence)).toBeLessThan(
            1e-9 * Math.max(1, Math.abs(logEvidence)),
          );
          compared++;
        }
      }),
      { numRuns: 20, seed: 20240119 },
    );
    expect(compared).toBe(20 * DRAWS);
  });
});
