// Renaming: every place of a name at once, and only where the text means the same afterwards.
import { ErrorCodes, ResponseError, type Range, type WorkspaceEdit } from "vscode-languageserver/node";
import { tokenMatcher } from "../lexer/chevrotain.js";
import { tokenSpan } from "../lexer/lexer.js";
import { Identifier, KEYWORDS, TYPE_NAMES } from "../lexer/tokens.js";
import { positionAt, type Name, type Span } from "../source.js";
import { RESERVED } from "../typecheck/builtins.js";
import { analyse, type Analysis } from "./analysis.js";
import type { Feature } from "./feature.js";
import { declarationFinder, occurrences, symbolAt, type Symbol } from "./lookup.js";

const refused = (why: string): ResponseError<never> => new ResponseError(ErrorCodes.InvalidParams, why);

/** A range and what stands there: the part of a name that is renamed (of `f_lpdf` the `f`). */
type Prepared = { readonly range: Range; readonly placeholder: string };

export const rename: Feature = {
  capabilities: { renameProvider: { prepareProvider: true } },
  register: ({ connection, answer }) => {
    connection.onPrepareRename(
      answer((document, { position }): Prepared | ResponseError<never> | null => {
        const symbol = symbolAt(document.analysis, document.offsetAt(position));
        if (symbol === undefined) return null;
        if (symbol.kind !== "declaration") return refused(notOurs(symbol));
        const { text } = symbol.declaration.name;
        const span = { ...symbol.name.span, end: symbol.name.span.start + text.length };
        return { range: document.rangeOf(span), placeholder: text };
      }),
    );
    connection.onRenameRequest(
      answer((document, { position, newName }): WorkspaceEdit | ResponseError<never> | null => {
        const symbol = symbolAt(document.analysis, document.offsetAt(position));
        if (symbol === undefined) return null;
        if (symbol.kind !== "declaration") return refused(notOurs(symbol));
        const spans = placesOf(document.analysis, symbol);
        const problem = whyNot(document.analysis, symbol.declaration.name.text, newName, spans);
        if (problem !== null) return refused(problem);
        const edits = spans.map((span) => ({ range: document.rangeOf(span), newText: newName }));
        return { changes: { [document.uri]: edits } };
      }),
    );
  },
};

const notOurs = ({ kind, name }: Symbol): string =>
  `'${name.text}' belongs to the ${kind === "builtin" ? "language" : "standard library"} and cannot be renamed`;

/** Where the declared name stands, without what the language adds to it, such as `_lpdf`. */
function placesOf(analysis: Analysis, symbol: Symbol & { kind: "declaration" }): readonly Span[] {
  const { length } = symbol.declaration.name.text;
  return occurrences(analysis, symbol).map(({ name: { span } }) => ({ ...span, end: span.start + length }));
}

/** Why a name cannot be given; null if it can. */
function whyNot(analysis: Analysis, old: string, name: string, spans: readonly Span[]): string | null {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name))
    return `'${name}' is not a name: a letter comes first, then letters, digits and '_'`;
  if (KEYWORDS.includes(name) || TYPE_NAMES.includes(name) || RESERVED.has(name))
    return `'${name}' is a word of the language and cannot be a name`;
  const line = lineOfUnknown(analysis, old);
  if (line !== null)
    return `what '${old}' stands for in line ${line} is not known, because the text has mistakes: mend them first`;
  if (name === old) return null;
  const after = analyse({ ...analysis.source, text: renamed(analysis.source.text, name, spans) });
  if (shapeOf(after) === shapeOf(analysis)) return null;
  const taken = analysis.recording.declarations.find((declaration) => declaration.name.text === name);
  if (taken !== undefined) return `'${name}' is already declared in line ${lineOf(taken.name.span)}`;
  const error = after.diagnostics.find((d) => d.severity === "error");
  return error?.message ?? `'${name}' already stands for something else here`;
}

function renamed(text: string, name: string, spans: readonly Span[]): string {
  return [...spans]
    .sort((a, b) => b.start - a.start)
    .reduce((changed, { start, end }) => changed.slice(0, start) + name + changed.slice(end), text);
}

const lineOf = ({ source, start }: Span): number => positionAt(source, start).line;

/** The 1-based line of a place that has this name and is not understood; null if there is none. */
function lineOfUnknown({ lexed, recording, syntax, source }: Analysis, name: string): number | null {
  const columns = syntax.data.flatMap((item) => (item.kind === "plate" && item.by !== null ? [item.by] : []));
  const known: readonly Name[] = [
    ...recording.declarations.map((declaration) => declaration.name),
    ...recording.uses.map((use) => use.name),
    ...columns,
  ];
  const starts = new Set(known.map(({ span }) => span.start));
  const unknown = lexed.tokens.find(
    (token) => token.image === name && tokenMatcher(token, Identifier) && !starts.has(token.startOffset),
  );
  if (unknown === undefined) return null;
  return lineOf(tokenSpan(source, unknown));
}

/**
 * What names stand for in a text, and what is wrong with it, whatever the names are: the same before and after if the
 * new name takes no other's place.
 */
function shapeOf(analysis: Analysis): string {
  const find = declarationFinder(analysis);
  const inOrder = <T extends { readonly name: Name }>(list: readonly T[]): T[] =>
    [...list].sort((a, b) => a.name.span.start - b.name.span.start);
  const declarations = inOrder(analysis.recording.declarations);
  const uses = inOrder(analysis.recording.uses).map(({ target }) => {
    const declaration = find(target);
    if (declaration !== undefined) return declarations.indexOf(declaration);
    return target.kind === "declaration" ? -1 : `${target.kind} ${target.name}`;
  });
  const kinds = declarations.map(({ declared }) => declared.kind);
  return JSON.stringify([kinds, uses, analysis.diagnostics.map(({ code }) => code)]);
}
