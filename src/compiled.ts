// The compiled model: what `mppc compile -o` writes and every command runs from.
import type { ModelInterface } from "./ir/interface.js";
import type { Program } from "./ir/program.js";
import type { Optimisation } from "./optimisations.js";

/** A program with the source text of its launches in WGSL and of its kernels in JavaScript, by their names. */
export type CompiledProgram = {
  readonly program: Program;
  readonly wgsl: Readonly<Record<string, WgslLaunch>>;
  readonly js: Readonly<Record<string, string>>;
  /**
   * What is left to the host, in float64: a program of the reference device whose inputs are outputs of this one, by their
   * names. Devices run it after every run; its `log_evidence.finished` takes the place of `log_evidence`.
   */
  readonly finish?: Pick<CompiledProgram, "program" | "js">;
  /** Where a plate is too large for the device to hold what varies along it: how it is computed in portions of the plate. */
  readonly portions?: CompiledPortions;
};

/**
 * Programs that are run for one portion of the plate `axis` after another (src/ir/portions.ts). Sums of the outputs of
 * `phases` over all portions are inputs, of the same names, of those that come after; `last` gives the outputs, and those
 * that become inputs of the next run.
 */
export type CompiledPortions = {
  readonly axis: string;
  /** What the buffers of one phase may take on the device, but for what does not vary along the plate. */
  readonly bytes: number;
  readonly phases: readonly CompiledProgram[];
  readonly last: CompiledProgram;
  readonly feeds: readonly { readonly from: string; readonly to: string }[];
};

/**
 * One launch in WGSL. Binding 0 is the uniform struct `run`: u32 fields named in `uniforms`, in order: `seed`,
 * `iteration`, `draws_from` (0 iid, 1 stratified, 2 sobol), and `n_<axis>` for loop bounds. From binding 1 on come
 * `bindings`. However many workgroups a kernel alone is launched with along x, they share out the points of its grid;
 * the kernels of a launch of several each have a range of workgroups, which overrides give.
 *
 * A launch that is `packed` computes the same of several jobs at a time: of as many as the uniform field `jobs` says, each
 * in a slot of its own of every storage buffer. After the storage buffers comes a uniform array of MOST_JOBS times four
 * words: the job's slot, seed, iteration and `first`. Ranges of workgroups are uniform fields there, `first_group_<i>` and
 * `groups_<i>` of the launch's i-th kernel, so that pipelines are the same however many jobs there are.
 */
export type WgslLaunch = {
  readonly source: string;
  readonly entryPoint: string;
  readonly workgroupSize: number;
  readonly packed?: true;
  /** Other entry points that compute the same with fewer loads; the first that can be used is the fastest. */
  readonly tiled: readonly TiledEntryPoint[];
  readonly uniforms: readonly string[];
  readonly bindings: readonly Binding[];
  /**
   * Pipeline-overridable constants by name: the length of an axis, what lies from one row along it to the next (see
   * rowStride), the offset of a buffer in its packed one, or of a kernel the first of its workgroups and their number; from
   * one job's slot to the next in the GPU buffer that holds a buffer.
   */
  readonly overrides: readonly (
    | { readonly name: string; readonly kind: "size" | "stride"; readonly axis: string }
    | { readonly name: string; readonly kind: "offset"; readonly buffer: string }
    | { readonly name: string; readonly kind: "slot"; readonly buffer: string }
    | { readonly name: string; readonly kind: "first-group" | "groups"; readonly kernel: string }
  )[];
};

/** Jobs that a packed launch can compute at a time: what a uniform buffer has room for everywhere. */
export const MOST_JOBS = 1024;

/**
 * A storage buffer that a launch sees, and the program's buffers that it uses of it: inputs lie in one, packed tables in
 * one, each at its override offset; any other table is alone.
 */
export type Binding = {
  readonly holds: "inputs" | "packed" | "table";
  readonly buffers: readonly string[];
  readonly access: "read" | "read_write";
};

/**
 * An entry point of a kernel alone that computes VECTOR_LENGTH points at a time along each of some axes, and so leaves fewer invocations.
 * It can be used if the rows along `rows` start at multiples of VECTOR_LENGTH.
 */
