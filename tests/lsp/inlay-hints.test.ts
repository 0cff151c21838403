// Inlay hints: types that are not written, and what weighing each factor costs.
import { expect, it } from "vitest";
import { costsOf, total } from "../../src/lsp/costs.js";
import { hintsOf } from "../../src/lsp/inlay-hints.js";
import { readSettings } from "../../src/lsp/settings.js";
import { analysed, EXAMPLE_PATHS, prefixes, textOf } from "./models.js";

const TEXT = `data {
  plate states;
  plate days ordered;
  int<lower=1> D;
  real y[states];
  real q[days];
}
model {
  mu ~ normal(0, 1);
  vector[D] beta ~ normal(0, 1);
  kind ~ categorical([0.2, 0.3, 0.5]);
  n ~ binomial(D, 0.5);
  plate states {
    theta ~ normal(mu + sum(beta), 1);
    z ~ bernoulli(0.3);
    y ~ normal(theta + z * kind, 1);
  }
  plate days {
    level ~ normal(prev(level, mu), 1);
    q ~ normal(level, 1);
  }
  for (i in 1:2) target += -mu * i;
}
generated { plate states { again ~ normal(theta, 1); } }
`;

/** A text with its hints in it, line by line. */
function shown(text: string, settings = { types: true, costs: true }): readonly string[] {
  const analysis = analysed(text);
  const costs = analysis.checked && costsOf(analysis.checked);
  let [result, at] = ["", 0];
  for (const hint of hintsOf(analysis, costs, settings)) {
    result += `${text.slice(at, hint.at)}«${hint.label}»`;
    at = hint.at;
  }
  return (result + text.slice(at)).split("\n").map((line) => line.trim());
}

it("types where none is written, tables behind each factor", () => {
  const lines = shown(TEXT);
  expect(lines).toContain("mu«: real» ~ normal(0, 1);«K»");
  expect(lines).toContain("vector[D] beta ~ normal(0, 1);«K»");
  expect(lines).toContain("kind«: int<lower=1, upper=3>» ~ categorical([0.2, 0.3, 0.5]);«3»");
  expect(lines).toContain("n«: int<lower=0, upper=D>» ~ binomial(D, 0.5);«values(n)»");
  expect(lines).toContain("theta«: real[states]» ~ normal(mu + sum(beta), 1);«K^3 x states»");
  expect(lines).toContain("y ~ normal(theta + z * kind, 1);«K x 6 x states»");
  expect(lines).toContain("level«: real[days]» ~ normal(prev(level, mu), 1);«K^3 x days»");
  expect(lines).toContain("for (i in 1:2) target += -mu * i;«2 (K)»");
  expect(lines.at(-2)).toBe("generated { plate states { again«: real[states]» ~ normal(theta, 1); } }");
});

it("each kind by itself", () => {
  expect(shown(TEXT, { types: true, costs: false }).join("\n")).not.toContain("K");
  expect(shown(TEXT, { types: false, costs: true }).join("\n")).not.toContain("«:");
  expect(shown(TEXT, { types: false, costs: false }).join("\n")).toBe(
    TEXT.split("\n")
      .map((line) => line.trim())
      .join("\n"),
  );
});

it("the steps of the evidence, of a series one round of all", () => {
  const { checked } = analysed(TEXT);
  const costs = checked && costsOf(checked);
  expect(costs?.steps).toContain("pass `level` on from step to step: `K^2 x days`");
  expect(costs?.steps.join("\n")).not.toMatch(/_by_|_mid|_prev|undefined/);
  expect(costs?.total).toContain("K^3 x 3 x states");
});

it("types are known while a text has mistakes, costs are not", () => {
  const lines = shown(TEXT.replace("y ~ normal(theta + z * kind, 1);", "y ~ normal("));
  expect(lines).toContain("mu«: real» ~ normal(0, 1);");
});

it("equal tables are added up", () => {
  expect(total(["K", "K^2 x a", "K"])).toBe("2 (K) + K^2 x a");
  expect(total([])).toBe("");
});

it("settings: of the section, of all sections, and of none", () => {
  expect(readSettings({ inlayHints: { types: false } })).toEqual({ types: false, costs: true });
  expect(readSettings({ mppc: { inlayHints: { costs: false } } })).toEqual({ types: true, costs: false });
  for (const none of [null, undefined, 3, "x", { inlayHints: null }])
    expect(readSettings(none)).toEqual({ types: true, costs: true });
});

it.each(EXAMPLE_PATHS)("%s and its beginnings", (path) => {
  const text = textOf(path);
  for (const each of [text, ...prefixes(text, 83)]) {
    const analysis = analysed(each, path);
    const costs = analysis.checked && costsOf(analysis.checked);
    const hints = hintsOf(analysis, costs, { types: true, costs: true });
    const statements = analysis.checked?.model.factors.map(({ span }) => span.end) ?? [];
    expect(hints.filter(({ kind }) => kind === "cost").map(({ at }) => at)).toEqual(
      [...new Set(statements)].sort((a, b) => a - b),
    );
    for (const { at, label, tooltip } of hints) {
      expect(at).toBeLessThanOrEqual(each.length);
      expect(label + tooltip).not.toMatch(/undefined|\[object|NaN|^$/);
    }
  }
});
