// What a report computes: densities, thinning, statistics of predictive checks, graphs and the command to do it again.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runCommandText } from "../../src/cli/run-command-text.js";
import { cellsOf } from "../../src/cli/finished-run.js";
import { replicationPairs } from "../../src/cli/replications.js";
import { kernelDensity, shares } from "../../src/report/density.js";
import { drawContraction, drawPlates } from "../../src/report/graph-drawing.js";
import { highlight } from "../../src/report/highlight.js";
import { correlation, quantile, rounded } from "../../src/report/numbers.js";
import { plateGraph } from "../../src/report/plate-graph.js";
import {
  coverage,
  elementChecks,
  rankCounts,
  rankOf,
  statisticChecks,
} from "../../src/report/predictive-check.js";
import { evenly, fairShares, representative } from "../../src/report/thinning.js";
import { checkedModel, numbers } from "./record.js";

/** The area under a curve on an even grid. */
const area = ({ x, density }: { x: Float64Array; density: Float64Array }): number =>
  density.reduce((sum, d, i) => sum + d * ((x[i + 1] ?? x[i] ?? 0) - (x[i - 1] ?? x[i] ?? 0)) * 0.5, 0);

describe("densities", () => {
  it("integrate to one, fading out or ending abruptly", () => {
    const uniform = numbers(2000);
    const normal = uniform.map(
      (u, i) => Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * (numbers(2000, 9)[i] ?? 0)),
    );
    for (const draws of [uniform, normal, uniform.map((u) => -Math.log(u))]) {
      const found = kernelDensity(draws, 200);
      if (found === null) throw new Error("no density");
      expect(area(found)).toBeGreaterThan(0.97);
      expect(area(found)).toBeLessThan(1.03);
    }
  });
  it("do not fall off at an end that draws crowd at", () => {
    const found = kernelDensity(
      numbers(5000).map((u) => -Math.log(u)),
      100,
    );
    expect(found?.x[0]).toBeGreaterThan(0);
    expect(found?.density[0]).toBeGreaterThan(0.85);
  });
  it("are none of what does not vary", () => expect(kernelDensity([2, 2, 2])).toBeNull());
  it("of whole numbers are shares", () =>
    expect([...shares([2, 1, 2, 2])]).toEqual([[1, 0.25], [2, 0.75]])); // prettier-ignore
});

describe("thinning", () => {
  it("keeps both ends, the order, and no more than asked for", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { maxLength: 300 }),
        fc.integer({ min: 3, max: 50 }),
        (values, most) => {
          const items = values.map((value, place) => ({ value, place }));
          const kept = representative(items, ({ value }) => value, most);
          expect(kept).toHaveLength(Math.min(most, values.length));
          expect(kept.map(({ place }) => place)).toEqual(
            [...kept.map(({ place }) => place)].sort((a, b) => a - b),
          );
          if (values.length === 0) return;
          expect(Math.min(...kept.map(({ value }) => value))).toBe(Math.min(...values));
          expect(Math.max(...kept.map(({ value }) => value))).toBe(Math.max(...values));
        },
      ),
    );
  });
  it("goes evenly over a range", () => {
    expect(evenly(3, 5)).toEqual([0, 1, 2]);
    expect(evenly(101, 5)).toEqual([0, 25, 50, 75, 100]);
  });
  it("shares a page between short lists, whole, and long ones", () => {
    expect(fairShares([2, 1000, 10], 30)).toEqual([2, 18, 10]);
    expect(fairShares([1000, 1000], 30)).toEqual([15, 15]);
  });
});

