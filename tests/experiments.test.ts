// The experiments' models compile, and what the commands of the experiments write has its place in the pages.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileSource } from "../src/compile.js";
import { renderDiagnostics } from "../src/diagnostic.js";

const ROOT = join(import.meta.dirname, "..");
const MODELS = join(ROOT, "experiments", "models");
const PAGES = join(ROOT, "docs", "experiments");

describe("experiments", () => {
  it.each(readdirSync(MODELS))("%s compiles", (name) => {
    const text = readFileSync(join(MODELS, name), "utf8");
    const { compiled, diagnostics } = compileSource({ path: name, text });
    expect(renderDiagnostics(diagnostics)).toBe("");
    expect(compiled).not.toBeNull();
  });

  it.each(["importance", "wake_sleep", "methods", "toy_series"])("%s has its numbers in its page", (name) => {
    const page = readFileSync(join(PAGES, `${name}.md`), "utf8");
    const script = readFileSync(join(ROOT, "experiments", `${name}.mjs`), "utf8");
    const tables = /tables: \{ (\w+):/.exec(script)?.[1] ?? "";
    for (const section of [tables, "made"]) {
      const filled = page.split(`<!-- ${section} -->`)[1]?.split(`<!-- end of ${section} -->`)[0];
      expect(filled?.trim().length ?? 0, section).toBeGreaterThan(20);
    }
    const figures = [...page.matchAll(/figures\/(\w+\.svg)/g)].map(([, file]) => file ?? "");
    expect(figures.length).toBeGreaterThan(0);
    expect(readdirSync(join(PAGES, "figures"))).toEqual(expect.arrayContaining(figures));
  });
});
