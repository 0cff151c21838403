// What distinguishes the methods of fitting a guide: everything else (loop, trace, stopping, checkpoints) is written once.
import type { ProgramName } from "../compiled.js";
import type { CorrelatedGroup } from "./correlations.js";
import type { Course } from "./course.js";
import type { HostProgram } from "./guide.js";
import type { Inputs } from "./layout.js";
import type { LatentMoments } from "./moments.js";
import type { Pace } from "./schedule.js";
import type { Start } from "./start.js";

/** An iteration's outputs by the names of their buffers. */
export type Outputs = ReadonlyMap<string, Float64Array>;

/** Arrays by name, of which a checkpoint keeps a copy. */
export type SavedArrays = ReadonlyMap<string, Float64Array>;

/** What a method fits, and with what. */
export type FitOptions = {
  /** The loaded program `fit`. */
  readonly fit: HostProgram;
  /** As the start left them. */
  readonly moments: readonly LatentMoments[];
  readonly start: Start;
  readonly correlated: readonly CorrelatedGroup[];
  readonly particles: ReadonlyMap<string, number>;
  /** Each scalar's particles are spread evenly. */
  readonly stratified: boolean;
  /** A constant weight of an iteration in the moving averages; null: the default schedule. */
  readonly averagingWeight: number | null;
  /** The data's arrays. */
  readonly data: Inputs;
};

/**
 * One way of fitting the guide. It owns the parameters that it was made with and changes them in place; a new method is
 * one of these, and a row where they are made (`methods.ts`).
 */
export interface Method {
  /**
   * The program of one iteration: it draws particles and gives the evidence, the sums of squared weights, and whatever
   * `update` reads.
   */
  readonly program: ProgramName;
  readonly pace: Pace;
  /** Inputs of the program besides the data, at first. */
  readonly inputs: Inputs;
  /** Those that the host writes anew before an iteration with this step. */
  changes(step: number): ReadonlyMap<string, ArrayLike<number>>;
  /** False where an iteration needs nothing from the one before that the program does not feed back itself. */
  readonly updatesOnHost: boolean;
  /** How large the step of the iteration after so many more is: its weight in a moving average, or an optimiser's step. */
  step(course: Course, ahead?: number): number;
  /** The step of Adam by which the model's own parameters move. */
  parameterStep(step: number): number;
  /**
   * What the host has to do after an iteration (whose evidence is finite): changes the parameters by its outputs. Returns how
   * many elements met results that are not finite and stayed as they were, by latent or parameter.
   */
  update(outputs: Outputs, step: number): Promise<ReadonlyMap<string, number>>;
  /**
   * Takes over what the program fed back to itself: `state` has its buffers by name. Returns how many elements stayed as
   * they were so far, by latent.
   */
  take(state: SavedArrays): ReadonlyMap<string, number>;
  /** All that later updates depend on besides the parameters. */
  save(): SavedArrays;
  /** Takes up what `save` gave. */
  restore(saved: SavedArrays): void;
}
