// What `mppc explain` says of optimisations: what each did where, and what an iteration takes without it.
import type { Sizes } from "../ir/axis.js";
import { programCost, type AdapterClass } from "../ir/cost.js";
import { estimatedTime, type Note } from "../ir/notes.js";
import type { Program } from "../ir/program.js";
import {
  OPTIMISATION_NAMES,
  NO_OPTIMISATIONS,
  without,
  type Optimisation,
  type Optimisations,
} from "../optimisations.js";
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

/** Tables that are computed by a kernel together with others of the same axes. */
export const mergeNotes = ({ kernels }: Program): readonly Note[] =>
  kernels.flatMap(({ name, writes }): Note[] => {
    const more = writes.length - 1;
    const saved = `${more} ${more === 1 ? "kernel" : "kernels"}`;
    return more === 0 ? [] : [{ optimisation: "merge", where: name, saved }];
  });

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
    const { time, flops, bytes, tableBytes } = programCost(program, sizes, adapter);
    return [label, estimatedTime(time), whole(flops), byteSize(bytes), byteSize(tableBytes), whole(program.kernels.length)]; // prettier-ignore
  };
  // Tiles and vectors are how kernels are written, which estimates know nothing of.
  const estimated = (name: Optimisation): boolean => name !== "tiles" && name !== "vectors";
  const names = OPTIMISATION_NAMES.filter((name) => optimise.has(name) && estimated(name));
  const rows = [
    row("as it is", optimise),
    ...names.map((name) => row(`without ${name}`, without(optimise, name))),
    row("with none", NO_OPTIMISATIONS),
  ];
  const head = ["an iteration", "estimated time", "operations", "memory traffic", "buffers", "kernels"];
  return `What each optimisation saves\n${alignedTable(head, rows, 1)}`;
}
