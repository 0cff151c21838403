// The program as users run it: sources transpiled once into a folder of the same layout as the package.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  isolatedModules: true,
};

/** Transpiles src/ (types are checked elsewhere) and returns the path of the program's main file. */
export function buildProgram(): string {
  // Within node_modules, so that packages are found from there and git does not see it.
  const folder = join(ROOT, "node_modules", ".cache", "mppc-program", String(process.pid));
  rmSync(folder, { recursive: true, force: true });
  for (const name of readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const source = readFileSync(join(ROOT, "src", name), "utf8");
    const target = join(folder, "dist", name.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(
      target,
      ts.transpileModule(source, { compilerOptions: OPTIONS, fileName: name }).outputText,
    );
  }
  cpSync(join(ROOT, "assets"), join(folder, "assets"), { recursive: true });
  cpSync(join(ROOT, "stdlib"), join(folder, "stdlib"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  return join(folder, "dist", "cli", "main.js");
}

/** Removes what `buildProgram` made. */
export function removeProgram(main: string): void {
  rmSync(dirname(dirname(dirname(main))), { recursive: true, force: true });
}

export type Finished = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs the program to its end. `interruptWhen`: sends `signal`, SIGINT if not said, once stderr has this text. */
export function runProgram(
  main: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly interruptWhen?: string;
    readonly signal?: NodeJS.Signals;
    readonly env?: NodeJS.ProcessEnv;
  },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const child = spawn(process.execPath, [main, ...args], { cwd: options.cwd, env });
    let [out, err, interrupted] = ["", "", false];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
      if (interrupted || options.interruptWhen === undefined || !err.includes(options.interruptWhen)) return;
      interrupted = true;
      child.kill(options.signal ?? "SIGINT");
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}
