// What the program `simulate` draws has the moments that the model says, whatever the order and shape of the model.
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { simulatorOf } from "../../src/compile-simulation.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { simulate, type GivenValues, type Simulated } from "../../src/inference/simulate.js";
import { ExtendedSizes, rowsOfLengths, type Sizes } from "../../src/ir/axis.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";

type Options = {
  readonly sizes?: Sizes;
  readonly arrays?: Readonly<Record<string, readonly number[]>>;
  readonly given?: Readonly<Record<string, GivenValues>>;
  readonly count?: number;
  readonly first?: number;
};

async function drawn(
  text: string,
  { sizes = new Map(), arrays = {}, given = {}, count = 1, first = 0 }: Options,
) {
  const { checked, diagnostics } = checkSource({ path: "model.mpp", text });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));
  const simulator = simulatorOf(checked.model);
  if (!("compile" in simulator)) throw new Error(renderDiagnostics(simulator));
  const { compiled } = checked.compile({ programs: ["bounds"], sizes });
  if (compiled === null) throw new Error("no interface");
  return simulate(
    {
      interface: compiled.interface,
      program: simulator.compile(sizes),
      simulated: simulator.simulated,
      data: { sizes, arrays: new Map(Object.entries(arrays).map(([k, v]) => [k, Float64Array.from(v)])) },
      device: createReferenceDevice(),
      seed: 3,
      given: new Map(Object.entries(given)),
      parameters: new Map(),
    },
    count,
    first,
  );
}

const valuesOf = (found: Simulated, name: string): Float64Array =>
  (found.data.get(name) ?? found.latents.get(name) ?? found.generated.get(name))?.values ??
  new Float64Array();

/** The mean of these numbers is `mean`, within five standard errors. */
function expectMean(values: ArrayLike<number>, mean: number): void {
  const n = values.length;
  expect(n).toBeGreaterThan(100);
  const all = Array.from(values);
  const found = all.reduce((a, b) => a + b, 0) / n;
  const sd = Math.sqrt(all.reduce((a, b) => a + (b - found) ** 2, 0) / (n - 1));
  expect(Math.abs(found - mean)).toBeLessThan((5 * sd) / Math.sqrt(n) + 1e-12);
}

