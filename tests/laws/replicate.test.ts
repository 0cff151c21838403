// Replicated data has the moments that the model says given the draws; draws from the prior are what the model allows.
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { priorSimulatorOf, replicatorOf } from "../../src/compile-simulation.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import type { DrawnValues } from "../../src/inference/draws.js";
import { drawPrior } from "../../src/inference/prior-draws.js";
import { firstKnown } from "../../src/inference/predict.js";
import { replicate } from "../../src/inference/replicate.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { ExtendedSizes, type Sizes } from "../../src/ir/axis.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

type Numbers = Readonly<Record<string, readonly number[]>>;
const arraysOf = (of: Numbers): Map<string, Float64Array> =>
  new Map(Object.entries(of).map(([name, values]) => [name, Float64Array.from(values)]));

function checkedModel(text: string, sizes: Sizes) {
  const { checked, diagnostics } = checkSource({ path: "model.mpp", text });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  const { compiled } = checked.compile({ programs: ["bounds"], sizes });
  if (compiled === null) throw new Error("no interface");
  return { typed: checked.model, compiled };
}

/** `latents`: of each its elements' values, which every draw has. */
async function replicated(
  text: string,
  sizes: Sizes,
  {
    arrays = {},
    latents = {},
    known = {},
    countedFrom = {},
    count = 2000,
  }: {
    arrays?: Numbers;
    latents?: Numbers;
    known?: Record<string, number>;
    countedFrom?: Record<string, number>;
    count?: number;
  },
) {
  const { typed, compiled } = checkedModel(text, sizes);
  const { simulated, compile } = replicatorOf(typed);
  const drawn = Object.entries(latents).map(([name, elements]): [string, DrawnValues] => [
    name,
    { axes: [], values: Float32Array.from(elements.flatMap((x) => Array<number>(count).fill(x))) },
  ]);
  const context = {
    model: compiled,
    program: compile(sizes),
    simulated,
    data: { sizes, arrays: arraysOf(arrays) },
    seed: 5,
    known: new Map(
      Object.entries(known).map(([plate, n]) => [plate, firstKnown(n, sizes.get(plate) ?? 0)] as const),
    ),
    countedFrom: new Map(Object.entries(countedFrom)),
  };
  return replicate(context, { count, perSet: [count], latents: new Map(drawn), parameters: new Map() });
}

async function prior(text: string, sizes: Sizes, arrays: Numbers, count = 2000) {
  const { typed, compiled } = checkedModel(text, sizes);
  const simulator = priorSimulatorOf(typed);
  if (!("compile" in simulator)) throw new Error(renderDiagnostics(simulator));
  const context = {
    interface: compiled.interface,
    program: simulator.compile(sizes),
    simulated: simulator.simulated,
    data: { sizes, arrays: arraysOf(arrays) },
    device: createReferenceDevice(),
    seed: 9,
    given: new Map(),
    parameters: new Map(),
  };
  return drawPrior(context, count);
}

/** The draws of one element. */
const elementOf = (of: ReadonlyMap<string, DrawnValues>, name: string, e: number, count: number): number[] =>
  Array.from(of.get(name)?.values.subarray(e * count, (e + 1) * count) ?? []);

/** The mean of these numbers is `mean`, within five standard errors. */
function expectMean(values: readonly number[], mean: number): void {
  const n = values.length;
  expect(n).toBeGreaterThan(100);
  const found = values.reduce((a, b) => a + b, 0) / n;
  const sd = Math.sqrt(values.reduce((a, b) => a + (b - found) ** 2, 0) / (n - 1));
  expect(Math.abs(found - mean)).toBeLessThan((5 * sd) / Math.sqrt(n) + 1e-6);
}
const variance = (values: readonly number[], mean: number): number[] => values.map((x) => (x - mean) ** 2);

