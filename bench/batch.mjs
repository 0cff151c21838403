// How long many small runs take: eight schools with data simulated from the model, as processes of their own, and as a
// batch with one or more jobs at a time. What a job computes must not depend on it.
//
//   npm run build && node bench/batch.mjs [--sets 200] [--sample 10] [--pack 1,8,32,64,200]
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { randomNumbers } from "./lib/random.mjs";

const { values } = parseArgs({
  options: { sets: { type: "string", default: "200" }, sample: { type: "string", default: "10" }, pack: { type: "string", default: "1,8,32,64,200" } }, // prettier-ignore
});
const [sets, sample] = [Number(values.sets), Number(values.sample)];
const root = fileURLToPath(new URL("..", import.meta.url));
const mppc = join(root, "dist/cli/main.js");
const example = join(root, "examples/eight_schools");
const model = "eight_schools.mpp";
const { sigma } = JSON.parse(readFileSync(join(example, "data.json"), "utf8"));

const { uniform, normal } = randomNumbers(2463534242);

/** Effects of eight schools, from the model's prior (of tau the part below 30). */
function simulate() {
  const mu = 5 * normal();
  let tau = Infinity;
  while (tau > 30) tau = 5 * Math.tan((Math.PI / 2) * uniform());
  return { y: sigma.map((s) => mu + tau * normal() + s * normal()), sigma };
}

const folder = mkdtempSync(join(tmpdir(), "mppc-batch-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "data"));
copyFileSync(join(example, model), join(folder, model));
const files = Array.from({ length: sets }, (_, i) => {
  const file = join(folder, "data", `${String(i).padStart(4, "0")}.json`);
  writeFileSync(file, JSON.stringify(simulate()));
  return file;
});

/** Seconds of a command. */
function timed(...args) {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [mppc, ...args], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`mppc ${args.join(" ")}: ${stderr}`);
  return (performance.now() - begin) / 1000;
}

const row = (what, jobs, seconds, first) => {
  const each = seconds / jobs;
  console.log(
    `| ${what.padEnd(34)} | ${String(jobs).padStart(4)} | ${seconds.toFixed(1).padStart(7)} | ${(1000 * each).toFixed(0).padStart(6)} | ${(first / each).toFixed(1).padStart(5)} |`,
  );
};
console.log("| how | jobs | seconds | ms per job | times as fast |\n|---|---|---|---|---|");

const began = performance.now();
for (const [i, file] of files.slice(0, sample).entries())
  timed("run", model, "--data", file, "--seed", "1", "--quiet", "--output", join(folder, `run-${i}`));
const alone = (performance.now() - began) / 1000 / sample;
row("processes of their own", sample, alone * sample, alone);

timed("batch", "plan", model, "--data", "data/*.json", "--seed", "1", "-o", "jobs.jsonl");
for (const together of values.pack.split(",")) {
  const results = `results-${together}`;
  const seconds = timed("batch", "run", "jobs.jsonl", "--results", results, "--pack", together, "--jobs", "1", "--quiet"); // prettier-ignore
  row(`one process, ${together} at a time`, sets, seconds, alone);
  const table = `${results}.csv`;
  timed("batch", "collect", "jobs.jsonl", "--results", results, "-o", table);
}
const tables = values.pack.split(",").map((n) => readFileSync(join(folder, `results-${n}.csv`), "utf8"));
const same = tables.every((table) => table === tables[0]);
console.log(`\nThe tables of all posteriors are ${same ? "the same, to the last digit" : "NOT the same"}.`);
process.exitCode = same ? 0 : 1;