describe("simulated data", () => {
  it("has the moments of its hierarchy", async () => {
    const text = `data { plate rows; real y[rows]; int n[rows]; }
      model {
        mu ~ normal(1, 2);
        plate rows { theta ~ normal(mu, 0.5); y ~ normal(theta, 0.3); n ~ poisson(exp(0.2)); }
      }`;
    const found = await drawn(text, { sizes: new Map([["rows", 2]]), count: 3000 });
    const y = valuesOf(found, "y");
    expectMean(y, 1);
    expectMean(
      y.map((x) => (x - 1) ** 2),
      4 + 0.25 + 0.09,
    );
    const both = Float64Array.from({ length: 3000 }, (_, i) => ((y[i] ?? 0) - 1) * ((y[3000 + i] ?? 0) - 1));
    expectMean(both, 4);
    expectMean(valuesOf(found, "n"), Math.exp(0.2));
  });

  it("draws first what others look at, wherever it stands", async () => {
    const text = `data { plate rows; real a[rows]; real b[rows]; real x[rows]; }
      model { s ~ normal(0, 1); plate rows { b ~ normal(2 * a + x, 0.1); a ~ normal(s, 1); } }`;
    const sizes = new Map([["rows", 1]]);
    const found = await drawn(text, { sizes, arrays: { x: [5] }, count: 2000 });
    const a = valuesOf(found, "a");
    const residual = valuesOf(found, "b").map((b, i) => b - 2 * (a[i] ?? 0) - 5);
    expectMean(residual, 0);
    expectMean(
      residual.map((r) => r * r),
      0.01,
    );
    expectMean(
      residual.map((r, i) => r * (a[i] ?? 0)),
      0,
    );
  });

  it("keeps given latents, and draws those that depend on them", async () => {
    const text = `data { plate rows; real y[rows]; }
      model { mu ~ flat(); plate rows { theta ~ normal(mu, 1); y ~ normal(theta, 1); } }`;
    const given = { mu: { values: [3], count: 1 } };
    const found = await drawn(text, { sizes: new Map([["rows", 4]]), given, count: 500 });
    expect(new Set(valuesOf(found, "mu"))).toEqual(new Set([3]));
    expectMean(valuesOf(found, "y"), 3);
  });

  it("draws a data set that depends on the seed and its number alone", async () => {
    const text = `data { real y; } model { mu ~ normal(0, 1); y ~ normal(mu, 1); }`;
    const all = valuesOf(await drawn(text, { count: 5 }), "y");
    const last = valuesOf(await drawn(text, { count: 2, first: 3 }), "y");
    expect([...last]).toEqual([...all.slice(3)]);
    expect(new Set(all).size).toBe(5);
  });

  it("draws within the bounds of latents' types, and ordered ones in order", async () => {
    const text = `data { real y; }
      model {
        real<lower=0> s ~ normal(0, 2);
        real<lower=1, upper=2> u ~ normal(0, 1);
        ordered[3] c ~ normal(0, 1);
        positive_ordered[2] p ~ normal(0, 1);
        int<lower=1, upper=3> k ~ poisson(1);
        y ~ normal(s + u, 1);
      }`;
    const found = await drawn(text, {
      sizes: new Map([
        ["i_3", 3],
        ["i_2", 2],
        ["i_3_again", 3],
        ["i_2_again", 2],
      ]),
      count: 2000,
    });
    expectMean(valuesOf(found, "s"), 2 * Math.sqrt(2 / Math.PI));
    expect(Math.min(...valuesOf(found, "u"))).toBeGreaterThanOrEqual(1);
    expect(Math.max(...valuesOf(found, "u"))).toBeLessThanOrEqual(2);
    const c = valuesOf(found, "c");
    for (let i = 0; i < 2000; i++) expect((c[i] ?? 0) <= (c[2000 + i] ?? 0)).toBe(true);
    expectMean(c.slice(0, 2000), -0.846284); // the least of three
    expectMean(valuesOf(found, "p").slice(0, 2000), 0.467417); // the lesser of two half normals: (2 - sqrt(2)) sqrt(2 / pi)
    // P(1), P(2), P(3) of a Poisson of mean 1 are as 6 to 3 to 1.
    expectMean(valuesOf(found, "k"), (6 + 2 * 3 + 3 * 1) / 10);
  });

  it("draws truncated data within its truncation", async () => {
    const text = `data { real y; } model { mu ~ normal(0, 1); y ~ normal(mu, 1) T[0, ]; }`;
    const found = await drawn(text, { given: { mu: { values: [0], count: 1 } }, count: 2000 });
    expectMean(valuesOf(found, "y"), Math.sqrt(2 / Math.PI));
  });

  it("draws series step by step, of latents and of data", async () => {
    const text = `data { plate days ordered; real y[days]; real w[days]; }
      model {
        phi ~ normal(0, 1);
        plate days {
          x ~ normal(0.8 * prev(x, 10), 1);
          y ~ normal(phi * prev(y, 4) + prev(w, 0), 0.5);
          w ~ normal(x + y, 0.1);
        }
      }`;
    const T = 12;
    const found = await drawn(text, {
      sizes: new Map([["days", T]]),
      given: { phi: { values: [0.5], count: 1 } },
      count: 400,
    });
    const [x, y, w] = ["x", "y", "w"].map((name) => valuesOf(found, name));
    const before = (of: Float64Array | undefined, at: number, first: number): number =>
      at < 400 ? first : (of?.[at - 400] ?? NaN);
    expectMean(x?.map((v, at) => v - 0.8 * before(x, at, 10)) ?? [], 0);
    expectMean(x?.map((v, at) => (v - 0.8 * before(x, at, 10)) ** 2) ?? [], 1);
    expectMean(y?.map((v, at) => (v - 0.5 * before(y, at, 4) - before(w, at, 0)) ** 2) ?? [], 0.25);
    expectMean(w?.map((v, at) => (v - (x?.[at] ?? 0) - (y?.[at] ?? 0)) ** 2) ?? [], 0.01);
  });

  it("draws series whose residuals are looked back at", async () => {
    const text = `data { plate days ordered; real y[days]; }
      model {
        mu ~ normal(0, 1);
        theta ~ normal(0, 1);
        plate days {
          real err = y - (mu + 0.5 * prev(y, mu) + theta * prev(err, 0));
          y ~ normal(mu + 0.5 * prev(y, mu) + theta * prev(err, 0), 0.3);
        }
      }`;
    const [T, N, mu, theta] = [10, 300, 2, 0.6];
    const found = await drawn(text, {
      sizes: new Map([["days", T]]),
      given: { mu: { values: [mu], count: 1 }, theta: { values: [theta], count: 1 } },
      count: N,
    });
    const y = valuesOf(found, "y");
    const residuals: number[] = [];
    for (let i = 0; i < N; i++) {
      let [last, err] = [mu, 0];
      for (let t = 0; t < T; t++) {
        const now = y[t * N + i] ?? NaN;
        err = now - (mu + 0.5 * last + theta * err);
        last = now;
        residuals.push(err);
      }
    }
    expectMean(residuals, 0);
    expectMean(
      residuals.map((r) => r * r),
      0.09,
    );
    const pairs = residuals.flatMap((r, j) => (j % T === 0 ? [] : [r * (residuals[j - 1] ?? 0)]));
    expectMean(pairs, 0);
  });

  it("draws rows of ragged plates, and vectors", async () => {
    const text = `data { cov_matrix[2] S; plate a; plate b in a; vector[2] v[b]; int<lower=0> hits[b]; }
      model {
        plate a {
          m ~ normal(0, 3);
          plate b { v ~ multi_normal([m, 1], S); hits ~ binomial(10, 0.3); }
        }
      }`;
    const rows = rowsOfLengths("a", [2, 0, 1]);
    const facts = { rows: new Map([["b", rows]]), columns: new Map([["i_2_x_2", 2]]) };
    const lengths = [
      ["a", 3],
      ["b", 3],
      ["i_2", 2],
      ["i_2_x_2", 4],
    ] as const;
    const simulator = new ExtendedSizes(new Map(lengths), [], facts);
    const found = await drawn(text, { sizes: simulator, arrays: { S: [1, 0.5, 0.5, 1] }, count: 1500 });
    const [m, v] = [valuesOf(found, "m"), valuesOf(found, "v")];
    const at = (of: Float64Array, element: number, i: number): number => of[element * 1500 + i] ?? NaN;
    const centred = [0, 1, 2].flatMap((row) =>
      Array.from({ length: 1500 }, (_, i) => {
        const mean = at(m, rows.parent[row] ?? 0, i);
        return [at(v, 2 * row, i) - mean, at(v, 2 * row + 1, i) - 1] as const;
      }),
    );
    expectMean(
      centred.map(([p]) => p * p),
      1,
    );
    expectMean(
      centred.map(([p, q]) => p * q),
      0.5,
    );
    expectMean(valuesOf(found, "hits"), 3);
  });

  it("says where no condition of an observation holds", async () => {
    const text = `data { plate rows; int<lower=0, upper=2> kind[rows]; real y[rows]; }
      model {
        mu ~ normal(0, 1);
        plate rows { if (kind == 1) y ~ normal(100 + mu, 1); else if (kind == 2) y ~ normal(-100 + mu, 1); }
      }`;
    const found = await drawn(text, { sizes: new Map([["rows", 3]]), arrays: { kind: [0, 1, 2] } });
    expect([...(found.data.get("y")?.here ?? [])]).toEqual([0, 1, 1]);
    const [, one = 0, two = 0] = valuesOf(found, "y");
    expect(one).toBeGreaterThan(50);
    expect(two).toBeLessThan(-50);
  });

  it("draws generated quantities of what it drew", async () => {
    const text = `data { real y; } model { mu ~ normal(0, 1); y ~ normal(mu, 1); }
      generated { real residual = y - mu; }`;
    const found = await drawn(text, { count: 3 });
    const [y, mu] = [valuesOf(found, "y"), valuesOf(found, "mu")];
    expect([...valuesOf(found, "residual")]).toEqual([...y].map((x, i) => x - (mu[i] ?? 0)));
  });
});

