// Models that were read and programs that were made, kept for further runs of the same.
import type { CompileOptions } from "../compile.js";
import type { CompiledModel } from "../compiled.js";
import type { Sizes } from "../ir/axis.js";
import { sha256 } from "../runtime/compiled-file.js";
import { readText } from "./files.js";
import { loadModel, type Model } from "./model-file.js";
import type { EstimationOptions } from "./options.js";
import type { Terminal } from "./terminal.js";

/** Compiled models that are kept of one model: each may be some megabytes. */
const MOST_COMPILED = 16;

/** Each model is checked once, and compiled once for the same sizes, device and programs. */
export class ModelCache {
  private readonly models = new Map<string, Model>();

  /** As `loadModel`; a model that is known already has no compilation behind it. Its warnings are printed but once. */
  load(path: string, terminal: Terminal, wanted: EstimationOptions): Model {
    const { estimator, coupling, optimize } = wanted;
    const key = JSON.stringify([path, sha256(readText(path).text), estimator, coupling, optimize]);
    const known = this.models.get(key);
    if (known !== undefined) {
      const before = known.compileSeconds();
      return { ...known, compileSeconds: () => known.compileSeconds() - before };
    }
    const model = keepingCompiled(loadModel(path, terminal, wanted));
    this.models.set(key, model);
    return model;
  }
}

function keepingCompiled(model: Model): Model {
  const kept = new Map<string, CompiledModel>();
  const compile = (options: CompileOptions): CompiledModel => {
    const key = compileKey(options);
    const compiled = kept.get(key) ?? model.compile(options);
    // What was asked for last is the last to go.
    kept.delete(key);
    kept.set(key, compiled);
    if (kept.size > MOST_COMPILED) kept.delete(kept.keys().next().value ?? key);
    return compiled;
  };
  return { ...model, compile };
}

/** Compilations of one model that ask for the same have the same key. */
const compileKey = ({ sizes, ...options }: CompileOptions): string =>
  JSON.stringify(
    [
      Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)),
      sizes === undefined ? null : sizesKey(sizes),
    ],
    (_, value: unknown) => (value instanceof Set ? [...(value as Set<unknown>)] : value),
  );

/** Programs are the same for data that is arranged alike: as long, in the same rows, and lacking values of the same arrays. */
export const sizesKey = (sizes: Sizes): string =>
  JSON.stringify([
    [...sizes],
    [...(sizes.rows ?? [])].map(([axis, { of, starts, byKey }]) => [
      axis,
      of,
      [...starts],
      byKey && [...byKey],
    ]),
    [...(sizes.missing ?? [])],
    [...(sizes.columns ?? [])],
  ]);
