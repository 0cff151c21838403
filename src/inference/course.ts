// The course of a fit: search while the evidence or the weights' effective sizes rise, settle while the noise is averaged out, then stop.
import { stoppedRising, type Pace } from "./schedule.js";

export type StoppingReason = "settled" | "iterations" | "maximum" | "fixed";

/** In words, for reports. */
export const STOPPING_WORDS: Readonly<Record<StoppingReason, string>> = {
  settled: "the evidence and the effective sizes stopped rising by more than their Monte Carlo errors",
  iterations: "the requested number of iterations was done",
  maximum: "the evidence or the effective sizes were still rising after the most iterations that are done",
  fixed: "the guide was kept as it was at the start",
};

/**
 * Decisions are made after every so many iterations: those between are computed without waiting for what the one before
 * gave.
 */
const DECIDES_EVERY = 10;

/** Which phase the fit is in, and when it ends. */
export class Course {
  private readonly evidences: number[] = [];
  private readonly effectiveSizes: number[] = [];
  private settling: number | null = null;

  /** `of`: how many iterations were asked for, or null to go on until the evidence has settled. */
  constructor(
    private readonly of: number | null,
    private readonly pace: Pace,
  ) {}

  get phase(): "search" | "settle" {
    return this.settling === null ? "search" : "settle";
  }

  /** Iterations of the settling phase that are done; null in the search. */
  get settledFor(): number | null {
    return this.settling === null ? null : this.evidences.length - this.settling;
  }

  /** Iterations until the next after which the phase may change or the fit end: 1 or more. */
  get undecided(): number {
    const done = this.evidences.length;
    return Math.min(
      ...this.ends.map((end) => (end > done ? end - done : Infinity)),
      DECIDES_EVERY - (done % DECIDES_EVERY),
    );
  }

  /** Iterations after which something is decided, whatever came of them: half of all, and all. */
  private get ends(): readonly [number, number] {
    const most = this.of ?? this.pace.maximum;
    return [Math.ceil(most / 2), most];
  }

  /** Takes in an iteration's evidence and mean log effective size; says why to stop, or null to go on. */
  add(logEvidence: number, meanLogEss: number): StoppingReason | null {
    this.evidences.push(logEvidence);
    this.effectiveSizes.push(meanLogEss);
    const done = this.evidences.length;
    const [half, most] = this.ends;
    if (done === this.of) return "iterations";
    if (done % DECIDES_EVERY !== 0 && done !== half && done !== most) return null;
    if (this.settling === null) {
      const arrived = done >= this.pace.minimumSearch && this.hasArrived(0);
      if (arrived || done >= half) this.settling = done;
      return null;
    }
    if (this.of !== null) return null;
    const shortest = Math.max(this.pace.minimumSettle, this.pace.settleShare * this.settling);
    if (done - this.settling >= shortest && this.hasArrived(this.settling)) return "settled";
    return done >= most ? "maximum" : null;
  }

  /** Neither the evidence nor the effective sizes have risen lately, of the iterations after the first `from`. */
  private hasArrived(from: number): boolean {
    const { window } = this.pace;
    // Where every latent is summed out there are no weights whose effective sizes could rise.
    const sizes = this.effectiveSizes.slice(from).filter(Number.isFinite);
    return (
      stoppedRising(this.evidences.slice(from), window) &&
      (sizes.length === 0 || stoppedRising(sizes, window))
    );
  }
}
