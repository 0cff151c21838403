// The examples: their models check without a word, their data binds, their simulators give the committed data again.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import { bindData } from "../../src/runtime/data.js";
import { checkBounds } from "../../src/runtime/data-bounds.js";
import { createReferenceDevice } from "../../src/runtime/reference.js";
import type { SourceFile } from "../../src/source.js";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples");
const NAMES = [
  "basketball",
  "bus_breakdown",
  "chimpanzees",
  "covid",
  "eight_schools",
  "mixture",
  "movielens",
  "nile",
  "occupancy",
  "radon",
  "radon_counties",
  "varying_slopes",
] as const;
const SIMULATED = ["chimpanzees", "movielens", "varying_slopes"] as const;

const readSource = (...path: string[]): SourceFile => {
  const full = join(EXAMPLES, ...path);
  return { path: full, text: readFileSync(full, "utf8") };
};

/** The file that an example's model is fitted to. */
const dataFile = (name: string): string =>
  existsSync(join(EXAMPLES, name, "data.csv")) ? "data.csv" : "data.json";

it("are these, and each has a folder with its model, data and a page", () => {
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((entry) => entry.name).sort()).toEqual(NAMES);
  for (const name of NAMES)
    for (const file of [`${name}.mpp`, dataFile(name), "README.md"])
      expect(existsSync(join(EXAMPLES, name, file)), `${name}/${file}`).toBe(true);
});

describe.each(NAMES)("%s", (name) => {
  const { compiled, diagnostics } = compileSource(readSource(name, `${name}.mpp`), { programs: ["bounds"] });
  if (compiled === null) throw new Error(diagnostics.map((d) => d.message).join("\n"));

  it("has a model without errors and warnings", () => {
    expect(diagnostics).toEqual([]);
  });

  const files = [dataFile(name), "test.json"].filter((file) => existsSync(join(EXAMPLES, name, file)));
  it.each(files)("has data that fits it: %s", async (file) => {
    const bound = bindData(compiled, [readSource(name, file)]);
    expect(bound.diagnostics).toEqual([]);
    if (bound.data === null) throw new Error("no data although there is no diagnostic");
    expect(await checkBounds(compiled, bound.data, createReferenceDevice())).toEqual([]);
  });

  it("names in its page every data file, and the command with its path", () => {
    const page = readFileSync(join(EXAMPLES, name, "README.md"), "utf8");
    expect(page).toContain(`mppc run examples/${name}/${name}.mpp --data examples/${name}/${dataFile(name)}`);
    for (const file of files) expect(page).toContain(file);
  });
});

/** Runs `work` with a folder that is removed afterwards. */
function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "mppc-examples-"));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(SIMULATED)("the simulator of %s", (name) => {
  const simulate = (folder: string, ...args: string[]): void =>
    void execFileSync(process.execPath, [join(EXAMPLES, name, "simulate.mjs"), "--output", folder, ...args]);
  const files = ["data.json", "test.json", "truth.json"].filter((file) =>
    existsSync(join(EXAMPLES, name, file)),
  );

  it("gives the committed files again", () => {
    inFolder((folder) => {
      simulate(folder);
      expect(readdirSync(folder).sort()).toEqual(files);
      for (const file of files)
        expect(readFileSync(join(folder, file), "utf8")).toBe(
          readFileSync(join(EXAMPLES, name, file), "utf8"),
        );
    });
  });

  it("gives other data for another seed", () => {
    inFolder((folder) => {
      simulate(folder, "--seed", "999");
      const file = "data.json";
      expect(readFileSync(join(folder, file), "utf8")).not.toBe(
        readFileSync(join(EXAMPLES, name, file), "utf8"),
      );
    });
  });
});
