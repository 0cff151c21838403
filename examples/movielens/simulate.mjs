// Simulates ratings for the movielens example: node examples/movielens/simulate.mjs [--seed 1] [--output DIR]
// Writes data.json, test.json and truth.json: 300 users, 5 films each and 5 further films, drawn from the model.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeData } from "../json.mjs";
import { bernoulliLogit, normal, shuffled, times, uniforms } from "../random.mjs";
import { catalogueOf, FEATURES } from "./films.mjs";

const USERS = 300;
const FILMS = 5;

function simulate(seed) {
  const uniform = uniforms(seed);
  const catalogue = catalogueOf(uniform);
  const mu = times(FEATURES, () => normal(uniform, 0, 1));
  const psi = times(FEATURES, () => normal(uniform, 0, 1));
  const z = times(USERS, () => mu.map((mean, i) => normal(uniform, mean, Math.exp(psi[i]))));
  const films = times(USERS, () => shuffled(uniform, catalogue).slice(0, 2 * FILMS));
  const ratings = films.map((seen, user) =>
    seen.map((x) => {
      const logOdds = x.reduce((sum, feature, i) => sum + feature * z[user][i], 0);
      return bernoulliLogit(uniform, logOdds);
    }),
  );
  const part = (from, to) => ({
    rating: ratings.map((row) => row.slice(from, to)),
    x: films.map((row) => row.slice(from, to)),
  });
  return { data: part(0, FILMS), test: part(FILMS, 2 * FILMS), truth: { mu, psi, z } };
}

const here = fileURLToPath(new URL(".", import.meta.url));
const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, output: { type: "string", default: here } },
});
for (const [name, data] of Object.entries(simulate(Number(values.seed))))
  writeData(join(values.output, `${name}.json`), data);
