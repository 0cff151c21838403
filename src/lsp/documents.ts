// Open documents: their texts, which the client's changes keep up to date, and what is known of each.
import { pathToFileURL } from "node:url";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Location, Position, Range, TextDocumentContentChangeEvent } from "vscode-languageserver/node";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Diagnostic } from "../diagnostic.js";
import { lineText, positionAt, type SourceFile, type Span } from "../source.js";
import { libraryFolder } from "../stdlib.js";
import { analyse, type Analysis } from "./analysis.js";
import type { Costs } from "./costs.js";

/** A text longer than this, in UTF-16 units, is not looked at: no model is, and to parse it would take seconds. */
export const LONGEST_TEXT = 2_000_000;

/** An open document at one version, not to be kept beyond an answer: the next change takes its text along. Offsets are in UTF-16 units, as positions are. */
export class OpenDocument {
  private known: Analysis | undefined;
  /** What its evidence costs: null, before that is known, and where it has an error. */
  costs: Costs | null = null;
  /** What is wrong with the order of summing: nothing, before it has been looked for. */
  contraction: readonly Diagnostic[] = [];
  constructor(private readonly document: TextDocument) {}

  get uri(): string {
    return this.document.uri;
  }
  get version(): number {
    return this.document.version;
  }
  get text(): string {
    return this.document.getText();
  }
  get isTooLong(): boolean {
    return this.text.length > LONGEST_TEXT;
  }
  /** Made when it is first asked for, once for a version. */
  get analysis(): Analysis {
    return (this.known ??= analyse({ path: pathOf(this.uri), text: this.text }));
  }
  offsetAt(position: Position): number {
    return this.document.offsetAt(position);
  }
  positionAt(offset: number): Position {
    return this.document.positionAt(offset);
  }
  rangeOf({ start, end }: Pick<Span, "start" | "end">): Range {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }
  /** Where a span is: in this document, or in a file of the standard library. */
  locationOf(span: Span): Location {
    if (span.source === this.analysis.source) return { uri: this.uri, range: this.rangeOf(span) };
    return {
      uri: libraryUri(span.source),
      range: { start: positionIn(span.source, span.start), end: positionIn(span.source, span.end) },
    };
  }
}

/** The file of a URI, or the URI itself where it is of no file, such as that of an unsaved document. */
function pathOf(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch {
    return uri;
  }
}

const libraryUri = ({ path }: SourceFile): string => pathToFileURL(join(dirname(libraryFolder()), path)).href;

function positionIn(source: SourceFile, offset: number): Position {
  const { line, column } = positionAt(source, offset);
  return { line: line - 1, character: Math.min(column - 1, lineText(source, line).length) };
}

/** The documents that the client has opened. */
export class Documents {
  private readonly texts = new Map<string, TextDocument>();
  private readonly open = new Map<string, OpenDocument>();
  private readonly listeners: ((uri: string) => void)[] = [];

  /** Tells of every document that is opened, changed or closed. */
  onChange(listener: (uri: string) => void): void {
    this.listeners.push(listener);
  }
  get(uri: string): OpenDocument | undefined {
    return this.open.get(uri);
  }
  all(): readonly OpenDocument[] {
    return [...this.open.values()];
  }
  opened(uri: string, languageId: string, version: number, text: string): void {
    this.keep(TextDocument.create(uri, languageId, version, text));
  }
  /** A change of a document that is not open is of nothing. */
  changed(uri: string, changes: readonly TextDocumentContentChangeEvent[], version: number): void {
    const text = this.texts.get(uri);
    if (text !== undefined) this.keep(TextDocument.update(text, [...changes], version));
  }
  closed(uri: string): void {
    this.texts.delete(uri);
    this.open.delete(uri);
    this.tell(uri);
  }
  private keep(text: TextDocument): void {
    this.texts.set(text.uri, text);
    this.open.set(text.uri, new OpenDocument(text));
    this.tell(text.uri);
  }
  private tell(uri: string): void {
    for (const listener of this.listeners) listener(uri);
  }
}
