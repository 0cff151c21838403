// Makes plain JavaScript of a few source files, for tests that need a process of their own to run them in.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { onTestFinished } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A fresh folder that is removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "mppc-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * Writes `entries` ("src/cli/launch.ts") and all they import as JavaScript below `directory`, beside a link to
 * node_modules; gives the path of a source file's JavaScript.
 */
export function transpile(directory: string, entries: readonly string[]): (entry: string) => string {
  const target = (file: string): string => join(directory, file.replace(/\.ts$/, ".js"));
  const done = new Set<string>();
  const visit = (file: string): void => {
    if (done.has(file)) return;
    done.add(file);
    const options = {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
    };
    const { outputText } = ts.transpileModule(readFileSync(join(ROOT, file), "utf8"), {
      compilerOptions: options,
    });
    mkdirSync(dirname(target(file)), { recursive: true });
    writeFileSync(target(file), outputText);
    for (const [, path = ""] of outputText.matchAll(/(?:from|import\()\s*"(\.[^"]*)\.js"/g))
      visit(relative(ROOT, join(ROOT, dirname(file), `${path}.ts`)));
  };
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }\n');
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  entries.forEach(visit);
  return target;
}
