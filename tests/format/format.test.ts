// The formatter changes white space and nothing else, and a formatted text stays as it is.
import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { DiagnosticError } from "../../src/diagnostic.js";
import { format } from "prettier";
import { editsBetween, formatMpp } from "../../src/format/format.js";
import * as plugin from "../../src/format/prettier.js";
import { tokenEnd, tokenize } from "../../src/lexer/lexer.js";
import { parseLibrary, parseModel } from "../../src/parser/parse.js";
import { sourceOf, specs } from "../laws/random-model.js";
import { withoutSpans } from "../parser/parsing.js";
import { type RandomFile, randomFiles } from "./random-program.js";

const ROOT = join(import.meta.dirname, "..", "..");
const SEED = 20261121;

/** The project's own models and library. */
const FILES = ["examples", "stdlib", "tests/good", "experiments"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mpp"))
    .map((name) => ({
      path: join(folder, name),
      kind: folder === "stdlib" ? ("library" as const) : ("program" as const),
      text: readFileSync(join(ROOT, folder, name), "utf8"),
    })),
);

/** What a text means: its tree without places, doc comments included. */
function meaning(kind: RandomFile["kind"], text: string): unknown {
  const source = { path: "a.mpp", text };
  const { diagnostics, ...tree } = kind === "library" ? parseLibrary(source) : parseModel(source);
  expect(diagnostics.map((d) => d.message)).toEqual([]);
  return withoutSpans(tree);
}

/** The comments in their order, but for white space at the ends of lines and before stars. */
const comments = (text: string): readonly string[] =>
  tokenize({ path: "a.mpp", text }).comments.map((comment) =>
    comment.text.replaceAll(/[ \t]+$/gm, "").replaceAll(/^[ \t]+\*/gm, "*"),
  );

function keepsAll({ kind, text }: RandomFile, printWidth: number): string {
  const formatted = formatMpp(text, { printWidth });
  expect(meaning(kind, formatted)).toEqual(meaning(kind, text));
  expect(comments(formatted)).toEqual(comments(text));
  expect(formatMpp(formatted, { printWidth })).toBe(formatted);
  return formatted;
}

const widths = fc.integer({ min: 20, max: 200 });

/** Comments and white space to put between two tokens; every comment is told from the others by its number. */
const spaces = fc.array(
  fc.constantFrom(
    " ",
    " ",
    " ",
    "\n",
    "\n\n\n",
    "\t",
    "// #\n",
    "/* # */",
    "/* #\n   # */",
    "/**\n* #\n */",
    "/// #\n",
    "/*#*/\n",
  ),
  { minLength: 1, maxLength: 3 },
);

/** The tokens of a text with other things between them than stood there, at some of the places. */
function scattered(text: string, gaps: readonly (readonly string[])[], every: number): string {
  const { tokens } = tokenize({ path: "a.mpp", text });
  let count = 0;
  return tokens
    .map((token, i) => {
      const end = tokens[i + 1]?.startOffset ?? text.length;
      const own = text.slice(tokenEnd(token), end).replaceAll(/\/\/.*|\/\*[^]*?\*\//g, " ");
      const gap = i % every === 0 ? ` ${(gaps[i % gaps.length] ?? []).join("")} ` : own;
      return token.image + gap.replaceAll("#", () => String(count++));
    })
    .join("");
}
const scatterings = fc.record({
  gaps: fc.array(spaces, { minLength: 1, maxLength: 40 }),
  every: fc.integer({ min: 1, max: 7 }),
});

describe("formatting", () => {
  it("has files to try", () => {
    expect(FILES.length).toBeGreaterThan(80);
  });

  it("keeps the meaning of random programs, at every width", () => {
    fc.assert(
      fc.property(randomFiles, widths, (file, width) => {
        keepsAll(file, width);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it("keeps every comment, wherever it stands", () => {
    fc.assert(
      fc.property(randomFiles, scatterings, widths, ({ kind, text }, { gaps, every }, width) => {
        keepsAll({ kind, text: scattered(text, gaps, every) }, width);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it("keeps the project's own files, with comments and line breaks anywhere", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FILES),
        scatterings,
        widths,
        ({ kind, text }, { gaps, every }, width) => {
          keepsAll({ kind, text: scattered(text, gaps, every) }, width);
        },
      ),
      { seed: SEED, numRuns: 30 },
    );
  });

  it("changes nothing of what the type checker sees", () => {
    const types = (text: string): string | undefined =>
      checkSource({ path: "a.mpp", text }).checked?.dump("types");
    fc.assert(
      fc.property(specs, scatterings, widths, (spec, { gaps, every }, width) => {
        const text = scattered(sourceOf(spec), gaps, every);
        expect(types(text)).toBeDefined();
        expect(types(formatMpp(text, { printWidth: width }))).toBe(types(text));
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  it("is told by edits, each of which keeps the tokens", () => {
    fc.assert(
      fc.property(
        randomFiles,
        scatterings,
        fc.infiniteStream(fc.boolean()),
        (file, { gaps, every }, choices) => {
          const text = scattered(file.text, gaps, every);
          const formatted = formatMpp(text);
          const edits = editsBetween(text, formatted);
          const apply = (some: typeof edits): string =>
            some.reduceRight((t, edit) => t.slice(0, edit.start) + edit.text + t.slice(edit.end), text);
          expect(apply(edits)).toBe(formatted);
          const part = apply(edits.filter(() => choices.next().value));
          expect(meaning(file.kind, part)).toEqual(meaning(file.kind, text));
          expect(comments(part)).toEqual(comments(text));
        },
      ),
      { seed: SEED, numRuns: 30 },
    );
  });

  const layouts = fc.record({
    printWidth: widths,
    tabWidth: fc.integer({ min: 1, max: 8 }),
    useTabs: fc.boolean(),
    endOfLine: fc.constantFrom("lf" as const, "crlf" as const, "cr" as const, "auto" as const),
  });
  it("lays out as prettier does with the plugin, whatever the options and the ends of lines", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(randomFiles, fc.constantFrom(...FILES)),
        layouts,
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.constantFrom("", "\uFEFF"),
        async (file, layout, ending, mark) => {
          const text = mark + file.text.replaceAll("\n", ending);
          const settings = { ...layout, parser: "mpp", plugins: [plugin], filepath: "model.mpp" };
          expect(formatMpp(text, layout)).toBe(await format(text, settings));
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });

  it.each(["", " \n\t\n", "\uFEFF\n"])("of nothing (%j) leaves nothing", async (text) => {
    expect(formatMpp(text)).toBe(await format(text, { parser: "mpp", plugins: [plugin] }));
  });

  it("refuses a text with syntax errors, with those of the parser", () => {
    const text = "model {\n  mu ~ normal(0, 1)\n  x ~ ;\n}\n";
    let found: unknown;
    try {
      formatMpp(text);
    } catch (problem) {
      found = problem;
    }
    expect(found).toBeInstanceOf(DiagnosticError);
    const { diagnostics } = parseModel({ path: "model.mpp", text });
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(found).toMatchObject({ diagnostics });
  });
});

describe("the project's own files are formatted", () => {
  it.each(FILES)("$path", ({ text }) => {
    expect(formatMpp(text, { printWidth: 110 })).toBe(text);
  });
});

describe("ugly inputs", () => {
  const folder = join(import.meta.dirname, "ugly");
  it.each(readdirSync(folder).filter((name) => name.endsWith(".mpp")))("%s", async (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    await expect(
      keepsAll({ kind: name.startsWith("library") ? "library" : "program", text }, 60),
    ).toMatchFileSnapshot(join(folder, name.replace(".mpp", ".golden")));
  });
});
