// Simulates the experiment of the chimpanzees example: node examples/chimpanzees/simulate.mjs [--seed 7] [--output DIR]
// Writes data.json and truth.json. The shape is the real experiment's: 7 actors, 6 blocks, 12 repeats.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeData } from "../json.mjs";
import { bernoulliLogit, normal, shuffled, times, uniforms } from "../random.mjs";

const ACTORS = 7;
const BLOCKS = 6;
/** In every block each of the four treatments comes three times, in random order. */
const TREATMENTS = [0, 1].flatMap((condition) => [0, 1].map((prosocLeft) => ({ condition, prosocLeft })));
const TRIALS = [...TREATMENTS, ...TREATMENTS, ...TREATMENTS];

/** What the data is drawn from; both sigmas are logarithms of standard deviations, as in the model. */
const TRUTH = { sigma_block: -1.5, sigma_actor: 0.7, beta_pc: -0.1, beta_p: 0.8, alpha: 0.4 };

function simulate(seed) {
  const uniform = uniforms(seed);
  const alphaActor = times(ACTORS, () => normal(uniform, 0, Math.exp(TRUTH.sigma_actor)));
  const alphaBlock = times(ACTORS, () =>
    times(BLOCKS, () => normal(uniform, 0, Math.exp(TRUTH.sigma_block))),
  );
  const trials = times(ACTORS, () => times(BLOCKS, () => shuffled(uniform, TRIALS)));
  const pulledLeft = trials.map((blocks, a) =>
    blocks.map((block, b) =>
      block.map(({ condition, prosocLeft }) => {
        const effect = (TRUTH.beta_p + TRUTH.beta_pc * condition) * prosocLeft;
        return bernoulliLogit(uniform, TRUTH.alpha + alphaActor[a] + alphaBlock[a][b] + effect);
      }),
    ),
  );
  const each = (of) => trials.map((blocks) => blocks.map((block) => block.map(of)));
  return {
    data: {
      pulled_left: pulledLeft,
      condition: each((trial) => trial.condition),
      prosoc_left: each((trial) => trial.prosocLeft),
    },
    truth: { ...TRUTH, alpha_actor: alphaActor, alpha_block: alphaBlock },
  };
}

const here = fileURLToPath(new URL(".", import.meta.url));
const { values } = parseArgs({
  options: { seed: { type: "string", default: "7" }, output: { type: "string", default: here } },
});
const { data, truth } = simulate(Number(values.seed));
writeData(join(values.output, "data.json"), data);
writeData(join(values.output, "truth.json"), truth);
