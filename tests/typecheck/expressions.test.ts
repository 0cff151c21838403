// Types, plates and latents of expressions.
import { describe, expect, it } from "vitest";
import { constantValue } from "../../src/typecheck/constants.js";
import { showExpression, showType } from "../../src/typecheck/show.js";
import { isSized } from "../../src/typecheck/types.js";
import { check, codes, inRows, localValue, named, typed } from "./checked.js";

describe("the type of an expression", () => {
  it.each([
    ["int", "1 + n"],
    ["real", "1 + a"],
    ["real", "1.5 * n"],
    ["real", "n ^ 2"],
    ["int", "n % 2"],
    ["int", "a > 0 && y < 1"],
    ["int", "n > 0 ? 1 : 2"],
    ["real", "n > 0 ? 1 : 2.5"],
    ["vector[3]", "2 * b + v"],
    ["vector[3]", "b .* v"],
    ["vector[3]", "v / 2"],
    ["vector[3]", "-exp(b)"],
    ["vector[3]", "pow(b, 2)"],
    ["vector[D]", "c - w"],
    ["real", "b[3]"],
    ["real", "c[1]"],
    ["real", "sum(c)"],
    ["real", "max(b)"],
    ["real", "log_sum_exp(b)"],
    ["int", "max(n, 3)"],
    ["real", "max(n, 3.5)"],
    ["real", "fmax(n, 3)"],
    ["int", "abs(n)"],
    ["real", "abs(y)"],
    ["int", "to_int(y)"],
    ["int", "num_elements(w)"],
    ["real", "dot_product(b, v)"],
    ["real", "mean(w)"],
    ["vector[3]", "logit(b)"],
    ["vector[3]", "softmax(b)"],
    ["vector[D]", "log_mix(0.5, c, 1)"],
    ["real", "pi() * e()"],
  ])("is %s for %s", (type, text) => {
    const base = type.replace(/^int$/, "int");
    const model = typed(inRows(`${base} it = ${text};`));
    expect(showType(localValue(model, "it").type)).toBe(type);
  });
});

describe("plates and latents", () => {
  const model = typed(`
    data {
      plate users; plate films;
      real age[users]; real length[films]; real rating[films, users];
    }
    model {
      z ~ normal(0, 1);
      plate films {
        f ~ normal(z, 1);
        plate users {
          u ~ normal(0, 1);
          real both = length + age + u + f + z;
          rating ~ normal(both, 1);
        }
      }
    }`);
  const both = localValue(model, "both");

  it("are in the order of opening and of the model", () => {
    expect(both.plates.map((p) => p.name)).toEqual(["films", "users"]);
    expect(both.latents.map((l) => l.name)).toEqual(["z", "f", "u"]);
    expect(named(model.latents, "u").plates.map((p) => p.name)).toEqual(["films", "users"]);
  });
  it("of data are in the order of the file", () => {
    expect(named(model.data, "rating").plates.map((p) => p.name)).toEqual(["films", "users"]);
  });
  it("of nested plates imply their parents", () => {
    const nested = typed(`
      data { plate states; plate zips in states; plate days; real y[days, zips]; }
      model { m ~ normal(0, 1); plate days { plate states { plate zips { y ~ normal(m, 1); } } } }`);
    expect(named(nested.data, "y").plates.map((p) => p.name)).toEqual(["days", "states", "zips"]);
  });
  it("of a latent's later block are those of its first", () => {
    expect(
      codes(`
      data { plate rows; real y[rows]; }
      model { plate rows { x ~ normal(0, 1); } plate rows { y ~ normal(x, 1); } }`),
    ).toEqual([]);
  });
});

describe("sizes", () => {
  it("are one where their values or their expressions of data are", () => {
    const model = typed(`
      data { int<lower=1> D; vector[6] x; vector[2 * D] y; }
      model {
        int twice = 2 * D;
        vector[2 * 3] a ~ normal(x, 1);
        vector[twice] b ~ normal(y, 1);
        y ~ normal(b * sum(a), 1);
      }`);
    const keys = model.latents.map((l) => (isSized(l.type.size) ? l.type.size.key : ""));
    expect(keys).toEqual(["6", "2 * D"]);
  });
  it("of locals of one name in different blocks are not confused", () => {
    expect(
      codes(`
      data { int<lower=1> D; int<lower=1> E; vector[D] x; vector[E] y; }
      model {
        { int n = D; vector[n] a ~ normal(x, 1); }
        { int n = E; vector[n] b = y; target += sum(a + b); }
      }`),
    ).toEqual(["E0401"]);
  });
  it("of a latent come from its arguments where it has no type", () => {
    const model = typed(inRows("z ~ normal(b, exp(v)); half ~ normal(a, 1);"));
    expect(showType(named(model.latents, "z").type)).toBe("vector[3]");
    expect(showType(named(model.latents, "half").type)).toBe("real");
  });
});

