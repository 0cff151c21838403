// What `mppc check` does: parses and type-checks models, and prints what it finds.
import { checkSource } from "../../compile.js";
import { hasErrors } from "../../diagnostic.js";
import { EXIT } from "../exit-codes.js";
import { printDiagnostics } from "../failures.js";
import { readText } from "../files.js";
import type { Terminal } from "../terminal.js";

/** Returns the exit code: 1 if any of the models has an error. */
export function check(paths: readonly string[], terminal: Terminal): number {
  const found = paths.map(readText).map((source) => {
    const { checked, diagnostics } = checkSource(source);
    return [...diagnostics, ...(checked?.compile({ programs: ["bounds"] }).diagnostics ?? [])];
  });
  for (const diagnostics of found) printDiagnostics(diagnostics, terminal);
  return found.some(hasErrors) ? EXIT.diagnostics : EXIT.done;
}
