// Which tables share a launch, and in what order launches come.
import { Bug } from "../diagnostic.js";
import { ALL_OPTIMISATIONS, type Optimisations } from "../optimisations.js";
import type { Axis } from "./axis.js";
import type { Table } from "./kernels.js";
import type { Kernel, Statement } from "./program.js";

/** More tables than this in one kernel would pass the least number of storage buffers that every adapter has. */
export const MOST_TABLES_PER_KERNEL = 7;

/** Tables of one launch. `isSequential`: they look back at each other's earlier elements. */
export type Launch = { readonly tables: readonly Table[]; readonly isSequential: boolean };

type Reads = (table: Table) => readonly string[];

/**
 * Tables of the same axes that become computable at the same time share a kernel, as far as its buffers allow; tables
 * that look back at each other always do. Returns the launches in order.
 */
export function groupTables(
  tables: readonly Table[],
  reads: Reads,
  optimise: Optimisations = ALL_OPTIMISATIONS,
): Launch[] {
  const done = new Set<string>();
  const names = new Set(tables.map((t) => t.name));
  const waiting = new Set(lookingBack(tables, reads));
  const launches: Launch[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(({ tables: own }) =>
      own.every((t) => reads(t).every((r) => done.has(r) || !names.has(r) || own.some((o) => o.name === r))),
    );
    if (ready.length === 0) throw new Bug("tables depend on each other");
    const wave: Table[][] = [];
    for (const launch of ready) {
      waiting.delete(launch);
      const [table] = launch.tables;
      if (launch.isSequential || table === undefined || !optimise.has("merge")) {
        launches.push(launch);
        continue;
      }
      const same = wave.find((group) => shareKernel(group, table, reads, names));
      if (same === undefined) wave.push([table]);
      else same.push(table);
    }
    launches.push(...wave.map((group) => ({ tables: group, isSequential: false })));
    for (const launch of ready) for (const table of launch.tables) done.add(table.name);
  }
  return launches;
}

/** Every table by itself, but those together whose earlier elements each other's need. */
function lookingBack(tables: readonly Table[], reads: Reads): Launch[] {
  const byName = new Map(tables.map((t) => [t.name, t]));
  const below = new Map<Table, ReadonlySet<Table>>();
  for (const table of tables) {
    const seen = new Set<Table>();
    const pending = [table];
    for (let next = pending.pop(); next !== undefined; next = pending.pop())
      for (const read of reads(next)) {
        const found = byName.get(read);
        if (found === undefined || seen.has(found)) continue;
        seen.add(found);
        pending.push(found);
      }
    below.set(table, seen);
  }
  const needs = (a: Table, b: Table): boolean => below.get(a)?.has(b) === true;
  const left = new Set(tables);
  return tables.flatMap((table): Launch[] => {
    if (!left.has(table)) return [];
    const isSequential = needs(table, table);
    const together = isSequential ? tables.filter((t) => needs(table, t) && needs(t, table)) : [table];
    for (const each of together) left.delete(each);
    return [{ tables: together, isSequential }];
  });
}

function shareKernel(
  group: readonly Table[],
  table: Table,
  reads: Reads,
  names: ReadonlySet<string>,
): boolean {
  const key = (t: Table): string => t.axes.map((a) => a.name).join();
  const [first] = group;
  if (first === undefined || key(first) !== key(table)) return false;
  const buffers = new Set(
    [...group, table].flatMap((t) => [t.name, ...reads(t).filter((r) => names.has(r))]),
  );
  return buffers.size <= MOST_TABLES_PER_KERNEL;
}

/**
 * One kernel of tables that look back at each other: an invocation walks the axes that a table says it walks, in order.
 * Tables that say nothing are those of the reference device, which itself walks a grid in order: their grid are their
 * plates, and at every point all of their other elements are computed, each table after those whose same step it needs.
 * `kernelOf` gives the kernel of a table alone.
 */
export function sequentialKernel(
  name: string,
  tables: readonly Table[],
  kernelOf: (table: Table) => Kernel,
): Kernel {
  const inOrder = [...tables].sort((a, b) => a.node.id - b.node.id);
  const kernels = inOrder.map((table) => ({ table, kernel: kernelOf(table) }));
  const walksOf = ({ walks, axes }: Table): readonly Axis[] =>
    walks ?? axes.filter((axis) => axis.role !== "plate");
  const [first] = inOrder;
  const walked = first === undefined ? [] : walksOf(first).map((axis) => axis.name);
  const grid = (first?.axes ?? []).filter((axis) => !walked.includes(axis.name));
  const body = kernels.flatMap(({ table, kernel }) =>
    walksOf(table).reduceRight<readonly Statement[]>((inner, axis) => {
      const descending = axis.name === table.descends?.name ? ({ descending: true } as const) : {};
      return [{ kind: "loop", axis, within: null, ...descending, body: inner, comment: "in order" }];
    }, kernel.body),
  );
  return {
    name,
    comment: kernels.map(({ kernel }) => kernel.comment).join("; "),
    grid,
    body,
    reads: [...new Set(kernels.flatMap(({ kernel }) => kernel.reads))],
    writes: inOrder.map((table) => table.name),
  };
}
