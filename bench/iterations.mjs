// Times the fit: seconds per QEM iteration on WebGPU and, in the same run, on the float64 reference device as the
// baseline of a ratio. Prints a Markdown table on stdout and, with --json FILE, writes the figures.
//
//   npm run bench -- [--iterations 60] [--case radon:20]... [--movielens FILE] [--json FILE]
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MPPC = join(ROOT, "dist", "cli", "main.js");

/** Name of an example and particles of every group. */
const CASES = [
  ["radon", 10],
  ["radon", 20],
  ["movielens", 10],
  ["movielens", 30],
  ["bus_breakdown", 10],
  ["bus_breakdown", 30],
  ["chimpanzees", 15],
  ["eight_schools", 20],
];

const { values } = parseArgs({
  options: {
    iterations: { type: "string", default: "60" },
    case: { type: "string", multiple: true },
    movielens: { type: "string" },
    json: { type: "string" },
  },
});

if (!existsSync(MPPC)) {
  process.stderr.write("dist/ is missing: run 'npm run build' first\n");
  process.exit(2);
}

/** One run of the command in a process of its own; `cold` without the driver's cache of compiled shaders. */
function measure(name, K, device, cold) {
  const model = join(ROOT, "examples", name, `${name}.mpp`);
  const own = name === "movielens" ? values.movielens : undefined;
  const data = own ?? join(ROOT, "examples", name, "data.json");
  const folder = mkdtempSync(join(tmpdir(), "mppc-bench-"));
  const iterations = cold ? "2" : values.iterations;
  const args = ["run", model, "--data", data, "-K", String(K), "--iterations", iterations, "--device", device, "--json", "--quiet", "--output", join(folder, "run")]; // prettier-ignore
  const env = { ...process.env, ...(cold ? { MESA_SHADER_CACHE_DISABLE: "true" } : {}) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MPPC, ...args], {
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  rmSync(folder, { recursive: true, force: true });
  if (status !== 0) {
    process.stderr.write(`${name} K=${K} on ${device}: exit code ${status}\n${stderr}\n`);
    return null;
  }
  return JSON.parse(stdout);
}

const ms = (seconds) => (seconds === undefined ? "-" : `${(seconds * 1000).toPrecision(3)} ms`);
const seconds = (value) => (value === undefined ? "-" : `${value.toPrecision(3)} s`);
const mb = (bytes) => (bytes === undefined ? "-" : `${Math.round(bytes / 1e6)} MB`);

const wanted = values.case?.map((c) => [c.split(":")[0], Number(c.split(":")[1] ?? 20)]) ?? CASES;
const figures = [];
const rows = [];
for (const [name, K] of wanted) {
  const cold = measure(name, K, "gpu", true);
  const gpu = measure(name, K, "gpu", false);
  const reference = measure(name, K, "reference", false);
  figures.push({ name, K, cold, gpu, reference });
  const ratio =
    gpu && reference ? reference.timing.seconds_per_iteration / gpu.timing.seconds_per_iteration : NaN;
  rows.push([
    name,
    K,
    seconds(gpu?.timing.compile_seconds),
    seconds(cold?.timing.first_iteration_seconds),
    seconds(gpu?.timing.first_iteration_seconds),
    ms(gpu?.timing.seconds_per_iteration),
    mb(gpu?.memory.peak_rss_bytes),
    mb(gpu?.memory.device_bytes),
    ms(reference?.timing.seconds_per_iteration),
    mb(reference?.memory.peak_rss_bytes),
    Number.isNaN(ratio) ? "-" : `${ratio.toPrecision(2)} x`,
  ]);
  process.stderr.write(`${name} K=${K} done\n`);
}

const device = figures.find((f) => f.gpu)?.gpu.device ?? "none";
const head = ["model", "K", "compile", "first iteration, cold shader cache", "warm", "iteration", "peak memory", "on the device", "iteration, float64", "peak memory, float64", "faster than float64"]; // prettier-ignore
const line = (cells) => `| ${cells.join(" | ")} |`;
process.stdout.write(`${availableParallelism()} cores, ${device}\n\n`);
process.stdout.write([line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n") + "\n");
if (values.json !== undefined) {
  const kept = figures.map(({ name, K, cold, gpu, reference }) => {
    const part = (run) => run && { timing: run.timing, memory: run.memory, device: run.device };
    return { name, K, cold: part(cold), gpu: part(gpu), reference: part(reference) };
  });
  writeFileSync(values.json, `${JSON.stringify(kept, null, 2)}\n`);
}
