// Guides that depend on latents, and the ways of drawing particles: the estimate of the evidence stays unbiased.
import { describe, expect, it } from "vitest";
import { compileSource, type CompileOptions } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS } from "../../src/ir/interface.js";
import type { Device, DrawsFrom } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";
import { withDerived } from "../support/derived.js";

const MODEL = `
data { plate t; real d[t]; }
model {
  a ~ normal(2, 2);
  plate t { z ~ normal(a, 1.3); d ~ normal(z, 1.5); }
}
`;
/** The same with a latent between: of the same evidence. */
const IN_TWO_STEPS = `
data { plate t; real d[t]; }
model {
  a ~ normal(2, 2);
  plate t { b ~ normal(a, 1); z ~ normal(b, sqrt(0.69)); d ~ normal(z, 1.5); }
}
`;
const GUIDE = `guide {
  a ~ normal(2, 2.2);
  plate t { z ~ normal(0.6 * a + 0.4 * d, 1.6); }
}`;
const DATA = [2.16, 1.77, 1.05];
const STEPS = DATA.length;
const reference = createReferenceDevice();

/** log of the density of the data, by conditioning on one after the other. */
function exactLogEvidence(): number {
  let [mean, variance] = [2, 4];
  const noise = 1.3 ** 2 + 1.5 ** 2;
  let total = 0;
  for (const d of DATA) {
    const predictive = variance + noise;
    total -= 0.5 * ((d - mean) ** 2 / predictive + Math.log(2 * Math.PI * predictive));
    mean += (variance / predictive) * (d - mean);
    variance *= noise / predictive;
  }
  return total;
}

