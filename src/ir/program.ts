// Programs: buffers and loop-nest kernels, the plain JSON that both code generators take and both devices run.
import type { Op } from "../ops.js";
import type { Axis } from "./axis.js";
import type { RowArray } from "./ragged.js";

/**
 * Sources of randomness: uniform on (0, 1); gamma with shape `args[0]` and rate 1; whole numbers from 0 up to (without)
 * `args[0]`: every particle's independent and equally likely, or spread as evenly over the particles as they can be.
 */
export type RandomPrimitive = "std_uniform" | "std_gamma" | "uniform_index" | "permuted_index";

/**
 * An array over named axes, stored row-major in the order of `axes` (the first varies slowest). `input`: the host
 * writes it before a run. `table`: a kernel writes it. `rows`: where the rows of a ragged axis lie, filled in from the sizes
 * when the program is loaded.
 */
export type Buffer = {
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly storage: "input" | "table" | "rows";
  /** What it holds, in words, for readers of the kernels. */
  readonly comment: string;
  /** Where `storage` is "rows": which array it is. */
  readonly rows?: RowArray;
  /** A small table: on a GPU it shares a buffer with all others, for a launch can bind few. */
  readonly packed?: true;
};

/**
 * Where along one axis of a buffer: at the current index of an axis, at a fixed 0-based place, or at a computed one,
 * which is rounded and held within the buffer's axis.
 */
export type Subscript =
  | { readonly kind: "axis"; readonly axis: Axis }
  | { readonly kind: "at"; readonly index: number }
  | { readonly kind: "value"; readonly value: KernelExpression };

/**
 * Which coordinate of which set of quasi-random points a draw takes: one set per `set` (a group of latents) and element
 * of `plates` (the group's). The coordinate is `slot`, plus the volume of each of `vectors` (further axes of what came
 * before in the set), plus the row-major index along the draw's own further axes.
 */
export type Coordinate = {
  readonly set: number;
  readonly plates: readonly Axis[];
  readonly slot: number;
  readonly vectors: readonly (readonly Axis[])[];
};

/**
 * Where a random number comes from. `site` is its stream, `element` the plate and event axes (their row-major index is
 * the counter), `particle` the axis along which draws are spread evenly; `coordinate` null: independently of other sites.
 */
export type RandomPlace = {
  readonly site: number;
  readonly element: readonly Axis[];
  readonly particle: Axis;
  readonly coordinate: Coordinate | null;
  /** Places along the first axis of `element` are counted from the run's setting `first`: what is computed is a portion. */
  readonly inPortion?: true;
};

/** A number at one point of a loop nest. */
export type KernelExpression =
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "load"; readonly buffer: string; readonly subscripts: readonly Subscript[] }
  | { readonly kind: "apply"; readonly op: Op; readonly args: readonly KernelExpression[] }
  /** The length of an axis, as a number. */
  | { readonly kind: "size"; readonly axis: Axis }
  /** The current 0-based place along an axis, as a number. */
  | { readonly kind: "index"; readonly axis: Axis }
  /** A random number. */
  | (RandomPlace & {
      readonly kind: "random";
      readonly primitive: RandomPrimitive;
      readonly args: readonly KernelExpression[];
    });

export type Statement =
  | { readonly kind: "let"; readonly name: string; readonly value: KernelExpression }
  | { readonly kind: "var"; readonly name: string; readonly value: KernelExpression }
  | { readonly kind: "assign"; readonly name: string; readonly value: KernelExpression }
  /**
   * For every element of `axis`; `within`: only those of the current block of that block axis; `descending`: from the last
   * to the first.
   */
  | {
      readonly kind: "loop";
      readonly axis: Axis;
      readonly within: Axis | null;
      readonly descending?: true;
      readonly body: readonly Statement[];
      readonly comment: string;
    }
  | {
      readonly kind: "store";
      readonly buffer: string;
      readonly subscripts: readonly Subscript[];
      readonly value: KernelExpression;
    };

/** One launch: an invocation per point of `grid` (row-major, the last axis varies fastest) runs `body`. */
export type Kernel = {
  readonly name: string;
  readonly comment: string;
  readonly grid: readonly Axis[];
  readonly body: readonly Statement[];
  /**
   * Names of the buffers it loads from and stores to. A kernel that loads what it stores looks back at what
   * the same invocation stored in an earlier turn of a loop; or, in programs of the reference device, which walks a grid
   * in order, at earlier points of the grid.
   */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
};

export type Feedback = { readonly from: string; readonly to: string };

/**
 * Kernels that a GPU runs side by side in one dispatch, by name: none of them needs what another of them computes. A
 * kernel alone gives the launch its name.
 */
export type Launch = { readonly name: string; readonly kernels: readonly string[] };

/**
 * Kernels in the order in which they may be run one by one, and the launches that they come in, in the same order.
 * `outputs` are the buffers that the host reads back after a run.
 */
export type Program = {
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly buffers: readonly Buffer[];
  readonly kernels: readonly Kernel[];
  readonly launches: readonly Launch[];
  readonly outputs: readonly string[];
  /** Tables that become the values of inputs of the same axes before the next run: what is kept from one to the other. */
  readonly feedback?: readonly Feedback[];
  /** Axes that the program is wrong for if they have more elements than this: the rounds of a chain's product are fixed. */
  readonly longest?: Readonly<Record<string, number>>;
};

/**
 * The logarithm of zero: finite, so that no kernel makes an infinity (WGSL may assume there is none); a hundred
 * million of them can be added in float32.
 */
export const LOG_ZERO = -1e30;

/** Up to so many particles are permuted by ranking all their hashes; more, by a bijection, whose cost does not grow. */
export const MOST_RANKED = 256;
