// The compiled estimator against a float64 reference on the papers' models: evidence, weights, moments, gradients.
import { describe, expect, it } from "vitest";
import type { Device } from "../src/runtime/device.js";
import { createReferenceDevice } from "../src/runtime/reference.js";
import { describeOnDevice } from "./device/adapter.js";
import {
  compileFixture,
  FIXTURES,
  fixtureSizes,
  flatten,
  readFixture,
  rearrange,
  runFixture,
  type Nested,
} from "./support/fixture.js";

/** Largest difference as a share of the expected values' largest magnitude. */
type Tolerances = {
  readonly evidence: number;
  readonly weights: number;
  readonly moments: number;
  readonly gradients: number;
};

const IN_FLOAT64: Tolerances = { evidence: 1e-9, weights: 1e-9, moments: 1e-9, gradients: 1e-9 };
const IN_FLOAT32: Tolerances = { evidence: 1e-5, weights: 1e-4, moments: 1e-4, gradients: 1e-3 };

function worst(found: readonly number[] | undefined, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((x, i) => Math.abs(x - (found?.[i] ?? NaN)))) / scale;
}

function agreesWithFixture(name: (typeof FIXTURES)[number], device: () => Device, within: Tolerances): void {
  const fixture = readFixture(name);
  const sizes = fixtureSizes(compileFixture(name, { programs: ["bounds"] }), fixture);
  const model = compileFixture(name, { sizes });

  it("evidence, weights and moments", async () => {
    const { outputs } = await runFixture(model, fixture, "estimate", device());
    const inOrder = (value: Nested, axes: readonly string[], buffer: string): number[] => {
      const to = model.programs.estimate?.program.buffers.find((b) => b.name === buffer)?.axes ?? [];
      return rearrange(flatten(value), axes, to, sizes);
    };
    const { expect: expected } = fixture;
    expect(worst(outputs.get("log_evidence"), [expected.log_evidence])).toBeLessThan(within.evidence);
    for (const group of model.interface.groups) {
      const buffer = `weights.${group.name}`;
      const weights = inOrder(
        expected.marginal_weights[group.name] ?? NaN,
        [...group.plates, group.axis],
        buffer,
      );
      expect(worst(outputs.get(buffer), weights)).toBeLessThan(within.weights);
    }
    for (const latent of model.interface.latents)
      for (const moment of ["mean", "mean_square"] as const) {
        const axes = [...latent.plates, ...(latent.event === null ? [] : [latent.event])];
        const buffer = `${moment}.${latent.name}`;
        const values = inOrder(expected.moments[latent.name]?.[moment] ?? NaN, axes, buffer);
        expect(worst(outputs.get(buffer), values)).toBeLessThan(within.moments);
      }
  });

  for (const kind of ["vi", "rws"] as const) {
    const gradients = fixture.expect.gradients?.[kind];
    if (gradients === undefined) continue;
    it(`${kind} gradients`, async () => {
      const { outputs } = await runFixture(model, fixture, `gradients_${kind}`, device());
      for (const [latent, parameters] of Object.entries(gradients))
        for (const [key, value] of Object.entries(parameters)) {
          const found = outputs.get(`gradient.${kind}.${latent}.${key.replace("log_", "")}`);
          expect(worst(found, flatten(value))).toBeLessThan(within.gradients);
        }
    });
  }
}

describe.each(FIXTURES)("%s on the reference device", (name) => {
  const device = createReferenceDevice();
  agreesWithFixture(name, () => device, IN_FLOAT64);
});

for (const name of FIXTURES)
  describeOnDevice(`${name} on the device`, (device) => {
    agreesWithFixture(name, device, IN_FLOAT32);
  });
