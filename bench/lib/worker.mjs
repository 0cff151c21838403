// One configuration at one case, in a process of its own: compiles, begins a fit, and goes on with it as it is told.
// Started by Configuration (configuration.mjs), with which it speaks in lines of JSON:
//   in   {"order": "step", "seconds": 0.5}      out   {"iterations": [0.012, 0.013]}
//        {"order": "stop"}                            {"peakBytes": 300000000, "deviceBytes": 2000000}
// First of all it says what it has compiled: {"plan": {...}}, once the first iteration is done.
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { root, model, data, K, device: choice, optimise, mostSeconds } = JSON.parse(process.argv[2]);
const load = (file) => import(pathToFileURL(join(root, "dist", file)).href);
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const clock = () => performance.now() / 1000;

const { loadModel } = await load("cli/model-file.js");
const { loadData } = await load("cli/data-files.js");
const { adapterOf, withDevice } = await load("cli/device-choice.js");
const { runInference } = await load("inference/infer.js");
const { axisSizes, DEFAULT_SETTINGS, particlesPerGroup } = await load("inference/settings.js");
const { ADAPTER_CLASSES, programCost } = await load("ir/cost.js");
// Revisions before it knew of tiles had an estimate without them.
const { writtenTime } = await load("codegen-wgsl/cost.js").catch(() => ({}));

/** Everything that an iteration of QEM from the prior takes. */
const PROGRAMS = ["qem", "start", "prior", "initial", "fit", "widen", "fixed"];
const terminal = { out: () => undefined, err: () => undefined };

/** Lines of orders, one at a time. */
const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const nextOrder = async () => JSON.parse((await orders.next()).value ?? '{"order":"stop"}');

/** Thrown to leave a fit that has been measured for long enough. */
class Enough extends Error {}

async function optimisationsOf(text) {
  if (text === "all") return {};
  const { readOptimisations } = await load("optimisations.js");
  const chosen = readOptimisations(text);
  if ("unknown" in chosen) throw new Error(`there is no optimisation '${chosen.unknown}'`);
  return { optimize: [...chosen] };
}

const begin = clock();
const source = loadModel(model, terminal, await optimisationsOf(optimise));
const headSeconds = clock() - begin;
const bound = await loadData(source.head, [data], terminal);

await withDevice(choice, terminal, async (device) => {
  const settings = {
    ...DEFAULT_SETTINGS,
    particles: K,
    start: "prior",
    iterations: 1e6,
    seed: 1,
  };
  const particles = particlesPerGroup(source.head.interface, settings);
  const sizes = axisSizes(bound.sizes, source.head.interface, particles);
  const adapter = adapterOf(device);
  const planning = clock();
  const compiledIteration = source.compile({ programs: ["qem"], sizes, adapter }).programs.qem;
  const { program } = compiledIteration;
  const planSeconds = headSeconds + clock() - planning;
  const { flops, bytes, time, tableBytes } = programCost(program, sizes, ADAPTER_CLASSES[adapter]);
  const plan = {
    device: device.description,
    planSeconds,
    launches: (program.launches ?? program.kernels).length,
    flops,
    bytes,
    tableBytes,
    predictedSeconds: (writtenTime?.(compiledIteration, sizes, ADAPTER_CLASSES[adapter]) ?? time) / 1e9,
  };
  if (plan.predictedSeconds > mostSeconds) {
    say({ tooLong: plan.predictedSeconds });
    return;
  }
  const compiled = source.compile({ programs: PROGRAMS, sizes, adapter });

  let deviceBytes = 0;
  let loadSeconds = 0;
  let firstSeconds = null;
  let iterations = [];
  let until = 0;
  /** When the run in progress began, and how many iterations it holds. */
  let present = null;
  /** Between two runs of the fit: what the one before took, and whether to go on. */
  async function gate(count) {
    const now = clock();
    if (present !== null) {
      const each = (now - present.began) / present.count;
      if (firstSeconds === null) {
        firstSeconds = loadSeconds + each * present.count;
        deviceBytes = device.bytes;
        say({ plan: { ...plan, firstSeconds } });
      } else for (let i = 0; i < present.count; i++) iterations.push(each);
    }
    if (firstSeconds !== null && now >= until) {
      if (until > 0) say({ iterations });
      iterations = [];
      const { order, seconds } = await nextOrder();
      if (order === "stop") throw new Enough();
      until = clock() + seconds;
    }
    present = { began: clock(), count };
  }
  /** The program of the iterations, with a gate before each run. */
  const gated = (loaded) => ({
    ...Object.fromEntries(
      ["write", "timeLaunches", "dispose", "advance", "readState"].flatMap((name) =>
        name in loaded ? [[name, (...args) => loaded[name](...args)]] : [],
      ),
    ),
    run: async (run) => {
      await gate(1);
      return loaded.run(run);
    },
    iterate: async (runs) => {
      await gate(runs.length);
      return loaded.iterate(runs);
    },
  });
  const watched = {
    kind: device.kind,
    description: device.description,
    get bytes() {
      return device.bytes;
    },
    close: () => device.close(),
    load: async (each, lengths) => {
      if (each.program.name !== "qem") return device.load(each, lengths);
      const loading = clock();
      const loaded = await device.load(each, lengths);
      loadSeconds = clock() - loading;
      return gated(loaded);
    },
  };
  try {
    await runInference(compiled, bound, watched, settings);
  } catch (problem) {
    if (!(problem instanceof Enough)) throw problem;
  }
  say({ peakBytes: process.resourceUsage().maxRSS * 1024, deviceBytes });
});
process.exit(0); // Dawn may leave a thread behind
