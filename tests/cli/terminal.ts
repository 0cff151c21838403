// The command line run within the test's process, its streams caught.
import { runCommandLine } from "../../src/cli/command-line.js";
import type { Terminal } from "../../src/cli/terminal.js";

export type Caught = { readonly code: number; readonly out: string; readonly err: string };

/** Runs `mppc` with these arguments in the current directory. */
export async function runCaught(args: readonly string[]): Promise<Caught> {
  let [out, err] = ["", ""];
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    interactive: false,
    color: false,
  };
  const code = await runCommandLine(args, terminal);
  return { code, out, err };
}

/** As `runCaught`, in another directory. */
export async function runCaughtIn(directory: string, args: readonly string[]): Promise<Caught> {
  const before = process.cwd();
  process.chdir(directory);
  try {
    return await runCaught(args);
  } finally {
    process.chdir(before);
  }
}
