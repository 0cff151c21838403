// Which elements of new data's plates are those of a run: by their names, where the data has names for them, else by place.
import type { CompiledModel } from "../compiled.js";
import { DiagnosticError, didYouMean, type Diagnostic } from "../diagnostic.js";
import { firstKnown, type KnownElements } from "../inference/predict.js";
import type { PlateInterface } from "../ir/interface.js";
import type { Sizes } from "../ir/axis.js";
import {
  cannotDrawLatent,
  cannotDrawWithin,
  fewerElements,
  noneOfTheRun,
  otherElements,
  otherVectorLength,
  unknownPlate,
} from "./errors.js";

/** What the elements of one plate of the new data are. */
export type PlateElements = {
  readonly plate: string;
  readonly length: number;
  /** Which of them the draws are of, or observed under them. Of a time axis these are the first steps. */
  readonly elements: KnownElements;
  /** How many they are. */
  readonly known: number;
  /** The names of the others, where they have some. */
  readonly unknown: readonly string[];
  /** A time axis: what is observed at the known steps is what the draws are of, and is not predicted. */
  readonly ordered: boolean;
  /** Whether any latent is of the plate: elements that are not known have latents that are drawn from the model. */
  readonly ownsLatents: boolean;
};

/**
 * Which elements of each plate the draws know. Of a plate in which a latent stands they are those with the names that they
 * had in the run, in whatever order and number, or, where they have no names, the first ones, in their order and all of
 * them; any others are new, as are all of a plate among `asNew`. A plate without latents holds new observations, as many as
 * there are. Throws a DiagnosticError where that cannot be.
 */
export function plateElements(
  { interface: model }: CompiledModel,
  trained: Sizes,
  found: Sizes,
  asNew: readonly string[],
): PlateElements[] {
  const diagnostics: Diagnostic[] = [];
  const plates = model.plates.map((p) => p.name);
  for (const name of asNew)
    if (!plates.includes(name)) diagnostics.push(unknownPlate(name, didYouMean(name, plates), plates));
  const matched = new Map<string, KnownElements>();
  const match = (plate: PlateInterface): KnownElements | Diagnostic => {
    const [had, length] = [trained.get(plate.name) ?? 0, found.get(plate.name) ?? 0];
    if (asNew.includes(plate.name)) return { ...firstKnown(0, length), of: had };
    const isNumbered = model.plates.some(
      (inner) => inner.parent === plate.name && (found.rows?.get(inner.name)?.byKey ?? null) !== null,
    );
    return new Matching(plate, isNumbered, trained, found, matched).match();
  };
  const elements = model.plates.map((plate): PlateElements => {
    const { name, ordered } = plate;
    const length = found.get(name) ?? 0;
    const latents = model.latents.filter((l) => l.plates.includes(name));
    const own = latents.length === 0 ? firstKnown(0, length) : match(plate);
    if (!("places" in own)) diagnostics.push(own);
    const known = "places" in own ? own : firstKnown(0, length);
    matched.set(name, known);
    const count = known.places.reduce((n, place) => n + (place < 0 ? 0 : 1), 0);
    if (length > count && "places" in own)
      for (const { name: latent, family, hasDraw, isDrawable } of latents)
        if (!hasDraw) diagnostics.push(cannotDrawLatent(latent, family, name));
        else if (!isDrawable) diagnostics.push(cannotDrawWithin(latent, family, name));
    const names = found.labels?.get(name) ?? [];
    return {
      plate: name,
      length,
      elements: known,
      known: count,
      unknown: names.filter((_, i) => (known.places[i] ?? -1) < 0),
      ordered,
      ownsLatents: latents.length > 0,
    };
  });
  for (const { name, event } of model.latents) {
    const [had, has] = [trained.get(event ?? ""), found.get(event ?? "")];
    if (had !== has) diagnostics.push(otherVectorLength(name, had ?? 0, has ?? 0));
  }
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return elements;
}

/** The matching of one plate; outer plates have been matched before. */
class Matching {
  readonly #had: number;
  readonly #length: number;

  constructor(
    private readonly plate: PlateInterface,
    /** Whether rows say by numbers which of the elements they belong to, so that numbers are as good as names. */
    private readonly isNumbered: boolean,
    private readonly trained: Sizes,
    private readonly found: Sizes,
    private readonly matched: ReadonlyMap<string, KnownElements>,
  ) {
    this.#had = trained.get(plate.name) ?? 0;
    this.#length = found.get(plate.name) ?? 0;
  }

  /** The known elements, or what is wrong. */
  match(): KnownElements | Diagnostic {
    const { name, ordered } = this.plate;
    const [rows, rowsBefore] = [this.found.rows?.get(name), this.trained.rows?.get(name)];
    const [labels, before] = [this.found.labels?.get(name), this.trained.labels?.get(name)];
    const isNamed = labels !== undefined && before !== undefined;
    const isAlike = (labels === undefined) === (before === undefined) && rows?.of === rowsBefore?.of;
    if (!isAlike) return otherElements(name);
    if (rows !== undefined && rowsBefore !== undefined) {
      const outer = this.matched.get(rows.of);
      // Steps of series that differ in length are counted through, which only the same series keep.
      const isSame = startsWith(rows.starts, rowsBefore.starts) && isInOrder(outer);
      if (ordered && !isSame) return otherElements(name);
      return this.#rows(rows, rowsBefore, outer, isNamed ? { labels, before } : null);
    }
    if (ordered || !isNamed) {
      if (this.#length < this.#had && (ordered || !this.isNumbered))
        return fewerElements(name, this.#had, this.#length);
      if (isNamed && !startsWith(labels, before)) return otherElements(name);
      return { ...firstKnown(this.#had, this.#length), of: this.#had };
    }
    const places = new Map(before.map((label, place) => [label, place]));
    const own = Int32Array.from(labels, (label) => places.get(label) ?? -1);
    return own.some((place) => place >= 0)
      ? { of: this.#had, places: own }
      : noneOfTheRun(name, labels, before);
  }

  /** Rows in elements of an outer plate: by their names there, else all of those of each known element, in their order. */
  #rows(
    rows: RowsOf,
    before: RowsOf,
    outer: KnownElements | undefined,
    names: { readonly labels: readonly string[]; readonly before: readonly string[] } | null,
  ): KnownElements | Diagnostic {
    const places = new Int32Array(this.#length).fill(-1);
    for (let parent = 0; parent + 1 < rows.starts.length; parent++) {
      const at = outer?.places[parent] ?? -1;
      if (at < 0) continue;
      const [start, end] = [rows.starts[parent] ?? 0, rows.starts[parent + 1] ?? 0];
      const [from, to] = [before.starts[at] ?? 0, before.starts[at + 1] ?? 0];
      if (names === null && end - start !== to - from) return otherElements(this.plate.name);
      const had = new Map(names?.before.slice(from, to).map((label, i) => [label, from + i]));
      for (let row = start; row < end; row++)
        places[row] = names === null ? from + row - start : (had.get(names.labels[row] ?? "") ?? -1);
    }
    return { of: this.#had, places };
  }
}

type RowsOf = { readonly starts: Int32Array };

const startsWith = <T>(all: ArrayLike<T>, first: ArrayLike<T>): boolean =>
  all.length >= first.length && Array.from(first).every((x, i) => x === all[i]);

/** Whether the known elements are all there, first and in their order. */
const isInOrder = (known: KnownElements | undefined): boolean =>
  known === undefined || startsWith(known.places, firstKnown(known.of, known.of).places);
