// How the launches of a program are made at given sizes: entry points, workgroups, the values of constants.
import { isWorthTiles } from "../codegen-wgsl/cost.js";
import type { CompiledProgram, WgslLaunch } from "../compiled.js";
import { Bug } from "../diagnostic.js";
import { rowStride, VECTOR_LENGTH, volume, type Sizes } from "../ir/axis.js";
import type { Kernel, Program } from "../ir/program.js";
import type { Touches } from "./shared-buffers.js";
import { uniformStride, workgroups, type MemoryPlan } from "./dawn-memory.js";

/** The workgroups of a kernel within its launch. */
type Share = { readonly first: number; readonly count: number };
/** The workgroups of a launch, and of each of its kernels. */
export type Shares = { readonly groups: number; readonly shares: ReadonlyMap<string, Share> };
/** A launch with points in the grid of at least one of its kernels. */
export type Launched = Shares & {
  readonly name: string;
  readonly code: WgslLaunch;
  readonly entryPoint: string;
  /** Points of its kernels (or tiles of them), of one job. */
  readonly points: ReadonlyMap<string, number>;
  /** Where its uniforms start, in bytes. */
  readonly uniformsAt: number;
};

/** The buffers that each launch of a program loads from and stores to at its sizes. */
export function touchedBuffers({ kernels, launches }: Program, sizes: Sizes): Touches[] {
  return launches.map(({ kernels: names }) => {
    const own = kernels.filter(({ name, grid }) => names.includes(name) && volume(grid, sizes) > 0);
    return { reads: own.flatMap(({ reads }) => reads), writes: own.flatMap(({ writes }) => writes) };
  });
}

/** The launches of a program at its sizes, those that have work, in order. */
export function planLaunches(
  { program, wgsl }: CompiledProgram,
  sizes: Sizes,
  lengths: ReadonlyMap<string, number>,
  host: { readonly workgroups: number; readonly parallelism: number },
): Launched[] {
  const kernels = new Map(program.kernels.map((kernel) => [kernel.name, kernel]));
  let uniformsAt = 0;
  return program.launches.flatMap(({ name, kernels: names }) => {
    const code = wgsl[name];
    if (code === undefined) throw new Bug(`the launch '${name}' has no WGSL`);
    let { entryPoint } = code;
    const pointsOf = new Map<string, number>();
    for (const each of names) {
      const kernel = kernels.get(each);
      if (kernel === undefined) throw new Bug(`the launch '${name}' has no kernel '${each}'`);
      let points = volume(kernel.grid, sizes);
      if (points > 0 && names.length === 1)
        ({ entryPoint, points } = chooseEntryPoint(kernel, code, lengths, sizes, host.parallelism));
      pointsOf.set(each, points);
    }
    const shares = shareWorkgroups({ code, points: pointsOf }, host.workgroups, 1);
    if (shares.groups === 0) return [];
    const launched = { name, code, entryPoint, points: pointsOf, ...shares, uniformsAt };
    uniformsAt += uniformStride(code.uniforms.length);
    return [launched];
  });
}

/** How the kernels of a launch share out at most so many workgroups, for so many jobs. */
export function shareWorkgroups(
  { code, points }: Pick<Launched, "code" | "points">,
  most: number,
  jobs: number,
): Shares {
  let groups = 0;
  const shares = new Map<string, Share>();
  for (const [kernel, ofOne] of points) {
    const count = workgroups(kernel, ofOne * jobs, code.workgroupSize, Math.floor(most / points.size));
    shares.set(kernel, { first: groups, count });
    groups += count;
  }
  return { groups, shares };
}

/**
 * The fastest one whose rows start where vectors do, and whose invocations still occupy the device. A kernel of little
 * work takes the plain one, which the driver compiles sooner.
 */
function chooseEntryPoint(
  kernel: Kernel,
  { entryPoint, tiled }: WgslLaunch,
  lengths: ReadonlyMap<string, number>,
  sizes: Sizes,
  parallelism: number,
): { readonly entryPoint: string; readonly points: number } {
  const points = volume(kernel.grid, sizes);
  const lengthOf = (axis: string): number => lengths.get(axis) ?? 0;
  if (!isWorthTiles(kernel, sizes)) return { entryPoint, points };
  for (const { entryPoint: name, axes, rows } of tiled) {
    if (!rows.every((row) => rowStride(lengthOf(row)) % VECTOR_LENGTH === 0)) continue;
    const tiles = axes.reduce(
      (left, axis) => (left / lengthOf(axis)) * Math.ceil(lengthOf(axis) / VECTOR_LENGTH),
      points,
    );
    if (axes.length === 0 || tiles >= parallelism) return { entryPoint: name, points: Math.round(tiles) };
  }
  return { entryPoint, points };
}

/** Values of a launch's overrides. A length that something may be divided by is never 0. */
export function launchConstants(
  { name, code, shares }: Launched,
  plan: MemoryPlan,
  lengths: ReadonlyMap<string, number>,
): Record<string, number> {
  const valueOf = (o: WgslLaunch["overrides"][number]): number | undefined => {
    switch (o.kind) {
      case "offset":
        return plan.slices.get(o.buffer)?.start;
      case "first-group":
        return shares.get(o.kernel)?.first;
      case "groups":
        return shares.get(o.kernel)?.count;
      case "slot":
        return plan.gpuBuffers.get(plan.slices.get(o.buffer)?.gpuBuffer ?? "")?.elements;
      default: {
        const length = Math.max(1, lengths.get(o.axis) ?? NaN);
        return o.kind === "stride" ? rowStride(length) : length;
      }
    }
  };
  return Object.fromEntries(
    code.overrides.map((o) => {
      const value = valueOf(o);
      if (value === undefined || Number.isNaN(value))
        throw new Bug(`the constant '${o.name}' of '${name}' has no value`);
      return [o.name, value];
    }),
  );
}
