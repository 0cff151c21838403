// Calibrates examples (mppc sbc) and writes docs/calibration.md: node scripts/calibrate.mjs [NAME ...]
// Without names all of them; results of the others stay as they are in docs/calibration/. Build first.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const page = join(root, "docs", "calibration.md");
const folder = join(root, "docs", "calibration");

/** The examples whose data can be drawn, and options of theirs: those with many latents have fewer simulations. */
const EXAMPLES = {
  eight_schools: ["--simulations", "100", "--draws", "31", "-K", "20"],
  mixture: ["--simulations", "100", "--draws", "31", "-K", "20"],
  basketball: ["--simulations", "100", "--draws", "31", "-K", "20"],
  nile: ["--simulations", "100", "--draws", "31"],
  chimpanzees: ["--simulations", "100", "--draws", "31"],
  radon: ["--simulations", "100", "--draws", "31"],
  varying_slopes: ["--simulations", "100", "--draws", "31"],
  radon_counties: ["--simulations", "100", "--draws", "31"],
};
const dataOf = (name) =>
  join(
    root,
    "examples",
    name,
    existsSync(join(root, "examples", name, "data.csv")) ? "data.csv" : "data.json",
  );

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(EXAMPLES);
for (const name of wanted) {
  const options = EXAMPLES[name];
  if (options === undefined) throw new Error(`'${name}' is none of ${Object.keys(EXAMPLES).join(", ")}`);
  const out = join(folder, name);
  mkdirSync(out, { recursive: true });
  const model = `examples/${name}/${name}.mpp`;
  const args = ["sbc", model, "--data", dataOf(name), ...options, "--output", out];
  const { status } = spawnSync("node", [join(root, "dist", "cli", "main.js"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0 && status !== 3) throw new Error(`'${name}' ended with ${status}`);
  rmSync(join(out, "ranks.csv"), { force: true });
}

const reports = Object.keys(EXAMPLES).flatMap((name) => {
  const file = join(folder, name, "calibration.json");
  return existsSync(file) ? [[name, JSON.parse(readFileSync(file, "utf8"))]] : [];
});
const rows = reports.map(([name, report]) => {
  const worst = report.quantities.reduce((a, b) => (b.p < a.p ? b : a));
  const off = report.quantities.filter((q) => q.departure !== null).map((q) => `${q.name} ${q.departure}`);
  const warned = report.warnings.map((w) => `\`${w.code}\` in ${w.runs}`).join(", ");
  const verdict = report.calibrated ? "calibrated" : `not calibrated: ${off.join(", ") || "runs failed"}`;
  return `| [${name}](../examples/${name}/README.md) | ${report.simulations - report.failed.length} of ${report.simulations} | ${report.draws} | ${report.quantities.length} | ${worst.name}, ${worst.p_adjusted.toPrecision(2)} | ${verdict} | ${warned} |`;
});
const text = `# Calibration of the examples

Simulation-based calibration, [\`mppc sbc\`](simulation.md#calibration), of the examples with the covariates of their data, at the level 0.01 for all latents of a model together. Written by \`node scripts/calibrate.mjs\`, which has the options of each; examples that are not in the table have not been calibrated.

| example | runs that gave a posterior | draws | latents | the worst, its p of all | verdict | warnings, in so many runs |
|---|---|---|---|---|---|---|
${rows.join("\n")}

Below, for each latent how far the distribution of its ranks is from uniform, with the band that it leaves once in a hundred calibrations.

${reports.map(([name]) => `## ${name}\n\n![ranks of ${name}](calibration/${name}/calibration.svg)`).join("\n\n")}
`;
writeFileSync(page, text);
