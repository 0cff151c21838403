// Laws of ragged plates: brute force over all picks with rows of any length, dense data written as ragged, both devices.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSource, type CheckedModel, type CompileOptions } from "../../src/compile.js";
import type { CompiledModel, ProgramName } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { inputBuffers } from "../../src/inference/layout.js";
import { ExtendedSizes, rowsOfLengths, volume, type Sizes } from "../../src/ir/axis.js";
import { BUFFERS, DRAW_AXIS, isDerived } from "../../src/ir/interface.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { describeOnDevice } from "../device/adapter.js";
import { bruteForce, type Given } from "../oracle/brute-force.js";
import { generator } from "./random-model.js";
import { withDerived } from "../support/derived.js";

const reference = createReferenceDevice();

/** Series of uneven lengths: along rows, of groups of two, with what their steps hold, and rows of ragged rows. */
const SERIES: readonly string[] = [
  `data { plate a; plate b in a ordered; real y[b]; real x[b]; real u[a]; }
   model { m ~ normal(0, 1); plate a { s ~ normal(m + u, 1);
     plate b { z ~ normal(0.6 * prev(z, s) + 0.3 * prev(x, 2), 1); y ~ normal(z, 0.8); } } }`,
  `data { plate a; plate b in a ordered; plate c in b; real y[c]; real x[b]; }
   model { m ~ normal(0, 1); plate a { plate b {
     l ~ normal(prev(l, m) + 0.2 * prev(d, 0.5), 1); d ~ normal(x + prev(d, m), 1);
     plate c { y ~ normal(l, 0.8); } } } }
   guide { plate a { plate b { group state { l; d; } } } }`,
  `data { plate a; plate b in a; plate c in b ordered; real y[c]; real x[b]; }
   model { m ~ normal(0, 1); plate a { plate b { plate c {
     z ~ normal(m + x * prev(z, 1), 1); y ~ normal(z, 0.8); } } } }`,
  `data { plate a; plate b in a ordered; real y[b]; real x[b]; real u[a]; }
   model { m ~ normal(0, 1); t ~ normal(0, 1); plate a { s ~ normal(m, 1);
     plate b { real r = y - (s + 0.5 * prev(y, u) + t * prev(r, m)); real d = x * s;
       real e = prev(d, 2) - 0.3 * prev(e, 1); target += normal_lpdf(r + 0.1 * prev(e, 0) | 0, 1); } } }`,
  `data { plate a; plate b in a ordered; real y[b]; real x[b]; }
   model { t ~ normal(0, 1); plate a {
     plate b { real l = 0.4 * x + t * prev(l, 0.5); z ~ normal(prev(l, 0) + prev(z, 1), 1); y ~ normal(z + l, 0.8); } } }`,
];

/** Two and three levels, a crossed plate within and without, vectors, a group, an observation without inner latents. */
const MODELS: readonly string[] = [
  `data { plate a; plate b in a; real y[b]; real x[b]; real u[a]; }
   model { m ~ normal(0, 1); plate a { s ~ normal(m + u, 1); plate b { y ~ normal(s * x, 0.8); } } }`,
  `data { plate a; plate b in a; real y[b]; real x[b]; real u[a]; }
   model { m ~ normal(0, 1); t ~ normal(0, 1); plate a { s ~ normal(m, 1);
     plate b { z ~ normal(s + u, exp(0.2 * t)); y ~ normal(z * x, 0.8); } } }
   guide { group g { m; t; } }`,
  `data { plate a; plate b in a; plate c in b; real y[c]; real x[b]; }
   model { m ~ normal(0, 1); plate a { s ~ normal(m, 1);
     plate b { z ~ normal(s * x, 1); plate c { y ~ normal(z + m, 0.8); target += 0.1 * s; } } } }`,
  `data { plate f; plate a; plate b in a; int y[b, f]; real x[f]; }
   model { vector[2] w ~ normal(0, 1); plate f { v ~ normal(sum(w), 1); }
     plate a { plate b { plate f { y ~ bernoulli_logit(x + w[1]); } } } }`,
  `data { plate a; plate b in a; real y[b]; }
   model { m ~ normal(0, 1); plate a { plate b { vector[2] z ~ normal(m, 1); y ~ normal(sum(z), 0.5); } } }
   guide { plate a { plate b { z ~ normal(learn(0), learn(1)); } } }`,
  ...SERIES,
];

type Case = { readonly model: number; readonly rows: readonly number[]; readonly seed: number };
const cases: fc.Arbitrary<Case> = fc
  .record({
    model: fc.nat(MODELS.length - 1),
    rows: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 3 }),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .filter(({ rows }) => rows.some((n) => n > 0) && rows.reduce((a, b) => a + b, 0) <= 4);

