// Completion and signature help: what is offered at a place of a text that somebody is writing.
import { describe, expect, it } from "vitest";
import { documentationOf, offersAt } from "../../src/lsp/completion.js";
import { toItem, type Offer } from "../../src/lsp/completion-items.js";
import { signatureHelpAt } from "../../src/lsp/signature-help.js";
import { readLibrary } from "../../src/stdlib.js";
import { analysed, EXAMPLE_PATHS, places, prefixes, textOf } from "./models.js";

const HEAD = `data {
  plate states;
  plate zips in states;
  plate days ordered;
  int<lower=1> D;
  real<lower=0> y[zips];
  int<lower=0> n[states];
  int<lower=0, upper=1> success[states];
  vector[D] x[zips];
}
model {
  mu ~ normal(0, 1);
  sigma ~ gamma(2, 1);
  vector[D] beta ~ normal(0, 1);
`;

/** What is offered at the `|` of a text, in the order in which a client shows it. */
function offers(marked: string): readonly Offer[] {
  const offset = marked.indexOf("|");
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  return [...offersAt(analysed(text), offset)].sort(
    (a, b) => a.rank - b.rank || a.label.localeCompare(b.label, "en"),
  );
}
const labels = (marked: string): readonly string[] => offers(marked).map(({ label }) => label);
const first = (marked: string, count: number): readonly string[] => labels(marked).slice(0, count);

describe("after '~', families by what stands left of it", () => {
  const family = readLibrary();
  const typeOf = (name: string) => family.distribution(name)?.result;

  it("a latent without a type: any, reals first", () => {
    const found = labels(`${HEAD} plate states { theta ~ |`);
    expect(found).toHaveLength(family.distributionNames.length);
    expect(typeOf(found[0] ?? "")).toMatchObject({ base: "real", size: null });
    expect(found[0]).toBe("normal");
    for (const later of ["log_normal", "scaled_beta", "poisson", "multi_normal"])
      expect(found.indexOf("student_t"), later).toBeLessThan(found.indexOf(later));
  });
  it("positive data: positive families first", () => {
    const found = first(`${HEAD} plate states { plate zips { y ~ | } } }`, 10);
    expect(found).toContain("gamma");
    for (const name of found) expect(typeOf(name)?.lower).toMatchObject({ kind: "literal", value: 0 });
  });
  it("counts and binary data: discrete ones first", () => {
    const counts = first(`${HEAD} plate states { n ~ |; } }`, 4);
    for (const name of counts) expect(typeOf(name)?.base).toBe("int");
    expect(labels(`${HEAD} plate states { n ~ |; } }`).indexOf("poisson")).toBeLessThan(8);
    expect(first(`${HEAD} plate states { success ~ ber|; } }`, 2)).toEqual(["bernoulli", "bernoulli_logit"]);
  });
  it("a type that is written", () => {
    expect(first(`${HEAD} simplex[3] p ~ |`, 1)).toEqual(["dirichlet"]);
    expect(first(`${HEAD} real<lower=0, upper=1> p ~ |`, 2)).toEqual(["beta", "beta_proportion"]);
    expect(first(`${HEAD} real<lower=0> p ~ |`, 8)).toContain("half_normal");
    expect(first(`${HEAD} cholesky_factor_corr[3] L ~ |`, 3)).toContain("lkj_corr_cholesky");
  });
  it("the arguments are places to fill in", () => {
    const offer = offers(`${HEAD} a ~ |`).find(({ label }) => label === "normal");
    expect(offer?.detail).toBe("normal(real mu, real<lower=0> sigma): all reals");
    expect(offer && toItem(offer, "u", true).insertText).toBe("normal(${1:mu}, ${2:sigma})");
    expect(offer && toItem(offer, "u", false).insertText).toBeUndefined();
  });
  it("of a group of the guide", () =>
    expect(labels(`${HEAD}}\nguide { group g : |`)).toEqual(["multi_normal"]));
});

