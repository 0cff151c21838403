// Jobs at a time on one device: each has the numbers that it has alone, whatever the others are and do.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { runInference } from "../../src/inference/infer.js";
import {
  axisSizes,
  DEFAULT_SETTINGS,
  particlesPerGroup,
  type MethodName,
} from "../../src/inference/settings.js";
import { bindData, type BoundData } from "../../src/runtime/data.js";
import type { Device } from "../../src/runtime/device.js";
import { withLanes } from "../../src/runtime/lanes.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { generator, sourceOf, specs } from "../laws/random-model.js";
import { makeValues, runOn } from "../laws/values.js";
import { describeOnDevice } from "./adapter.js";

type Data = Readonly<Record<string, unknown>>;
type Case = {
  readonly model: string;
  readonly data: (random: () => number) => Data;
  readonly method?: MethodName;
};

const many = (count: number, of: () => unknown): unknown[] => Array.from({ length: count }, of);

const CASES: Readonly<Record<string, Case>> = {
  "eight schools": {
    model: `data { plate schools; real y[schools]; real<lower=0> sigma[schools]; }
      model { mu ~ normal(0, 5); tau ~ half_cauchy(5);
        plate schools { theta ~ normal(mu, tau); y ~ normal(theta, sigma); } }`,
    data: (random) => ({ y: many(8, () => 20 * random()), sigma: many(8, () => 5 + random()) }),
  },
  "ragged rows": {
    model: `data { plate a; plate b in a; real y[b]; real x[b]; }
      model { m ~ normal(0, 1); t ~ normal(0, 1);
        plate a { s ~ normal(m, exp(0.2 * t)); plate b { y ~ normal(s * x, 0.8); } } }`,
    data: (random) => {
      const rows = (): unknown[] => [3, 0, 5, 1].map((length) => many(length, random));
      return { y: rows(), x: rows() };
    },
  },
  "a series": {
    model: `data { plate days ordered; real y[days]; }
      model { s ~ half_normal(1); plate days { z ~ normal(prev(z, 0), s); y ~ normal(z, 0.5); } }`,
    data: (random) => ({ y: many(9, () => 3 * random()) }),
  },
  "a discrete latent": {
    model: `data { plate n; real y[n]; }
      model { p ~ beta(2, 2); m ~ normal(0, 2); plate n { c ~ bernoulli(p); y ~ normal(m * c, 1); } }`,
    data: (random) => ({ y: many(11, () => 4 * random()) }),
  },
  "a correlated group": {
    model: `data { plate n; real y[n]; real x[n]; }
      model { a ~ normal(0, 2); b ~ normal(0, 2); plate n { y ~ normal(a + b * x, 1); } }
      guide { group ab : multi_normal { a; b; } }`,
    data: (random) => ({ y: many(12, random), x: many(12, () => 1 + random()) }),
  },
};

const SETTINGS = { ...DEFAULT_SETTINGS, particles: 7, finalDraws: 2, priorDraws: 100 };
const PROGRAMS = ["qem", "start", "posterior", "prior", "initial", "fit", "widen", "fixed"] as const;

type Compiling = { readonly packed: boolean; readonly device: Device; readonly mostBytes?: number };

/** A model for several data sets of the same sizes, and how one of them is fitted. */
function fitting(
  { model: text, data, method }: Case,
  sets: number,
): {
  readonly bound: readonly BoundData[];
  readonly compile: (how: Compiling) => CompiledModel;
} {
  const { checked, diagnostics } = checkSource({ path: "model.mpp", text });
  const head = checked?.compile({ programs: ["bounds"] }).compiled;
  if (checked === null || head === null || head === undefined)
    throw new Error(renderDiagnostics(diagnostics));
  const bound = Array.from({ length: sets }, (_, i) => {
    const values = data(generator(i + 1));
    const file = { path: "data.json", text: JSON.stringify(values) };
    const { data: one, diagnostics: wrong } = bindData(head, [file]);
    if (one === null) throw new Error(renderDiagnostics(wrong));
    return one;
  });
  const compile = ({ packed, device, ...more }: Compiling): CompiledModel => {
    const [first] = bound;
    if (first === undefined) throw new Error("no data");
    const particles = particlesPerGroup(head.interface, SETTINGS);
    const { compiled } = checked.compile({
      programs: method === undefined ? PROGRAMS : PROGRAMS.filter((name) => name !== "qem"),
      sizes: axisSizes(first.sizes, head.interface, particles),
      language: device.kind === "reference" ? "js" : "wgsl",
      packed,
      ...more,
    });
    if (compiled === null) throw new Error("does not compile");
    return compiled;
  };
  return { bound, compile };
}

/** All numbers of a fit. */
async function numbersOf(
  model: CompiledModel,
  data: BoundData,
  device: Device,
  seed: number,
  iterations: number,
  method: MethodName = "qem",
): Promise<unknown> {
  const { summary, evidence, trace, guide, groups } = await runInference(model, data, device, {
    ...SETTINGS,
    method,
    seed,
    iterations,
  });
  return { summary, evidence, trace, guide: [...guide].map(([name, values]) => [name, [...values]]), groups };
}

async function oneByOne(c: Case, device: Device, sets: number, mostBytes?: number): Promise<unknown[]> {
  const { bound, compile } = fitting(c, sets);
  const model = compile({ packed: false, device, ...(mostBytes === undefined ? {} : { mostBytes }) });
  const all: unknown[] = [];
  for (const [i, data] of bound.entries())
    all.push(await numbersOf(model, data, device, i + 1, 2 + i, c.method));
  return all;
}

