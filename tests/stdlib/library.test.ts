// The files of the standard library: they parse, type-check, are documented, and give the values they should.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Argument } from "../../src/typecheck/model.js";
import { isWhole } from "../../src/typecheck/types.js";
import { evaluate, evaluateFunction, evaluateScalar, type Value } from "../oracle/evaluate.js";
import {
  distribution,
  DISTRIBUTION_NAMES,
  FUNCTION_NAMES,
  LIBRARY_FILES,
  libraryErrors,
  libraryFunction,
} from "./load.js";

type References = {
  readonly densities: readonly {
    readonly family: string;
    readonly args: Record<string, number>;
    readonly value: number;
  }[];
  readonly functions: readonly {
    readonly function: string;
    readonly args: readonly number[];
    readonly value: number;
  }[];
};
const REFERENCES = JSON.parse(
  readFileSync(new URL("references.json", import.meta.url), "utf8"),
) as References;

/** Equal up to rounding, of the value or of numbers around 1. */
function expectClose(actual: number, expected: number, tolerance: number, what: string): void {
  expect(Math.abs(actual - expected) / Math.max(1, Math.abs(expected)), what).toBeLessThan(tolerance);
}

const bind = (args: readonly Argument[], values: ReadonlyMap<string, Value>): Map<Argument, Value> =>
  new Map(args.flatMap((a) => (values.has(a.name) ? [[a, values.get(a.name) ?? NaN] as const] : [])));

it("has no errors", () => expect(libraryErrors()).toBe(""));

it("has one file a family, named for it, and one of functions", () =>
  expect([...LIBRARY_FILES].sort()).toEqual(
    [...DISTRIBUTION_NAMES, "functions"].map((n) => `${n}.mpp`).sort(),
  ));

it("has one improper prior, which is constant", () => {
  const improper = DISTRIBUTION_NAMES.filter(
    (name) => distribution(name).draw === null && !isWhole(distribution(name)),
  );
  expect(improper).toEqual(["flat"]);
  const { variable, value } = distribution("flat").logDensity;
  for (const y of [-1e6, 0, 2.5]) expect(evaluateScalar(value, { values: new Map([[variable, y]]) })).toBe(0);
});

const PROPER = DISTRIBUTION_NAMES.filter((name) => distribution(name).draw !== null);

describe.each(PROPER)("%s", (name) => {
  const family = distribution(name);

  it("is documented", () => {
    for (const part of ["Support", "Mean", "Source"]) expect(family.doc).toContain(`- ${part}`);
    expect(family.doc).toMatch(/- (Density|Probability): /);
    for (const { name: parameter } of family.parameters)
      expect(family.doc).toMatch(RegExp(`\\b${parameter}\\b`));
  });

  it("has at least three checks, and they hold", () => {
    expect(family.checks.length).toBeGreaterThanOrEqual(3);
    for (const check of family.checks) {
      const item = { log_density: family.logDensity, fit: family.fit, widen: family.widen, statistics: null }[
        check.item
      ];
      if (item === null) throw new Error(`'${name}' has no ${check.item}`);
      const bound = "variable" in item ? [item.variable] : "moments" in item ? item.moments : [item.factor];
      const value = "value" in item ? item.value : item.values.get(check.field ?? "");
      if (value === undefined) throw new Error(`${check.item} of '${name}' has no ${check.field ?? "field"}`);
      const actual = evaluate(value, { values: bind([...family.parameters, ...bound], check.args) });
      const [found, expected] = [[actual].flat(), [check.expected].flat()];
      expect(found).toHaveLength(expected.length);
      found.forEach((x, i) => {
        expectClose(x, expected[i] ?? NaN, 1e-12, `${check.item}(${JSON.stringify([...check.args])})`);
      });
    }
  });

  it.skipIf(isWhole(family))("has the log densities that mpmath gives", () => {
    const rows = REFERENCES.densities.filter((r) => r.family === name);
    expect(rows.length).toBeGreaterThanOrEqual(3);
    const { variable, value } = family.logDensity;
    for (const { args, value: expected } of rows) {
      const all = bind([...family.parameters, variable], new Map(Object.entries(args)));
      expectClose(evaluateScalar(value, { values: all }), expected, 1e-9, JSON.stringify(args));
    }
  });
});

describe.each(FUNCTION_NAMES)("%s", (name) => {
  it("is documented", () => expect(libraryFunction(name).doc).not.toBe(""));
});

describe.each([...new Set(REFERENCES.functions.map((r) => r.function))])("%s", (name) => {
  it("has the values that mpmath gives", () => {
    for (const { args, value } of REFERENCES.functions.filter((r) => r.function === name)) {
      const actual = evaluateFunction(libraryFunction(name), args);
      if (typeof actual !== "number") throw new Error(`'${name}' gives a vector`);
      const scale = Math.max(Math.abs(value), 1e-12);
      expect(Math.abs(actual - value) / scale, `${name}(${args.join(", ")})`).toBeLessThan(1e-9);
    }
  });
});

describe("functions of vectors", () => {
  const v = [1, 2.5, -3, 0.25];
  const w = [2, 0, 1, -4];
  it.each([
    ["dot_product", [v, w], 2 - 3 - 1],
    ["dot_self", [v], 1 + 6.25 + 9 + 0.0625],
    ["squared_distance", [v, w], 1 + 6.25 + 16 + 4.25 ** 2],
    ["distance", [v, w], Math.sqrt(1 + 6.25 + 16 + 4.25 ** 2)],
    ["mean", [v], 0.1875],
    ["variance", [[1, 2, 4]], 7 / 3],
    ["sd", [[1, 2, 4]], Math.sqrt(7 / 3)],
    ["squared_distance_from", [v, 1], 0 + 2.25 + 16 + 0.5625],
  ] as const)("%s", (name, args, expected) =>
    expect(evaluateFunction(libraryFunction(name), args)).toBeCloseTo(expected, 12),
  );
  it("softmax and log_softmax", () => {
    const total = v.reduce((sum, x) => sum + Math.exp(x), 0);
    const soft = evaluateFunction(libraryFunction("softmax"), [v]) as readonly number[];
    const logs = evaluateFunction(libraryFunction("log_softmax"), [v]) as readonly number[];
    v.forEach((x, i) => {
      expect(soft[i]).toBeCloseTo(Math.exp(x) / total, 14);
      expect(logs[i]).toBeCloseTo(x - Math.log(total), 13);
    });
  });
});
