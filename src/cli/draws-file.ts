// Posterior draws as `draws.csv`, which is written by runs and read by predictions: a column per element of every latent,
// a row per draw.
import { join } from "node:path";
import type { CompiledModel } from "../compiled.js";
import type { DrawnValues, PosteriorDraws } from "../inference/draws.js";
import { elementNames } from "../inference/layout.js";
import type { AtDraws } from "../inference/predict.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { csv } from "./csv.js";
import { MOST_BYTES, writeNumber } from "./digits.js";
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

/**
 * The latents' draws of a run's directory. `elements`: how many each latent has, and `axesOf` the axes of its elements.
 * Throws a UsageError where the file is not of that many.
 */
export function readDraws(
  directory: string,
  model: CompiledModel,
  axesOf: (latent: string) => readonly Axis[],
  elements: (axes: readonly Axis[]) => number,
): PosteriorDraws {
  const path = join(directory, "draws.csv");
  const [head = "", ...lines] = readText(path).text.trimEnd().split("\n");
  const header = [...head.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map((m) => m[1] ?? m[2] ?? "");
  const rows = lines.map((line) => line.split(",").map(Number));
  const count = rows.length;
  const whole = rows.every((row) => row.length === header.length && !row.some(Number.isNaN));
  if (count === 0 || header[0] !== SET || !whole) throw new UsageError(noDrawsOf(path, "all latents"));
  const latents = new Map<string, DrawnValues>();
  for (const { name } of model.interface.latents) {
    const axes = axesOf(name);
    const columns = [...header.keys()].filter(
      (i) => header[i] === name || header[i]?.startsWith(`${name}[`) === true,
    );
    if (columns.length !== elements(axes)) throw new UsageError(noDrawsOf(path, name));
    const values = Float32Array.from(columns.flatMap((column) => rows.map((row) => row[column] ?? NaN)));
    latents.set(name, { axes, values });
  }
  const sets = rows.reduce((most, row) => Math.max(most, row[0] ?? 0), 0);
  const perSet = Array.from({ length: sets }, (_, s) => rows.filter((row) => row[0] === s + 1).length);
  return { count, perSet, latents, parameters: readLearned(directory, model) };
}

/** The model's own parameters as a run learned them, from its `guide.json`. */
function readLearned(directory: string, model: CompiledModel): PosteriorDraws["parameters"] {
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
