// `mppc run --covariance`: correlations of a posterior that is normal, whose covariance is known.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseRows } from "./csv-rows.js";
import { runCaughtIn } from "./terminal.js";

const MODEL = `data { plate groups; real x[groups]; real y[groups]; }
model {
  m ~ normal(0, 1);
  vector[2] b ~ normal(0, 1);
  plate groups {
    theta ~ normal(m + b[1] * x + b[2] * square(x), 1);
    y ~ normal(theta, 0.5);
  }
}
`;
const X = [-1, -0.2, 0.7, 1.5];
const Y = [0.3, -0.4, 1.2, 2.5];

/** The inverse of a positive definite matrix, by elimination. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    const own = rows[i] ?? [];
    const pivot = own[i] ?? NaN;
    own.forEach((x, j) => (own[j] = x / pivot));
    rows.forEach((row, r) => {
      const factor = row[i] ?? 0;
      if (r !== i) own.forEach((x, j) => (row[j] = (row[j] ?? 0) - factor * x));
    });
  }
  return rows.map((row) => row.slice(n));
}

const NAMES = ["m", "b[1]", "b[2]", ...X.map((_, g) => `theta[${g + 1}]`)];

/** The posterior covariance by names: each theta's residual is (theta - m - b_1 x - b_2 x^2), of variance 1. */
function exact(): Map<string, number> {
  const precision: number[][] = NAMES.map((_, i) => NAMES.map((__, j) => (i === j && i < 3 ? 1 : 0)));
  X.forEach((x, g) => {
    const residual = NAMES.map((_, i) => (i === 3 + g ? 1 : (([-1, -x, -x * x] as const)[i] ?? 0)));
    precision.forEach((row, i) =>
      row.forEach((p, j) => (row[j] = p + (residual[i] ?? 0) * (residual[j] ?? 0))),
    );
    const own = precision[3 + g] ?? [];
    own[3 + g] = (own[3 + g] ?? 0) + 1 / 0.25;
  });
  const covariance = inverse(precision);
  return new Map(
    NAMES.flatMap((a, i) => NAMES.map((b, j): [string, number] => [`${a} ${b}`, covariance[i]?.[j] ?? NaN])),
  );
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mppc-covariance-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(join(folder, "data.json"), JSON.stringify({ x: X, y: Y }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(covariance: string): Promise<{ code: number; err: string }> {
  const options = "--device reference --draws 0 -K 20 --output out --quiet";
  const args = ["run", "model.mpp", "--data", "data.json", ...options.split(" "), "--covariance", covariance];
  return runCaughtIn(folder, args);
}
const read = (file: string): Record<string, string>[] =>
  parseRows(readFileSync(join(folder, "out", file), "utf8"));

describe("mppc run --covariance", () => {
  it("gives the correlations of every group, and of groups that a factor joins", async () => {
    expect((await run("all")).code).toBe(0);
    const rows = read("covariance.csv");
    const sds = new Map(read("summary.csv").map((row) => [row["name"], Number(row["sd"])]));
    const pairs = rows.map((row) => `${row["name_1"] ?? ""} ${row["name_2"] ?? ""}`);
    const ofThetas = X.flatMap((_, g) => ["m", "b[1]", "b[2]"].map((name) => `${name} theta[${g + 1}]`));
    expect(pairs.toSorted()).toEqual(["m b[1]", "m b[2]", "b[1] b[2]", ...ofThetas].toSorted());
    const truth = exact();
    for (const row of rows) {
      const [a = "", b = ""] = [row["name_1"], row["name_2"]];
      const of = (x: string, y: string): number => truth.get(`${x} ${y}`) ?? NaN;
      const correlation = of(a, b) / Math.sqrt(of(a, a) * of(b, b));
      const [found, error] = [Number(row["correlation"]), Number(row["mcse_correlation"])];
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(0.05);
      expect(Math.abs(found - correlation), `${a} ${b} ${found} ${correlation} ${error}`).toBeLessThan(
        4 * error,
      );
      expect(Number(row["covariance"])).toBeCloseTo(found * (sds.get(a) ?? NaN) * (sds.get(b) ?? NaN), 12);
    }
    const report = JSON.parse(readFileSync(join(folder, "out", "result.json"), "utf8")) as {
      covariance: unknown[];
    };
    expect(report.covariance).toHaveLength(rows.length);
  });

  it("gives those that are named, in the order of the model, and takes the file away again", async () => {
    expect((await run("theta,m")).code).toBe(0);
    expect(read("covariance.csv").map((row) => [row["name_1"], row["name_2"]])).toEqual(
      X.map((_, g) => ["m", `theta[${g + 1}]`]),
    );
    const plain =
      "run model.mpp --data data.json --device reference --draws 0 -K 5 --iterations 5 --output out --quiet";
    await runCaughtIn(folder, plain.split(" "));
    expect(() => read("covariance.csv")).toThrow("ENOENT");
  });
});
