// The user's settings, section `mppc`: what the client says of them, asked for once and again whenever they change.
import { DidChangeConfigurationNotification } from "vscode-languageserver/node";
import type { Server } from "./feature.js";

/** `mppc.inlayHints`: which hints to show. */
export type InlaySettings = { readonly types: boolean; readonly costs: boolean };

export type Settings = {
  /** What is known; everything is on as long as nothing is. */
  readonly inlay: () => InlaySettings;
  /** Waits until the client has answered, or is known not to. */
  readonly ready: () => Promise<void>;
};

const ON: InlaySettings = { types: true, costs: true };

/** The settings in what a client sends: of its section `mppc`, or of all its sections. */
export function readSettings(sent: unknown): InlaySettings {
  const of = (value: unknown, key: string): unknown =>
    typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  const hints = of(of(sent, "mppc") ?? sent, "inlayHints");
  return { types: of(hints, "types") !== false, costs: of(hints, "costs") !== false };
}

/** Keeps the settings of a client; hints are asked for again when they have changed. */
export function settingsOf({ connection, client }: Server): Settings {
  let known: InlaySettings | null = null;
  let asked: Promise<void> | null = null;
  let isRegistered = false;
  const ask = async (): Promise<void> => {
    try {
      // Some clients tell of changes only if they are asked to.
      if (client.registersSettings && !isRegistered) {
        isRegistered = true;
        await connection.client.register(DidChangeConfigurationNotification.type, { section: "mppc" });
      }
      known = readSettings(await connection.workspace.getConfiguration("mppc"));
    } catch {
      known = ON; // a client that offers settings and does not give them
    }
  };
  connection.onDidChangeConfiguration(({ settings }) => {
    asked = null;
    known = client.configuration ? null : readSettings(settings);
    if (client.refreshesHints) void connection.languages.inlayHint.refresh();
  });
  return {
    inlay: () => known ?? ON,
    ready: async () => {
      if (known !== null || !client.configuration) return;
      await (asked ??= ask());
    },
  };
}
