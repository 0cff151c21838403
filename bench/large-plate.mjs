// Memory and time of QEM on a plate of many elements, each with a latent of its own: peak memory of the process, device
// memory, and seconds of an iteration, by the length of the plate. Each length is a process of its own.
//
//   npm run build && node bench/large-plate.mjs [-K 10] [--iterations 2] [1e5 1e6 1e7]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { randomNumbers } from "./lib/random.mjs";

const MODEL = `
data { plate n; real y[n]; }
model {
  mu ~ normal(0, 5);
  tau ~ half_normal(3);
  plate n { theta ~ normal(mu, tau); y ~ normal(theta, 1); }
}`;

const { values, positionals } = parseArgs({
  options: { K: { type: "string", short: "K", default: "10" }, iterations: { type: "string", default: "2" }, one: { type: "boolean" } }, // prettier-ignore
  allowPositionals: true,
});

/** Effects of standard deviation 2 around 1, seen with an error of 1. */
function simulate(length) {
  const { normal } = randomNumbers(88675123);
  const y = new Float64Array(length);
  for (let i = 0; i < length; i++) y[i] = 1 + 2 * normal() + normal();
  return y;
}

async function measure(length) {
  const dist = (path) => new URL(`../dist/${path}.js`, import.meta.url).href;
  const { checkSource } = await import(dist("compile"));
  const { fitPosterior } = await import(dist("inference/fit"));
  const { DEFAULT_SETTINGS, axisSizes, particlesPerGroup } = await import(dist("inference/settings"));
  const { createDawnDevice } = await import(dist("runtime/dawn"));
  const { createReferenceDevice } = await import(dist("runtime/reference"));
  const { useSoftwareVulkan } = await import(dist("runtime/vulkan"));
  useSoftwareVulkan();
  const device = await createDawnDevice({ software: "any" });
  const { checked } = checkSource({ path: "large_plate.mpp", text: MODEL });
  const settings = { ...DEFAULT_SETTINGS, particles: Number(values.K), iterations: Number(values.iterations), start: "prior" }; // prettier-ignore
  const sizes = new Map([["n", length]]);
  const head = checked.compile({ programs: ["bounds"] }).compiled;
  const planned = axisSizes(sizes, head.interface, particlesPerGroup(head.interface, settings));
  const { compiled, diagnostics } = checked.compile({
    sizes: planned,
    adapter: device.kind === "gpu" ? "gpu" : "software",
    programs: ["qem", "start", "posterior", "prior", "initial", "fit", "widen", "fixed", "data"],
    largestBinding: 2 ** 27,
  });
  if (compiled === null) throw new Error(diagnostics.map((d) => d.message).join("; "));
  const data = { sizes, arrays: new Map([["y", simulate(length)]]) };
  let deviceBytes = 0;
  const host = createReferenceDevice();
  const fitted = await fitPosterior({
    model: compiled, data, device, host, settings,
    onProgress: () => (deviceBytes = Math.max(deviceBytes, device.bytes)),
  }); // prettier-ignore
  const { maxRSS, userCPUTime } = process.resourceUsage();
  const [evidence] = fitted.trace.slice(-1).map((entry) => entry.logEvidence);
  const seconds = fitted.seconds.toSorted((a, b) => a - b)[fitted.seconds.length >> 1];
  const cells = [length, (maxRSS / 1024).toFixed(0), (deviceBytes / 2 ** 20).toFixed(0), seconds.toFixed(2), (userCPUTime / 1e6).toFixed(0), evidence.toFixed(1)]; // prettier-ignore
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
  process.exit(0);
}

const lengths = (positionals.length > 0 ? positionals : ["1e5", "1e6", "1e7"]).map(Number);
if (values.one) await measure(lengths[0]);
else {
  process.stdout.write("| elements | peak memory of the process, MiB | on the device, MiB | an iteration, s | CPU time in all, s | log evidence |\n"); // prettier-ignore
  process.stdout.write("| --- | --- | --- | --- | --- | --- |\n");
  for (const length of lengths) {
    const args = [fileURLToPath(import.meta.url), "--one", "-K", values.K, "--iterations", values.iterations, String(length)]; // prettier-ignore
    spawnSync(process.execPath, args, { stdio: "inherit" });
  }
}
