// Runs the models of tests/posteriors/ with default settings and writes docs/posteriors.md: errors against reference draws.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = join(root, "tests", "posteriors");
const rows = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => {
    const at = join(folder, name);
    const out = mkdtempSync(join(tmpdir(), "mppc-posterior-"));
    const cli = join(root, "dist", "cli", "main.js");
    const args = ["run", join(at, "model.mpp"), "--data", join(at, "data.json"), "--device", "reference"];
    const text = execFileSync("node", [cli, ...args, "--json", "--quiet", "--output", out], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 2 ** 28,
    });
    rmSync(out, { recursive: true });
    const { summary, timing, diagnostics } = JSON.parse(text);
    const truth = Object.entries(JSON.parse(readFileSync(join(at, "reference.json"), "utf8")).parameters);
    const found = new Map(summary.map((row) => [row.name, row]));
    const pairs = truth.map(([key, { mean, sd }]) => [found.get(key), mean, sd]);
    const worst = Math.max(...pairs.map(([row, mean, sd]) => Math.abs(row.mean - mean) / sd));
    const ratios = pairs.map(([row, , sd]) => row.sd / sd);
    const range = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`;
    const warnings = diagnostics.warnings.map(({ code }) => `\`${code}\``).join(", ");
    return `| ${name} | ${truth.length} | ${worst.toFixed(3)} | ${range} | ${timing.total_seconds.toFixed(1)} | ${warnings} |`;
  });
const page = `# Known posteriors

Models of the public collection [posteriordb](https://github.com/stan-dev/posteriordb) against its reference draws, with default settings, seed 1, on the float64 reference device. Errors of means are in posterior standard deviations; standard deviations are as ratios to the reference's. Written by \`npm run posteriors\`.

| posterior | parameters | worst mean error | sd ratios | seconds | warnings |
|---|---|---|---|---|---|
${rows.join("\n")}
`;
writeFileSync(join(root, "docs", "posteriors.md"), page);
process.stdout.write(page);
