// QEM, reweighted wake-sleep and variational inference on the same models, plain and with every latent on another scale.
import { linePanels } from "./lib/figure.mjs";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT, example, exampleData, model, run } from "./lib/mppc.mjs";
import { fixed, mean, table } from "./lib/page.mjs";

const CASES = [
  { name: "radon", K: 10, scaled: "radon_scaled" },
  { name: "bus_breakdown", K: 10, scaled: "bus_breakdown_scaled" },
  { name: "chimpanzees", K: 10, scaled: "chimpanzees_scaled" },
  { name: "movielens", K: 10, scaled: "movielens_scaled" },
  { name: "occupancy", K: 3, scaled: "occupancy_scaled" },
  {
    name: "covid",
    K: 3,
    plain: model("covid"),
    scaled: "covid_scaled",
    data: join(ROOT, "experiments", "data", "covid.json"),
  },
];
/** Iterations of each method: gradients need many more. The learning rates are those that did best at these counts. */
const METHODS = {
  qem: { label: "QEM", iterations: 100, settings: {} },
  rws: { label: "RWS", iterations: 1000, settings: { step: 0.03, "decay-at": "500,800" } },
  vi: { label: "VI", iterations: 1000, settings: { step: 0.03, "decay-at": "500,800" } },
};
const REDUCED = ["radon", "chimpanzees"];
/** The mean of so many of the last iterations is what a run has reached. */
const LAST = 20;

export async function experiment({ full, say }) {
  const rows = [];
  for (const each of CASES.filter(({ name }) => full || REDUCED.includes(name)))
    for (const [method, { iterations, settings }] of Object.entries(METHODS))
      for (const version of ["plain", "scaled"]) {
        say(`${each.name}, ${method}, ${version}`);
        rows.push(measure(each, method, version, full ? iterations : Math.ceil(iterations / 2), settings));
      }
  return { tables: { reached: reachedTable(rows) }, figures: figures(rows), rows };
}

function measure({ name, K, plain, scaled, data }, method, version, iterations, settings) {
  const file = version === "plain" ? (plain ?? example(name)) : model(scaled);
  const test = exampleData(name, "test.json");
  // From one start, the prior, so that the whole of each curve is seen.
  const options = {
    K,
    method,
    start: "prior",
    iterations,
    seed: 1,
    ...(existsSync(test) ? { test } : {}),
    ...settings,
  };
  try {
    const result = run(file, data ?? exampleData(name), options);
    const trace = result.trace.map((entry) => entry.log_evidence);
    return {
      name,
      method,
      version,
      trace,
      seconds: result.timing.seconds_per_iteration,
      evidence: mean(trace.slice(-LAST)),
      predictive: result.held_out?.log_likelihood,
      device: result.device,
    };
  } catch (problem) {
    return { name, method, version, trace: [], failure: problem.message };
  }
}

function reachedTable(rows) {
  return table(
    [
      "model",
      "method",
      "iterations",
      "ms each",
      "evidence",
      "evidence, scaled",
      "held-out data",
      "held-out data, scaled",
    ],
    rows
      .filter((row) => row.version === "plain")
      .map((row) => {
        const scaled = rows.find(
          (o) => o.name === row.name && o.method === row.method && o.version === "scaled",
        );
        return [
          row.name,
          METHODS[row.method].label,
          row.trace.length,
          fixed(row.seconds * 1000, 1),
          fixed(row.evidence),
          fixed(scaled?.evidence),
          fixed(row.predictive),
          fixed(scaled?.predictive),
        ];
      }),
  );
}

/** Points at which a curve is drawn: evenly spread along a logarithmic axis, each the mean of what lies around it. */
function thinned(trace) {
  const points = [];
  for (let from = 1; from <= trace.length;) {
    const to = Math.max(from, Math.floor(1.15 * from));
    points.push({ i: (from + Math.min(to, trace.length)) / 2, y: mean(trace.slice(from - 1, to)) });
    from = to + 1;
  }
  return points;
}

function figures(rows) {
  const names = [...new Set(rows.map((row) => row.name))];
  const lines = (x) =>
    rows.flatMap(({ name, method, version, trace, seconds }) =>
      thinned(trace).flatMap(({ i, y }) => {
        const floor = Math.max(...trace) - 300;
        const series = `${METHODS[method].label}${version === "plain" ? "" : ", scaled"}`;
        return y < floor ? [] : [{ panel: name, series, x: x(i, seconds), y, order: i }];
      }),
    );
  const series = Object.values(METHODS).flatMap(({ label }) => [label, `${label}, scaled`]);
  const common = { y: "log evidence", series, panels: names, logX: true };
  return {
    methods_iterations: linePanels(
      lines((i) => i),
      { ...common, x: "iteration" },
    ),
    methods_time: linePanels(
      lines((i, seconds) => i * seconds),
      { ...common, x: "seconds" },
    ),
  };
}
