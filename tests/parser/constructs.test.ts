// Every construct of the language, parsed and printed.
import { describe, expect, it } from "vitest";
import { parseLibrary } from "../../src/parser/parse.js";
import { printFunctions, printProgram } from "../../src/parser/print.js";
import { good, outline } from "./parsing.js";

describe("data", () => {
  it("declares plates and variables", () => {
    const program = good(`data {
      plate a; plate b in a; plate c in a by where; plate d ordered; plate e in a ordered; plate f in a by w ordered;
      int<lower=1> D; real y[a]; real<lower=0, upper=2 * D> z[a, b]; vector[D] v; vector<lower=0>[18] x[a, b];
      matrix[2, D + 1] m; cov_matrix[3] s; cholesky_factor_cov[2] l; cholesky_factor_cov[3, 2] k;
      real<offset=1, multiplier=D> o; real group[a]; int T; real array;
    }
    model {}`);
    expect(outline(program)).toMatchInlineSnapshot(`
      "data
        plate a
        plate b in a
        plate c in a by where
        plate d ordered
        plate e in a ordered
        plate f in a by w ordered
        variable int<lower=1> D
        variable real y[a]
        variable real<lower=0, upper=(2 * D)> z[a, b]
        variable vector[D] v
        variable vector<lower=0>[18] x[a, b]
        variable matrix[2, (D + 1)] m
        variable cov_matrix[3] s
        variable cholesky_factor_cov[2] l
        variable cholesky_factor_cov[3, 2] k
        variable real<offset=1, multiplier=D> o
        variable real group[a]
        variable int T
        variable real array
      model"
    `);
  });
});

describe("model and generated", () => {
  it("holds every statement", () => {
    const program = good(`parameters { real<lower=0> rate = 1; plate p { vector[2] w = [1, 2]; } }
    model {
      mu ~ normal(0, 1);
      vector[3] z ~ normal(mu, exp(mu));
      mu ~ normal(0, 1) T[0, 1]; a ~ normal(0, 1)T[, 1]; b ~ normal(0, 1) T[0, ]; c ~ normal(0, 1) T[,];
      positive_ordered[2] o;
      real eta = mu + 1;
      target += normal_lpdf(eta | 0, 1);
      plate p { y ~ normal(mu, 1); ; plate q {} }
      if (N > 1) x ~ f(); else if (N) { y ~ f(); } else { }
      if (a) if (b) c ~ f(); else d ~ f();
      for (i in 1:N + 1) target += i;
      { real local = 1; }
      group ~ normal(0, 1);
      flat0 ~ flat();
    }
    generated { plate p { real sd = exp(mu); y_rep ~ normal(mu, sd); real z_rep ~ normal(mu, 1); } }`);
    expect(outline(program)).toMatchInlineSnapshot(`
      "parameters
        local real<lower=0> rate = 1
        plate p
          local vector[2] w = [1, 2]
      model
        sample mu ~ normal(0, 1)
        sample vector[3] z ~ normal(mu, exp(mu))
        sample mu ~ normal(0, 1) T[0, 1]
        sample a ~ normal(0, 1) T[, 1]
        sample b ~ normal(0, 1) T[0, ]
        sample c ~ normal(0, 1) T[, ]
        sample positive_ordered[2] o ~ flat()
        local real eta = (mu + 1)
        target += normal_lpdf(eta | 0, 1)
        plate p
          sample y ~ normal(mu, 1)
          plate q
        if (N > 1)
          sample x ~ f()
          else
            if N
              block
                sample y ~ f()
              else
                block
        if a
          if b
            sample c ~ f()
            else
              sample d ~ f()
        for i in 1:(N + 1)
          target += i
        block
          local real local = 1
        sample group ~ normal(0, 1)
        sample flat0 ~ flat()
      generated
        plate p
          local real sd = exp(mu)
          sample y_rep ~ normal(mu, sd)
          sample real z_rep ~ normal(mu, 1)"
    `);
  });

  it("gives every line its position", () => {
    const text = "data {\n  plate p;\n}\nmodel {\n  plate p {\n    y ~ normal(0, 1);\n  }\n}\n";
    expect(printProgram(good(text))).toBe(
      "program\n  data\n    2:3 plate p\n  model\n    5:3 plate p\n      6:5 sample y ~ normal(0, 1)\n",
    );
  });
});

