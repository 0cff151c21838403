// The M-step that programs do themselves, against the same written out in plain float64 arithmetic with raw moments.
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { writeInputs, inputsOf } from "../../src/inference/layout.js";
import type { CompiledModel } from "../../src/compiled.js";
import type { DrawsFrom } from "../../src/runtime/device.js";

const K = 4;
const T = 3;
const y = [0.4, -1.2, 2.5];

type Family = {
  /** Statistics of a particle. */
  readonly statistics: readonly ((x: number) => number)[];
  readonly squareOf: readonly (number | null)[];
  /** Parameters from moments; variances already without the share of noise. */
  readonly fit: (moments: readonly number[]) => Readonly<Record<string, number>>;
};
const NORMAL: Family = {
  statistics: [(x) => x, (x) => x * x],
  squareOf: [null, 0],
  fit: ([m = NaN, s = NaN]) => ({ mu: m, sigma: Math.sqrt(s - m * m) }),
};
const EXPONENTIAL: Family = {
  statistics: [(x) => x],
  squareOf: [null],
  fit: ([m = NaN]) => ({ beta: 1 / m }),
};

type Case = {
  readonly name: string;
  readonly model: string;
  readonly family: Family;
  /** Where the latent z and its guide stand: the cell of every plate element. */
  readonly cells: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
};
const CASES: readonly Case[] = [
  {
    name: "a normal for every element",
    model: "data { plate t; real y[t]; } model { plate t { z ~ normal(0, 2); y ~ normal(z, 1); } }",
    family: NORMAL,
    cells: [0, 1, 2],
    parameters: { mu: [5, -1, 0], sigma: [2, 1, 0.5] },
  },
  {
    name: "one normal for all elements",
    model: `data { plate t; real y[t]; } model { plate t { z ~ normal(0, 2); y ~ normal(z, 1); } }
      guide { plate t { z ~ normal(learn(over = none), learn(over = none)); } }`,
    family: NORMAL,
    cells: [0, 0, 0],
    parameters: { mu: [1], sigma: [1.5] },
  },
  {
    name: "an exponential for every element",
    model: `data { plate t; real y[t]; } model { plate t { z ~ exponential(1); y ~ normal(z, 1); } }`,
    family: EXPONENTIAL,
    cells: [0, 1, 2],
    parameters: { beta: [1, 2, 0.5] },
  },
];

/** The update in raw moments, cell by cell (MATH: moving averages of moments). */
class RawUpdate {
  raw: number[][];
  noise: number[];
  parameters: Record<string, number[]>;

  constructor(
    private readonly family: Family,
    private readonly cells: readonly number[],
    start: readonly (readonly number[])[],
    parameters: Case["parameters"],
  ) {
    this.raw = start.map((m) => [...m]);
    this.noise = (start[0] ?? []).map(() => 0);
    this.parameters = Object.fromEntries(Object.entries(parameters).map(([name, p]) => [name, [...p]]));
  }

  step(z: Float64Array, w: Float64Array, weight: number, stratified: boolean, fromGuide: boolean): void {
    const { statistics, squareOf, fit } = this.family;
    const K = z.length / this.cells.length;
    const particles = Array.from({ length: K }, (_, k) => k);
    this.noise.forEach((oldNoise, c) => {
      const members = this.cells.flatMap((cell, t) => (cell === c ? [t] : []));
      const n = members.length;
      const mean = (f: (t: number) => number): number => members.reduce((sum, t) => sum + f(t), 0) / n;
      const over = (t: number, f: (x: number) => number, weighted: boolean): number =>
        particles.reduce(
          (sum, k) => sum + (weighted ? (w[t * K + k] ?? NaN) : 1 / K) * f(z[t * K + k] ?? NaN),
          0,
        );
      const worth = members.map((t) => {
        const ess = 1 / particles.reduce((sum, k) => sum + (w[t * K + k] ?? NaN) ** 2, 0);
        const size = Math.min(Math.max(ess, 1), K);
        const unequal = 1 / size - 1 / K;
        const flat = 0.7 * Math.min(1, (2 * unequal) / (1 - 1 / K));
        const noise = (1 - flat) ** 2 * unequal;
        return {
          flat,
          noise: stratified ? (noise * K) / (K - 1) : noise + 1 / K,
          drift: (weight * (1 - flat)) ** 2 * unequal,
        };
      });
      const of = (t: number): (typeof worth)[number] =>
        worth[members.indexOf(t)] ?? { flat: NaN, noise: NaN, drift: NaN };
      if (fromGuide)
        this.raw.forEach((m, i) => (m[c] = mean((t) => over(t, statistics[i] ?? Number, false))));
      const noiseBefore = fromGuide ? 0 : oldNoise;
      this.raw.forEach((m, i) => {
        const f = statistics[i] ?? Number;
        const flat = mean((t) => (1 - of(t).flat) * over(t, f, true) + of(t).flat * over(t, f, false));
        m[c] = (1 - weight) * (m[c] ?? NaN) + weight * flat;
      });
      squareOf.forEach((base, j) => {
        if (base === null) return;
        const m = this.raw[base]?.[c] ?? NaN;
        const drift = 1 + mean((t) => of(t).drift) / n;
        const squares = this.raw[j] ?? [];
        squares[c] = m * m + drift * ((squares[c] ?? NaN) - m * m);
      });
      this.noise[c] = (1 - weight) ** 2 * noiseBefore + (weight ** 2 * mean((t) => of(t).noise)) / n;
      const moments = this.raw.map((m, j) => {
        const base = squareOf[j] ?? null;
        if (base === null) return m[c] ?? NaN;
        const square = (this.raw[base]?.[c] ?? NaN) ** 2;
        return square + ((m[c] ?? NaN) - square) / (1 - Math.min(this.noise[c] ?? NaN, 0.5));
      });
      for (const [name, value] of Object.entries(fit(moments))) (this.parameters[name] ?? [])[c] = value;
    });
  }
}

