// Compiled files: read back as written, and refused in every other state.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { compileSource } from "../../src/compile.js";
import type { CompiledModel } from "../../src/compiled.js";
import { OPTIMISATION_NAMES } from "../../src/optimisations.js";
import { readCompiledFile, writeCompiledFile } from "../../src/runtime/compiled-file.js";
import { VERSION } from "../../src/version.js";
import { runCaughtIn } from "./terminal.js";

const SOURCE =
  "data { plate rows; real y[rows]; } model { m ~ normal(0, 1); plate rows { y ~ normal(m, 1); } }\n";

let model: CompiledModel | null = null;
let text = "";
beforeAll(() => {
  model = compileSource({ path: "modèle.mpp", text: SOURCE }).compiled;
  if (model === null) throw new Error("the model does not compile");
  text = writeCompiledFile(model);
});

const codeOf = (file: string, version = VERSION): string | undefined =>
  readCompiledFile("m.mppc", file, version).diagnostics[0]?.code;

describe("compiled files", () => {
  it("are JSON, and give the model back", () => {
    expect((JSON.parse(text) as { model: unknown }).model).toEqual(model);
    expect(readCompiledFile("m.mppc", text, VERSION)).toEqual({ model, diagnostics: [] });
  });

  it("are the same for the same source", () => {
    const again = compileSource({ path: "modèle.mpp", text: SOURCE }).compiled;
    expect(again === null ? null : writeCompiledFile(again)).toBe(text);
  });

  it("of another version are refused, with both versions", () => {
    const [diagnostic] = readCompiledFile("m.mppc", text, "99.0.0").diagnostics;
    expect(diagnostic?.code).toBe("E0552");
    expect(diagnostic?.message).toBe(`'m.mppc' was compiled by mppc ${VERSION}, and this is mppc 99.0.0`);
    expect(codeOf(text.replace('"formatVersion":1', '"formatVersion":2'))).toBe("E0552");
  });

  it("cut short anywhere are refused", () => {
    // All but the last line break and the brace before it matter.
    const lengths = Array.from({ length: 200 }, (_, i) => Math.floor((i / 200) * (text.length - 2)));
    const codes = new Set(lengths.slice(1).map((length) => codeOf(text.slice(0, length))));
    expect(codes).toEqual(new Set(["E0553"]));
    expect(codeOf("")).toBe("E0553");
  });

  it("edited anywhere are refused", () => {
    const start = text.indexOf("\n") + 1;
    for (let i = 1; i < 50; i++) {
      const at = start + Math.floor((i / 50) * (text.length - start - 3));
      const other = text[at] === "7" ? "8" : "7";
      expect(codeOf(text.slice(0, at) + other + text.slice(at + 1))).toBe("E0554");
    }
  });

  it("that are something else are refused", () => {
    expect(codeOf("data { }")).toBe("E0551");
    expect(codeOf('{"y": [1]}')).toBe("E0551");
  });

  it("keep the estimator that they were compiled for, and say so where another is asked for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mppc-"));
    writeFileSync(join(folder, "m.mpp"), SOURCE);
    const compiled = await runCaughtIn(folder, ["compile", "m.mpp", "--estimator", "global"]);
    expect(compiled.code).toBe(0);
    const explained = await runCaughtIn(folder, ["explain", "m.mppc"]);
    expect(explained.out).toContain("k_all");
    const other = await runCaughtIn(folder, ["explain", "m.mppc", "--estimator", "massively-parallel"]);
    expect(other.code).toBe(2);
    expect(other.err).toContain("error[E0830]");
    rmSync(folder, { recursive: true });
  });

  it("keep the optimisations that they were compiled with", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mppc-"));
    writeFileSync(join(folder, "m.mpp"), SOURCE);
    await runCaughtIn(folder, ["compile", "m.mpp", "--optimize", "-tiles,-vectors"]);
    const written = readCompiledFile("m.mppc", readFileSync(join(folder, "m.mppc"), "utf8"), VERSION);
    expect(written.model?.optimisations).toEqual(
      OPTIMISATION_NAMES.filter((name) => name !== "tiles" && name !== "vectors"),
    );
    const other = await runCaughtIn(folder, ["explain", "m.mppc", "--optimize", "all"]);
    expect(other.code).toBe(2);
    expect(other.err).toContain("error[E0830]");
    expect(other.err).toContain("--optimize -tiles,-vectors");
    const same = await runCaughtIn(folder, ["explain", "m.mppc", "--optimize", "all,-vectors,-tiles"]);
    expect(same.code).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
