// The outline of a document: its blocks, and in them what is declared, observed and opened.
import { SymbolKind, type DocumentSymbol, type SymbolInformation } from "vscode-languageserver/node";
import { absurd } from "../diagnostic.js";
import type { DataItem, FunctionItem, GuideStatement, Program, Statement } from "../parser/ast.js";
import { joinSpans, type Name, type Span } from "../source.js";
import { bracesAfter } from "./braces.js";
import type { Analysis } from "./analysis.js";
import type { OpenDocument } from "./documents.js";
import type { Feature } from "./feature.js";

export const symbols: Feature = {
  capabilities: { documentSymbolProvider: true },
  register: ({ connection, answer, client }) => {
    connection.onDocumentSymbol(
      answer((document) => {
        const tree = outline(document.analysis).map((entry) => treeOf(entry, document));
        return client.symbolTree ? tree : tree.flatMap((symbol) => listOf(symbol, document.uri));
      }),
    );
  },
};

/** An entry of the outline; `span` is all of it, `name` what is shown and jumped to. */
type Entry = {
  readonly name: Name;
  readonly detail: string;
  readonly kind: SymbolKind;
  readonly span: Span;
  readonly children: readonly Entry[];
};

function outline(analysis: Analysis): readonly Entry[] {
  const { syntax } = analysis;
  if (syntax.blocks.length === 0) return syntax.functions.map(ofFunction);
  return syntax.blocks.map((name): Entry => {
    const end = bracesAfter(analysis, name.span.end)?.end ?? name.span.end;
    const span = { ...name.span, end };
    const children = entriesOf(name.text, syntax).filter((entry) => isWithin(entry.span, span));
    return { name, detail: "", kind: SymbolKind.Module, span, children };
  });
}

const isWithin = (inner: Span, outer: Span): boolean => inner.start >= outer.start && inner.end <= outer.end;

function entriesOf(block: string, syntax: Program): readonly Entry[] {
  switch (block) {
    case "functions":
      return syntax.functions.map(ofFunction);
    case "data":
      return syntax.data.map(ofData);
    case "parameters":
      return syntax.parameters.flatMap((s) => ofStatement(s, SymbolKind.Property));
    case "model":
      return ofModel(syntax);
    case "guide":
      return syntax.guide.map(ofGuide);
    case "generated":
      return syntax.generated.flatMap((s) => ofStatement(s, SymbolKind.Constant));
    default:
      return [];
  }
}

/** Names of data to the left of a `~` are observations. */
function ofModel({ model, data }: Program): readonly Entry[] {
  const isData = new Set(data.map(({ name }) => name.text));
  const mark = (entry: Entry): Entry => ({
    ...entry,
    kind: entry.kind === SymbolKind.Variable && isData.has(entry.name.text) ? SymbolKind.Event : entry.kind,
    children: entry.children.map(mark),
  });
  return model.flatMap((s) => ofStatement(s, SymbolKind.Constant)).map(mark);
}

/** The text of a span on one line. */
const textOf = ({ source, start, end }: Span): string => source.text.slice(start, end).replace(/\s+/g, " ");

const entry = (
  name: Name,
  kind: SymbolKind,
  span: Span,
  detail = "",
  children: readonly Entry[] = [],
): Entry => ({
  name,
  kind,
  span: joinSpans(span, name.span),
  detail,
  children,
});

const ofFunction = (item: FunctionItem): Entry =>
  entry(
    item.name,
    item.kind === "function" ? SymbolKind.Function : SymbolKind.Class,
    item.span,
    `(${item.parameters.map(({ name }) => name.text).join(", ")}) ${textOf(item.result.span)}`,
  );

const ofData = (item: DataItem): Entry =>
  item.kind === "plate"
    ? entry(
        item.name,
        SymbolKind.Array,
        item.span,
        item.parent === null ? "plate" : `plate in ${item.parent.text}`,
      )
    : entry(item.name, SymbolKind.Field, item.span, textOf(item.type.span));

/** `local`: what a local of this block is. */
function ofStatement(s: Statement, local: SymbolKind): readonly Entry[] {
  switch (s.kind) {
    case "sample":
      return [entry(s.name, SymbolKind.Variable, s.span, `~ ${textOf(s.distribution.span)}`)];
    case "local":
      return [entry(s.name, local, s.span, textOf(s.type.span))];
    case "plate":
      return [
        entry(
          s.name,
          SymbolKind.Array,
          s.span,
          "plate",
          s.body.flatMap((inner) => ofStatement(inner, local)),
        ),
      ];
    case "block":
      return s.body.flatMap((inner) => ofStatement(inner, local));
    case "if":
      return [s.then, ...(s.otherwise === null ? [] : [s.otherwise])].flatMap((inner) =>
        ofStatement(inner, local),
      );
    case "for":
      return ofStatement(s.body, local);
    case "target":
      return [];
    default:
      return absurd(s);
  }
}

function ofGuide(s: GuideStatement): Entry {
  switch (s.kind) {
    case "default":
      return entry(s.name, SymbolKind.Variable, s.span);
    case "sample":
      return entry(s.name, SymbolKind.Variable, s.span, `~ ${textOf(s.distribution.span)}`);
    case "plate":
      return entry(s.name, SymbolKind.Array, s.span, "plate", s.body.map(ofGuide));
    case "group":
      return entry(s.name, SymbolKind.Object, s.span, "group", s.body.map(ofGuide));
    default:
      return absurd(s);
  }
}

const treeOf = ({ name, detail, kind, span, children }: Entry, document: OpenDocument): DocumentSymbol => ({
  name: name.text,
  detail,
  kind,
  range: document.rangeOf(span),
  selectionRange: document.rangeOf(name.span),
  children: children.map((child) => treeOf(child, document)),
});

/** The tree as a list, for clients that show no trees. */
const listOf = (
  { name, kind, range, children = [] }: DocumentSymbol,
  uri: string,
  containerName = "",
): SymbolInformation[] => [
  { name, kind, location: { uri, range }, containerName },
  ...children.flatMap((child) => listOf(child, uri, name)),
];
