// Data drawn from the experiments' models, with what they were drawn from.
import { bernoulliLogit, normal, shuffled, times, uniforms } from "../../examples/random.mjs";
import { catalogueOf, FEATURES } from "../../examples/movielens/films.mjs";

/** Ratings of films by users: `films` of each user to learn from, and as many more to predict. */
export function movielens({ users, films, sd, seed, logSd = () => null }) {
  const uniform = uniforms(seed);
  const catalogue = catalogueOf(uniform);
  const mu = times(FEATURES, () => normal(uniform, 0, sd));
  const shared = logSd(uniform);
  const psi = times(FEATURES, () => shared ?? normal(uniform, 0, sd));
  const z = times(users, () => mu.map((mean, i) => normal(uniform, mean, Math.exp(psi[i]))));
  const seen = times(users, () => shuffled(uniform, catalogue).slice(0, 2 * films));
  const ratings = seen.map((row, user) =>
    row.map((x) =>
      bernoulliLogit(
        uniform,
        x.reduce((sum, feature, i) => sum + feature * z[user][i], 0),
      ),
    ),
  );
  const part = (from, to) => ({
    rating: ratings.map((row) => row.slice(from, to)),
    x: seen.map((row) => row.slice(from, to)),
  });
  return { data: part(0, films), test: part(films, 2 * films), truth: { mu, psi, z } };
}

/** A Poisson number, by counting exponential waiting times in pieces short enough for their product. */
function poisson(uniform, mean) {
  let count = 0;
  for (let left = mean; left > 0; left -= 30) {
    const piece = Math.min(left, 30);
    let product = uniform();
    for (const limit = Math.exp(-piece); product > limit; product *= uniform()) count++;
  }
  return count;
}

/** A negative binomial number: Poisson, its mean gamma of whole shape `total` and scale exp(logits). */
function negativeBinomial(uniform, total, logits) {
  const gamma = times(total, () => -Math.log(uniform())).reduce((sum, x) => sum + x, 0);
  return poisson(uniform, gamma * Math.exp(logits));
}

/** The total count of bus_delay.mpp: minutes of the longest delay. */
const TOTAL_COUNT = 130;

/** Delays of school buses in minutes, drawn from bus_delay.mpp: `ids` journeys to learn from and as many to predict. */
export function busDelays({ years, boroughs, ids, types, companies, seed }) {
  const uniform = uniforms(seed);
  const yearSd = Math.exp(normal(uniform, 0, 0.01));
  const yearMean = normal(uniform, 0, 0.01);
  const weightSd = Math.exp(normal(uniform, 0, 0.01));
  const company = times(companies, () => normal(uniform, 0, weightSd));
  const type = times(types, () => normal(uniform, 0, weightSd));
  const id_mean = times(years, () => {
    const effect = normal(uniform, yearMean, yearSd);
    return times(boroughs, () => normal(uniform, effect, Math.exp(normal(uniform, 0, 0.5))));
  });
  const oneHot = (n) => {
    const place = Math.floor(n * uniform());
    return times(n, (i) => (i === place ? 1 : 0));
  };
  const journeys = id_mean.map((row) =>
    row.map((mean) =>
      times(2 * ids, () => {
        const [run_type, bus_company] = [oneHot(types), oneHot(companies)];
        const logits = mean + type[run_type.indexOf(1)] + company[bus_company.indexOf(1)];
        return { run_type, bus_company, delay: negativeBinomial(uniform, TOTAL_COUNT, logits) };
      }),
    ),
  );
  const part = (from, to) => {
    const column = (name) => journeys.map((r) => r.map((c) => c.slice(from, to).map((j) => j[name])));
    return {
      RunTypes: types,
      Companies: companies,
      delay: column("delay"),
      run_type: column("run_type"),
      bus_company: column("bus_company"),
    };
  };
  return { data: part(0, ids), test: part(ids, 2 * ids), truth: { id_mean } };
}

/** A random walk z_1, ..., z_steps with steps of sd `step` from N(0, 1), and observations of it with noise of sd 1. */
export function randomWalk({ steps, step, seed }) {
  const uniform = uniforms(seed);
  const z = [normal(uniform, 0, 1)];
  while (z.length < steps) z.push(normal(uniform, z[z.length - 1], step));
  return { z, x: z.map((value) => normal(uniform, value, 1)) };
}
