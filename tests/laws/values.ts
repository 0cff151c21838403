// Values for a random model: data, particles and guide parameters, all from its seed.
import type { CompiledModel } from "../../src/compiled.js";
import { inputBuffers } from "../../src/inference/layout.js";
import type { Axis } from "../../src/ir/axis.js";
import { BUFFERS } from "../../src/ir/interface.js";
import type { Device } from "../../src/runtime/device.js";
import type { Given } from "../oracle/brute-force.js";
import type { ProgramName } from "../../src/compiled.js";
import { withDerived } from "../support/derived.js";
import { rearrange } from "../support/fixture.js";
import { generator, PLATE_SIZES, VALUES, valuesSummed, VECTOR_SIZE, type Spec } from "./random-model.js";

/** Arrays by buffer name, row-major over the named axes. */
export type Values = {
  readonly sizes: ReadonlyMap<string, number>;
  readonly arrays: Map<string, { readonly axes: readonly string[]; readonly values: number[] }>;
};

/** What a family's particles and parameters may be: the range of uniform draws. */
const PARTICLES: Readonly<Record<string, readonly [number, number]>> = {
  normal: [-1.5, 1.5],
  log_normal: [0.2, 2],
  gamma: [0.2, 2],
  exponential: [0.2, 2],
  beta: [0.1, 0.9],
};

export function makeValues(
  spec: Pick<Spec, "seed" | "particles" | "observation" | "latents">,
  model: CompiledModel,
  plates: ReadonlyMap<string, number> = PLATE_SIZES,
): Values {
  const random = generator(spec.seed);
  const uniform = (low: number, high: number): number => low + (high - low) * random();
  const sizes = new Map(plates);
  for (const { axis } of model.interface.eventAxes) sizes.set(axis, VECTOR_SIZE);
  for (const g of model.interface.groups) sizes.set(g.axis, spec.particles);
  spec.latents.forEach((l, i) => {
    const values = valuesSummed(l);
    const group = model.interface.latents[i]?.group;
    if (values !== null) sizes.set(`k_${group ?? ""}`, values);
  });
  const arrays: Values["arrays"] = new Map();
  const fill = (name: string, axes: readonly (string | null)[], value: () => number): void => {
    const used = axes.filter((a) => a !== null);
    const length = used.reduce((n, a) => n * (sizes.get(a) ?? 1), 1);
    arrays.set(name, { axes: used, values: Array.from({ length }, value) });
  };
  const isCount = spec.observation === "poisson_log";
  const isBinary = spec.observation === "bernoulli_logit";
  for (const d of model.interface.data) {
    const value =
      d.name === "y" && isCount
        ? () => Math.floor(uniform(0, 4))
        : d.name === "y" && isBinary
          ? () => Math.round(random())
          : () => uniform(-1, 1);
    fill(d.name, [...d.plates, d.event], value);
  }
  for (const [i, l] of model.interface.latents.entries()) {
    const family = spec.latents[i]?.family ?? "normal";
    const [low, high] = PARTICLES[family] ?? [0, 1];
    const values = VALUES[family];
    const particle = (): number =>
      values === undefined ? uniform(low, high) : Math.floor(uniform(0, values));
    const group = model.interface.groups.find((g) => g.name === l.group);
    fill(BUFFERS.particles(l.name), [...l.plates, l.event, group?.axis ?? null], particle);
    for (const p of model.interface.guides.find((g) => g.latent === l.name)?.parameters ?? []) {
      if (p.scale === "logit" || !p.learned) {
        fill(BUFFERS.guide(l.name, p.name), [...p.over, p.event], () => (p.learned ? uniform(0.2, 0.8) : 2));
        continue;
      }
      const positive = p.scale !== "identity";
      fill(BUFFERS.guide(l.name, p.name), [...p.over, p.event], () =>
        positive ? uniform(0.6, 1.8) : uniform(-0.5, 0.5),
      );
    }
  }
  return { sizes, arrays };
}

/** The same values as the brute force takes them. */
export function asGiven(model: CompiledModel, { sizes, arrays }: Values): Given {
  const look = (name: string, axes: readonly string[], place: readonly number[]): number => {
    const array = arrays.get(name);
    if (array === undefined) throw new Error(`no array ${name}`);
    const index = array.axes.reduce(
      (i, axis) => i * (sizes.get(axis) ?? 1) + (place[axes.indexOf(axis)] ?? NaN),
      0,
    );
    return array.values[index] ?? NaN;
  };
  const vector = (event: string | null, of: (place: readonly number[]) => number): number | number[] =>
    event === null ? of([]) : Array.from({ length: sizes.get(event) ?? 0 }, (_, i) => of([i]));
  return {
    plates: sizes,
    particles: (group) => sizes.get(`k_${group}`) ?? 0,
    data: (name, place) => look(name, model.interface.data.find((d) => d.name === name)?.plates ?? [], place),
    particle: (latent, place, k) => {
      const l = model.interface.latents.find((each) => each.name === latent);
      if (l === undefined) throw new Error(latent);
      const axes = [...l.plates, `k_${l.group}`, ...(l.event === null ? [] : [l.event])];
      return vector(l.event, (e) => look(BUFFERS.particles(latent), axes, [...place, k, ...e]));
    },
    guide: (latent, parameter, place) => {
      const l = model.interface.latents.find((each) => each.name === latent);
      const axes = [...(l?.plates ?? []), ...(l === undefined || l.event === null ? [] : [l.event])];
      return vector(l?.event ?? null, (e) => look(BUFFERS.guide(latent, parameter), axes, [...place, ...e]));
    },
  };
}

/** Runs a program on these values; buffers are laid out by name, whatever the order of their axes. */
export async function runOn(
  model: CompiledModel,
  program: ProgramName,
  values: Values,
  device: Device,
): Promise<ReadonlyMap<string, Float64Array>> {
  const compiled = model.programs[program];
  if (compiled === undefined) throw new Error(`no program ${program}`);
  const inputs = await withDerived(model, values.sizes, (name, axes) => arrange(values, name, axes));
  const loaded = await device.load(compiled, values.sizes);
  for (const { name, axes } of inputBuffers(compiled)) loaded.write(name, inputs(name, axes));
  const outputs = await loaded.run({ seed: 1, iteration: 0, drawsFrom: "stratified" });
  loaded.dispose();
  return outputs;
}

export function arrange({ sizes, arrays }: Values, name: string, to: readonly Axis[]): number[] {
  const array = arrays.get(name);
  if (array === undefined) throw new Error(`no array ${name}`);
  return rearrange(array.values, array.axes, to, sizes);
}
