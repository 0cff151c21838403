// All mistakes of a file in one go, and no mistakes that are only consequences of others.
import { describe, expect, it } from "vitest";
import { codes } from "./checked.js";

const model = (data: string, body: string, rest = ""): string =>
  `data { plate rows; real y[rows]; ${data} } model { ${body} } ${rest}`;

describe("several mistakes", () => {
  it("of one file are all found", () => {
    expect(
      codes(
        model(
          "cholesky_factor_cov[3, 2] p; real x[cols];",
          "mu ~ nomal(0, 1); sigma ~ normal(0, -1); plate rows { y ~ normal(mean, sqrrt(sigma)); y ~ normal(0, 1); }",
          "guide { nobody; mu ~ normal(0); } generated { real y = 1; real z = unknown; }",
        ),
      ),
    ).toEqual([
      "E0482",
      "E0204",
      "E0203",
      "E0433",
      "E0201",
      "E0202",
      "E0209",
      "E0450",
      "E0431",
      "E0206",
      "E0201",
    ]);
  });
  it("of one expression are all found", () => {
    expect(
      codes(model("", "mu ~ normal(0, 1); plate rows { y ~ normal(one + two(mu), exp(three)); }")),
    ).toEqual(["E0201", "E0202", "E0201"]);
  });
});

describe("a mistake has no consequences", () => {
  it.each([
    [
      "a latent with a bad prior is used",
      "",
      "mu ~ nomal(0, 1); plate rows { y ~ normal(mu, 1); }",
      ["E0203"],
    ],
    [
      "data with a bad type is used",
      "cholesky_factor_cov[3, 2] p;",
      "plate rows { m ~ normal(p, 1); y ~ normal(m, 1); }",
      ["E0482"],
    ],
    [
      "data with a bad type is observed",
      "cholesky_factor_cov[3, 2] p;",
      "m ~ normal(0, 1); p ~ normal(m, 1); plate rows { y ~ normal(m, 1); }",
      ["E0482"],
    ],
    [
      "a local with a bad value is used",
      "",
      "real a = b; m ~ normal(a, 1); plate rows { y ~ normal(m * a, 1); }",
      ["E0201"],
    ],
    [
      "an unknown plate is opened twice",
      "",
      "plate cols { z ~ normal(0, 1); } plate cols { real w = z; } plate rows { y ~ normal(0, 1); }",
      ["E0204", "E0204"],
    ],
    [
      "a plate in an unknown plate is opened",
      "plate zips in states; real x[zips];",
      "plate zips { z ~ normal(0, 1); x ~ normal(z, 1); } plate rows { y ~ normal(0, 1); }",
      ["E0204"],
    ],
    [
      "a plate that is not open holds statements",
      "plate zips in rows; real x[zips];",
      "plate zips { z ~ normal(0, 1); x ~ normal(z, 1); } plate rows { y ~ normal(0, 1); }",
      ["E0302"],
    ],
    [
      "plates are not open around the innermost",
      "plate a; plate b in a; plate c in b; real x[c];",
      "plate c { z ~ normal(0, 1); x ~ normal(z, 1); } plate rows { y ~ normal(0, 1); }",
      ["E0302"],
    ],
    ["nothing else is used", "real unused;", "m ~ normal(wrong, 1);", ["E0201"]],
    [
      "a latent outside its plate is in an expression",
      "",
      "plate rows { z ~ normal(0, 1); y ~ normal(z, 1); } real s = exp(z) + 1; t ~ normal(s, 1);",
      ["E0312"],
    ],
  ])("when %s", (_, data, body, expected) => {
    expect(codes(model(data, body))).toEqual(expected);
  });
  it("when a vector over plates is indexed by a plate", () => {
    expect(
      codes(model("vector[2] v[rows];", "m ~ normal(0, 1); plate rows { y ~ normal(m * v[rows], v[1]); }")),
    ).toEqual(["E0412"]);
  });
  it("when the parser drops a declaration", () => {
    expect(codes(model("real x", "mu ~ normal(0, 1); plate rows { y ~ normal(mu * x, 1); }"))).toEqual([
      "E0130",
    ]);
    expect(codes(model("", "real s[2] ~ normal(0, 1); plate rows { y ~ normal(s, 1); }"))).toEqual(["E0170"]);
    expect(codes(model("", "mu ~ ; plate rows { y ~ normal(mu, 1); }", "guide { mu; }"))).toHaveLength(1);
  });
  it("when a function has one", () => {
    const functions =
      "functions { function real f(real x) = x + z; distribution d(real a) real { draw = f(a); } }";
    expect(codes(`${functions} ${model("", "m ~ d(f(1)); plate rows { y ~ normal(f(m), 1); }")}`)).toEqual([
      "E0201",
      "E0440",
    ]);
  });
});