describe("replicated data", () => {
  it("is drawn given the draws, in the order in which it depends on itself; terms of target do not matter", async () => {
    const text = `data { plate rows; real b[rows]; real a[rows]; real x[rows]; }
      model {
        m ~ normal(0, 1);
        target += -m;
        plate rows { theta ~ normal(m, 1); b ~ normal(2 * a, 0.1); a ~ normal(theta + x, 0.5); }
      }`;
    const found = await replicated(text, new Map([["rows", 2]]), {
      arrays: { x: [1, -1], a: [50, 50], b: [99, 99] },
      latents: { m: [7], theta: [3, -3] },
      known: { rows: 2 },
    });
    const a = elementOf(found.data, "a", 0, 2000);
    expectMean(a, 4);
    expectMean(variance(a, 4), 0.25);
    const second = elementOf(found.data, "a", 1, 2000);
    expectMean(second, -4);
    const b = elementOf(found.data, "b", 1, 2000);
    expectMean(variance(b.map((y, i) => y - 2 * (second[i] ?? NaN)), 0), 0.01); // prettier-ignore
  });

  it("has latents of elements that are not known from the model", async () => {
    const text = `data { plate rows; real y[rows]; }
      model { m ~ normal(0, 1); plate rows { theta ~ normal(m, 2); y ~ normal(theta, 1); } }`;
    const found = await replicated(text, new Map([["rows", 2]]), {
      arrays: { y: [0, 0] },
      latents: { m: [10], theta: [-5] },
      known: { rows: 1 },
    });
    expectMean(variance(elementOf(found.data, "y", 0, 2000), -5), 1);
    expectMean(variance(elementOf(found.data, "y", 1, 2000), 10), 5);
  });

  it("leaves out what cannot be drawn, and takes its values as they are", async () => {
    const text = `data { real y; real w; int n; real z; }
      model { m ~ normal(0, 1); real log_y = log(y); log_y ~ normal(m, 1); n ~ normal(m, 1); w ~ normal(y + n, 1); z ~ normal(w, 0.1); }`;
    const found = await replicated(text, new Map(), {
      arrays: { y: [4], n: [3], w: [0], z: [0] },
      latents: { m: [0] },
    });
    expect([...found.data.keys()]).toEqual(["w", "z"]);
    expectMean(elementOf(found.data, "w", 0, 2000), 7);
    expectMean(elementOf(found.data, "z", 0, 2000), 7);
  });

  it("has no value where no condition of an observation holds", async () => {
    const text = `data { plate rows; int kind[rows]; vector[2] y[rows]; }
      model { m ~ normal(0, 1); plate rows { if (kind == 1) y ~ normal(m, 1); } }`;
    const sizes = new Map([["rows", 2], ["i_2", 2]]); // prettier-ignore
    const found = await replicated(text, sizes, {
      arrays: { kind: [0, 1], y: [0, 0, 0, 0] },
      latents: { m: [8] },
      count: 200,
    });
    const isThere = [0, 1, 2, 3].map((e) =>
      elementOf(found.data, "y", e, 200).every((x) => !Number.isNaN(x)),
    );
    expect(isThere).toEqual([false, false, true, true]);
    expectMean(elementOf(found.data, "y", 3, 200), 8);
  });

  const SERIES = `data { plate days ordered; real y[days]; }
    model { plate days { x ~ normal(prev(x, 0), 1); y ~ normal(0.5 * prev(y, 4) + x, 0.1); } }`;

  it("of a series is drawn from its first step", async () => {
    const found = await replicated(SERIES, new Map([["days", 3]]), {
      arrays: { y: [100, 100, 100] },
      latents: { x: [1, 1, 2] },
      known: { days: 3 },
    });
    const at = (e: number): number[] => elementOf(found.data, "y", e, 2000);
    expectMean(at(0), 3);
    const second = at(1);
    expectMean(variance(second.map((y, i) => y - 0.5 * (at(0)[i] ?? NaN)), 1), 0.01); // prettier-ignore
    expectMean(at(2), 0.5 * 2.5 + 2);
  });

  it("looks back at the data of steps that are known, where there is some", async () => {
    const observed = BUFFERS.observed("y");
    const sizes = new ExtendedSizes(new Map([["days", 4]]), [], { missing: new Set(["y"]) });
    // Data that others look at cannot lack values, so that this model looks back at the latent alone.
    const text = SERIES.replace("0.5 * prev(y, 4) + x", "x");
    const found = await replicated(text, sizes, {
      arrays: { y: [10, 1, 30, 1], [observed]: [1, 0, 1, 0] },
      latents: { x: [1, 2, 3, 4] },
      known: { days: 3 },
      countedFrom: { days: 3 },
    });
    for (const e of [0, 1, 2]) expect(elementOf(found.data, "y", e, 2000).every(Number.isNaN)).toBe(true);
    // A random step on from 3, and noise.
    const last = elementOf(found.data, "y", 3, 2000);
    expectMean(last, 3);
    expectMean(variance(last, 3), 1.01);
    const ahead = await replicated(SERIES, new Map([["days", 3]]), {
      arrays: { y: [7, 20, 0] },
      latents: { x: [0, 0] },
      known: { days: 2 },
      countedFrom: { days: 2 },
    });
    expectMean(elementOf(ahead.data, "y", 2, 2000), 10);
  });
});

describe("draws from the prior", () => {
  it("keep to the bounds of types and to what the model rules out, with data and generated quantities", async () => {
    const text = `data { plate rows; real y[rows]; real z; }
      model {
        real<lower=0> s ~ normal(0, 1);
        a ~ normal(0, 1);
        b ~ normal(0, 1);
        if (b < a) target += log_zero();
        target += -square(z - a);
        plate rows { y ~ normal(s, 0.5); }
      }
      generated { real gap = b - a; plate rows { y_rep ~ normal(s, 0.5); } }`;
    const found = await prior(text, new Map([["rows", 2]]), { z: [1], y: [0, 0] });
    expect(found.count).toBe(2000);
    const s = elementOf(found.latents, "s", 0, 2000);
    expect(Math.min(...s)).toBeGreaterThanOrEqual(0);
    expectMean(s, Math.sqrt(2 / Math.PI));
    const gap = elementOf(found.generated, "gap", 0, 2000);
    expect(Math.min(...gap)).toBeGreaterThanOrEqual(0);
    expectMean(gap, 2 / Math.sqrt(Math.PI));
    const y = elementOf(found.data, "y", 1, 2000);
    expectMean(y, Math.sqrt(2 / Math.PI));
    expectMean(variance(y.map((v, i) => v - (s[i] ?? NaN)), 0), 0.25); // prettier-ignore
    expect([...found.generated.keys()]).toEqual(["gap", "y_rep"]);
  });

  it("are not to be had where a term of target is part of the prior", () => {
    const { typed } = checkedModel("data { real y; } model { m ~ normal(0, 1); target += -m; y ~ normal(m, 1); }", new Map()); // prettier-ignore
    const refused = priorSimulatorOf(typed);
    expect("compile" in refused ? [] : refused.map((d) => d.code)).toEqual(["E1301"]);
  });

  it("are refused where the model allows none", async () => {
    const text =
      "data { real y; } model { a ~ normal(0, 1); if (a < 100) target += log_zero(); y ~ normal(a, 1); }";
    await expect(prior(text, new Map(), { y: [0] })).rejects.toThrow(/E13\d\d/);
  });
});