describe("expressions", () => {
  it("names in scope with their types, those that fit first", () => {
    const found = offers(`${HEAD} real eta = |`);
    expect(found.slice(0, 4).map(({ label }) => label)).toEqual(["D", "mu", "sigma", "beta"]);
    expect(found.find(({ label }) => label === "sigma")?.detail).toBe("real<lower=0>, latent");
    expect(first(`${HEAD} target += dot_product(|`, 1)).toEqual(["beta"]);
  });
  it("not what is declared below, or is over a plate that is not open", () => {
    const text = `${HEAD} plate states { theta ~ normal(0, 1); } real e = |; last ~ normal(0, 1); }`;
    expect(labels(text)).toContain("mu");
    for (const name of ["theta", "last", "y", "n"]) expect(labels(text)).not.toContain(name);
    const inside = labels(`${HEAD} plate states { theta ~ normal(0, 1); plate zips { y ~ normal(th|`);
    for (const name of ["theta", "n", "x", "y", "mu"]) expect(inside).toContain(name);
  });
  it("locals, while their block is open", () => {
    expect(labels(`${HEAD} plate states { real shift = mu; theta ~ normal(|`)).toContain("shift");
    expect(labels(`${HEAD} plate states { real shift = mu; } target += |; }`)).not.toContain("shift");
  });
  it("functions by what they give, without pieces of the library", () => {
    const found = labels(`${HEAD} vector[D] v = |`);
    expect(found.indexOf("softmax")).toBeLessThan(found.indexOf("mean"));
    expect(found).not.toContain("is_same");
    expect(found).not.toContain("std_uniform");
    expect(found).not.toContain("lgamma_delta");
  });
  it("whole numbers in sizes and indices", () => expect(first(`${HEAD} vector[|`, 1)).toEqual(["D"]));
  it("learn in the guide, prev along a time axis", () => {
    expect(first(`${HEAD}}\nguide { mu ~ normal(|`, 1)).toEqual(["learn"]);
    expect(labels(`${HEAD} target += |`)).not.toContain("learn");
    expect(labels(`${HEAD} plate days { z ~ normal(|`)).toContain("prev");
    expect(labels(`${HEAD} plate states { z ~ normal(|`)).not.toContain("prev");
  });
});

describe("statements, plates and words", () => {
  it("blocks that are not there yet", () => {
    expect(labels("|")).toEqual(["data", "functions", "generated", "guide", "model", "parameters"]);
    expect(labels(`${HEAD}}\n|`)).toEqual(["functions", "generated", "guide", "parameters"]);
  });
  it("in the model: data that is not observed yet, of the open plates", () => {
    expect(first(`${HEAD} plate states { n ~ poisson(3); |`, 3)).toEqual(["success", "plate", "target"]);
    expect(labels(`${HEAD} |`)).toEqual(expect.arrayContaining(["plate", "if", "for", "real", "vector"]));
  });
  it("in the guide: latents that it does not name yet", () => {
    expect(labels(`${HEAD}}\nguide { group g { mu; |`)).toEqual(["beta", "sigma"]);
    expect(labels(`${HEAD}}\nguide { mu; |`)).toEqual(["beta", "sigma", "group", "plate"]);
  });
  it("plates to open, and those of data", () => {
    expect(labels(`${HEAD} plate |`)).toEqual(["days", "states"]);
    expect(labels(`${HEAD} plate states { plate |`)).toEqual(["days", "zips"]);
    expect(labels("data { plate a; plate b in |")).toContain("a");
    expect(labels("data { plate a; real y[|")).toEqual(["a"]);
    expect(labels("data { plate a; plate b |")).toEqual(["in", "ordered"]);
  });
  it("bounds, types, items", () => {
    expect(labels(`${HEAD} real<|`)).toEqual(["lower", "upper"]);
    expect(labels("functions { function |")).toContain("simplex");
    expect(labels("functions { distribution d(real m) real { |")).toContain("log_density");
    expect(labels(`${HEAD} a ~ normal(0, 1) |`)).toEqual(["T"]);
  });
  it.each(["real |", "// here |", "12|", "data { plate |"])("nothing at '%s'", (text) =>
    expect(labels(text.startsWith("data") ? text : HEAD + text)).toEqual([]),
  );
});

