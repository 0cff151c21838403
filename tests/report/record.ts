// A run's record with everything that a report can show, for the tests: plain values, no run.
import { highlight } from "../../src/report/highlight.js";
import { plateGraph } from "../../src/report/plate-graph.js";
import type { RunRecord } from "../../src/report/run-record.js";
import { checkSource, type CheckedModel } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";

/** Checks a model that is meant to have no errors. */
export function checkedModel(text: string): CheckedModel {
  const { checked, diagnostics } = checkSource({ path: "model.mpp", text });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  return checked;
}

export const MODEL = `data { plate items; real y[items]; }
model {
  m ~ normal(0, 1); // not </script><script>alert(1)</script>
  plate items { y ~ normal(m, 1); }
}
generated { plate items { real y_rep ~ normal(m, 1); } }
`;

/** Numbers that look random and are the same every time. */
export function numbers(length: number, seed = 1): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  });
}

/** `elements`: how many a second latent has; its names are as wild as labels of plates can be. */
export function record(elements: number, change: Partial<RunRecord> = {}): RunRecord {
  const { model } = checkedModel(MODEL);
  const names = ["m", ...Array.from({ length: elements }, (_, i) => `z[</script>"${i + 1}<b>]`)];
  const observed = numbers(30, 7);
  return {
    model: { name: "a <i>model</i>", path: "model.mpp", sha256: "0".repeat(64) },
    data: [{ path: "data & more.json", sha256: "1".repeat(64) }],
    plates: [["items", 30]],
    method: "qem",
    seed: 1,
    device: "a device: with a driver",
    versions: [["mppc", "0.1.0"]],
    started: "2026-01-02T03:04:05.678Z",
    command: "mppc run model.mpp --data 'data & more.json'",
    folder: "/home/<somebody>",
    settings: [["method", "qem"]],
    evidence: { mean: -12.3456, mcse: 0.01, sets: 30 },
    stopped: "the evidence stopped rising",
    warnings: [],
    groups: [
      { group: "m", particles: 30, medianEss: 20, minimumEss: 10, independentDraws: 300, paretoK: 0.2 },
    ],
    parameters: [["rate", [1.5]]],
    leaveOneOut: {
      elpd: -40,
      se: 3,
      p: 1.2,
      largestK: 0.8,
      rows: Array.from(observed, (_, i) => ({
        name: `y[${i + 1}]`,
        lpd: -1,
        mcse_lpd: 0.1,
        elpd_loo: -1.1 - i / 100,
        p_loo: 0.1,
        pareto_k: i === 3 ? 0.8 : 0.1,
      })),
    },
    heldOut: { logLikelihood: -30, mcse: NaN, observations: 5 },
    timing: { totalSeconds: 3, compileSeconds: 1, iterations: 20, secondsPerIteration: 0.01 },
    memory: { hostBytes: 1e8, deviceBytes: 1e6 },
    summary: names.map((name, i) => ({
      name,
      mean: i,
      sd: 1,
      mcse_mean: 0.01,
      q5: i - 1.6,
      q50: i,
      q95: i + 1.6,
      ess: i === 0 ? NaN : 500 - i,
    })),
    trace: Array.from({ length: 20 }, (_, i) => ({
      iteration: i < 5 ? i + 1 : i - 4,
      phase: i < 5 ? "start" : "search",
      temper: Math.min(1, (i + 1) / 5),
      logEvidence: -12 - 1 / (i + 1),
      minimumEss: 10,
      medianEss: 20,
    })),
    draws: { count: 100, columns: new Map(names.slice(0, 20).map((name, i) => [name, numbers(100, i + 1)])) },
    prior: { count: 90, columns: new Map(names.slice(0, 9).map((name, i) => [name, numbers(90, i + 31)])) },
    checks: [
      {
        prediction: "y_rep",
        data: "y",
        elements: Array.from(observed, (_, i) => `y[${i + 1}]`),
        observed,
        replicated: Array.from(observed, (_, i) => numbers(100, i + 50)),
        fromPrior: Array.from(observed, (_, i) => numbers(90, i + 150)),
      },
    ],
    knownModel: {
      source: highlight({ path: "model.mpp", text: MODEL }, new Set(["normal"])),
      graph: plateGraph(model, new Map([["items", 30]])),
      contraction: [
        {
          step: "plate product items",
          looksAt: "items x k_m",
          leaves: "[k_m]",
          combinations: 900,
          factors: ["y"],
          steps: [],
        },
        {
          step: "sum out k_m",
          looksAt: "k_m",
          leaves: "[]",
          combinations: 30,
          factors: ["m", "guide of m", "1/K of m"],
          steps: [0],
        },
      ],
      latents: ["m", "z"],
    },
    remarks: [],
    ...change,
  };
}
