// QEM does not care on what scale a model's latents are: with the same seed, a model whose latents are multiples of
// another's learns the same, iteration by iteration.
import { expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { runInference, type InferenceResult } from "../../src/inference/infer.js";
import { DEFAULT_SETTINGS, type InferenceSettings } from "../../src/inference/settings.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

const PLAIN = `data { plate groups; plate items; real y[groups, items]; }
model {
  mu ~ normal(0, 2);
  log_tau ~ normal(0, 1);
  plate groups {
    theta ~ normal(mu, exp(log_tau));
    plate items { y ~ normal(theta, 0.7); }
  }
}`;
const SCALED = `data { plate groups; plate items; real y[groups, items]; }
model {
  mu_64 ~ normal(0, 128);
  log_tau_64th ~ normal(0, 1 / 64.0);
  plate groups {
    theta_64th ~ normal(mu_64 / 4096, exp(64 * log_tau_64th) / 64);
    plate items { y ~ normal(64 * theta_64th, 0.7); }
  }
}`;
const y = [1.2, 0.7, 2.5, 3.1, -0.4, 0.2, 1.9, 2.2];

async function fit(text: string, changes: Partial<InferenceSettings>): Promise<InferenceResult> {
  const { compiled, diagnostics } = compileSource({ path: "model.mpp", text });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  const sizes = new Map([
    ["groups", 4],
    ["items", 2],
  ]);
  const data = { sizes, arrays: new Map([["y", Float64Array.from(y)]]) };
  const settings = { ...DEFAULT_SETTINGS, particles: 10, iterations: 30, finalDraws: 5, ...changes };
  return runInference(compiled, data, createReferenceDevice(), settings);
}

const evidences = (result: InferenceResult): number[] => result.trace.map((entry) => entry.logEvidence);

it.each([["tempered"], ["prior"]] as const)("QEM from a %s start is invariant to scale", async (start) => {
  const [plain, scaled] = [await fit(PLAIN, { start }), await fit(SCALED, { start })];
  evidences(plain).forEach((value, i) => expect(evidences(scaled)[i]).toBeCloseTo(value, 8));
  const mean = (result: InferenceResult, name: string): number =>
    result.summary.find((row) => row.name === name)?.mean ?? NaN;
  expect(mean(scaled, "theta_64th[1]") * 64).toBeCloseTo(mean(plain, "theta[1]"), 8);
});

it("gradients are not: RWS learns otherwise on another scale", async () => {
  const [plain, scaled] = [await fit(PLAIN, { method: "rws" }), await fit(SCALED, { method: "rws" })];
  const last = (result: InferenceResult): number => evidences(result).at(-1) ?? NaN;
  expect(Math.abs(last(plain) - last(scaled))).toBeGreaterThan(1e-6);
});

it("without a tempered start every iteration is one of the fit", async () => {
  const phases = async (start: InferenceSettings["start"]): Promise<Set<string>> =>
    new Set((await fit(PLAIN, { start })).trace.map((entry) => entry.phase));
  expect(await phases("prior")).not.toContain("start");
  expect(await phases("tempered")).toContain("start");
});
