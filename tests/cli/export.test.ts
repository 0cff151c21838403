// `mppc export` and `mppc run --save` on a model with rows that name their county, missing values, a vector and a matrix.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithReaders } from "../results/readers.js";
import type { OpenedGroup } from "../results/opened.js";
import { parseRows } from "./csv-rows.js";
import { runCaughtIn, type Caught } from "./terminal.js";

const MODEL = `data {
  plate counties;
  plate houses in counties by county;
  real x[houses];
  real y[houses];
}
model {
  vector[2] b ~ normal(0, 1);
  cholesky_factor_corr[2] L ~ lkj_corr_cholesky(2);
  plate counties {
    a ~ normal(0, 1);
    plate houses {
      h ~ normal(a, 1);
      y ~ normal(h + b[1] * x, 0.5);
    }
  }
}
generated {
  plate counties {
    real twice = 2 * a;
    plate houses { y_rep ~ normal(h, 0.5); }
  }
}
`;
const DATA = `county,x,y
Brown,0.5,1.25
Adams,1,
Brown,-1,0.5
Adams,0.25,-0.75
Clark,0,2
Brown,2,1
`;
const COUNTIES = ["Brown", "Adams", "Brown", "Adams", "Clark", "Brown"];

let folder = "";
const cli = (line: string): Promise<Caught> => runCaughtIn(folder, line.split(" "));
const run = (rest: string): Promise<Caught> =>
  cli(`run model.mpp --data data.csv --device reference -K 4 --iterations 3 --draws 60 ${rest}`);
const exported = (rest: string): Promise<Caught> => cli(`export ${rest}`);
const read = (...path: string[]): string => readFileSync(join(folder, ...path), "utf8");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mppc-export-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(join(folder, "data.csv"), DATA);
  const { code, err } = await run("--output fit --save stan-csv,arrow,parquet,zarr");
  expect(err).not.toContain("error");
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The columns of `draws.csv` by their names. */
const draws = (): Map<string, readonly number[]> => {
  const rows = parseRows(read("fit", "draws.csv"));
  return new Map(Object.keys(rows[0] ?? {}).map((name) => [name, rows.map((row) => Number(row[name]))]));
};

/** Every file below a folder, with what it holds. */
const contents = (path: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(folder, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(join(folder, path).length), readFileSync(file, "base64")] as const),
  );

