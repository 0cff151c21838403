// Reads and writes the files that a command names, with plain words when it cannot.
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { makeDirectory } from "./directories.js";
import { didYouMean } from "../diagnostic.js";
import type { SourceFile } from "../source.js";
import {
  notText,
  reasonNotToWrite,
  systemReason,
  unreadableFile,
  unwritableFile,
  wouldOverwrite,
} from "./errors.js";
import { UnwritableError, UsageError } from "./failures.js";

/** The whole of a UTF-8 text file; `path` stays as the user named it. `-` is stdin. Throws a UsageError. */
export function readText(path: string): SourceFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === "-" ? 0 : path);
  } catch (problem) {
    throw new UsageError(unreadableFile(path, systemReason(problem), hintForReading(path, problem)));
  }
  try {
    return { path, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    const isUtf16 = /^(?:fffe|feff)/.test(bytes.toString("hex", 0, 2));
    throw new UsageError(notText(path, isUtf16));
  }
}

/** What may help who named a file that cannot be read: a name like it that is there. */
function hintForReading(path: string, problem: unknown): string | undefined {
  const code = problem instanceof Error && "code" in problem ? problem.code : undefined;
  if (code === "EISDIR") return "name a file in it";
  if (code !== "ENOENT") return undefined;
  const folder = dirname(path);
  if (!existsSync(folder)) return `there is no directory '${folder}' either`;
  const meant = didYouMean(basename(path), readdirSync(folder));
  return meant === undefined
    ? "paths are relative to the directory that mppc is called in"
    : `did you mean '${join(folder, meant)}'?`;
}

/** Throws a UsageError if a command's output would take the place of a file that it reads. */
export function refuseOverwriting(output: string, inputs: readonly string[]): void {
  if (inputs.some((input) => resolve(input) === resolve(output)))
    throw new UsageError(wouldOverwrite(output));
}

/** Whether a file is what a process that was killed while it wrote left beside the file itself. */
export const isLeftover = (name: string): boolean => /\.\d+\.tmp$/.test(name);

/** What a file is to hold, whole or piece by piece, each of which may be gone when the next one is asked for. */
export type Content = string | Iterable<string | Uint8Array>;

/**
 * Writes a file whole or not at all, on disk when this returns: beside it first, then in its place. `mode`: its
 * permissions, else those of new files. Throws a UsageError.
 */
export function writeAtomically(path: string, content: Content, mode?: number): void {
  writeUnsettled(path, content, mode);
  settleFolder(dirname(path));
}

/** The same, but that the file has taken its place is on disk only once its folder is settled, for all files in it at once. */
export function writeUnsettled(path: string, content: Content, mode?: number): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    writeThrough(beside, content);
    if (mode !== undefined) chmodSync(beside, mode);
    renameSync(beside, path);
  } catch (problem) {
    rmSync(beside, { force: true });
    throw new UnwritableError(unwritableFile(path, reasonNotToWrite(path, problem)));
  }
}

/** Has it on disk which files have taken their places in a folder. Throws an UnwritableError. */
export function settleFolder(folder: string): void {
  try {
    syncFolder(folder);
  } catch (problem) {
    throw new UnwritableError(unwritableFile(folder, systemReason(problem)));
  }
}

/**
 * Writes a folder of files whole or not at all, in the place of the one that is there, if there is one. Throws an
 * UnwritableError.
 */
export function writeFolderAtomically(
  path: string,
  files: Iterable<{ readonly name: string; readonly content: Content }>,
): void {
  const [beside, before] = [`${path}.${process.pid}.tmp`, `${path}.before.${process.pid}.tmp`];
  try {
    makeDirectory(beside);
    for (const { name, content } of files) {
      const file = join(beside, name);
      makeDirectory(dirname(file));
      writeThrough(file, content);
    }
    if (existsSync(path)) renameSync(path, before);
    renameSync(beside, path);
    syncFolder(dirname(path));
  } catch (problem) {
    throw new UnwritableError(unwritableFile(path, reasonNotToWrite(path, problem)));
  } finally {
    for (const left of [beside, before]) rmSync(left, { recursive: true, force: true });
  }
}

function writeThrough(path: string, content: Content): void {
  const file = openSync(path, "w");
  try {
    if (typeof content === "string") writeFileSync(file, content);
    else for (const piece of content) writeFileSync(file, piece);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a renaming in a folder last; some systems cannot open folders, and need not be asked. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
