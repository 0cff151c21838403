// What `mppc explain` says of optimisations: what each did where, and what an iteration takes without it.
import type { Sizes } from "../ir/axis.js";
import { emitWgsl } from "../codegen-wgsl/emit.js";
import { tiledKernels, writtenTime } from "../codegen-wgsl/cost.js";
import { programCost, type AdapterClass } from "../ir/cost.js";
import { estimatedTime, type Note } from "../ir/notes.js";
import type { Program } from "../ir/program.js";
import { OPTIMISATION_NAMES, NO_OPTIMISATIONS, without, type Optimisations } from "../optimisations.js";
import { alignedTable, byteSize } from "./table.js";

/** Of one optimisation; the rest is counted. */
const NOTES_SHOWN = 4;

/** Notes of a program in the order of compilation, a few of each optimisation. */
export function notesText(notes: readonly Note[]): string {
  const rows = OPTIMISATION_NAMES.flatMap((name) => {
    const own = notes.filter(({ optimisation }) => optimisation === name);
    const shown = own.slice(0, own.length > NOTES_SHOWN + 1 ? NOTES_SHOWN : own.length);
    const rest = own.length - shown.length;
    return [
      ...shown.map(({ where, saved }, i) => [i === 0 ? name : "", where, saved]),
      ...(rest === 0 ? [] : [["", `... and ${rest} more`, ""]]),
    ];
  });
  return rows.length === 0
    ? ""
    : `What was done for speed\n${alignedTable(["optimisation", "where", "saves"], rows, 3)}`;
}

/** What is seen of a finished program: tables of one kernel, kernels of one launch, points and turns side by side. */
export function programNotes(program: Program, optimise: Optimisations, sizes: Sizes): readonly Note[] {
  const merged = program.kernels.flatMap(({ name, writes }): Note[] => {
    const saved = writes.length === 2 ? "1 kernel" : `${writes.length - 1} kernels`;
    return writes.length === 1 ? [] : [{ optimisation: "merge", where: name, saved }];
  });
  const launched = program.launches.flatMap(({ name, kernels }): Note[] => {
    const saved = kernels.length === 2 ? "1 launch" : `${kernels.length - 1} launches`;
    return kernels.length === 1 ? [] : [{ optimisation: "launches", where: name, saved }];
  });
  const written = { program, wgsl: emitWgsl(program, optimise, sizes) };
  const tiled = tiledKernels(written, sizes).map(({ kernel, tiled: { axes, turns, share } }): Note => {
    const along = [
      ...axes.map((axis) => `4 points along ${axis}`),
      ...turns.map((axis) => `4 turns along ${axis}`),
    ];
    const saved = `${Math.round(100 * (1 - share))} % of its time by estimate: ${along.join(", ")}`;
    return { optimisation: axes.length > 0 ? "tiles" : "vectors", where: kernel.name, saved };
  });
  return [...merged, ...launched, ...tiled];
}

const whole = (n: number): string => (n < 1e12 ? n.toLocaleString("en-US") : n.toExponential(2));

/**
 * What an iteration is estimated to take as it is, without each optimisation that is switched on, and with none: `plan`
 * gives the program for a choice of them.
 */
export function savingsText(
  optimise: Optimisations,
  plan: (optimise: Optimisations) => Program,
  sizes: Sizes,
  adapter: AdapterClass,
): string {
  const row = (label: string, choice: Optimisations): string[] => {
    const program = plan(choice);
    const { flops, bytes, tableBytes } = programCost(program, sizes, adapter);
    const time = writtenTime({ program, wgsl: emitWgsl(program, choice, sizes) }, sizes, adapter);
    return [label, estimatedTime(time), whole(flops), byteSize(bytes), byteSize(tableBytes), whole(program.launches.length)]; // prettier-ignore
  };
  const names = OPTIMISATION_NAMES.filter((name) => optimise.has(name));
  const rows = [
    row("as it is", optimise),
    ...names.map((name) => row(`without ${name}`, without(optimise, name))),
    row("with none", NO_OPTIMISATIONS),
  ];
  const head = ["an iteration", "estimated time", "operations", "memory traffic", "buffers", "launches"];
  return `What each optimisation saves\n${alignedTable(head, rows, 1)}`;
}
