// How many particles each group gets in the final pass: as many as a budget of arithmetic affords, group by group.
import type { CompiledProgram } from "../compiled.js";
import type { Sizes } from "../ir/axis.js";
import { ADAPTER_CLASSES, programCost } from "../ir/cost.js";

/** What a final set may cost, as a multiple of one with the fit's particles. */
const COST_FACTOR = 4;
/** Operations that are always affordable for a set. */
const FREE_OPERATIONS = 2e7;
/** Bytes of tables that a set may always take, and that more particles may never lead to: small devices bind no more. */
const FREE_BYTES = 64 * 2 ** 20;
const MOST_BYTES = 96 * 2 ** 20;
const MOST_GROWTH = 10;
const STEP = 1.25;

/**
 * Final particles by group, from the fit's: every group in turn gets a quarter more for as long as the posterior program
 * stays within its budget of operations and tables. So the groups on which the cost hardly depends, which are the outer
 * ones whose weights carry the noise of all inner sums, get most, up to ten times the fit's.
 * `sizesWith` gives all axes' lengths for such particles.
 */
export function finalParticles(
  posterior: CompiledProgram,
  fitted: ReadonlyMap<string, number>,
  sizesWith: (particles: ReadonlyMap<string, number>) => Sizes,
): ReadonlyMap<string, number> {
  const cost = (
    particles: ReadonlyMap<string, number>,
  ): { readonly flops: number; readonly tableBytes: number } =>
    programCost(posterior.program, sizesWith(particles), ADAPTER_CLASSES.gpu);
  const first = cost(fitted);
  const operations = Math.max(COST_FACTOR * first.flops, FREE_OPERATIONS);
  const bytes = Math.min(Math.max(COST_FACTOR * first.tableBytes, FREE_BYTES), MOST_BYTES);
  let particles = fitted;
  const growing = new Set(fitted.keys());
  while (growing.size > 0) {
    for (const group of [...growing]) {
      const most = MOST_GROWTH * (fitted.get(group) ?? 1);
      const present = particles.get(group) ?? 1;
      const more = new Map([...particles, [group, Math.min(most, Math.ceil(STEP * present))]]);
      const { flops, tableBytes } = cost(more);
      if (present < most && flops <= operations && tableBytes <= bytes) particles = more;
      else growing.delete(group);
    }
  }
  return particles;
}
