// Guides and groups: what is written, and what is derived.
import { describe, expect, it } from "vitest";
import { printModel } from "../../src/typecheck/print.js";
import { codes, typed } from "./checked.js";

const model = (latent: string, guide = ""): string => `
  data { int<lower=0> n; real top; plate rows; plate columns; real y[rows]; real s[columns]; }
  model {
    ${latent}
    plate rows { y ~ normal(n + top, 1); theta ~ normal(0, 1); plate columns { phi ~ normal(0, 1); } }
    plate columns { s ~ normal(0, 1); }
  }
  ${guide === "" ? "" : `guide { ${guide} }`}`;

/** The line of a section of the printed model that begins with `name`. */
function line(text: string, section: string, name: string): string {
  const lines = printModel(typed(text)).split("\n");
  const found = lines.slice(lines.indexOf(section)).find((l) => l.startsWith(`  ${name}`));
  return (found ?? "").trim();
}

describe("the default guide", () => {
  it.each([
    ["x ~ normal(0, 1);", "normal(mu: learn(), sigma: learn())"],
    ["x ~ student_t(3, 0, 1);", "normal(mu: learn(), sigma: learn())"],
    ["x ~ cauchy(0, 1);", "normal(mu: learn(), sigma: learn())"],
    ["x ~ half_cauchy(1);", "log_normal(mu: learn(), sigma: learn())"],
    ["real<lower=0> x ~ normal(0, 1);", "log_normal(mu: learn(), sigma: learn())"],
    ["x ~ gamma(1, 1);", "gamma(alpha: learn(), beta: learn())"],
    ["x ~ beta(1, 1);", "beta(alpha: learn(), beta: learn())"],
    ["real<lower=0.5> x ~ beta(1, 1);", "scaled_beta(alpha: learn(), beta: learn(), lower: 0.5, upper: 1)"],
    ["x ~ uniform(-1, top);", "scaled_beta(alpha: learn(), beta: learn(), lower: -1, upper: top)"],
    ["vector[2] x ~ exponential(1);", "exponential(beta: learn())"],
  ])("of '%s' is %s", (latent, guide) => {
    expect(line(model(latent), "guide", "x ~")).toBe(`x ~ ${guide}   default`);
  });
});

describe("a guide that is written", () => {
  it.each([
    ["x ~ normal(0.5, 2);", "x ~ normal(mu: 0.5, sigma: 2)"],
    ["x ~ normal(learn(), learn(2));", "x ~ normal(mu: learn(), sigma: learn(2))"],
    ["x ~ normal(top, learn(over = none));", "x ~ normal(mu: top, sigma: learn())"],
    ["x;", "x ~ normal(mu: learn(), sigma: learn())   default"],
  ])("%s", (guide, shown) => {
    expect(line(model("x ~ normal(0, 1);", guide), "guide", "x ~")).toBe(shown);
  });
  it("may share parameters over plates", () => {
    const over = "plate columns { plate rows { phi ~ normal(learn(over = columns), learn(over = none)); } }";
    expect(line(model("x ~ normal(0, 1);", over), "guide", "phi")).toBe(
      "phi[rows, columns] ~ normal(mu: learn(over = (columns)), sigma: learn(over = none))",
    );
  });
  it("of a discrete latent makes it sampled", () => {
    expect(codes(model("z ~ bernoulli(0.5);", "z ~ bernoulli(learn(0.5));"))).toEqual([]);
    expect(line(model("z ~ bernoulli(0.5);", "z;"), "guide", "z ~")).toBe(
      "z ~ bernoulli(theta: learn())   default",
    );
    expect(line(model("z ~ bernoulli(0.5);", ""), "groups", "z:")).toBe("z: z   summed over 0 to 1");
    expect(codes(model("z ~ bernoulli(0.5);", "z ~ poisson(1);"))).toEqual(["E0454"]);
  });
  it("has the very support of its latent", () => {
    expect(codes(model("x ~ uniform(0, top);", "x ~ scaled_beta(1, 1, 0, top);"))).toEqual([]);
    expect(codes(model("x ~ uniform(0, top);", "x ~ scaled_beta(1, 1, 0, top + 1);"))).toEqual(["E0454"]);
    expect(codes(model("x ~ uniform(0, top);", "x ~ scaled_beta(1, 1, 0, 5);"))).toEqual(["E0454"]);
    expect(codes(model("x ~ uniform(0, 1);", "x ~ beta(learn(), learn());"))).toEqual([]);
  });
  it("has its mistakes found even where its latent is unknown", () => {
    expect(codes(model("x ~ normal(0, 1);", "nothing ~ normal(0, -1);"))).toEqual(["E0450", "E0433"]);
  });
});

describe("groups", () => {
  const text = model(
    "x ~ normal(0, 1); z ~ normal(0, 1); w ~ normal(0, 1);",
    "group pair { w; x; } plate rows { group inner { theta; } }",
  );
  it("are in the order of their first latent, and the rest are alone", () => {
    expect(typed(text).groups.map((g) => [g.name, g.latents.map((l) => l.name), g.explicit])).toEqual([
      ["pair", ["x", "w"], true],
      ["z", ["z"], false],
      ["inner", ["theta"], true],
      ["phi", ["phi"], false],
    ]);
  });
  it("have the plates of their latents", () => {
    expect(typed(text).groups.map((g) => g.plates.map((p) => p.name))).toEqual([
      [],
      [],
      ["rows"],
      ["rows", "columns"],
    ]);
  });
  it("may hold latents by plates inside them", () => {
    expect(codes(model("x ~ normal(0, 1);", "group g { plate rows { theta; } }"))).toEqual([]);
  });
});
