// The standard library as the tests of its families see it.
import { readdirSync, readFileSync } from "node:fs";
import { renderDiagnostics } from "../../src/diagnostic.js";
import { loadLibrary } from "../../src/typecheck/library.js";
import { isWhole } from "../../src/typecheck/types.js";
import type { Distribution, FunctionDeclaration } from "../../src/typecheck/model.js";

const FOLDER = new URL("../../stdlib/", import.meta.url);

/** Names of the library's files, in order. */
export const LIBRARY_FILES: readonly string[] = readdirSync(FOLDER).filter((name) => name.endsWith(".mpp"));

const { library, diagnostics } = loadLibrary(
  LIBRARY_FILES.map((name) => ({
    path: `stdlib/${name}`,
    text: readFileSync(new URL(name, FOLDER), "utf8"),
  })),
);

/** Everything that is wrong with the library, as a person would read it. */
export const libraryErrors = (): string => renderDiagnostics([...diagnostics, ...library.check()]);

export const DISTRIBUTION_NAMES = library.distributionNames;
/** Proper families of numbers, and those that have whole vectors as values or parameters. */
export const SCALAR_FAMILIES = DISTRIBUTION_NAMES.filter(
  (name) => !isWhole(distribution(name)) && distribution(name).draw !== null,
);
export const VECTOR_FAMILIES = DISTRIBUTION_NAMES.filter((name) => isWhole(distribution(name)));
export const FUNCTION_NAMES = library.functionNames;

/** A family of the library; throws if it is not there or has errors. */
export function distribution(name: string): Distribution {
  const found = library.distribution(name);
  if (found === null || found === undefined)
    throw new Error(`the library has no good distribution '${name}'`);
  return found;
}

/** A function of the library; throws if it is not there or has errors. */
export function libraryFunction(name: string): FunctionDeclaration {
  const found = library.function(name);
  if (found === null || found === undefined) throw new Error(`the library has no good function '${name}'`);
  return found;
}
