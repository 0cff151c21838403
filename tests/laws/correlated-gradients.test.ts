// Gradients by the guide of a group that is one normal, in the coordinates in which the guide is standard: against finite
// differences with the particles held fixed and moving along, the same of particles drawn and given, and on the device.
import { beforeAll, describe, expect, it } from "vitest";
import type { ProgramName } from "../../src/compiled.js";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { invertTriangular } from "../../src/inference/correlations.js";
import { axisSizes } from "../../src/inference/settings.js";
import { BUFFERS, LOCATION, SCALE } from "../../src/ir/interface.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";
import { withDerived } from "../support/derived.js";

type Arrays = ReadonlyMap<string, Float64Array>;

const reference = createReferenceDevice();
/** Particles, plate elements, and numbers of an element: b[1], b[2], s, p. */
const [K, T, D] = [5, 2, 4];
const MODEL = `
data { int<lower=1> D; plate t; vector[D] x[t]; real y[t]; }
model {
  m ~ normal(0, 1);
  plate t {
    vector[D] b ~ normal(m, 2);
    real<lower=0> s ~ gamma(2, 1);
    p ~ uniform(-1, 3);
    y ~ normal(dot_product(x, b) + p, s);
  }
}
guide { plate t { group g : multi_normal { b; s; p; } } }`;
const compile = () => {
  const { compiled, diagnostics } = compileSource({ path: "test.mpp", text: MODEL });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
};
const model = compile();
const lengths = { t: T, i_D: 2, row_g: D, column_g: D };
const sizes = axisSizes(new Map(Object.entries(lengths)), model.interface, new Map([["g", K], ["m", 3]])); // prettier-ignore

/** A guide of the group: its means, and the Cholesky factors of its covariances. */
type Normal = { readonly mean: Float64Array; readonly factor: Float64Array };
const START: Normal = {
  mean: Float64Array.of(0.3, -0.2, 0.1, 0.2, 1, 0, -0.3, 0),
  factor: Float64Array.from([
    [1, 0, 0, 0], [0.4, 0.3, 0, 0], [-0.2, 0.1, 0.4, 0], [0.1, -0.2, 0.2, 0.5],
    [0.7, 0, 0, 0], [0, 2, 0, 0], [0.5, 0.1, 0.3, 0], [0, 0.6, -0.2, 0.8],
  ].flat()), // prettier-ignore
};

/** The programs' inputs for a guide of the group. */
function inputsOf({ mean, factor }: Normal): Map<string, Float64Array> {
  const rows = Array.from({ length: T * D }, (_, i) => factor.subarray(i * D, (i + 1) * D));
  const sds = rows.map((row) => Math.hypot(...row));
  const correlations = Float64Array.from(rows.flatMap((row, i) => [...row].map((x) => x / (sds[i] ?? NaN))));
  const of = (values: ArrayLike<number>, ...numbers: readonly number[]): Float64Array =>
    Float64Array.from([0, D].flatMap((e) => numbers.map((i) => values[e + i] ?? NaN)));
  return new Map([
    ["D", Float64Array.of(2)],
    ["x", Float64Array.of(0.5, 1, -1, 0.3)],
    ["y", Float64Array.of(1, -2)],
    ["guide.m.mu", Float64Array.of(0.2)],
    ["guide.m.sigma", Float64Array.of(0.7)],
    ["guide.b.mu", of(mean, 0, 1)],
    ["guide.b.sigma", of(sds, 0, 1)],
    ["guide.s.mu", of(mean, 2)],
    ["guide.s.sigma", of(sds, 2)],
    ["guide.p.mu", of(mean, 3)],
    ["guide.p.sigma", of(sds, 3)],
    ["guide.p.lower", Float64Array.of(-1)],
    ["guide.p.upper", Float64Array.of(3)],
    [BUFFERS.correlations("g"), correlations],
    [BUFFERS.whitening("g"), invertTriangular(correlations, D)],
  ]);
}

async function run(program: ProgramName, inputs: Arrays, device: Device = reference): Promise<Arrays> {
  const compiled = model.programs[program];
  if (compiled === undefined) throw new Error(program);
  const loaded = await device.load(compiled, sizes);
  const given = await withDerived(model, sizes, (name) => inputs.get(name) ?? []);
  for (const { storage, name, axes } of compiled.program.buffers)
    if (storage === "input") loaded.write(name, given(name, axes));
  const outputs = await loaded.run({ seed: 3, iteration: 1, drawsFrom: "iid" });
  loaded.dispose();
  return outputs;
}
const at = (arrays: Arrays, name: string): Float64Array => {
  const array = arrays.get(name);
  if (array === undefined) throw new Error(name);
  return array;
};

const BOUNDS = { lower: -1, upper: 3 };
/** The group's numbers and their particles: which of a latent's rows, and the transform from the unconstrained scale. */
const NUMBERS = [
  { latent: "b", of: 2, row: 0, to: (u: number) => u, from: (z: number) => z },
  { latent: "b", of: 2, row: 1, to: (u: number) => u, from: (z: number) => z },
  { latent: "s", of: 1, row: 0, to: Math.exp, from: Math.log },
  {
    latent: "p",
    of: 1,
    row: 0,
    to: (u: number) => BOUNDS.lower + (BOUNDS.upper - BOUNDS.lower) / (1 + Math.exp(-u)),
    from: (z: number) => Math.log((z - BOUNDS.lower) / (BOUNDS.upper - z)),
  },
] as const;

