// Tables that are not in use at the same time share memory: greedy by size, after Pisarchyk and Lee 2020, "Efficient
// memory management for deep neural net inference".

/** When a table of a program is in use: from the launch that first touches it to the last that does, both included. */
export type Lifetime = {
  readonly name: string;
  readonly elements: number;
  readonly first: number;
  readonly last: number;
};

/** A launch, as far as memory goes: the names of the buffers that its kernels load from and store to. */
export type Touches = { readonly reads: readonly string[]; readonly writes: readonly string[] };

/**
 * Lifetimes of tables over launches in their order. What the host reads back (`outputs`) lives from its first launch on
 * to the end. A table that no launch touches has none, unless it is an output.
 */
export function lifetimes(
  tables: readonly { readonly name: string; readonly elements: number }[],
  launches: readonly Touches[],
  outputs: ReadonlySet<string>,
): Lifetime[] {
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  launches.forEach(({ reads, writes }, i) => {
    for (const name of [...reads, ...writes]) {
      if (!first.has(name)) first.set(name, i);
      last.set(name, i);
    }
  });
  return tables.flatMap(({ name, elements }): Lifetime[] => {
    if (outputs.has(name)) return [{ name, elements, first: first.get(name) ?? 0, last: launches.length }];
    const [from, to] = [first.get(name), last.get(name)];
    return from === undefined || to === undefined ? [] : [{ name, elements, first: from, last: to }];
  });
}

/** Sharing memory among tables smaller than this saves nothing, and may make launches wait for each other. Elements. */
const LEAST_SHARED = 2 ** 16;

const overlap = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;
const bySize = (tables: readonly Lifetime[]): Lifetime[] =>
  [...tables].sort((a, b) => b.elements - a.elements || a.first - b.first);

/**
 * Tables that share one GPU buffer, all from its start: largest first, each goes to the buffer that is in use at none of
 * its launches. No launch has two tables of one buffer, which WebGPU forbids where one of them is written.
 */
export function shareBuffers(tables: readonly Lifetime[]): Lifetime[][] {
  const buffers: Lifetime[][] = [];
  for (const table of bySize(tables)) {
    const shared =
      table.elements < LEAST_SHARED
        ? undefined
        : buffers.find((others) => others.every((other) => !overlap(table, other)));
    if (shared === undefined) buffers.push([table]);
    else shared.push(table);
  }
  return buffers;
}

/**
 * Where tables start in one GPU buffer that holds them all, in elements, and how many it needs: largest first, each goes
 * to the lowest place that is free at all its launches.
 */
export function shareOneBuffer(tables: readonly Lifetime[]): {
  readonly starts: ReadonlyMap<string, number>;
  readonly elements: number;
} {
  const placed: (Lifetime & { readonly start: number })[] = [];
  for (const table of bySize(tables)) {
    let start = 0;
    const atOnce = placed.filter((other) => overlap(table, other)).sort((a, b) => a.start - b.start);
    for (const other of atOnce) {
      if (start + table.elements <= other.start) break;
      start = Math.max(start, other.start + other.elements);
    }
    placed.push({ ...table, start });
  }
  return {
    starts: new Map(placed.map(({ name, start }) => [name, start])),
    elements: placed.reduce((most, { start, elements }) => Math.max(most, start + elements), 0),
  };
}
