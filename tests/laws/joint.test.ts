// Laws of joint weights and covariances on random small models: brute force over all picks, on both devices.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSource, type CheckedModel, type CompileOptions } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { allJointGroups, PairCovariance, type LatentPair } from "../../src/inference/covariance.js";
import { BUFFERS, isDerived, type GroupInterface, type LatentInterface } from "../../src/ir/interface.js";
import { inOneGroup } from "../../src/ir/lower/one-group.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";
import { bruteForce, type BruteForce } from "../oracle/brute-force.js";
import type { Value } from "../oracle/evaluate.js";
import { pickedAt, pickerOf, places, platesOf } from "./picks.js";
import { PLATE_SIZES, sourceOf, specs, type Spec } from "./random-model.js";
import { arrange, asGiven, makeValues, runOn, type Values } from "./values.js";

const SEED = 20240811;
const reference = createReferenceDevice();

function check(spec: Spec): CheckedModel {
  const { checked, diagnostics } = checkSource({ path: "random.mpp", text: sourceOf(spec) });
  if (checked === null) throw new Error(`${sourceOf(spec)}\n${renderDiagnostics(diagnostics)}`);
  return checked;
}

function compile(checked: CheckedModel, options: CompileOptions): CompiledModel {
  const { compiled, diagnostics } = checked.compile({
    ...options,
    programs: ["estimate"],
    sizes: PLATE_SIZES,
  });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

/** The interface alone takes no scheduling. */
function interfaceOf(checked: CheckedModel, options: CompileOptions): CompiledModel["interface"] {
  const { compiled } = checked.compile({ ...options, programs: [], sizes: PLATE_SIZES });
  if (compiled === null) throw new Error("no model");
  return compiled.interface;
}

const close = (found: number | undefined, expected: number, tolerance: number): void =>
  expect(Math.abs((found ?? NaN) - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(tolerance);

/** P(k_A, k_B, ...) at every place, summed over all picks: [plates, particles of each group]. */
function jointByHand(
  model: CompiledModel,
  truth: BruteForce,
  groups: readonly GroupInterface[],
  sizes: Values["sizes"],
): number[] {
  return places(platesOf(model, groups)).flatMap((place) => {
    const pickers = groups.map((group) => pickerOf(truth, group, place));
    const lengths = groups.map((group) => sizes.get(group.axis) ?? 0);
    const table = Array.from({ length: lengths.reduce((a, b) => a * b, 1) }, () => 0);
    for (const { picks, probability } of truth.joint) {
      const at = pickers.reduce((index, p, i) => index * (lengths[i] ?? 0) + (picks[p] ?? NaN), 0);
      table[at] = (table[at] ?? NaN) + probability;
    }
    return table;
  });
}

/** Covariances [plates, element of the first, of the second] by the sum over all picks. */
function covarianceByHand(
  model: CompiledModel,
  truth: BruteForce,
  values: Values,
  [a, b]: LatentPair,
): number[] {
  const numbers = (latent: LatentInterface): number[] =>
    Array.from({ length: latent.event === null ? 1 : (values.sizes.get(latent.event) ?? 0) }, (_, i) => i);
  return places(platesOf(model, [a, b])).flatMap((place) => {
    const picked = pickedAt(model, truth, values, place);
    const element = (of: (name: string) => Value, { name }: LatentInterface, i: number): number =>
      [of(name)].flat()[i] ?? NaN;
    return numbers(a).flatMap((i) =>
      numbers(b).map((j) => {
        const [meanA, meanB] = [picked((of) => element(of, a, i)), picked((of) => element(of, b, j))];
        return picked((of) => (element(of, a, i) - meanA) * (element(of, b, j) - meanB));
      }),
    );
  });
}

/** Compares the joint weights of all groups two by two, of all together where they are few, and all covariances. */
async function compare(
  spec: Spec,
  device: Device,
  tolerance: number,
  options: CompileOptions = {},
): Promise<number> {
  const checked = check(spec);
  const plain = interfaceOf(checked, options);
  const pairs = plain.latents.flatMap((a, i) => plain.latents.slice(i).map((b) => [a, b] as const));
  const all = plain.groups.map((group) => group.name);
  const joint = [...allJointGroups(plain, pairs), ...(all.length === 3 ? [all] : [])];
  const model = compile(checked, { ...options, joint });
  const values = makeValues(spec, model);
  const typed = options.estimator === "global" ? inOneGroup(checked.model) : checked.model;
  const truth = bruteForce(typed, asGiven(model, values));
  const outputs = await runOn(model, "estimate", values, device);
  for (const names of joint) {
    const groups = model.interface.groups.filter((group) => names.includes(group.name));
    const expected = jointByHand(model, truth, groups, values.sizes);
    const found = outputs.get(BUFFERS.joint(names)) ?? new Float64Array();
    expect(found).toHaveLength(expected.length);
    expected.forEach((w, i) => close(found[i], w, tolerance));
  }
  const { estimate } = model.programs;
  if (estimate === undefined) throw new Error("no program");
  const inputs = new Map<string, readonly number[]>();
  for (const { name, storage, axes } of estimate.program.buffers)
    if (storage === "input" && !isDerived(name)) inputs.set(name, arrange(values, name, axes));
  for (const pair of pairs) {
    const covariance = new PairCovariance(pair, model.interface, estimate, values.sizes);
    const { covariances } = covariance.moments((name) => outputs.get(name) ?? inputs.get(name));
    const expected = covarianceByHand(model, truth, values, pair);
    expect(covariances).toHaveLength(expected.length);
    expected.forEach((c, i) => close(covariances[i], c, 10 * tolerance));
  }
  return joint.length;
}

describe("joint weights and covariances", () => {
  it("are those of brute force over all combinations", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        compared += await compare(spec, reference, 1e-10);
      }),
      { numRuns: 25, seed: SEED },
    );
    expect(compared).toBeGreaterThan(15);
  });

  it("of the global estimator are those of particles that all latents share", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        await compare(spec, reference, 1e-10, { estimator: "global" });
      }),
      { numRuns: 10, seed: SEED },
    );
  });
});

describeOnDevice("joint weights and covariances on the device", (device) => {
  it("are those of brute force over all combinations", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        await compare(spec, device(), 5e-5);
      }),
      { numRuns: 3, seed: SEED + 1, endOnFailure: true },
    );
  });
});
