// Every family's log density as kernels: its value and its derivatives, on the reference device and on a GPU.
import { describe, expect, it } from "vitest";
import { ADAPTER_CLASSES } from "../../src/ir/cost.js";
import { differentiate } from "../../src/ir/derivatives.js";
import { ExpressionLowering } from "../../src/ir/lower/expressions.js";
import { Graph } from "../../src/ir/node.js";
import type { Program } from "../../src/ir/program.js";
import { schedule } from "../../src/ir/schedule.js";
import { runOn, runReference, type Inputs } from "../codegen/agreement.js";
import { describeOnDevice } from "../device/adapter.js";
import { casesOf, type Case } from "./cases.js";
import { familyAt } from "./family.js";
import { distribution, SCALAR_FAMILIES } from "./load.js";

const POINTS = 12;
const SIZES = { points: POINTS };
const RUN = { seed: 5, iteration: 0, drawsFrom: "iid" } as const;

type Compiled = { readonly program: Program; readonly wrt: readonly string[] };

/** The log density at [points] of the value and all parameters, and its derivatives by those that are real. */
function compileDensity(name: string): Compiled {
  const family = distribution(name);
  const graph = new Graph();
  const lowering = new ExpressionLowering(graph, []);
  const points = graph.axis("points", "plate");
  const args = family.parameters.map((p) => graph.input(`parameter.${p.name}`, [points]));
  const y = graph.input("y", [points]);
  const density = lowering.logDensity(family, args, y, null);
  const inputs = [
    ...family.parameters.flatMap((p, i) =>
      p.type.base === "int" ? [] : [{ name: p.name, node: args[i] ?? y }],
    ),
    ...(family.result.base === "int" ? [] : [{ name: "y", node: y }]),
  ];
  const gradients = differentiate(
    graph,
    density,
    inputs.map(({ node }) => node),
  );
  const outputs = [
    { name: "density", node: density, axes: [points] },
    ...inputs.map((input, i) => ({ name: `by.${input.name}`, node: gradients[i] ?? y, axes: [points] })),
  ];
  const program = schedule(
    graph,
    { name: "estimate", outputs, labels: new Map() },
    { sizes: new Map(Object.entries(SIZES)), adapter: ADAPTER_CLASSES.software },
  );
  return { program, wrt: inputs.map((input) => input.name) };
}

const compiled = new Map<string, Compiled>();
function densityOf(name: string): Compiled {
  const known = compiled.get(name) ?? compileDensity(name);
  compiled.set(name, known);
  return known;
}

/** Draws, in single precision, away from where two pieces of a density meet. */
function valuesOf({ family, parameters, centre }: Case): readonly number[] {
  const draws = familyAt(family, parameters).draws(POINTS, 2, RUN);
  return draws.map(([first = centre, second = centre]) => Math.fround(first === centre ? second : first));
}

function inputsOf(case_: Case): Inputs {
  const parameters = Object.entries(case_.parameters).map(([name, value]) => [
    `parameter.${name}`,
    Array.from({ length: POINTS }, () => Math.fround(value)),
  ]);
  return { ...(Object.fromEntries(parameters) as Inputs), y: valuesOf(case_) };
}

const CASES = SCALAR_FAMILIES.flatMap(casesOf).map((case_) => ({
  title: `${case_.family} ${JSON.stringify(case_.parameters)}`,
  case_,
}));

describe("derivatives are those of finite differences", () => {
  it.each(CASES)("$title", async ({ case_ }) => {
    const { program, wrt } = densityOf(case_.family);
    const outputs = await runReference(program, SIZES, inputsOf(case_));
    const rounded = Object.fromEntries(Object.entries(case_.parameters).map(([k, v]) => [k, Math.fround(v)]));
    for (const name of wrt)
      for (const [i, y] of valuesOf(case_).entries()) {
        const at = (step: number): number =>
          name === "y"
            ? familyAt(case_.family, rounded).logDensity(y + step)
            : familyAt(case_.family, { ...rounded, [name]: (rounded[name] ?? NaN) + step }).logDensity(y);
        const here = name === "y" ? y : (rounded[name] ?? NaN);
        const step = 1e-5 * Math.min(case_.spread, Math.abs(here) || case_.spread);
        const [low, high] = [at(-step), at(step)];
        if (Math.min(low, high) < -1e29) continue; // the other side of a bound
        const derivative = outputs.get(`by.${name}`)?.[i] ?? NaN;
        const rounding = (1e-15 * (1 + Math.abs(at(0)))) / step;
        const error = Math.abs(derivative - (high - low) / (2 * step));
        expect(error, `d/d${name} at ${y}`).toBeLessThan(
          1e-4 * (1e-3 / case_.spread + Math.abs(derivative)) + 50 * rounding,
        );
      }
  });
});

describeOnDevice("on a device", (device) => {
  it.each(CASES)("$title", async ({ case_ }) => {
    const { program } = densityOf(case_.family);
    const inputs = inputsOf(case_);
    const [wanted, got] = [
      await runReference(program, SIZES, inputs),
      await runOn(device(), program, SIZES, inputs),
    ];
    for (const [name, values] of wanted) {
      const scale = Math.max(...values.map(Math.abs), 1);
      values.forEach((value, i) => {
        expect(
          Math.abs((got.get(name)?.[i] ?? NaN) - value) / scale,
          `${name} at ${inputs["y"]?.[i]}`,
        ).toBeLessThan(2e-3);
      });
    }
  });
});
