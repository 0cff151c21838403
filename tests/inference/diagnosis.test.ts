// What of a run its reader is warned of.
import { describe, expect, it } from "vitest";
import { FitHealth, independentDraws, warnings, type GroupDiagnosis } from "../../src/inference/diagnosis.js";
import { modelWith } from "../cli/interface.js";

const { interface: model } = modelWith([], []);
const group = (changes: Partial<GroupDiagnosis>): GroupDiagnosis => ({
  group: "g",
  particles: 30,
  final: { minimum: 8, median: 12, meanLog: Math.log(12) },
  independentDraws: 20,
  tailShape: 0.4,
  medianTailShape: 0.4,
  collapsed: 0,
  ...changes,
});
const codes = (changes: Partial<GroupDiagnosis>): string[] =>
  warnings(model, [group(changes)], new FitHealth(model, new Map([["g", 30]])), { rising: null }).map(
    (d) => d.code,
  );

describe("warnings of a group", () => {
  it("are none where its weights are sound, or a single element's tail is heavy", () => {
    expect(codes({})).toEqual([]);
    expect(codes({ tailShape: 0.9 })).toEqual([]);
    expect(codes({ tailShape: NaN, medianTailShape: NaN })).toEqual([]);
  });
  it("say that its tail is heavy, and first of all that its sets differ", () => {
    expect(codes({ tailShape: 0.9, medianTailShape: 0.8 })).toEqual(["W0707"]);
    expect(codes({ medianTailShape: 0.8, independentDraws: 2 })).toEqual(["W0701"]);
    expect(codes({ independentDraws: 2, particles: 1 })).toEqual([]);
  });
});

describe("warnings of several groups", () => {
  it("are one a group, the worst first", () => {
    const groups = [
      group({ group: "a", independentDraws: 5 }),
      group({ group: "b" }),
      group({ group: "c", independentDraws: 1.2 }),
      group({ group: "d", independentDraws: NaN, medianTailShape: 0.9 }),
    ];
    const found = warnings(model, groups, new FitHealth(model, new Map()), { rising: null });
    expect(found.map((d) => d.code)).toEqual(["W0701", "W0701", "W0707"]);
    expect(found.map((d) => /group '(.)'/.exec(d.message)?.[1])).toEqual(["c", "a", "d"]);
  });
});

describe("independent draws that a set is worth", () => {
  it("is the posterior's variance over that of a set's mean", () => {
    // 30 sets whose means have the sd 0.5: the error of their mean is 0.5 / sqrt(30).
    const row = { sd: 1, mcse_mean: 0.5 / Math.sqrt(30) };
    expect(independentDraws([row], 30)).toBeCloseTo(4, 12);
  });
  it("is of the worst number, or of the worst but for one in twenty", () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ sd: 1, mcse_mean: 1 / Math.sqrt(i + 1) }));
    expect(independentDraws(rows(10), 1)).toBeCloseTo(1, 12);
    expect(independentDraws(rows(40), 1)).toBeCloseTo(3, 12);
  });
  it("leaves numbers out that are the same in all draws", () => {
    const fixed = { sd: 0, mcse_mean: 0 };
    expect(independentDraws([fixed, { sd: 1, mcse_mean: 0.5 }], 1)).toBe(4);
    expect(independentDraws([fixed], 30)).toBeNaN();
  });
});
