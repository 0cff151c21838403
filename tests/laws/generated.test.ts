// Laws of generated quantities that depend on several latents: their moments come from joint weights, as brute force
// over all combinations of the particles that were drawn gives them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { bufferAxes, placesIn } from "../../src/inference/layout.js";
import { BUFFERS } from "../../src/ir/interface.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";
import { bruteForce } from "../oracle/brute-force.js";
import type { Value } from "../oracle/evaluate.js";
import { pickedAt, places } from "./picks.js";
import { nameOf, PLATES, PLATE_SIZES, scalar, sourceOf, specs, type Spec } from "./random-model.js";
import { asGiven, makeValues, runOn, type Values } from "./values.js";

const SEED = 20240812;

/** Latents of each quantity, by their places in the model: every two, and all together. */
function quantitiesOf(spec: Spec): readonly (readonly number[])[] {
  const all = spec.latents.map((_, i) => i);
  const pairs = all.flatMap((i) => all.slice(i + 1).map((j) => [i, j]));
  return all.length > 2 ? [...pairs, all] : pairs;
}

const quantityName = (latents: readonly number[]): string => `q_${latents.join("_")}`;

/** The model with a product of latents for every quantity, inside the plates of all of them. */
function sourceWithGenerated(spec: Spec): string {
  const lines = quantitiesOf(spec).map((latents) => {
    const depth = Math.max(...latents.map((i) => spec.latents[i]?.depth ?? 0));
    const open = PLATES[spec.shape].slice(0, depth);
    const product = latents.map((i) => scalar(spec, i)).join(" * ");
    const statement = `real ${quantityName(latents)} = ${product};`;
    return open.reduceRight((inner, plate) => `plate ${plate} { ${inner} }`, statement);
  });
  return `${sourceOf(spec)}generated {\n  ${lines.join("\n  ")}\n}\n`;
}

const total = (value: Value): number => [value].flat().reduce((sum, x) => sum + x, 0);

/** The particles that the program drew, as the values of a brute force. */
function withDrawn(model: CompiledModel, values: Values, outputs: ReadonlyMap<string, Float64Array>): Values {
  const { posterior } = model.programs;
  if (posterior === undefined) throw new Error("no program");
  const drawn = model.interface.latents.map(({ name }): [string, { axes: string[]; values: number[] }] => {
    const buffer = BUFFERS.particles(name);
    const axes = (bufferAxes(posterior, buffer) ?? []).map((axis) => axis.name);
    return [buffer, { axes, values: [...(outputs.get(buffer) ?? [])] }];
  });
  return { sizes: values.sizes, arrays: new Map([...values.arrays, ...drawn]) };
}

/** Compares means and mean squares of all quantities; returns how many rest on joint weights. */
async function compare(spec: Spec, device: Device, tolerance: number): Promise<number> {
  const source = { path: "random.mpp", text: sourceWithGenerated(spec) };
  const { compiled, checked, diagnostics } = compileSource(source, {
    programs: ["posterior"],
    sizes: PLATE_SIZES,
  });
  const program = compiled?.programs.posterior;
  if (!compiled || !checked || !program) throw new Error(renderDiagnostics(diagnostics));
  const values = makeValues(spec, compiled);
  const outputs = await runOn(compiled, "posterior", values, device);
  const given = withDrawn(compiled, values, outputs);
  const truth = bruteForce(checked.model, asGiven(compiled, given));
  let joint = 0;
  for (const latents of quantitiesOf(spec)) {
    const name = quantityName(latents);
    const quantity = compiled.interface.generated.find((q) => q.name === name);
    const axes = bufferAxes(program, BUFFERS.generated(name));
    const weightAxes = bufferAxes(program, BUFFERS.jointWeights(name));
    if (!quantity || !axes || !weightAxes) throw new Error(name);
    expect(quantity.drawn).toBe(false);
    if (quantity.groups.length > 1) joint++;
    const draws = axes.filter((axis) => axis.role === "particle");
    const count = draws.reduce((n, axis) => n * (values.sizes.get(axis.name) ?? 0), 1);
    const weightAt = placesIn(axes, weightAxes, values.sizes);
    const [found, weights] = [outputs.get(BUFFERS.generated(name)), outputs.get(BUFFERS.jointWeights(name))];
    places(quantity.plates).forEach((place, e) => {
      const mean = pickedAt(compiled, truth, given, place);
      for (const power of [1, 2]) {
        const expected = mean((of) =>
          latents.reduce((product, i) => product * total(of(nameOf(i))) ** power, 1),
        );
        let sum = 0;
        for (let k = e * count; k < (e + 1) * count; k++)
          sum += (weights?.[weightAt[k] ?? -1] ?? NaN) * (found?.[k] ?? NaN) ** power;
        expect(Math.abs(sum - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(tolerance);
      }
    });
  }
  return joint;
}

const several = specs.filter(({ latents }) => latents.length > 1);

describe("moments of generated quantities of several latents", () => {
  it("are those of brute force over all combinations", async () => {
    const device = createReferenceDevice();
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(several, async (spec) => {
        compared += await compare(spec, device, 1e-9);
      }),
      { numRuns: 15, seed: SEED },
    );
    expect(compared).toBeGreaterThan(30);
  });
});

describeOnDevice("moments of generated quantities on the device", (device) => {
  it("are those of brute force over all combinations", async () => {
    await fc.assert(
      // Adapters take their time over kernels: small models.
      fc.asyncProperty(
        several.filter(({ latents }) => latents.length === 2),
        async (spec) => {
          await compare(spec, device(), 3e-4);
        },
      ),
      { numRuns: 2, seed: SEED + 1, endOnFailure: true },
    );
  });
});
