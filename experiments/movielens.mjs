// Film ratings: the posterior that a run reports, weighted particles, and its guide itself, against a Gibbs sampler's.
import { join } from "node:path";
import { ROOT, example, exampleData, readJson, run } from "./lib/mppc.mjs";
import { fixed, table } from "./lib/page.mjs";

const METHODS = {
  qem: { iterations: [20, 60] },
  rws: { iterations: [100, 300], step: 0.03 },
  vi: { iterations: [100, 300], step: 0.03 },
};
const LATENTS = ["mu", "psi", "z"];
const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** The guides' own means and standard deviations by the names of the summary's rows: all are normal. */
function guideMoments({ parameters }) {
  const moments = new Map();
  const add = (name, mean, sd) => {
    if (Array.isArray(mean)) mean.forEach((m, i) => add([...name, i + 1], m, sd[i]));
    else moments.set(`${name[0]}[${name.slice(1).join()}]`, { mean, sd });
  };
  for (const latent of LATENTS) add([latent], parameters[latent].mu, parameters[latent].sigma);
  return moments;
}

/** By latent: medians over its elements of the error of the mean in the reference's sds, and of the ratio of sds. */
function compare(found, reference) {
  return LATENTS.map((latent) => {
    const names = Object.keys(reference).filter((name) => name.startsWith(`${latent}[`));
    const of = (measure) => middle(names.map((name) => measure(found.get(name), reference[name])));
    return { error: of((f, r) => Math.abs(f.mean - r.mean) / r.sd), ratio: of((f, r) => f.sd / r.sd) };
  });
}

export function size(full) {
  const counts = Object.entries(METHODS).map(
    ([method, { iterations }]) => `\`${method}\` ${iterations[full ? 1 : 0]}`,
  );
  return `300 users, iterations of ${counts.join(", ")}`;
}

export async function experiment({ full, say }) {
  const reference = readJson(join(ROOT, "experiments", "references", "movielens.json")).parameters;
  const rows = [];
  for (const [method, { iterations, ...settings }] of Object.entries(METHODS)) {
    say(method);
    const options = { K: 10, method, iterations: iterations[full ? 1 : 0], seed: 1, ...settings };
    const test = exampleData("movielens", "test.json");
    const result = run(example("movielens"), exampleData("movielens"), { ...options, test });
    const weighted = new Map(result.summary.map((row) => [row.name, row]));
    const guide = guideMoments(readJson(join(result.directory, "guide.json")));
    const common = {
      method,
      iterations: options.iterations,
      evidence: result.evidence.mean,
      predictive: result.held_out.log_likelihood,
      device: result.device,
    };
    rows.push({ ...common, what: "weighted particles", latents: compare(weighted, reference) });
    rows.push({ ...common, what: "the guide itself", latents: compare(guide, reference) });
  }
  const list = (latents, key) => latents.map((latent) => fixed(latent[key])).join(", ");
  const cells = rows.map(({ method, iterations, evidence, predictive, what, latents }) => [
    `\`${method}\`, ${iterations} iterations`,
    what,
    fixed(evidence, 0),
    fixed(predictive, 0),
    list(latents, "error"),
    list(latents, "ratio"),
  ]);
  const head = ["method", "posterior", "evidence", "held-out data", `error of means: ${LATENTS.join(", ")}`, `ratio of sds: ${LATENTS.join(", ")}`]; // prettier-ignore
  return { tables: { posteriors: table(head, cells) }, figures: {}, rows };
}
