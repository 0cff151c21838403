// What an editor can fold: parts in braces, and comments of several lines.
import { FoldingRangeKind, type FoldingRange } from "vscode-languageserver/node";
import type { OpenDocument } from "./documents.js";
import { bracesOf } from "./braces.js";
import type { Feature } from "./feature.js";

export const folding: Feature = {
  capabilities: { foldingRangeProvider: true },
  register: ({ connection, answer }) => {
    connection.onFoldingRanges(answer((document) => [...braceFolds(document), ...commentFolds(document)]));
  },
};

/** The line of the closing brace stays in sight. */
function braceFolds(document: OpenDocument): readonly FoldingRange[] {
  return bracesOf(document.analysis).flatMap(({ open, close, end }) => {
    const startLine = document.positionAt(open.startOffset).line;
    const last = document.positionAt(close?.startOffset ?? end).line;
    const endLine = close === undefined ? last : last - 1;
    return endLine > startLine ? [{ startLine, endLine }] : [];
  });
}

/** A comment of several lines, and comments on lines that follow one another with nothing before them. */
function commentFolds(document: OpenDocument): readonly FoldingRange[] {
  const folds: FoldingRange[] = [];
  for (const { span, text } of document.analysis.lexed.comments) {
    const { start, end } = document.rangeOf(span);
    const own = document.text.slice(span.start - start.character, span.start).trim() === "";
    const last = folds.at(-1);
    if (text.startsWith("//") && own && last !== undefined && last.endLine === start.line - 1)
      last.endLine = start.line;
    else if (own) folds.push({ startLine: start.line, endLine: end.line, kind: FoldingRangeKind.Comment });
  }
  return folds.filter(({ startLine, endLine }) => endLine > startLine);
}
