// Sums over data that are taken apart, against the same sums row by row; and what they cost as rows grow in number.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSource, type CheckedModel, type CompileOptions } from "../../src/compile.js";
import type { CompiledModel, ProgramName } from "../../src/compiled.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { inputBuffers } from "../../src/inference/layout.js";
import { ADAPTER_CLASSES, programCost } from "../../src/ir/cost.js";
import { ExtendedSizes, rowsOfLengths, volume, type Sizes } from "../../src/ir/axis.js";
import { BUFFERS, isDerived } from "../../src/ir/interface.js";
import { ALL_OPTIMISATIONS, without } from "../../src/optimisations.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { withDerived } from "../support/derived.js";
import { generator } from "./random-model.js";

const SEED = 20240611;
const device = createReferenceDevice();

type Outputs = ReadonlyMap<string, Float64Array>;

function check(text: string): CheckedModel {
  const { checked, diagnostics } = checkSource({ path: "sums.mpp", text });
  if (checked === null) throw new Error(`${text}\n${renderDiagnostics(diagnostics)}`);
  return checked;
}

function compile(checked: CheckedModel, options: CompileOptions): CompiledModel {
  const { compiled, diagnostics } = checked.compile({ language: "js", ...options });
  if (compiled === null) throw new Error(renderDiagnostics(diagnostics));
  return compiled;
}

/** A model of groups with rows each: `likelihood` stands in the rows' block. */
const modelOf = (nested: boolean, likelihood: string): string => `data {
  plate a;
  plate n${nested ? " in a" : ""};
  ${[
    "real x",
    "real w",
    "real<lower=0> s",
    "real y",
    "int<lower=0> c",
    "int<lower=0, upper=1> b",
    "int<lower=1, upper=3> i",
    "vector[2] v",
  ]
    .map((each) => `${each}[${nested ? "n" : "a, n"}];`)
    .join("\n  ")}
}
model {
  m ~ normal(0, 1);
  r ~ log_normal(0, 0.3);
  vector[3] p ~ dirichlet([1, 1, 1]);
  plate a {
    t ~ normal(m, 1);
    u ~ normal(0, 1);
    plate n { ${likelihood} }
  }
}`;

/** Likelihoods of which no row is left, and what of them a row has by itself in each. */
const APART = [
  "y ~ normal(t + u * x, r);",
  "y ~ normal(t + u * x + m * w, r * s);",
  "y ~ normal(3 + 2 * t - (u - m) * x / 4 + w, 1);",
  "y ~ normal(t, r); b ~ bernoulli_logit(t);",
  "y ~ normal(dot_product([t, u], v) + m, r);",
  "y ~ normal(t + u * x + m * (2 * x) + t * w, r);",
  "v ~ normal([t, u], r);",
  "b ~ bernoulli_logit(t + u);",
  "c ~ poisson_log(0.3 * t);",
  "c ~ poisson(r * s);",
  "c ~ binomial_logit(7, t);",
  "s ~ gamma(2 + r, exp(t));",
  "s ~ exponential(exp(t));",
  "s ~ log_normal(t, r);",
  "i ~ categorical(p);",
  "if (x > 0) y ~ normal(t, r); else y ~ normal(u, 2 * r);",
  "if (t > 0) b ~ bernoulli_logit(u); else b ~ bernoulli_logit(-2);",
] as const;

/** Likelihoods that stay row by row, or of which only what data alone decides is taken out. */
const BY_ROW = [
  "b ~ bernoulli_logit(t + u * x);",
  "c ~ poisson_log(t + 0.1 * u * x);",
  "y ~ student_t(4, t + u * x, r);",
  "c ~ neg_binomial_2(exp(t), r);",
  "target += -x * square(y - t);",
] as const;

type Case = {
  readonly likelihood: string;
  readonly rows: readonly number[];
  readonly nested: boolean;
  readonly missing: boolean;
  readonly seed: number;
};

