// Simulated data for examples whose plates are longer than those of the real data.
import { busDelays, movielens } from "../../experiments/lib/simulate.mjs";
import { normal, times, uniforms } from "../../examples/random.mjs";

/** Log-radon of `zips` houses in each of 4 states, from the radon example's model. */
function radon(zips, seed = 1) {
  const uniform = uniforms(seed);
  const states = times(4, () => ({
    mean: normal(uniform, 1, 0.5),
    slope: normal(uniform, -0.5, 0.3),
    uranium: normal(uniform, 0.3, 0.3),
    sd: Math.exp(normal(uniform, -0.3, 0.2)),
  }));
  const basement = states.map(() => times(zips, () => (uniform() < 0.5 ? 1 : 0)));
  const log_uranium = states.map(() => times(zips, () => normal(uniform, 0, 0.5)));
  const log_radon = states.map(({ mean, slope, uranium, sd }, s) =>
    times(zips, (z) => normal(uniform, mean + slope * basement[s][z] + uranium * log_uranium[s][z], sd)),
  );
  return { log_radon, basement, log_uranium };
}

/** Whether journeys, `ids` in each borough and year, are delayed for longer than an hour. */
function busBreakdown(ids, seed = 1) {
  const shape = { years: 2, boroughs: 3, types: 8, companies: 59 };
  const { delay, ...data } = busDelays({ ...shape, ids, seed }).data;
  const delayed = delay.map((year) => year.map((borough) => borough.map((d) => (d > 60 ? 1 : 0))));
  return { ...data, delayed };
}

/** Data of an example with its longest plate so many times as long, by the example's name. */
export const SCALED = {
  radon: (times) => radon(150 * times),
  movielens: (times) => movielens({ users: 300 * times, films: 5, sd: 0.5, seed: 1 }).data,
  bus_breakdown: (times) => busBreakdown(150 * times),
};
