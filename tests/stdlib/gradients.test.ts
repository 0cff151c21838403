// Every family's log density and distribution function as kernels: values and derivatives, on the reference device and on
// a GPU.
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
type Item = "logDensity" | "logCdf" | "logCcdf";

/** The functions of its value that a family has. */
const itemsOf = (family: string): readonly Item[] =>
  distribution(family).cumulative === null ? ["logDensity"] : ["logDensity", "logCdf", "logCcdf"];

function itemAt(item: Item, family: string, parameters: Case["parameters"], y: number): number {
  const at = familyAt(family, parameters);
  return item === "logDensity" ? at.logDensity(y) : (at.cumulative?.[item](y) ?? NaN);
}

/**
 * Those functions at [points] of the value and all parameters, and their derivatives by those that are real: of all, or
 * of the log density alone, since drivers take long to compile the derivatives of special functions, which are tested by
 * themselves.
 */
function compileFunctions(name: string, differentiated: "all" | "density"): Compiled {
  const family = distribution(name);
  const graph = new Graph();
  const lowering = new ExpressionLowering(graph, []);
  const points = graph.axis("points", "plate");
  const args = family.parameters.map((p) => graph.input(`parameter.${p.name}`, [points]));
  const y = graph.input("y", [points]);
  const functions = itemsOf(name).map((item) => {
    const logDensity =
      item === "logDensity" ? family.logDensity : (family.cumulative?.[item] ?? family.logDensity);
    return { item, node: lowering.logDensity({ ...family, logDensity }, args, y, null) };
  });
  const inputs = [
    ...family.parameters.flatMap((p, i) =>
      p.type.base === "int" ? [] : [{ name: p.name, node: args[i] ?? y }],
    ),
    ...(family.result.base === "int" ? [] : [{ name: "y", node: y }]),
  ];
  const wrt = inputs.map(({ node }) => node);
  const outputs = functions.flatMap(({ item, node }) => [
    { name: item, node, axes: [points] },
    ...(differentiated === "all" || item === "logDensity" ? differentiate(graph, node, wrt) : []).map(
      (gradient, i) => ({
        name: `${item}.${inputs[i]?.name ?? ""}`,
        node: gradient,
        axes: [points],
      }),
    ),
  ]);
  const program = schedule(
    graph,
    { name: "estimate", outputs, labels: new Map() },
    { sizes: new Map(Object.entries(SIZES)), adapter: ADAPTER_CLASSES.software },
  );
  return { program, wrt: inputs.map((input) => input.name) };
}

const compiled = new Map<string, Compiled>();
function functionsOf(name: string, differentiated: "all" | "density"): Compiled {
  const key = `${name} ${differentiated}`;
  const known = compiled.get(key) ?? compileFunctions(name, differentiated);
  compiled.set(key, known);
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
    const { program, wrt } = functionsOf(case_.family, "all");
    const outputs = await runReference(program, SIZES, inputsOf(case_));
    const rounded = Object.fromEntries(Object.entries(case_.parameters).map(([k, v]) => [k, Math.fround(v)]));
    for (const item of itemsOf(case_.family))
      for (const name of wrt)
        for (const [i, y] of valuesOf(case_).entries()) {
          const at = (step: number): number =>
            name === "y"
              ? itemAt(item, case_.family, rounded, y + step)
              : itemAt(item, case_.family, { ...rounded, [name]: (rounded[name] ?? NaN) + step }, y);
          const here = name === "y" ? y : (rounded[name] ?? NaN);
          const step = 1e-5 * Math.min(case_.spread, Math.abs(here) || case_.spread);
          const [low, high] = [at(-step), at(step)];
          if (Math.min(low, high) < -1e29) continue; // the other side of a bound
          const derivative = outputs.get(`${item}.${name}`)?.[i] ?? NaN;
          const rounding = ((item === "logDensity" ? 1e-15 : 1e-13) * (1 + Math.abs(at(0)))) / step;
          const error = Math.abs(derivative - (high - low) / (2 * step));
          expect(error, `d ${item} / d${name} at ${y}`).toBeLessThan(
            1e-4 * (1e-3 / case_.spread + Math.abs(derivative)) + 50 * rounding,
          );
        }
  });
});

describeOnDevice("on a device", (device) => {
  it.each(CASES)("$title", async ({ case_ }) => {
    const { program } = functionsOf(case_.family, "density");
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
