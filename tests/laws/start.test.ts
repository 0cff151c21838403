// Laws of the tempered start on random small models: at temper 1 it is an iteration of the fit; at temper 0, with the guide
// itself as the start, every particle weighs the same and the evidence is that of the discrete latents alone.
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { sourceOf, specs } from "./random-model.js";
import { makeValues, runOn, type Values } from "./values.js";

const device = createReferenceDevice();

it("lies between the guide and the fit's estimator", async () => {
  await fc.assert(
    fc.asyncProperty(specs, async (spec) => {
      const source = { path: "random.mpp", text: sourceOf(spec) };
      const { compiled, diagnostics } = compileSource(source, {
        programs: ["start", "qem"],
        language: "js",
      });
      if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
      const values = makeValues(spec, compiled);
      const at = async (temper: number): Promise<ReadonlyMap<string, Float64Array>> =>
        runOn(compiled, "start", withStart(compiled.programs.start, values, temper), device);
      const fit = await runOn(compiled, "qem", withStart(compiled.programs.qem, values, 1), device);
      for (const [name, expected] of await at(1))
        fit.get(name)?.forEach((x, i) => {
          expect(Math.abs(x - (expected[i] ?? NaN))).toBeLessThan(1e-9 * Math.max(1, Math.abs(x)));
        });
      const beginning = await at(0);
      for (const { name, support } of compiled.interface.groups)
        if (support === null)
          for (const squares of beginning.get(BUFFERS.weightSquares(name)) ?? [])
            expect(squares).toBeCloseTo(1 / spec.particles, 9);
      if (compiled.interface.groups.every(({ support }) => support === null))
        expect(beginning.get(BUFFERS.logEvidence)?.[0]).toBeCloseTo(0, 9);
    }),
    { numRuns: 30, seed: 7 },
  );
});

/** The values with what the programs of the fit take besides: nothing averaged so far, the guide as the start, the temper. */
function withStart(
  compiled: { readonly program: { readonly buffers: readonly Buffer[] } } | undefined,
  { sizes, arrays }: Values,
  temper: number,
): Values {
  const all: Values["arrays"] = new Map(arrays);
  all.set(BUFFERS.temper, { axes: [], values: [temper] });
  for (const { name, axes } of compiled?.program.buffers ?? []) {
    const guide = arrays.get(name.replace(/^start_guide\./, "guide."));
    const length = axes.reduce((n, axis) => n * (sizes.get(axis.name) ?? 1), 1);
    if (name.startsWith("start_guide.") && guide !== undefined) all.set(name, guide);
    else if (!all.has(name))
      all.set(name, { axes: axes.map((axis) => axis.name), values: new Array<number>(length).fill(0) });
  }
  return { sizes, arrays: all };
}

type Buffer = { readonly name: string; readonly axes: readonly { readonly name: string }[] };
