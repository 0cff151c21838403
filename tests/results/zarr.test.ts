// Zarr folders of random data sets, opened by xarray: every number, dimension, coordinate and attribute is there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Dimension, PosteriorDataSet, Variable } from "../../src/results/data-set.js";
import type { ResultFile } from "../../src/results/formats.js";
import { zarr } from "../../src/results/zarr.js";
import { allPlaces, dataSets, FACTS, valueAt } from "./random-data-set.js";
import type { Described, OpenedGroup } from "./opened.js";
import { describeWithReaders } from "./readers.js";

/** Without waiting for the disk, as commands do. */
function writeFiles(folder: string, files: readonly ResultFile[]): void {
  for (const { name, content } of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.concat([...content].map((piece) => Buffer.from(piece))));
  }
}

/** As Python prints numbers of that type: float32 values widened. */
const shown = (x: number, type: string): string | number => {
  if (type.startsWith("i")) return x;
  if (Number.isNaN(x)) return "nan";
  return Number.isFinite(x) ? String(x) : x > 0 ? "inf" : "-inf";
};
const numeric = (values: readonly (string | number)[], type: string): readonly (string | number)[] =>
  type.startsWith("f")
    ? values.map((x) =>
        shown(x === "nan" ? NaN : x === "inf" ? Infinity : x === "-inf" ? -Infinity : Number(x), type),
      )
    : values;
const typeOf = ({ values }: Variable): string =>
  values instanceof Int32Array ? "i4" : values instanceof Float32Array ? "f4" : "f8";

function described(v: Variable, chains: number, draws: number): Described {
  const sample = [
    { name: "chain", length: chains },
    { name: "draw", length: draws / chains },
  ];
  const dims: readonly { readonly name: string; readonly length: number }[] = [...sample, ...v.dimensions];
  const type = typeOf(v);
  const values = allPlaces(dims).map(([chain = 0, draw = 0, ...places]) =>
    shown(valueAt(v, places, chain * (draws / chains) + draw, draws), type),
  );
  return { dims: dims.map((d) => d.name), shape: dims.map((d) => d.length), type, values };
}

function describedData(v: Variable): Described {
  const values = allPlaces(v.dimensions).map((places) => shown(valueAt(v, places, 0, 1), typeOf(v)));
  return {
    dims: v.dimensions.map((d) => d.name),
    shape: v.dimensions.map((d) => d.length),
    type: typeOf(v),
    values,
  };
}

const withNumbers = (found: Described): Described => ({
  ...found,
  values: numeric(found.values, found.type),
});

describeWithReaders("Zarr folders, opened by xarray", (run) => {
  it("hold every number of random data sets in its place", () => {
    const folder = mkdtempSync(join(tmpdir(), "mppc-zarr-"));
    try {
      const sets = fc.sample(dataSets, { numRuns: 12, seed: 20261121 });
      return Promise.all(
        sets.map(async (set, i) => writeFiles(join(folder, `${i}.zarr`), await zarr(set))),
      ).then(() => {
        const lines = run("read_zarr.py", sets.map((_, i) => `${join(folder, `${i}.zarr`)}\n`).join(""))
          .trimEnd()
          .split("\n");
        expect(lines).toHaveLength(sets.length);
        sets.forEach((set, i) => check(set, JSON.parse(lines[i] ?? "") as Record<string, OpenedGroup>));
        rmSync(folder, { recursive: true, force: true });
      });
    } catch (problem) {
      rmSync(folder, { recursive: true, force: true });
      throw problem;
    }
  });
});

function check(set: PosteriorDataSet, found: Record<string, OpenedGroup>): void {
  const { further, chains, draws } = set;
  const ofPrior = (predicted: boolean): readonly (readonly [string, Described])[] =>
    (further?.prior?.variables ?? [])
      .filter((v) => v.predicted === predicted)
      .map((v) => [v.name, described(v, 1, 4)]);
  const expected: Record<string, readonly (readonly [string, Described])[]> = {
    posterior: set.quantities.filter((q) => !q.predicted).map((q) => [q.name, described(q, chains, draws)]),
    posterior_predictive: [
      ...set.quantities.filter((q) => q.predicted),
      ...(further?.replicated.variables ?? []),
    ].map((q) => [q.name, described(q, chains, draws)]),
    log_likelihood: (further?.logLikelihood.variables ?? []).map((v) => [
      v.name,
      described(v, chains, draws),
    ]),
    prior: ofPrior(false),
    prior_predictive: ofPrior(true),
    observed_data: (further?.observedData ?? []).map((v) => [v.name, describedData(v)]),
    constant_data: (further?.constantData ?? []).map((v) => [v.name, describedData(v)]),
    sample_stats: (
      [
        { name: "lp", dimensions: [], values: set.logJoint },
        { name: "set", dimensions: [], values: set.sets },
      ] as const
    ).map((v) => [v.name, described(v, chains, draws)]),
  };
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, variables] of Object.entries(expected)) {
    const group = found[name];
    const read = Object.entries(group?.variables ?? {}).map(
      ([key, value]) => [key, withNumbers(value)] as const,
    );
    expect(new Map(read)).toEqual(new Map(variables));
    expect(group?.attributes["inference_library"]).toBe("mppc");
    for (const dimension of set.plates) checkCoordinates(dimension, group);
  }
  expect(found["posterior"]?.attributes).toMatchObject({
    log_evidence: FACTS.logEvidence,
    sampling_time: FACTS.seconds,
    created_at: FACTS.started,
    learned_parameters: JSON.stringify(FACTS.learned),
  });
}

const names = ({ labels, length }: Dimension): readonly (string | number)[] =>
  labels ?? Array.from({ length }, (_, i) => i + 1);

/** Each dimension that a group has is an index, and rows of a ragged one say what they belong to. */
function checkCoordinates(dimension: Dimension, group: OpenedGroup | undefined): void {
  const found = group?.coordinates[dimension.name];
  if (found === undefined) {
    expect(Object.values(group?.variables ?? {}).some((v) => v.dims.includes(dimension.name))).toBe(false);
    return;
  }
  expect(group?.indexes).toContain(dimension.name);
  expect(found.values).toEqual(names(dimension));
  const { within } = dimension;
  if (within === null) return;
  const outer = names(within.dimension);
  const belongsTo = group?.coordinates[`${within.dimension.name}_of_${dimension.name}`];
  expect(belongsTo?.dims).toEqual([dimension.name]);
  expect(belongsTo?.values).toEqual(Array.from(within.places, (place) => outer[place]));
  const inside = group?.coordinates[`${dimension.name}_in_${within.dimension.name}`];
  expect(inside?.values).toEqual([...within.numbers]);
}
