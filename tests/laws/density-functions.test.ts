// `target += family_lpdf(y | ...)` is the same factor as `y ~ family(...)`.
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { sourceOf, specs } from "./random-model.js";
import { makeValues, runOn } from "./values.js";

const device = createReferenceDevice();

function compile(text: string): CompiledModel {
  const { checked, diagnostics } = checkSource({ path: "random.mpp", text });
  if (checked === null) throw new Error(`${text}\n${renderDiagnostics(diagnostics)}`);
  const { compiled } = checked.compile({ programs: ["estimate"], language: "js" });
  if (compiled === null) throw new Error(`${text}\ncannot be compiled`);
  return compiled;
}

it("of random models", async () => {
  let rewritten = 0;
  await fc.assert(
    fc.asyncProperty(specs, async (spec) => {
      const text = sourceOf(spec);
      const other = text.replace(/\by ~ (\w+)\((.*)\);/, (_, family: string, args: string) => {
        rewritten++;
        return `target += ${family}_${/^(poisson|bernoulli)/.test(family) ? "lpmf" : "lpdf"}(y | ${args});`;
      });
      const [model, same] = [compile(text), compile(other)];
      const values = makeValues(spec, model);
      const evidence = async (of: CompiledModel): Promise<number> =>
        (await runOn(of, "estimate", values, device)).get(BUFFERS.logEvidence)?.[0] ?? NaN;
      expect(await evidence(same)).toBeCloseTo(await evidence(model), 9);
    }),
    { numRuns: 20, seed: 4 },
  );
  expect(rewritten).toBeGreaterThan(10);
});
