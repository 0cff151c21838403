// The plugin of prettier for .mpp files: `prettier --plugin mppc/prettier model.mpp`.
import type { Parser, Plugin, Printer } from "prettier";
import { DiagnosticError } from "../diagnostic.js";
import { positionAt } from "../source.js";
import { DEFAULT_LAYOUT } from "./layout.js";
import { readSource, type Written } from "./source.js";
import { Layout } from "./statements.js";

export const languages: NonNullable<Plugin["languages"]> = [
  { name: "mpp", parsers: ["mpp"], extensions: [".mpp"], vscodeLanguageIds: ["mpp"] },
];

/** What differs from prettier's own defaults. */
export const defaultOptions: NonNullable<Plugin["defaultOptions"]> = {
  printWidth: DEFAULT_LAYOUT.printWidth,
  tabWidth: DEFAULT_LAYOUT.tabWidth,
};

/** Syntax errors as prettier shows them: the first of them, where it is; its cause has them all. */
function syntaxError(cause: DiagnosticError): SyntaxError {
  const [first] = cause.diagnostics;
  if (first?.span === undefined) return new SyntaxError(first?.message ?? cause.message, { cause });
  const start = positionAt(first.span.source, first.span.start);
  const message = `${first.message} (${start.line}:${start.column})`;
  return Object.assign(new SyntaxError(message, { cause }), { loc: { start } });
}

const parser: Parser<Written> = {
  astFormat: "mpp",
  locStart: () => 0,
  locEnd: ({ source }) => source.text.length,
  parse(text, options): Written {
    // Prettier gives the path to all parsers but does not declare it of any.
    const path =
      "filepath" in options && typeof options.filepath === "string" ? options.filepath : "model.mpp";
    try {
      return readSource({ path, text });
    } catch (problem) {
      throw problem instanceof DiagnosticError ? syntaxError(problem) : problem;
    }
  },
};

const printer: Printer<Written> = {
  print: ({ node }) => new Layout(node.gaps, node.source.text).file(node.tree),
  // Comments and tokens are laid out here: prettier is to look for nothing in the tree.
  getVisitorKeys: () => [],
};

export const parsers = { mpp: parser };
export const printers = { mpp: printer };
