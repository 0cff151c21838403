// The language server: the life of a connection, the documents that the client opens, and the features of the table.
import {
  createConnection,
  ErrorCodes,
  LSPErrorCodes,
  Message,
  PositionEncodingKind,
  ProposedFeatures,
  ResponseError,
  StreamMessageWriter,
  TextDocumentSyncKind,
  type ClientCapabilities,
  type Connection,
  type ConnectionStrategy,
  type ServerCapabilities,
} from "vscode-languageserver/node";
import { VERSION } from "../version.js";
import { analyse } from "./analysis.js";
import { Documents } from "./documents.js";
import type { ClientAbilities, Server } from "./feature.js";
import { FEATURES } from "./features.js";
import { MessageReader } from "./framing.js";

/** What it serves: a stream of the client's messages, and one for its own. */
export type Streams = { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream };

/** Serves until the client says `exit` or is gone, and then ends the process: with 0 after a `shutdown`, else with 1. */
export function serve({ input, output }: Streams): void {
  const reader = new MessageReader(input);
  const writer = new StreamMessageWriter(output);
  const connection = createConnection(ProposedFeatures.all, reader, writer, { connectionStrategy: STALE });
  const life = follow(connection);
  const documents = new Documents();
  const client: ClientAbilities = {
    pullsDiagnostics: false,
    relatedPlaces: false,
    symbolTree: false,
    snippets: false,
    configuration: false,
    registersSettings: false,
    refreshesHints: false,
    refreshesDiagnostics: false,
  };
  const fault = (problem: unknown): void => {
    const text = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
    connection.console.error(`mppc: ${text}`);
  };
  const guard: Server["guard"] = (handle, otherwise) => (params) => {
    const refusal = life.refusal();
    if (refusal !== null) return refusal;
    try {
      return handle(params);
    } catch (problem) {
      fault(problem);
      return otherwise;
    }
  };
  const answer: Server["answer"] = (handle) =>
    guard((params) => {
      const document = documents.get(params.textDocument.uri);
      return document === undefined || document.isTooLong ? null : handle(document, params);
    }, null);

  reader.onError((error) => {
    if (life.refusal() === null) fault(error);
  });
  input.on("end", () => process.exit(life.isShutDown() ? 0 : 1));
  process.on("unhandledRejection", fault);
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", fault);
  connection.onInitialize(({ capabilities }) => {
    Object.assign(client, abilitiesOf(capabilities));
    life.begin();
    return { capabilities: capabilitiesOfServer(), serverInfo: { name: "mppc", version: VERSION } };
  });
  // What every model needs of the library is read before the first is opened.
  connection.onInitialized(() => void setImmediate(() => void analyse({ path: "", text: WARM_UP })));
  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version, text } }) =>
    documents.opened(uri, languageId, version, text),
  );
  connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) =>
    documents.changed(uri, contentChanges, version),
  );
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => documents.closed(uri));
  for (const feature of FEATURES) feature.register({ connection, documents, client, answer, guard, fault });
  connection.listen();
}

/** A request that the client takes back before its turn has come is not looked at. */
const STALE: ConnectionStrategy = {
  cancelUndispatched: (message) => ({
    jsonrpc: "2.0",
    id: Message.isRequest(message) ? message.id : null,
    error: { code: LSPErrorCodes.RequestCancelled, message: "cancelled" },
  }),
};

const WARM_UP = "model { x ~ normal(0, 1); y ~ gamma(1, 1); target += normal_lpdf(x | 0, y); }";

function capabilitiesOfServer(): ServerCapabilities {
  return Object.assign(
    {
      positionEncoding: PositionEncodingKind.UTF16,
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
    } satisfies ServerCapabilities,
    ...FEATURES.map(({ capabilities }) => capabilities),
  ) as ServerCapabilities;
}

const abilitiesOf = ({ textDocument, workspace }: ClientCapabilities): ClientAbilities => ({
  pullsDiagnostics: textDocument?.diagnostic !== undefined,
  refreshesDiagnostics: workspace?.diagnostics?.refreshSupport === true,
  relatedPlaces: textDocument?.publishDiagnostics?.relatedInformation === true,
  symbolTree: textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
  snippets: textDocument?.completion?.completionItem?.snippetSupport === true,
  configuration: workspace?.configuration === true,
  registersSettings: workspace?.didChangeConfiguration?.dynamicRegistration === true,
  refreshesHints: workspace?.inlayHint?.refreshSupport === true,
});

/** A connection's life: nothing is answered before `initialize` and after `shutdown`. */
type Life = {
  readonly begin: () => void;
  readonly isShutDown: () => boolean;
  /** What a request is answered with that comes at the wrong time; null at the right one. */
  readonly refusal: () => ResponseError<never> | null;
};

function follow(connection: Connection): Life {
  let stage: "new" | "served" | "ended" = "new";
  connection.onShutdown(() => void (stage = "ended"));
  connection.onExit(() => process.exit(stage === "ended" ? 0 : 1));
  return {
    begin: () => void (stage = "served"),
    isShutDown: () => stage === "ended",
    refusal: () => {
      if (stage === "served") return null;
      return stage === "new"
        ? new ResponseError<never>(ErrorCodes.ServerNotInitialized, "'initialize' comes first")
        : new ResponseError<never>(ErrorCodes.InvalidRequest, "the server was shut down");
    },
  };
}
