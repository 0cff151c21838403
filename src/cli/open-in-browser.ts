// Shows a file as the system does when it is clicked at: in the user's browser.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Diagnostic } from "../diagnostic.js";
import { notOpened, systemReason } from "./errors.js";

/** How long the system's opener is waited for; where it is the browser itself, it stays. */
const WAIT = 3000;

/** What opens files with the programs that the user has chosen for them. */
function opener(path: string, platform: NodeJS.Platform): readonly [string, readonly string[]] {
  if (platform === "darwin") return ["open", [path]];
  // The first argument in quotes would be a window's title.
  if (platform === "win32") return ["cmd", ["/c", "start", "", path]];
  return ["xdg-open", [path]];
}

/** Opens a file; returns why it could not be. Waits until it is known, but not for the browser to be closed. */
export function openInBrowser(
  path: string,
  platform: NodeJS.Platform = process.platform,
): Promise<Diagnostic | null> {
  const [program, args] = opener(resolve(path), platform);
  return new Promise((settle) => {
    const child = spawn(program, args, { stdio: "ignore", detached: platform !== "win32" });
    const done = (problem: string | null): void => {
      clearTimeout(timer);
      child.unref();
      settle(problem === null ? null : notOpened(path, program, problem));
    };
    const timer = setTimeout(() => done(null), WAIT);
    child.on("error", (problem: NodeJS.ErrnoException) =>
      done(problem.code === "ENOENT" ? "is not installed" : `could not be started: ${systemReason(problem)}`),
    );
    child.on("exit", (code, signal) =>
      done(code === 0 ? null : `ended with ${code === null ? String(signal) : `exit code ${code}`}`),
    );
  });
}
