// What a model will cost before it runs: contraction steps with their tables, kernels with their work, as text.
import { sizeOf, volume, type Axis, type Sizes } from "./axis.js";
import type { Contraction } from "./contraction.js";
import { kernelCost, programCost, type AdapterClass } from "./cost.js";
import type { Kernel, Program } from "./program.js";

/** Steps and kernels of one program at given sizes, for a person. */
export function explain(
  program: Program,
  contraction: Contraction,
  sizes: Sizes,
  adapter: AdapterClass,
): string {
  return [
    section("Axes", axisRows(contraction, program, sizes)),
    section(
      "Contraction, from the inside out (a table that is only reduced next is never stored)",
      stepRows(contraction, sizes),
    ),
    section("Tables kept on the device", tableRows(program, sizes)),
    section("Kernels of one iteration, in launch order", kernelRows(program, sizes, adapter)),
    totals(program, sizes, adapter),
  ].join("\n");
}

type Row = readonly string[];

function section(title: string, rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((r) => (r[i] ?? "").length)));
  const lines = rows.map((r) => `  ${r.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
  return `${title}\n${lines.join("\n")}\n`;
}

const quantity = (value: number): string => {
  const units = ["", " k", " M", " G", " T", " P"];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${scaled >= 100 || power === 0 ? scaled.toFixed(0) : scaled.toPrecision(3)}${units[power] ?? ""}`;
};

/** "K^3 x 150 per states": particle axes of equal length as a power, inner plates as factors, outer plates after "per". */
export function symbolicCost(axes: readonly Axis[], sizes: Sizes): string {
  const particles = axes.filter((a) => a.role === "particle");
  const others = axes.filter((a) => a.role !== "particle").map((a) => a.name);
  const lengths = new Set(particles.map((a) => sizeOf(a, sizes)));
  const product =
    particles.length === 0
      ? "1"
      : lengths.size === 1
        ? `K^${particles.length}`
        : particles.map((a) => a.name).join(" x ");
  return [product, ...others].join(" x ");
}

const axisList = (axes: readonly Axis[]): string =>
  axes.length === 0 ? "(a number)" : axes.map((a) => a.name).join(" x ");

function axisRows(contraction: Contraction, program: Program, sizes: Sizes): Row[] {
  const used = new Map(
    [...program.axes, ...contraction.steps.flatMap((s) => s.table)].map((a) => [a.name, a]),
  );
  return [...used.values()]
    .filter((a) => a.blocks === null)
    .map((a) => [a.name, a.role, String(sizeOf(a, sizes))]);
}

function stepRows(contraction: Contraction, sizes: Sizes): Row[] {
  return contraction.steps.map((step, i) => [
    `${i + 1}.`,
    `${step.kind} ${step.removes.map((a) => a.name).join(", ")}`,
    `joins ${step.terms.join(", ")}`,
    `table ${symbolicCost(step.table, sizes)} = ${quantity(volume(step.table, sizes))}`,
    `leaves ${axisList(step.result.axes)}`,
  ]);
}

function tableRows(program: Program, sizes: Sizes): Row[] {
  return program.buffers
    .filter((b) => b.storage === "table")
    .map((b) => [b.name, axisList(b.axes), `${quantity(4 * volume(b.axes, sizes))}B`, b.comment]);
}

function kernelRows(program: Program, sizes: Sizes, adapter: AdapterClass): Row[] {
  return program.kernels.map((kernel) => {
    const cost = kernelCost(kernel, sizes, adapter);
    return [
      kernel.name,
      `grid ${axisList(kernel.grid)} = ${quantity(volume(kernel.grid, sizes))}`,
      `${quantity(cost.flops)} flops`,
      `${quantity(cost.bytes)}B`,
      fused(kernel),
    ];
  });
}

/** The axes that a kernel reduces as it goes, without storing what it reduces. */
function fused(kernel: Kernel): string {
  const loops: string[] = [];
  const visit = (body: Kernel["body"]): void => {
    for (const statement of body) {
      if (statement.kind !== "loop") continue;
      loops.push(statement.axis.name);
      visit(statement.body);
    }
  };
  visit(kernel.body);
  return loops.length === 0 ? "" : `fused ${[...new Set(loops)].join(", ")}`;
}

function totals(program: Program, sizes: Sizes, adapter: AdapterClass): string {
  const cost = programCost(program, sizes, adapter);
  return (
    `Total: ${program.kernels.length} launches, ${quantity(cost.flops)} flops, ${quantity(cost.tableBytes)}B on the device; ` +
    `about ${(cost.time / 1e6).toPrecision(2)} ms by the cost model (${adapter.name})\n`
  );
}
