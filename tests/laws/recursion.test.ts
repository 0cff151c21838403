// Gradients through locals that are defined by their own value one step before, against differences of the evidence.
import { expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import type { ProgramName } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";
import { makeValues, runOn, type Values } from "./values.js";

// The residuals of an ARMA(1, 1) series, and a level with a start of each series' own and a vector of rates.
const SOURCE = `data { plate shops; plate days ordered; real y[shops, days]; }
model {
  phi ~ normal(0, 1);
  theta ~ normal(0, 1);
  plate shops {
    start ~ normal(0, 1);
    plate days {
      real err = y - (phi * prev(y, start) + theta * prev(err, 0));
      vector[2] level = [phi, 0.3] * prev(y, 0.2) + 0.6 * prev(level, [start, theta]);
      target += normal_lpdf(err | 0, exp(0.1 * sum(level)));
    }
  }
}`;
const PLATES = new Map([
  ["shops", 2],
  ["days", 7],
]);
const SPEC = { seed: 5, particles: 3, observation: "normal", latents: [] } as const;

function compile(programs: readonly ProgramName[]) {
  const sizes = new Map([...PLATES, ["k_phi", 3], ["k_theta", 3], ["k_start", 3]]); // prettier-ignore
  const { compiled, diagnostics } = compileSource({ path: "arma.mpp", text: SOURCE }, { sizes, programs });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

it("gradients at particles that move with the guide are differences of the evidence", async () => {
  const model = compile(["estimate", "gradients_vi"]);
  const device = createReferenceDevice();
  const values = makeValues(SPEC, model, PLATES);
  const gradients = await runOn(model, "gradients_vi", values, device);
  /** The evidence with the first element of a latent's guide and of its particles moved. */
  const moved = async (latent: string, by: number): Promise<number> => {
    const arrays: Values["arrays"] = new Map(values.arrays);
    for (const name of [BUFFERS.guide(latent, "mu"), BUFFERS.particles(latent)]) {
      const array = arrays.get(name);
      if (array === undefined) throw new Error(name);
      const count = name === BUFFERS.particles(latent) ? SPEC.particles : 1;
      arrays.set(name, { ...array, values: array.values.map((x, i) => (i < count ? x + by : x)) });
    }
    const outputs = await runOn(model, "estimate", { sizes: values.sizes, arrays }, device);
    return outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN;
  };
  for (const latent of ["phi", "theta", "start"]) {
    const difference = ((await moved(latent, 1e-5)) - (await moved(latent, -1e-5))) / 2e-5;
    expect(Math.abs(difference)).toBeGreaterThan(1e-3);
    expect(gradients.get(BUFFERS.gradient("vi", latent, "mu"))?.[0]).toBeCloseTo(difference, 6);
  }
});

describeOnDevice("recursions on the device", (device) => {
  it("give what the reference device gives", async () => {
    const model = compile(["gradients_vi"]);
    const values = makeValues(SPEC, model, PLATES);
    const expected = await runOn(model, "gradients_vi", values, createReferenceDevice());
    const found = await runOn(model, "gradients_vi", values, device());
    for (const [name, array] of expected) {
      const scale = Math.max(1, ...array.map(Math.abs));
      array.forEach((x, i) => expect(Math.abs((found.get(name)?.[i] ?? NaN) - x) / scale).toBeLessThan(2e-4));
    }
  });
});