/** Lengths of every axis; rows of `b` as given, of `c` one, none, two, one, ... */
function makeSizes(rows: readonly number[], particles: number, model: CompiledModel): Sizes {
  const b = rowsOfLengths("a", rows);
  const c = rowsOfLengths(
    "b",
    Array.from(b.parent, (_, i) => [1, 0, 2][i % 3] ?? 0),
  );
  const plates = new Map([
    ["a", rows.length],
    ["b", b.parent.length],
    ["c", c.parent.length],
    ["f", 2],
    ["i_2", 2],
  ]);
  const groups = model.interface.groups.map((g) => [g.axis, particles] as const);
  return new ExtendedSizes(plates, groups, {
    rows: new Map([
      ["b", b],
      ["c", c],
    ]),
  });
}

const known = new Map<string, { readonly checked: CheckedModel; readonly head: CompiledModel }>();

/** A model as it was checked, and its interface; each is checked once. */
function modelOf(text: string): { readonly checked: CheckedModel; readonly head: CompiledModel } {
  let found = known.get(text);
  if (found === undefined) {
    const { checked, diagnostics } = checkSource({ path: "ragged.mpp", text });
    const head = checked?.compile({ programs: [] }).compiled;
    if (!checked || !head) throw new Error(renderDiagnostics(diagnostics));
    known.set(text, (found = { checked, head }));
  }
  return found;
}