function compile(guide: string, options: CompileOptions, text = MODEL): CompiledModel {
  const { compiled, diagnostics } = compileSource({ path: "m.mpp", text: text + guide }, options);
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

/** Sizes with K particles of `a` and `kz` of `z`; of the global estimator, K of all. */
const sizesOf = (model: CompiledModel, k: number, kz: number): Map<string, number> =>
  new Map([
    ["t", STEPS],
    ...model.interface.groups.map((g): [string, number] => [g.axis, g.plates.length === 0 ? k : kz]),
  ]);

type Run = { readonly k: number; readonly kz: number; readonly drawsFrom: DrawsFrom };

/** Log evidences of as many independent sets of particles. */
async function logEvidences(
  model: CompiledModel,
  { k, kz, drawsFrom }: Run,
  runs: number,
  device: Device = reference,
): Promise<number[]> {
  const { posterior, fixed } = model.programs;
  if (posterior === undefined || fixed === undefined) throw new Error("programs are missing");
  const sizes = sizesOf(model, k, kz);
  const written = await reference.load(fixed, sizes);
  if (fixed.program.buffers.some((b) => b.name === "d")) written.write("d", DATA);
  const parameters = await written.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
  const loaded = await device.load(posterior, sizes);
  const inputs = await withDerived(model, sizes, (name) =>
    name === "d" ? DATA : [...(parameters.get(name.replace("guide.", "new_guide.")) ?? [])],
  );
  for (const { name, axes, storage } of posterior.program.buffers)
    if (storage === "input") loaded.write(name, inputs(name, axes));
  const found: number[] = [];
  for (let iteration = 0; iteration < runs; iteration++) {
    const outputs = await loaded.run({ seed: 11, iteration, drawsFrom });
    found.push(outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN);
  }
  loaded.dispose();
  return found;
}

/** How many standard errors the mean of the evidences is off the truth. */
function bias(logs: readonly number[]): number {
  const ratios = logs.map((x) => Math.exp(x - exactLogEvidence()));
  const mean = ratios.reduce((a, b) => a + b, 0) / ratios.length;
  const variance = ratios.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (ratios.length - 1);
  return (mean - 1) / Math.sqrt(variance / ratios.length);
}

const WAYS: readonly CompileOptions[] = [
  { coupling: "permutation" },
  { coupling: "categorical" },
  { estimator: "global" },
];
const DRAWS = ["iid", "stratified", "sobol"] as const;

describe("the evidence is unbiased", () => {
  const ways = WAYS.flatMap((options) =>
    DRAWS.map((drawsFrom) => ({ how: options.estimator ?? options.coupling, options, drawsFrom })),
  );
  it.each(ways)("$how, $drawsFrom", async ({ options, drawsFrom }) => {
    const model = compile(GUIDE, { ...options, programs: ["posterior", "fixed"] });
    const logs = await logEvidences(model, { k: 5, kz: 5, drawsFrom }, 1500);
    expect(Math.abs(bias(logs))).toBeLessThan(3);
  });

  it.each(["permutation", "categorical"] as const)("%s, numbers of particles differ", async (coupling) => {
    const model = compile(GUIDE, { coupling, programs: ["posterior", "fixed"] });
    for (const [k, kz] of [
      [3, 7],
      [7, 3],
    ] as const)
      expect(Math.abs(bias(await logEvidences(model, { k, kz, drawsFrom: "sobol" }, 1000)))).toBeLessThan(3);
  });

  it("latents of a group follow the same particles, and each other", async () => {
    const guide = `guide {
      a ~ normal(2, 2.2);
      plate t { group g { b ~ normal(0.5 * a + 0.3 * d, 1.2); z ~ normal(0.5 * b + 0.1 * a + 0.4 * d, 1.2); } }
    }`;
    const model = compile(guide, { programs: ["posterior", "fixed"] }, IN_TWO_STEPS);
    expect(model.interface.groups.map((group) => group.latents)).toEqual([["a"], ["b", "z"]]);
    expect(Math.abs(bias(await logEvidences(model, { k: 5, kz: 6, drawsFrom: "sobol" }, 1500)))).toBeLessThan(
      3,
    );
  });
});

describe("gradients", () => {
  it("of the global estimator at given particles that follow others are those of finite differences", async () => {
    const guide = `guide {
      a ~ normal(learn(2), learn(2));
      plate t { z ~ normal(learn(0.6) * a + learn(0.4) * d, learn(1.5, over = none)); }
    }`;
    const model = compile(guide, { estimator: "global", programs: ["gradients_vi", "estimate"] });
    const k = 4;
    const noise = (i: number): number => Math.sin(3 * i + 1) * 1.3;
    const start = { mu: [2], sigma: [2], mu_1: [0.6, 0.5, 0.7], mu_2: [0.4, 0.3, 0.2], spread: [1.5] };
    const evaluate = async (
      name: "gradients_vi" | "estimate",
      p: typeof start,
    ): Promise<ReadonlyMap<string, Float64Array>> => {
      const a = Array.from({ length: k }, (_, i) => (p.mu[0] ?? 0) + (p.sigma[0] ?? 0) * noise(i));
      const z = DATA.flatMap((d, t) =>
        a.map(
          (x, i) => (p.mu_1[t] ?? 0) * x + (p.mu_2[t] ?? 0) * d + (p.spread[0] ?? 0) * noise(k * (t + 1) + i),
        ),
      );
      const inputs: Record<string, readonly number[]> = {
        d: DATA,
        "particles.a": a,
        "particles.z": z,
        "guide.a.mu": p.mu,
        "guide.a.sigma": p.sigma,
        "guide.z.mu_1": p.mu_1,
        "guide.z.mu_2": p.mu_2,
        "guide.z.sigma": p.spread,
      };
      const program = model.programs[name];
      if (program === undefined) throw new Error(model.gradientsUnavailable.vi ?? "no program");
      const loaded = await reference.load(program, sizesOf(model, k, k));
      const given = await withDerived(model, sizesOf(model, k, k), (buffer) => inputs[buffer] ?? []);
      for (const { name: buffer, axes, storage } of program.program.buffers)
        if (storage === "input") loaded.write(buffer, given(buffer, axes));
      return loaded.run({ seed: 0, iteration: 0, drawsFrom: "iid" });
    };
    const gradients = await evaluate("gradients_vi", start);
    const at = async (change: Partial<typeof start>): Promise<number> =>
      (await evaluate("estimate", { ...start, ...change })).get(BUFFERS.logEvidence)?.[0] ?? NaN;
    const h = 1e-5;
    const check = async (found: number | undefined, up: Partial<typeof start>, down: Partial<typeof start>) =>
      expect(found).toBeCloseTo(((await at(up)) - (await at(down))) / (2 * h), 6);
    await check(gradients.get("gradient.vi.a.mu")?.[0], { mu: [2 + h] }, { mu: [2 - h] });
    await check(
      gradients.get("gradient.vi.a.sigma")?.[0],
      { sigma: [2 * Math.exp(h)] },
      { sigma: [2 * Math.exp(-h)] },
    );
    await check(
      gradients.get("gradient.vi.z.mu_1")?.[1],
      { mu_1: [0.6, 0.5 + h, 0.7] },
      { mu_1: [0.6, 0.5 - h, 0.7] },
    );
    await check(
      gradients.get("gradient.vi.z.sigma")?.[0],
      { spread: [1.5 * Math.exp(h)] },
      { spread: [1.5 * Math.exp(-h)] },
    );
  });

  it.each([{ coupling: "permutation" }, { coupling: "categorical" }, { estimator: "global" }] as const)(
    "along drawn particles they are those of finite differences at the same random numbers: %j",
    async (options) => {
      const guide = `guide {
        a ~ normal(learn(2), learn(2));
        plate t { z ~ normal(learn(0.6) * a + learn(0.4) * d, learn(1.5, over = none)); }
      }`;
      const model = compile(guide, { ...options, programs: ["vi"] });
      const program = model.programs.vi;
      if (program === undefined) throw new Error("no program");
      const loaded = await reference.load(program, sizesOf(model, 6, 6));
      const start: Readonly<Record<string, readonly number[]>> = {
        d: DATA,
        "guide.a.mu": [2],
        "guide.a.sigma": [2],
        "guide.z.mu_1": [0.6, 0.5, 0.7],
        "guide.z.mu_2": [0.4, 0.3, 0.2],
        "guide.z.sigma": [1.5],
      };
      const at = async (change: Readonly<Record<string, readonly number[]>>) => {
        const given = await withDerived(
          model,
          sizesOf(model, 6, 6),
          (name) => change[name] ?? start[name] ?? [],
        );
        for (const { name, axes, storage } of program.program.buffers)
          if (storage === "input") loaded.write(name, given(name, axes));
        return loaded.run({ seed: 5, iteration: 2, drawsFrom: "stratified" });
      };
      const gradients = await at({});
      const h = 1e-5;
      for (const [name, values] of Object.entries(start)) {
        if (name === "d") continue;
        const [, latent, parameter] = name.split(".");
        const isScale = parameter === "sigma";
        const moved = (by: number) =>
          at({ [name]: values.map((x, i) => (i > 0 ? x : isScale ? x * Math.exp(by) : x + by)) });
        const [up, down] = [await moved(h), await moved(-h)];
        const logs = [up, down].map((outputs) => outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN);
        const found = gradients.get(`gradient.vi.${latent ?? ""}.${parameter ?? ""}`)?.[0];
        expect(found).toBeCloseTo(((logs[0] ?? NaN) - (logs[1] ?? NaN)) / (2 * h), 6);
      }
    },
  );

  it("are not there where given particles were picked at random", () => {
    const model = compile("guide { a; plate t { z ~ normal(learn(0.6) * a, 1); } }", {});
    expect(model.gradientsUnavailable.vi).toContain("drawn given those of 'a'");
  });
});

describeOnDevice("particles of coupled guides on the device", (device) => {
  it.each(WAYS)("are those of the reference: %j", async (options) => {
    const model = compile(GUIDE, { ...options, programs: ["posterior", "fixed"] });
    for (const drawsFrom of DRAWS) {
      const run = { k: 7, kz: 5, drawsFrom };
      const [expected, found] = [
        await logEvidences(model, run, 3),
        await logEvidences(model, run, 3, device()),
      ];
      found.forEach((x, i) => expect(Math.abs(x - (expected[i] ?? NaN))).toBeLessThan(1e-3));
    }
  });
});
