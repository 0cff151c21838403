// Generated quantities that look one step back, at given posterior draws: functions of adjacent steps to the digit, and
// predictions that look back at themselves by their moments.
import { beforeAll, describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { ExtendedSizes, rowsOfLengths, volume } from "../../src/ir/axis.js";
import { BUFFERS, DRAW_AXIS } from "../../src/ir/interface.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import { generator } from "../laws/random-model.js";

// Nothing in the model looks back at `e`; `walk` is looked back at before it is declared.
const SOURCE = `data { plate regions; plate days in regions ordered; real y[days]; }
model {
  plate regions {
    s ~ normal(0, 1);
    plate days { x ~ normal(0.7 * prev(x, s), 1); e ~ normal(0, 1); y ~ normal(x + e, 0.8); }
  }
}
generated {
  plate regions { plate days {
    real step = x - prev(x, s);
    real both = square(step) + prev(e, -1) * prev(y, 5);
    real late = prev(walk, 7);
    walk ~ normal(0.5 * prev(walk, s) + step, 0.3);
    real turn = walk - prev(walk, 0);
    real smooth = 0.5 * x + 0.5 * prev(smooth, s) * prev(step, 2);
  } }
}`;
const LENGTHS = [3, 0, 1, 4];
const [ROWS, DRAWS] = [8, 4000];

const found = new Map<string, Float64Array>();
const given = new Map<string, readonly number[]>();
const of = (name: string, row: number, draw: number): number =>
  (found.get(name) ?? given.get(name))?.[row * DRAWS + draw] ?? NaN;

beforeAll(async () => {
  const rows = rowsOfLengths("regions", LENGTHS);
  const lengths = [["regions", LENGTHS.length], ["days", ROWS], [DRAW_AXIS, DRAWS]] as const; // prettier-ignore
  const sizes = new ExtendedSizes(new Map(lengths), [], { rows: new Map([["days", rows]]) });
  const { compiled, diagnostics } = compileSource(
    { path: "steps.mpp", text: SOURCE },
    { sizes, programs: ["predict"] },
  );
  const program = compiled?.programs.predict;
  if (program === undefined) throw new Error(renderDiagnostics(diagnostics));
  const loaded = await createReferenceDevice().load(program, sizes);
  const random = generator(3);
  for (const { name, axes, storage } of program.program.buffers) {
    if (storage !== "input") continue;
    const isKnown = name.startsWith("known.") || name.startsWith("counted_from.");
    const values = Array.from({ length: volume(axes, sizes) }, () => (isKnown ? 100 : 2 * random() - 1));
    given.set(name, values);
    loaded.write(name, values);
  }
  for (const [name, values] of await loaded.run({ seed: 1, iteration: 0, drawsFrom: "stratified" }))
    found.set(name, values);
});

/** Every row with its series and its step. */
const places = LENGTHS.flatMap((length, region) => Array.from({ length }, (_, step) => ({ region, step })));

describe("generated quantities of adjacent steps", () => {
  it("are those of the draws", () => {
    for (const [row, { region, step }] of places.entries())
      for (const draw of [0, 1, DRAWS - 1]) {
        const [s, isFirst] = [of(BUFFERS.draws("s"), region, draw), step === 0];
        const before = (name: string, initial: number): number =>
          isFirst ? initial : of(name, row - 1, draw);
        const x = of(BUFFERS.draws("x"), row, draw) - before(BUFFERS.draws("x"), s);
        const y = isFirst ? 5 : (given.get("y")?.[row - 1] ?? NaN);
        const expected = {
          step: x,
          both: x * x + before(BUFFERS.draws("e"), -1) * y,
          late: before(BUFFERS.generated("walk"), 7),
          smooth:
            0.5 * of(BUFFERS.draws("x"), row, draw) +
            0.5 * before(BUFFERS.generated("smooth"), s) * before(BUFFERS.generated("step"), 2),
          turn: of(BUFFERS.generated("walk"), row, draw) - before(BUFFERS.generated("walk"), 0),
        };
        for (const [name, value] of Object.entries(expected))
          expect(of(BUFFERS.generated(name), row, draw)).toBeCloseTo(value, 12);
      }
  });

  it("may be drawn given their own step before", () => {
    for (const [row, { region, step }] of places.entries()) {
      const errors = Array.from({ length: DRAWS }, (_, draw) => {
        const walk = (at: number): number => of(BUFFERS.generated("walk"), at, draw);
        const before = step === 0 ? of(BUFFERS.draws("s"), region, draw) : walk(row - 1);
        return (walk(row) - 0.5 * before - of(BUFFERS.generated("step"), row, draw)) / 0.3;
      });
      const mean = errors.reduce((a, b) => a + b, 0) / DRAWS;
      const variance = errors.reduce((a, b) => a + b * b, 0) / DRAWS;
      expect(Math.abs(mean) * Math.sqrt(DRAWS)).toBeLessThan(4);
      expect((Math.abs(variance - 1) * Math.sqrt(DRAWS)) / Math.SQRT2).toBeLessThan(4);
    }
  });
});