describe("predictive checks", () => {
  const observed = Float64Array.from([0, 2, 4]);
  // Replication d has the values d, d + 1, d + 5.
  const replicated = [0, 1, 5].map((shift) => Float64Array.from({ length: 11 }, (_, d) => d + shift));
  const check = {
    prediction: "y_rep",
    data: "y",
    elements: ["y[1]", "y[2]", "y[3]"],
    observed,
    replicated,
    fromPrior: null,
  };

  it("compare statistics of the data with those of every replication", () => {
    const found = new Map(statisticChecks(check).map((each) => [each.name, each]));
    expect([...found.keys()]).toEqual(["mean", "sd", "smallest", "largest", "share of zeros"]);
    // Means of replications are d + 2, of the data 2: ten are larger, one is the same.
    expect(found.get("mean")?.p).toBeCloseTo(10.5 / 11, 12);
    expect(found.get("sd")?.observed).toBeCloseTo(2, 12);
    expect(found.get("sd")?.p).toBeCloseTo(1, 12);
    expect(found.get("largest")?.replicated[3]).toBe(8);
    expect(found.get("share of zeros")?.observed).toBeCloseTo(1 / 3, 12);
    expect(found.get("share of zeros")?.replicated[0]).toBeCloseTo(1 / 3, 12);
  });
  it("place each observation among its predictions", () => {
    const [first, , third] = elementChecks(check);
    expect(first).toMatchObject({ name: "y[1]", observed: 0, q50: 5, rank: 0.5 / 11 });
    expect(third?.rank).toBe(0);
    expect(coverage(elementChecks(check))).toBeCloseTo(1 / 3, 12);
    expect(rankOf(3, [1, 2, 3, 4])).toBe(0.625);
  });
  it("share ranks out where predictions equal the observation, so that they are even where the model is right", () => {
    const counts = (observed: readonly number[], draws: readonly number[]): readonly number[] => {
      const of = { ...check, elements: observed.map(String), observed: Float64Array.from(observed) };
      return rankCounts(elementChecks({ ...of, replicated: observed.map(() => draws) }), 4).map((n) =>
        rounded(n),
      );
    };
    // Three in four predictions are 0, and so are three in four observations.
    expect(counts([0, 0, 0, 1], [0, 0, 0, 1])).toEqual([1, 1, 1, 1]);
    expect(counts([0, 0], [0, 1])).toEqual([1, 1, 0, 0]);
    expect(counts([0.5, 3.5, 9], [0, 1, 2, 3])).toEqual([0, 1, 0, 2]);
  });
  it("are of predictions that are named after data of the same plates", () => {
    const { model } = checkedModel(`
      data { plate items; real y[items]; real y_new[items]; real w; }
      model { m ~ normal(0, 1); plate items { y ~ normal(m, 1); y_new ~ normal(m, 2); } w ~ normal(m, 1); }
      generated { real w_x ~ normal(m, 1); real other ~ normal(m, 1); plate items { real y_rep ~ normal(m, 1); real y_new_rep ~ normal(m, 1); real w_y ~ normal(m, 1); } }`);
    expect(replicationPairs(model)).toEqual([
      { prediction: "w_x", data: "w" },
      { prediction: "y_rep", data: "y" },
      { prediction: "y_new_rep", data: "y_new" },
    ]);
  });
});

