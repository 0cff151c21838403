// Calibrates examples (mppc sbc) and writes docs/calibration.md: node scripts/calibrate.mjs [NAME ...]
// Without names all of them; results of the others stay as they are in docs/calibration/. `--page` only writes the page.
// Build first.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALIBRATIONS } from "./calibrations.mjs";

const root = join(import.meta.dirname, "..");
const page = join(root, "docs", "calibration.md");
const folder = join(root, "docs", "calibration");

/** The example's data, or the part of it that its calibration takes, as a file. */
function dataOf(name, part) {
  const own = join(root, "examples", name);
  if (existsSync(join(own, "data.csv"))) return join(own, "data.csv");
  const whole = join(own, "data.json");
  if (part === undefined) return whole;
  const file = join(mkdtempSync(join(tmpdir(), "calibrate-")), "data.json");
  writeFileSync(file, JSON.stringify(part.of(JSON.parse(readFileSync(whole, "utf8")))));
  return file;
}

/** Calibrates one example and leaves what it gives, with how it was done, in its folder. */
function calibrate(name) {
  const found = CALIBRATIONS[name];
  if (found === undefined) throw new Error(`'${name}' is none of ${Object.keys(CALIBRATIONS).join(", ")}`);
  const { options, part } = found;
  const out = join(folder, name);
  mkdirSync(out, { recursive: true });
  const args = ["sbc", `examples/${name}/${name}.mpp`, "--data", dataOf(name, part), ...options];
  const { status } = spawnSync("node", [join(root, "dist", "cli", "main.js"), ...args, "--output", out], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0 && status !== 3) throw new Error(`'${name}' ended with ${status}`);
  rmSync(join(out, "ranks.csv"), { force: true });
  // Models may have thousands of latents: one line is enough for what only programs read.
  const report = join(out, "calibration.json");
  writeFileSync(report, `${JSON.stringify(JSON.parse(readFileSync(report, "utf8")))}\n`);
  writeFileSync(
    join(out, "settings.json"),
    `${JSON.stringify({ options, data: part?.what ?? "all" }, null, 2)}\n`,
  );
}

const names = process.argv.slice(2);
if (!names.includes("--page"))
  for (const name of names.length > 0 ? names : Object.keys(CALIBRATIONS)) calibrate(name);

const read = (name, file) => JSON.parse(readFileSync(join(folder, name, file), "utf8"));
const reports = Object.keys(CALIBRATIONS)
  .filter((name) => existsSync(join(folder, name, "calibration.json")))
  .map((name) => [name, read(name, "calibration.json"), read(name, "settings.json")]);

/** Latents that are off, those of one name together: "psi too narrow (18)". */
function departures(quantities) {
  const found = new Map();
  for (const { name, departure } of quantities) {
    if (departure === null) continue;
    const what = `${name.replace(/\[.*/, "")} ${departure}`;
    found.set(what, (found.get(what) ?? 0) + 1);
  }
  return [...found].map(([what, count]) => (count === 1 ? what : `${what} (${count} of them)`)).join(", ");
}

const rows = reports.map(([name, report, { options, data }]) => {
  const worst = report.quantities.reduce((a, b) => (b.p < a.p ? b : a));
  const warned = report.warnings.map((w) => `\`${w.code}\` in ${w.runs}`).join(", ");
  const runs = `${report.simulations - report.failed.length} of ${report.simulations}`;
  const settings = options.slice(4).join(" ");
  const verdict = report.calibrated
    ? "calibrated"
    : `**not calibrated**: ${departures(report.quantities) || "runs failed"}`;
  const cells = [
    `[${name}](../examples/${name}/README.md)`,
    data,
    settings === "" ? "" : `\`${settings}\``,
    runs,
    report.draws,
    report.quantities.length,
    `${worst.name}, ${worst.p_adjusted.toPrecision(2)}`,
    verdict,
    warned,
  ];
  return `| ${cells.join(" | ")} |`;
});
const missing = Object.keys(CALIBRATIONS).filter((name) => !reports.some(([known]) => known === name));
const text = `# Calibration of the examples

Simulation-based calibration, [\`mppc sbc\`](simulation.md#calibration), of the examples with the covariates of their data, at the level 0.01 for all latents of a model together. Written by \`node scripts/calibrate.mjs\`; \`scripts/calibrations.mjs\` has the settings of each.${missing.length > 0 ? ` Not calibrated yet: ${missing.join(", ")}.` : ""}

| example | covariates | settings | runs that gave a posterior | draws | latents | the worst, its p of all | verdict | warnings, in so many runs |
|---|---|---|---|---|---|---|---|---|
${rows.join("\n")}

Below, for each latent how far the distribution of its ranks is from uniform, with the band that it leaves once in a hundred calibrations.

${Object.keys(CALIBRATIONS)
  .filter((name) => !missing.includes(name) || CALIBRATIONS[name].note !== undefined)
  .map((name) => {
    const { note } = CALIBRATIONS[name];
    const parts = [`## ${name}`, ...(note === undefined ? [] : [note])];
    const figure = `![ranks of ${name}](calibration/${name}/calibration.svg)`;
    return [...parts, ...(missing.includes(name) ? [] : [figure])].join("\n\n");
  })
  .join("\n\n")}
`;
writeFileSync(page, text);
