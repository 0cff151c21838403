// Runs of the command, each in a process of its own, as a user would run it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MPPC = join(ROOT, "dist", "cli", "main.js");
const folder = mkdtempSync(join(tmpdir(), "mppc-experiments-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** Writes data to a file of its own; returns its path. */
export function dataFile(data) {
  const path = join(folder, `data-${++count}.json`);
  writeFileSync(path, JSON.stringify(data));
  return path;
}

/**
 * `mppc run MODEL --data FILE ...`: what `--json` prints, and the rows of the trace. `settings` are the options by name
 * without dashes; true stands for an option without a value. Throws with the command's own words where it fails.
 */
export function run(model, data, settings = {}) {
  if (!existsSync(MPPC)) throw new Error("dist/ is missing: run 'npm run build' first");
  const output = join(folder, `run-${++count}`);
  const options = Object.entries(settings).flatMap(([name, value]) => {
    const option = name.length === 1 ? `-${name}` : `--${name}`;
    return value === true ? [option] : [option, String(value)];
  });
  const args = ["run", model, "--data", data, "--json", "--quiet", "--output", output, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, [MPPC, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`mppc ${args.join(" ")}: exit code ${status}\n${stderr}`);
  const trace = csv(readFileSync(join(output, "trace.csv"), "utf8"));
  return { ...JSON.parse(stdout), trace, directory: output };
}

/** Rows of a CSV of numbers by their column's name. */
function csv(text) {
  const [head = "", ...lines] = text.trim().split("\n");
  const columns = head.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(columns.map((c, i) => [c, cells[i] === "" ? NaN : Number(cells[i])]));
  });
}

export const model = (name) => join(ROOT, "experiments", "models", `${name}.mpp`);
export const example = (name) => join(ROOT, "examples", name, `${name}.mpp`);
export const exampleData = (name, file = "data.json") => join(ROOT, "examples", name, file);
export const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
