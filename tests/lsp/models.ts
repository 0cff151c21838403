// Texts that an editor may hold: the examples, and what they are while somebody types.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { analyse, type Analysis } from "../../src/lsp/analysis.js";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples");

/** The paths of the examples' models. */
export const EXAMPLE_PATHS: readonly string[] = readdirSync(EXAMPLES)
  .map((name) => join(EXAMPLES, name, `${name}.mpp`))
  .filter((path) => existsSync(path));

export const textOf = (path: string): string => readFileSync(path, "utf8");

export const analysed = (text: string, path = "model.mpp"): Analysis => analyse({ path, text });

/** The beginnings of a text, each a few characters longer than the one before. */
export const prefixes = (text: string, step: number): readonly string[] =>
  Array.from({ length: Math.floor(text.length / step) }, (_, i) => text.slice(0, i * step));

/** Every so many places of a text, and its end. */
export const places = (text: string, step: number): readonly number[] => [
  ...Array.from({ length: Math.ceil(text.length / step) }, (_, i) => i * step),
  text.length,
];
