// QEM, reweighted wake-sleep and variational inference on the same models, plain and with every latent on another scale.
import { linePanels } from "./lib/figure.mjs";
import { existsSync } from "node:fs";
import { example, exampleData, model, run } from "./lib/mppc.mjs";
import { fixed, mean, table } from "./lib/page.mjs";

const CASES = [
  { name: "radon", K: 10, scaled: "radon_scaled" },
  { name: "bus_breakdown", K: 10, scaled: "bus_breakdown_scaled" },
  { name: "chimpanzees", K: 10, scaled: "chimpanzees_scaled" },
  { name: "movielens", K: 10, scaled: "movielens_scaled" },
  // The data held out are of other routes.
  { name: "occupancy", K: 3, scaled: "occupancy_scaled", test: { "new-elements": "ids" } },
  // The newest iteration's weight stays as in the search: a walk of 109 steps is smoothed step by step.
  {
    name: "covid",
    K: 3,
    scaled: "covid_scaled",
    iterations: { qem: 500, rws: 500, vi: 500 },
    qem: { "averaging-weight": 0.3 },
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

/** Iterations of a method on a model: half as many at the reduced size. */
function iterationsOf(each, method, full) {
  const count = each.iterations?.[method] ?? METHODS[method].iterations;
  return full ? count : Math.ceil(count / 2);
}

export function size(full) {
  const counts = (each) =>
    Object.entries(METHODS)
      .map(([method, { label }]) => `${iterationsOf(each, method, full)} of ${label}`)
      .join(", ");
  const models = full ? "all models" : `${REDUCED.join(", ")}, others with \`--only\``;
  const own = CASES.filter(({ iterations }) => iterations !== undefined);
  return [
    `${models}: ${counts({})} iterations`,
    ...own.map((each) => `for ${each.name} ${counts(each)}`),
  ].join("; ");
}

/** `only`: names of models, null for those of the size; `known`: rows of earlier runs, which stay for other models. */
export async function experiment({ full, only, known, say }) {
  const isAsked = ({ name }) => (only === null ? full || REDUCED.includes(name) : only.includes(name));
  const asked = CASES.filter(isAsked);
  const rows = known.filter((row) => !asked.some(({ name }) => name === row.name));
  for (const each of asked)
    for (const [method, { settings }] of Object.entries(METHODS))
      for (const version of ["plain", "scaled"]) {
        say(`${each.name}, ${method}, ${version}`);
        const own = { ...settings, ...each[method] };
        const row = measure(each, method, version, iterationsOf(each, method, full), own);
        if (row.failure !== undefined) say(row.failure);
        rows.push(row);
      }
  const order = CASES.map(({ name }) => name);
  rows.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return { tables: { reached: reachedTable(rows) }, figures: figures(rows), rows };
}

function measure({ name, K, scaled, test: how }, method, version, iterations, settings) {
  const file = version === "plain" ? example(name) : model(scaled);
  const test = exampleData(name, "test.json");
  // From one start, the prior, so that the whole of each curve is seen.
  const options = {
    K,
    method,
    start: "prior",
    iterations,
    seed: 1,
    ...(existsSync(test) ? { test, ...how } : {}),
    ...settings,
  };
  try {
    const result = run(file, exampleData(name), options);
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
  // What lies much lower than the best would leave no room for it.
  const floors = new Map(
    names.map((name) => {
      const best = Math.max(...rows.flatMap((row) => (row.name === name ? row.trace : [])));
      return [name, best - Math.max(300, Math.abs(best))];
    }),
  );
  const lines = (x) =>
    rows.flatMap(({ name, method, version, trace, seconds }) =>
      thinned(trace).flatMap(({ i, y }) => {
        const series = `${METHODS[method].label}${version === "plain" ? "" : ", scaled"}`;
        return y < floors.get(name) ? [] : [{ panel: name, series, x: x(i, seconds), y, order: i }];
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
