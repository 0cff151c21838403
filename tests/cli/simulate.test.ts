// `mppc simulate`: the files it writes, that `mppc run` takes them, and that the truth is found in them.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCaughtIn, type Caught } from "./terminal.js";

const SCHOOLS = `data { plate schools; real<lower=0> sigma[schools]; real y[schools]; }
model {
  mu ~ normal(0, 5);
  plate schools { theta ~ normal(mu, 1); y ~ normal(theta, sigma); }
}
`;
const HOUSES = `data {
  plate counties;
  plate houses in counties by county;
  real u[counties];
  vector[2] x[houses];
  int<lower=0> n[houses];
}
model {
  m ~ normal(0, 1);
  vector[2] b ~ normal(0, 0.3);
  plate counties {
    a ~ normal(m + u, 0.5);
    plate houses { n ~ poisson_log(a + dot_product(b, x)); }
  }
}
`;

let folder = "";
const cli = (line: string): Promise<Caught> => runCaughtIn(folder, line.split(" "));
const read = (...path: string[]): string => readFileSync(join(folder, ...path), "utf8");
const parsed = (...path: string[]): Record<string, unknown> =>
  JSON.parse(read(...path)) as Record<string, unknown>;
const give = (file: string, content: string | object): void =>
  writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mppc-simulate-"));
  give("schools.mpp", SCHOOLS);
  give("houses.mpp", HOUSES);
  give("sigma.json", { sigma: [1, 2, 0.5, 1.5] });
  give("counties.csv", "county,u\nold,0.5\nnew,-0.5\nempty,0\n");
  give("houses.csv", "county,x.1,x.2\nnew,1,0\nold,0,1\nold,0.5,0.5\nnew,-1,2\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RUN = "--device reference -K 8 --iterations 10 --draws 50 --quiet";

describe("mppc simulate", () => {
  it("writes data that a run takes, and the truth beside it", async () => {
    const { code, err } = await cli("simulate schools.mpp --data sigma.json --output one");
    expect([code, err]).toEqual([0, "the data set (y drawn) is in one\n"]);
    expect(parsed("one", "data.json")["sigma"]).toEqual([1, 2, 0.5, 1.5]);
    expect(parsed("one", "data.json")["y"]).toHaveLength(4);
    expect(Object.keys(parsed("one", "truth.json"))).toEqual(["mu", "theta"]);
    expect((await cli(`run schools.mpp --data one/data.json --output fit ${RUN}`)).code).toBe(0);
  });

  it("writes the same bytes for the same seed, and others for another", async () => {
    await cli("simulate schools.mpp --data sigma.json --draws 3 --seed 5 --output a");
    await cli("simulate schools.mpp --data sigma.json --draws 2 --seed 5 --output b");
    await cli("simulate schools.mpp --data sigma.json --draws 2 --seed 6 --output c");
    expect(readdirSync(join(folder, "a")).sort()).toEqual([
      "data-1.json",
      "data-2.json",
      "data-3.json",
      "truth-1.json",
      "truth-2.json",
      "truth-3.json",
    ]);
    for (const file of ["data-1.json", "data-2.json", "truth-2.json"]) {
      expect(read("b", file)).toBe(read("a", file));
      expect(read("c", file)).not.toBe(read("a", file));
    }
    expect(read("a", "data-1.json")).not.toBe(read("a", "data-2.json"));
  });

  it("takes lengths of plates from --size, and one file as output", async () => {
    give(
      "plain.mpp",
      "data { plate rows; real y[rows]; } model { m ~ normal(0, 1); plate rows { y ~ normal(m, 1); } }",
    );
    expect((await cli("simulate plain.mpp --size rows=7 --output plain.json")).code).toBe(0);
    expect(parsed("plain.json")["y"]).toHaveLength(7);
    expect(typeof parsed("plain.truth.json")["m"]).toBe("number");
  });

  it("keeps the labels and keys of tables, and writes tables that a run takes", async () => {
    const data = "--data counties.csv houses.csv";
    expect((await cli(`simulate houses.mpp ${data} --output json`)).code).toBe(0);
    const file = parsed("json", "data.json");
    expect(file["county"]).toEqual(["new", "old", "old", "new"]);
    expect(file["x"]).toEqual([[1, 0], [0, 1], [0.5, 0.5], [-1, 2]]); // prettier-ignore
    expect(file["n"]).toHaveLength(4);
    expect((await cli(`simulate houses.mpp ${data} --output tables --format csv`)).code).toBe(0);
    const [header = "", first = ""] = read("tables", "data-houses.csv").split("\n");
    expect(header).toBe("county,x.1,x.2,n");
    expect(first).toBe(`new,1,0,${String((file["n"] as number[])[0])}`);
    const tables = "tables/data-counties.csv tables/data-houses.csv";
    for (const from of ["json/data.json", tables]) {
      const { code, err } = await cli(`run houses.mpp --data ${from} --output fit-houses ${RUN}`);
      expect([code, err]).toEqual([0, expect.not.stringContaining("error")]);
    }
    // Both say the same: bound once more and drawn with the same truth they give the same data.
    await cli("simulate houses.mpp --data json/data.json --given json/truth.json --output json2");
    await cli(`simulate houses.mpp --data ${tables} --given json/truth.json --output json3`);
    expect(read("json3", "data.json")).toBe(read("json2", "data.json"));
  });

  it("fixes latents that are given, and leaves missing values missing", async () => {
    give("missing.json", { sigma: [1, 1, 1, 1], y: [0, null, 0, null] });
    give("given.json", { mu: 1000 });
    const { err } = await cli("simulate schools.mpp --data missing.json --given given.json --output given");
    expect(err).toContain(
      "note[N1301]: of 'y' in the data only sizes and places of missing values are taken",
    );
    const [a, b, c, d] = parsed("given", "data.json")["y"] as (number | null)[];
    expect([b, d]).toEqual([null, null]);
    expect(Math.min(a ?? 0, c ?? 0)).toBeGreaterThan(900);
    expect(parsed("given", "truth.json")["mu"]).toBe(1000);
  });

  it("draws from a run's posterior", async () => {
    give("far.json", { sigma: [0.5, 0.5, 0.5, 0.5], y: [20, 21, 19, 20] });
    await cli(`run schools.mpp --data far.json --output far ${RUN}`);
    const { code } = await cli("simulate schools.mpp --from far --draws 20 --output replicated");
    expect(code).toBe(0);
    const means = readdirSync(join(folder, "replicated"))
      .filter((file) => file.startsWith("data"))
      .map((file) => (parsed("replicated", file)["y"] as number[]).reduce((x, y) => x + y / 4, 0));
    expect(means).toHaveLength(20);
    for (const mean of means) expect(Math.abs(mean - 20)).toBeLessThan(3);
    const other = await cli("simulate schools.mpp --from far --size schools=3 --data sigma3.json --output x");
    expect(other.code).toBe(2);
    give("sigma3.json", { sigma: [1, 1, 1] });
    const { err } = await cli("simulate schools.mpp --from far --data sigma3.json --output x");
    expect(err).toContain("error[E1317]: 'theta' has 4 elements in the run, and 3 with these sizes");
  });

  it("warns of what a run would refuse, and of numbers that overflow", async () => {
    give("bounds.mpp", "data { real<lower=0> y; } model { m ~ normal(-5, 1); y ~ normal(m, 1); }");
    const { code, err } = await cli("simulate bounds.mpp --output bounds --draws 3");
    expect(code).toBe(0);
    expect(err.match(/warning\[W1301\]/g)).toHaveLength(1);
    give("overflow.mpp", "data { real y; } model { m ~ normal(0, 1); y ~ normal(exp(exp(50 + m)), 1); }");
    expect((await cli("simulate overflow.mpp --output overflow")).err).toContain(
      "warning[W1302]: 1 value of 'y' in data set 1 is no finite number, and null in the file",
    );
  });

  it("makes draws anew that the model forbids", async () => {
    give(
      "order.mpp",
      "data { real y; } model { a ~ normal(0, 1); b ~ normal(0, 1); if (b < a) target += log_zero(); y ~ normal(a + b, 1); }",
    );
    expect((await cli("simulate order.mpp --output order --draws 30")).code).toBe(0);
    for (let i = 1; i <= 30; i++) {
      const { a, b } = parsed("order", `truth-${String(i).padStart(2, "0")}.json`);
      expect(Number(a)).toBeLessThanOrEqual(Number(b));
    }
    give("wrong.json", { a: 1, b: 0 });
    const { code, err } = await cli("simulate order.mpp --given wrong.json --output never");
    expect([code, err.slice(0, 12)]).toEqual([1, "error[E1310]"]);
    expect(existsSync(join(folder, "never", "data.json"))).toBe(false);
  });
});
