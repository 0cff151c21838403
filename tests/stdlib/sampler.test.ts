// Every family's draws as kernels, for all families that the library has: they follow the family's own distribution
// function and moments however particles are placed, on both devices, and their derivatives are those of the moments.
import { describe, expect, it } from "vitest";
import { ADAPTER_CLASSES } from "../../src/ir/cost.js";
import { differentiate } from "../../src/ir/derivatives.js";
import { ExpressionLowering } from "../../src/ir/lower/expressions.js";
import { PointSet, randomFrom } from "../../src/ir/lower/random-source.js";
import { Graph } from "../../src/ir/node.js";
import type { Program } from "../../src/ir/program.js";
import { schedule } from "../../src/ir/schedule.js";
import type { Device, RunSettings } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { runOn } from "../codegen/agreement.js";
import { describeOnDevice } from "../device/adapter.js";
import { casesOf, momentsOf, type Case } from "./cases.js";
import { familyAt } from "./family.js";
import { distribution, SCALAR_FAMILIES } from "./load.js";

const [ROWS, PARTICLES] = [50, 40];
const SIZES = { rows: ROWS, k: PARTICLES };
const WAYS = ["iid", "stratified", "sobol"] as const;

/** Families whose draws no derivative follows: their values move by jumps, or their quantiles are not differentiated. */
const isRigid = (name: string): boolean => distribution(name).result.base === "int" || name === "von_mises";

/** Draws at [rows, k], and if asked for how each moves with every real parameter. */
function compileSampler(name: string, moves: boolean): Program {
  const family = distribution(name);
  const graph = new Graph();
  const lowering = new ExpressionLowering(graph, []);
  const [rows, k] = [graph.axis("rows", "plate"), graph.axis("k", "particle")];
  // A parameter of its own for every draw, so that derivatives are told apart.
  const args = family.parameters.map((p) => graph.input(`parameter.${p.name}`, [rows, k]));
  const draw = lowering.draw(family, args, randomFrom(0, [rows], k, new PointSet(0, [rows])));
  const real = family.parameters.flatMap((p, i) =>
    !moves || p.type.base === "int" || isRigid(name) ? [] : [{ name: p.name, node: args[i] ?? draw }],
  );
  const slopes = differentiate(
    graph,
    draw,
    real.map(({ node }) => node),
  );
  const axes = [rows, k];
  const outputs = [
    { name: "draw", node: draw, axes },
    ...real.map(({ name: parameter }, i) => ({ name: `by.${parameter}`, node: slopes[i] ?? draw, axes })),
  ];
  return schedule(
    graph,
    { name: "estimate", outputs, labels: new Map() },
    { sizes: new Map(Object.entries(SIZES)), adapter: ADAPTER_CLASSES.software },
  );
}

const programs = new Map<string, Program>();
async function run(
  device: Device,
  { family, parameters }: Case,
  drawsFrom: RunSettings["drawsFrom"],
  moves = false,
) {
  const key = `${family} ${moves}`;
  const program = programs.get(key) ?? compileSampler(family, moves);
  programs.set(key, program);
  const inputs = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      `parameter.${name}`,
      new Float64Array(ROWS * PARTICLES).fill(value),
    ]),
  );
  return runOn(device, program, SIZES, inputs, { seed: 20250301, iteration: 2, drawsFrom });
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

/** How many standard errors the mean over rows is from the truth; rows are independent, particles of one are not. */
function errors(values: readonly number[], truth: number, smallest: number): number {
  const ofRows = Array.from({ length: ROWS }, (_, row) =>
    mean(values.slice(row * PARTICLES, (row + 1) * PARTICLES)),
  );
  const centre = mean(ofRows);
  const variance = mean(ofRows.map((x) => (x - centre) ** 2)) / (ROWS - 1);
  return Math.abs(centre - truth) / (Math.sqrt(variance) + smallest);
}

/** Kolmogorov's distance of the draws from the distribution function, times the root of their number. */
function kolmogorov(draws: readonly number[], case_: Case): number | null {
  const { cumulative, isDiscrete } = familyAt(case_.family, case_.parameters);
  if (cumulative === null) return null;
  const sorted = [...draws].sort((a, b) => a - b);
  let worst = 0;
  sorted.forEach((y, i) => {
    if (isDiscrete && sorted[i + 1] === y) return;
    const [below, upTo] = [i / sorted.length, (i + 1) / sorted.length];
    const truth = Math.exp(cumulative.logCdf(y));
    worst = Math.max(worst, Math.abs(truth - upTo), isDiscrete ? 0 : Math.abs(truth - below));
  });
  return worst * Math.sqrt(sorted.length);
}

async function expectDraws(device: Device, case_: Case): Promise<void> {
  for (const way of WAYS) {
    const draws = [...((await run(device, case_, way)).get("draw") ?? [])];
    const distance = kolmogorov(draws, case_);
    // Independent draws come beyond 2.1 once in 3000 times; evenly placed ones are nearer.
    if (distance !== null) expect(distance, way).toBeLessThan(2.1);
    const small = 1e-5 * case_.spread;
    if (!Number.isNaN(case_.variance)) {
      expect(errors(draws, case_.mean, small), `mean, ${way}`).toBeLessThan(5);
      const squares = draws.map((y) => (y - case_.mean) ** 2);
      const kurtosisKnown = small * case_.spread;
      expect(errors(squares, case_.variance, kurtosisKnown), `variance, ${way}`).toBeLessThan(5);
    }
  }
}

const CASES = SCALAR_FAMILIES.flatMap(casesOf).map((case_) => ({
  title: `${case_.family} ${JSON.stringify(case_.parameters)}`,
  case_,
}));

describe("draws follow the distribution", () => {
  it.each(CASES)("$title", ({ case_ }) => expectDraws(createReferenceDevice(), case_));
});

describe("draws move with the parameters as their means do", () => {
  const moving = CASES.filter(({ case_ }) => !isRigid(case_.family) && !Number.isNaN(case_.variance));
  it.each(moving)("$title", async ({ case_ }) => {
    const outputs = await run(createReferenceDevice(), case_, "stratified", true);
    for (const [name, value] of Object.entries(case_.parameters)) {
      const step = 1e-5 * Math.max(Math.abs(value), 0.1);
      const [low = NaN, high = NaN] = [-step, step].map(
        (change) => momentsOf(case_.family, { ...case_.parameters, [name]: value + change })[0],
      );
      const slopes = [...(outputs.get(`by.${name}`) ?? [])];
      const truth = (high - low) / (2 * step);
      const rounding = 1e-4 * Math.abs(truth) + (1e-12 * (Math.abs(case_.mean) + case_.spread)) / step;
      expect(errors(slopes, truth, rounding + 1e-12), `by ${name}`).toBeLessThan(5);
    }
  });
});

describeOnDevice("draws on a device follow the distribution", (device) => {
  // One set of parameters per family: the kernels are the same for all.
  const first = CASES.filter(({ case_ }, i) => CASES[i - 1]?.case_.family !== case_.family);
  it.each(first)("$title", ({ case_ }) => expectDraws(device(), case_));
});
