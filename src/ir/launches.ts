// Which tables share a kernel, which kernels share a launch, and in what order launches come.
import { Bug } from "../diagnostic.js";
import { ALL_OPTIMISATIONS, type Optimisations } from "../optimisations.js";
import type { Axis } from "./axis.js";
import type { Table } from "./kernels.js";
import type { Kernel, Launch, Statement } from "./program.js";

/** More of a program's GPU buffers than this, besides the inputs, is more than every adapter lets a launch bind. */
export const MOST_BUFFERS = 7;
/** Drivers take long over long code. */
const MOST_TABLES_PER_KERNEL = 16;
const MOST_TABLES_PER_LAUNCH = 28;

/** Tables of one kernel. `isSequential`: they look back at each other's earlier elements. */
type TableGroup = { readonly tables: readonly Table[]; readonly isSequential: boolean };

type Reads = (table: Table) => readonly string[];

/** What grouping tables asks of the plan that they are of. */
type Grouping = {
  readonly reads: Reads;
  /** How many GPU buffers hold the tables of these names. */
  readonly bound: (names: ReadonlySet<string>) => number;
  /** Whether the kernel of some tables can compute another one too, from their values as they come. */
  readonly follows: (others: readonly Table[], table: Table) => boolean;
  readonly optimise: Optimisations;
};

/**
 * Tables of the same axes that become computable at the same time share a kernel, as far as its buffers allow, and so do
 * those that need of them only the same element; tables that look back at each other always do. Returns the kernels'
 * tables in order.
 */
export function groupTables(tables: readonly Table[], grouping: Grouping): TableGroup[] {
  const { reads, optimise } = grouping;
  const done = new Set<string>();
  const names = new Set(tables.map((t) => t.name));
  const waiting = new Set(lookingBack(tables, reads));
  const groups: TableGroup[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(({ tables: own }) =>
      own.every((t) => reads(t).every((r) => done.has(r) || !names.has(r) || own.some((o) => o.name === r))),
    );
    if (ready.length === 0) throw new Bug("tables depend on each other");
    const wave: Table[][] = [];
    for (const group of ready) {
      waiting.delete(group);
      const [table] = group.tables;
      if (group.isSequential || table === undefined || !optimise.has("merge")) {
        groups.push(group);
        continue;
      }
      const same = wave.find((others) => shareKernel(others, table, grouping));
      if (same === undefined) wave.push([table]);
      else same.push(table);
    }
    const isMissing = (read: string): boolean => names.has(read) && !done.has(read);
    while (wave.some((group) => takeFollower(group, waiting, isMissing, grouping)));
    groups.push(...wave.map((group) => ({ tables: group, isSequential: false })));
    for (const group of [...ready.map((each) => each.tables), ...wave])
      for (const table of group) done.add(table.name);
  }
  return groups;
}

/** Every table by itself, but those together whose earlier elements each other's need. */
function lookingBack(tables: readonly Table[], reads: Reads): TableGroup[] {
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
  return tables.flatMap((table): TableGroup[] => {
    if (!left.has(table)) return [];
    const isSequential = needs(table, table);
    const together = isSequential ? tables.filter((t) => needs(table, t) && needs(t, table)) : [table];
    for (const each of together) left.delete(each);
    return [{ tables: together, isSequential }];
  });
}

/** Moves a table that only waits for those of a kernel, and can be computed with them, there; false if there is none. */
function takeFollower(
  group: Table[],
  waiting: Set<TableGroup>,
  isMissing: (read: string) => boolean,
  grouping: Grouping,
): boolean {
  const found = [...waiting].find(({ tables: [table], isSequential }) => {
    if (isSequential || table === undefined) return false;
    const missing = grouping.reads(table).filter(isMissing);
    return (
      missing.every((read) => group.some(({ name }) => name === read)) &&
      shareKernel(group, table, grouping) &&
      grouping.follows(group, table)
    );
  });
  if (found === undefined) return false;
  waiting.delete(found);
  group.push(...found.tables);
  return true;
}

function shareKernel(group: readonly Table[], table: Table, { reads, bound }: Grouping): boolean {
  const key = (t: Table): string => t.axes.map((a) => a.name).join();
  const [first] = group;
  if (first === undefined || key(first) !== key(table)) return false;
  const used = new Set([...group, table].flatMap((t) => [t.name, ...reads(t)]));
  return group.length < MOST_TABLES_PER_KERNEL && bound(used) <= MOST_BUFFERS;
}

/** Kernels of one launch, in order. */
export type Merged = readonly Kernel[];

/**
 * Kernels of little work share launches. A large kernel, alone in its launch, comes as soon as it can; the small ones wait
 * until no large one can go on without them, so that there are as few launches as may be: each is of all that are ready.
 */
export function mergeKernels(
  kernels: readonly Kernel[],
  isSmall: (kernel: Kernel) => boolean,
  bound: (names: ReadonlySet<string>) => number,
  optimise: Optimisations = ALL_OPTIMISATIONS,
): Merged[] {
  if (!optimise.has("launches")) return kernels.map((kernel) => [kernel]);
  const missing = new Set(kernels.flatMap((kernel) => kernel.writes));
  const waiting = new Set(kernels);
  const launches: Merged[] = [];
  const launch = (merged: Merged): void => {
    launches.push(merged);
    for (const kernel of merged) {
      waiting.delete(kernel);
      for (const write of kernel.writes) missing.delete(write);
    }
  };
  while (waiting.size > 0) {
    const ready = [...waiting].filter(({ reads, writes }) =>
      reads.every((read) => !missing.has(read) || writes.includes(read)),
    );
    if (ready.length === 0) throw new Bug("kernels depend on each other");
    const large = ready.filter((kernel) => !isSmall(kernel));
    for (const kernel of large) launch([kernel]);
    if (large.length > 0) continue;
    for (const merged of shareLaunches(ready, bound)) launch(merged);
  }
  return launches;
}

/** Kernels that are ready at the same time, as few launches as their buffers and the length of code allow. */
function shareLaunches(ready: readonly Kernel[], bound: (names: ReadonlySet<string>) => number): Merged[] {
  const launches: Kernel[][] = [];
  for (const kernel of ready) {
    const shared = launches.find((others) => {
      const together = [...others, kernel];
      const tables = together.reduce((sum, { writes }) => sum + writes.length, 0);
      const used = new Set(together.flatMap(({ reads, writes }) => [...reads, ...writes]));
      return tables <= MOST_TABLES_PER_LAUNCH && bound(used) <= MOST_BUFFERS;
    });
    if (shared === undefined) launches.push([kernel]);
    else shared.push(kernel);
  }
  return launches;
}

/** The launches of kernels that have been given their names: k1, k2 and so on in front. */
export function namedLaunches(merged: readonly Merged[]): {
  readonly kernels: readonly Kernel[];
  readonly launches: readonly Launch[];
} {
  let count = 0;
  const kernels: Kernel[] = [];
  const launches = merged.map((group): Launch => {
    const first = count + 1;
    const own = group.map((kernel): Kernel => ({ ...kernel, name: `k${++count}_${kernel.name}` }));
    kernels.push(...own);
    const names = own.map((kernel) => kernel.name);
    return { name: names.length === 1 ? (names[0] ?? "") : `k${first}_to_k${count}`, kernels: names };
  });
  return { kernels, launches };
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