describe("guide", () => {
  it("holds every statement", () => {
    const program = good(`model {}
    guide {
      x; group;
      y ~ normal(learn(), learn(0.5));
      z ~ normal(learn(a + 1, over = none), learn(1, over = users));
      w ~ normal(learn(1, over = (users, films)), learn(over = none));
      v ~ normal(1.5 * x, exp(-learn));
      plate users { group g { a; b ~ normal(0, 1); } group h : multi_normal { c; } }
    }`);
    expect(outline(program)).toMatchInlineSnapshot(`
      "model
      guide
        default x
        default group
        sample y ~ normal(learn(), learn(0.5))
        sample z ~ normal(learn((a + 1), over = none), learn(1, over = users))
        sample w ~ normal(learn(1, over = (users, films)), learn(over = none))
        sample v ~ normal((1.5 * x), exp((-learn)))
        plate users
          group g
            default a
            sample b ~ normal(0, 1)
          group h : multi_normal
            default c"
    `);
  });
});

const NORMAL = `/// The normal distribution.
///   Indented.
distribution normal(real mu, real<lower=0> sigma) real<lower=mu, upper=2 * sigma> {
  log_density(y) = -0.5 * square((y - mu) / sigma);
  draw = mu + sigma * std_normal();
  statistics(y) = (y, square(y));
  statistics(y) = (y);
  statistics(y) = y;
  statistics(y) = (y + 1) * 2;
  fit(m, s) = (mu: m, sigma: sqrt(s - square(m)));
  widen(factor) = (mu: mu, sigma: factor * sigma);
  guides real<lower=0>;
  check log_density(y = 1, mu = 0, sigma = 2) == -1.73;
  check fit(m = 1, s = 2).sigma == 1;
}
// not a doc comment
function real half_life(real rate) = log(2) / rate;

/// Lost: a blank line follows.

/// Kept.
function real f(real x, vector v) { real a = x + 1; vector[2] b = [a, x]; return a * sum(v) + b[1]; }
function simplex g(simplex[3] s) = s;
`;

describe("functions and distributions", () => {
  it("parses a library file", () => {
    const { functions, diagnostics } = parseLibrary({ path: "normal.mpp", text: NORMAL });
    expect(diagnostics).toEqual([]);
    expect(functions.map((f) => f.doc)).toEqual(["The normal distribution.\n  Indented.", "", "Kept.", ""]);
    expect(printFunctions(functions)).toMatchInlineSnapshot(`
      "library
        3:1 distribution normal(real mu, real<lower=0> sigma) real<lower=mu, upper=(2 * sigma)>
          /// The normal distribution.
          ///   Indented.
          4:3 log_density(y) = ((-0.5) * square(((y - mu) / sigma)))
          5:3 draw = (mu + (sigma * std_normal()))
          6:3 statistics(y) = (y, square(y))
          7:3 statistics(y) = (y)
          8:3 statistics(y) = (y)
          9:3 statistics(y) = (((y + 1) * 2))
          10:3 fit(m, s) = (mu: m, sigma: sqrt((s - square(m))))
          11:3 widen(factor) = (mu: mu, sigma: (factor * sigma))
          12:3 guides real<lower=0>
          13:3 check log_density(y = 1, mu = 0, sigma = 2) == (-1.73)
          14:3 check fit(m = 1, s = 2).sigma == 1
        17:1 function real half_life(real rate)
          17:38 return (log(2) / rate)
        22:1 function real f(real x, vector v)
          /// Kept.
          22:37 local real a = (x + 1)
          22:53 local vector[2] b = [a, x]
          22:82 return ((a * sum(v)) + b[1])
        23:1 function simplex g(simplex[3] s)
          23:36 return s
      "
    `);
  });

  it("parses them in a functions block too", () => {
    const block = good(`functions {\n${NORMAL}}\nmodel {}`);
    const library = parseLibrary({ path: "normal.mpp", text: NORMAL });
    expect(block.functions.map((f) => [f.kind, f.name.text, f.doc])).toEqual(
      library.functions.map((f) => [f.kind, f.name.text, f.doc]),
    );
  });
});

describe("words and blanks", () => {
  it("takes soft keywords as names, in every place a name stands", () => {
    const names = ["group", "by", "T", "array", "over", "none", "learn", "check", "fit", "lower", "draw"];
    for (const name of names) {
      const program = good(`data { plate ${name}; real x[${name}]; }
        model { real ${name} = ${name}; ${name} ~ normal(${name}, f(${name})) T[${name}, ]; plate ${name} {} }
        guide { ${name}; ${name} ~ normal(${name}, 1); group ${name} : ${name} { ${name}; } }`);
      expect(program.guide).toHaveLength(3);
    }
  });

  it("takes comments and line breaks of any system anywhere", () => {
    const text = "/* a\n * b **/ model // c\r\n{\r\n  x /* d */ ~ normal(0 /**/, 1); // e\r\n}\r\n//";
    expect(printProgram(good(text))).toBe("program\n  model\n    4:3 sample x ~ normal(0, 1)\n");
  });
});
