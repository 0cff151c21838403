// The program as users run it: sources transpiled once into a folder of the same layout as the package.
import { spawn } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT, writeJavaScript } from "../support/javascript.js";

/** Makes JavaScript of src/ and returns the path of the program's main file. */
export function buildProgram(): string {
  // Within node_modules, so that packages are found from there and git does not see it.
  const folder = join(ROOT, "node_modules", ".cache", "mppc-program", String(process.pid));
  rmSync(folder, { recursive: true, force: true });
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join("src", name));
  writeJavaScript(join(folder, "dist"), "src", sources);
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
