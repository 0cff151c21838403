// The course of a fit: search while the evidence or the weights' effective sizes rise, settle while the noise is averaged out, then stop.
import {
  MAXIMUM_ITERATIONS,
  MINIMUM_SEARCH,
  MINIMUM_SETTLE,
  SETTLE_SHARE,
  stoppedRising,
} from "./schedule.js";

export type StoppingReason = "settled" | "iterations" | "maximum";

/** In words, for reports. */
export const STOPPING_WORDS: Readonly<Record<StoppingReason, string>> = {
  settled: "the evidence and the effective sizes stopped rising by more than their Monte Carlo errors",
  iterations: "the requested number of iterations was done",
  maximum: `the evidence or the effective sizes were still rising after the most iterations that are done, ${MAXIMUM_ITERATIONS}`,
};

/** Which phase the fit is in, and when it ends. */
export class Course {
  private readonly evidences: number[] = [];
  private readonly effectiveSizes: number[] = [];
  private settling: number | null = null;

  /** `of`: how many iterations were asked for, or null to go on until the evidence has settled. */
  constructor(private readonly of: number | null) {}

  get phase(): "search" | "settle" {
    return this.settling === null ? "search" : "settle";
  }

  /** Iterations of the settling phase that are done; null in the search. */
  get settledFor(): number | null {
    return this.settling === null ? null : this.evidences.length - this.settling;
  }

  /** Takes in an iteration's evidence and mean log effective size; says why to stop, or null to go on. */
  add(logEvidence: number, meanLogEss: number): StoppingReason | null {
    this.evidences.push(logEvidence);
    this.effectiveSizes.push(meanLogEss);
    const done = this.evidences.length;
    if (done === this.of) return "iterations";
    const most = this.of ?? MAXIMUM_ITERATIONS;
    if (this.settling === null) {
      const arrived = done >= MINIMUM_SEARCH && this.hasArrived(0);
      if (arrived || done >= most / 2) this.settling = done;
      return null;
    }
    if (this.of !== null) return null;
    const shortest = Math.max(MINIMUM_SETTLE, SETTLE_SHARE * this.settling);
    if (done - this.settling >= shortest && this.hasArrived(this.settling)) return "settled";
    return done >= MAXIMUM_ITERATIONS ? "maximum" : null;
  }

  /** Neither the evidence nor the effective sizes have risen lately, of the iterations after the first `from`. */
  private hasArrived(from: number): boolean {
    return stoppedRising(this.evidences.slice(from)) && stoppedRising(this.effectiveSizes.slice(from));
  }
}
