// Every folder of tests/bad/data is a command with one mistake, in the data or the invocation, and what mppc says of it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runCaughtIn } from "./cli/terminal.js";

const FOLDER = fileURLToPath(new URL("./bad/data/", import.meta.url));
const CASES = readdirSync(FOLDER).sort();

/** Said of files that only a compiler makes, or a model must be contrived for: their own tests say them. */
const ELSEWHERE = [
  "E0526",
  "E0570",
  "E0830",
  "W0561",
  "E0552",
  "E0553",
  "E0554",
  "N0501",
  "N0801",
  "W0801",
  "W1121",
  "W1122",
  "E1215",
  "E1216",
  "E1217",
  "E1218",
  "N1201",
  "W1121",
  "W1122",
  "E1317",
  "W1301",
  "W1302",
  "N1301",
  "W1123",
];

describe("bad data and invocations", () => {
  it.each(CASES)("%s", async (name) => {
    const folder = join(FOLDER, name);
    const command = readFileSync(join(folder, "command.txt"), "utf8").trim();
    const [program, ...args] = command.split(" ");
    expect(program).toBe("mppc");
    const { code, out, err } = await runCaughtIn(folder, args);
    const code_ = name.slice(0, 5);
    if (/^E\d{4}$/.test(code_)) expect(err).toContain(`[${code_}]`);
    else expect(code).toBe(2);
    expect(err).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
    expect([1, 2]).toContain(code);
    await expect(`exit code ${code}\n${out}${err}`).toMatchFileSnapshot(join(folder, "expected"));
  });

  it.each([
    "runtime/errors.ts",
    "runtime/row-errors.ts",
    "cli/errors.ts",
    "batch/errors.ts",
    "ir/errors.ts",
    "ir/simulation-errors.ts",
    "cli/simulation-errors.ts",
  ])("has a case for every code of src/%s", (file) => {
    const text = readFileSync(fileURLToPath(new URL(`../src/${file}`, import.meta.url)), "utf8");
    const codes = [...new Set(text.match(/(?<=")[ENW]\d{4}(?=")/g) ?? [])];
    expect(codes.length).toBeGreaterThan(1);
    const without = codes.filter((code) => !CASES.some((name) => name.startsWith(code)));
    expect(without.filter((code) => !ELSEWHERE.includes(code))).toEqual([]);
  });
});
