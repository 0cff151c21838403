// Directories of results are made with all above them, or it is said why not.
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeDirectory } from "../../src/cli/directories.js";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "mppc-directories-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("makes all that is missing, and leaves what is there", () => {
  const path = join(folder, "a", "b", "c");
  makeDirectory(path);
  const { ino } = statSync(path);
  makeDirectory(path);
  expect(statSync(path)).toMatchObject({ ino });
  expect(statSync(path).isDirectory()).toBe(true);
});

it("does not take a file for a directory", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => makeDirectory(file)).toThrow("EEXIST");
  expect(() => makeDirectory(join(file, "below"))).toThrow("ENOTDIR");
});

it.runIf(process.platform === "linux")("ends where the system makes none", () => {
  expect(() => makeDirectory("/proc/none/below")).toThrow("ENOENT");
});
