// Massively parallel against global importance weighting, the prior as the guide: evidence, predictions, and how far
// posterior means are off, against the number of particles and against time.
import { quantityPanels } from "./lib/figure.mjs";
import { dataFile, model, run } from "./lib/mppc.mjs";
import { figure, fixed, mean, table } from "./lib/page.mjs";
import { busDelays, movielens } from "./lib/simulate.mjs";

const ESTIMATORS = { "massively-parallel": "massively parallel", global: "global" };
const FULL = {
  "massively-parallel": [3, 10, 30],
  global: [3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000],
};
const REDUCED = { "massively-parallel": [3, 10], global: [3, 10, 100, 1000] };
/** No more numbers than this in the largest table of particles: the global estimator at K = 100,000 would not fit. */
const MOST_NUMBERS = 1e8;

const film = (users) => ({
  name: `movielens, ${users} users`,
  file: "movielens_prior",
  latent: "z",
  simulated: movielens({ users, films: 5, sd: 0.5, seed: 1 }),
  numbers: users * 18,
});
const buses = (ids) => ({
  name: "bus delays",
  file: "bus_delay_prior",
  latent: "id_mean",
  simulated: busDelays({ years: 3, boroughs: 3, ids, types: 4, companies: 20, seed: 2 }),
  numbers: 9 * ids,
});

export async function experiment({ full, say }) {
  const cases = full ? [film(50), film(150), film(300), buses(30)] : [film(20), buses(10)];
  const rows = [];
  for (const each of cases) {
    const [data, test] = [dataFile(each.simulated.data), dataFile(each.simulated.test)];
    for (const [estimator, counts] of Object.entries(full ? FULL : REDUCED))
      for (const K of counts) {
        if (K * each.numbers > MOST_NUMBERS) continue;
        say(`${each.name}, ${estimator}, K = ${K}`);
        rows.push(measure(each, data, test, estimator, K));
      }
  }
  return { tables: { results: resultTable(rows) }, figures: figures(rows), rows };
}

function measure({ name, file, latent, simulated }, data, test, estimator, K) {
  const result = run(model(file), data, { method: "importance", estimator, K, seed: 1, test });
  const elements = result.summary.filter((row) => row.name.startsWith(`${latent}[`));
  const truth = simulated.truth[latent].flat();
  const sets = result.evidence.final;
  return {
    name,
    estimator,
    K,
    // The mean of the log evidences is what the papers call the evidence lower bound.
    evidence: mean(sets),
    predictive: result.held_out.log_likelihood,
    // The error is of the mean over all sets; one set's variance is that many times as large.
    variance: sets.length * mean(elements.map((row) => row.mcse_mean ** 2)),
    squaredError: mean(elements.map((row, i) => (row.mean - truth[i]) ** 2)),
    seconds: result.timing.seconds_per_set,
    device: result.device,
  };
}

const resultTable = (rows) =>
  table(
    [
      "model",
      "estimator",
      "K",
      "ms a set",
      "evidence, mean of the log",
      "held-out data",
      "variance of a posterior mean",
      "squared error",
    ],
    rows.map((row) => [
      row.name,
      ESTIMATORS[row.estimator],
      row.K,
      figure(row.seconds * 1000),
      fixed(row.evidence, 1),
      fixed(row.predictive, 1),
      figure(row.variance),
      figure(row.squaredError),
    ]),
  );

function figures(rows) {
  const quantities = { evidence: "evidence", predictive: "held-out data", variance: "variance", squaredError: "squared error" }; // prettier-ignore
  const panels = (x, title) => quantityPanels(rows, quantities, ESTIMATORS, { key: x, title });
  return {
    importance_particles: panels("K", "K"),
    importance_time: panels("seconds", "seconds a set"),
  };
}
