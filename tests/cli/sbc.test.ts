// `mppc sbc`: a model whose posterior is right passes, and one whose data comes from elsewhere is found out.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CalibrationReport } from "../../src/cli/calibration-report.js";
import { runCaughtIn, type Caught } from "./terminal.js";

const model = (noise: number, shift: number): string => `data { plate rows; real y[rows]; }
model {
  mu ~ normal(${shift}, 1);
  coin ~ bernoulli(0.4);
  plate rows { y ~ normal(mu + 2 * coin, ${noise}); }
}
`;

let folder = "";
const cli = (line: string): Promise<Caught> => runCaughtIn(folder, line.split(" "));
const SMALL = "--size rows=3 --simulations 60 --draws 15 -K 12 --device reference";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mppc-sbc-"));
  writeFileSync(join(folder, "model.mpp"), model(1, 0));
  writeFileSync(join(folder, "noisier.mpp"), model(2.5, 0));
  writeFileSync(join(folder, "higher.mpp"), model(1, 1.5));
  writeFileSync(
    join(folder, "other.mpp"),
    "data { real x; } model { mu ~ normal(0, 1); x ~ normal(mu, 1); }",
  );
  writeFileSync(join(folder, "flat.mpp"), "data { real y; } model { mu ~ flat(); y ~ normal(mu, 1); }");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("mppc sbc", () => {
  it("passes a model whose posterior is right, a discrete latent included", async () => {
    const { code, out } = await cli(`sbc model.mpp ${SMALL} --output cal`);
    expect(out).toMatch(/\nmu +[▁▂▃▄▅▆▇█]{16} /);
    expect(out).toContain("calibrated: ranks of 60 simulations are as uniform ones");
    expect(code).toBe(0);
    const report = JSON.parse(
      readFileSync(join(folder, "cal", "calibration.json"), "utf8"),
    ) as CalibrationReport;
    expect(report.quantities.map((q) => q.name)).toEqual(["mu", "coin"]);
    for (const q of report.quantities) expect(q.counts.reduce((a, b) => a + b, 0)).toBe(60);
    const ranks = readFileSync(join(folder, "cal", "ranks.csv"), "utf8")
      .trimEnd()
      .split("\n");
    expect(ranks[0]).toBe("mu,coin");
    expect(ranks).toHaveLength(61);
    expect(readFileSync(join(folder, "cal", "calibration.svg"), "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);
  });

  it("gives the same ranks for the same seed", async () => {
    const ranks = async (seed: number): Promise<string> => {
      await cli(
        `sbc model.mpp --size rows=3 --simulations 10 --draws 7 -K 8 --device reference --seed ${seed} --output s${seed}`,
      );
      return readFileSync(join(folder, `s${seed}`, "ranks.csv"), "utf8");
    };
    const first = await ranks(1);
    expect(await ranks(1)).toBe(first);
    expect(await ranks(2)).not.toBe(first);
  });

  it.each([
    ["noisier.mpp", "too narrow", "overconfident"],
    ["higher.mpp", "too low", "posteriors lie too low"],
  ])("finds out data that comes from %s", async (from, departure, words) => {
    const { code, out } = await cli(`sbc model.mpp ${SMALL} --simulate-from ${from} --output off`);
    expect(code).toBe(3);
    const report = JSON.parse(
      readFileSync(join(folder, "off", "calibration.json"), "utf8"),
    ) as CalibrationReport;
    expect(report.calibrated).toBe(false);
    expect(report.quantities.find((q) => q.name === "mu")?.departure).toBe(departure);
    expect(out).toContain(words);
    expect(out).toContain("not calibrated (60 simulations");
  });

  it("refuses what cannot be drawn or compared", async () => {
    const other = await cli(`sbc model.mpp ${SMALL} --simulate-from other.mpp`);
    expect([other.code, other.err]).toEqual([1, expect.stringContaining("[E1311]")]);
    const data = await cli("sbc model.mpp --simulate-from other.mpp --device reference");
    expect([data.code, data.err]).toEqual([1, expect.stringContaining("[E1321]")]);
    const flat = await cli("sbc flat.mpp --device reference");
    expect([flat.code, flat.err]).toEqual([1, expect.stringContaining("[E1314]")]);
    expect(existsSync(join(folder, "model-simulated"))).toBe(false);
  });
});
