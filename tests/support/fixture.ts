// Fixtures of the estimator: data, particles and what a float64 reference computed from exactly those.
import { readFileSync } from "node:fs";
import { checkSource, type CheckedModel, type CompileOptions } from "../../src/compile.js";
import type { CompiledModel, ProgramName } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { inputBuffers } from "../../src/inference/layout.js";
import { volume, type Axis } from "../../src/ir/axis.js";
import { BUFFERS } from "../../src/ir/interface.js";
import type { Device } from "../../src/runtime/device.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { withDerived } from "./derived.js";

export type Nested = number | readonly Nested[];
type Moments = Readonly<Record<string, { readonly mean: Nested; readonly mean_square: Nested }>>;
type Gradients = Readonly<Record<string, Readonly<Record<string, Nested>>>>;

export type Fixture = {
  readonly K: number;
  readonly data: Readonly<Record<string, Nested>>;
  readonly particles: Readonly<Record<string, Nested>>;
  readonly guide_parameters?: Readonly<Record<string, Readonly<Record<string, Nested>>>>;
  readonly expect: {
    readonly log_evidence: number;
    readonly marginal_weights: Readonly<Record<string, Nested>>;
    readonly moments: Moments;
    readonly gradients?: { readonly vi?: Gradients; readonly rws?: Gradients };
  };
};

export const FIXTURES = [
  "radon",
  "movielens",
  "bus_breakdown",
  "chimpanzees",
  "random_walk",
  "coupled_gaussian",
  "occupancy",
] as const;

const text = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8");
export const readFixture = (name: string): Fixture => JSON.parse(text(`${name}.json`)) as Fixture;

const known = new Map<string, CheckedModel>();

/** The model of a fixture, checked once. */
function checkedFixture(name: string): CheckedModel {
  let found = known.get(name);
  if (found === undefined) {
    const { checked, diagnostics } = checkSource({ path: `${name}.mpp`, text: text(`${name}.mpp`) });
    if (checked === null) throw new Error(renderDiagnostics(diagnostics));
    known.set(name, (found = checked));
  }
  return found;
}

export function compileFixture(name: string, options: CompileOptions = {}): CompiledModel {
  const { compiled, diagnostics } = checkedFixture(name).compile(options);
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

export const flatten = (value: Nested): number[] =>
  typeof value === "number" ? [value] : value.flatMap((inner) => flatten(inner));

/** Rearranges row-major values over `from` into the order of `to`. */
export function rearrange(
  values: readonly number[],
  from: readonly string[],
  to: readonly Axis[],
  sizes: ReadonlyMap<string, number>,
): number[] {
  const stride = new Map<string, number>();
  let step = 1;
  for (const axis of from.toReversed()) {
    stride.set(axis, step);
    step *= sizes.get(axis) ?? 1;
  }
  let places = [0];
  for (const axis of to) {
    const length = sizes.get(axis.name) ?? 1;
    const s = stride.get(axis.name) ?? 0;
    places = places.flatMap((place) => Array.from({ length }, (_, i) => place + i * s));
  }
  return places.map((place) => values[place] ?? NaN);
}

/** Lengths of every axis of a model, read off the fixture's arrays. */
export function fixtureSizes(model: CompiledModel, fixture: Fixture): Map<string, number> {
  const sizes = new Map<string, number>();
  const measure = (value: Nested | undefined, axes: readonly (string | null)[]): void => {
    let inner = value;
    for (const axis of axes) {
      if (axis === null) continue;
      if (typeof inner !== "object") throw new Error(`the fixture lacks axis ${axis}`);
      sizes.set(axis, inner.length);
      inner = inner[0];
    }
  };
  for (const d of model.interface.data) measure(fixture.data[d.name], [...d.plates, d.event]);
  for (const l of model.interface.latents)
    measure(fixture.particles[l.name], [...l.plates, `k_${l.group}`, l.event]);
  return sizes;
}

export type Estimate = {
  readonly model: CompiledModel;
  readonly sizes: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number[]>;
};

/** Runs one program of a fixture's model; outputs are in the fixture's order of axes. */
export async function runFixture(
  model: CompiledModel,
  fixture: Fixture,
  program: ProgramName,
  device: Device,
): Promise<Estimate> {
  const sizes = fixtureSizes(model, fixture);
  const compiled = model.programs[program];
  if (compiled === undefined) throw new Error(`no program ${program}`);
  const loaded = await device.load(compiled, sizes);
  const given = fixtureInputs(model, fixture);
  const inputs = new Map([...(await writtenArguments(model, given, sizes)), ...given]);
  const full = await withDerived(model, sizes, (name, axes) => {
    const input = inputs.get(name);
    if (input === undefined) throw new Error(`no input ${name}`);
    const values = flatten(input.value);
    return values.length === 1
      ? Array.from({ length: volume(axes, sizes) }, () => values[0] ?? NaN)
      : rearrange(values, input.axes, axes, sizes);
  });
  for (const { name, axes } of inputBuffers(compiled)) loaded.write(name, full(name, axes));
  const outputs = await loaded.run({ seed: 1, iteration: 0, drawsFrom: "stratified" });
  loaded.dispose();
  return { model, sizes, outputs: new Map([...outputs].map(([name, values]) => [name, [...values]])) };
}

type Input = { readonly value: Nested; readonly axes: readonly string[] };

/** Every array of a fixture under its buffer's name, with the order of its axes. */
function fixtureInputs(model: CompiledModel, fixture: Fixture): Map<string, Input> {
  const inputs = new Map<string, Input>();
  const event = (axis: string | null): string[] => (axis === null ? [] : [axis]);
  for (const d of model.interface.data) {
    const value = fixture.data[d.name];
    if (value !== undefined)
      inputs.set(BUFFERS.data(d.name), { value, axes: [...d.plates, ...event(d.event)] });
  }
  for (const l of model.interface.latents) {
    const value = fixture.particles[l.name];
    if (value !== undefined)
      inputs.set(BUFFERS.particles(l.name), {
        value,
        axes: [...l.plates, `k_${l.group}`, ...event(l.event)],
      });
  }
  for (const guide of model.interface.guides)
    for (const p of guide.parameters) {
      const value = fixture.guide_parameters?.[guide.latent]?.[p.name];
      if (value !== undefined)
        inputs.set(BUFFERS.guide(guide.latent, p.name), { value, axes: [...p.over, ...event(p.event)] });
    }
  return inputs;
}

/** The guide's arguments that stand in the model, by the names of their buffers. */
async function writtenArguments(
  model: CompiledModel,
  inputs: ReadonlyMap<string, Input>,
  sizes: ReadonlyMap<string, number>,
): Promise<Map<string, Input>> {
  const compiled = model.programs.fixed;
  if (compiled === undefined) return new Map();
  const loaded = await createReferenceDevice().load(compiled, sizes);
  for (const { name, axes, storage } of compiled.program.buffers) {
    const input = inputs.get(name);
    if (storage === "input" && input !== undefined)
      loaded.write(name, rearrange(flatten(input.value), input.axes, axes, sizes));
  }
  const outputs = await loaded.run({ seed: 1, iteration: 0, drawsFrom: "iid" });
  return new Map(
    model.interface.guides.flatMap((guide) =>
      guide.parameters.flatMap((p): [string, Input][] => {
        const value = outputs.get(BUFFERS.newGuide(guide.latent, p.name));
        const axes = [...p.over, ...(p.event === null ? [] : [p.event])];
        return value === undefined
          ? []
          : [[BUFFERS.guide(guide.latent, p.name), { value: [...value], axes }]];
      }),
    ),
  );
}
