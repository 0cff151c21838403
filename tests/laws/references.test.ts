// Sums over plates as sums of differences to first particles: the same evidence, weights and gradients.
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import type { CompiledModel, ProgramName } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { bruteForce } from "../oracle/brute-force.js";
import { PLATE_SIZES, sourceOf, specs, type Spec } from "./random-model.js";
import { asGiven, makeValues, runOn } from "./values.js";

const PROGRAMS: readonly ProgramName[] = ["estimate", "gradients_vi", "gradients_rws"];
const device = createReferenceDevice();

function compile(spec: Spec, leastForReference: number) {
  const { checked, diagnostics } = checkSource({ path: "random.mpp", text: sourceOf(spec) });
  const compiled = checked?.compile({
    programs: PROGRAMS,
    sizes: PLATE_SIZES,
    leastForReference,
    language: "js",
  }).compiled;
  if (!checked || !compiled) throw new Error(`${sourceOf(spec)}\n${renderDiagnostics(diagnostics)}`);
  return { checked, compiled };
}

const close = (found: number, expected: number): void =>
  expect(Math.abs(found - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(1e-8);

it("evidence and weights are those of brute force, gradients those of plain sums", async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(specs, async (spec) => {
      const { checked, compiled } = compile(spec, 1);
      const plain: CompiledModel = compile(spec, Infinity).compiled;
      const values = makeValues(spec, compiled);
      const truth = bruteForce(checked.model, asGiven(compiled, values));
      if (compiled.programs.estimate?.finish !== undefined) taken++;
      for (const name of PROGRAMS) {
        expect(plain.programs[name]?.finish).toBeUndefined();
        if (compiled.programs[name] === undefined) continue;
        const found = await runOn(compiled, name, values, device);
        const expected = await runOn(plain, name, values, device);
        close(found.get(BUFFERS.logEvidence)?.[0] ?? NaN, truth.logEvidence);
        expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [output, array] of expected)
          array.forEach((x, i) => close(found.get(output)?.[i] ?? NaN, x));
      }
    }),
    { numRuns: 15, seed: 20240118 },
  );
  expect(taken).toBeGreaterThan(8);
});
