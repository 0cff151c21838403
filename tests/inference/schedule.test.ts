// The moving average's weight, the flattening of collapsed weights, the stopping rule and the fit's course.
import { describe, expect, it } from "vitest";
import { Course } from "../../src/inference/course.js";
import {
  averagingWeight,
  QEM_PACE,
  flattening,
  meanAndVariance,
  samplingNoise,
  SEARCH_WEIGHT,
  stoppedRising,
} from "../../src/inference/schedule.js";

/** Standard normals by Box and Muller over a small linear congruential generator. */
function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

describe("averagingWeight", () => {
  it("is what was asked for, if anything was", () => {
    expect(averagingWeight(0.5, null)).toBe(0.5);
    expect(averagingWeight(0.5, 40)).toBe(0.5);
  });

  it("falls like a power of t in the settling, starting from the search's", () => {
    expect(averagingWeight(null, null)).toBe(SEARCH_WEIGHT);
    expect(averagingWeight(null, 0)).toBeLessThan(SEARCH_WEIGHT);
    expect(averagingWeight(null, 0)).toBeGreaterThan(0.7 * SEARCH_WEIGHT);
    expect(averagingWeight(null, 100_000) * 100_000 ** 0.7).toBeCloseTo(1, 3);
  });
});

describe("flattening", () => {
  it("vanishes for equal weights and is 0.7 for one particle", () => {
    for (const particles of [2, 3, 10, 300]) {
      expect(flattening(particles, particles)).toBe(0);
      expect(flattening(1, particles)).toBeCloseTo(0.7, 12);
    }
    expect(flattening(1, 1)).toBe(0);
  });

  it("falls as the effective size grows", () => {
    const sizes = [1, 1.5, 2, 3, 5, 8, 10];
    const values = sizes.map((ess) => flattening(ess, 10));
    expect(values).toEqual(values.toSorted((a, b) => b - a));
  });

  it("bears effective sizes that rounding put outside their range", () => {
    expect(flattening(0.999, 10)).toBe(flattening(1, 10));
    expect(flattening(10.001, 10)).toBe(0);
  });
});

describe("samplingNoise", () => {
  it("is nothing for equal stratified weights, and 1 / K for equal independent ones", () => {
    expect(samplingNoise(10, 10, true)).toBe(0);
    expect(samplingNoise(10, 10, false)).toBeCloseTo(0.1, 12);
  });
});

describe("stoppedRising", () => {
  it("says no while a trend exceeds its noise, and yes once it is over", () => {
    const noise = normals(1);
    const trace: number[] = [];
    let stoppedAt: number | null = null;
    for (let t = 0; t < 300; t++) {
      trace.push(-1000 * Math.exp(-t / 10) + 0.3 * noise());
      if (stoppedAt === null && stoppedRising(trace)) stoppedAt = t;
    }
    expect(stoppedAt).toBeGreaterThan(60);
    expect(stoppedAt).toBeLessThan(200);
  });

  it("finds that flat noise does not rise, nearly always", () => {
    let yes = 0;
    for (let seed = 0; seed < 200; seed++) {
      const noise = normals(seed * 7919 + 1);
      if (stoppedRising(Array.from({ length: 60 }, noise))) yes++;
    }
    // P(z <= 1) = 0.841; three standard errors of 200 tries are 0.078.
    expect(yes / 200).toBeGreaterThan(0.76);
    expect(yes / 200).toBeLessThan(0.92);
  });

  it("needs two windows, and leaves evidences of zero out", () => {
    expect(stoppedRising(Array.from({ length: 29 }, () => 0))).toBe(false);
    expect(stoppedRising(Array.from({ length: 30 }, () => 0))).toBe(true);
    expect(stoppedRising([...Array.from({ length: 29 }, () => 0), -Infinity])).toBe(false);
  });
});

describe("Course", () => {
  it("searches, settles and stops on flat evidence", () => {
    const course = new Course(null, QEM_PACE);
    const noise = normals(3);
    let reason = null;
    let iterations = 0;
    while (reason === null && iterations < 2 * QEM_PACE.maximum) {
      reason = course.add(noise(), noise());
      iterations++;
    }
    expect(reason).toBe("settled");
    expect(iterations).toBeGreaterThanOrEqual(QEM_PACE.minimumSearch + QEM_PACE.minimumSettle);
    expect(iterations).toBeLessThan(300);
  });

  it("does exactly as many iterations as asked, the second half settling", () => {
    const course = new Course(20, QEM_PACE);
    for (let t = 1; t < 20; t++) {
      expect(course.add(t, 0)).toBe(null);
      expect(course.phase).toBe(t < 10 ? "search" : "settle");
    }
    expect(course.add(20, 0)).toBe("iterations");
  });

  it("says for how long nothing is decided", () => {
    const course = new Course(57, QEM_PACE);
    for (let t = 0; t < 57; t++) {
      const { undecided, phase } = course;
      expect(undecided).toBeGreaterThan(0);
      for (let ahead = 1; ahead < undecided; ahead++) {
        expect(course.add(-t, 0)).toBe(null);
        expect(course.phase).toBe(phase);
        t++;
      }
      course.add(-t, 0);
    }
    expect(course.phase).toBe("settle");
  });

  it("gives up on evidence that rises for ever", () => {
    const course = new Course(null, QEM_PACE);
    for (let t = 1; t < QEM_PACE.maximum; t++) expect(course.add(t, 0)).toBe(null);
    expect(course.add(QEM_PACE.maximum, 0)).toBe("maximum");
  });
});

it("meanAndVariance are unbiased", () => {
  expect(meanAndVariance([1, 2, 3, 4])).toEqual({ mean: 2.5, variance: 5 / 3 });
});