export type TiledEntryPoint = {
  readonly entryPoint: string;
  readonly axes: readonly string[];
  /** Axes of loops that go VECTOR_LENGTH turns at a time. */
  readonly turns: readonly string[];
  readonly rows: readonly string[];
  /** Of the time of one point and turn at a time, by estimate. */
  readonly share: number;
};

/**
 * The programs of a model:
 * - `estimate`: particles and guide parameters given; evidence, weights, moments.
 * - `gradients_vi`, `gradients_rws`: the same inputs; evidence and gradients by the guide's learned parameters. Missing
 *   where the guide cannot be differentiated so; `gradientsUnavailable` says why.
 * - `qem`: draws particles; evidence and sums of squared weights. Feeds back what its moving averages and parameters become.
 * - `start`: as `qem`, of P tempered towards the guide Q0 that the fit starts from: log P becomes
 *   (1 - temper) log Q0 + temper log P, for a start whose guide is far from the posterior.
 * - `rws`, `vi`: draw particles; evidence, sums of squared weights, gradients by the guide's learned parameters. `vi` is
 *   missing where particles cannot be reparameterised; `methodsUnavailable` says why.
 * - `posterior`: draws particles; evidence, particles, weights, generated quantities and their joint weights.
 * - `draws`: draws the same particles as `posterior` (at the same seed and iteration), and picks of them: evidence, and
 *   posterior draws of all latents along the axis `_draw`.
 * - `predict`: posterior draws given; log densities of the data and generated quantities at each of them. Latents of
 *   plate elements that are not known are drawn from the model.
 * - `density`: posterior draws given; the log joint density of latents and data at each of them, all constants included.
 * - `prior`: draws every latent from its prior along the axis `k_prior`.
 * - `simulate`: draws every latent from the model, or takes it as given, and then every observed variable and generated
 *   quantity. Made only where it is asked for (src/compile-simulation.ts).
 * - `replicate`: posterior draws given; every observed variable that can be drawn, given them. Latents of plate elements that
 *   are not known are drawn as in `predict`. Made only where it is asked for.
 * - `initial`: draws from the prior (as `particles.<latent>` [plates, event, k_prior]) to statistics: outputs
 *   `statistic.<latent>.<i>` [plates, event, k_prior] of each family's fit, not yet averaged.
 * - `fit`: moments to parameters. `widen`: parameters and factors to wider ones. `fixed`: values of the guide's
 *   arguments that are not learned, and first values that the guide gives to learned ones.
 * - `bounds`: lower and upper bounds of data.
 * - `data`: what data alone decides, once for all runs: its outputs `derived.<i>` are inputs of the programs that sum over
 *   the data. Missing where there is nothing of the kind.
 * `density`, `prior` and all after it run on the reference device alone.
 */
export type ProgramName =
  | "estimate" | "gradients_vi" | "gradients_rws" | "qem" | "rws" | "vi" | "start" | "posterior" | "draws" | "predict" | "density" | "prior" | "simulate" | "replicate" | "initial" | "fit" | "widen" | "fixed" | "bounds" | "data"; // prettier-ignore

export type Estimation = {
  readonly estimator: "massively-parallel" | "global";
  readonly coupling: "permutation" | "categorical";
};

export type CompiledModel = {
  readonly format: "mppc";
  readonly formatVersion: 1;
  readonly compilerVersion: string;
  /** How the source was named and what it held: diagnostics about data point into it. */
  readonly source: { readonly path: string; readonly text: string; readonly sha256: string };
  /** How the evidence is estimated, and particles coupled: see `mppc compile --help`. */
  readonly estimation: Estimation;
  /** What was done for speed alone, in the order of compilation. */
  readonly optimisations: readonly Optimisation[];
  readonly interface: ModelInterface;
  readonly programs: Readonly<Partial<Record<ProgramName, CompiledProgram>>>;
  readonly gradientsUnavailable: Readonly<Partial<Record<"vi" | "rws", string>>>;
  /** Methods of fitting that have no program here, and why. */
  readonly methodsUnavailable: Readonly<Partial<Record<"vi" | "rws", string>>>;
};
