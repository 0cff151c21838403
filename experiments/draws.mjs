// Ways of drawing particles compared at the same fitted guide: the noise of the log evidence, and of the posterior.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./lib/mppc.mjs";
import { figure, mean, table, variance } from "./lib/page.mjs";

/**
 * Examples, the particles of every group, and how many independent passes of sets of particles are drawn each way: at the
 * reduced size, and in full.
 */
const CASES = [
  { name: "eight_schools", K: 20, passes: [8, 20] },
  { name: "radon", K: 20, passes: [2, 8] },
  { name: "chimpanzees", K: 15, passes: [0, 3] },
  { name: "bus_breakdown", K: 10, passes: [0, 3] },
  { name: "occupancy", K: 5, passes: [0, 2] },
];
const DRAWS = ["iid", "stratified", "sobol"];
const SETS = 10;

const fromDist = (path) => import(join(ROOT, "dist", path));

/** The model with its data, fitted once. */
async function fitted(name, K, iterations) {
  const [{ checkSource }, { bindData }, { createReferenceDevice }, settings, { fitPosterior }] =
    await Promise.all(
      [
        "compile.js",
        "runtime/data.js",
        "runtime/reference.js",
        "inference/settings.js",
        "inference/fit.js",
      ].map(fromDist),
    );
  const folder = join(ROOT, "examples", name);
  const read = (file) => ({ path: file, text: readFileSync(join(folder, file), "utf8") });
  const { checked } = checkSource(read(`${name}.mpp`));
  const head = checked.compile({ programs: ["bounds"] }).compiled;
  const { data } = bindData(head, [read("data.json")]);
  const chosen = { ...settings.DEFAULT_SETTINGS, particles: K, seed: 1, iterations, finalDraws: SETS };
  const sizes = settings.axisSizes(
    data.sizes,
    head.interface,
    settings.particlesPerGroup(head.interface, chosen),
  );
  const { compiled: model } = checked.compile({ sizes });
  const device = createReferenceDevice();
  const context = { model, data, device, host: device, settings: chosen, onProgress: () => undefined };
  return { context, fit: await fitPosterior(context) };
}

function referenceOf(name) {
  const path = join(ROOT, "tests", "references", `${name}.json`);
  return existsSync(path) ? Object.entries(JSON.parse(readFileSync(path, "utf8")).parameters) : null;
}

const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];
/** The standard deviation that a normal with the same middle 68 % has: single sets may lie far off. */
const spread = (values) => (quantile(values, 0.84) - quantile(values, 0.16)) / 2;

/** Errors of the posterior means, as shares of the reference's standard deviations. */
function errors(summary, reference) {
  const rows = new Map(summary.map((row) => [row.name, row]));
  return reference.map(([name, { mean: m, sd }]) => Math.abs((rows.get(name)?.mean ?? NaN) - m) / sd);
}

/** A fit of the reduced size ends after so many iterations, one in full when its evidence has settled. */
const REDUCED_ITERATIONS = 80;

export function size(full) {
  const run = CASES.filter(({ passes }) => passes[full ? 1 : 0] > 0);
  const sets = run.map(({ name, passes }) => `${name} ${SETS * passes[full ? 1 : 0]}`);
  const fit = full ? "fitted until the evidence has settled" : `fitted by ${REDUCED_ITERATIONS} iterations`;
  return `sets of particles each way: ${sets.join(", ")}; ${fit}`;
}

/** `only`: names of models, null for those of the size; `known`: rows of earlier runs, which stay for other models. */
export async function experiment({ full, only, known, say }) {
  const { finalPass } = await fromDist("inference/final.js");
  const asked = CASES.filter(({ name, passes }) =>
    only === null ? passes[full ? 1 : 0] > 0 : only.includes(name),
  );
  const rows = known.filter((row) => !asked.some(({ name }) => name === row.name));
  for (const { name, K, passes } of asked) {
    const count = passes[full || passes[0] === 0 ? 1 : 0];
    const { context, fit } = await fitted(name, K, full ? null : REDUCED_ITERATIONS);
    say(`${name}: fitted in ${fit.trace.length} iterations`);
    const reference = referenceOf(name);
    for (const drawsFrom of DRAWS) {
      const logs = [];
      const worst = [];
      const middle = [];
      for (let seed = 1; seed <= count; seed++) {
        const settings = { ...context.settings, drawsFrom, seed };
        const result = await finalPass({ ...context, settings }, fit);
        logs.push(...result.evidence.sets.filter(Number.isFinite));
        if (reference === null) continue;
        const found = errors(result.summary, reference);
        worst.push(Math.max(...found));
        middle.push(quantile(found, 0.5));
      }
      const row = {
        name,
        K,
        drawsFrom,
        sets: logs.length,
        spread: spread(logs),
        sd: Math.sqrt(variance(logs)),
        device: context.device.description,
        medianError: middle.length > 0 ? mean(middle) : NaN,
        worstError: worst.length > 0 ? mean(worst) : NaN,
      };
      rows.push(row);
      say(
        `${name} ${drawsFrom}: spread ${figure(row.spread)}, sd ${figure(row.sd)}, error ${figure(row.medianError)}`,
      );
    }
  }
  const order = CASES.map(({ name }) => name);
  rows.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const head = ["model", "K", "draws", "sets", "spread", "sd", "median error", "worst error"];
  const cells = rows.map((row) => [
    row.name,
    row.K,
    row.drawsFrom,
    row.sets,
    figure(row.spread),
    figure(row.sd),
    figure(row.medianError),
    figure(row.worstError),
  ]);
  return { tables: { results: table(head, cells) }, figures: {}, rows };
}
