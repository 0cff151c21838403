// The compiled estimator against a float64 reference on the papers' models: evidence, weights, moments, gradients.
import { describe, expect, it } from "vitest";
import { createReferenceDevice } from "../src/runtime/reference.js";
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

/** Largest absolute difference, as a share of the expected values' largest magnitude. */
function worst(found: readonly number[], expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  expect(found).toHaveLength(expected.length);
  return Math.max(...expected.map((x, i) => Math.abs(x - (found[i] ?? NaN)))) / scale;
}

describe.each(FIXTURES)("%s", (name) => {
  const fixture = readFixture(name);
  const sizes = fixtureSizes(compileFixture(name, { programs: ["bounds"] }), fixture);
  const model = compileFixture(name, { sizes });
  const inOrder = (value: Nested, axes: readonly string[], buffer: string, program: "estimate"): number[] => {
    const to = model.programs[program]?.program.buffers.find((b) => b.name === buffer)?.axes ?? [];
    return rearrange(flatten(value), axes, to, sizes);
  };

  it("evidence, weights and moments on the reference device", async () => {
    const device = createReferenceDevice();
    const { outputs } = await runFixture(model, fixture, "estimate", device);
    const { expect: expected } = fixture;
    expect(worst(outputs.get("log_evidence") ?? [], [expected.log_evidence])).toBeLessThan(1e-9);
    for (const group of model.interface.groups) {
      const buffer = `weights.${group.name}`;
      const weights = inOrder(
        expected.marginal_weights[group.name] ?? NaN,
        [...group.plates, group.axis],
        buffer,
        "estimate",
      );
      expect(worst(outputs.get(buffer) ?? [], weights)).toBeLessThan(1e-9);
    }
    for (const latent of model.interface.latents)
      for (const moment of ["mean", "mean_square"] as const) {
        const axes = [...latent.plates, ...(latent.event === null ? [] : [latent.event])];
        const buffer = `${moment}.${latent.name}`;
        const values = inOrder(expected.moments[latent.name]?.[moment] ?? NaN, axes, buffer, "estimate");
        expect(worst(outputs.get(buffer) ?? [], values)).toBeLessThan(1e-9);
      }
  });

  for (const kind of ["vi", "rws"] as const) {
    const gradients = fixture.expect.gradients?.[kind];
    if (gradients === undefined) continue;
    it(`${kind} gradients on the reference device`, async () => {
      const device = createReferenceDevice();
      const { outputs } = await runFixture(model, fixture, `gradients_${kind}`, device);
      for (const [latent, parameters] of Object.entries(gradients))
        for (const [key, value] of Object.entries(parameters)) {
          const found = outputs.get(`gradient.${kind}.${latent}.${key.replace("log_", "")}`) ?? [];
          expect(worst(found, flatten(value))).toBeLessThan(1e-9);
        }
    });
  }
});
