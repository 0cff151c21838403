// Programs in portions of a plate give what they give in one go: the same random numbers, sums in another order.
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import type { CompiledProgram, ProgramName } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { volume } from "../../src/ir/axis.js";
import type { Device, DrawsFrom } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";

const MODELS = {
  "a latent for every element": `
data { plate n; plate m; real y[n, m]; real x[m]; }
model {
  mu ~ normal(0, 2);
  tau ~ gamma(4, 2);
  plate n {
    theta ~ normal(mu, tau);
    plate m { y ~ normal(theta + x, 1.5); }
  }
}
generated { plate n { real twice = 2 * theta + mu; } }`,
  "vectors, and gradients of what all elements share": `
data { plate n; int<lower=0> y[n]; }
model {
  mu ~ normal(0, 2);
  plate n {
    vector[3] z ~ normal(mu, 1);
    y ~ poisson_log(sum(z));
  }
}
guide { plate n { z ~ normal(learn(0, over = none), learn(1, over = none)); } }`,
};
const LENGTH = 300;
const PROGRAMS: readonly ProgramName[] = [
  "qem",
  "start",
  "posterior",
  "rws",
  "vi",
  "estimate",
  "gradients_rws",
];

const compile = (text: string, mostBytes: number, programs: readonly ProgramName[]) => {
  const sizes = new Map([["n", LENGTH], ["m", 2], ["i_3", 3], ["k_prior", 1]]); // prettier-ignore
  for (const group of ["mu", "tau", "theta", "z"]) sizes.set(`k_${group}`, 4);
  const { checked, diagnostics } = checkSource({ path: "large.mpp", text });
  const options = { programs, sizes, mostBytes, leastForReference: 200 };
  const compiled = checked?.compile(options).compiled;
  if (!compiled) throw new Error(renderDiagnostics(diagnostics));
  return { programs: compiled.programs, sizes };
};

type Results = ReadonlyMap<string, Float64Array>;

/** Two runs, the second with what the first has fed, and the state after them. */
async function results(
  on: Device,
  program: CompiledProgram,
  sizes: ReadonlyMap<string, number>,
  drawsFrom: DrawsFrom,
): Promise<readonly Results[]> {
  const loaded = await on.load(program, sizes);
  try {
    for (const { name, axes, storage } of program.program.buffers) {
      if (storage !== "input") continue;
      const length = volume(axes, sizes);
      const isPositive = /sigma|tau|temper|variance|weight/.test(name);
      const values = Float64Array.from({ length }, (_, i) =>
        Math.fround(Math.sin(i * 1.7 + name.length) * 0.4 + (isPositive ? 0.6 : 0)),
      );
      loaded.write(name, name === "y" ? values.map((x) => Math.round(Math.abs(3 * x))) : values);
    }
    const run = { settings: { seed: 3, iteration: 5, drawsFrom }, inputs: new Map<string, number[]>() };
    const first = await loaded.run(run.settings);
    const rest = await loaded.iterate([run, run]);
    return [first, ...rest, await loaded.readState()];
  } finally {
    loaded.dispose();
  }
}

async function agree(
  on: Device,
  text: string,
  drawsFrom: DrawsFrom,
  tolerance: number,
  names = PROGRAMS,
): Promise<number> {
  const [whole, portions] = [compile(text, Infinity, names), compile(text, 1, names)];
  let compared = 0;
  for (const name of names) {
    const [plain, divided] = [whole.programs[name], portions.programs[name]];
    if (plain === undefined || divided === undefined) continue;
    expect(divided.portions?.axis).toBe("n");
    const expected = await results(createReferenceDevice(), plain, whole.sizes, drawsFrom);
    const found = await results(on, divided, portions.sizes, drawsFrom);
    for (const [r, run] of expected.entries()) {
      expect([...(found[r]?.keys() ?? [])].sort()).toEqual([...run.keys()].sort());
      for (const [output, values] of run) {
        const scale = Math.max(1, ...values.map(Math.abs));
        values.forEach((value, i) => {
          const error = Math.abs((found[r]?.get(output)?.[i] ?? NaN) - value) / scale;
          expect(error, `${name}: ${output}[${i}] of run ${r}`).toBeLessThan(tolerance);
        });
        compared++;
      }
    }
  }
  return compared;
}

describe.each(Object.entries(MODELS))("%s", (_, text) => {
  it("on the reference device", async () => {
    // Inputs go to the device as float32, here too.
    expect(await agree(createReferenceDevice(), text, "stratified", 1e-6)).toBeGreaterThan(40);
  });
});

it("points of a Sobol sequence are those of the whole plate", async () => {
  const [text] = Object.values(MODELS);
  expect(await agree(createReferenceDevice(), text ?? "", "sobol", 1e-6, ["posterior"])).toBeGreaterThan(8);
});

describeOnDevice("on a device", (device) => {
  it.each(Object.entries(MODELS))("%s", async (_, text) => {
    const found = await agree(device(), text, "stratified", 1e-3, ["qem", "vi"]);
    expect(found).toBeGreaterThan(10);
  });
});
