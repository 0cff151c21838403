// Reads and writes the files that a command names, with plain words when it cannot.
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { SourceFile } from "../source.js";
import { notText, systemReason, unreadableFile, unwritableFile } from "./errors.js";
import { UsageError } from "./failures.js";

/** The whole of a UTF-8 text file; `path` stays as the user named it. `-` is stdin. Throws a UsageError. */
export function readText(path: string): SourceFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === "-" ? 0 : path);
  } catch (problem) {
    throw new UsageError(unreadableFile(path, systemReason(problem)));
  }
  try {
    return { path, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    throw new UsageError(notText(path));
  }
}

/** Writes a file whole or not at all: beside it first, then in its place. Throws a UsageError. */
export function writeAtomically(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    writeFileSync(beside, text);
    renameSync(beside, path);
  } catch (problem) {
    rmSync(beside, { force: true });
    throw new UsageError(unwritableFile(path, systemReason(problem)));
  }
}
