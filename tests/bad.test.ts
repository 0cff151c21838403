// Models with exactly one mistake each: what is reported is pinned, and every code has such a model.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderDiagnostics, type Diagnostic } from "../src/diagnostic.js";
import { parseLibrary, parseModel } from "../src/parser/parse.js";
import { readLibrary } from "../src/stdlib.js";
import { checkModel } from "../src/typecheck/check.js";

const FOLDERS = ["syntax", "typecheck"] as const;
const here = import.meta.dirname;

/** `<code>-<slug>.mpp`; a slug that begins with `library` is a file of the standard library, not a model. */
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(here, "bad", folder))
    .filter((file) => file.endsWith(".mpp"))
    .sort()
    .map((file) => {
      const [code = "", first = ""] = file.split("-");
      const path = join(here, "bad", folder, file);
      return { name: `${folder}/${file}`, code, isLibrary: first === "library", path };
    }),
);

function diagnose(name: string, path: string, isLibrary: boolean): readonly Diagnostic[] {
  const source = { path: name, text: readFileSync(path, "utf8") };
  if (isLibrary) return parseLibrary(source).diagnostics;
  const parsed = parseModel(source);
  const checked = checkModel(parsed.program, source, readLibrary(), parsed.diagnostics);
  return [...parsed.diagnostics, ...checked.diagnostics];
}

describe("a bad file has its one mistake reported, and nothing else", () => {
  it.each(files)("$name", async ({ name, code, isLibrary, path }) => {
    const diagnostics = diagnose(name, path, isLibrary);
    const rendered = `${renderDiagnostics(diagnostics)}\n`;
    expect(
      diagnostics.map((d) => d.code),
      rendered,
    ).toEqual([code]);
    await expect(rendered).toMatchFileSnapshot(path.replace(/\.mpp$/, ".expected"));
  });
});

describe("every code of the front end", () => {
  const sources = ["lexer", "parser", "typecheck"].flatMap((folder) => {
    const root = join(here, "..", "src", folder);
    return readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((file) => /(^|\/)errors(\.ts$|\/)/.test(file))
      .map((file) => readFileSync(join(root, file), "utf8"));
  });
  const codes = new Set(sources.flatMap((text) => text.match(/(?<=")[EW]\d{4}(?=")/g) ?? []));
  const withFile = new Set(files.map((file) => file.code));

  it("has a bad file", () => {
    expect(codes.size).toBeGreaterThan(150);
    expect([...codes].filter((code) => !withFile.has(code))).toEqual([]);
  });
  it("is the code of every bad file", () => {
    expect([...withFile].filter((code) => !codes.has(code))).toEqual([]);
  });
});
