// A folder with a small model and some data sets, and the program to run batches of them.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { readManifest, type Job } from "../../src/batch/manifest.js";
import { buildProgram, removeProgram, runProgram, SAME, type Finished } from "../cli/built.js";
import { ROOT } from "../support/javascript.js";

const MODEL = `
data { plate rows; real y[rows]; }
model { m ~ normal(0, 5); s ~ normal(0, 1); plate rows { y ~ normal(m, exp(s)); } }
`;
/** What befalls processes: tests/batch/faults.mjs. */
const FAULTS = join(ROOT, "tests", "batch", "faults.mjs");

export class MadeBatch {
  readonly main = buildProgram();
  readonly folder = mkdtempSync(join(tmpdir(), "mppc-batch-"));

  /** Data sets `data/d0.json`, ... */
  constructor(sets: number) {
    mkdirSync(join(this.folder, "data"));
    this.write("model.mpp", MODEL);
    for (let i = 0; i < sets; i++)
      this.write(
        `data/d${i}.json`,
        JSON.stringify({ y: Array.from({ length: 6 }, (_, j) => i + Math.sin(i + j)) }),
      );
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }
  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  /** Arguments as text are those between spaces. */
  run(
    args: string | readonly string[],
    more: Partial<Parameters<typeof runProgram>[2]> = {},
  ): Promise<Finished> {
    return runProgram(this.main, typeof args === "string" ? args.split(" ") : args, {
      cwd: this.folder,
      ...more,
    });
  }

  /** As `run`, with something that befalls it. */
  runWith(faults: Readonly<Record<string, string>>, args: string): Promise<Finished> {
    return this.run(args, { env: { ...faults, NODE_OPTIONS: `--import=${FAULTS}` } });
  }

  /** As `run`, and sends the signal as soon as it is time. */
  async runUntil(args: string, isTime: () => boolean, signal: NodeJS.Signals): Promise<Finished> {
    const child = spawn(process.execPath, [this.main, ...args.split(" ")], { cwd: this.folder });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text: Buffer) => (out += text.toString()));
    child.stderr.on("data", (text: Buffer) => (err += text.toString()));
    const watch = setInterval(() => {
      if (!isTime()) return;
      clearInterval(watch);
      child.kill(signal);
    }, 5);
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    clearInterval(watch);
    return { code, out, err };
  }

  /** Plans short fits of all data sets; `more`: further arguments. */
  async plan(manifest: string, more = ""): Promise<readonly Job[]> {
    return this.planOn("reference", manifest, more);
  }

  /** The same for another device. */
  async planOn(device: string, manifest: string, more: string): Promise<readonly Job[]> {
    const common = `--data data/*.json -K 6 --set draws=50 --set device=${device}`;
    const { code, err } = await this.run(`batch plan model.mpp ${common}${more} -o ${manifest}`);
    expect(code, err).toBe(0);
    return readManifest({ path: manifest, text: this.read(manifest) }).jobs ?? [];
  }

  /** The names of a directory's files. */
  list(path: string): readonly string[] {
    return readdirSync(join(this.folder, path)).sort();
  }

  /** The jobs in one directory of results are those of another, byte for byte but for times. */
  expectSame(jobs: readonly Job[], results: string, whole: string): void {
    for (const { id } of jobs) {
      expect(this.list(join(results, id)), id).toEqual(this.list(join(whole, id)));
      for (const file of SAME)
        expect(this.read(join(results, id, file)), `${id} ${file}`).toBe(this.read(join(whole, id, file)));
      const evidence = (of: string): unknown =>
        (JSON.parse(this.read(join(of, id, "result.json"))) as { evidence: unknown }).evidence;
      expect(evidence(results)).toEqual(evidence(whole));
    }
  }

  /** No file that a reader may look at is half written. */
  expectWhole(jobs: readonly Job[], results: string, whole: string): void {
    for (const { id } of jobs) {
      let files: readonly string[] = [];
      try {
        files = this.list(join(results, id));
      } catch {
        continue;
      }
      for (const file of files) {
        if (file.endsWith(".json"))
          expect(() => void JSON.parse(this.read(join(results, id, file))), file).not.toThrow();
        if (SAME.some((each) => each === file))
          expect(this.read(join(results, id, file)), file).toBe(this.read(join(whole, id, file)));
      }
    }
  }

  remove(): void {
    removeProgram(this.main);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
