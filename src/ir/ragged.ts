// Arrays that say where the rows of ragged axes lie: kernels load their loops' bounds and their rows' parents from them.
import { Bug } from "../diagnostic.js";
import { ancestors, rowsOf, type Axis, type Rows, type Sizes } from "./axis.js";
import type { Buffer, Kernel, KernelExpression, Statement } from "./program.js";

/**
 * `start` and `end`: the first row of a ragged axis that belongs to each place along `within`, its parent or a block
 * axis, and the first that does not. `count`: how many there are. `parent`: the place along the parent of each row.
 */
export type RowArray = {
  readonly kind: "start" | "end" | "count" | "parent";
  readonly axis: Axis;
  readonly within: Axis;
};

/** What a ragged axis's rows belong to in a loop: the block, or the place along the parent. */
export function loopParent(axis: Axis, within: Axis | null): Axis {
  const parent = within ?? axis.parent;
  if (parent === null) throw new Bug(`axis '${axis.name}' is not ragged`);
  return parent;
}

/** Names of these arrays' buffers; names of models hold no dots. */
export const rowArrayName = ({ kind, axis, within }: RowArray): string =>
  kind === "start" || kind === "end" ? `${kind}.${axis.name}.${within.name}` : `${kind}.${axis.name}`;

/** Whether an input is such an array. */
export const isRowArrayName = (name: string): boolean => /^(?:start|end|count|parent)\./.test(name);

const COMMENTS = {
  start: "its first row",
  end: "the row after its last",
  count: "how many rows it has",
  parent: "what each row belongs to",
} as const;

/** The buffer of such an array: `parent` has one element for each row, the others one for each place of `within`. */
export function rowArrayBuffer(rows: RowArray): Buffer {
  const { kind, axis, within } = rows;
  const along = kind === "parent" ? axis : within;
  const axes = [...ancestors(along), along];
  const comment = `${axis.name} of ${within.name}: ${COMMENTS[kind]}`;
  return { name: rowArrayName(rows), axes, storage: "rows", comment, rows };
}

/** The values of a buffer of this kind. */
export function rowArrayValues({ kind, axis, within }: RowArray, sizes: Sizes): Float64Array {
  const rows = rowsOf(axis, sizes);
  if (kind === "parent") return Float64Array.from(rows.parent);
  const starts = within.blocks === null ? rows.starts : blockStarts(rows, within, sizes);
  const bounds = (by: number): Float64Array =>
    Float64Array.from({ length: starts.length - 1 }, (_, p) => starts[p + by] ?? 0);
  if (kind !== "count") return bounds(kind === "start" ? 0 : 1);
  const ends = bounds(1);
  return bounds(0).map((start, p) => (ends[p] ?? 0) - start);
}

/** Where each block of rows starts: blocks do not reach over the end of what their rows belong to. */
function blockStarts(rows: Rows, within: Axis, sizes: Sizes): Int32Array {
  const blocks = rowsOf(within, sizes);
  const length = within.blocks?.length ?? 1;
  const starts = Int32Array.from(blocks.parent, (p, b) => {
    const place = b - (blocks.starts[p] ?? 0);
    return (rows.starts[p] ?? 0) + place * length;
  });
  return Int32Array.from([...starts, rows.parent.length]);
}

/** Such arrays that a kernel over `grid` needs: bounds of loops, of nested ones over the grid too, and rows' parents. */
export function rowArraysUsed({ grid, body }: Pick<Kernel, "grid" | "body">): RowArray[] {
  const found = new Map<string, RowArray>();
  const add = (kind: RowArray["kind"], axis: Axis, within: Axis): void => {
    const rows = { kind, axis, within };
    found.set(rowArrayName(rows), rows);
  };
  const bounds = (axis: Axis, within: Axis): void => {
    add("start", axis, within);
    add("end", axis, within);
  };
  const inExpression = (e: KernelExpression): void => {
    if (e.kind === "index" && e.axis.parent !== null) add("start", e.axis, e.axis.parent);
    if (e.kind === "apply" || e.kind === "random") e.args.forEach(inExpression);
    if (e.kind === "load") for (const s of e.subscripts) if (s.kind === "value") inExpression(s.value);
  };
  const inStatement = (s: Statement): void => {
    if (s.kind !== "loop") return inExpression(s.value);
    if (s.axis.parent !== null) bounds(s.axis, loopParent(s.axis, s.within));
    s.body.forEach(inStatement);
  };
  for (const axis of grid)
    if (axis.parent !== null) {
      bounds(axis, axis.parent);
      add("parent", axis, axis.parent);
    }
  body.forEach(inStatement);
  return [...found.values()];
}
