// Makes plain JavaScript of a few source files, for tests that need a process of their own to run them in.
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { ROOT, writeJavaScript } from "../support/javascript.js";

/** A fresh folder that is removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "mppc-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What a source imports but types, statically or not. */
const IMPORTS = /(?:^(?:import|export) (?!type\b)[^;"]*from |\bimport\()"(\.[^"]*)\.js"/gm;

/**
 * Writes `entries` ("src/cli/launch.ts") and all they import as JavaScript below `directory`, beside a link to
 * node_modules; gives the path of a source file's JavaScript.
 */
export function transpile(directory: string, entries: readonly string[]): (entry: string) => string {
  const files = new Set(entries);
  for (const file of files)
    for (const [, path = ""] of readFileSync(join(ROOT, file), "utf8").matchAll(IMPORTS))
      files.add(join(dirname(file), `${path}.ts`));
  writeJavaScript(directory, ".", [...files]);
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }\n');
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  return (file) => join(directory, file.replace(/\.ts$/, ".js"));
}
