// Which tables share memory, and when: never two that are in use at one launch.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lifetimes, shareBuffers, shareOneBuffer, type Lifetime } from "../../src/runtime/shared-buffers.js";

const MEGA = 2 ** 20;
const overlap = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

const tables = fc
  .array(
    fc.record({
      elements: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: MEGA / 2, max: MEGA })),
      first: fc.integer({ min: 0, max: 12 }),
      length: fc.integer({ min: 0, max: 6 }),
    }),
    { maxLength: 14 },
  )
  .map((all) =>
    all.map(({ elements, first, length }, i): Lifetime => ({
      name: `t${i}`,
      elements: 4 * elements,
      first,
      last: first + length,
    })),
  );

/** The most elements that are in use at one launch: no plan needs fewer. */
const leastNeeded = (all: readonly Lifetime[]): number =>
  Math.max(
    0,
    ...all.map((each) =>
      all
        .filter((t) => t.first <= each.first && each.first <= t.last)
        .reduce((sum, t) => sum + t.elements, 0),
    ),
  );

describe("lifetimes", () => {
  it("go from the first launch that touches a table to the last, of outputs to the end", () => {
    const launches = [
      { reads: ["x"], writes: ["a"] },
      { reads: ["a"], writes: ["b", "result"] },
      { reads: ["b"], writes: ["c"] },
    ];
    const all = ["a", "b", "c", "result", "never"].map((name) => ({ name, elements: 4 }));
    expect(lifetimes(all, launches, new Set(["result"]))).toEqual([
      { name: "a", elements: 4, first: 0, last: 1 },
      { name: "b", elements: 4, first: 1, last: 2 },
      { name: "c", elements: 4, first: 2, last: 2 },
      { name: "result", elements: 4, first: 1, last: 3 },
    ]);
  });
});

describe("memory of tables", () => {
  it("in several buffers: no two that are in use at once share one", () => {
    fc.assert(
      fc.property(tables, (all) => {
        const buffers = shareBuffers(all);
        expect(
          buffers
            .flat()
            .map((t) => t.name)
            .sort(),
        ).toEqual(all.map((t) => t.name).sort());
        for (const together of buffers)
          for (const [i, a] of together.entries())
            for (const b of together.slice(i + 1)) expect(overlap(a, b)).toBe(false);
        for (const [first, ...rest] of buffers)
          for (const other of rest) expect(other.elements).toBeLessThanOrEqual(first?.elements ?? 0);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it("in one buffer: places of those in use at once do not overlap", () => {
    fc.assert(
      fc.property(tables, (all) => {
        const { starts, elements } = shareOneBuffer(all);
        expect(elements).toBeGreaterThanOrEqual(leastNeeded(all));
        for (const [i, a] of all.entries()) {
          const start = starts.get(a.name) ?? NaN;
          expect(start + a.elements).toBeLessThanOrEqual(elements);
          for (const b of all.slice(i + 1)) {
            const other = starts.get(b.name) ?? NaN;
            const apart = start + a.elements <= other || other + b.elements <= start;
            expect(apart || !overlap(a, b)).toBe(true);
          }
        }
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("a chain of tables, each of which only the next needs, takes two", () => {
    const chain = Array.from({ length: 9 }, (_, i): Lifetime => ({
      name: `t${i}`,
      elements: MEGA,
      first: i,
      last: i + 1,
    }));
    expect(shareBuffers(chain)).toHaveLength(2);
    expect(shareOneBuffer(chain).elements).toBe(2 * MEGA);
  });

  it("small tables keep their own", () => {
    const [a, b] = [0, 1].map((i): Lifetime => ({ name: `t${i}`, elements: 400, first: i, last: i }));
    expect(shareBuffers([a, b] as Lifetime[])).toHaveLength(2);
  });
});
