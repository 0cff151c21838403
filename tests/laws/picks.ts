// Posterior expectations by brute force: over every combination of picks, at places along the plates.
import type { CompiledModel } from "../../src/compiled.js";
import type { GroupInterface } from "../../src/ir/interface.js";
import type { BruteForce } from "../oracle/brute-force.js";
import type { Value } from "../oracle/evaluate.js";
import { PLATE_SIZES } from "./random-model.js";
import { asGiven, type Values } from "./values.js";

/** Every element of some plates, as places by the plates' names, in the order of storage. */
export const places = (plates: readonly string[]): ReadonlyMap<string, number>[] =>
  plates.reduce<ReadonlyMap<string, number>[]>(
    (all, plate) =>
      all.flatMap((place) =>
        Array.from({ length: PLATE_SIZES.get(plate) ?? 0 }, (_, i) => new Map([...place, [plate, i]])),
      ),
    [new Map()],
  );

/** Plates of some groups or latents, in the model's order. */
export const platesOf = (
  model: CompiledModel,
  all: readonly { readonly plates: readonly string[] }[],
): string[] =>
  model.interface.plates.map((p) => p.name).filter((name) => all.some((each) => each.plates.includes(name)));

/** Which of the brute force's picks is of a group at a place. */
export const pickerOf = (
  truth: BruteForce,
  group: GroupInterface,
  place: ReadonlyMap<string, number>,
): number =>
  truth.pickers.findIndex(
    (p) => p.group === group.name && p.place.join() === group.plates.map((name) => place.get(name)).join(),
  );

/** The posterior mean at a place of a function of latents, which it is given by name. */
export function pickedAt(
  model: CompiledModel,
  truth: BruteForce,
  values: Values,
  place: ReadonlyMap<string, number>,
): (f: (of: (latent: string) => Value) => number) => number {
  const given = asGiven(model, values);
  const pickers = new Map(
    model.interface.latents.flatMap(({ name, group, plates }) => {
      const own = model.interface.groups.find((g) => g.name === group);
      if (own === undefined || !plates.every((plate) => place.has(plate))) return [];
      const at = plates.map((plate) => place.get(plate) ?? NaN);
      // The values of every family that is summed out begin at 0.
      const value = (k: number): Value => (own.support === null ? given.particle(name, at, k) : k);
      return [[name, { picker: pickerOf(truth, own, place), value }] as const];
    }),
  );
  return (f) =>
    truth.joint.reduce((sum, { picks, probability }) => {
      const of = (latent: string): Value => {
        const own = pickers.get(latent);
        return own?.value(picks[own.picker] ?? NaN) ?? NaN;
      };
      return sum + probability * f(of);
    }, 0);
}
