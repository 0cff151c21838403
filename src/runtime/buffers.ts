// Lengths of a program's axes and buffers once data is bound, checked before anything is allocated.
import { Bug } from "../diagnostic.js";
import { greatestLength, sizeOf, volume, type Axis, type Sizes } from "../ir/axis.js";
import type { Buffer, KernelExpression, Program, Statement, Subscript } from "../ir/program.js";

/** A table's name and axes, for messages: "log_f [states = 85, k_states = 30]". */
export function describeBuffer(buffer: Buffer, sizes: Sizes): string {
  const axes = buffer.axes.map((axis) => `${axis.name} = ${sizeOf(axis, sizes)}`);
  return `${buffer.name} [${axes.join(", ")}]`;
}

/** Lengths of all axes of a program by name, block axes included. */
export function axisLengths(program: Program, sizes: Sizes): Map<string, number> {
  const lengths = new Map<string, number>();
  const add = (axis: Axis): void => void lengths.set(axis.name, sizeOf(axis, sizes));
  program.axes.forEach(add);
  for (const buffer of program.buffers) buffer.axes.forEach(add);
  for (const kernel of program.kernels) kernel.grid.forEach(add);
  return lengths;
}

/** Elements of every buffer by name. */
export function bufferLengths(program: Program, sizes: Sizes): Map<string, number> {
  return new Map(program.buffers.map((b) => [b.name, volume(b.axes, sizes)]));
}

/** The axis that is longer than a program was planned for, and how long it may be; null if there is none. */
export function tooLong(program: Program, sizes: Sizes): { axis: string; longest: number } | null {
  const most = program.longest ?? {};
  const found = program.axes.find(
    (axis) => most[axis.name] !== undefined && greatestLength(axis, sizes) > (most[axis.name] ?? 0),
  );
  return found === undefined ? null : { axis: found.name, longest: most[found.name] ?? 0 };
}

/**
 * Throws a Bug if a fixed subscript lies outside its axis, where a GPU would read or overwrite something else, or if an
 * axis is longer than the program was planned for.
 */
export function checkFixedSubscripts(program: Program, sizes: Sizes): void {
  const long = tooLong(program, sizes);
  if (long !== null)
    throw new Bug(
      `program '${program.name}' was planned for ${long.longest} elements of '${long.axis}' at most`,
    );
  const buffers = new Map(program.buffers.map((b) => [b.name, b]));
  const check = (buffer: string, subscripts: readonly Subscript[]): void => {
    subscripts.forEach((s, j) => {
      const axis = buffers.get(buffer)?.axes[j];
      if (s.kind !== "at" || axis === undefined) return;
      if (s.index < 0 || s.index >= sizeOf(axis, sizes))
        throw new Bug(
          `'${buffer}' is read at ${s.index} along '${axis.name}' of length ${sizeOf(axis, sizes)}`,
        );
    });
  };
  const inExpression = (e: KernelExpression): void => {
    if (e.kind === "load") check(e.buffer, e.subscripts);
    if (e.kind === "apply" || e.kind === "random") e.args.forEach(inExpression);
  };
  const inStatement = (s: Statement): void => {
    if (s.kind === "loop") s.body.forEach(inStatement);
    else inExpression(s.value);
    if (s.kind === "store") check(s.buffer, s.subscripts);
  };
  for (const kernel of program.kernels) kernel.body.forEach(inStatement);
}
