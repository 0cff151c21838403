// Hover: what is said of names, expressions, families, functions, words and factors, also in texts with mistakes.
import { describe, expect, it } from "vitest";
import { costsOf } from "../../src/lsp/costs.js";
import { explain } from "../../src/lsp/hover.js";
import { analysed, EXAMPLE_PATHS, places, prefixes, textOf } from "./models.js";

const TEXT = `data {
  plate states;
  plate zips in states;   // what a state is made of
  int<lower=1> D;
  real y[zips];
  vector[3] x[zips];
}
model {
  // the mean of all
  mu ~ normal(0, 1);
  sigma ~ gamma(2, 1);
  plate states {
    theta ~ normal(mu, sigma);
    z ~ bernoulli(0.3);
    plate zips {
      real eta = theta + z * sum(x);
      y ~ normal(eta, 1) T[-9, ];
    }
  }
  target += normal_lpdf(mu | 0, 2);
}
guide { group globals : multi_normal { mu; sigma; } }
generated { plate states { again ~ normal(theta, 1); } }
`;
const analysis = analysed(TEXT);
const costs = analysis.checked && costsOf(analysis.checked);
/** What is said of the first occurrence of a text, or so many characters after it begins. */
const said = (at: string, after = 0): string => {
  const offset = TEXT.indexOf(at);
  if (offset < 0) throw new Error(`no '${at}'`);
  return explain(analysis, offset + after, costs)?.text ?? "";
};

describe("names", () => {
  it("latents: type, plates, prior, what they depend on, guide and group, the comment above", () => {
    expect(said("mu ~")).toBe(
      [
        "```mpp\nreal mu ~ normal(0, 1)\n```",
        "A latent.",
        "Guide: `normal(mu: learn(), sigma: learn())`, the default. " +
          "In the group `globals` of `mu`, `sigma`, which is one normal with full covariance.",
        "the mean of all",
      ].join("\n\n"),
    );
    expect(said("theta ~")).toContain("real theta[states] ~ normal(mu, sigma)");
    expect(said("theta ~")).toContain("one for each element of `states`. Depends on `mu`, `sigma`.");
  });
  it("a use is as its declaration", () => expect(said("theta, 1)")).toBe(said("theta ~")));
  it("discrete latents are summed out", () =>
    expect(said("z ~")).toContain("Summed out exactly: all its values from `0` to `1`"));
  it("data, observed or not", () => {
    expect(said("y[zips]")).toContain("Observed data, one for each element of `states`, `zips`.");
    expect(said("x[zips]")).toContain("```mpp\nvector[3] x[states, zips]\n```\n\nData");
  });
  it("locals, with their expression", () => {
    expect(said("eta =")).toContain("real eta[states, zips] = theta + z * sum(x)");
    expect(said("eta =")).toContain("Depends on `theta`, `z`.");
  });
  it("plates: where they are, and what is in them", () => {
    expect(said("zips in")).toContain("plate zips in states");
    expect(said("zips in")).toContain("- Data: `y`, `x`");
    expect(said("zips in")).toContain("what a state is made of");
    expect(said("states {")).toContain("- Latents: `theta`, `z`\n- Plates: `zips`\n- Quantities: `again`");
  });
  it("groups and predictions", () => {
    expect(said("globals :")).toContain("One normal with full covariance");
    expect(said("globals :")).toContain("- `real<lower=0> sigma`");
    expect(said("again ~")).toContain("A prediction, drawn anew for every posterior draw");
  });
});

describe("the library", () => {
  it("families: signature, documentation, density, what they can do", () => {
    const text = said("gamma(2");
    expect(text).toContain("distribution gamma(real<lower=0> alpha, real<lower=0> beta) real<lower=0>");
    expect(text).toContain("Density: beta^alpha y^(alpha - 1) exp(-beta y) / Gamma(alpha).");
    expect(text).toContain("Support: y \\> 0.");
    expect(text).toContain("learns `alpha`, `beta`");
    expect(text).toContain("Truncation: `T[a, b]`.");
  });
  it("densities as functions", () =>
    expect(said("normal_lpdf")).toContain(
      "function real normal_lpdf(real y | real mu, real<lower=0> sigma)",
    ));
  it("functions", () => expect(said("sum(x)")).toContain("The sum of a vector's elements."));
});

describe("expressions, words and signs", () => {
  it("an operator's expression: type, plates, latents", () => {
    const text = said("+ z * sum(x)");
    expect(text).toContain("theta + z * sum(x): real[states, zips]");
    expect(text).toContain("Varies over `states`, `zips`. Depends on `theta`, `z`.");
  });
  it("keywords", () => {
    expect(said("plate states;")).toContain("**plate**:");
    expect(said("T[-9")).toContain("truncated");
    expect(said("lower=1")).toContain("**lower**");
  });
  it("the evidence and its cost, on 'model'", () => {
    const text = said("model {");
    expect(text).toContain("1. multiply over `zips`: `K x 2 x states x zips`");
    expect(text).toContain("sum over the particles of `globals`: `K`");
  });
  it("the factor of a '~': its axes and cost", () => {
    const at = TEXT.indexOf("y ~ normal") + 2;
    const text = explain(analysis, at, costs)?.text;
    expect(text).toContain("**y**[states, zips]: the likelihood of `y`");
    expect(text).toContain(
      "Particles of `theta`, `z`. Its table: `K x 2 x states x zips`, `K x 2 x zips` for each element of `states`.",
    );
    expect(said("~ normal(mu, sigma)")).toContain("Its table: `K^2 x states`.");
    expect(said("+= normal_lpdf")).toContain("a term of the log joint density");
  });
});

describe("while somebody types", () => {
  it("names of a broken text are still known, without costs", () => {
    const text = TEXT.replace("real eta = theta + z * sum(x);", "real eta = theta + ;");
    const broken = analysed(text);
    expect(explain(broken, text.indexOf("theta ~"), null)?.text).toContain(
      "real theta[states] ~ normal(mu, sigma)",
    );
    expect(explain(broken, text.indexOf("~ normal(mu"), null)?.text).not.toContain("Its table");
  });
  it.each(EXAMPLE_PATHS)("every place of %s", (path) => {
    const text = textOf(path);
    const whole = analysed(text, path);
    const all = whole.checked && costsOf(whole.checked);
    for (const offset of places(text, 1)) {
      const found = explain(whole, offset, all);
      if (found === null) continue;
      expect(found.text.length).toBeGreaterThan(5);
      expect(found.text).not.toMatch(/undefined|\[object|NaN/);
      expect(found.span.start).toBeLessThanOrEqual(offset);
      expect(found.span.end).toBeGreaterThanOrEqual(offset);
    }
    for (const prefix of prefixes(text, 97)) {
      const cut = analysed(prefix, path);
      for (const offset of places(prefix, 31)) explain(cut, offset, null);
    }
  });
});
