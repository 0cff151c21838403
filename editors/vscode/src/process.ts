// Runs `mppc` to its end, its words passed on as they come.
import { spawn } from "node:child_process";
import type { Program } from "./program.js";

/** How a program ended; `problem`: why it could not be started. */
export type Ending = { readonly code: number | null; readonly problem?: string };

/** What a program is told and heard by. */
export type Ears = {
  readonly hear: (text: string) => void;
  /** Calls its argument if the user wants the program to stop. */
  readonly onCancel: (stop: () => void) => void;
};

/** Runs the program in a folder. Never rejects. */
export function runProgram(
  { command, shell }: Program,
  args: readonly string[],
  folder: string,
  { hear, onCancel }: Ears,
): Promise<Ending> {
  return new Promise((resolve) => {
    const passed = shell ? args.map((argument) => `"${argument}"`) : args;
    const child = spawn(command, passed, { cwd: folder, shell, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear);
    onCancel(() => void child.kill("SIGINT"));
    child.on("error", (problem: NodeJS.ErrnoException) => {
      const reason = problem.code === "ENOENT" ? `there is no program '${command}'` : problem.message;
      resolve({ code: null, problem: reason });
    });
    child.on("close", (code) => resolve({ code }));
  });
}
