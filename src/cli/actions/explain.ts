// What `mppc explain` does: prints how a model's evidence is computed and what one iteration of the fit costs.
import type { Sizes } from "../../ir/axis.js";
import { volume } from "../../ir/axis.js";
import type { Step } from "../../ir/contraction.js";
import { ADAPTER_CLASSES, kernelCost, programCost, type AdapterClass } from "../../ir/cost.js";
import type { GroupInterface } from "../../ir/interface.js";
import type { Program } from "../../ir/program.js";
import { PlanningSizes } from "../../ir/sizes.js";
import type { Optimisations } from "../../optimisations.js";
import type { ExplainOptions } from "../commands/explain.js";
import { axisNames, contractionRows } from "../contraction-rows.js";
import { loadData } from "../data-files.js";
import { adapterOf, withDevice } from "../device-choice.js";
import { notesText, programNotes, savingsText } from "../optimisation-texts.js";
import { estimationOf, loadModel, type Model } from "../model-file.js";
import type { DeviceChoice } from "../options.js";
import { alignedTable, byteSize } from "../table.js";
import type { Terminal } from "../terminal.js";
import { particleSettings } from "../particle-settings.js";
import { inputBuffers, writeInputs } from "../../inference/layout.js";
import { programOf } from "../../inference/run.js";
import { axisSizes, particlesPerGroup } from "../../inference/settings.js";

/** Without data, plates have a nominal size, which is said. */
export async function explain(path: string, options: ExplainOptions, terminal: Terminal): Promise<void> {
  const model = loadModel(path, terminal, options);
  const { head, checked } = model;
  const data = options.data === undefined ? null : await loadData(head, options.data, terminal);
  const particles = particlesPerGroup(head.interface, particleSettings(options.K, head.interface));
  const sizes = new PlanningSizes(axisSizes(data?.sizes ?? new Map(), head.interface, particles));
  const times =
    options.measure === true
      ? await measure(model, sizes, data?.arrays ?? new Map(), options.device, terminal)
      : null;
  const adapter = times?.adapter ?? "software";
  const optimise: Optimisations = new Set(head.optimisations);
  const planned = {
    ...estimationOf({ ...head.estimation, optimize: head.optimisations }),
    sizes,
    adapter,
  };
  const { lowered, program, notes } = checked().plan("qem", planned);
  const chosen = (choice: Optimisations): Program =>
    checked().plan("qem", { ...planned, optimise: choice }).program;
  const parts = [
    sizeText(
      head.interface.plates.map((plate) => plate.name),
      sizes,
      data === null,
    ),
    summedText(head.interface.groups, sizes),
    stepsText(lowered.contraction.steps, sizes),
    kernelsText(program, sizes, ADAPTER_CLASSES[adapter], times?.seconds ?? null),
    tablesText(program, sizes, ADAPTER_CLASSES[adapter]),
    notesText([...lowered.notes, ...notes, ...programNotes(program, optimise, sizes)]),
    options.savings === true ? savingsText(optimise, chosen, sizes, ADAPTER_CLASSES[adapter]) : "",
  ];
  terminal.out(parts.filter((part) => part !== "").join("\n"));
}

/** Smaller tables are counted together. */
const TABLES_SHOWN = 10;

const whole = (n: number): string => (n < 1e12 ? n.toLocaleString("en-US") : n.toExponential(2));

function sizeText(plates: readonly string[], sizes: Sizes, nominal: boolean): string {
  const lengths = plates.map((plate) => `${plate} ${sizes.get(plate) ?? 0}`).join(", ");
  const how = nominal ? " (assumed: --data gives their real sizes)" : "";
  return plates.length === 0 ? "" : `Plates: ${lengths}${how}\n`;
}

/** Discrete latents that are summed out, with the number of their values, which is the length of their axis. */
function summedText(groups: readonly GroupInterface[], sizes: Sizes): string {
  const summed = groups.filter((group) => group.support !== null);
  const list = summed.map(({ name, axis }) => `${name} ${sizes.get(axis) ?? 0}`).join(", ");
  return summed.length === 0 ? "" : `Values of discrete latents that are summed out: ${list}\n`;
}

/** Each step with the largest table it looks at; it is stored only where the kernels below say so. */
function stepsText(steps: readonly Step[], sizes: Sizes): string {
  const rows = contractionRows(steps, sizes).map(({ step, looksAt, leaves, combinations }, i) => [
    `${i + 1}. ${step}`,
    looksAt,
    leaves,
    whole(combinations),
  ]);
  return `Contraction of the evidence\n${alignedTable(["step", "looks at", "leaves", "combinations"], rows, 3)}`;
}

