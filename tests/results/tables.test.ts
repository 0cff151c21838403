// Arrow, Parquet and Stan's CSV of random data sets, read by other implementations: DuckDB and hyparquet, Arrow's Rust
// library, and for CSV a parser that goes by the names of the columns.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { Table, writeParquet } from "parquet-wasm/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { arrow } from "../../src/results/arrow.js";
import { parquet } from "../../src/results/parquet.js";
import { stanCsv } from "../../src/results/stan-csv.js";
import type { Dimension, PosteriorDataSet, Variable } from "../../src/results/data-set.js";
import type { ResultFile } from "../../src/results/formats.js";
import { allPlaces, dataSets, FACTS, valueAt } from "./random-data-set.js";

const RUNS = { numRuns: 12, seed: 4 };

const bytesOf = (file: ResultFile | undefined): Uint8Array =>
  Buffer.concat([...(file?.content ?? [])].map((piece) => Buffer.from(piece)));

/** What the place along a dimension is called in names of elements. */
const indices = (d: Dimension, place: number): string => {
  const own = d.labels?.[place] ?? String(d.within === null ? place + 1 : d.within.numbers[place]);
  return d.within === null ? own : `${indices(d.within.dimension, d.within.places[place] ?? NaN)},${own}`;
};

type Columns = ReadonlyMap<string, readonly number[]>;

/** The whole table that there should be. */
function expectedColumns(set: PosteriorDataSet): Columns {
  const length = set.draws / set.chains;
  const draws = Array.from({ length: set.draws }, (_, i) => i);
  const elements = (v: Variable): (readonly [string, readonly number[]])[] =>
    allPlaces(v.dimensions).map((places) => {
      const inside = places.map((place, i) => indices(v.dimensions[i] as Dimension, place)).join(",");
      const name = places.length === 0 ? v.name : `${v.name}[${inside}]`;
      return [name, draws.map((draw) => valueAt(v, places, draw, set.draws))];
    });
  return new Map([
    [".chain", draws.map((i) => Math.floor(i / length) + 1)],
    [".iteration", draws.map((i) => (i % length) + 1)],
    [".draw", draws.map((i) => i + 1)],
    ["set", [...set.sets]],
    ["lp__", [...set.logJoint]],
    ...set.quantities.flatMap(elements),
  ]);
}

const duckdb: { run: (sql: string) => Promise<Columns>; close: () => void } = {
  run: () => Promise.reject(new Error("not open")),
  close: () => undefined,
};
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mppc-tables-"));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  duckdb.run = async (sql) => {
    const found = await connection.runAndReadAll(sql);
    const columns = found.getColumns();
    return new Map(found.columnNames().map((name, i) => [name, (columns[i] ?? []).map(Number)]));
  };
  duckdb.close = () => {
    connection.closeSync();
    instance.closeSync();
  };
});
afterAll(() => {
  duckdb.close();
  rmSync(folder, { recursive: true, force: true });
});

const byDuckdb = (bytes: Uint8Array): Promise<Columns> => {
  const path = join(folder, "table.parquet");
  writeFileSync(path, bytes);
  return duckdb.run(`select * from read_parquet('${path}')`);
};

describe("tables of draws", () => {
  it("as Parquet are read by DuckDB and hyparquet", async () => {
    await fc.assert(
      fc.asyncProperty(dataSets, async (set) => {
        const bytes = bytesOf((await parquet(set))[0]);
        const expected = expectedColumns(set);
        expect(await byDuckdb(bytes)).toEqual(expected);
        const file = new Uint8Array(bytes).buffer;
        const rows = await parquetReadObjects({ file });
        expect(rows).toHaveLength(set.draws);
        for (const [name, values] of expected) expect(rows.map((row) => Number(row[name]))).toEqual(values);
        const metadata = parquetMetadata(file).key_value_metadata?.find(({ key }) => key === "mppc")?.value;
        expect(JSON.parse(metadata ?? "")).toMatchObject({ model: "random", seed: FACTS.seed });
      }),
      RUNS,
    );
  });
  it("as Arrow are read by Arrow for Rust, as a file's stream", async () => {
    await fc.assert(
      fc.asyncProperty(dataSets, async (set) => {
        const bytes = bytesOf((await arrow(set))[0]);
        expect(Buffer.from(bytes.subarray(0, 6)).toString()).toBe("ARROW1");
        expect(Buffer.from(bytes.subarray(-6)).toString()).toBe("ARROW1");
        // Behind the magic bytes and their padding stands a stream; what Rust made of it is told by DuckDB.
        const table = Table.fromIPCStream(bytes.subarray(8));
        expect(await byDuckdb(writeParquet(table))).toEqual(expectedColumns(set));
      }),
      RUNS,
    );
  });
});

