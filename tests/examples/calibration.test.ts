// docs/calibration.md has every example, as its calibration last came out, and says which are missing.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const examples = readdirSync(join(root, "examples")).filter((name) =>
  statSync(join(root, "examples", name)).isDirectory(),
);
const page = readFileSync(join(root, "docs", "calibration.md"), "utf8");
const folder = join(root, "docs", "calibration");

type Report = {
  readonly calibrated: boolean;
  readonly simulations: number;
  readonly draws: number;
  readonly quantities: readonly { readonly name: string; readonly counts: readonly number[] }[];
  readonly failed: readonly unknown[];
};

const isDone = (name: string): boolean => existsSync(join(folder, name, "calibration.json"));
const rowOf = (name: string): string =>
  page.split("\n").find((line) => line.startsWith(`| [${name}](`)) ?? "";

describe("the page of calibrations", () => {
  it("has every example, or says that it is missing", () => {
    const [, missing = ""] = /Not calibrated yet: ([^.]*)\./.exec(page) ?? [];
    expect(missing === "" ? [] : missing.split(", ").sort()).toEqual(
      examples.filter((name) => !isDone(name)).sort(),
    );
  });

  it.each(examples.filter(isDone))("gives the verdict on %s as it came out, with its figure", (name) => {
    const report = JSON.parse(readFileSync(join(folder, name, "calibration.json"), "utf8")) as Report;
    const { simulations, failed, calibrated } = report;
    expect(rowOf(name)).toContain(`| ${simulations - failed.length} of ${simulations} |`);
    expect(rowOf(name)).toContain(calibrated ? "| calibrated |" : "| **not calibrated**");
    expect(page).toContain(`(calibration/${name}/calibration.svg)`);
    expect(existsSync(join(folder, name, "calibration.svg"))).toBe(true);
    // What the verdict rests on: every latent has a rank in every run that gave a posterior.
    for (const { counts } of report.quantities) {
      expect(counts).toHaveLength(report.draws + 1);
      expect(counts.reduce((a, b) => a + b, 0)).toBe(simulations - failed.length);
    }
  });

  it("says why of what is not calibrated", () => {
    for (const name of examples.filter((each) => rowOf(each).includes("not calibrated"))) {
      const [, section = ""] = page.split(`## ${name}\n`);
      expect(section.trimStart()).not.toMatch(/^!\[/);
    }
  });
});
