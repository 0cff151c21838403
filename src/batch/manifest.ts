// The manifest of a batch: a file of JSON lines, first what it is, then one line for each job.
import { createHash } from "node:crypto";
import { hasErrors, type Diagnostic } from "../diagnostic.js";
import type { SourceFile } from "../source.js";
import { notAManifest, otherManifestVersion, wrongJob } from "./errors.js";

const FORMAT = "mppc batch";
const VERSION = 1;

/** A file that a job reads, relative to the manifest's folder, and what it held when the batch was planned. */
export type InputFile = { readonly path: string; readonly sha256: string };

/** Values of options of `mppc run` by their long names, as they are written; several of one that may be given several times. */
export type Settings = Readonly<Record<string, readonly string[]>>;

export type Job = {
  /** What the job is by content: jobs with the same model text, data, seed and settings have the same. */
  readonly id: string;
  readonly model: InputFile;
  readonly data: readonly InputFile[];
  /** Held-out data. */
  readonly test: readonly InputFile[];
  /** The guide that the fit begins with. */
  readonly init: InputFile | null;
  readonly seed: number;
  readonly settings: Settings;
};

/**
 * The id of a job: of contents, not of names. `canonical`: what the settings come to, with defaults, so that an option
 * that is left out and one that is given its default are the same.
 */
export function jobId(job: Omit<Job, "id">, canonical: unknown): string {
  const hashes = (files: readonly InputFile[]): string[] => files.map((file) => file.sha256);
  const content = [
    FORMAT,
    job.model.sha256,
    hashes(job.data),
    hashes(job.test),
    job.init?.sha256 ?? null,
    job.seed,
    canonical,
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}

/** The text of a manifest. */
export const writeManifest = (jobs: readonly Job[]): string =>
  [{ format: FORMAT, version: VERSION, jobs: jobs.length }, ...jobs]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");

/** The jobs of a manifest; null where it is none. */
export function readManifest(file: SourceFile): {
  readonly jobs: readonly Job[] | null;
  readonly diagnostics: readonly Diagnostic[];
} {
  const header = parsed(file.text.slice(0, lineEnd(file.text, 0)));
  if (!isRecord(header) || header["format"] !== FORMAT)
    return { jobs: null, diagnostics: [notAManifest(file.path)] };
  if (header["version"] !== VERSION)
    return { jobs: null, diagnostics: [otherManifestVersion(file.path, JSON.stringify(header["version"]))] };
  const jobs: Job[] = [];
  const diagnostics: Diagnostic[] = [];
  for (let start = lineEnd(file.text, 0) + 1; start < file.text.length;) {
    const end = lineEnd(file.text, start);
    const line = file.text.slice(start, end);
    if (line.trim() !== "") {
      const job = asJob(parsed(line));
      if (typeof job === "string") diagnostics.push(wrongJob({ source: file, start, end }, job));
      else jobs.push(job);
    }
    start = end + 1;
  }
  return { jobs: hasErrors(diagnostics) ? null : jobs, diagnostics };
}

const lineEnd = (text: string, start: number): number => {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
};

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isFile = (value: unknown): value is InputFile =>
  isRecord(value) && typeof value["path"] === "string" && typeof value["sha256"] === "string";
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** The job that a line holds, or what is wrong with it. */
function asJob(value: unknown): Job | string {
  if (!isRecord(value)) return "it is not a JSON object";
  const { id, model, data, test, init, seed, settings } = value;
  if (typeof id !== "string" || !/^[0-9a-f]{16}$/.test(id)) return "'id' is not one";
  if (!isFile(model)) return "'model' is no file";
  if (!Array.isArray(data) || !data.every(isFile)) return "'data' are no files";
  if (!Array.isArray(test) || !test.every(isFile)) return "'test' are no files";
  if (init !== null && !isFile(init)) return "'init' is no file";
  if (typeof seed !== "number" || !Number.isInteger(seed)) return "'seed' is no whole number";
  if (!isRecord(settings) || !Object.values(settings).every(isTexts))
    return "'settings' are not those of jobs";
  return { id, model, data, test, init, seed, settings: settings as Settings };
}