async function side(c: Case, device: Device, sets: number, mostBytes?: number): Promise<unknown[]> {
  const { bound, compile } = fitting(c, sets);
  const more = mostBytes === undefined ? {} : { mostBytes };
  const model = compile({ packed: device.loadPacked !== undefined, device, ...more });
  const results = await withLanes(device, sets, (lane, i) => {
    const data = bound[i];
    if (data === undefined) throw new Error("no data");
    // Each has its own seed, and its own number of iterations.
    return numbersOf(model, data, lane, i + 1, 2 + i, c.method);
  });
  return results.map((result) => {
    if (!result.ok) throw result.problem;
    return result.value;
  });
}

/** The same device, with room for so many jobs at a time. */
const withRoomFor = (device: Device, slots: number): Device => ({
  kind: device.kind,
  description: device.description,
  get bytes() {
    return device.bytes;
  },
  load: (program, sizes) => device.load(program, sizes),
  loadPacked: (program, sizes, most) => {
    if (device.loadPacked === undefined) throw new Error("no such device");
    return device.loadPacked(program, sizes, Math.min(most, slots));
  },
  close: () => Promise.resolve(),
});

const schools = CASES["eight schools"] ?? { model: "", data: () => ({}) };

describeOnDevice("jobs at a time", (device) => {
  it.each(Object.entries(CASES))("%s: the numbers of each job alone, to the last bit", async (_, c) => {
    expect(await side(c, device(), 3)).toEqual(await oneByOne(c, device(), 3));
  });

  it("more jobs than the device has room for take turns", async () => {
    const before = device().bytes;
    expect(await side(schools, withRoomFor(device(), 2), 3)).toEqual(await oneByOne(schools, device(), 3));
    expect(device().bytes).toBe(before);
  });

  it("programs in portions run alone", async () => {
    const c: Case = {
      method: "importance",
      model: `data { plate n; real y[n]; }
        model { mu ~ normal(0, 5); plate n { theta ~ normal(mu, 1); y ~ normal(theta, 1.5); } }`,
      data: (random) => ({ y: many(130, () => 3 * random()) }),
    };
    const { compile } = fitting(c, 1);
    const mostBytes = 2 ** 11;
    const { posterior } = compile({ packed: true, device: device(), mostBytes }).programs;
    expect(posterior?.portions).toBeDefined();
    expect(await side(c, device(), 2, mostBytes)).toEqual(await oneByOne(c, device(), 2, mostBytes));
  });

  it("a job that fails does so alone", async () => {
    const { bound, compile } = fitting(schools, 4);
    const model = compile({ packed: true, device: device() });
    const results = await withLanes(device(), 4, async (lane, i) => {
      const data = bound[i];
      if (data === undefined) throw new Error("no data");
      if (i === 0) throw new Error("before it begins");
      // Between two standard errors of zero no theta has any density.
      const arrays = new Map([...data.arrays, ["sigma", new Float64Array(8).fill(NaN)]]);
      return numbersOf(model, i === 1 ? { ...data, arrays } : data, lane, i + 1, 2 + i);
    });
    const expected = await oneByOne(schools, device(), 4);
    expect(results.map(({ ok }) => ok)).toEqual([false, false, true, true]);
    expect(results.slice(2)).toEqual(expected.slice(2).map((value) => ({ ok: true, value })));
    const [first, second] = results;
    expect(first?.ok === false && String(first.problem)).toContain("before it begins");
    expect(second?.ok === false && second.problem).toHaveProperty("name", "InferenceError");
  });

  it("what fails on the device fails for all that come to it, and is over", async () => {
    const { bound, compile } = fitting(schools, 3);
    const model = compile({ packed: true, device: device() });
    const failing: Device = {
      ...withRoomFor(device(), 3),
      loadPacked: () => Promise.reject(new Error("the device is lost")),
    };
    const results = await withLanes(failing, 3, (lane, i) => {
      const data = bound[i];
      if (data === undefined) throw new Error("no data");
      return numbersOf(model, data, lane, 1, 3);
    });
    expect(results.map((result) => (result.ok ? "" : String(result.problem)))).toEqual(
      Array.from({ length: 3 }, () => "Error: the device is lost"),
    );
  });

  it("random models, with as many jobs as values", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const { checked, diagnostics } = checkSource({ path: "random.mpp", text: sourceOf(spec) });
        const programs = ["estimate", "gradients_rws"] as const;
        const compiled = (packed: boolean): CompiledModel => {
          const { compiled: model = null } = checked?.compile({ programs, packed, language: "wgsl" }) ?? {};
          if (model === null) throw new Error(renderDiagnostics(diagnostics));
          return model;
        };
        const [plain, packed] = [compiled(false), compiled(true)];
        const values = [0, 1].map((i) => {
          const made = makeValues(spec, plain);
          // The same sizes, other numbers.
          const arrays = new Map(
            [...made.arrays].map(([name, { axes, values: own }]) => [
              name,
              { axes, values: name.startsWith("particles.") ? turned(own, i) : own },
            ]),
          );
          return { ...made, arrays };
        });
        for (const program of programs) {
          const results = await withLanes(device(), values.length, (lane, i) =>
            runOn(packed, program, values[i] ?? makeValues(spec, plain), lane),
          );
          for (const [i, result] of results.entries())
            expect(result).toEqual({
              ok: true,
              value: await runOn(plain, program, values[i] ?? makeValues(spec, plain), device()),
            });
        }
      }),
      { numRuns: 4, seed: 11, endOnFailure: true },
    );
  });
});

/** The same numbers, some places on. */
const turned = (values: readonly number[], by: number): number[] =>
  values.map((_, i) => values[(i + by) % values.length] ?? NaN);

describe("jobs at a time on the reference device", () => {
  it("give the numbers of each job alone, exactly", async () => {
    const device = createReferenceDevice();
    expect(await side(schools, device, 3)).toEqual(await oneByOne(schools, device, 3));
  });
});