describe("the graph of a model", () => {
  it("has latents, data and observations in the boxes of their plates, and what goes into what", () => {
    const { model } = checkedModel(`
      data { plate days ordered; plate users; plate films; int rating[users, films]; real x[users]; real y[days]; }
      parameters { real<lower=0> rate = 1; }
      model {
        a0 ~ normal(0, 1);
        plate days { a ~ normal(prev(a, a0), rate); y ~ normal(a, 1); }
        plate users { u ~ normal(a0, 1); real v = u * x; plate films { rating ~ poisson(exp(v)); } }
      }`);
    const graph = plateGraph(model, new Map([["users", 3], ["films", 7], ["days", 5]])); // prettier-ignore
    const places = graph.nodes.map(({ id, kind, box }) => `${id} ${kind} ${box ?? "-"}`).sort();
    expect(places).toEqual(["a latent days", "a0 latent -", "rate parameter -", "rating observed users × films", "u latent users", "x data users", "y observed days"]); // prettier-ignore
    const arrows = graph.edges
      .map(({ from, to, previous }) => `${from} ${previous ? "~" : "-"}> ${to}`)
      .sort();
    expect(arrows).toEqual(["a -> y", "a ~> a", "a0 -> a", "a0 -> u", "rate -> a", "u -> rating", "x -> rating"]); // prettier-ignore
    expect(graph.boxes.map(({ label }) => label)).toEqual(["days (5) →", "users (3)", "films (7)"]);
    const drawing = drawPlates(graph, "a <graph>").text;
    expect(drawing.match(/class="node/g)).toHaveLength(7);
    expect(drawing.match(/class="edge/g)).toHaveLength(7);
    expect(drawing.match(/class="plate/g)).toHaveLength(3);
    expect(drawing).toContain("a &lt;graph&gt;");
    expect(drawing).not.toMatch(/NaN|undefined|Infinity/);
  });
  it("has nested plates as boxes in boxes", () => {
    const { model } = checkedModel(`
      data { plate groups; plate items in groups; real y[items]; }
      model { plate groups { t ~ normal(0, 1); plate items { y ~ normal(t, 1); } } }`);
    expect(plateGraph(model, new Map()).boxes).toEqual([
      { id: "groups", label: "groups", parent: null },
      { id: "groups × items", label: "items", parent: "groups" },
    ]);
  });
  it("has one node for data that is observed in two cases, and what decides between them", () => {
    const { model } = checkedModel(`
      data { plate a; plate b; plate c; int<lower=0, upper=1> y[b, a]; real x[a]; real w[c]; real v[c, b]; }
      model {
        plate a {
          z ~ bernoulli(0.5);
          plate b { if (z) y ~ bernoulli_logit(x); else y ~ bernoulli(0.1); }
        }
        plate c { w ~ normal(0, 1); plate b { v ~ normal(0, 1); } }
      }`);
    const { nodes, edges, boxes } = plateGraph(model, new Map());
    expect(nodes.filter(({ kind }) => kind === "observed").map(({ id }) => id)).toEqual(["y", "w", "v"]);
    expect(nodes.find(({ id }) => id === "y")?.statement).toMatch(
      /^y ~ bernoulli_logit\(x\); y ~ bernoulli\(0\.1\)$/,
    );
    expect(edges.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(["x y", "z y"]);
    // Plate b is there with a and with c, so that it is inside neither.
    expect(boxes.map(({ label, parent }) => `${label} in ${parent ?? "none"}`)).toEqual(["a in none", "a × b in none", "c in none", "b × c in none"]); // prettier-ignore
  });
  it("of a contraction shows a prior and its guide as one", () => {
    const drawn = drawContraction(
      [
        {
          step: "sum out k_m",
          looksAt: "k_m",
          leaves: "[]",
          combinations: 30,
          factors: ["m", "guide of m", "1/K of m", "y"],
          steps: [],
        },
      ],
      "tree",
    ).text;
    expect([...drawn.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text).sort()).toEqual(["1. sum out k_m", "evidence", "m / guide", "y"]); // prettier-ignore
  });
});

describe("a model's text", () => {
  it("is whole, with comments, types and families marked", () => {
    const text = "data { real y; } // it's\nmodel { m ~ normal(0, 1.5); y ~ normal(m, 1); }\n";
    const pieces = highlight({ path: "m.mpp", text }, new Set(["normal"]));
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    const of = (kind: string): string[] => pieces.filter((p) => p.kind === kind).map((p) => p.text);
    expect(of("comment")).toEqual(["// it's"]);
    expect(of("type")).toEqual(["real"]);
    expect(of("keyword")).toEqual(["data", "model"]);
    expect(of("distribution")).toEqual(["normal", "normal"]);
    expect(of("number")).toEqual(["0", "1.5", "1"]);
  });
});

describe("the command that does a run again", () => {
  it("has the options as they were given, and none that are understood", () => {
    const model = { path: "my model.mpp", sha256: "" };
    const options = {
      method: "rws",
      start: "tempered",
      seed: 3,
      device: "auto",
      data: ["a.json", "b's.json"],
      covariance: ["mu", "theta"],
      newElements: ["states"],
      K: { all: 30, groups: { globals: 300 } },
    };
    expect(runCommandText({ model, options })).toBe(
      String.raw`mppc run 'my model.mpp' -K 30 -K globals=300 --method rws --seed 3 --data a.json 'b'\''s.json' --covariance mu,theta --new-elements states`,
    );
  });
});

describe("small statistics", () => {
  it("are those of the textbook", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(correlation([1, 2, 3], [2, 4, 6.5])).toBeCloseTo(0.9979, 4);
    expect(correlation([1, 1, 1], [1, 2, 3])).toBeNaN();
  });
  it("cells of a table are read as they were written", () => {
    expect(cellsOf('"z[1,2]",3,,-1e-5')).toEqual(["z[1,2]", "3", "", "-1e-5"]);
    expect(cellsOf('a,"say ""x"", y",2')).toEqual(["a", 'say "x", y', "2"]);
    expect(cellsOf("a,1")).toEqual(["a", "1"]);
  });
});
