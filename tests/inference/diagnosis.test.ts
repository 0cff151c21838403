// What of a run its reader is warned of.
import { describe, expect, it } from "vitest";
import { FitHealth, warnings, type GroupDiagnosis } from "../../src/inference/diagnosis.js";
import { modelWith } from "../cli/interface.js";

const { interface: model } = modelWith([], []);
const group = (changes: Partial<GroupDiagnosis>): GroupDiagnosis => ({
  group: "g",
  particles: 30,
  final: { minimum: 8, median: 12, meanLog: Math.log(12) },
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
  it("say that its tail is heavy, and first of all that its weights rest on few particles", () => {
    expect(codes({ tailShape: 0.9, medianTailShape: 0.8 })).toEqual(["W0707"]);
    expect(codes({ medianTailShape: 0.8, final: { minimum: 1, median: 1.2, meanLog: 0.1 } })).toEqual([
      "W0701",
    ]);
  });
});
