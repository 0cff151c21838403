// How an entry point goes over the points of its grid, or of a packed launch over those of every job.
import type { Identifiers } from "../ir/identifiers.js";
import type { LaunchModule } from "./module.js";
import { binary, named, type WgslExpression, type WgslStatement } from "./wgsl.js";

/** A loop over points: what its variable is called, where it ends, and what each turn begins with. */
export type PointWalk = {
  readonly loop: { readonly name: string; readonly below: WgslExpression };
  readonly lets: readonly WgslStatement[];
};

/**
 * The walk over `points` points of a grid, named `point`. Of a packed launch, over as many for each job: the first job's
 * points come first, so that neighbouring invocations mostly have one job, and small grids together fill the device.
 */
export function walkOver(
  module: LaunchModule,
  identifiers: Identifiers,
  point: string,
  points: WgslExpression,
): PointWalk {
  if (!module.forJobs) return { loop: { name: point, below: points }, lets: [] };
  const all = identifiers.fresh("point_of_jobs");
  const job: WgslExpression = { kind: "element", array: "jobs", index: binary("/", named(all), points) };
  return {
    loop: { name: all, below: binary("*", module.jobs(), points) },
    lets: [
      { kind: "assign", target: named("job"), value: job },
      ...module.slotStarts().map(([name, value]): WgslStatement => ({ kind: "let", name, value })),
      { kind: "let", name: point, value: binary("%", named(all), points) },
    ],
  };
}
