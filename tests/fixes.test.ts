// Fixes that diagnostics carry: each mends the mistake it belongs to, for every bad model that has one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSource } from "../src/compile.js";
import { renderDiagnostics, type Diagnostic, type Edit } from "../src/diagnostic.js";
import { parseLibrary } from "../src/parser/parse.js";

const BAD = join(import.meta.dirname, "bad");

const diagnose = (file: string, text: string): readonly Diagnostic[] => {
  const source = { path: file, text };
  return file.includes("-library") ? parseLibrary(source).diagnostics : checkSource(source).diagnostics;
};

const applied = (text: string, edits: readonly Edit[]): string =>
  [...edits]
    .sort((a, b) => b.span.start - a.span.start)
    .reduce(
      (changed, { span, text: by }) => changed.slice(0, span.start) + by + changed.slice(span.end),
      text,
    );

const cases = ["syntax", "typecheck"].flatMap((folder) =>
  readdirSync(join(BAD, folder))
    .filter((file) => file.endsWith(".mpp"))
    .flatMap((file) => {
      const text = readFileSync(join(BAD, folder, file), "utf8");
      return diagnose(file, text).flatMap(({ code, fixes = [] }) =>
        fixes.map(({ title, edits }) => ({
          name: `${file}: ${title.replace("\n", " ")}`,
          file,
          text,
          code,
          edits,
        })),
      );
    }),
);

describe("a fix mends its mistake", () => {
  it.each(cases)("$name", ({ file, text, code, edits }) => {
    const after = diagnose(file, applied(text, edits));
    expect(
      after.map((d) => d.code),
      renderDiagnostics(after),
    ).not.toContain(code);
  });

  it("and there are fixes of many kinds", () => {
    expect(new Set(cases.map(({ code }) => code)).size).toBeGreaterThan(15);
  });
});
