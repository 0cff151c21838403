// Where the random numbers of draws come from: streams, counters and quasi-random points.
import type { Axis } from "../axis.js";
import type { Coordinate } from "../program.js";

/**
 * A set of quasi-random points for every element of `plates`, with a coordinate for every scalar that is drawn together:
 * those of a group's latents.
 */
export class PointSet {
  #slot = 0;
  readonly #vectors: (readonly Axis[])[] = [];

  constructor(
    private readonly set: number,
    private readonly plates: readonly Axis[],
  ) {}

  /** The coordinates of the next draw, one per element along the axes that are not the set's plates. */
  next(element: readonly Axis[]): Coordinate {
    const { set, plates } = this;
    const coordinate = { set, plates, slot: this.#slot, vectors: [...this.#vectors] };
    const further = element.filter((axis) => !plates.includes(axis));
    if (further.length === 0) this.#slot++;
    else this.#vectors.push(further);
    return coordinate;
  }
}

/**
 * Where the random numbers of a draw come from: a stream per primitive, a counter per element and particle. Draws that
 * need not be spread evenly together have no `points`.
 */
export type RandomSource = {
  readonly nextSite: () => number;
  readonly element: readonly Axis[];
  readonly particle: Axis;
  readonly points: PointSet | null;
};

/** Random numbers whose streams are numbered from `first` on. */
export function randomFrom(
  first: number,
  element: readonly Axis[],
  particle: Axis,
  points: PointSet | null = null,
): RandomSource {
  let site = first;
  return { nextSite: () => site++, element, particle, points };
}

/** How many random streams a latent's draw may use. */
export const SITES_PER_LATENT = 16;

/**
 * Random numbers of a draw that is looked at and never made: their streams are below zero, apart from all others. Draws of
 * one `index` have the same random numbers, so that they must be over the same axes.
 */
export function placeholders(index: number, element: readonly Axis[], particle: Axis): RandomSource {
  let site = -1 - index * SITES_PER_LATENT;
  return { nextSite: () => site--, element, particle, points: null };
}
