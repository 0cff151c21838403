// The path of the start's temper from the first guide, 0, to the posterior, 1: how far each step goes.

/** The share of what a group's weights can be worth, between one particle and all, that they should be after a step. */
const WANTED_SHARE = 0.33;
/** From this share on, the next step is longer. */
const EASY_SHARE = 0.59;
const LONGER = 1.6;
const A_LITTLE_LONGER = 1.15;
const SHORTER = 0.5;
const LEAST_STEP = 0.1;
/** A step may cost this much of the share at the place where it starts, where that is low already. */
const KEPT_SHARE = 0.6;
/** How often a step is made shorter. */
const RETRIES = 4;
/** Iterations without a step in which the guide may get better, before less is asked of it. */
const STAYS = 3;
const LOWERED = 0.8;
const LEAST_WANTED = 0.07;
const RECOVERY = 1.02;
/** Places on the path that are tried first, from the posterior back, as logits of the temper. */
const FIRST_TRIES = [Infinity, -2, -6, -10, -15, -20, -25, -30];
const FIRST_STEP = 1;
/** The logit from which on the next step goes all the way. */
const NEARLY_THERE = 10;
/** After so many iterations with poor weights steps have a fixed length, whatever the weights. */
const PATIENT_ITERATIONS = 100;
const IMPATIENT_STEP = 0.5;

/**
 * Chooses tempers by the effective sizes of the weights, as sequential Monte Carlo does (Del Moral, Doucet and Jasra
 * 2006; Jasra, Stephens, Doucet and Tsagaris 2011): steps are along the logit of the temper, so that both a likelihood
 * far narrower and one far wider than the first guide are reached in steps of equal difficulty. Weights can be poor
 * because the step was long or because the guide is; weighing the particles at the step's start tells which.
 */
export class TemperPath {
  private reached = -Infinity;
  private proposed = Infinity;
  private mode: "first" | "step" | "look back" | "shorter" = "first";
  private step = FIRST_STEP;
  private tries = 0;
  private stays = 0;
  private base = NaN;
  private wanted = WANTED_SHARE;
  private poor = 0;
  private done = false;

  /** The temper to weigh the particles at. */
  get temper(): number {
    return 1 / (1 + Math.exp(-this.proposed));
  }

  /** Whether the posterior itself has been reached. */
  get arrived(): boolean {
    return this.done;
  }

  /**
   * Takes in what share of the way from one particle to all the weights of the worst group are worth at the present
   * temper (NaN where nothing is finite). True: the guide is to be fitted to these weights, and new particles drawn.
   * False: the same particles are to be weighed at the temper as it is now.
   */
  accepts(share: number): boolean {
    switch (this.mode) {
      case "first":
        return this.first(share);
      case "step":
        if (share >= this.wanted || this.poor >= PATIENT_ITERATIONS) return this.take(share);
        this.mode = "look back";
        this.proposed = this.reached;
        return false;
      case "look back":
        this.base = share;
        if (!(share >= this.wanted) && this.stays < STAYS) return this.stay();
        if (this.stays === STAYS)
          this.wanted = Math.max(LEAST_WANTED, Math.min(this.wanted, LOWERED * share));
        return this.shorter();
      case "shorter":
        return share >= KEPT_SHARE * this.base || this.tries === RETRIES ? this.take(share) : this.shorter();
    }
  }

  private first(share: number): boolean {
    const isLast = this.tries === FIRST_TRIES.length - 1;
    if (share >= this.wanted || isLast) return this.take(share);
    this.proposed = FIRST_TRIES[++this.tries] ?? NaN;
    return false;
  }

  private shorter(): boolean {
    this.tries++;
    this.step *= SHORTER;
    this.mode = "shorter";
    this.propose();
    return false;
  }

  private stay(): boolean {
    this.stays++;
    this.poor++;
    this.begin();
    return true;
  }

  private take(share: number): boolean {
    this.done = this.proposed === Infinity;
    this.reached = this.proposed;
    this.stays = 0;
    if (!(share >= WANTED_SHARE)) this.poor++;
    if (share >= WANTED_SHARE) this.step *= share >= EASY_SHARE ? LONGER : A_LITTLE_LONGER;
    this.begin();
    return true;
  }

  /** The next iteration. */
  private begin(): void {
    this.tries = 0;
    this.mode = "step";
    this.wanted = Math.min(WANTED_SHARE, RECOVERY * this.wanted);
    const least = this.poor >= PATIENT_ITERATIONS ? IMPATIENT_STEP : LEAST_STEP;
    this.step = Math.max(this.step, least);
    this.propose();
  }

  private propose(): void {
    const next = this.reached + this.step;
    this.proposed = next > NEARLY_THERE ? Infinity : next;
  }
}
