// A client as editors have one: the server as a child process, spoken to over its standard input and output.
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { expect } from "vitest";
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import type { InitializeResult, PublishDiagnosticsParams } from "vscode-languageserver-protocol";
import { TextDocument } from "vscode-languageserver-textdocument";

export type Capabilities = { readonly textDocument?: object; readonly workspace?: object };

/** What an editor with all that the server uses says of itself; it does not ask for diagnostics. */
export const EDITOR: Capabilities = {
  textDocument: {
    publishDiagnostics: { relatedInformation: true },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } } },
  },
};

/** The type of a message in the log. */
const ERROR = 1;

export class Client {
  readonly rpc: MessageConnection;
  /** What the server wrote to the client's log: its faults. */
  readonly log: string[] = [];
  private readonly published = new Map<string, PublishDiagnosticsParams>();
  private readonly documents = new Map<string, TextDocument>();
  private readonly waiting: (() => void)[] = [];
  readonly exit: Promise<number | null>;
  stderr = "";

  private constructor(readonly child: ChildProcessWithoutNullStreams) {
    this.rpc = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    this.exit = new Promise((resolve) => child.once("exit", resolve));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.rpc.onNotification("window/logMessage", (log: { type: number; message: string }) => {
      if (log.type === ERROR) this.log.push(log.message);
    });
    this.rpc.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
      this.published.set(params.uri, params);
      this.waiting.splice(0).forEach((tell) => tell());
    });
    this.rpc.onError(() => undefined);
    this.rpc.listen();
  }

  /** A server that was not yet spoken to. `main`: the program's main file. */
  static spawn(main: string): Client {
    return new Client(spawn(process.execPath, [main, "lsp", "--stdio"], { stdio: "pipe" }));
  }

  static async start(main: string, capabilities: Capabilities = EDITOR): Promise<Client> {
    const client = Client.spawn(main);
    await client.initialize(capabilities);
    return client;
  }

  async initialize(capabilities: Capabilities = EDITOR): Promise<InitializeResult> {
    const params = { processId: process.pid, rootUri: null, capabilities };
    const result: InitializeResult = await this.rpc.sendRequest("initialize", params);
    await this.rpc.sendNotification("initialized", {});
    return result;
  }

  /** Stops the server, which should have had no fault and nothing to say on stderr. */
  async stopInPeace(): Promise<void> {
    expect(await this.stop()).toBe(0);
    expect(this.log).toEqual([]);
    expect(this.stderr).toBe("");
  }

  async stop(): Promise<number | null> {
    await this.rpc.sendRequest("shutdown");
    await this.rpc.sendNotification("exit");
    return this.exit;
  }

  /** Opens a document, or replaces its whole text. */
  async open(uri: string, text: string): Promise<void> {
    const before = this.documents.get(uri);
    const version = (before?.version ?? 0) + 1;
    this.documents.set(uri, TextDocument.create(uri, "mpp", version, text));
    if (before !== undefined)
      return this.rpc.sendNotification("textDocument/didChange", {
        textDocument: { uri, version },
        contentChanges: [{ text }],
      });
    const textDocument = { uri, languageId: "mpp", version, text };
    await this.rpc.sendNotification("textDocument/didOpen", { textDocument });
  }

  /** Replaces what stands between two offsets. */
  async edit(uri: string, start: number, end: number, text: string): Promise<void> {
    const document = this.document(uri);
    const range = { start: document.positionAt(start), end: document.positionAt(end) };
    const version = document.version + 1;
    this.documents.set(uri, TextDocument.update(document, [{ range, text }], version));
    await this.rpc.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ range, text }],
    });
  }

  document(uri: string): TextDocument {
    const document = this.documents.get(uri);
    if (document === undefined) throw new Error(`${uri} is not open`);
    return document;
  }

  /** A request about a place of a document: `at` is an offset, or a text whose first occurrence is meant. */
  async at<R>(
    method: string,
    uri: string,
    at: number | string,
    more: Record<string, unknown> = {},
  ): Promise<R> {
    const document = this.document(uri);
    const offset = typeof at === "number" ? at : document.getText().indexOf(at);
    if (offset < 0) throw new Error(`no '${String(at)}' in ${uri}`);
    const position = document.positionAt(offset);
    return this.rpc.sendRequest(`textDocument/${method}`, { textDocument: { uri }, position, ...more });
  }

  /** A request about a whole document. */
  async of<R>(method: string, uri: string, more: Record<string, unknown> = {}): Promise<R> {
    return this.rpc.sendRequest(`textDocument/${method}`, { textDocument: { uri }, ...more });
  }

  /** What was published of the document's present version, when it is. */
  async diagnostics(uri: string): Promise<PublishDiagnosticsParams["diagnostics"]> {
    for (;;) {
      const params = this.published.get(uri);
      if (params?.version === this.document(uri).version) return params.diagnostics;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** The same once they hold this code: what takes the server time comes after the rest. */
  async diagnosticsWith(uri: string, code: string): Promise<PublishDiagnosticsParams["diagnostics"]> {
    for (;;) {
      const diagnostics = await this.diagnostics(uri);
      if (diagnostics.some((d) => d.code === code)) return diagnostics;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  publishedUris(): readonly string[] {
    return [...this.published.keys()];
  }
}