/** The particles that the same noise gives under another guide. */
function moved(particles: Arrays, from: Normal, to: Normal): Map<string, Float64Array> {
  const result = new Map([...particles].map(([name, values]) => [name, values.slice()]));
  const inverse = invertTriangular(from.factor, D);
  const place = (e: number, i: number, k: number): [string, number] => {
    const { latent, of, row } = NUMBERS[i] ?? NUMBERS[0];
    return [BUFFERS.particles(latent), (e * of + row) * K + k];
  };
  for (let e = 0; e < T; e++)
    for (let k = 0; k < K; k++) {
      const u = NUMBERS.map(({ from: unconstrained }, i) => {
        const [name, index] = place(e, i, k);
        return unconstrained(at(particles, name)[index] ?? NaN) - (from.mean[e * D + i] ?? NaN);
      });
      const times = (matrix: Float64Array, vector: readonly number[]): number[] =>
        vector.map((_, i) => vector.reduce((sum, x, j) => sum + (matrix[(e * D + i) * D + j] ?? NaN) * x, 0));
      times(to.factor, times(inverse, u)).forEach((x, i) => {
        const [name, index] = place(e, i, k);
        at(result, name)[index] = (NUMBERS[i] ?? NUMBERS[0]).to(x + (to.mean[e * D + i] ?? NaN));
      });
    }
  return result;
}

/** The guide moved by `h` along one number of its location, or one pair of its scale. */
function along(e: number, i: number, j: number | null, h: number): Normal {
  const mean = START.mean.slice();
  const factor = START.factor.slice();
  for (let r = 0; r < D; r++) {
    const row = (e * D + r) * D;
    if (j === null) mean[e * D + r] = (mean[e * D + r] ?? NaN) + h * (START.factor[row + i] ?? NaN);
    else factor[row + j] = (factor[row + j] ?? NaN) + h * (START.factor[row + i] ?? NaN);
  }
  return { mean, factor };
}

let particles: Arrays = new Map();
beforeAll(async () => {
  const drawn = await run("posterior", inputsOf(START));
  particles = new Map([...drawn].filter(([name]) => name.startsWith("particles.")));
});
const evidence = async (guide: Normal, at_: Arrays): Promise<number> =>
  at(await run("estimate", new Map([...inputsOf(guide), ...at_])), BUFFERS.logEvidence)[0] ?? NaN;

describe.each(["rws", "vi"] as const)("gradients of %s by a correlated group", (kind) => {
  it("are finite differences of the evidence", async () => {
    const found = await run(`gradients_${kind}`, new Map([...inputsOf(START), ...particles]));
    const by = { location: at(found, BUFFERS.gradient(kind, "g", LOCATION)), scale: at(found, BUFFERS.gradient(kind, "g", SCALE)) }; // prettier-ignore
    const h = 1e-5;
    const difference = async (e: number, i: number, j: number | null): Promise<number> => {
      const [up, down] = [along(e, i, j, h), along(e, i, j, -h)];
      const of = (guide: Normal): Promise<number> =>
        evidence(guide, kind === "rws" ? particles : moved(particles, START, guide));
      return ((await of(up)) - (await of(down))) / (2 * h);
    };
    for (let e = 0; e < T; e++)
      for (let i = 0; i < D; i++) {
        const expected = await difference(e, i, null);
        expect(Math.abs((by.location[e * D + i] ?? NaN) - expected)).toBeLessThan(1e-7);
        for (let j = 0; j <= i; j++) {
          const slope = await difference(e, i, j);
          expect(Math.abs((by.scale[(e * D + i) * D + j] ?? NaN) - slope)).toBeLessThan(1e-7);
        }
      }
    expect(by.location.some((x) => Math.abs(x) > 0.1)).toBe(true);
  });

  it("are the same of particles that are drawn and of those given", async () => {
    const drawn = await run(kind, inputsOf(START));
    const given = await run(`gradients_${kind}`, new Map([...inputsOf(START), ...particles]));
    const gradients = [...given].filter(([name]) => name.startsWith("gradient."));
    expect(gradients.map(([name]) => name).filter((name) => /\.[bsp]\./.test(name))).toEqual([]);
    expect(gradients.length).toBe(4);
    for (const [name, values] of gradients)
      values.forEach((x, i) => expect(at(drawn, name)[i]).toBeCloseTo(x, 9));
  });
});

describeOnDevice("gradients by a correlated group on the device", (device) => {
  it.each(["rws", "vi"] as const)("%s gives what the reference gives", async (program) => {
    const inputs = inputsOf(START);
    const [expected, found] = [await run(program, inputs), await run(program, inputs, device())];
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, values] of expected) {
      const scale = Math.max(1, ...values.map(Math.abs));
      values.forEach((x, i) =>
        expect(Math.abs((found.get(name)?.[i] ?? NaN) - x) / scale, name).toBeLessThan(2e-4),
      );
    }
  });
});
