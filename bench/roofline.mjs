// What the adapter can do at most, by small kernels that do one thing each: the figures to hold kernels' times against.
// Prints a Markdown table on stdout and, with --json FILE, writes the figures.
//
//   npm run build && npm run roofline -- [--json FILE]
import { existsSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VULKAN = join(ROOT, "dist", "runtime", "vulkan.js");
if (!existsSync(VULKAN)) {
  process.stderr.write("dist/ is missing: run 'npm run build' first\n");
  process.exit(2);
}
const { values } = parseArgs({ options: { json: { type: "string" } } });
const { systemHasVulkan, useSoftwareVulkan } = await import(VULKAN);
if (!systemHasVulkan()) useSoftwareVulkan();
const { create } = await import("webgpu");

/** Kept from the garbage collector, which would end the process with them. */
const gpu = create([]);
const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
if (adapter === null) {
  process.stderr.write("no Vulkan adapter: see 'mppc devices'\n");
  process.exit(4);
}
const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
const device = await adapter.requestDevice({
  requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
});
device.onuncapturederror = ({ error }) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(70);
};
globalThis.kept = [gpu, adapter, device];

const USE = { copyDestination: 8, uniform: 64, storage: 128 };
const COMPUTE = 4;
const WORKGROUP = 64;
const TURNS = 256;
/** Elements of what stays in caches, and of what does not. */
const [CACHED, LARGE] = [2 ** 13, 2 ** 24];
const ACCUMULATORS = 8;
const REPETITIONS = 9;

const turns = device.createBuffer({ size: 16, usage: USE.uniform | USE.copyDestination });
device.queue.writeBuffer(turns, 0, new Uint32Array([TURNS]));
const source = device.createBuffer({ size: 4 * LARGE, usage: USE.storage | USE.copyDestination });
const target = device.createBuffer({ size: 4 * LARGE, usage: USE.storage });
device.queue.writeBuffer(
  source,
  0,
  Float32Array.from({ length: LARGE }, (_, i) => 1 + (i % 7) / 8),
);

const layout = device.createBindGroupLayout({
  entries: [
    { binding: 0, visibility: COMPUTE, buffer: { type: "uniform" } },
    { binding: 1, visibility: COMPUTE, buffer: { type: "read-only-storage" } },
    { binding: 2, visibility: COMPUTE, buffer: { type: "storage" } },
  ],
});
const bindGroup = device.createBindGroup({
  layout,
  entries: [turns, source, target].map((buffer, binding) => ({ binding, resource: { buffer } })),
});

const each = (text) =>
  Array.from({ length: ACCUMULATORS }, (_, i) => text.replaceAll("#", String(i))).join("\n");
const kernel = (element, body) => `
@group(0) @binding(0) var<uniform> turns: u32;
@group(0) @binding(1) var<storage, read> source: array<${element}>;
@group(0) @binding(2) var<storage, read_write> target_: array<${element}>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) { let i = id.x; ${body} }`;
const looped = (type, step) => `
${each(`var a# = ${type}(f32(i & 7u) * 0.01 + #.0);`)}
for (var t = 0u; t < turns; t++) { ${each(step)} }
target_[i] = ${Array.from({ length: ACCUMULATORS }, (_, i) => `a${i}`).join(" + ")};`;

/** What is measured: how much of its unit one invocation does, and how many invocations there are. */
const CASES = [
  { name: "launch (one workgroup, submitted alone)", unit: "us", groups: 1, code: kernel("f32", "target_[i] = 1.0;") },
  { name: "multiply and add in registers", unit: "Gflop/s", per: 2 * ACCUMULATORS * TURNS, groups: 4096, code: kernel("f32", looped("f32", "a# = a# * 0.999 + 0.001;")) },
  { name: "exp in registers", unit: "G/s", per: ACCUMULATORS * TURNS, groups: 1024, code: kernel("f32", looped("f32", "a# = exp(-abs(a#));")) },
  { name: "log in registers", unit: "G/s", per: ACCUMULATORS * TURNS, groups: 1024, code: kernel("f32", looped("f32", "a# = log(2.0 + abs(a#));")) },
  { name: "cached loads of one float", unit: "Gfloat/s", per: ACCUMULATORS * TURNS, groups: 1024, code: kernel("f32", looped("f32", `a# += source[(i + t * 8u + #u) & ${CACHED - 1}u];`)) },
  { name: "cached loads of four floats", unit: "Gfloat/s", per: 4 * ACCUMULATORS * TURNS, groups: 1024, code: kernel("vec4f", looped("vec4f", `a# += source[(i + t * 8u + #u) & ${CACHED / 4 - 1}u];`)) },
  { name: "copy, one float an invocation", unit: "GB/s", per: 8, groups: LARGE / WORKGROUP / 8, code: kernel("f32", "target_[i] = source[i];") },
  { name: "copy, four floats an invocation", unit: "GB/s", per: 32, groups: LARGE / WORKGROUP / 8, code: kernel("vec4f", "target_[i] = source[i];") },
]; // prettier-ignore

async function seconds(pipeline, groups) {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(groups);
  pass.end();
  const start = performance.now();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return (performance.now() - start) / 1000;
}

const figures = [];
for (const { name, unit, per, groups, code } of CASES) {
  const pipeline = device.createComputePipeline({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
  });
  await seconds(pipeline, groups); // drivers compile a kernel when it first runs
  const times = [];
  for (let i = 0; i < REPETITIONS; i++) times.push(await seconds(pipeline, groups));
  times.sort((a, b) => a - b);
  const rate = (time) => (unit === "us" ? 1e6 * time : (per * groups * WORKGROUP) / time / 1e9);
  figures.push({ name, unit, median: rate(times[REPETITIONS >> 1]), best: rate(times[0]) });
}

const { description, vendor, architecture } = adapter.info;
const line = (cells) => `| ${cells.join(" | ")} |`;
const rows = figures.map(({ name, unit, median, best }) =>
  line([name, unit, median.toPrecision(3), best.toPrecision(3)]),
);
process.stdout.write(`${availableParallelism()} cores, ${description || `${vendor} ${architecture}`}\n\n`);
process.stdout.write(
  [line(["what", "unit", "median", "best"]), line(["---", "---", "---", "---"]), ...rows, ""].join("\n"),
);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ description, figures }, null, 2)}\n`);
process.exit(0); // Dawn may leave a thread behind
