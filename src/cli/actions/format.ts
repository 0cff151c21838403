// What `mppc format` does: finds the files, lays each of them out, and writes those that change.
import { readdirSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { getFileInfo } from "prettier";
import { type Diagnostic, DiagnosticError } from "../../diagnostic.js";
import { configuredLayout, type FormatOptions as Layout, formatSource } from "../../format/format.js";
import type { SourceFile } from "../../source.js";
import type { FormatOptions } from "../commands/format.js";
import { noModelsInDirectory, prettierConfigUnreadable, systemReason, unreadableFile } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { printDiagnostics, UsageError } from "../failures.js";
import { readText, writeAtomically } from "../files.js";
import type { Terminal } from "../terminal.js";

const STDIN = "-";

/** Returns the exit code: 1 if a file has syntax errors, or with `check` would change. Throws a UsageError. */
export async function format(
  paths: readonly string[],
  options: FormatOptions,
  terminal: Terminal,
): Promise<number> {
  let code: number = EXIT.done;
  const wrong = (diagnostics: readonly Diagnostic[]): void => {
    printDiagnostics(diagnostics, terminal);
    code = EXIT.diagnostics;
  };
  for (const path of new Set(paths.flatMap(modelsAt))) {
    const isStdin = path === STDIN;
    const name = isStdin ? (options.stdinFilepath ?? "stdin.mpp") : path;
    const source = { ...readText(path), path: name };
    const formatted = await laidOut(source).catch((problem: unknown) => {
      if (problem instanceof DiagnosticError) return wrong(problem.diagnostics);
      throw problem;
    });
    if (formatted === undefined) continue;
    const changes = formatted !== source.text;
    if (isStdin && options.check === undefined) terminal.out(formatted);
    else if (changes) {
      terminal.out(`${name}\n`);
      if (options.check) code = EXIT.diagnostics;
      else writeInPlace(path, formatted);
    }
  }
  return code;
}

/** The files that an argument names: itself, or all models below a directory. */
function modelsAt(path: string): readonly string[] {
  if (path === STDIN || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const found = modelsBelow(path);
  if (found.length === 0) throw new UsageError(noModelsInDirectory(path));
  return found;
}

/** Hidden directories and packages are not looked into. */
function modelsBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const path = join(folder, entry.name);
        if (!entry.isDirectory()) return entry.name.endsWith(".mpp") ? [path] : [];
        return entry.name.startsWith(".") || entry.name === "node_modules" ? [] : modelsBelow(path);
      });
  } catch (problem) {
    throw new UsageError(unreadableFile(folder, systemReason(problem)));
  }
}

/** A file's text laid out as the configuration nearest to it says; as it is, if it is to be ignored. */
async function laidOut(source: SourceFile): Promise<string> {
  const { ignored } = await getFileInfo(source.path, {
    ignorePath: [".gitignore", ".prettierignore"],
    resolveConfig: false,
  });
  if (ignored) return source.text;
  return formatSource(source, await layoutFor(source.path));
}

const layoutFor = (path: string): Promise<Layout> =>
  configuredLayout(path).catch((problem: unknown) => {
    throw new UsageError(prettierConfigUnreadable(path, inOneLine(problem)));
  });

/** What prettier says of its configuration: two lines, the first of which names the file. */
const inOneLine = (problem: unknown): string =>
  systemReason(problem)
    .replaceAll(process.cwd() + sep, "")
    .split("\n")
    .map((line) => line.trim())
    .slice(0, 2)
    .join(" ");

/** What a link leads to is written, with the permissions that it has. */
function writeInPlace(path: string, text: string): void {
  const target = realpathSync(path);
  writeAtomically(target, text, statSync(target).mode);
}
