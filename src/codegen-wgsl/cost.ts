// What launches cost as they are written in WGSL: the cost of their kernels, and what tiles and vectors save of it.
import type { CompiledProgram, TiledEntryPoint } from "../compiled.js";
import type { Sizes } from "../ir/axis.js";
import { ADAPTER_CLASSES, kernelCost, programCost, type AdapterClass } from "../ir/cost.js";
import type { Kernel } from "../ir/program.js";

type Written = Pick<CompiledProgram, "program" | "wgsl">;

/** Whether a kernel is worth another entry point than the plain one, which drivers compile sooner. */
export const isWorthTiles = (kernel: Kernel, sizes: Sizes): boolean =>
  kernelCost(kernel, sizes, ADAPTER_CLASSES.software).laneTime >= ADAPTER_CLASSES.software.littleWork;

/** The kernels that go over several points or turns at a time, each with how. */
export function tiledKernels(
  { program, wgsl }: Written,
  sizes: Sizes,
): readonly { readonly kernel: Kernel; readonly tiled: TiledEntryPoint }[] {
  return program.launches.flatMap(({ name, kernels }) => {
    const [tiled] = wgsl[name]?.tiled ?? [];
    const kernel = program.kernels.find((each) => each.name === kernels[0]);
    const isTiled = tiled !== undefined && kernel !== undefined && isWorthTiles(kernel, sizes);
    return isTiled ? [{ kernel, tiled }] : [];
  });
}

/** Nanoseconds of one run, by estimate. */
export function writtenTime(written: Written, sizes: Sizes, adapter: AdapterClass): number {
  const saved = tiledKernels(written, sizes).map(
    ({ kernel, tiled }) => (1 - tiled.share) * (kernelCost(kernel, sizes, adapter).time - adapter.launch),
  );
  return programCost(written.program, sizes, adapter).time - saved.reduce((sum, time) => sum + time, 0);
}
