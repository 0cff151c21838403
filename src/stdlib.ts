// The standard library on disk: the folder `stdlib/` beside package.json.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Bug, hasErrors, renderDiagnostics } from "./diagnostic.js";
import type { SourceFile } from "./source.js";
import { loadLibrary, type Library } from "./typecheck/library.js";

let library: Library | undefined;

/** The standard library, read once per process. A mistake in it is a Bug. */
export function readLibrary(): Library {
  if (library !== undefined) return library;
  const loaded = loadLibrary(readLibrarySources());
  if (hasErrors(loaded.diagnostics))
    throw new Bug(`the standard library is wrong:\n${renderDiagnostics(loaded.diagnostics)}`);
  library = loaded.library;
  return library;
}

/** The files of the standard library, in the order of their names. */
export function readLibrarySources(): readonly SourceFile[] {
  const folder = libraryFolder();
  return readdirSync(folder)
    .filter((name) => name.endsWith(".mpp"))
    .sort()
    .map((name) => ({ path: `stdlib/${name}`, text: readFileSync(join(folder, name), "utf8") }));
}

/** Where the files of the standard library are. */
export const libraryFolder = (): string => join(packageFolder(), "stdlib");

/** The folder of package.json, which is above this file both in `src/` and in `dist/`. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder) throw new Bug("the folder of the package was not found");
    folder = above;
  }
  return folder;
}
