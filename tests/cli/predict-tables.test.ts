// `mppc predict` with tables: rows without outcomes, predictions beside the rows, and every draw of them.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCaughtIn, type Caught } from "./terminal.js";

const MODEL = `data {
  plate counties;
  plate houses in counties by county;
  real x[houses];
  real<lower=0> y[houses];
}
model {
  m ~ normal(5, 5);
  slope ~ normal(0, 2);
  plate counties {
    a ~ normal(m, 1);
    plate houses { y ~ normal(a + slope * x, 0.1); }
  }
}
generated {
  plate counties { real level = a; plate houses { y_rep ~ normal(a + slope * x, 0.1); } }
}
`;

let folder = "";
const cli = (line: string): Promise<Caught> => runCaughtIn(folder, line.split(" "));
const rows = (...path: string[]): string[][] =>
  readFileSync(join(folder, ...path), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mppc-predict-tables-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(
    join(folder, "houses.csv"),
    "county,x,y\nold,0,3.1\nnew,0,8\nold,1,5\nnew,1,10.1\nold,0.5,4\nnew,-0.5,7\n",
  );
  // Rows in another order than those of the run, and without outcomes.
  writeFileSync(join(folder, "ask.csv"), 'county,x,note\nold,0,"a, b"\nnew,2,\nold,2,c\n');
  writeFileSync(join(folder, "half.csv"), "county,x,y\nold,0,3\nnew,2,NA\n");
  writeFileSync(join(folder, "empty.csv"), "county,x,y\nold,0,\nnew,2,NA\n");
  await cli("run model.mpp --data houses.csv --output fit --device reference -K 20 --draws 200 --quiet");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("mppc predict with tables", () => {
  it("predicts rows whose outcomes are not known, beside the rows as they were given", async () => {
    const { code, out } = await cli("predict fit --data ask.csv --device reference --draws-csv --output p");
    expect(code).toBe(0);
    expect(out).toContain("predicted by 200 draws");
    expect(out).not.toContain("log-likelihood");
    expect(existsSync(join(folder, "p", "log_lik.csv"))).toBe(false);
    const text = readFileSync(join(folder, "p", "rows-ask.csv"), "utf8");
    const [header = "", first = ""] = text.split("\n");
    expect(header).toBe(
      "county,x,note,level.mean,level.sd,level.q5,level.q50,level.q95,y_rep.mean,y_rep.sd,y_rep.q5,y_rep.q50,y_rep.q95",
    );
    expect(first.startsWith('old,0,"a, b",')).toBe(true);
    const numbers = text.trimEnd().split("\n").slice(1).map((line) => line.replace('"a, b"', "a").split(",").map(Number)); // prettier-ignore
    const [old, far, near] = numbers;
    // What 'old' and 'new' were at 0, and two a unit of x more.
    expect(Math.abs((old?.[8] ?? 0) - 3.05)).toBeLessThan(0.3);
    expect(Math.abs((far?.[8] ?? 0) - 12)).toBeLessThan(0.6);
    expect(Math.abs((near?.[8] ?? 0) - 7)).toBeLessThan(0.6);
    expect(old?.[3]).toBe(near?.[3]);
    const draws = rows("p", "draws.csv");
    expect(draws).toHaveLength(201);
    const mean = (column: number): number =>
      draws.slice(1).reduce((s, row) => s + Number(row[column]) / 200, 0);
    const header_ = readFileSync(join(folder, "p", "draws.csv"), "utf8").split("\n")[0] ?? "";
    expect(header_).toBe('set,level[old],level[new],"y_rep[old,1]","y_rep[old,2]","y_rep[new,1]"');
    expect(mean(3)).toBeCloseTo(old?.[8] ?? NaN, 5);
    expect(mean(5)).toBeCloseTo(far?.[8] ?? NaN, 5);
  });

  it("weighs the outcomes that are there, and none where all are missing", async () => {
    await cli("predict fit --data half.csv --device reference --output h");
    const [header = [], first = [], second = []] = rows("h", "rows-half.csv");
    expect(header.at(-1)).toBe("y.lpd");
    expect(Number(first.at(-1))).toBeGreaterThan(-5);
    expect(second.at(-1)).toBe("");
    const { code, out } = await cli("predict fit --data empty.csv --device reference --output e --json");
    expect(code).toBe(0);
    expect((JSON.parse(out) as { held_out: unknown }).held_out).toMatchObject({
      log_likelihood: null,
      mcse: null,
      observations: 0,
    });
  });
});
