// Laws of joint weights and covariances on random small models: brute force over all picks, on both devices.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSource, type CheckedModel, type CompileOptions } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { allJointGroups, PairCovariance, type LatentPair } from "../../src/inference/covariance.js";
import { BUFFERS, type GroupInterface } from "../../src/ir/interface.js";
import { inOneGroup } from "../../src/ir/lower/one-group.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import type { TypedModel } from "../../src/typecheck/model.js";
import { describeOnDevice } from "../device/adapter.js";
import { bruteForce, type BruteForce } from "../oracle/brute-force.js";
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

/** Every element of some plates, as places by the plates' names, in the order of storage. */
const places = (plates: readonly string[]): ReadonlyMap<string, number>[] =>
  plates.reduce<ReadonlyMap<string, number>[]>(
    (all, plate) =>
      all.flatMap((place) =>
        Array.from({ length: PLATE_SIZES.get(plate) ?? 0 }, (_, i) => new Map([...place, [plate, i]])),
      ),
    [new Map()],
  );

/** Plates of some groups or latents, in the model's order. */
const platesOf = (model: CompiledModel, all: readonly { readonly plates: readonly string[] }[]): string[] =>
  model.interface.plates.map((p) => p.name).filter((name) => all.some((each) => each.plates.includes(name)));

/** Which of the brute force's picks is of a group at a place. */
const pickerOf = (truth: BruteForce, group: GroupInterface, place: ReadonlyMap<string, number>): number =>
  truth.pickers.findIndex(
    (p) => p.group === group.name && p.place.join() === group.plates.map((name) => place.get(name)).join(),
  );

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
  typed: TypedModel,
  pair: LatentPair,
): number[] {
  const given = asGiven(model, values);
  const sides = pair.map((latent) => {
    const group = model.interface.groups.find((g) => g.name === latent.group);
    const support = typed.groups.find((g) => g.name === latent.group)?.support ?? null;
    if (group === undefined) throw new Error(latent.group);
    return {
      latent,
      group,
      isSummed: support !== null,
      elements: latent.event === null ? 1 : (values.sizes.get(latent.event) ?? 0),
    };
  });
  return places(platesOf(model, pair)).flatMap((place) => {
    const pickers = sides.map(({ group }) => pickerOf(truth, group, place));
    const value = (side: number, element: number, picks: readonly number[]): number => {
      const of = sides[side];
      if (of === undefined) throw new Error("no side");
      const k = picks[pickers[side] ?? -1] ?? NaN;
      // The values of every family that is summed out begin at 0.
      if (of.isSummed) return k;
      const own = given.particle(
        of.latent.name,
        of.latent.plates.map((p) => place.get(p) ?? NaN),
        k,
      );
      return typeof own === "number" ? own : (own[element] ?? NaN);
    };
    const mean = (f: (picks: readonly number[]) => number): number =>
      truth.joint.reduce((sum, { picks, probability }) => sum + probability * f(picks), 0);
    return Array.from({ length: sides[0]?.elements ?? 0 }, (_, i) => i).flatMap((i) =>
      Array.from({ length: sides[1]?.elements ?? 0 }, (_, j) => {
        const [meanA, meanB] = [mean((picks) => value(0, i, picks)), mean((picks) => value(1, j, picks))];
        return mean((picks) => (value(0, i, picks) - meanA) * (value(1, j, picks) - meanB));
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
    if (storage === "input") inputs.set(name, arrange(values, name, axes));
  for (const pair of pairs) {
    const covariance = new PairCovariance(pair, model.interface, estimate, values.sizes);
    const { covariances } = covariance.moments((name) => outputs.get(name) ?? inputs.get(name));
    const expected = covarianceByHand(model, truth, values, typed, pair);
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
      { numRuns: 40, seed: SEED },
    );
    expect(compared).toBeGreaterThan(40);
  });

  it("of the global estimator are those of particles that all latents share", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        await compare(spec, reference, 1e-10, { estimator: "global" });
      }),
      { numRuns: 15, seed: SEED },
    );
  });
});

describeOnDevice("joint weights and covariances on the device", (device) => {
  it("are those of brute force over all combinations", async () => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        await compare(spec, device(), 5e-5);
      }),
      { numRuns: 5, seed: SEED + 1, endOnFailure: true },
    );
  });
});