describe("what a run saves", () => {
  it("is what is exported from its directory later", async () => {
    cpSync(join(folder, "fit"), join(folder, "later"), { recursive: true });
    for (const file of ["stan.csv", "draws.arrow", "draws.parquet", "posterior.zarr"])
      rmSync(join(folder, "later", file), { recursive: true });
    const { code, err } = await exported("later --to stan-csv,arrow,parquet,zarr --device reference");
    expect(code).toBe(0);
    expect(err).toContain(`the draws are in ${join("later", "posterior.zarr")}\n`);
    expect(contents("later")).toEqual(contents("fit"));
  });
  it("has the numbers of draws.csv, to the last digit", async () => {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const found = await connection.runAndReadAll(
      `select * from read_parquet('${join(folder, "fit", "draws.parquet")}')`,
    );
    const names = found.columnNames();
    const columns = found.getColumns();
    connection.closeSync();
    instance.closeSync();
    const expected = draws();
    expect(names.filter((name) => !/^(\.|lp__)/.test(name)).sort()).toEqual([...expected.keys()].sort());
    for (const [name, values] of expected) {
      const written = (columns[names.indexOf(name)] ?? []).map((x) => Number(Number(x).toPrecision(9)));
      expect(written).toEqual(values);
    }
  });
  it("in Stan's CSV has a matrix column by column, and rows of a ragged plate numbered through in the file's order", () => {
    const rows = parseRows(read("fit", "stan.csv").replaceAll(/^#.*\n/gm, ""));
    const expected = draws();
    const column = (name: string): readonly number[] => rows.map((row) => Number(row[name]));
    const names = Object.keys(rows[0] ?? {});
    expect(names.filter((name) => /^[bLah]\./.test(name))).toEqual(
      ["b.1", "b.2", "L.1.1", "L.2.1", "L.1.2", "L.2.2", "a.1", "a.2", "a.3", "h.1", "h.2", "h.3", "h.4", "h.5", "h.6"], // prettier-ignore
    );
    expect(column("L.2.1")).toEqual(expected.get("L[2,1]"));
    expect(column("L.1.2")).toEqual(expected.get("L[1,2]"));
    expect(column("h.4")).toEqual(expected.get("h[Adams,2]"));
    expect(column("a.3")).toEqual(expected.get("a[Clark]"));
    expect(read("fit", "stan.csv")).toContain("# plate counties: 1 Brown, 2 Adams, 3 Clark\n");
  });
  it("is what data are predicted from, even where none depend on one of the vectors", async () => {
    const { code, out } = await cli("predict fit --data data.csv --device reference --output predicted");
    expect(code).toBe(0);
    expect(out).toContain("predictive log-likelihood");
  });
  it("goes away when another run takes its place", async () => {
    writeFileSync(
      join(folder, "one.mpp"),
      "data { real y; }\nmodel { m ~ normal(0, 1); y ~ normal(m, 1); }\n",
    );
    writeFileSync(join(folder, "y.json"), '{"y": 0.5}');
    const again =
      "run one.mpp --data y.json --device reference -K 4 --iterations 3 --draws 12 --quiet --output one";
    await cli(`${again} --save zarr`);
    await exported("one --to stan-csv --chains 2");
    expect(readdirSync(join(folder, "one"))).toEqual(
      expect.arrayContaining(["posterior.zarr", "stan_2.csv"]),
    );
    await cli(again);
    const left = readdirSync(join(folder, "one"));
    expect(left.filter((file) => /stan|arrow|parquet|zarr|tmp/.test(file))).toEqual([]);
    expect(left).toContain("result.json");
  });
});

/** Numbers are independent, of mean 0 and this standard deviation: within four standard errors. */
function expectNormal(values: readonly number[], sd: number): void {
  const n = values.length;
  expect(n).toBeGreaterThan(100);
  expect(Math.abs(values.reduce((sum, x) => sum + x, 0) / n)).toBeLessThan((4 * sd) / Math.sqrt(n));
  const square = values.reduce((sum, x) => sum + x * x, 0) / n;
  expect(Math.abs(square / sd ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
}

describeWithReaders("a Zarr folder of a run, opened by xarray", (python) => {
  let found: Record<string, OpenedGroup> = {};
  beforeAll(() => {
    found = JSON.parse(python("read_zarr.py", `${join(folder, "fit", "posterior.zarr")}\n`)) as typeof found;
  });
  const numbers = (group: string, name: string): readonly number[] =>
    (found[group]?.variables[name]?.values ?? []).map((x) => (x === "nan" ? NaN : Number(x)));

  it("has the draws in the groups, dimensions and coordinates that ArviZ expects", () => {
    expect(Object.keys(found).sort()).toEqual(
      ["constant_data", "log_likelihood", "observed_data", "posterior", "posterior_predictive", "prior", "prior_predictive", "sample_stats"], // prettier-ignore
    );
    const { variables = {}, coordinates = {} } = found["posterior"] ?? {};
    expect(
      Object.fromEntries(Object.entries(variables).map(([name, { dims }]) => [name, dims.slice(2)])),
    ).toEqual({
      b: ["b_dim_0"],
      L: ["L_dim_0", "L_dim_1"],
      a: ["counties"],
      h: ["houses"],
      twice: ["counties"],
    });
    expect(variables["h"]?.shape).toEqual([1, 60, 6]);
    expect(coordinates["counties"]?.values).toEqual(["Brown", "Adams", "Clark"]);
    expect(coordinates["houses"]?.values).toEqual([1, 2, 3, 4, 5, 6]);
    expect(coordinates["counties_of_houses"]?.values).toEqual(COUNTIES);
    expect(coordinates["houses_in_counties"]?.values).toEqual([1, 1, 2, 2, 1, 3]);
  });
  it("has the numbers of draws.csv", () => {
    const expected = draws();
    const inside = found["posterior"]?.coordinates["houses_in_counties"]?.values ?? [];
    const h = numbers("posterior", "h");
    COUNTIES.forEach((county, house) => {
      const name = `h[${county},${inside[house]}]`;
      const written = h.filter((_, i) => i % 6 === house).map((x) => Number(x.toPrecision(9)));
      expect(written).toEqual(expected.get(name));
    });
    const matrix = numbers("posterior", "L").map((x) => Number(x.toPrecision(9)));
    expect(matrix.filter((_, i) => i % 4 === 2)).toEqual(expected.get("L[2,1]"));
    expect(numbers("sample_stats", "set")).toEqual(expected.get("set"));
  });
  it("has the data in the file's order, and nothing where it is missing", () => {
    expect(numbers("constant_data", "x")).toEqual([0.5, 1, -1, 0.25, 0, 2]);
    expect(numbers("observed_data", "y")).toEqual([1.25, NaN, 0.5, -0.75, 2, 1]);
    const likelihood = numbers("log_likelihood", "y");
    expect(likelihood).toHaveLength(360);
    likelihood.forEach((x, i) => expect(Number.isNaN(x)).toBe(i % 6 === 1));
    // log N(1.25 | h + b x, 0.5) at the first draw.
    const at = (name: string): number => draws().get(name)?.[0] ?? NaN;
    const z = (1.25 - (at("h[Brown,1]") + at("b[1]") * 0.5)) / 0.5;
    expect(likelihood[0]).toBeCloseTo(-0.5 * z * z - Math.log(0.5) - 0.5 * Math.log(2 * Math.PI), 4);
  });
  it("has predictions and draws from the prior", () => {
    const reps = numbers("posterior_predictive", "y_rep").map((x) => Number(x.toPrecision(9)));
    expect(reps.filter((_, i) => i % 6 === 4)).toEqual(draws().get("y_rep[Clark,1]"));
    // Replicated data is the prediction y_rep of this model and b[1] x more.
    const b = numbers("posterior", "b").filter((_, i) => i % 2 === 0);
    const x = [0.5, 1, -1, 0.25, 0, 2];
    const gaps = numbers("posterior_predictive", "y").map(
      (y, i) => y - (reps[i] ?? NaN) - (b[Math.floor(i / 6)] ?? NaN) * (x[i % 6] ?? NaN),
    );
    expectNormal(gaps, Math.SQRT1_2);
    const h = numbers("prior", "h");
    const noise = numbers("prior_predictive", "y_rep").map((y, i) => y - (h[i] ?? NaN));
    expectNormal(noise, 0.5);
    expect(Object.keys(found["prior_predictive"]?.variables ?? {})).toEqual(["y", "y_rep"]);
    expect(Object.keys(found["prior"]?.variables ?? {})).toEqual(["L", "a", "b", "h", "twice"]);
    const prior = numbers("prior", "a");
    expect(prior).toHaveLength(180);
    // 180 draws of a standard normal: its mean within four standard errors.
    expect(Math.abs(prior.reduce((sum, x) => sum + x, 0) / 180)).toBeLessThan(4 / Math.sqrt(180));
    expect(Math.max(...prior)).toBeGreaterThan(1);
  });
});

describe("what cannot be exported", () => {
  it("is refused with a reason", async () => {
    const refused = async (rest: string): Promise<string> => {
      const { code, err } = await exported(rest);
      expect(code).toBe(2);
      return err;
    };
    expect(await refused("fit --to stan-csv --chains 7")).toContain(
      "error[E1102]: 60 draws cannot be shared out among 7 chains of one length",
    );
    expect(await refused("fit --to arrow,parquet --output x")).toContain(
      "error[E1105]: --output names one place",
    );
    expect(await refused("fit --to parquett")).toContain("Did you mean parquet?");
    expect(await refused("nowhere --to zarr")).toContain("error[E0845]");
    mkdirSync(join(folder, "mine"));
    writeFileSync(join(folder, "mine", "letter.txt"), "dear all");
    expect(await refused("fit --to zarr --output mine --device reference")).toContain(
      "error[E1104]: 'mine' is there already",
    );
    expect(read("mine", "letter.txt")).toBe("dear all");
    expect((await run("--output none --draws 0 --save zarr")).err).toContain("error[E1106]");
  });
  it("is data that is not that of the run", async () => {
    writeFileSync(join(folder, "data.csv"), DATA.replace("1.25", "1.5"));
    const { code, err } = await exported("fit --to parquet");
    writeFileSync(join(folder, "data.csv"), DATA);
    expect(code).toBe(2);
    expect(err).toContain("error[E1101]: 'data.csv' has changed since the run");
    writeFileSync(join(folder, "copy.csv"), DATA);
    expect((await exported("fit --to parquet --data copy.csv")).code).toBe(0);
  });
  it("is a name that the format keeps for itself; a prior without draws is left out", async () => {
    writeFileSync(
      join(folder, "odd.mpp"),
      "data { real y; }\nmodel { chain ~ normal(0, 1); y ~ normal(chain, 1); }\n",
    );
    writeFileSync(join(folder, "flat.mpp"), "data { real y; }\nmodel { m ~ flat(); y ~ normal(m, 1); }\n");
    const fit = "--data y.json --device reference -K 4 --iterations 3 --draws 12 --quiet";
    await cli(`run odd.mpp ${fit} --output odd`);
    const { code, err } = await exported("odd --to zarr --device reference");
    expect(code).toBe(1);
    expect(err).toContain("error[E1103]: 'chain' is both a variable and a dimension");
    await cli(`run flat.mpp ${fit} --output flat`);
    const flat = await exported("flat --to zarr --device reference");
    expect(flat.err).toContain(
      "note[N1101]: there are no draws from the prior: the prior of 'm' does not say",
    );
    expect(readdirSync(join(folder, "flat", "posterior.zarr"))).not.toContain("prior");
    expect(readdirSync(join(folder, "flat", "posterior.zarr", "posterior_predictive"))).toContain("y");
    writeFileSync(
      join(folder, "factor.mpp"),
      "data { real y; }\nmodel {\n  m ~ normal(0, 1);\n  target += -m;\n  y ~ normal(m, 1);\n}\n",
    );
    await cli(`run factor.mpp ${fit} --output factor`);
    expect((await exported("factor --to zarr --device reference")).err).toMatch(
      /note\[N1101\]: there are no draws from the prior: this factor says .* \(line 4\)/,
    );
  });
});