const cases = (likelihoods: readonly string[]): fc.Arbitrary<Case> =>
  fc.record({
    likelihood: fc.constantFrom(...likelihoods),
    rows: fc.array(fc.constantFrom(0, 1, 5, 40, 300), { minLength: 1, maxLength: 3 }),
    nested: fc.boolean(),
    missing: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1e6 }),
  });

function sizesOf({ rows, nested, missing, likelihood }: Case): Sizes {
  const ragged = nested && new Set(rows).size > 1;
  const each = rowsOfLengths("a", rows);
  const total = rows.reduce((sum, n) => sum + n, 0);
  const lengths: [string, number][] = [
    ["a", rows.length],
    ["n", ragged ? total : Math.max(...rows, 1)],
    ...["m", "r", "p", "t", "u"].map((group): [string, number] => [`k_${group}`, 2]),
    ["i_2", 2],
    ["i_3", 3],
    ["i_3_again", 3],
  ];
  const observed = /([a-z]) ~/.exec(likelihood)?.[1];
  return new ExtendedSizes(new Map(lengths), [], {
    ...(ragged ? { rows: new Map([["n", each]]) } : {}),
    ...(missing && observed !== undefined && !likelihood.includes("if")
      ? { missing: new Set([observed]) }
      : {}),
  });
}

/** Values of an input, the same for the same name and seed. */
function valuesOf(name: string, length: number, seed: number): Float64Array {
  const random = generator(seed + ((31 * Buffer.from(name).reduce((sum, c) => 7 * sum + c, 0)) % 1e6));
  const value = (): number => {
    if (name.startsWith("observed.")) return random() < 0.8 ? 1 : 0;
    if (name === "c") return Math.floor(6 * random());
    if (name === "b") return Math.round(random());
    if (name === "i") return 1 + Math.floor(3 * random());
    if (name.startsWith("particles.p")) return 0.2 + 0.2 * random();
    if (name === "s" || /sigma|alpha|particles\.r/.test(name)) return 0.5 + random();
    return 2 * random() - 1;
  };
  return Float64Array.from({ length }, value);
}

async function run(model: CompiledModel, program: ProgramName, sizes: Sizes, seed: number): Promise<Outputs> {
  const compiled = model.programs[program];
  if (compiled === undefined) throw new Error(`no program ${program}`);
  const inputs = await withDerived(model, sizes, (name, axes) => valuesOf(name, volume(axes, sizes), seed));
  const loaded = await device.load(compiled, sizes);
  for (const { name, axes } of inputBuffers(compiled)) loaded.write(name, inputs(name, axes));
  const outputs = await loaded.run({ seed: 1, iteration: 0, drawsFrom: "stratified" });
  loaded.dispose();
  return outputs;
}

async function compare(each: Case, programs: readonly ProgramName[]): Promise<CompiledModel> {
  const checked = check(modelOf(each.nested, each.likelihood));
  const sizes = sizesOf(each);
  const [apart, plain] = [ALL_OPTIMISATIONS, without(ALL_OPTIMISATIONS, "data")].map((optimise) =>
    compile(checked, { sizes, programs, optimise }),
  ) as [CompiledModel, CompiledModel];
  expect(plain.programs.data).toBeUndefined();
  for (const program of programs) {
    const expected = await run(plain, program, sizes, each.seed);
    const found = await run(apart, program, sizes, each.seed);
    for (const [name, array] of expected)
      array.forEach((x, i) =>
        expect(Math.abs((found.get(name)?.[i] ?? NaN) - x) / Math.max(1, Math.abs(x)), name).toBeLessThan(
          1e-8,
        ),
      );
  }
  return apart;
}

