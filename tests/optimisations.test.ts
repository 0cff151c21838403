// The switches of the compiler: results do not depend on them, and each of them does something.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { languageOf } from "../src/cli/device-choice.js";
import { compileSource, type CompileOptions } from "../src/compile.js";
import type { CompiledModel, ProgramName } from "../src/compiled.js";
import {
  ALL_OPTIMISATIONS,
  NO_OPTIMISATIONS,
  OPTIMISATION_NAMES,
  OPTIMISATIONS,
  readOptimisations,
  without,
  writeOptimisations,
  type Optimisations,
} from "../src/optimisations.js";
import type { Device } from "../src/runtime/device.js";
import { createReferenceDevice } from "../src/runtime/reference.js";
import { describeOnDevice } from "./device/adapter.js";
import { compileFixture, fixtureSizes, readFixture, runFixture } from "./support/fixture.js";

/** All but one of them at a time, and none. */
const CHOICES: readonly Optimisations[] = [
  ...OPTIMISATION_NAMES.map((name) => without(ALL_OPTIMISATIONS, name)),
  NO_OPTIMISATIONS,
];

const MODELS = ["radon", "movielens", "bus_breakdown", "random_walk", "occupancy"] as const;
type Model = (typeof MODELS)[number];
const PROGRAMS: readonly ProgramName[] = ["estimate", "gradients_rws", "fixed"];

/** What a model's programs compute from a fixture's particles, by the names of outputs. */
async function results(
  name: Model,
  optimise: Optimisations,
  device: Device,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const fixture = readFixture(name);
  const sizes = fixtureSizes(compileFixture(name, { programs: ["bounds"] }), fixture);
  const model = compileFixture(name, { sizes, programs: PROGRAMS, optimise, language: languageOf(device) });
  const found = new Map<string, readonly number[]>();
  for (const program of ["estimate", "gradients_rws"] as const)
    if (model.programs[program] !== undefined)
      for (const [output, values] of (await runFixture(model, fixture, program, device)).outputs)
        found.set(output, values);
  return found;
}

type Tolerances = { readonly gradients: number; readonly others: number };
const IN_FLOAT32: Tolerances = { gradients: 5e-3, others: 2e-4 };

function resultsAgree(
  models: readonly Model[],
  choices: readonly Optimisations[],
  device: () => Device,
  tolerances: Tolerances,
): void {
  it.each(models)("%s", async (name) => {
    const expected = await results(name, ALL_OPTIMISATIONS, createReferenceDevice());
    expect(expected.size).toBeGreaterThan(3);
    for (const choice of choices) {
      const found = await results(name, choice, device());
      for (const [output, values] of expected) {
        const within = output.startsWith("gradient") ? tolerances.gradients : tolerances.others;
        const scale = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
        const worst = Math.max(
          ...values.map((value, i) => Math.abs(value - (found.get(output)?.[i] ?? NaN)) / scale),
        );
        expect(worst, `${output} with ${writeOptimisations(choice)}`).toBeLessThan(within);
      }
    }
  });
}

describe("results do not depend on optimisations on the reference device", () => {
  const device = createReferenceDevice();
  resultsAgree(MODELS, CHOICES, () => device, { gradients: 1e-9, others: 1e-9 });
});

describeOnDevice("results do not depend on optimisations on the device", (device) => {
  // Drivers take long over radon's kernels.
  resultsAgree(["random_walk"], CHOICES, device, IN_FLOAT32);
  resultsAgree(["radon"], [NO_OPTIMISATIONS], device, IN_FLOAT32);
});

describe("every optimisation", () => {
  /** Plates long enough to be summed in blocks. */
  const sizes = new Map(["zips", "readings", "users", "visits"].map((plate) => [plate, 1000]));
  const text = (options: CompileOptions, name: string): string => {
    const model: CompiledModel = compileFixture(name, {
      ...options,
      sizes,
      programs: ["qem"],
      language: "wgsl",
    });
    const kernels = Object.values(model.programs.qem?.wgsl ?? {});
    return kernels.map(({ source }) => source).join("\n");
  };
  const optimised = new Map(MODELS.map((model) => [model, text({}, model)]));
  it.each(OPTIMISATION_NAMES)("%s changes the kernels of some model", (name) => {
    const isChanged = (model: Model): boolean =>
      optimised.get(model) !== text({ optimise: without(ALL_OPTIMISATIONS, name) }, model);
    expect(MODELS.some(isChanged)).toBe(true);
  });

  it("stands in the compiled model by its name", () => {
    const { compiled } = compileSource(
      { path: "m.mpp", text: "model {\n  mu ~ normal(0, 1);\n}\n" },
      { optimise: without(ALL_OPTIMISATIONS, "tiles") },
    );
    expect(compiled?.optimisations).toEqual(OPTIMISATION_NAMES.filter((name) => name !== "tiles"));
  });
});

/** As docs/performance.md has them; `-u` renews the page. */
it("all optimisations are in the documentation", async () => {
  const path = "../docs/performance.md";
  const page = readFileSync(new URL(path, import.meta.url), "utf8");
  const [before, , after] = page.split(/(?<=<!-- optimisations -->\n)|(?=<!-- \/optimisations -->)/);
  const list = Object.entries(OPTIMISATIONS).map(([name, text]) => `- \`${name}\`: ${text}\n`);
  await expect(`${before ?? ""}\n${list.join("")}\n${after ?? ""}`).toMatchFileSnapshot(path);
});

describe("a text of optimisations", () => {
  it("names those that are on, from left to right", () => {
    expect(readOptimisations("all")).toEqual(ALL_OPTIMISATIONS);
    expect(readOptimisations("none")).toEqual(NO_OPTIMISATIONS);
    expect(readOptimisations("tiles, share")).toEqual(new Set(["tiles", "share"]));
    expect(readOptimisations("-tiles")).toEqual(without(ALL_OPTIMISATIONS, "tiles"));
    expect(readOptimisations("all,-tiles,-share,tiles")).toEqual(without(ALL_OPTIMISATIONS, "share"));
  });
  it("with another word is refused", () => {
    expect(readOptimisations("all,-tile")).toEqual({ unknown: "-tile" });
    expect(readOptimisations("")).toEqual({ unknown: "" });
  });
  it("is written so that it is read back", () => {
    for (const choice of [...CHOICES, ALL_OPTIMISATIONS, new Set(["tiles", "share"] as const)])
      expect(readOptimisations(writeOptimisations(choice))).toEqual(choice);
  });
});
