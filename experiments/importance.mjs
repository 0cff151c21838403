// Massively parallel against global importance weighting, the prior as the guide: evidence, predictions, and how far
// posterior means are off, against the number of particles and against time.
import { quantityPanels } from "./lib/figure.mjs";
import { dataFile, model, run } from "./lib/mppc.mjs";
import { countsInWords, figure, fixed, mean, table } from "./lib/page.mjs";
import { busDelays, movielens } from "./lib/simulate.mjs";

const ESTIMATORS = { "massively-parallel": "massively parallel", global: "global" };
const film = (users) => ({
  name: `movielens, ${users} users`,
  file: "movielens_prior",
  latent: "z",
  numbers: users * 18,
  simulated: () => movielens({ users, films: 5, sd: 0.5, seed: 1 }),
});
const buses = (ids) => ({
  name: `bus delays, ${ids} journeys`,
  file: "bus_delay_prior",
  latent: "id_mean",
  numbers: 9 * ids,
  simulated: () => busDelays({ years: 3, boroughs: 3, ids, types: 4, companies: 20, seed: 2 }),
});
/** By the names that `only` takes. The bus journeys are those of each of three years and boroughs. */
const CASES = { films_20: film(20), films_50: film(50), films_150: film(150), films_300: film(300), buses_10: buses(10), buses_30: buses(30) }; // prettier-ignore
const FULL = {
  cases: ["films_50", "films_150", "films_300", "buses_30"],
  counts: {
    "massively-parallel": [3, 10, 30],
    global: [3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000],
  },
};
const REDUCED = {
  cases: ["films_20", "buses_10"],
  counts: { "massively-parallel": [3, 10], global: [3, 10, 100, 1000] },
};
/** No more numbers than this in the largest table of particles: the global estimator at K = 100,000 would not fit. */
const MOST_NUMBERS = 1e8;

export function size(full) {
  const { cases, counts } = full ? FULL : REDUCED;
  const most = full
    ? `, as far as no table of particles has more than ${MOST_NUMBERS / 1e6} million numbers`
    : "";
  return `${cases.map((key) => `\`${key}\``).join(", ")}; ${countsInWords(counts)}${most}`;
}

/** `only`: keys of CASES, null for those of the size; `most`: the largest K; `known`: rows of earlier runs, which stay for other cases. */
export async function experiment({ full, only, most, known, say }) {
  const { cases, counts } = full ? FULL : REDUCED;
  const asked = Object.entries(CASES).filter(([key]) => (only ?? cases).includes(key));
  const rows = known.filter((row) => !asked.some(([, { name }]) => name === row.name));
  for (const [, each] of asked) {
    const simulated = each.simulated();
    const [data, test] = [dataFile(simulated.data), dataFile(simulated.test)];
    for (const [estimator, list] of Object.entries(counts))
      for (const K of list.filter((count) => count <= most)) {
        if (K * each.numbers > MOST_NUMBERS) continue;
        say(`${each.name}, ${estimator}, K = ${K}`);
        rows.push(measure(each, simulated.truth[each.latent], data, test, estimator, K));
      }
  }
  return { tables: { results: resultTable(rows) }, figures: figures(rows), rows };
}

function measure({ name, file, latent }, latents, data, test, estimator, K) {
  const result = run(model(file), data, { method: "importance", estimator, K, seed: 1, test });
  const elements = result.summary.filter((row) => row.name.startsWith(`${latent}[`));
  const truth = latents.flat();
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
