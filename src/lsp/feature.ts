// What a feature of the server is: one file each, and one row in the table of `features.ts`.
import type { Connection, ResponseError, ServerCapabilities } from "vscode-languageserver/node";
import type { Documents, OpenDocument } from "./documents.js";

/** What the features use of the server. */
export type Server = {
  readonly connection: Connection;
  readonly documents: Documents;
  readonly client: ClientAbilities;
  /**
   * Makes the handler of a request about a document from one that is given its present text. A request about a document
   * that is not open or too long is answered with null, and so is one whose handler throws, which the client's log then
   * shows.
   */
  readonly answer: <P extends { readonly textDocument: { readonly uri: string } }, R>(
    handle: (document: OpenDocument, params: P) => R,
  ) => (params: P) => R | null | ResponseError<never>;
  /** The same for a request that is about no document, or is to be answered whatever becomes of it. */
  readonly guard: <P, R>(handle: (params: P) => R, otherwise: R) => (params: P) => R | ResponseError<never>;
  /** Writes a fault of the server to the client's log. */
  readonly fault: (problem: unknown) => void;
};

/** What the features ask of a client; nothing of it is there before it has introduced itself. */
export type ClientAbilities = {
  /** It asks for diagnostics, so that they need not be published. */
  pullsDiagnostics: boolean;
  /** It can be told to ask for them again. */
  refreshesDiagnostics: boolean;
  /** It shows places that belong to a diagnostic. */
  relatedPlaces: boolean;
  /** It shows symbols as a tree, not only as a list. */
  symbolTree: boolean;
  /** It puts in snippets, with places to fill in. */
  snippets: boolean;
  /** It tells the user's settings when asked. */
  configuration: boolean;
  /** It wants to be asked to tell of changes of the settings. */
  registersSettings: boolean;
  /** It asks for hints again when told that they have changed. */
  refreshesHints: boolean;
};

/** One thing that the server does: what the client is told of it, and its handlers. */
export type Feature = {
  readonly capabilities: ServerCapabilities;
  readonly register: (server: Server) => void;
};
