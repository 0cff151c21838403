// Programs on a WebGPU device against the float64 reference, within what float32 rounding allows.
import { expect, it } from "vitest";
import type { Program } from "../../src/ir/program.js";
import type { Device } from "../../src/runtime/device.js";
import { compile, numbers, runOn, runReference, SETTINGS, type Inputs } from "../codegen/agreement.js";
import * as programs from "../codegen/programs.js";
import {
  apply,
  buffer,
  kernel,
  letBe,
  literal,
  load,
  local,
  loop,
  plate,
  program,
  store,
} from "../codegen/programs.js";
import { describeOnDevice } from "./adapter.js";

/** Half the distance from 1 to the next float32: the relative error of one rounding. */
const ROUNDING = 2 ** -24;

type Case = { readonly sizes: Record<string, number>; readonly inputs: Inputs };

describeOnDevice("programs on a device", (device) => {
  /** Every output within `bound` of the reference, as a share of max(1, |value|). */
  async function agree(
    p: Program,
    { sizes, inputs }: Case,
    bound: number,
    on: Device = device(),
  ): Promise<void> {
    const expected = await runReference(p, sizes, inputs);
    const found = await runOn(on, p, sizes, inputs);
    expect([...found.keys()]).toEqual([...expected.keys()]);
    for (const [name, values] of expected) {
      const got = found.get(name) ?? new Float64Array();
      expect(got).toHaveLength(values.length);
      values.forEach((value, i) => {
        const error = Math.abs((got[i] ?? NaN) - value) / Math.max(1, Math.abs(value));
        expect(error, `${name}[${i}] is ${got[i] ?? NaN}, not ${value}`).toBeLessThanOrEqual(bound);
      });
    }
  }

  it("elementwise: a log density of ten roundings", () => {
    const sizes = { states: 3, zips: 7, k_states: 5 };
    const inputs = {
      log_radon: numbers(21, -2, 2),
      "particles.state_mean": numbers(15, -2, 2),
      sigma: [0.75],
    };
    // |z| <= 4 / 0.75 with two roundings, doubled by squaring: z^2 / 2 is off by 5 of them, times at most 15.
    return agree(programs.elementwise, { sizes, inputs }, 5 * 15 * ROUNDING);
  });

  it("a streaming log-sum-exp over a sum", () => {
    const sizes = { states: 70, zips: 9, k_states: 30 };
    const inputs = { log_f: numbers(70 * 9 * 30, -3, 0) };
    // A sum of 9 terms to 27: 8 roundings of at most 27; each exp as far off again as its argument; 30 additions.
    return agree(programs.logSumExp, { sizes, inputs }, (2 * 8 * 27 + 30) * ROUNDING);
  });

  it.each([1, 3, 4, 5, 11])("blocks of 4 over %d elements", (zips) => {
    const inputs = { y: numbers(zips * 3, -1, 1) };
    return agree(programs.blocked, { sizes: { zips, states: 3 }, inputs }, zips * zips * ROUNDING);
  });

  it("fixed subscripts, places and lengths, kernels of one point", () => {
    const inputs = { x: numbers(4 * 3 * 6, 0, 8).map((x) => Math.round(8 * x) / 8) };
    return agree(programs.subscripts, { sizes: { states: 4, i_3: 3, k_states: 6 }, inputs }, 2 * ROUNDING);
  });

  // Little work takes the plain entry point, few points the one of vectors along loops, many the one of tiles, whose last
  // ones are not full; vectors ask for rows that are not much shorter than a whole number of them.
  it.each([
    [2, 3, 5],
    [9, 60, 5],
    [9, 60, 7],
    [3, 8, 180],
    [3, 9, 181],
    [10, 61, 6],
    [11, 62, 8],
    [12, 63, 9],
    [6, 125, 11],
  ] as const)("tiles: %d x %d particles, %d terms", (k_a, k_b, zips) => {
    const sizes = { states: 24, zips, k_a, k_b };
    const inputs = {
      y: numbers(24 * zips, -1, 1),
      "particles.a": numbers(24 * k_a, -1, 1),
      "particles.b": numbers(24 * k_b, -1, 1),
    };
    // Squares of at most 9 with three roundings each, added one after the other.
    return agree(programs.tiled, { sizes, inputs }, (3 + zips) * 9 * zips * ROUNDING);
  });

  it.each([
    [64, 32, 32],
    [65, 31, 35],
    [90, 29, 27],
    [9, 12, 11],
  ] as const)("tiles over three axes, stored in vectors: %d products of %d x %d", (states, k_a, k_b) => {
    const zips = 5;
    const eighths = (count: number): Float64Array => numbers(count, -2, 2).map((x) => Math.round(8 * x) / 8);
    const inputs = { left: eighths(states * zips * k_a), right: eighths(zips * k_b) };
    return agree(programs.products, { sizes: { states, zips, k_a, k_b }, inputs }, 0); // all sums are exact
  });

  it("elementwise in vectors", () => {
    const sizes = { states: 30, zips: 70, k_states: 31 };
    const inputs = {
      log_radon: numbers(30 * 70, -2, 2),
      "particles.state_mean": numbers(30 * 31, -2, 2),
      sigma: [0.75],
    };
    return agree(programs.elementwise, { sizes, inputs }, 5 * 15 * ROUNDING);
  });

  it.each([4, 30, 31, 33])("log-sum-exps in vectors: %d particles", (k_states) => {
    const sizes = { states: 70, zips: 9, k_states };
    const inputs = { log_f: numbers(70 * 9 * k_states, -3, 0) };
    return agree(programs.logSumExp, { sizes, inputs }, (2 * 8 * 27 + k_states) * ROUNDING);
  });

  it("more tables than a kernel may bind", () => {
    const inputs = { x: numbers(100, -4, 4).map((x) => Math.round(16 * x) / 16) };
    return agree(programs.manyTables, { sizes: { states: 100 }, inputs }, 0); // all sums are exact
  });

  it("tables that are used one after another share memory", async () => {
    const [points, length] = [plate("points"), 100_000];
    const names = Array.from({ length: 7 }, (_, i) => `t${i}`);
    const kernels = names.map((name, i) => {
      const before = load(i === 0 ? "x" : `t${i - 1}`, points);
      return kernel(`fill_${name}`, [points], [store(name, [points], apply("add", before, literal(1)))]);
    });
    const buffers = [buffer("input", "x", [points]), ...names.map((n) => buffer("table", n, [points]))];
    const chain = { ...program("chain", buffers, kernels), outputs: ["t6"] };
    const x = numbers(length, 0, 8).map((value) => Math.round(16 * value) / 16);
    await agree(chain, { sizes: { points: length }, inputs: { x } }, 0);
    const before = device().bytes;
    const loaded = await device().load(compile(chain), new Map([["points", length]]));
    // The input, two tables that take turns and the copy that is read back; uniforms besides.
    expect(device().bytes - before).toBeLessThan(4.1 * 4 * length);
    loaded.dispose();
  });

  it.each([
    [3, 2, 5],
    [200, 1, 300],
    [0, 7, 5],
    [70, 0, 3],
  ] as const)("kernels side by side in a launch: %d x %d points, %d", (states, k_states, zips) => {
    const inputs = { x: numbers(states, -1, 1).map((x) => Math.round(64 * x) / 64) };
    return agree(programs.together, { sizes: { states, k_states, zips }, inputs }, 0); // all sums are exact
  });

  it("plates without elements", async () => {
    const outputs = await runOn(device(), programs.blocked, { zips: 0, states: 2 }, { y: [] });
    expect(outputs.get("partial")).toHaveLength(0);
    expect(outputs.get("total")).toEqual(Float64Array.of(0, 0));
    const none = await runOn(device(), programs.blocked, { zips: 2, states: 0 }, { y: [] });
    expect(none.get("total")).toHaveLength(0);
  });

  it("a grid beyond 65535 workgroups", async () => {
    const [rows, columns] = [plate("rows"), plate("columns")];
    const p = program(
      "large",
      [buffer("table", "sums", [rows, columns])],
      [
        kernel(
          "number",
          [rows, columns],
          [
            store(
              "sums",
              [rows, columns],
              apply("add", { kind: "index", axis: rows }, { kind: "index", axis: columns }),
            ),
          ],
        ),
      ],
    );
    const sizes = { rows: 2100, columns: 2003 };
    expect((sizes.rows * sizes.columns) / 64).toBeGreaterThan(65535);
    const sums = (await runOn(device(), p, sizes, {})).get("sums") ?? new Float64Array();
    const wrong = sums.findIndex((sum, i) => sum !== Math.floor(i / sizes.columns) + (i % sizes.columns));
    expect(wrong).toBe(-1);
  });

  it("expressions deeper than WGSL allows, and constants that it would fold to infinity", () => {
    const rows = plate("rows");
    const deep = Array.from({ length: 700 }).reduce<ReturnType<typeof load>>(
      (e) => apply("add", e, load("x", rows)),
      literal(0),
    );
    const huge = apply("mul", literal(1e30), literal(1e30));
    const p = program(
      "deep",
      [buffer("input", "x", [rows]), buffer("table", "sum", [rows]), buffer("table", "smaller", [rows])],
      [
        kernel(
          "k",
          [rows],
          [
            letBe("limit", huge),
            store("sum", [rows], deep),
            store("smaller", [rows], apply("lt", load("x", rows), local("limit"))),
          ],
        ),
      ],
    );
    return agree(p, { sizes: { rows: 5 }, inputs: { x: [0.25, 0.5, 1, 2, 4] } }, 0);
  });
});

