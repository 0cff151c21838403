// Starts a command that opens a device once more, as a child, where only a parent can keep its driver's chatter off stderr.
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { constants, fstatSync, readFileSync } from "node:fs";
import { Socket } from "node:net";
import { constants as os } from "node:os";
import { StringDecoder } from "node:string_decoder";
import { driverManifests, installedSoftwareVulkan } from "../runtime/vulkan.js";
import { EXIT } from "./exit-codes.js";

const STDERR = 2;
/** In the child: the descriptor that reaches its end when the parent is gone. */
const PARENT = 3;
const MARK = "MPPC_LAUNCHED";

/**
 * Lines that drivers and Dawn write to stderr from native code and that mean nothing to a user: Mesa's lavapipe offers
 * more dynamic buffers than Dawn can use.
 */
const NOISE = [
  /^Warning: maxDynamic(?:Uniform|Storage)BuffersPerPipelineLayout artificially reduced from \d+ to \d+ to fit dynamic offset allocation limit\.$/,
  /^WARNING: lavapipe is not a conformant vulkan implementation, testing use only\.$/,
];
const NOISE_STARTS = ["Warning: maxDynamic", "WARNING: lavapipe"];

/** Passes text on by lines, but for the noise; a line that cannot become noise is passed on before its end. */
export function noiseFilter(write: (text: string) => void): { push(bytes: Buffer): void; end(): void } {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let inLine = false;
  const take = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (inLine || !NOISE.some((noise) => noise.test(line))) write(`${line}\n`);
      inLine = false;
    }
    const mayBeNoise = NOISE_STARTS.some((start) => start.startsWith(rest) || rest.startsWith(start));
    if (rest === "" || (!inLine && mayBeNoise)) return;
    write(rest);
    [rest, inLine] = ["", true];
  };
  return {
    push: (bytes) => take(decoder.write(bytes)),
    end: () => {
      take(decoder.end());
      if (rest !== "") write(rest);
    },
  };
}

/**
 * Call it first in a command that opens a device. Mostly it returns at once: on a terminal and through a pipe the
 * process filters its own stderr while it opens the device. Where stderr is a file or a socket it cannot, and if a
 * noisy driver is about, the same command runs as a child instead; then this never returns: the process hands on the
 * signals it gets, and ends as the child ends. In the child it returns at once, too.
 */
export async function relaunchForDevice(): Promise<void> {
  if (process.env[MARK] !== undefined) {
    Reflect.deleteProperty(process.env, MARK);
    endWithParent();
    return;
  }
  const debugged = process.execArgv.some((argument) => argument.startsWith("--inspect"));
  if (debugged || !stderrNeedsParent() || !hasNoisyDriver()) return;
  const code = await launch([...process.execArgv, ...process.argv.slice(1)], (text) => {
    process.stderr.write(text);
  });
  if (code !== null) process.exit(code);
}

/** Files that are not appended to share their offset with whoever else writes there, and sockets cannot be reopened. */
export function stderrNeedsParent(): boolean {
  if (process.platform !== "linux") return false;
  try {
    const stats = fstatSync(STDERR);
    if (!stats.isFile()) return stats.isSocket();
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${STDERR}`, "utf8"))?.[1];
    return flags === undefined || (parseInt(flags, 8) & constants.O_APPEND) === 0;
  } catch {
    return false;
  }
}

const hasNoisyDriver = (): boolean =>
  installedSoftwareVulkan() !== null || driverManifests().some((path) => /lvp|lavapipe/.test(path));

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const;

/**
 * Runs node with these arguments, filtering its stderr, until it ends; gives the exit code, or null if no process
 * could be started. A child that a signal stopped takes this process with it, by the same signal.
 */
export function launch(args: readonly string[], writeError: (text: string) => void): Promise<number | null> {
  return new Promise((resolve) => {
    const stdio: StdioOptions = ["inherit", "inherit", "pipe", "pipe"];
    // In a session of its own the child gets each signal once: from here, and not from the terminal as well.
    const options = { stdio, detached: true, env: { ...process.env, [MARK]: "1" } };
    const child = spawn(process.execPath, args, options);
    const stopForwarding = forwardSignals(child);
    const filter = noiseFilter(writeError);
    child.stderr?.on("data", (bytes: Buffer) => filter.push(bytes));
    child.once("error", () => {
      stopForwarding();
      resolve(null);
    });
    child.once("close", (code, signal) => {
      filter.end();
      stopForwarding();
      resolve(code ?? endBySignal(signal, writeError));
    });
  });
}

/** From now on signals are the child's: this process's own listeners are set aside until the returned function is called. */
function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  const suspend = (): void => {
    child.kill("SIGSTOP");
    process.kill(process.pid, "SIGSTOP");
  };
  const resume = (): void => void child.kill("SIGCONT");
  const listeners = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => void>([
    ...FORWARDED.map((signal) => [signal, forward] as const),
    ["SIGTSTP", suspend],
    ["SIGCONT", resume],
  ]);
  const own = [...listeners.keys()].map((signal) => ({ signal, before: process.listeners(signal) }));
  for (const [signal, listener] of listeners) process.removeAllListeners(signal).on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
    for (const { signal, before } of own) for (const listener of before) process.on(signal, listener);
  };
}

const CRASHES: readonly (NodeJS.Signals | null)[] = ["SIGSEGV", "SIGBUS", "SIGILL", "SIGABRT", "SIGFPE"];

/** Ends this process as the child was ended; a crash, which is the driver's, becomes an exit code. */
function endBySignal(signal: NodeJS.Signals | null, writeError: (text: string) => void): number {
  if (signal === null) return EXIT.bug;
  if (CRASHES.includes(signal)) {
    writeError(
      `error[E0603]: the device's driver crashed (${signal}), perhaps for want of memory\n` +
        "   = hint: run with fewer particles (-K), or with --device reference\n",
    );
    return EXIT.device;
  }
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  return 128 + os.signals[signal];
}

/** In the child: a parent that was killed outright cannot hand that on, but its end of the pipe closes. */
function endWithParent(): void {
  const parent = new Socket({ fd: PARENT, readable: true, writable: false });
  parent.on("close", () => process.kill(process.pid, "SIGKILL"));
  parent.resume().unref();
}