describe("documentation", () => {
  it("of families, functions, words and names of the text", () => {
    const analysis = analysed(`${HEAD}}`);
    const of = (marked: string, label: string): string | undefined => {
      const offer = offers(marked).find((each) => each.label === label);
      return offer && documentationOf(analysis, { uri: "", ...offer.data });
    };
    expect(of(`${HEAD} a ~ |`, "gamma")).toContain("Density: beta^alpha");
    expect(of(`${HEAD} real a = |`, "exp")).toContain("e to the power x.");
    expect(of(`${HEAD} real a = |`, "sigma")).toContain("real<lower=0> sigma ~ gamma(2, 1)");
    expect(of(`${HEAD} |`, "plate")).toContain("independent elements");
  });
  it("every offer has a documentation", () => {
    const texts = [
      `${HEAD} a ~ |`,
      `${HEAD} real a = |`,
      `${HEAD} |`,
      `${HEAD}}\nguide { |`,
      "data { |",
      "|",
    ];
    const missing = texts.flatMap((text) =>
      offers(text).filter(
        (offer) => documentationOf(analysed(text.replace("|", "")), { uri: "", ...offer.data }) === undefined,
      ),
    );
    expect(missing.map(({ label }) => label)).toEqual([]);
  });
});

describe("signature help", () => {
  const help = (marked: string) => {
    const offset = marked.indexOf("^");
    return signatureHelpAt(analysed(marked.replace("^", "")), offset);
  };
  it("families, with the argument", () => {
    const found = help(`${HEAD} a ~ normal(mu, ^`);
    expect(found?.signatures.map(({ label }) => label)).toEqual(["normal(real mu, real<lower=0> sigma)"]);
    expect(found?.activeParameter).toBe(1);
    const [start, end] = found?.signatures[0]?.parameters?.[1]?.label ?? [];
    expect(found?.signatures[0]?.label.slice(Number(start), Number(end))).toBe("real<lower=0> sigma");
  });
  it("functions with several numbers of arguments", () => {
    expect(help(`${HEAD} real a = max(^`)?.activeSignature).toBe(0);
    const found = help(`${HEAD} real a = max(mu, ^`);
    expect(found?.signatures.map(({ label }) => label)).toEqual(["max(vector v)", "max(x, y)"]);
    expect(found?.activeSignature).toBe(1);
  });
  it("the innermost call, densities and words", () => {
    expect(help(`${HEAD} a ~ normal(exp(^`)?.signatures[0]?.label).toBe("exp(x)");
    expect(help(`${HEAD} a ~ normal(exp(mu), ^`)?.signatures[0]?.label).toContain("normal(");
    const density = help(`${HEAD} target += normal_lpdf(mu | 0, ^`);
    expect(density?.signatures[0]?.label).toBe("normal_lpdf(real y | real mu, real<lower=0> sigma)");
    expect(density?.activeParameter).toBe(2);
    expect(help(`${HEAD}}\nguide { mu ~ normal(learn(^`)?.signatures[0]?.label).toBe(
      "learn(initial, over = (plates))",
    );
  });
  it("nothing outside of a call", () => {
    expect(help(`${HEAD} a ~ normal(0, 1);^`)).toBeNull();
    expect(help(`${HEAD} a ~ unheard_of(^`)).toBeNull();
  });
});

it.each(EXAMPLE_PATHS)("every place of %s, and of its beginnings", (path) => {
  const text = textOf(path);
  const whole = analysed(text, path);
  for (const offset of places(text, 5)) {
    const items = offersAt(whole, offset).map((offer) => toItem(offer, path, true));
    // A variable may be called as a function is.
    expect(new Set(items.map(({ label, kind }) => `${label} ${kind ?? 0}`)).size).toBe(items.length);
    const shown = items.map(
      ({ label, insertText, detail }) => `${label} ${insertText ?? ""} ${detail ?? ""}`,
    );
    expect(shown.join("\n")).not.toMatch(/undefined|\[object|NaN/);
    const help = signatureHelpAt(whole, offset);
    if (help !== null) expect(help.activeSignature ?? 0).toBeLessThan(help.signatures.length);
  }
  for (const prefix of prefixes(text, 61)) {
    const cut = analysed(prefix, path);
    offersAt(cut, prefix.length);
    signatureHelpAt(cut, prefix.length);
  }
});