/** In one language where only one device is to run it. */
function compile(
  text: string,
  sizes: Sizes,
  programs: readonly ProgramName[],
  languages: CompileOptions = { language: "js" },
): CompiledModel {
  const { compiled, diagnostics } = modelOf(text).checked.compile({ sizes, programs, ...languages });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

type Arrays = ReadonlyMap<string, readonly number[]>;

/** Random inputs of a program, by name. */
function makeArrays(
  model: CompiledModel,
  programs: readonly ProgramName[],
  sizes: Sizes,
  seed: number,
): Arrays {
  const random = generator(seed);
  const found = new Map<string, number[]>();
  for (const program of ["data" as const, ...programs])
    for (const { name, axes, storage } of model.programs[program]?.program.buffers ?? []) {
      if (storage !== "input" || isDerived(name) || found.has(name)) continue;
      const value = (): number => {
        if (name === "y" && model.interface.data.some((d) => d.name === "y" && d.base === "int"))
          return Math.round(random());
        return name.endsWith("sigma") ? 0.6 + random() : 2 * random() - 1;
      };
      found.set(name, Array.from({ length: volume(axes, sizes) }, value));
    }
  return found;
}

async function run(
  model: CompiledModel,
  program: ProgramName,
  sizes: Sizes,
  arrays: Arrays,
  device: Device,
): Promise<ReadonlyMap<string, Float64Array>> {
  const compiled = model.programs[program];
  if (compiled === undefined) throw new Error(`no program ${program}`);
  const loaded = await device.load(compiled, sizes);
  const inputs = await withDerived(model, sizes, (name) => arrays.get(name) ?? []);
  for (const { name, axes } of inputBuffers(compiled)) loaded.write(name, inputs(name, axes));
  const outputs = await loaded.run({ seed: 1, iteration: 0, drawsFrom: "stratified" });
  loaded.dispose();
  return outputs;
}

/** The place among all rows, from places within each plate: written apart from the compiler's own. */
function flatPlace(plates: readonly string[], place: readonly number[], sizes: Sizes): number {
  let flat = 0;
  const own = new Map<string, number>();
  for (const [i, plate] of plates.entries()) {
    const rows = sizes.rows?.get(plate);
    const at = (rows === undefined ? 0 : (rows.starts[own.get(rows.of) ?? 0] ?? 0)) + (place[i] ?? 0);
    own.set(plate, at);
    const isInner = plates.slice(i + 1).some((p) => sizes.rows?.get(p)?.of === plate);
    if (!isInner) flat = flat * (sizes.get(plate) ?? 0) + at;
  }
  return flat;
}

/** What brute force asks of these arrays. */
function givenBy(model: CompiledModel, sizes: Sizes, arrays: Arrays, particles: number): Given {
  const order = (plates: readonly string[]): string[] =>
    model.interface.plates.map((p) => p.name).filter((p) => plates.includes(p));
  const look = (
    name: string,
    plates: readonly string[],
    place: readonly number[],
    rest: readonly [number, number][] = [],
  ): number => {
    const stored = order(plates);
    const moved = stored.map((plate) => place[plates.indexOf(plate)] ?? 0);
    const at = rest.reduce((flat, [i, n]) => flat * n + i, flatPlace(stored, moved, sizes));
    return arrays.get(name)?.[at] ?? NaN;
  };
  const latentOf = (name: string) => {
    const latent = model.interface.latents.find((l) => l.name === name);
    if (latent === undefined) throw new Error(name);
    return latent;
  };
  return {
    plates: sizes,
    rows: new Map(
      [...(sizes.rows ?? [])].map(([plate, r]) => [
        plate,
        Array.from({ length: r.starts.length - 1 }, (_, p) => (r.starts[p + 1] ?? 0) - (r.starts[p] ?? 0)),
      ]),
    ),
    particles: () => particles,
    data: (name, place) => look(name, model.interface.data.find((d) => d.name === name)?.plates ?? [], place),
    particle: (name, place, k) => {
      const { plates, event } = latentOf(name);
      const one = (e: readonly [number, number][]): number =>
        look(BUFFERS.particles(name), plates, place, [...e, [k, particles]]);
      return event === null ? one([]) : [one([[0, 2]]), one([[1, 2]])];
    },
    guide: (name, parameter, place) => {
      const { plates, event } = latentOf(name);
      const one = (e: readonly [number, number][]): number =>
        look(BUFFERS.guide(name, parameter), plates, place, e);
      return event === null ? one([]) : [one([[0, 2]]), one([[1, 2]])];
    },
  };
}

describe("ragged plates", () => {
  it("evidence, weights and gradients are those of brute force, whatever the rows' lengths", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ model: which, rows, seed }) => {
        const text = MODELS[which] ?? "";
        const { checked, head } = modelOf(text);
        const particles = 2;
        const sizes = makeSizes(rows, particles, head);
        const model = compile(text, sizes, ["estimate", "gradients_rws"]);
        const arrays = makeArrays(model, ["estimate", "gradients_rws"], sizes, seed);
        const outputs = await run(model, "estimate", sizes, arrays, reference);
        const truth = bruteForce(checked.model, givenBy(model, sizes, arrays, particles));
        expect(outputs.get(BUFFERS.logEvidence)?.[0]).toBeCloseTo(truth.logEvidence, 9);
        for (const [group, weights] of truth.weights) {
          const found = [...(outputs.get(BUFFERS.weights(group)) ?? [])];
          expect(found).toHaveLength(weights.flat().length);
          weights.flat().forEach((w, i) => expect(found[i]).toBeCloseTo(w, 9));
        }
        const gradients = await run(model, "gradients_rws", sizes, arrays, reference);
        await checkGradients(model, sizes, arrays, gradients);
      }),
      { numRuns: 40, seed: 20261121, endOnFailure: true },
    );
  });

  it("equal rows written as ragged give what dense ones give, to the last digit of the random numbers", async () => {
    for (const text of [...MODELS.slice(0, 3), ...SERIES]) {
      const programs = ["qem", "posterior", "draws"] as const;
      const { head } = modelOf(text);
      const groups = head.interface.groups.map((g) => [g.axis, 3] as const);
      const dense = new ExtendedSizes(new Map([["a", 3], ["b", 2], ["c", 2], [DRAW_AXIS, 9]]), groups); // prettier-ignore
      const rows = new Map([["b", rowsOfLengths("a", [2, 2, 2])], ["c", rowsOfLengths("b", [2, 2, 2, 2, 2, 2])]]); // prettier-ignore
      const ragged = new ExtendedSizes(new Map([["a", 3], ["b", 6], ["c", 12], [DRAW_AXIS, 9]]), groups, { rows }); // prettier-ignore
      const [one, other] = [compile(text, dense, programs), compile(text, ragged, programs)];
      const arrays = makeArrays(one, programs, dense, 5);
      for (const program of programs) {
        const expected = await run(one, program, dense, arrays, reference);
        const found = await run(other, program, ragged, arrays, reference);
        for (const [name, values] of expected)
          values.forEach((x, i) => expect(found.get(name)?.[i]).toBeCloseTo(x, 10));
      }
    }
  });

  it.each(SERIES)(
    "draws every pair of particles of uneven series as often as brute force says: %#",
    async (text) => {
      const [particles, count] = [2, 4000];
      const { checked, head } = modelOf(text);
      const lengths = makeSizes(
        [3, 0, 1, 2].slice(0, text.includes("c in b ordered") ? 3 : 4),
        particles,
        head,
      );
      const sizes = new ExtendedSizes(lengths, [[DRAW_AXIS, count]]);
      const model = compile(text, sizes, ["posterior", "draws"]);
      const arrays = new Map(makeArrays(model, ["posterior", "draws"], sizes, 17));
      const posterior = await run(model, "posterior", sizes, arrays, reference);
      const drawn = await run(model, "draws", sizes, arrays, reference);
      for (const { name } of model.interface.latents)
        arrays.set(BUFFERS.particles(name), [...(posterior.get(BUFFERS.particles(name)) ?? [])]);
      const truth = bruteForce(checked.model, givenBy(model, sizes, arrays, particles));
      // Which particle each draw of a picker's first latent is.
      const seen = new Map<string, number>();
      const picks = truth.pickers.map(({ group }) => {
        const element = seen.get(group) ?? 0;
        seen.set(group, element + 1);
        const latent = model.interface.latents.find((l) => l.group === group)?.name ?? "";
        const all = arrays.get(BUFFERS.particles(latent)) ?? [];
        const own = all.slice(element * particles, (element + 1) * particles);
        const draws = drawn.get(BUFFERS.draws(latent))?.slice(element * count, (element + 1) * count) ?? [];
        return Array.from(draws, (x) => own.indexOf(x));
      });
      let worst = 0;
      for (const [i, a] of picks.entries())
        for (const [j, b] of picks.slice(0, i + 1).entries())
          for (let pair = 0; pair < particles ** 2; pair++) {
            const [k, l] = [Math.floor(pair / particles), pair % particles];
            const chance = truth.joint.reduce(
              (p, c) => p + (c.picks[i] === k && c.picks[j] === l ? c.probability : 0),
              0,
            );
            const found = a.filter((x, n) => x === k && b[n] === l).length / count;
            worst = Math.max(
              worst,
              Math.abs(found - chance) / Math.sqrt((chance * (1 - chance) + 1 / count) / count),
            );
          }
      expect(picks.flat()).not.toContain(-1);
      expect(worst).toBeLessThan(4.5);
    },
  );

  it("sums long rows in blocks", async () => {
    const text = MODELS[0] ?? "";
    const { head } = modelOf(text);
    const sizes = (rows: readonly number[]): Sizes => makeSizes(rows, 2, head);
    const long = sizes([300, 0, 129, 1]);
    const model = compile(text, long, ["estimate"]);
    expect(JSON.stringify(model.programs.data?.program.axes)).toContain("b_blocks");
    const arrays = makeArrays(model, ["estimate"], long, 3);
    const planned = await run(model, "estimate", long, arrays, reference);
    const unsplit = compile(text, sizes([3, 0, 2, 1]), ["estimate"]);
    const plain = await run(unsplit, "estimate", long, arrays, reference);
    const found = planned.get(BUFFERS.logEvidence)?.[0] ?? NaN;
    expect(found).toBeCloseTo(plain.get(BUFFERS.logEvidence)?.[0] ?? 0, 8);
  });
});

