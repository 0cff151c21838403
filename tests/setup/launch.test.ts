// The launcher: what it keeps off stderr, and that nothing else about the command differs from running it directly.
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { noiseFilter } from "../../src/cli/launch.js";
import { temporaryDirectory, transpile } from "./transpile.js";

const noise = (kind: string): string =>
  `Warning: maxDynamic${kind}BuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic offset allocation limit.\n`;
const NOISE = noise("Uniform") + noise("Storage");

/** What is left of text that arrives in these pieces, and after which of them each part is passed on. */
function filtered(pieces: readonly (string | Buffer)[]): string[] {
  const passed = [""];
  const filter = noiseFilter((text) => (passed[passed.length - 1] = (passed.at(-1) ?? "") + text));
  for (const piece of pieces) {
    filter.push(Buffer.from(piece));
    passed.push("");
  }
  filter.end();
  return passed;
}

describe("the filter", () => {
  it("drops the lines and keeps all others, in order", () => {
    expect(filtered([`before\n${NOISE}after\n\nlast`]).join("")).toBe("before\nafter\n\nlast");
  });

  it("drops them in whatever pieces they come", () => {
    const text = `one\n${NOISE}two\n`;
    expect(filtered(Array.from(text)).join("")).toBe("one\ntwo\n");
    for (let cut = 0; cut <= text.length; cut++)
      expect(filtered([text.slice(0, cut), text.slice(cut)]).join("")).toBe("one\ntwo\n");
  });

  it("keeps lines that only resemble them", () => {
    const text = "Warning: maxDynamic things are odd\nWarning: other\n  Warning: maxDynamicUniform\nWarn";
    expect(filtered([text]).join("")).toBe(text);
    const quoted = `he said ${noise("Uniform")}`;
    expect(filtered([quoted.slice(0, 3), quoted.slice(3)]).join("")).toBe(quoted);
  });

  it("passes unfinished lines on at once", () => {
    expect(filtered(["50%", "\r60%", "\r70%\n"])).toEqual(["50%", "\r60%", "\r70%\n", ""]);
  });

  it("keeps characters whole that come in two pieces", () => {
    const bytes = Buffer.from("é\n");
    expect(filtered([bytes.subarray(0, 1), bytes.subarray(1)]).join("")).toBe("é\n");
  });
});

/** The body of a command; `native` writes as native code does. */
const COMMANDS = {
  noisy: `native(${JSON.stringify(NOISE)}); console.error("to stderr"); console.log("to stdout"); process.exitCode = 3;`,
  arguments: `console.log(JSON.stringify([process.argv.slice(3), process.env.MPPC_LAUNCHED ?? null]));`,
  crash: `native("about to crash\\n"); process.kill(process.pid, "SIGSEGV"); setTimeout(() => {}, 10000);`,
  stop: `let count = 0; process.on("SIGTERM", () => { count++; setTimeout(() => { console.log("stopped", count); process.exit(75); }, 200); });
    console.log("ready"); setTimeout(() => {}, 20000);`,
  wait: `console.log("ready " + process.pid); setTimeout(() => {}, 20000);`,
};

type Run = { readonly command: ChildProcess; readonly out: () => string; readonly err: () => string };

/**
 * Starts a command that asks to be launched, its stdout and stderr going to files, beside a driver that is noisy.
 * `direct` lacks the driver, so that nothing is launched.
 */
function start(body: keyof typeof COMMANDS, args: readonly string[] = [], direct = false): Run {
  const directory = temporaryDirectory();
  const target = transpile(directory, ["src/cli/launch.ts"]);
  const main = join(directory, "main.mjs");
  writeFileSync(
    main,
    `import { writeSync } from "node:fs";
     import { relaunchForDevice } from ${JSON.stringify(target("src/cli/launch.ts"))};
     const native = (text) => writeSync(2, text);
     process.on("SIGTERM", () => process.exit(99));
     await relaunchForDevice();
     process.removeAllListeners("SIGTERM");
     ${COMMANDS[body]}`,
  );
  const drivers = join(directory, "share", "vulkan", "icd.d");
  mkdirSync(drivers, { recursive: true });
  if (!direct) writeFileSync(join(drivers, "lvp_icd.json"), "{}");
  const [out, err] = [join(directory, "out"), join(directory, "err")];
  const descriptors = [openSync(out, "w"), openSync(err, "w")] as const;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_CACHE_HOME: join(directory, "cache"),
    XDG_DATA_HOME: join(directory, "share"),
    XDG_DATA_DIRS: directory,
  };
  for (const name of ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"])
    Reflect.deleteProperty(env, name);
  const command = spawn(process.execPath, [main, "command", ...args], {
    env,
    stdio: ["ignore", ...descriptors],
  });
  descriptors.forEach((descriptor) => closeSync(descriptor));
  return { command, out: () => readFileSync(out, "utf8"), err: () => readFileSync(err, "utf8") };
}

const ended = (command: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => command.once("exit", (code, signal) => resolve({ code, signal })));

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await sleep(50);
  expect(condition()).toBe(true);
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

describe.skipIf(process.platform !== "linux")("a launched command", () => {
  it("keeps its exit code, its stdout and its own words on stderr", async () => {
    const { command, out, err } = start("noisy");
    expect(await ended(command)).toEqual({ code: 3, signal: null });
    expect(out()).toBe("to stdout\n");
    expect(err()).toBe("to stderr\n");
  });

  it("is not launched where no noisy driver is about", async () => {
    const { command, err } = start("noisy", [], true);
    expect(await ended(command)).toEqual({ code: 3, signal: null });
    expect(err()).toBe(`${NOISE}to stderr\n`);
  });

  it("gets its arguments, and no sign of having been launched to hand on", async () => {
    const { command, out } = start("arguments", ["a b", "--c"]);
    await ended(command);
    expect(JSON.parse(out())).toEqual([["a b", "--c"], null]);
  });

  it("gets a signal once, and may end as it likes", async () => {
    const { command, out } = start("stop");
    const end = ended(command);
    await until(() => out() === "ready\n");
    command.kill("SIGTERM");
    expect(await end).toEqual({ code: 75, signal: null });
    expect(out()).toBe("ready\nstopped 1\n");
  });

  it("that a signal ends looks from outside as if it had been run directly", async () => {
    const { command, out } = start("wait");
    const end = ended(command);
    await until(() => out().includes("ready"));
    command.kill("SIGTERM");
    expect(await end).toEqual({ code: null, signal: "SIGTERM" });
  });

  it("does not outlive its parent", async () => {
    const { command, out } = start("wait");
    await until(() => out().includes("ready"));
    const child = Number(out().split(" ")[1]);
    expect(child).not.toBe(command.pid);
    command.kill("SIGKILL");
    await until(() => !isRunning(child));
  });

  it("whose driver crashes ends with the device's exit code, and a word on it", async () => {
    const { command, err } = start("crash");
    expect(await ended(command)).toEqual({ code: 4, signal: null });
    expect(err()).toMatch(/^about to crash\nerror\[E0603\]: the device's driver crashed \(SIGSEGV\)/);
  });
});
