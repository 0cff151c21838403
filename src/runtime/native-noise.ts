// Keeps warnings of native code that mean nothing to a user off stderr while Dawn enumerates adapters.
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
  type Stats,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bug } from "../diagnostic.js";

const STDERR = 2;
/**
 * Drivers that offer more dynamic buffers than Dawn can use cause the first, one for uniform and one for storage buffers;
 * older versions of Mesa's software driver introduce themselves by the second.
 */
const NOISE =
  /^(?:Warning: maxDynamic(?:Uniform|Storage)BuffersPerPipelineLayout artificially reduced from .*|WARNING: lavapipe is not a conformant vulkan implementation.*)\n?/gm;

/**
 * Runs `enumerate`, whose synchronous part makes native code write to file descriptor 2, and drops those warnings;
 * whatever else was written goes on to stderr. Node has no dup2, but a descriptor that is closed is the first to be
 * given out again, and /proc/self/fd reopens what it pointed to. Where that would not lead back to the same place (a
 * socket; a file whose offset others share; no /proc) nothing is done, and the warnings are seen.
 */
export function withoutNativeNoise<T>(enumerate: () => T): T {
  const kept = reopenStderr();
  if (kept === null) return enumerate();
  const directory = mkdtempSync(join(tmpdir(), "mppc-"));
  const file = join(directory, "stderr");
  // Between these two calls no JavaScript runs, and no other thread of this process opens files at start.
  closeSync(STDERR);
  if (openSync(file, "wx") !== STDERR)
    throw new Bug("another thread opened a file while stderr was set aside");
  try {
    return enumerate();
  } finally {
    closeSync(STDERR);
    openSync(`/proc/self/fd/${kept}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NOCTTY);
    closeSync(kept);
    const rest = readFileSync(file, "utf8").replace(NOISE, "");
    rmSync(directory, { recursive: true });
    if (rest !== "") writeSync(STDERR, rest);
  }
}

/** A second descriptor of what stderr points to, or null if it cannot be had or would not be the same thing. */
function reopenStderr(): number | null {
  if (process.platform !== "linux") return null;
  try {
    const stats = fstatSync(STDERR);
    if (!isStateless(stats) && !appends()) return null;
    return openSync(`/proc/self/fd/${STDERR}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

/** Terminals, pipes and /dev/null keep no offset, so a reopened one is as good as the first. */
const isStateless = (stats: Stats): boolean => stats.isCharacterDevice() || stats.isFIFO();

/** Whether every write goes to the file's end, as after `2>> file`. */
function appends(): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${STDERR}`, "utf8"))?.[1];
  return flags !== undefined && (parseInt(flags, 8) & constants.O_APPEND) !== 0;
}