function compile(text: string): CompiledModel {
  const { compiled, diagnostics } = compileSource(
    { path: "test.mpp", text },
    { programs: ["qem", "posterior"] },
  );
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

type How = { readonly weight?: number; readonly drawsFrom?: DrawsFrom; readonly given?: number };

/** Three iterations of a program from these moments: what it keeps afterwards, and what the plain update makes of it. */
async function threeIterations(each: Case, { weight = 0.3, drawsFrom = "stratified", given = 0 }: How) {
  const { family, cells, parameters } = each;
  const compiled = compile(each.model);
  const device = createReferenceDevice();
  const sizes = new Map([["t", T], ["k_z", K]]); // prettier-ignore
  const [qem, posterior] = [compiled.programs.qem, compiled.programs.posterior];
  if (qem === undefined || posterior === undefined) throw new Error("programs are missing");
  const count = Math.max(...cells) + 1;
  const means = Array.from({ length: count }, (_, c) => 0.3 * c + 0.5);
  const squares = means.map((m, c) => m * m + 1 + c);
  const expected = new RawUpdate(
    family,
    cells,
    family.statistics.length > 1 ? [means, squares] : [means],
    parameters,
  );
  const inputs = new Map<string, readonly number[]>([
    ["y", y],
    [BUFFERS.stratified, [Number(drawsFrom !== "iid")]],
    [BUFFERS.averagingWeight, [weight]],
    [BUFFERS.running("z", 0), means],
    [BUFFERS.running("z", 1), means.map((_, c) => 1 + c)],
    [BUFFERS.leastVariance("z", 1), means.map(() => 1e-30)],
    [BUFFERS.noise("z"), means.map(() => 0)],
    [BUFFERS.nonFinite("z"), means.map(() => 0)],
    [BUFFERS.given("z"), [given]],
    [BUFFERS.begins, [1]],
    ...Object.entries(parameters).map(([name, values]) => [BUFFERS.guide("z", name), values] as const),
  ]);
  const loaded = await device.load(qem, sizes);
  const look = await device.load(posterior, sizes);
  writeInputs(loaded, qem, (name) => inputs.get(name));
  for (let iteration = 1; iteration <= 3; iteration++) {
    const settings = { seed: 5, iteration, drawsFrom };
    const now = Object.entries(expected.parameters).map(
      ([name, values]) => [BUFFERS.guide("z", name), values] as const,
    );
    writeInputs(look, posterior, (name) => inputsOf(posterior, now).get(name) ?? inputs.get(name));
    const drawn = await look.run(settings);
    const [z, w] = [drawn.get(BUFFERS.particles("z")), drawn.get(BUFFERS.weights("z"))];
    expected.step(
      z ?? new Float64Array(),
      w ?? new Float64Array(),
      weight,
      drawsFrom !== "iid",
      given === 1 && iteration === 1,
    );
    await loaded.run(settings);
    loaded.advance();
  }
  return { state: await loaded.readState(), expected };
}

const near = (values: ArrayLike<number> | undefined, expected: readonly number[] | undefined): void => {
  expect(values?.length).toBe(expected?.length);
  expected?.forEach((x, i) => {
    expect(Math.abs((values?.[i] ?? NaN) - x)).toBeLessThan(1e-11 * Math.max(1, Math.abs(x)));
  });
};

describe.each(CASES)("$name", (each) => {
  it.each([
    { weight: 0.3 },
    { weight: 1 },
    { weight: 0.5, drawsFrom: "iid" as const },
    { weight: 0.3, given: 1 },
  ])("is averaged and fitted as in plain arithmetic: %o", async (how) => {
    const { state, expected } = await threeIterations(each, how);
    near(state.get(BUFFERS.running("z", 0)), expected.raw[0]);
    if (each.family.statistics.length > 1)
      near(
        state.get(BUFFERS.running("z", 1)),
        expected.raw[1]?.map((s, c) => s - (expected.raw[0]?.[c] ?? NaN) ** 2),
      );
    near(state.get(BUFFERS.noise("z")), expected.noise);
    for (const name of Object.keys(each.parameters))
      near(state.get(BUFFERS.guide("z", name)), expected.parameters[name]);
    expect([...(state.get(BUFFERS.nonFinite("z")) ?? [NaN])].every((n) => n === 0)).toBe(true);
  });
});

describe("results that are not finite", () => {
  /** One iteration of the first case with an observation changed. */
  async function state(observed: number, means: readonly number[] = [0, 0, 0]) {
    const [first] = CASES;
    if (first === undefined) throw new Error("no cases");
    const { qem } = compile(first.model).programs;
    if (qem === undefined) throw new Error("no program");
    const loaded = await createReferenceDevice().load(qem, new Map([["t", T], ["k_z", K]])); // prettier-ignore
    const inputs = new Map<string, readonly number[]>([
      ["y", [0.4, observed, 2.5]],
      [BUFFERS.averagingWeight, [1]],
      [BUFFERS.guide("z", "mu"), [5, -1, 0]],
      [BUFFERS.guide("z", "sigma"), [2, 1, 0.5]],
      [BUFFERS.running("z", 0), means],
      [BUFFERS.stratified, [1]],
      [BUFFERS.begins, [1]],
      [BUFFERS.given("z"), [0]],
    ]);
    writeInputs(loaded, qem, (name) => inputs.get(name) ?? [0, 0, 0]);
    await loaded.iterate([
      { settings: { seed: 5, iteration: 1, drawsFrom: "stratified" }, inputs: new Map() },
    ]);
    return loaded.readState();
  }

  it("change nothing where there is no evidence", async () => {
    const after = await state(NaN);
    expect([...(after.get(BUFFERS.guide("z", "mu")) ?? [])]).toEqual([5, -1, 0]);
    expect([...(after.get(BUFFERS.running("z", 0)) ?? [])]).toEqual([0, 0, 0]);
    expect([...(after.get(BUFFERS.nonFinite("z")) ?? [])]).toEqual([0, 0, 0]);
  });

  it("leave their own element as it was, and are counted", async () => {
    // The square of the distance from there has no place in float32.
    const after = await state(0.1, [0, 1e19, 0]);
    expect(after.get(BUFFERS.guide("z", "mu"))?.[1]).toBe(1e19);
    expect(after.get(BUFFERS.running("z", 0))?.[1]).toBe(1e19);
    expect(after.get(BUFFERS.guide("z", "mu"))?.[0]).not.toBe(5);
    expect([...(after.get(BUFFERS.nonFinite("z")) ?? [])]).toEqual([0, 1, 0]);
  });
});

it("neither shrinks nor blows up a guide whose weights say nothing, at full averaging weight", () => {
  // Weights of independent exponential draws, unrelated to the particles: the truth is the guide itself.
  let state = 12345;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const scores = [-1.282, -0.524, 0, 0.524, 1.282].map((z) => z / 0.8759); // stratified: variance 1
  const logs: number[] = [];
  for (let run = 0; run < 40; run++) {
    const update = new RawUpdate(NORMAL, [0], [[0], [1]], { mu: [0], sigma: [1] });
    for (let t = 0; t < 100; t++) {
      const { mu: [m = NaN] = [], sigma: [sd = NaN] = [] } = update.parameters;
      const w = scores.map(() => -Math.log(uniform()));
      const total = w.reduce((sum, x) => sum + x, 0);
      const draws = Float64Array.from(scores, (z) => m + sd * z);
      update.step(
        draws,
        Float64Array.from(w, (x) => x / total),
        1,
        true,
        false,
      );
    }
    logs.push(Math.log(update.parameters["sigma"]?.[0] ?? NaN));
  }
  const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  expect(Math.abs(mean)).toBeLessThan(1.5); // uncorrected, it would be about -6 after a hundred steps
});
