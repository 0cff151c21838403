// The same random small models as WGSL and as float64 JavaScript: evidence, weights and gradients must agree.
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS, DRAW_AXIS } from "../../src/ir/interface.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";
import { sourceOf, specs } from "./random-model.js";
import { makeValues, runOn } from "./values.js";

/** float32 of sums of some hundred terms of size up to a hundred. */
const TOLERANCE = 2e-4;

describeOnDevice("random models on the device", (device) => {
  it("give what the reference device gives", async () => {
    const reference = createReferenceDevice();
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const { checked, diagnostics } = checkSource({ path: "random.mpp", text: sourceOf(spec) });
        const compiled = checked?.compile({ programs: ["estimate", "gradients_rws"] }).compiled;
        if (compiled === null || compiled === undefined) throw new Error(renderDiagnostics(diagnostics));
        const values = makeValues(spec, compiled);
        for (const program of ["estimate", "gradients_rws"] as const) {
          const expected = await runOn(compiled, program, values, reference);
          const found = await runOn(compiled, program, values, device());
          expect([...found.keys()]).toEqual([...expected.keys()]);
          for (const [name, array] of expected) {
            const scale = Math.max(1, ...array.map(Math.abs));
            array.forEach((x, i) =>
              expect(Math.abs((found.get(name)?.[i] ?? NaN) - x) / scale).toBeLessThan(TOLERANCE),
            );
          }
        }
      }),
      { numRuns: 12, seed: 7, endOnFailure: true },
    );
  });

  it("pick the same posterior draws, but where two particles are as good as equal", async () => {
    const reference = createReferenceDevice();
    let [same, all] = [0, 0];
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const { checked, diagnostics } = checkSource({ path: "random.mpp", text: sourceOf(spec) });
        const compiled = checked?.compile({ programs: ["draws"] }).compiled;
        if (compiled === null || compiled === undefined) throw new Error(renderDiagnostics(diagnostics));
        const values = makeValues(spec, compiled);
        const sizes = new Map([...values.sizes, [DRAW_AXIS, 100]]);
        const run = (on: Device): ReturnType<typeof runOn> =>
          runOn(compiled, "draws", { ...values, sizes }, on);
        const [expected, found] = [await run(reference), await run(device())];
        for (const { name } of compiled.interface.latents) {
          const drawn = found.get(BUFFERS.draws(name)) ?? new Float64Array();
          expected.get(BUFFERS.draws(name))?.forEach((x, i) => {
            all++;
            if (Math.abs((drawn[i] ?? NaN) - x) < TOLERANCE * Math.max(1, Math.abs(x))) same++;
          });
        }
      }),
      { numRuns: 5, seed: 8, endOnFailure: true },
    );
    expect(all).toBeGreaterThan(1000);
    expect(same / all).toBeGreaterThan(0.995);
  });
});