describe("sums over data", () => {
  it.each(APART)(
    "that come apart give what they give row by row, and leave no row: %s",
    async (likelihood) => {
      const model = await compare({ likelihood, rows: [40, 40], nested: true, missing: false, seed: 5 }, [
        "estimate",
        "gradients_rws",
      ]);
      const buffers = model.programs.estimate?.program.buffers ?? [];
      expect(buffers.flatMap(({ axes }) => axes.map(({ name }) => name))).not.toContain("n");
      expect(model.programs.data?.program.axes.map(({ name }) => name)).toContain("n");
    },
  );

  it("are those of rows, whatever the rows", async () => {
    await fc.assert(
      fc.asyncProperty(cases([...APART, ...BY_ROW]), async (each) => {
        await compare(each, ["qem", "start"]);
      }),
      { numRuns: 8, seed: SEED },
    );
  });

  it.each(APART.slice(0, 3))(
    "are right as differences to those of the first particles, finished from data in float64: %s",
    async (likelihood) => {
      const checked = check(modelOf(true, likelihood));
      const sizes = sizesOf({ likelihood, rows: [300, 250], nested: true, missing: false, seed: 1 });
      const found: number[] = [];
      for (const options of [{ leastForReference: 100 }, { optimise: without(ALL_OPTIMISATIONS, "data") }]) {
        const model = compile(checked, { sizes, programs: ["estimate"], ...options });
        const given = model.programs.estimate?.finish?.program.buffers.map(({ name }) => name) ?? [];
        expect(given.some(isDerived)).toBe("leastForReference" in options);
        found.push((await run(model, "estimate", sizes, 7)).get(BUFFERS.logEvidence)?.[0] ?? NaN);
      }
      expect(found[0]).toBeCloseTo(found[1] ?? NaN, 8);
    },
  );

  it("of squares are right where columns are combinations of each other, or zero", async () => {
    const checked = check(modelOf(true, "y ~ normal(t + u * x + m * (2 * x + 3) + r * (x - x), 1);"));
    const sizes = sizesOf({ likelihood: "", rows: [50, 50], nested: true, missing: false, seed: 1 });
    const found: number[] = [];
    for (const optimise of [ALL_OPTIMISATIONS, without(ALL_OPTIMISATIONS, "data")]) {
      const model = compile(checked, { sizes, programs: ["estimate"], optimise });
      found.push((await run(model, "estimate", sizes, 3)).get(BUFFERS.logEvidence)?.[0] ?? NaN);
    }
    expect(found[0]).toBeCloseTo(found[1] ?? NaN, 9);
  });
});

describe("an iteration of the radon model", () => {
  const radon = check(`data {
  plate states; plate zips in states;
  real log_radon[zips]; real basement[zips]; real log_uranium[zips];
}
model {
  global_mean ~ normal(0, 1);
  global_log_sigma ~ normal(0, 1);
  plate states {
    state_mean ~ normal(global_mean, exp(global_log_sigma));
    state_log_sigma ~ normal(0, 1);
    beta_u ~ normal(0, 1);
    beta_basement ~ normal(0, 1);
    plate zips { log_radon ~ normal(state_mean + basement * beta_basement + log_uranium * beta_u, exp(state_log_sigma)); }
  }
}`);
  const costOf = (zips: number): number => {
    const groups = [
      "global_mean",
      "global_log_sigma",
      "state_mean",
      "state_log_sigma",
      "beta_u",
      "beta_basement",
    ];
    const sizes = new Map([["states", 4], ["zips", zips], ...groups.map((g): [string, number] => [`k_${g}`, 10])]); // prettier-ignore
    const { program } = radon.plan("qem", { sizes });
    expect(program.buffers.flatMap(({ axes }) => axes.map(({ name }) => name))).not.toContain("zips");
    return programCost(program, sizes, ADAPTER_CLASSES.software).laneTime;
  };

  it("does the same work for a thousand houses a state and for a million", () => {
    const thousand = costOf(1000);
    expect(costOf(10_000)).toBe(thousand);
    // So many terms are summed as differences to those of the first particles.
    expect(costOf(100_000) / thousand).toBeLessThan(1.3);
    expect(costOf(1_000_000) / thousand).toBeLessThan(1.3);
  });
});
