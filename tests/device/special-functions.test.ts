// Every scalar operation on a device against its float64 meaning, over its range and within its bar.
import { expect, it } from "vitest";
import { MEANING } from "../../src/codegen-js/math.js";
import { applyRow, ARITY, OPS } from "../../src/ops.js";
import { runOn } from "../codegen/agreement.js";
import { apply, buffer, kernel, load, plate, program, store } from "../codegen/programs.js";
import { ACCURACY, argumentAt, countsDifferences } from "../special/accuracy.js";
import { describeOnDevice } from "./adapter.js";

const COUNT = 4099; // prime, so that every multiplier gives an order of its own
const SHUFFLES = [1, 1237, 2713];

describeOnDevice("operations on a device", (device) => {
  it.each(OPS)("%s", async (op) => {
    const { ranges, floor, float32 } = ACCURACY[op];
    const axis = plate("points");
    const names = ["x", "y", "z"].slice(0, ARITY[op]);
    const inputs = Object.fromEntries(
      names.map((name, j) => [
        name,
        Float64Array.from({ length: COUNT }, (_, i) => {
          const range = ranges[j];
          return range === undefined ? NaN : Math.fround(argumentAt(range, i, COUNT, SHUFFLES[j] ?? NaN));
        }),
      ]),
    );
    const p = program(
      `op_${op}`,
      [...names.map((n) => buffer("input", n, [axis])), buffer("table", "result", [axis])],
      [kernel("apply", [axis], [store("result", [axis], apply(op, ...names.map((n) => load(n, axis))))])],
    );
    const result = (await runOn(device(), p, { points: COUNT }, inputs)).get("result") ?? new Float64Array();
    const errors = Array.from(result, (found, i) => {
      const args = names.map((n) => inputs[n]?.[i] ?? NaN);
      const value = applyRow(MEANING, op, args);
      if (countsDifferences(op)) return { error: found === value ? 0 : 1, args, found, value };
      const error = Math.abs(found - value) / Math.max(floor, Math.abs(value), 2 ** -126);
      return { error: Number.isNaN(error) ? Infinity : error, args, found, value };
    });
    if (countsDifferences(op)) {
      const differing = errors.filter((e) => e.error > 0);
      expect(differing.length / COUNT, JSON.stringify(differing.slice(0, 5))).toBeLessThanOrEqual(float32);
      return;
    }
    const worst = errors.reduce((a, b) => (b.error > a.error ? b : a));
    expect(
      worst.error,
      `${op}(${worst.args.join(", ")}) is ${worst.found}, not ${worst.value}`,
    ).toBeLessThanOrEqual(float32);
  });
});
