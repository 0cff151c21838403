// The course of a fit: search while the evidence rises, settle while the noise is averaged out, then stop.
import { MAXIMUM_ITERATIONS, MINIMUM_SEARCH, MINIMUM_SETTLE, stoppedRising } from "./schedule.js";

export type StoppingReason = "settled" | "iterations" | "maximum";

/** In words, for reports. */
export const STOPPING_WORDS: Readonly<Record<StoppingReason, string>> = {
  settled: "the evidence stopped rising by more than its Monte Carlo error",
  iterations: "the requested number of iterations was done",
  maximum: `the evidence was still rising after the most iterations that are done, ${MAXIMUM_ITERATIONS}`,
};

/** Which phase the fit is in, and when it ends. */
export class Course {
  private readonly evidences: number[] = [];
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

  /** Takes an iteration's evidence in; says why to stop, or null to go on. */
  add(logEvidence: number): StoppingReason | null {
    this.evidences.push(logEvidence);
    const done = this.evidences.length;
    if (done === this.of) return "iterations";
    const most = this.of ?? MAXIMUM_ITERATIONS;
    if (this.settling === null) {
      const arrived = done >= MINIMUM_SEARCH && stoppedRising(this.evidences);
      if (arrived || done >= most / 2) this.settling = done;
      return null;
    }
    if (this.of !== null) return null;
    const settled = this.evidences.slice(this.settling);
    if (settled.length >= MINIMUM_SETTLE && stoppedRising(settled)) return "settled";
    return done >= MAXIMUM_ITERATIONS ? "maximum" : null;
  }
}
