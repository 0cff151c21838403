// Formatting of whole documents and of selections, as `mppc format` does it.
import { fileURLToPath } from "node:url";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { FormattingOptions, Range, TextEdit } from "vscode-languageserver/node";
import { DiagnosticError } from "../diagnostic.js";
import { configuredLayout, editsBetween, formatSource } from "../format/format.js";
import type { OpenDocument } from "./documents.js";
import type { Feature } from "./feature.js";

export const formatting: Feature = {
  capabilities: { documentFormattingProvider: true, documentRangeFormattingProvider: true },
  register: ({ connection, documents, answer, fault }) => {
    /** Null where there are syntax errors, and where the document has changed meanwhile. */
    const answered = async (
      document: OpenDocument,
      options: FormattingOptions,
      range?: Range,
    ): Promise<TextEdit[] | null> => {
      const { uri, version } = document;
      try {
        const edits = await editsOf(uri, document.text, options, range);
        return documents.get(uri)?.version === version ? edits : null;
      } catch (problem) {
        if (!(problem instanceof DiagnosticError)) fault(problem);
        return null;
      }
    };
    connection.onDocumentFormatting(answer((document, { options }) => answered(document, options)));
    connection.onDocumentRangeFormatting(
      answer((document, { options, range }) => answered(document, options, range)),
    );
  },
};

/** Prettier's configuration of the file says how wide lines are and how they are indented, else the editor does. */
async function editsOf(
  uri: string,
  text: string,
  { tabSize, insertSpaces }: FormattingOptions,
  range: Range | undefined,
): Promise<TextEdit[]> {
  const path = uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  const configured = path === undefined ? {} : await configuredLayout(path);
  const layout = { tabWidth: tabSize, useTabs: !insertSpaces, ...configured };
  const formatted = formatSource({ path: path ?? uri, text }, layout);
  const document = TextDocument.create(uri, "mpp", 0, text);
  const [from, to] = range
    ? [document.offsetAt(range.start), document.offsetAt(range.end)]
    : [0, text.length];
  return editsBetween(text, formatted)
    .filter(({ start, end }) => start >= from && end <= to)
    .map(({ start, end, text: newText }) => ({
      range: { start: document.positionAt(start), end: document.positionAt(end) },
      newText,
    }));
}
