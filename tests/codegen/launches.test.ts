// Which kernels share a launch: as few launches as may be, in an order in which every kernel finds what it needs.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeKernels, MOST_BUFFERS, namedLaunches } from "../../src/ir/launches.js";
import { boundBuffers, packedTables } from "../../src/ir/packing.js";
import type { Kernel } from "../../src/ir/program.js";
import { NO_OPTIMISATIONS } from "../../src/optimisations.js";
import { plate } from "./programs.js";

const points = plate("points");
const SIZES = new Map([["points", 2 ** 13]]);
const kernel = (name: string, ...reads: string[]): Kernel => ({
  name,
  comment: name,
  grid: [],
  body: [],
  reads,
  writes: [name],
});
const names = (launches: readonly (readonly Kernel[])[]): string[] =>
  launches.map((launch) => launch.map((each) => each.name).join(" "));
/** All tables are packed. */
const oneBuffer = (): number => 1;

describe("launches", () => {
  it("are shared by small kernels that are ready together; large ones have their own", () => {
    const kernels = [
      kernel("a"),
      kernel("b"),
      kernel("LARGE", "a"),
      kernel("c", "b"),
      kernel("d", "LARGE"),
      kernel("e", "d", "c"),
    ];
    const isSmall = (each: Kernel): boolean => each.name !== "LARGE";
    expect(names(mergeKernels(kernels, isSmall, oneBuffer))).toEqual(["a b", "LARGE", "c d", "e"]);
    expect(mergeKernels(kernels, isSmall, oneBuffer, NO_OPTIMISATIONS)).toHaveLength(kernels.length);
  });

  it("bind no more buffers than every adapter allows", () => {
    const kernels = Array.from({ length: 20 }, (_, i) => kernel(`t${i}`));
    const tables = kernels.map(({ name }, i) => ({ name, axes: i % 2 === 0 ? [points] : [] }));
    const bound = boundBuffers(tables, packedTables(tables, new Set(), SIZES));
    expect(bound(new Set(["t0", "t1", "t2", "t3", "an input"]))).toBe(3);
    const launches = mergeKernels(kernels, () => true, bound);
    expect(launches).toHaveLength(2);
    for (const launch of launches)
      expect(bound(new Set(launch.flatMap(({ writes }) => writes)))).toBeLessThanOrEqual(MOST_BUFFERS);
  });

  it("come in an order in which every kernel finds what it needs, each kernel once", () => {
    const graphs = fc.array(
      fc.record({ small: fc.boolean(), reads: fc.array(fc.nat(40), { maxLength: 3 }) }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(graphs, (graph) => {
        const kernels = graph.map(({ reads }, i) =>
          kernel(`t${i}`, ...(i === 0 ? [] : reads.map((read) => `t${read % i}`))),
        );
        const isSmall = ({ name }: Kernel): boolean => graph[Number(name.slice(1))]?.small === true;
        const launches = mergeKernels(kernels, isSmall, oneBuffer);
        expect(
          launches
            .flat()
            .map(({ name }) => name)
            .sort(),
        ).toEqual(kernels.map(({ name }) => name).sort());
        const done = new Set<string>();
        for (const launch of launches) {
          for (const { reads } of launch) for (const read of reads) expect(done).toContain(read);
          for (const { name } of launch) done.add(name);
          expect(launch.length === 1 || launch.every(isSmall)).toBe(true);
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it("are named after their kernel or after the first and last of several", () => {
    const { kernels, launches } = namedLaunches([[kernel("a"), kernel("b")], [kernel("c", "a")]]);
    expect(kernels.map(({ name }) => name)).toEqual(["k1_a", "k2_b", "k3_c"]);
    expect(launches).toEqual([
      { name: "k1_to_k2", kernels: ["k1_a", "k2_b"] },
      { name: "k3_c", kernels: ["k3_c"] },
    ]);
  });
});
