// Models of whole vectors against brute force over all combinations: a mixture with a Dirichlet and ordered means, whose
// categorical latents are summed out or sampled.
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { BUFFERS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { bruteForce } from "../oracle/brute-force.js";
import { asGiven, runOn, type Values } from "./values.js";

const MODEL = `data {
  plate rows;
  real y[rows];
  vector<lower=0>[3] a;
}
model {
  theta ~ dirichlet(a);
  ordered[3] mu ~ normal(0, 2);
  plate rows {
    z ~ categorical(theta);
    y ~ normal(mu[z], 0.7);
  }
}
`;
const SAMPLED = `${MODEL}guide {
  theta; mu;
  plate rows { z ~ categorical(learn()); }
}
`;

/** [particle, element], as given. */
const THETA = [[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.05, 0.05, 0.9]]; // prettier-ignore
const MU = [[-1, 0, 2], [-2.5, 0.4, 0.5], [0.1, 0.7, 3]]; // prettier-ignore
const elements = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]?.flatMap((_, i) => rows.map((row) => row[i] ?? NaN)) ?? [];

function valuesFor(isSampled: boolean): Values & { readonly sizes: Map<string, number> } {
  const sizes = new Map([["rows", 2], ["i_3", 3], ["k_theta", 3], ["k_mu", 3], ["k_z", 3]]); // prettier-ignore
  const array = (axes: readonly string[], values: readonly number[]) => ({ axes, values: [...values] });
  const arrays: Values["arrays"] = new Map([
    ["y", array(["rows"], [0.3, 2.1])],
    ["a", array(["i_3"], [1, 2, 0.5])],
    [BUFFERS.particles("theta"), array(["i_3", "k_theta"], elements(THETA))],
    [BUFFERS.particles("mu"), array(["i_3", "k_mu"], elements(MU))],
    [BUFFERS.guide("theta", "alpha"), array(["i_3"], [2, 1.5, 3])],
    [BUFFERS.guide("mu", "mu"), array(["i_3"], [-0.5, 0.2, 0.1])],
    [BUFFERS.guide("mu", "sigma"), array(["i_3"], [1.1, 0.8, 1.3])],
  ]);
  if (isSampled) {
    arrays.set(BUFFERS.particles("z"), array(["rows", "k_z"], [1, 2, 3, 3, 1, 3]));
    arrays.set(BUFFERS.guide("z", "theta"), array(["rows", "i_3"], [0.3, 0.4, 0.3, 0.2, 0.1, 0.7]));
  }
  return { sizes, arrays };
}

describe.each([
  ["summed out", MODEL],
  ["sampled", SAMPLED],
])("a mixture whose components are %s", (_, text) => {
  const { checked, diagnostics } = checkSource({ path: "mixture.mpp", text });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  const { compiled } = checked.compile({ programs: ["estimate"] });
  if (compiled === null) throw new Error("the mixture cannot be compiled");
  const values = valuesFor(text === SAMPLED);
  for (const { axis } of compiled.interface.eventAxes) values.sizes.set(axis, 3);
  const given = asGiven(compiled, values);
  const truth = bruteForce(checked.model, {
    ...given,
    data: (name, place) => (name === "a" ? [1, 2, 0.5] : given.data(name, place)),
    // The parameter of a sampled component is a vector though the latent is a number.
    guide: (latent, parameter, place) =>
      latent === "z"
        ? place[0] === 0
          ? [0.3, 0.4, 0.3]
          : [0.2, 0.1, 0.7]
        : given.guide(latent, parameter, place),
  });

  it("has the evidence and the weights of brute force", async () => {
    const outputs = await runOn(compiled, "estimate", values, createReferenceDevice());
    expect(outputs.get(BUFFERS.logEvidence)?.[0]).toBeCloseTo(truth.logEvidence, 10);
    for (const { name } of compiled.interface.groups) {
      const found = outputs.get(BUFFERS.weights(name)) ?? new Float64Array();
      const wanted = truth.weights.get(name)?.flat() ?? [];
      expect(found).toHaveLength(wanted.length);
      wanted.forEach((w, i) => { expect(found[i]).toBeCloseTo(w, 10); }); // prettier-ignore
    }
  });
});
