// Every family against mathematics: densities integrate to 1, draws follow them, fits and widening do what they say.
import { describe, expect, it } from "vitest";
import type { RunSettings } from "../../src/runtime/device.js";
import { casesOf, momentsOf, type Case } from "./cases.js";
import { familyAt, type Family } from "./family.js";
import { distribution, SCALAR_FAMILIES } from "./load.js";
import { integrate, simpson } from "./quadrature.js";

const LOG_ZERO = -1e30;
const IID: RunSettings = { seed: 20250301, iteration: 0, drawsFrom: "iid" };
const STRATIFIED: RunSettings = { ...IID, drawsFrom: "stratified" };

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const mean = (xs: readonly number[]): number => sum(xs) / xs.length;
const standardError = (xs: readonly number[]): number => {
  const centre = mean(xs);
  return Math.sqrt(sum(xs.map((x) => (x - centre) ** 2)) / (xs.length - 1) / xs.length);
};
const title = ({ parameters }: Case): string => JSON.stringify(parameters);
const withCases = (has: (name: string) => boolean): { title: string; case_: Case }[] =>
  SCALAR_FAMILIES.filter(has)
    .flatMap(casesOf)
    .map((c) => ({ title: `${c.family} ${title(c)}`, case_: c }));
const ALL = withCases(() => true);
const at = ({ family, parameters }: Case): Family => familyAt(family, parameters);

/** The probabilities of all counts from `lower` to where nothing is left. */
function masses(family: Family, { mean: centre, variance }: Case): number[] {
  const last = Math.min(family.upper, Math.ceil(centre + 60 * Math.sqrt(variance) + 60));
  return Array.from({ length: last + 1 }, (_, y) => Math.exp(family.logDensity(y)));
}

/** The integral of a density; in two halves where it has no bounds, as it may have a kink at its centre. */
function integral({ logDensity, lower, upper }: Family, { centre, spread }: Case): number {
  const density = (y: number): number => Math.exp(logDensity(y));
  if (lower > -Infinity || upper < Infinity) return integrate(density, lower, upper, centre, spread);
  const half = (f: typeof density): number => integrate(f, centre, Infinity, centre + spread, spread);
  return half(density) + half((y) => density(2 * centre - y));
}

describe("densities", () => {
  it.each(ALL)("$title sums or integrates to 1", ({ case_ }) => {
    const family = at(case_);
    const total = family.isDiscrete ? sum(masses(family, case_)) : integral(family, case_);
    expect(Math.abs(total - 1)).toBeLessThan(1e-6);
  });

  it.each(ALL)("$title is log_zero() outside the support", ({ case_ }) => {
    const family = at(case_);
    for (const y of [family.lower - 1, family.upper + 1])
      if (Number.isFinite(y)) expect(family.logDensity(y)).toBe(LOG_ZERO);
  });

  it.each([
    ["bernoulli", { theta: 0 }, [0, 0], [1, LOG_ZERO]],
    ["bernoulli", { theta: 1 }, [1, 0], [0, LOG_ZERO]],
    ["binomial", { n: 3, theta: 0 }, [0, 0], [1, LOG_ZERO]],
    ["binomial", { n: 3, theta: 1 }, [3, 0], [2, LOG_ZERO]],
    ["geometric", { theta: 1 }, [0, 0], [1, LOG_ZERO]],
    ["poisson", { lambda: 0 }, [0, 0], [1, LOG_ZERO]],
    ["neg_binomial_2", { mu: 0, phi: 2 }, [0, 0], [1, LOG_ZERO]],
  ] as const)("%s at %j is finite", (name, parameters, [certain, logOne], [impossible, logZero]) => {
    const family = familyAt(name, parameters);
    expect(family.logDensity(certain)).toBeCloseTo(logOne, 12);
    expect(family.logDensity(impossible) / logZero).toBeCloseTo(1, 6);
  });
});

