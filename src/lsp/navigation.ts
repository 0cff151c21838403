// From a name to its declaration and its uses.
import { DocumentHighlightKind, type DocumentHighlight, type Location } from "vscode-languageserver/node";
import type { Analysis } from "./analysis.js";
import type { Span } from "../source.js";
import type { Feature } from "./feature.js";
import { occurrences, symbolAt, type Symbol } from "./lookup.js";

/** Where a symbol's name is declared, in this text or in the library; undefined of what the language itself has. */
export function declaredAt({ recording }: Analysis, symbol: Symbol): Span | undefined {
  if (symbol.kind === "declaration") return symbol.declaration.name.span;
  if (symbol.kind === "builtin") return undefined;
  return recording.library.syntax(symbol.kind, symbol.defined)?.name.span;
}

export const definition: Feature = {
  capabilities: { definitionProvider: true },
  register: ({ connection, answer }) => {
    connection.onDefinition(
      answer((document, { position }): Location | null => {
        const symbol = symbolAt(document.analysis, document.offsetAt(position));
        const span = symbol && declaredAt(document.analysis, symbol);
        return span === undefined ? null : document.locationOf(span);
      }),
    );
  },
};

export const references: Feature = {
  capabilities: { referencesProvider: true },
  register: ({ connection, answer }) => {
    connection.onReferences(
      answer((document, { position, context }): Location[] => {
        const symbol = symbolAt(document.analysis, document.offsetAt(position));
        if (symbol === undefined) return [];
        return occurrences(document.analysis, symbol)
          .filter(({ isDeclaration }) => context.includeDeclaration || !isDeclaration)
          .map(({ name }) => document.locationOf(name.span));
      }),
    );
  },
};

export const documentHighlight: Feature = {
  capabilities: { documentHighlightProvider: true },
  register: ({ connection, answer }) => {
    connection.onDocumentHighlight(
      answer((document, { position }): DocumentHighlight[] => {
        const symbol = symbolAt(document.analysis, document.offsetAt(position));
        if (symbol === undefined) return [];
        return occurrences(document.analysis, symbol).map(({ name, isDeclaration }) => ({
          range: document.rangeOf(name.span),
          kind: isDeclaration ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
        }));
      }),
    );
  },
};