/** By launches, with the seconds of each, by its name, if they were measured. */
function kernelsText(
  program: Program,
  sizes: Sizes,
  adapter: AdapterClass,
  seconds: ReadonlyMap<string, number> | null,
): string {
  const first = new Map(program.launches.map(({ name, kernels }, i) => [kernels[0], { i, name }]));
  const rows = program.kernels.map((kernel) => {
    const { flops, bytes } = kernelCost(kernel, sizes, adapter);
    const launch = first.get(kernel.name);
    const time = launch === undefined ? undefined : seconds?.get(launch.name);
    const measured = seconds === null ? [] : [time === undefined ? "" : `${(1e3 * time).toFixed(3)} ms`];
    const number = launch === undefined ? "" : String(launch.i + 1);
    return [number, kernel.name, axisNames(kernel.grid) || "1", whole(flops), byteSize(bytes), ...measured];
  });
  const head = [
    "launch",
    "kernel",
    "runs over",
    "operations",
    "memory traffic",
    ...(seconds === null ? [] : ["time"]),
  ];
  const total = [...(seconds?.values() ?? [])].reduce((sum, time) => sum + time, 0);
  const sum =
    seconds === null ? "" : `All of them: ${(1e3 * total).toFixed(2)} ms, each submitted by itself.\n`;
  return `Kernels of one iteration\n${alignedTable(head, rows, 3)}${sum}`;
}

type Measured = { readonly adapter: AdapterClass["name"]; readonly seconds: ReadonlyMap<string, number> };
const REPETITIONS = 7;

/**
 * The median time of each launch on a device. Inputs that the data does not give are ones: how long a launch takes hardly
 * depends on them.
 */
async function measure(
  model: Model,
  sizes: Sizes,
  data: ReadonlyMap<string, ArrayLike<number>>,
  choice: DeviceChoice,
  terminal: Terminal,
): Promise<Measured> {
  return withDevice(choice, terminal, async (device) => {
    const adapter = adapterOf(device);
    const compiled = programOf(model.compile({ programs: ["qem"], sizes, adapter }), "qem");
    const loaded = await device.load(compiled, sizes);
    const ones = new Map(
      inputBuffers(compiled).map((b) => [b.name, new Float64Array(volume(b.axes, sizes)).fill(1)]),
    );
    writeInputs(loaded, compiled, (name) => data.get(name) ?? ones.get(name));
    const settings = { seed: 1, iteration: 1, drawsFrom: "stratified" } as const;
    await loaded.timeLaunches(settings); // drivers compile a kernel when it first runs
    const runs: ReadonlyMap<string, number>[] = [];
    for (let i = 0; i < REPETITIONS; i++) runs.push(await loaded.timeLaunches(settings));
    loaded.dispose();
    const kernels = [...(runs[0]?.keys() ?? [])];
    const median = (name: string): number =>
      runs.map((run) => run.get(name) ?? 0).sort((a, b) => a - b)[REPETITIONS >> 1] ?? 0;
    return { adapter, seconds: new Map(kernels.map((name) => [name, median(name)])) };
  });
}

/** The largest tables that are stored between kernels, and what it all comes to. */
function tablesText(program: Program, sizes: Sizes, adapter: AdapterClass): string {
  const tables = program.buffers
    .filter((buffer) => buffer.storage === "table")
    .map(({ name, axes }) => ({ name, axes, bytes: 4 * volume(axes, sizes) }))
    .sort((a, b) => b.bytes - a.bytes);
  const rows = tables
    .slice(0, TABLES_SHOWN)
    .map(({ name, axes, bytes }) => [name, axisNames(axes) || "1", byteSize(bytes)]);
  const rest = tables.slice(TABLES_SHOWN);
  const restBytes = rest.reduce((sum, table) => sum + table.bytes, 0);
  if (rest.length > 0) rows.push([`... and ${rest.length} more`, "", byteSize(restBytes)]);
  const total = programCost(program, sizes, adapter);
  return (
    `Stored tables\n${alignedTable(["table", "over", "size"], rows, 2)}\n` +
    `In all ${whole(total.flops)} operations and ${byteSize(total.bytes)} of memory traffic an iteration; ` +
    `buffers take ${byteSize(total.tableBytes)}.\n`
  );
}
