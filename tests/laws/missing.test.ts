// Laws of missing observations: the estimate is that of the data without them, on both devices.
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import type { CompiledModel, ProgramName } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { ExtendedSizes, volume, type Sizes } from "../../src/ir/axis.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { checkBounds } from "../../src/runtime/data-bounds.js";
import { bindData, type BoundData } from "../../src/runtime/data.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";
import { generator } from "./random-model.js";
import { withDerived } from "../support/derived.js";

const reference = createReferenceDevice();

type Case = {
  readonly name: string;
  readonly text: string;
  readonly missing: string;
  readonly without: string;
};

/** Each with data that lacks values, and the same data without the rows that lack them. */
const CASES: readonly Case[] = [
  {
    name: "reals in dense rows",
    text: `data { plate a; real y[a]; real x[a]; }
      model { m ~ normal(0, 1); t ~ normal(0, 1); plate a { y ~ normal(m * x, exp(t)); } }`,
    missing: `{"y": [1.5, null, -0.5, null], "x": [1, 2, 3, 4]}`,
    without: `{"y": [1.5, -0.5], "x": [1, 3]}`,
  },
  {
    name: "a positive value through a local, in ragged rows",
    text: `data { plate a; plate b in a; real<lower=0> y[b]; }
      model { m ~ normal(0, 1); plate a { s ~ normal(m, 1); plate b { real l = log(y); l ~ normal(s, 1); } } }`,
    missing: `{"y": [[1, null, 3], [2], [null]]}`,
    without: `{"y": [[1, 3], [2], []]}`,
  },
  {
    name: "counts whose bounds differ from row to row",
    text: `data { plate a; int<lower=1> n[a]; int<lower=0, upper=n> y[a]; }
      model { p ~ beta(2, 2); plate a { y ~ binomial(n, p); } }`,
    missing: `{"n": [50, 3, 4], "y": [40, null, 2]}`,
    without: `{"n": [50, 4], "y": [40, 2]}`,
  },
  {
    name: "single elements of vectors",
    text: `data { plate a; plate e; vector[2] y[a]; real z[e]; }
      model { m ~ normal(0, 1); plate a { y ~ normal(m, 1); } plate e { z ~ normal(m, 1); } }`,
    missing: `{"y": [[1, null], [3, 4]], "z": [5]}`,
    without: `{"y": [[3, 4]], "z": [5, 1]}`,
  },
];

function compile(text: string, sizes: Sizes, programs: readonly ProgramName[]): CompiledModel {
  const { compiled, diagnostics } = compileSource({ path: "missing.mpp", text }, { sizes, programs });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

async function bind(text: string, json: string): Promise<BoundData> {
  const head = compile(text, new Map(), ["bounds"]);
  const { data, diagnostics } = bindData(head, [{ path: "data.json", text: json }]);
  if (data === null) throw new Error(renderDiagnostics(diagnostics));
  const outside = await checkBounds(compile(text, data.sizes, ["bounds"]), data, reference);
  expect(outside).toEqual([]);
  return data;
}

/** Outputs of a program on data, with particles and a guide that depend on their names alone. */
async function run(
  text: string,
  data: BoundData,
  program: ProgramName,
  device: Device,
): Promise<ReadonlyMap<string, Float64Array>> {
  const head = compile(text, data.sizes, ["bounds"]);
  const sizes = new ExtendedSizes(
    data.sizes,
    head.interface.groups.map((g) => [g.axis, 4] as const),
  );
  const model = compile(text, sizes, [program]);
  const compiled = model.programs[program];
  if (compiled === undefined) throw new Error(`no program ${program}`);
  const loaded = await device.load(compiled, sizes);
  const inputs = await withDerived(model, sizes, (name, axes) => {
    const random = generator(name.length);
    const positive = /sigma|alpha|beta|particles\.p/.test(name);
    const drawn = Array.from({ length: volume(axes, sizes) }, () =>
      positive ? 0.2 + 0.6 * random() : 2 * random() - 1,
    );
    return data.arrays.get(name) ?? drawn;
  });
  for (const { name, axes, storage } of compiled.program.buffers)
    if (storage === "input") loaded.write(name, inputs(name, axes));
  const outputs = await loaded.run({ seed: 1, iteration: 0, drawsFrom: "iid" });
  loaded.dispose();
  return outputs;
}

describe("missing observations", () => {
  it.each(CASES)("count for nothing: $name", async ({ text, missing, without }) => {
    const [lacking, whole] = [await bind(text, missing), await bind(text, without)];
    expect([...(lacking.sizes.missing ?? [])]).toEqual(["y"]);
    for (const program of ["estimate", "gradients_rws"] as const) {
      const found = await run(text, lacking, program, reference);
      const expected = await run(text, whole, program, reference);
      for (const [name, values] of expected)
        values.forEach((x, i) => expect(found.get(name)?.[i]).toBeCloseTo(x, 10));
    }
  });

  it("are of the plan only where the data lacks values", async () => {
    const [first] = CASES;
    const data = await bind(first?.text ?? "", first?.without ?? "");
    const model = compile(first?.text ?? "", data.sizes, ["estimate"]);
    expect(JSON.stringify(model.programs.estimate)).not.toContain(BUFFERS.observed("y"));
  });

  it.each([
    ["a covariate", "y ~ normal(m * x, 1);", '"x": [1, null], "y": [1, 2]', "E0520"],
    [
      "what is observed and a covariate",
      "y ~ normal(m, 1); x ~ normal(y, 1);",
      '"y": [1, null], "x": [1, 2]',
      "E0520",
    ],
    ["every value", "y ~ normal(m * x, 1);", '"y": [null, null], "x": [1, 2]', "E0572"],
  ])("are a mistake of the data: %s", (_, factors, entries, code) => {
    const text = `data { plate a; real y[a]; real x[a]; } model { m ~ normal(0, 1); plate a { ${factors} } }`;
    const { data, diagnostics } = bindData(compile(text, new Map(), ["bounds"]), [
      { path: "data.json", text: `{${entries}}` },
    ]);
    expect(data).toBeNull();
    expect(diagnostics.map((d) => d.code)).toEqual([code]);
  });
});

describeOnDevice("missing observations on the device", (device) => {
  it("give what the reference device gives", async () => {
    for (const { text, missing } of CASES) {
      const data = await bind(text, missing);
      const expected = await run(text, data, "estimate", reference);
      const found = await run(text, data, "estimate", device());
      for (const [name, values] of expected)
        values.forEach((x, i) =>
          expect(Math.abs((found.get(name)?.[i] ?? NaN) - x) / Math.max(1, Math.abs(x))).toBeLessThan(1e-4),
        );
    }
  });
});
