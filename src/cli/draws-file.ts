// Posterior draws as `draws.csv`, which is written by runs and read by predictions: a column per element of every latent,
// a row per draw.
import { join } from "node:path";
import type { CompiledModel, CompiledProgram } from "../compiled.js";
import type { DrawnValues, PosteriorDraws } from "../inference/draws.js";
import { axesOfDraw, elementNames } from "../inference/layout.js";
import type { AtDraws } from "../inference/predict.js";
import { countedAxes, type Axis, type Sizes } from "../ir/axis.js";
import { BUFFERS } from "../ir/interface.js";
import { csv } from "./csv.js";
import { MOST_BYTES, writeNumber } from "../results/digits.js";
import { noDrawsOf } from "./errors.js";
import { UsageError } from "./failures.js";
import { readText } from "./files.js";

/** The first column says from which final set a draw is: those of one set share their particles. */
const SET = "set";

/** Bytes that are made before they are written. */
const CHUNK = 2 ** 20;
const [COMMA, NEWLINE] = [0x2c, 0x0a] as const;

/**
 * `draws.csv`, piece by piece: latents in the model's order, then generated quantities if they are of as many draws;
 * numbers to 9 digits, which is float32. A piece is gone when the next one is asked for.
 */
export function* drawsCsv(
  { count, perSet, latents }: PosteriorDraws,
  atData: Pick<AtDraws, "count" | "generated">,
  sizes: Sizes,
): Generator<string | Uint8Array> {
  const quantities = [...latents, ...(atData.count === count ? atData.generated : [])];
  const names = quantities.flatMap(([name, { axes }]) => elementNames(name, axes, sizes));
  yield* csv([SET, ...names], [], () => []);
  const bytes = new Uint8Array(CHUNK + MOST_BYTES + 1);
  let at = 0;
  let draw = 0;
  for (const [set, drawn] of perSet.entries())
    for (const end = draw + drawn; draw < end; draw++) {
      at = writeNumber(bytes, at, set + 1);
      for (const [, { values }] of quantities)
        for (let place = draw; place < values.length; place += count) {
          bytes[at++] = COMMA;
          at = writeNumber(bytes, at, values[place] ?? NaN);
          if (at < CHUNK) continue;
          yield bytes.subarray(0, at);
          at = 0;
        }
      bytes[at++] = NEWLINE;
    }
  yield bytes.subarray(0, at);
}

/** Draws of a run as its directory has them, and those of the generated quantities that are among them. */
export type ReadDraws = PosteriorDraws & { readonly generated: ReadonlyMap<string, DrawnValues> };

/**
 * The draws of a run's directory. `elements`: how many each quantity has, and `axesOf` the axes of its elements; undefined
 * for latents that are not wanted, and of generated quantities where these are. Throws a UsageError where the file is not of
 * that many.
 */
export function readDraws(
  directory: string,
  model: Pick<CompiledModel, "interface">,
  axesOf: {
    readonly latent: (name: string) => readonly Axis[] | undefined;
    readonly generated?: (name: string) => readonly Axis[];
  },
  elements: (axes: readonly Axis[]) => number,
): ReadDraws {
  const path = join(directory, "draws.csv");
  const [head = "", ...lines] = readText(path).text.trimEnd().split("\n");
  const header = [...head.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map((m) => m[1] ?? m[2] ?? "");
  const rows = lines.map((line) => line.split(",").map(Number));
  const count = rows.length;
  const whole = rows.every((row) => row.length === header.length);
  if (count === 0 || header[0] !== SET || !whole) throw new UsageError(noDrawsOf(path, "all latents"));
  const places = new Map<string, number[]>();
  header.forEach((column, i) => {
    const name = column.split("[", 1)[0] ?? column;
    const known = places.get(name);
    if (known === undefined) places.set(name, [i]);
    else known.push(i);
  });
  const valuesOf = (name: string, axes: readonly Axis[]): DrawnValues => {
    const columns = places.get(name) ?? [];
    if (columns.length !== elements(axes)) throw new UsageError(noDrawsOf(path, name));
    const values = new Float32Array(columns.length * count);
    columns.forEach((column, e) => {
      for (let draw = 0; draw < count; draw++) values[e * count + draw] = rows[draw]?.[column] ?? NaN;
    });
    return { axes, values };
  };
  const latents = new Map(
    model.interface.latents.flatMap(({ name }) => {
      const axes = axesOf.latent(name);
      if (axes === undefined) return [];
      const found = valuesOf(name, axes);
      if (found.values.some(Number.isNaN)) throw new UsageError(noDrawsOf(path, name));
      return [[name, found] as const];
    }),
  );
  const there = model.interface.generated.filter(({ name }) => places.has(name));
  const generated = new Map(
    there.flatMap(({ name }) =>
      axesOf.generated === undefined ? [] : [[name, valuesOf(name, axesOf.generated(name))] as const],
    ),
  );
  const sets = rows.reduce((most, row) => Math.max(most, row[0] ?? 0), 0);
  const perSet = Array.from({ length: sets }, (_, s) => rows.filter((row) => row[0] === s + 1).length);
  return { count, perSet, latents, parameters: readLearned(directory, model), generated };
}

/** The draws of the latents, over the axes that a program takes them over. `trained`: the sizes of the run's data. */
export function drawsOf(
  directory: string,
  model: Pick<CompiledModel, "interface">,
  program: CompiledProgram,
  trained: Sizes,
): PosteriorDraws {
  // Those that nothing depends on are no input.
  const latent = (name: string) => axesOfDraw(program, BUFFERS.draws(name));
  return readDraws(directory, model, { latent }, (axes) =>
    countedAxes(axes).reduce((n, axis) => n * (trained.get(axis.name) ?? 0), 1),
  );
}

/** The model's own parameters as a run learned them, from its `guide.json`. */
function readLearned(
  directory: string,
  model: Pick<CompiledModel, "interface">,
): PosteriorDraws["parameters"] {
  if (model.interface.parameters.length === 0) return new Map();
  const path = join(directory, "guide.json");
  const file = JSON.parse(readText(path).text) as {
    readonly model_parameters?: Readonly<Record<string, unknown>>;
  };
  return new Map(
    model.interface.parameters.map(({ name }) => {
      const values = [file.model_parameters?.[name]].flat();
      if (!values.every((x) => typeof x === "number")) throw new UsageError(noDrawsOf(path, name));
      return [name, Float64Array.from(values)];
    }),
  );
}