/** Names and values of CSV rows that are no comments. */
function parseCsv(text: string): {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const [names = [], ...rows] = text
    .trimEnd()
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split(","));
  return { names, rows };
}

/** To 9 digits, as files have it. */
const written = (x: number): string => {
  if (Number.isNaN(x)) return "nan";
  return Number.isFinite(x) ? String(Number(x.toPrecision(9))) : x > 0 ? "inf" : "-inf";
};
const plain = (text: string): string => (/^-?(nan|inf)$/.test(text) ? text : String(Number(text)));

describe("Stan's CSV", () => {
  it("has every number under Stan's name for it, the first index changing fastest", async () => {
    await fc.assert(
      fc.asyncProperty(dataSets, async (set) => {
        const files = await stanCsv(set);
        expect(files.map(({ name }) => name)).toEqual(
          set.chains === 1 ? [""] : Array.from({ length: set.chains }, (_, i) => `_${i + 1}`),
        );
        files.forEach((file, chain) => {
          const { names, rows } = parseCsv(Buffer.from(bytesOf(file)).toString());
          const length = set.draws / set.chains;
          expect(rows).toHaveLength(length);
          const expected = set.quantities.flatMap((q) =>
            allPlaces(q.dimensions.toReversed()).map((backwards) => {
              const places = backwards.toReversed();
              return { q, places, name: [q.name, ...places.map((place) => String(place + 1))].join(".") };
            }),
          );
          expect(names).toEqual(["lp__", "accept_stat__", ...expected.map(({ name }) => name)]);
          rows.forEach((row, i) => {
            const draw = chain * length + i;
            const values = expected.map(({ q, places }) => valueAt(q, places, draw, set.draws));
            expect(row.map(plain)).toEqual([set.logJoint[draw] ?? NaN, 1, ...values].map(written));
          });
        });
      }),
      RUNS,
    );
  });
  it("says in its header what is true, and nothing else that a reader would take for a setting", async () => {
    const [set] = fc.sample(dataSets, { numRuns: 1, seed: 1 });
    if (set === undefined) throw new Error("no sample");
    const [file] = await stanCsv({ ...set, chains: 1 });
    const text = Buffer.from(bytesOf(file)).toString();
    const settings = [...text.matchAll(/^#\s*(.*?)\s*=\s*(.*)$/gm)].map(([, name, value]) => [name, value]);
    expect(new Map(settings as [string, string][])).toEqual(
      new Map([
        ["stan_version_major", "2"],
        ["stan_version_minor", "33"],
        ["stan_version_patch", "0"],
        ["model", "random"],
        ["start_datetime", "2026-11-21 10:00:00 UTC"],
        ["method", "sample"],
        ["num_samples", String(set.draws)],
        ["num_warmup", "0"],
        ["save_warmup", "0"],
        ["thin", "1"],
        ["algorithm", "fixed_param"],
        ["id", "1"],
        ["seed", "7"],
        ["mppc_version", "0.0.0"],
        ["log_evidence", "-12.25"],
      ]),
    );
    expect(text).toContain("no Stan was run, and this is no Markov chain");
    expect(text).toContain("# learned parameter rate: 2\n");
    expect(text).toMatch(
      /^#  Elapsed Time: 0 seconds \(Warm-up\)\n#                1\.500 seconds \(Sampling\)$/m,
    );
  });
});
