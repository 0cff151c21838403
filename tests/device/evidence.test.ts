// The evidence of large data, of which sums in float32 lose digits: they are taken apart (src/ir/references.ts).
import { expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { inputBuffers } from "../../src/inference/layout.js";
import { volume } from "../../src/ir/axis.js";
import { BUFFERS } from "../../src/ir/interface.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { withDerived } from "../support/derived.js";
import { describeOnDevice } from "./adapter.js";

/** Largest error of an evidence of about a million. */
const RIGHT_TO = 0.01;
const K = 3;

const CASES = {
  "with a latent for every element": {
    sizes: { n: 300_000 },
    model: `
data { plate n; real y[n]; }
model {
  mu ~ normal(0, 5);
  tau ~ half_normal(3);
  plate n { theta ~ normal(mu, tau); y ~ normal(theta, 1.5); }
}`,
  },
  "of observations that share all latents": {
    sizes: { n: 400_000 },
    model: `
data { plate n; real y[n]; }
model {
  mu ~ normal(0, 5);
  tau ~ half_normal(3);
  plate n { y ~ normal(mu, tau); }
}`,
  },
  "of groups of observations": {
    sizes: { groups: 15, n: 20_000 },
    model: `
data { plate groups; plate n; real y[groups, n]; }
model {
  mu ~ normal(0, 5);
  tau ~ half_normal(3);
  plate groups {
    theta ~ normal(mu, 1);
    plate n { y ~ normal(theta, tau); }
  }
}`,
  },
};

/** Evenly spread numbers from a logistic distribution, as float32, so that both devices are given the same. */
const spread = (length: number, scale: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => {
    const u = ((i + 1) * 0.6180339887498949) % 1;
    return Math.fround(scale * Math.log(u / (1 - u)));
  });

describeOnDevice("evidence of about a million", (device) => {
  it.each(Object.entries(CASES))("%s", async (_, { sizes: plates, model }) => {
    const particles = ["mu", "tau", "theta"].map((group) => [`k_${group}`, K] as const);
    const sizes = new Map<string, number>([...Object.entries(plates), ...particles]);
    const { checked, diagnostics } = checkSource({ path: "large.mpp", text: model });
    const compiled = checked?.compile({ programs: ["estimate"], sizes }).compiled;
    const program = compiled?.programs.estimate;
    if (!compiled || !program) throw new Error(renderDiagnostics(diagnostics));
    const inputs = await withDerived(compiled, sizes, (name, axes) => {
      // Particles of what all data share lie close together, as those of a fitted guide do.
      const isShared = name === "particles.mu" || name === "particles.tau";
      const values = spread(volume(axes, sizes), name === "y" ? 2.5 : isShared ? 0.005 : 0.1);
      const isScale = name === "particles.tau" || name.endsWith("sigma");
      return isScale ? values.map((x) => Math.fround(2 * Math.exp(x))) : values;
    });
    const evidence = async (on: Device): Promise<number> => {
      const loaded = await on.load(program, sizes);
      for (const { name, axes } of inputBuffers(program)) loaded.write(name, inputs(name, axes));
      const outputs = await loaded.run({ seed: 1, iteration: 1, drawsFrom: "iid" });
      loaded.dispose();
      return outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN;
    };
    const [found, expected] = [await evidence(device()), await evidence(createReferenceDevice())];
    expect(Math.abs(expected)).toBeGreaterThan(8e5);
    expect(Math.abs(found - expected)).toBeLessThan(RIGHT_TO);
  });
});