describe("distribution functions", () => {
  const CUMULATIVE = withCases((name) => distribution(name).cumulative !== null);

  it.each(CUMULATIVE)("of $title rise as the density says, and the quantiles undo them", ({ case_ }) => {
    const family = at(case_);
    if (family.isDiscrete) return;
    if (family.cumulative === null) throw new Error("no distribution function");
    const { logCdf, logCcdf, quantile } = family.cumulative;
    const levels = [1e-6, 0.01, 0.2, 0.5, 0.7, 0.99, 1 - 1e-6];
    const places = levels.map(quantile);
    for (const [i, u] of levels.entries()) {
      const y = places[i] ?? NaN;
      const rounding = 4e-16 * Math.abs(y) * Math.exp(family.logDensity(y));
      expect(Math.abs(Math.exp(logCdf(y)) / u - 1)).toBeLessThan(1e-9 + rounding / u);
      expect(Math.abs(Math.exp(logCcdf(y)) / (1 - u) - 1)).toBeLessThan(1e-9 + rounding / (1 - u));
    }
    for (let i = 2; i < 5; i++) {
      const [from = NaN, to = NaN] = [places[i - 1], places[i]];
      // A kink of the density lies at the median, which is one of the places.
      const middle = 0.5 * (from + to);
      const mass = integrate((y) => Math.exp(family.logDensity(y)), from, to, middle, 1);
      expect(mass).toBeCloseTo((levels[i] ?? NaN) - (levels[i - 1] ?? NaN), 6);
    }
  });

  it.each(CUMULATIVE)("of $title are 0 and 1 outside the support", ({ case_ }) => {
    const family = at(case_);
    for (const y of [family.lower - 1, family.upper + 1].filter(Number.isFinite)) {
      const isBelow = y < family.lower;
      expect(family.cumulative?.logCdf(y)).toBe(isBelow ? LOG_ZERO : 0);
      expect(family.cumulative?.logCcdf(y)).toBe(isBelow ? 0 : LOG_ZERO);
    }
  });

  it.each(CUMULATIVE.filter(({ case_ }) => at(case_).isDiscrete))(
    "of $title are sums of its masses, and the quantiles undo them",
    ({ case_ }) => {
      const family = at(case_);
      if (family.cumulative === null) throw new Error("no distribution function");
      const { logCdf, logCcdf, quantile } = family.cumulative;
      const all = masses(family, case_);
      let below = 0;
      all.forEach((mass, y) => {
        const before = below;
        below += mass;
        const above = sum(all.slice(y + 1));
        expect(Math.abs(Math.exp(logCdf(y)) - below)).toBeLessThan(1e-10 * below + 1e-14);
        if (above > 1e-12) expect(Math.abs(Math.exp(logCcdf(y)) / above - 1)).toBeLessThan(1e-6);
        if (mass > 1e-9)
          for (const u of [before + 0.01 * mass, below - 0.01 * mass]) expect(quantile(u)).toBe(y);
      });
    },
  );
});

describe("draws", () => {
  const drawn = new Map<string, readonly (readonly number[])[]>();
  /** 80 elements of 50 particles. */
  const drawsOf = (case_: Case, run: typeof IID): readonly (readonly number[])[] => {
    const key = JSON.stringify([case_.family, case_.parameters, run]);
    const rows = drawn.get(key) ?? at(case_).draws(80, 50, run);
    drawn.set(key, rows);
    return rows;
  };

  describe.each([
    ["iid", IID],
    ["stratified", STRATIFIED],
  ] as const)("%s", (_, run) => {
    it.each(ALL)("of $title have its mean and variance", ({ case_ }) => {
      const rows = drawsOf(case_, run);
      const check = (values: readonly number[], truth: number): void => {
        if (Number.isNaN(truth)) return;
        const error = Math.abs(mean(values) - truth);
        expect(error / (standardError(values) + 1e-4 * case_.spread ** 2)).toBeLessThan(5);
      };
      check(rows.map(mean), case_.mean);
      if (!Number.isNaN(case_.variance))
        check(
          rows.map((row) => mean(row.map((y) => (y - case_.mean) ** 2))),
          case_.variance,
        );
    });

    it.each(ALL)("of $title fall where its density says", ({ case_ }) => {
      const draws = drawsOf(case_, run).flat();
      const expected = binsOf(case_);
      const counts = expected.map(({ contains }) => draws.filter(contains).length);
      const chiSquare = sum(
        expected.map(({ probability }, i) => {
          const want = probability * draws.length;
          return ((counts[i] ?? 0) - want) ** 2 / want;
        }),
      );
      const freedom = expected.length - 1;
      expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom) + 5);
    });
  });

  it.each(withCases((name) => /^(normal|exponential|cauchy|uniform|poisson|half_normal)$/.test(name)))(
    "of $title are evened out by stratification",
    ({ case_ }) => {
      const below = (y: number): number => (y <= case_.centre ? 1 : 0);
      const spread = (run: typeof IID): number =>
        standardError(
          at(case_)
            .draws(40, 40, run)
            .map((row) => mean(row.map(below))),
        );
      expect(spread(STRATIFIED)).toBeLessThan(0.25 * spread(IID));
    },
  );
});

const bins = new Map<Case, readonly Bin[]>();
/** What draws are counted in, the same however they are drawn. */
function binsOf(case_: Case): readonly Bin[] {
  let found = bins.get(case_);
  if (found === undefined) {
    const family = at(case_);
    const pilot = (): number[] => family.draws(30, 50, { ...IID, seed: 7 }).flat();
    found = family.isDiscrete ? discreteBins(family, case_) : continuousBins(family, pilot());
    bins.set(case_, found);
  }
  return found;
}

type Bin = { readonly probability: number; readonly contains: (y: number) => boolean };

/** Bins between quantiles of other draws; the two tails are one bin. */
function continuousBins(family: Family, pilot: readonly number[]): Bin[] {
  const sorted = [...pilot].sort((a, b) => a - b);
  const edges = Array.from(
    { length: 16 },
    (_, i) => sorted[Math.floor(((i + 1) / 17) * sorted.length)] ?? NaN,
  );
  const bins = edges.slice(1).map((to, i): Bin => {
    const from = edges[i] ?? NaN;
    const probability = simpson((y) => Math.exp(family.logDensity(y)), from, to);
    return { probability, contains: (y) => y > from && y <= to };
  });
  const [first = NaN, last = NaN] = [edges[0], edges.at(-1)];
  const tails = 1 - sum(bins.map((b) => b.probability));
  return [...bins, { probability: tails, contains: (y) => y <= first || y > last }];
}

