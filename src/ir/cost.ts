// What kernels cost: time per operation and per launch by class of adapter, from measurements (WGSL on lavapipe) and
// orders of magnitude for hardware.
import type { Op, OpRecord } from "../ops.js";
import { trips, volume, type Sizes } from "./axis.js";
import { invocations } from "./kernels.js";
import type { Kernel, KernelExpression, Program, Statement } from "./program.js";

/** A class of adapters, for which kernels are scheduled alike. Times in nanoseconds. */
export type AdapterClass = {
  readonly name: "software" | "gpu";
  /** Operations that run side by side when there are invocations enough. */
  readonly lanes: number;
  readonly launch: number;
  /** A launch of less work than this, by one lane, is worth no more care: several such kernels share one. */
  readonly littleWork: number;
  /** A load or store of four bytes that hits a cache. */
  readonly load: number;
  readonly store: number;
  /** Per iteration of a loop. */
  readonly loop: number;
  /** Tables larger than this are not stored if they can be reduced as they are produced. Bytes. */
  readonly largestTable: number;
};

/** Software Vulkan on a few cores, and real GPUs. */
export const ADAPTER_CLASSES: Readonly<Record<AdapterClass["name"], AdapterClass>> = {
  software: {
    name: "software",
    lanes: 16,
    launch: 20_000,
    littleWork: 600_000,
    load: 14,
    store: 14,
    loop: 6,
    largestTable: 96 * 2 ** 20,
  },
  gpu: {
    name: "gpu",
    lanes: 16_384,
    launch: 5_000,
    littleWork: 80_000_000,
    load: 8,
    store: 10,
    loop: 4,
    largestTable: 256 * 2 ** 20,
  },
};

/** Nanoseconds of one lane per operation. */
const OP_TIME: OpRecord<number> = {
  neg: 1, add: 2, sub: 2, mul: 2, div: 8, pow: 24, int_div: 8, mod: 8,
  abs: 1, floor: 2, ceil: 2, round: 2, trunc: 2, sign: 2, min: 2, max: 2,
  sqrt: 6, square: 2, exp: 12, log: 14, log1p: 20, expm1: 30,
  inv_logit: 36, log1p_exp: 30,
  sin: 16, cos: 16, tan: 24, asin: 24, acos: 24, atan: 24, sinh: 30, cosh: 30, tanh: 36,
  lgamma: 110, digamma: 70, trigamma: 45, lgamma_delta: 150, gamma_quantile_slope: 1500,
  polygamma: 120, log_gamma_kernel: 200, log_gamma_p: 1800, log_gamma_q: 1800, gamma_quantile: 9000,
  log_beta_kernel: 300, log_inc_beta: 3000, beta_quantile: 15000, beta_quantile_slope: 3000,
  erf: 50, erfc: 60, Phi: 60, inv_Phi: 60,
  log_bessel_i0: 50, bessel_ratio: 40,
  lt: 2, le: 2, gt: 2, ge: 2, eq: 2, ne: 2, and: 2, or: 2, not: 2, select: 2,
  poisson_quantile: 2000, binomial_quantile: 2000, neg_binomial_quantile: 40000, von_mises_quantile: 4000,
}; // prettier-ignore

/** A random number in counter mode, stratified over its particle axis. */
const RANDOM_TIME = 200;

export const opTime = (op: Op): number => OP_TIME[op];

/** Work of a launch in counts; nanoseconds on a class of adapters: `time`, and `laneTime` if one lane did it all. */
export type KernelCost = {
  readonly flops: number;
  readonly bytes: number;
  readonly time: number;
  readonly laneTime: number;
};

/** Counts what one launch does, by walking its loops. */
export function kernelCost(kernel: Kernel, sizes: Sizes, adapter: AdapterClass): KernelCost {
  const points = invocations(kernel, sizes);
  let flops = 0;
  let bytes = 0;
  let laneTime = 0;
  const expression = (e: KernelExpression, times: number): void => {
    switch (e.kind) {
      case "load":
        bytes += 4 * times;
        laneTime += adapter.load * times;
        for (const s of e.subscripts) if (s.kind === "value") expression(s.value, times);
        return;
      case "apply":
        flops += times;
        laneTime += OP_TIME[e.op] * times;
        for (const arg of e.args) expression(arg, times);
        return;
      case "random":
        laneTime += RANDOM_TIME * times;
        for (const arg of e.args) expression(arg, times);
        return;
      case "literal":
      case "local":
      case "size":
      case "index":
    }
  };
  const statements = (body: readonly Statement[], times: number): void => {
    for (const statement of body) {
      if (statement.kind === "loop") {
        const inner = times * trips(statement.axis, statement.within, sizes);
        if (statement.axis.parent !== null) laneTime += 2 * adapter.load * times;
        laneTime += adapter.loop * inner;
        statements(statement.body, inner);
        continue;
      }
      expression(statement.value, times);
      if (statement.kind === "store") {
        bytes += 4 * times;
        laneTime += adapter.store * times;
      }
    }
  };
  statements(kernel.body, points);
  const time = adapter.launch + laneTime / Math.max(1, Math.min(points, adapter.lanes));
  return { flops, bytes, time, laneTime };
}

/** Total of a program's launches. */
export function programCost(
  program: Program,
  sizes: Sizes,
  adapter: AdapterClass,
): KernelCost & { readonly tableBytes: number } {
  const kernels = program.kernels.map((k) => kernelCost(k, sizes, adapter));
  const sum = (of: (cost: KernelCost) => number): number => kernels.reduce((total, k) => total + of(k), 0);
  const tableBytes = program.buffers.reduce((total, b) => total + 4 * volume(b.axes, sizes), 0);
  return {
    flops: sum((k) => k.flops),
    bytes: sum((k) => k.bytes),
    // Kernels of one launch share its overhead.
    time: sum((k) => k.time) - (program.kernels.length - program.launches.length) * adapter.launch,
    laneTime: sum((k) => k.laneTime),
    tableBytes,
  };
}
