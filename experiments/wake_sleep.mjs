// Reweighted wake-sleep, massively parallel against global, on a model with a discrete latent and on bus delays.
import { quantityPanels } from "./lib/figure.mjs";
import { dataFile, model, run } from "./lib/mppc.mjs";
import { countsInWords, fixed, mean, table } from "./lib/page.mjs";
import { busDelays, movielens } from "./lib/simulate.mjs";

const ESTIMATORS = { "massively-parallel": "massively parallel", global: "global" };
const LAST = 20;

const films = (users) => {
  const level = 3;
  const { data, test } = movielens({ users, films: 5, sd: 0.5, seed: 4, logSd: () => 0.5 * (level - 3) });
  const even = { even: [0.2, 0.2, 0.2, 0.2, 0.2] };
  return { name: `movielens, ${users} users`, file: "movielens_discrete", data: { ...data, ...even }, test: { ...test, ...even } }; // prettier-ignore
};
const buses = (ids) => ({
  name: "bus delays",
  file: "bus_delay",
  ...busDelays({ years: 3, boroughs: 3, ids, types: 4, companies: 20, seed: 2 }),
});

const FULL = {
  users: [50, 150, 300],
  ids: 30,
  counts: { "massively-parallel": [3, 10, 30], global: [3, 10, 30, 100, 300, 1000, 3000] },
  iterations: 1000,
};
const REDUCED = {
  users: [20],
  ids: 10,
  counts: { "massively-parallel": [3, 10], global: [3, 10, 100] },
  iterations: 150,
};

export function size(full) {
  const { users, ids, counts, iterations } = full ? FULL : REDUCED;
  return `films of ${users.join(", ")} users, buses with ${ids} journeys per year and borough; ${countsInWords(counts)}; ${iterations} iterations`;
}

export async function experiment({ full, most, say }) {
  const { users, ids, counts, iterations } = full ? FULL : REDUCED;
  const cases = [...users.map(films), buses(ids)];
  const rows = [];
  for (const each of cases) {
    const [data, test] = [dataFile(each.data), dataFile(each.test)];
    for (const [estimator, list] of Object.entries(counts))
      for (const K of list.filter((count) => count <= most)) {
        say(`${each.name}, ${estimator}, K = ${K}`);
        const settings = { method: "rws", estimator, K, iterations, step: 0.03, seed: 1, test };
        const result = run(model(each.file), data, settings);
        const trace = result.trace.map((entry) => entry.log_evidence);
        rows.push({
          name: each.name,
          estimator,
          K,
          trace,
          seconds: result.timing.seconds_per_iteration,
          evidence: mean(trace.slice(-LAST)),
          predictive: result.held_out.log_likelihood,
          device: result.device,
        });
      }
  }
  return { tables: { results: resultTable(rows) }, figures: figures(rows), rows };
}

const resultTable = (rows) =>
  table(
    ["model", "estimator", "K", "ms an iteration", "evidence reached", "held-out data"],
    rows.map((row) => [
      row.name,
      ESTIMATORS[row.estimator],
      row.K,
      fixed(row.seconds * 1000, 1),
      fixed(row.evidence, 1),
      fixed(row.predictive, 1),
    ]),
  );

function figures(rows) {
  const quantities = { evidence: "evidence", predictive: "held-out data" };
  const panels = (x, title) => quantityPanels(rows, quantities, ESTIMATORS, { key: x, title });
  return {
    wake_sleep_particles: panels("K", "K"),
    wake_sleep_time: panels("seconds", "seconds an iteration"),
  };
}
