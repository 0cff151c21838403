// Python with xarray and zarr, for tests that open what is written: as `npm run readers` leaves it, or the system's own.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { softwareVulkanDirectory } from "../../src/runtime/vulkan.js";

type Python = { readonly file: string; readonly env: Readonly<Record<string, string>> };

const inCi = process.env["CI"] === "true";

function findPython(): Python | null {
  const manifest = join(dirname(softwareVulkanDirectory()), "readers", "install.json");
  if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, "utf8")) as Python;
  const own: Python = { file: "/usr/bin/python3", env: {} };
  return spawnSync(own.file, ["-c", "import xarray, zarr"]).status === 0 ? own : null;
}

const python = findPython();

/** Tests that need the readers: without them a failure in continuous integration, and elsewhere skipped aloud. */
export function describeWithReaders(
  name: string,
  tests: (run: (script: string, input: string) => string) => void,
): void {
  if (python === null) {
    describe(name, () => {
      it.skipIf(!inCi)("has Python with xarray and zarr (npm run readers)", () =>
        expect(python).not.toBeNull(),
      );
    });
    return;
  }
  const run = (script: string, input: string): string => {
    const env = { ...process.env, ...python.env };
    const file = join(import.meta.dirname, script);
    const { status, stdout, stderr } = spawnSync(python.file, [file], {
      input,
      env,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return stdout;
  };
  describe(name, () => tests(run));
}