describe("constants", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["-2 ^ 2", -4],
    ["2 ^ 3 ^ 2", 512],
    ["7 / 2", 3],
    ["7 % 4", 3],
    ["7 / 2.0", 3.5],
    ["1 > 2 ? 3 : 4", 4],
    ["inv_sqrt(4)", 0.5],
    ["atan2(0, 1)", 0],
    ["square(min(3, 4))", 9],
    ["lgamma(3)", null],
    ["a", null],
  ])("%s is %s", (text, value) => {
    expect(constantValue(localValue(typed(inRows(`real it = ${text};`)), "it"))).toBe(value);
  });
});

describe("bounds", () => {
  const support = (declaration: string): string => {
    const model = typed(`
      data { int<lower=0> n; real top; plate rows; real y[rows]; }
      model { ${declaration} plate rows { y ~ normal(x * n, top); } }`);
    return showType(named(model.latents, "x").type);
  };
  it.each([
    ["x ~ normal(0, 1);", "real"],
    ["real<lower=0> x ~ normal(0, 1);", "real<lower=0>"],
    ["x ~ gamma(1, 1);", "real<lower=0>"],
    ["real x ~ beta(1, 1);", "real<lower=0, upper=1>"],
    ["real<upper=0.5> x ~ beta(1, 1);", "real<lower=0, upper=0.5>"],
    ["real<lower=-1> x ~ gamma(1, 1);", "real<lower=0>"],
    ["x ~ uniform(-1, top);", "real<lower=-1, upper=top>"],
    ["real<upper=n> x ~ uniform(-1, top);", "real<lower=-1, upper=min(n, top)>"],
  ])("%s has %s", (declaration, type) => {
    expect(support(declaration)).toBe(type);
  });
});

describe("functions", () => {
  it("are specialised to the sizes of their arguments", () => {
    const value = localValue(typed(inRows("real it = mean(v) + dot_product(c, w);")), "it");
    expect(showExpression(value)).toBe("mean(v) + dot_product(c, w)");
    if (value.kind !== "apply") throw new Error("not a sum");
    const shown = value.args.map((arg) =>
      arg.kind === "call"
        ? [arg.callee.parameters.map((p) => showType(p.type)), showExpression(arg.callee.value)]
        : [],
    );
    expect(shown).toEqual([
      [["vector[3]"], "sum(v) / 3"],
      [["vector[D]", "vector[D]"], "sum(a .* b)"],
    ]);
  });
  it("of scalars are elementwise, through what they call and their locals", () => {
    const f =
      "function real g(real x) = x + 1; function real f(real x, vector u) { real t = g(x); return t * sum(u); }";
    const value = localValue(typed(inRows("vector[3] it = f(b, c);", f)), "it");
    expect(showType(value.type)).toBe("vector[3]");
    if (value.kind !== "call") throw new Error("not a call");
    expect(value.callee.parameters.map((p) => showType(p.type))).toEqual(["vector[3]", "vector[D]"]);
    expect(showType(value.callee.value.type)).toBe("vector[3]");
  });
  it("that are the same for all arguments are one", () => {
    const model = typed(
      inRows("real p = logit(0.5); real q = logit(y); vector[3] r = logit(b); vector[3] s = logit(v);"),
    );
    const callees = model.locals.map((l) => (l.value.kind === "call" ? l.value.callee : null));
    expect(callees[0]).toBe(callees[1]);
    expect(callees[2]).toBe(callees[3]);
    expect(callees[2]).not.toBe(callees[0]);
  });
  it("may call those that come after them", () => {
    const f = "function real f(real x) = g(x) + 1; function real g(real x) = 2 * x;";
    expect(codes(inRows("real it = f(a);", f))).toEqual([]);
  });
  it("that call each other are found", () => {
    const f = "function real f(real x) = g(x) + 1; function real g(real x) = f(x);";
    expect(codes(inRows("real it = f(a);", f))).toEqual(["E0215"]);
  });
  it("may draw, for draws alone", () => {
    const f = `function real wobble(real x) = x + std_uniform();
      distribution wobbly(real mu) real { log_density(y) = -abs(y - mu); draw = wobble(mu); }`;
    expect(codes(inRows("x ~ wobbly(0);", f))).toEqual([]);
    expect(codes(inRows("real x = wobble(0);", f))).toEqual(["E0416"]);
    expect(codes(inRows("", `distribution odd(real mu) real { log_density(y) = std_uniform(); }`))).toEqual([
      "E0416",
    ]);
  });
});

it("a target of vectors counts as their sum", () => {
  const { model } = check(inRows("target += -square(b);"));
  const target = model?.factors.find((f) => f.kind === "target");
  expect(target && showExpression(target.value)).toBe("sum(-square(b))");
});
