// What is compared: a build of the compiler, a choice of optimisations, a device.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../experiments/lib/mppc.mjs";
import { filesOf } from "./cases.mjs";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** This build, with all optimisations, on the device that is found. */
export const present = (optimise = "all") => ({
  name: optimise,
  root: ROOT,
  optimise,
  device: "auto",
});

/**
 * What `--against` names: `unoptimised`, `reference` (the float64 device), a value of --optimize, or a git revision, which
 * is built in a temporary folder. `close` removes that.
 */
export function against(text) {
  const close = () => undefined;
  if (text === "unoptimised") return { ...present("none"), name: text, close };
  if (text === "reference") return { ...present(), name: text, device: "reference", close };
  const words = text.split(",").map((word) => word.replace(/^-/, ""));
  const revision = spawnSync("git", ["rev-parse", "--verify", "--quiet", `${text}^{commit}`], { cwd: ROOT });
  if (text.startsWith("-") || words.length > 1 || revision.status !== 0) return { ...present(text), close };
  return { ...built(text), name: text };
}

function built(revision) {
  const root = join(mkdtempSync(join(tmpdir(), "mppc-revision-")), "mppc");
  const git = (...args) => spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  const close = () => {
    git("worktree", "remove", "--force", root);
    rmSync(join(root, ".."), { recursive: true, force: true });
  };
  process.on("exit", close);
  const added = git("worktree", "add", "--detach", root, revision);
  if (added.status !== 0) throw new Error(added.stderr);
  if (!existsSync(join(root, "node_modules")))
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  const npm = spawnSync("npm", ["run", "build"], { cwd: root, encoding: "utf8" });
  if (npm.status !== 0) throw new Error(`building ${revision}:\n${npm.stdout}\n${npm.stderr}`);
  return { ...present(), root, close };
}

/** Iterations are predicted to take too long for it to be begun. */
export class TooLong extends Error {
  constructor(predictedSeconds) {
    super(`predicted to take ${predictedSeconds.toPrecision(2)} s an iteration`);
    this.predictedSeconds = predictedSeconds;
  }
}

/** A worker that runs a case in a configuration; `mostSeconds`: longer iterations are not begun. */
export class Worker {
  #process;
  #lines;
  #errors = "";

  #patience;

  constructor(configuration, each, { mostSeconds, patience, cold = false }) {
    this.#patience = patience;
    const { root, optimise, device } = configuration;
    const order = { ...filesOf(each), K: each.K, root, optimise, device, mostSeconds };
    this.#process = spawn(process.execPath, [WORKER, JSON.stringify(order)], {
      // Without Mesa's cache of compiled shaders.
      env: { ...process.env, ...(cold ? { MESA_SHADER_CACHE_DISABLE: "true" } : {}) },
    });
    this.#process.stderr.on("data", (text) => (this.#errors += text));
    this.#process.stdin.on("error", () => undefined); // it ended: the next answer says so
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async #answer() {
    const timer = setTimeout(() => {
      this.#errors = `took longer than ${this.#patience} s`;
      this.kill();
    }, 1000 * this.#patience);
    const { value } = await this.#lines.next();
    clearTimeout(timer);
    if (value !== undefined) return JSON.parse(value);
    const lines = this.#errors.split("\n").filter((line) => line !== "" && !line.startsWith("Warning:"));
    const said = lines.find((line) => /error/i.test(line)) ?? lines[0];
    throw new Error(said?.slice(0, 300) ?? "it ended without a word");
  }

  /** What was compiled, or an Error. */
  async plan() {
    const { plan, tooLong } = await this.#answer();
    if (tooLong !== undefined) throw new TooLong(tooLong);
    return plan;
  }

  /** Goes on for so many seconds; those of each iteration. */
  async step(seconds) {
    this.#process.stdin.write(`${JSON.stringify({ order: "step", seconds })}\n`);
    return (await this.#answer()).iterations;
  }

  async stop() {
    this.#process.stdin.write('{"order":"stop"}\n');
    return this.#answer();
  }

  kill() {
    this.#process.kill("SIGKILL");
  }
}
