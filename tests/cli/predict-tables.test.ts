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

describe("outcomes that the model has no prediction of", () => {
  it("are predicted under their own names, missing ones too, and known steps of series left out", async () => {
    writeFileSync(join(folder, "plain.mpp"), MODEL.slice(0, MODEL.indexOf("generated")));
    await cli("run plain.mpp --data houses.csv --output plain --device reference -K 20 --draws 200 --quiet");
    const { code } = await cli("predict plain --data half.csv --device reference --output plain-half");
    expect(code).toBe(0);
    const [header = [], first = [], second = []] = rows("plain-half", "rows-half.csv");
    expect(header.slice(3)).toEqual(["y.mean", "y.sd", "y.q5", "y.q50", "y.q95", "y.lpd"]);
    expect(Math.abs(Number(first[3]) - 3.05)).toBeLessThan(0.3);
    expect(Math.abs(Number(second[3]) - 12)).toBeLessThan(0.6);
    expect(Number(second[4])).toBeGreaterThan(0.08);
    expect(rows("plain-half", "predictions.csv").map(([name]) => name)).toHaveLength(3);
    writeFileSync(
      join(folder, "walk.mpp"),
      "data { plate days ordered; real y[days]; }\nmodel { plate days { x ~ normal(prev(x, 0), 1); y ~ normal(x, 0.1); } }\n",
    );
    writeFileSync(join(folder, "days.json"), '{"y": [1, 2, 3]}');
    writeFileSync(join(folder, "ahead.json"), '{"y": [1, 2, 3, null, null]}');
    await cli("run walk.mpp --data days.json --output walk --device reference -K 20 --draws 200 --quiet");
    await cli("predict walk --data ahead.json --device reference --output ahead");
    const [, ...steps] = rows("ahead", "predictions.csv");
    expect(steps.map(([name]) => name)).toEqual(["y[4]", "y[5]"]);
    for (const [, mean] of steps) expect(Math.abs(Number(mean) - 3)).toBeLessThan(0.6);
    // Two random steps on, and noise.
    expect(Math.abs(Number(steps[1]?.[2]) - Math.sqrt(2.01))).toBeLessThan(0.35);
  });
});

describe("elements of new tables", () => {
  /** The means of a column of `rows-NAME.csv`, by the first cells of the rows. */
  const means = (path: string, table: string, column: string): ReadonlyMap<string, number> => {
    const [header = [], ...lines] = rows(path, `rows-${table}`);
    return new Map(lines.map((line) => [line[0] ?? "", Number(line[header.indexOf(column)])]));
  };
  const predicted = (table: string, text: string, further = ""): Promise<Caught> => {
    writeFileSync(join(folder, table), text);
    return cli(`predict fit --data ${table} --device reference --output ${table}.d${further}`);
  };

  it("are those of the run by their names, in any order and number", async () => {
    const { code, out } = await predicted("new.csv", "county,x\nnew,0\n");
    expect(code).toBe(0);
    expect(out).toContain("counties: 1 of the 2 elements of the run\n");
    await predicted("turned.csv", "county,x\nnew,0\nold,0\n");
    const all = means("turned.csv.d", "turned.csv", "level.mean");
    // What 'old' and 'new' were at 0.
    expect(Math.abs((all.get("old") ?? NaN) - 3.05)).toBeLessThan(0.3);
    expect(Math.abs((all.get("new") ?? NaN) - 8)).toBeLessThan(0.3);
    expect(means("new.csv.d", "new.csv", "level.mean").get("new")).toBe(all.get("new"));
  });

  it("are new ones where the run had no such name, and named", async () => {
    const { code, out } = await predicted("more.csv", "county,x\nelsewhere,0\nnew,0\n");
    expect(code).toBe(0);
    expect(out).toContain(
      "1 of the 2 elements of the run, and 1 new ones, drawn from the model: elsewhere\n",
    );
    const sds = means("more.csv.d", "more.csv", "level.sd");
    // Of a new county the spread of counties, 1, and more; of a known one next to nothing.
    expect(sds.get("elsewhere")).toBeGreaterThan(0.8);
    expect(sds.get("new")).toBeLessThan(0.2);
    expect(means("more.csv.d", "more.csv", "level.mean").get("new")).toBeCloseTo(8, 0);
  });

  it("are not guessed at where no name is one of the run's", async () => {
    const refused = await predicted("typo.csv", "county,x\nNew,0\nOld,0\n");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(
      "error[E0851]: no element of plate 'counties' in the new data, 'New', 'Old', is one of those of the run, 'old', 'new'",
    );
    const { code, out } = await predicted("typo.csv", "county,x\nNew,0\nOld,0\n", " --new-elements counties");
    expect(code).toBe(0);
    expect(out).toContain("counties: 2 new elements, drawn from the model: New, Old\n");
  });

  it("are places where the run's data named them by numbers, of which there may be fewer", async () => {
    writeFileSync(
      join(folder, "numbers.csv"),
      "county,x,y\n1,0,3.1\n2,0,8\n3,0,5\n1,1,5\n2,1,10.1\n3,1,7\n1,0.5,4\n",
    );
    await cli(
      "run model.mpp --data numbers.csv --output numbered --device reference -K 20 --draws 200 --quiet",
    );
    writeFileSync(join(folder, "second.csv"), "county,x\n2,0\n1,0\n");
    const { code, out } = await cli("predict numbered --data second.csv --device reference --output second");
    expect(code).toBe(0);
    expect(out).toContain("2 of the 3 elements of the run\n");
    expect(means("second", "second.csv", "level.mean").get("2")).toBeCloseTo(8, 0);
    const named = await cli("predict numbered --data ask.csv --device reference --output x");
    expect(named.err).toContain("error[E0850]: the new data has other elements of plate 'counties'");
  });

  it("with latents of their own are found in their county, whole or by their names", async () => {
    const model = MODEL.replace(
      "plate houses { y ~ normal(a + slope * x, 0.1); }",
      "plate houses { h ~ normal(a, 2); y ~ normal(h + slope * x, 0.1); }",
    );
    writeFileSync(join(folder, "houses.mpp"), model.replaceAll("y_rep ~ normal(a", "y_rep ~ normal(h"));
    await cli("run houses.mpp --data houses.csv --output each --device reference -K 20 --draws 200 --quiet");
    writeFileSync(join(folder, "their.csv"), "county,x\nnew,0\nnew,1\nnew,-0.5\n");
    const { code, out } = await cli("predict each --data their.csv --device reference --output each-new");
    expect(code).toBe(0);
    expect(out).toContain("houses: 3 of the 6 elements of the run\n");
    const [header = [], ...lines] = rows("each-new", "rows-their.csv");
    const found = lines.map((line) => Number(line[header.indexOf("y_rep.mean")]));
    [8, 10.1, 7].forEach((y, i) => expect(Math.abs((found[i] ?? NaN) - y)).toBeLessThan(0.5));
    writeFileSync(join(folder, "two.csv"), "county,x\nnew,0\nnew,1\n");
    const refused = await cli("predict each --data two.csv --device reference --output x");
    expect(refused.err).toContain("error[E0850]: the new data has other elements of plate 'houses'");
  });
});
