// Posterior draws as `draws.csv`, which is written by runs and read by predictions: a column per element of every latent,
// a row per draw.
import { join } from "node:path";
import type { CompiledModel } from "../compiled.js";
import type { DrawnValues, PosteriorDraws } from "../inference/draws.js";
import { elementNames } from "../inference/layout.js";
import type { AtDraws } from "../inference/predict.js";
import type { Axis, Sizes } from "../ir/axis.js";
import { csv } from "./csv.js";
import { noDrawsOf } from "./errors.js";
import { UsageError } from "./failures.js";
import { readText } from "./files.js";

/** The first column says from which final set a draw is: those of one set share their particles. */
const SET = "set";

/** `draws.csv`: latents in the model's order, then generated quantities if they are of as many draws; numbers to 9 digits, which is float32. */
export function drawsCsv(
  { count, perSet, latents }: PosteriorDraws,
  atData: Pick<AtDraws, "count" | "generated">,
  sizes: Sizes,
): string {
  const generated = atData.count === count ? [...atData.generated] : [];
  const quantities = [...latents, ...generated].map(([name, { axes, values }]) => ({
    names: elementNames(name, axes, sizes),
    values,
  }));
  const sets = perSet.flatMap((n, set) => Array<number>(n).fill(set + 1));
  const row = (draw: number): number[] => {
    const cells = [sets[draw] ?? NaN];
    for (const { names, values } of quantities)
      for (let e = 0; e < names.length; e++)
        cells.push(Number((values[e * count + draw] ?? NaN).toPrecision(9)));
    return cells;
  };
  return csv(
    [SET, ...quantities.flatMap((q) => q.names)],
    Array.from({ length: count }, (_, draw) => row(draw)),
  );
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