/** One bin for every few percent of probability. */
function discreteBins(family: Family, case_: Case): Bin[] {
  const bins: Bin[] = [];
  let [from, probability] = [-1, 0];
  const all = masses(family, case_);
  all.forEach((mass, y) => {
    probability += mass;
    const left = 1 - sum(bins.map((b) => b.probability)) - probability;
    if (probability < 0.04 || left < 0.04) return;
    const [after, to] = [from, y];
    bins.push({ probability, contains: (x) => x > after && x <= to });
    [from, probability] = [y, 0];
  });
  const after = from;
  return [...bins, { probability: 1 - sum(bins.map((b) => b.probability)), contains: (x) => x > after }];
}

describe("fits", () => {
  const FITTED = withCases((name) => distribution(name).fit !== null);

  it.each(FITTED)("of draws from $title give its parameters back", ({ case_ }) => {
    const family = at(case_);
    const rows = family.draws(60, 100, STRATIFIED).flat().map(family.statistics);
    const moments = (rows[0] ?? []).map((_, i) => mean(rows.map((row) => row[i] ?? NaN)));
    const [mean_, variance] = momentsOf(case_.family, family.fit(moments));
    expect(Math.abs(mean_ - case_.mean) || 0).toBeLessThan(0.03 * case_.spread);
    if (!Number.isNaN(case_.variance)) expect(Math.abs(variance / case_.variance - 1)).toBeLessThan(0.06);
  });

  it.each(FITTED)("of draws from $title that are all one number are finite", ({ case_ }) => {
    const family = at(case_);
    const values = family.isDiscrete
      ? [0, 1]
      : [family.lower, family.upper, case_.centre, case_.centre + 1e-9];
    for (const y of values.filter(Number.isFinite)) {
      const inside = family.isDiscrete
        ? y
        : Math.min(Math.max(y, family.lower + 1e-12), family.upper - 1e-12);
      const fitted = family.fit(family.statistics(inside));
      for (const value of Object.values(fitted)) expect(Number.isFinite(value)).toBe(true);
      expect(familyAt(case_.family, fitted).logDensity(inside)).toBeGreaterThan(-100);
    }
  });
});

/** Centre and spread on the scale on which a family widens exactly and keeps its mean, where that is not y itself. */
const WIDENED_ON: Readonly<Record<string, (p: (name: string) => number) => readonly [number, number]>> = {
  log_normal: (p) => [p("mu"), p("sigma")],
  lognormal: (p) => [p("mu"), p("sigma")],
  shifted_log_normal: (p) => [p("mu"), p("sigma")],
  reflected_log_normal: (p) => [p("mu"), p("sigma")],
  scaled_logit_normal: (p) => [p("mu"), p("sigma")],
  weibull: (p) => [Math.log(p("sigma")) - EULER / p("alpha"), 1 / p("alpha")],
  frechet: (p) => [Math.log(p("sigma")) + EULER / p("alpha"), 1 / p("alpha")],
  loglogistic: (p) => [p("alpha"), 1 / p("beta")],
  von_mises: (p) => [p("mu"), 1 / Math.sqrt(p("kappa"))],
};
const EULER = 0.5772156649015329;

describe("widening", () => {
  it.each(withCases((name) => distribution(name).widen !== null))("of $title", ({ case_ }) => {
    const family = at(case_);
    const factor = 1.2;
    const wider = family.widen(factor);
    const scale = WIDENED_ON[case_.family];
    if (scale !== undefined) {
      const [from, to] = [case_.parameters, wider].map((p) => scale((name) => p[name] ?? NaN));
      expect(to?.[0]).toBeCloseTo(from?.[0] ?? NaN, 10);
      expect((to?.[1] ?? NaN) / (from?.[1] ?? NaN)).toBeCloseTo(factor, 10);
      return;
    }
    if (Number.isNaN(case_.variance)) {
      expect(wider).toEqual(case_.parameters);
      return;
    }
    const [mean_, variance] = momentsOf(case_.family, wider);
    const p = (name: string): number => case_.parameters[name] ?? 0;
    const total = case_.family === "beta_proportion" ? p("kappa") : p("alpha") + p("beta");
    const isNarrowEnough = !/beta(_proportion)?$/.test(case_.family) || total > factor ** 2;
    const ratio = Math.sqrt(variance / case_.variance);
    if (isNarrowEnough) expect(ratio).toBeCloseTo(factor, 10);
    else expect(ratio > 1 && ratio < factor).toBe(true);
    const keepsMean = case_.family !== "half_normal" && case_.family !== "exponential";
    if (keepsMean) expect(Math.abs(mean_ - case_.mean)).toBeLessThan(1e-9 * case_.spread);
  });
});
