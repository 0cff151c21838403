// Files of the standard library, opened in an editor: definitions without a block around them.
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseLibrary } from "../parser/parse.js";
import type { SourceFile } from "../source.js";
import { libraryFolder, readLibrarySources } from "../stdlib.js";
import { checkModel } from "../typecheck/check.js";
import { extendLibrary, loadLibrary } from "../typecheck/library.js";
import { newRecorder } from "../typecheck/record.js";
import type { Findings } from "./analysis.js";

const folders = new Map<string, boolean>();

/** True of a file that stands where the standard library does, by whatever links. */
export function isLibraryFile({ path }: SourceFile): boolean {
  const folder = dirname(path);
  const known =
    folders.get(folder) ?? (existsSync(folder) && realpathSync(folder) === realpathSync(libraryFolder()));
  folders.set(folder, known);
  return known;
}

/** Checks the file as a part of the library, in place of the one on disk. */
export function analyseLibraryFile(source: SourceFile): Findings {
  const others = readLibrarySources().filter(({ path }) => basename(path) !== basename(source.path));
  const { recorder, told } = newRecorder();
  const parsed = parseLibrary(source);
  // The others may use what this file defines.
  const whole = loadLibrary([...others, source], "null").library;
  const { library, diagnostics } = extendLibrary(
    { ...loadLibrary(others).library, function: whole.function, distribution: whole.distribution },
    parsed.functions,
    recorder,
  );
  const found = [...parsed.diagnostics, ...diagnostics, ...library.check()];
  const span = { source, start: 0, end: source.text.length };
  const nothing = {
    data: [],
    parameters: [],
    model: [],
    guide: [],
    generated: [],
    blocks: [],
    brokenNames: [],
    span,
  };
  const { partial } = checkModel({ ...nothing, functions: [] }, source, library);
  return {
    syntax: { ...nothing, functions: parsed.functions },
    checked: null,
    diagnostics: found,
    recording: { ...told(), partial, library },
  };
}