describe("what cannot be simulated", () => {
  const codes = (text: string): string[] => {
    const { checked, diagnostics } = checkSource({ path: "model.mpp", text });
    if (checked === null) throw new Error(renderDiagnostics(diagnostics));
    const simulator = simulatorOf(checked.model);
    return "compile" in simulator ? [] : simulator.map((d) => d.code);
  };
  it.each([
    ["E1301", "data { real y; } model { mu ~ normal(0, 1); target += mu; y ~ normal(mu, 1); }"],
    ["E1302", "data { real y; } model { mu ~ normal(0, 1); real z = 2 * y; z ~ normal(mu, 1); }"],
    [
      "E1304",
      "data { real y; } model { mu ~ normal(0, 1); real<lower=0> s ~ normal(mu, 1); y ~ normal(s, 1); }",
    ],
    ["E1305", "data { real y; } model { real<lower=0> s ~ skew_normal(0, 1, 2); y ~ normal(s, 1); }"],
    ["E1306", "data { real y; } model { ordered[2] c ~ normal([0, 1], 1); y ~ normal(sum(c), 1); }"],
    ["E1307", "data { int y; } model { mu ~ normal(0, 1); y ~ normal(mu, 1); }"],
    ["E1308", "data { ordered[2] y; } model { mu ~ normal(0, 1); y ~ normal(mu, 1); }"],
    ["E1309", "data { real a; real b; } model { m ~ normal(0, 1); a ~ normal(b, 1); b ~ normal(a + m, 1); }"],
  ])("%s", (code, text) => {
    expect(codes(text)).toEqual(code === "E1309" ? [code, code] : [code]);
  });
  it("another name of data is the data", () => {
    expect(codes("data { real y; } model { mu ~ normal(0, 1); real z = y; z ~ normal(mu, 1); }")).toEqual([]);
  });
});
