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

/** Files of a run whose content is the same every time, but for what its options leave out. */
export const SAME = [
  "summary.csv",
  "guide.json",
  "posterior.json",
  "trace.csv",
  "draws.csv",
  "log_lik.csv",
] as const;

export type Finished = { readonly code: number | null; readonly out: string; readonly err: string };

/**
 * Runs the program to its end. `interruptWhen`: sends `signal`, SIGINT if not said, once stderr has this text; `onSays`: what
 * to do once it has.
 */
export function runProgram(
  main: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly interruptWhen?: string;
    readonly signal?: NodeJS.Signals;
    readonly onSays?: { readonly text: string; readonly then: () => void };
    readonly env?: NodeJS.ProcessEnv;
  },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const child = spawn(process.execPath, [main, ...args], { cwd: options.cwd, env });
    const { interruptWhen, signal = "SIGINT" } = options;
    const interrupt = { text: interruptWhen ?? "", then: (): void => void child.kill(signal) };
    let awaited = options.onSays ?? (interruptWhen === undefined ? null : interrupt);
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
      if (awaited === null || !err.includes(awaited.text)) return;
      awaited.then();
      awaited = null;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}
