// Simulates the visits of the varying_slopes example: node examples/varying_slopes/simulate.mjs [--seed 7] [--output DIR]
// Writes data.json and truth.json.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeData } from "../json.mjs";
import { normal, times, uniforms } from "../random.mjs";

const CAFES = 20;
const VISITS = 10;

/** What the data is drawn from: minutes in the morning, and what the afternoon changes. */
const TRUTH = { mu: [3.5, -1], tau: [1, 0.5], sigma: 0.5, correlation: -0.7 };

function simulate(seed) {
  const uniform = uniforms(seed);
  const { mu, tau, sigma, correlation } = TRUTH;
  const beta = times(CAFES, () => {
    const [a, b] = times(2, () => normal(uniform, 0, 1));
    const together = correlation * a + Math.sqrt(1 - correlation ** 2) * b;
    return [mu[0] + tau[0] * a, mu[1] + tau[1] * together];
  });
  // Mornings and afternoons by turns.
  const afternoon = times(CAFES, () => times(VISITS, (i) => i % 2));
  const wait = afternoon.map((visits, cafe) =>
    visits.map((x) => normal(uniform, beta[cafe][0] + beta[cafe][1] * x, sigma)),
  );
  return { data: { afternoon, wait }, truth: { ...TRUTH, beta } };
}

const here = fileURLToPath(new URL(".", import.meta.url));
const { values } = parseArgs({
  options: { seed: { type: "string", default: "7" }, output: { type: "string", default: here } },
});
const { data, truth } = simulate(Number(values.seed));
writeData(join(values.output, "data.json"), data);
writeData(join(values.output, "truth.json"), truth);
