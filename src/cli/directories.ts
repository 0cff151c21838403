// Makes the directories that a command's results go into.
import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Makes a directory and all above it that are missing. Node's own recursion never ends where the system says that a
 * directory is not there and cannot be made either, as below `/proc`. Throws what the system says.
 */
export function makeDirectory(path: string): void {
  const whole = resolve(path);
  if (isDirectory(whole)) return;
  if (dirname(whole) !== whole) makeDirectory(dirname(whole));
  try {
    mkdirSync(whole);
  } catch (problem) {
    if (!isDirectory(whole)) throw problem; // another process may have made it meanwhile
  }
}
