// What `mppc explain` does: prints how a model's evidence is computed and what one iteration of the fit costs.
import type { Axis, Sizes } from "../../ir/axis.js";
import { volume } from "../../ir/axis.js";
import type { Step } from "../../ir/contraction.js";
import { ADAPTER_CLASSES, kernelCost, programCost } from "../../ir/cost.js";
import type { GroupInterface } from "../../ir/interface.js";
import type { Program } from "../../ir/program.js";
import { PlanningSizes } from "../../ir/sizes.js";
import type { ExplainOptions } from "../commands/explain.js";
import { loadData } from "../data-files.js";
import { estimationOf, loadModel } from "../model-file.js";
import { alignedTable, byteSize } from "../table.js";
import type { Terminal } from "../terminal.js";
import { particleSettings } from "../particle-settings.js";
import { axisSizes, particlesPerGroup } from "../../inference/settings.js";

/** Without data, plates have a nominal size, which is said. */
export async function explain(path: string, options: ExplainOptions, terminal: Terminal): Promise<void> {
  const { head, checked } = loadModel(path, terminal, options);
  const data = options.data === undefined ? null : await loadData(head, options.data, terminal);
  const particles = particlesPerGroup(head.interface, particleSettings(options.K, head.interface));
  const sizes = new PlanningSizes(axisSizes(data?.sizes ?? new Map(), head.interface, particles));
  const { lowered, program } = checked().plan("qem", { ...estimationOf(head.estimation), sizes });
  const parts = [
    sizeText(
      head.interface.plates.map((plate) => plate.name),
      sizes,
      data === null,
    ),
    summedText(head.interface.groups, sizes),
    stepsText(lowered.contraction.steps, sizes),
    kernelsText(program, sizes),
    tablesText(program, sizes),
  ];
  terminal.out(parts.filter((part) => part !== "").join("\n"));
}

/** Smaller tables are counted together. */
const TABLES_SHOWN = 10;

const whole = (n: number): string => (n < 1e12 ? n.toLocaleString("en-US") : n.toExponential(2));
const names = (axes: readonly Axis[]): string => axes.map((axis) => axis.name).join(" x ");

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
  const rows = steps.map((step, i) => [
    `${i + 1}. ${step.kind} ${names(step.removes)}`.trimEnd(),
    names(step.table) || "1",
    `[${step.result.axes.map((axis) => axis.name).join(", ")}]`,
    whole(volume(step.table, sizes)),
  ]);
  return `Contraction of the evidence\n${alignedTable(["step", "looks at", "leaves", "combinations"], rows, 3)}`;
}

function kernelsText(program: Program, sizes: Sizes): string {
  const adapter = ADAPTER_CLASSES.software;
  const rows = program.kernels.map((kernel) => {
    const { flops, bytes } = kernelCost(kernel, sizes, adapter);
    return [kernel.name, names(kernel.grid) || "1", whole(flops), byteSize(bytes)];
  });
  return `Kernels of one iteration\n${alignedTable(["kernel", "runs over", "operations", "memory traffic"], rows, 2)}`;
}

/** The largest tables that are stored between kernels, and what it all comes to. */
function tablesText(program: Program, sizes: Sizes): string {
  const tables = program.buffers
    .filter((buffer) => buffer.storage === "table")
    .map(({ name, axes }) => ({ name, axes, bytes: 4 * volume(axes, sizes) }))
    .sort((a, b) => b.bytes - a.bytes);
  const rows = tables
    .slice(0, TABLES_SHOWN)
    .map(({ name, axes, bytes }) => [name, names(axes) || "1", byteSize(bytes)]);
  const rest = tables.slice(TABLES_SHOWN);
  const restBytes = rest.reduce((sum, table) => sum + table.bytes, 0);
  if (rest.length > 0) rows.push([`... and ${rest.length} more`, "", byteSize(restBytes)]);
  const total = programCost(program, sizes, ADAPTER_CLASSES.software);
  return (
    `Stored tables\n${alignedTable(["table", "over", "size"], rows, 2)}\n` +
    `In all ${whole(total.flops)} operations and ${byteSize(total.bytes)} of memory traffic an iteration; ` +
    `buffers take ${byteSize(total.tableBytes)}.\n`
  );
}