describeOnDevice("random numbers on a device", (device) => {
  const sizes = { states: 5, i_3: 3, k_states: 16 };
  const inputs = { shape: [0.3, 0.8, 1, 2.5, 40] };
  const many = { ...sizes, k_states: 300 };
  const run = (
    on: Device | null,
    settings = SETTINGS,
    ofSizes = sizes,
  ): Promise<ReadonlyMap<string, Float64Array>> =>
    on === null
      ? runReference(programs.draws, ofSizes, inputs, settings)
      : runOn(on, programs.draws, ofSizes, inputs, settings);

  it.each([
    ["iid", sizes],
    ["stratified", sizes],
    ["sobol", sizes],
    ["stratified", many],
    ["sobol", many],
  ] as const)("are those of the reference (%s, %o)", async (drawsFrom, ofSizes) => {
    const settings = { seed: 0xdeadbeef, iteration: 5, drawsFrom };
    const expected = await run(null, settings, ofSizes);
    const found = await run(device(), settings, ofSizes);
    expect(new Set(expected.get("uniforms")).size).toBe(15 * ofSizes.k_states);
    // The same 23-bit number; adding its stratum and dividing are two roundings.
    expected.get("uniforms")?.forEach((u, i) => {
      expect(Math.abs((found.get("uniforms")?.[i] ?? NaN) - u)).toBeLessThanOrEqual(2 * ROUNDING);
    });
    // d (1 + c n)^3 with c <= 0.58 and n off by 1e-6: 2e-6 of it, more of it only where 1 + c n is near zero; below
    // shape 1, u^(1 / 0.3) adds 4 / 0.3 roundings.
    expected.get("gammas")?.forEach((g, i) => {
      const error = Math.abs((found.get("gammas")?.[i] ?? NaN) - g);
      expect(error).toBeLessThanOrEqual(1e-5 * Math.max(g, 0.1));
    });
  });

  it("depend on seed and iteration, and on nothing else", async () => {
    const first = await run(device());
    expect(await run(device())).toEqual(first);
    expect(await run(device(), { ...SETTINGS, seed: 18 })).not.toEqual(first);
    expect(await run(device(), { ...SETTINGS, iteration: 4 })).not.toEqual(first);
  });

  it("put one particle into each stratum", async () => {
    const uniforms = (await run(device())).get("uniforms") ?? new Float64Array();
    for (let row = 0; row < 15; row++) {
      const strata = uniforms.slice(16 * row, 16 * (row + 1)).map((u) => Math.floor(16 * u));
      expect([...strata].sort((x, y) => x - y)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    }
  });

  it("are another kernel's too, at the same site", async () => {
    // The element's number counts, not where the draw is stored: axes may be walked in any order.
    const [states, i] = [plate("states"), plate("i_3")];
    const k = { name: "k_states", role: "particle", blocks: null, parent: null } as const;
    const p = program(
      "other_order",
      [buffer("table", "u", [k, i, states])],
      [
        kernel(
          "draw",
          [k],
          [
            loop(i, "each", [
              loop(states, "each", [
                store("u", [k, i, states], {
                  kind: "random",
                  primitive: "std_uniform",
                  site: 7,
                  element: [states, i],
                  particle: k,
                  coordinate: null,
                  args: [],
                }),
              ]),
            ]),
          ],
        ),
      ],
    );
    const other = (await runOn(device(), p, sizes, {})).get("u");
    const first = (await run(device())).get("uniforms");
    for (let s = 0; s < 5; s++)
      for (let j = 0; j < 3; j++)
        for (let q = 0; q < 16; q++) expect(other?.[(q * 3 + j) * 5 + s]).toBe(first?.[(s * 3 + j) * 16 + q]);
  });
});
