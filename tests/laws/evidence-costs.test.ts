// What `costs()` says of a model's evidence is what lowering it whole comes to.
import fc from "fast-check";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSource, type CheckedModel } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import type { Axis } from "../../src/ir/axis.js";
import { sourceOf, specs } from "./random-model.js";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples");
const examples = readdirSync(EXAMPLES)
  .map((name) => join(EXAMPLES, name, `${name}.mpp`))
  .filter((path) => existsSync(path));

function checked(path: string, text: string): CheckedModel {
  const result = checkSource({ path, text });
  if (result.checked === null) throw new Error(renderDiagnostics(result.diagnostics));
  return result.checked;
}

const names = (axes: readonly Axis[]): readonly string[] => axes.map((axis) => axis.name);

function expectAsLowered(model: CheckedModel): void {
  const costs = model.costs();
  if ("code" in costs) throw new Error(costs.message);
  const { lowered } = model.plan("bounds", {});
  expect(costs.steps.map(({ kind, removes, table }) => [kind, names(removes), names(table)])).toEqual(
    lowered.contraction.steps.map(({ kind, removes, table }) => [kind, names(removes), names(table)]),
  );
  expect(costs.factors.map(({ factor }) => factor)).toEqual(model.model.factors);
  costs.factors.forEach(({ axes }, i) => {
    const { node, plates } = lowered.factors[i] ?? { node: { axes: [] }, plates: [] };
    expect(new Set(names(axes))).toEqual(new Set([...names(plates), ...names(node.axes)]));
  });
}

describe("the costs of the evidence", () => {
  it.each(examples)("of %s", (path) => expectAsLowered(checked(path, readFileSync(path, "utf8"))));

  it("of random models", () => {
    fc.assert(
      fc.property(specs, (spec) => expectAsLowered(checked("random.mpp", sourceOf(spec)))),
      { numRuns: 30, seed: 20261121 },
    );
  });

  it("follow a factor through the steps that it, or what is left of it, is in", () => {
    const path = join(EXAMPLES, "eight_schools", "eight_schools.mpp");
    const costs = checked(path, readFileSync(path, "utf8")).costs();
    if ("code" in costs) throw new Error(costs.message);
    const steps = costs.factors.map(({ factor, steps }) => [
      factor.kind === "prior" ? factor.latent.name : factor.kind === "target" ? "target" : factor.name,
      steps.map((at) => costs.steps[at]?.removes.map((axis) => axis.name).join()),
    ]);
    expect(steps).toEqual([
      ["mu", ["k_mu", "k_tau"]],
      ["tau", ["k_tau"]],
      ["theta", ["k_theta", "schools", "k_mu", "k_tau"]],
      ["y", ["k_theta", "schools", "k_mu", "k_tau"]],
    ]);
  });

  it("are a diagnostic where plates cross", () => {
    const text = `
      data { plate rows; plate columns; real y[rows, columns]; }
      model {
        plate rows { a ~ normal(0, 1); }
        plate columns { b ~ normal(0, 1); }
        plate rows { plate columns { y ~ normal(a + b, 1); } }
      }`;
    expect(checked("crossed.mpp", text).costs()).toMatchObject({ code: "E0901" });
  });
});
