// Guides that follow a random walk: each particle with one parent (permuted), parents picked independently (as in
// Tensor Monte Carlo), and particles that never mix (the importance weighted autoencoder's bound).
import { linePanels } from "./lib/figure.mjs";
import { dataFile, model, run } from "./lib/mppc.mjs";
import { fixed, mean, table, variance } from "./lib/page.mjs";
import { randomWalk } from "./lib/simulate.mjs";

const STEPS = 10;
const KINDS = {
  permutation: { label: "massively parallel, permuted", settings: { coupling: "permutation" } },
  categorical: { label: "massively parallel, categorical (TMC)", settings: { coupling: "categorical" } },
  global: { label: "global (IWAE)", settings: { estimator: "global" } },
};
/** The mean of so many of the last iterations is what a run has reached. */
const LAST = 100;

const FULL = { counts: [2, 3, 5, 10, 20, 30], seeds: [1, 2, 3, 4, 5], iterations: 2000 };
const REDUCED = { counts: [3, 10], seeds: [1, 2], iterations: 400 };

export function size(full) {
  const { counts, seeds, iterations } = full ? FULL : REDUCED;
  return `K = ${counts.join(", ")}, each fitted with ${seeds.length} seeds by ${iterations} iterations, the mean over seeds ± its standard error`;
}

export async function experiment({ full, say }) {
  const { counts, seeds, iterations } = full ? FULL : REDUCED;
  const walk = randomWalk({ steps: STEPS, step: 0.5, seed: 3 });
  const rows = [];
  for (const observed of ["single", "multiple"]) {
    const times = walk.x.map((value, t) => [`x${t + 1}`, value]);
    const data = Object.fromEntries(observed === "single" ? times.slice(-1) : times);
    const exact = kalman(observed === "single" ? walk.x.map((x, t) => (t === STEPS - 1 ? x : null)) : walk.x);
    for (const kind of Object.keys(KINDS))
      for (const K of counts) {
        say(`${observed}, ${kind}, K = ${K}`);
        rows.push(measure(observed, data, exact, kind, K, seeds, iterations));
      }
  }
  return { tables: { results: resultTable(rows) }, figures: figures(rows), rows };
}

function measure(observed, data, exact, kind, K, seeds, iterations) {
  const file = dataFile(data);
  const runs = seeds.map((seed) =>
    run(model(`toy_series_${observed}`), file, {
      method: "vi",
      K,
      seed,
      iterations,
      step: 0.02,
      "draws-from": "iid",
      ...KINDS[kind].settings,
    }),
  );
  const reached = runs.map(({ trace }) => mean(trace.slice(-LAST).map((entry) => entry.log_evidence)));
  return {
    observed,
    kind,
    K,
    exact,
    bound: mean(reached),
    error: Math.sqrt(variance(reached) / reached.length),
    device: runs[0].device,
  };
}

/** The exact log evidence of the walk: its steps have sd 0.5, the noise 1; null where nothing is observed. */
function kalman(observations) {
  let [centre, spread, evidence] = [0, 1, 0];
  observations.forEach((x, t) => {
    if (t > 0) spread += 0.25;
    if (x === null) return;
    const total = spread + 1;
    evidence -= 0.5 * (Math.log(2 * Math.PI * total) + (x - centre) ** 2 / total);
    centre += (spread / total) * (x - centre);
    spread *= 1 / total;
  });
  return evidence;
}

const resultTable = (rows) =>
  table(
    ["observed", "K", ...Object.values(KINDS).map(({ label }) => label), "exact evidence"],
    [...new Set(rows.map((row) => `${row.observed} ${row.K}`))].map((key) => {
      const these = rows.filter((row) => `${row.observed} ${row.K}` === key);
      const cell = (kind) => {
        const row = these.find((each) => each.kind === kind);
        return `${fixed(row?.bound, 3)} ± ${fixed(row?.error, 3)}`;
      };
      const observed = these[0].observed === "single" ? "last step" : "every step";
      return [observed, these[0].K, ...Object.keys(KINDS).map(cell), fixed(these[0].exact, 3)];
    }),
  );

function figures(rows) {
  const panel = (row) => (row.observed === "single" ? "last step observed" : "every step observed");
  const panels = ["last step observed", "every step observed"];
  const lines = rows.map((row) => ({
    panel: panel(row),
    series: KINDS[row.kind].label,
    x: row.K,
    y: row.exact - row.bound,
    order: row.K,
  }));
  const series = Object.values(KINDS).map(({ label }) => label);
  const y = "exact evidence less the bound";
  return { toy_series: linePanels(lines, { x: "K", y, series, panels, logX: true, logY: true }) };
}