/** Gradients with particles held fixed, against central differences of the evidence. */
async function checkGradients(
  model: CompiledModel,
  sizes: Sizes,
  arrays: Arrays,
  gradients: ReadonlyMap<string, Float64Array>,
): Promise<void> {
  const step = 1e-5;
  for (const guide of model.interface.guides)
    for (const p of guide.parameters) {
      const name = BUFFERS.guide(guide.latent, p.name);
      const values = arrays.get(name) ?? [];
      const last = values.length - 1;
      const shifted = async (by: number): Promise<number> => {
        const moved = values.map((x, i) =>
          i !== last ? x : p.scale === "identity" ? x + by : x * Math.exp(by),
        );
        const outputs = await run(model, "estimate", sizes, new Map([...arrays, [name, moved]]), reference);
        return outputs.get(BUFFERS.logEvidence)?.[0] ?? NaN;
      };
      const difference = ((await shifted(step)) - (await shifted(-step))) / (2 * step);
      const found = gradients.get(BUFFERS.gradient("rws", guide.latent, p.name))?.[last];
      expect(found).toBeCloseTo(difference, 5);
    }
}

describeOnDevice("ragged plates on the device", (device) => {
  it("give what the reference device gives", async () => {
    for (const [which, text] of MODELS.slice(0, -3).entries()) {
      // Loading is what takes time: one program of each model.
      const programs = [which === 2 ? ("gradients_rws" as const) : ("qem" as const)];
      const { head } = modelOf(text);
      const sizes = makeSizes(which === 0 ? [140, 0, 3] : [2, 0, 3, 1], 5, head);
      const model = compile(text, sizes, programs, {});
      const arrays = makeArrays(model, programs, sizes, 11 + which);
      for (const program of programs) {
        const expected = await run(model, program, sizes, arrays, reference);
        const found = await run(model, program, sizes, arrays, device());
        for (const [name, array] of expected) {
          const scale = Math.max(1, ...array.map(Math.abs));
          array.forEach((x, i) =>
            expect(Math.abs((found.get(name)?.[i] ?? NaN) - x) / scale).toBeLessThan(2e-4),
          );
        }
      }
    }
  });
});
