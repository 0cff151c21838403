// Checkpoints: a fit that goes on from any of its snapshots ends as the undisturbed one, bit for bit.
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import {
  decodeSnapshot,
  encodeSnapshot,
  type EncodedSnapshot,
  type Snapshot,
} from "../../src/inference/checkpoint.js";
import { runInferenceOn, type InferenceResult } from "../../src/inference/infer.js";
import { DEFAULT_SETTINGS, type InferenceSettings } from "../../src/inference/settings.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

const MODEL = `
data { plate t; real d[t]; }
model {
  mu ~ normal(0, 10);
  tau ~ gamma(2, 1);
  plate t { z ~ normal(mu, tau); d ~ normal(z, 1.5); }
}`;
const d = Float64Array.of(2.1, -0.4, 3.3, 1.0, 0.2, 4.1);
const data = { sizes: new Map([["t", d.length]]), arrays: new Map([["d", d]]) };
const { compiled } = compileSource({ path: "test.mpp", text: MODEL });

/** Runs with a keeper that goes on from `resumed` and takes a snapshot as often as it can. */
async function run(
  changes: Partial<InferenceSettings>,
  resumed: Snapshot | null,
): Promise<{ readonly result: InferenceResult; readonly kept: readonly string[] }> {
  if (compiled === null) throw new Error("does not compile");
  const kept: string[] = [];
  const device = createReferenceDevice();
  const result = await runInferenceOn({
    model: compiled,
    data,
    device,
    host: device,
    settings: { ...DEFAULT_SETTINGS, particles: 6, finalDraws: 3, ...changes },
    onProgress: () => undefined,
    keeper: {
      resumed,
      isDue: () => true,
      keep: (snapshot) => kept.push(JSON.stringify(encodeSnapshot(snapshot))),
    },
  });
  return { result, kept };
}

const fingerprint = ({
  summary,
  trace,
  guide,
  evidence,
  groups,
  warnings,
  stopped,
}: InferenceResult): unknown => ({
  summary,
  trace,
  evidence,
  groups,
  warnings,
  stopped,
  guide: [...guide].map(([name, values]) => [name, [...values]]),
});

describe("a fit that goes on from a snapshot", () => {
  it.each([
    ["of qem", { iterations: 24 }],
    ["of qem, until it has settled", {}],
  ] satisfies [string, Partial<InferenceSettings>][])("%s", async (_, changes) => {
    const whole = await run(changes, null);
    const iterations = whole.result.trace.length;
    // Every iteration that accepts a step of the start, every one of the fit, and the final sets.
    expect(whole.kept.length).toBeGreaterThan(iterations);
    const some = [0, 1, Math.floor(iterations / 2), iterations - 1, whole.kept.length - 1];
    for (const at of some) {
      const snapshot = decodeSnapshot(JSON.parse(whole.kept[at] ?? "") as EncodedSnapshot);
      const { result } = await run(changes, snapshot);
      expect(fingerprint(result)).toEqual(fingerprint(whole.result));
    }
  });
});

it("keeps every number as it is, finite or not", () => {
  const numbers = Float64Array.of(-0, NaN, Infinity, -Infinity, 1 / 3, 5e-324, 1.7976931348623157e308);
  const entry = { iteration: 1, phase: "settle", logEvidence: -Infinity, temper: 0.25, minimumEss: NaN, medianEss: 1 / 3, meanLogEss: 2, step: 0.1 } as const; // prettier-ignore
  const health = { collapsed: { z: 1 }, seen: { z: 3 }, nonFinite: {} };
  const arrays = new Map([["a", numbers]]);
  const snapshot: Snapshot = { trace: [entry], seconds: [0.25], health, parameters: arrays, method: arrays, stopped: null }; // prettier-ignore
  const again = decodeSnapshot(JSON.parse(JSON.stringify(encodeSnapshot(snapshot))) as EncodedSnapshot);
  expect(again).toEqual(snapshot);
  expect(Object.is(again.method.get("a")?.[0], -0)).toBe(true);
});
