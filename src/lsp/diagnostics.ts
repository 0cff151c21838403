// What is wrong with a document: published after every change, or given to clients that ask.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  DiagnosticSeverity,
  DiagnosticTag,
  DocumentDiagnosticReportKind,
  type Diagnostic as LspDiagnostic,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
} from "vscode-languageserver/node";
import type { Diagnostic, Severity } from "../diagnostic.js";
import { packageFolder } from "../stdlib.js";
import { ContractionChecks } from "./contraction.js";
import type { OpenDocument } from "./documents.js";
import { LONGEST_TEXT } from "./documents.js";
import type { ClientAbilities, Feature } from "./feature.js";

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  note: DiagnosticSeverity.Information,
};

/** Warnings of what is never used: editors show such text faded. */
const UNUSED: ReadonlySet<string> = new Set(["W0201"]);

/** A diagnostic as the client shows it: the hint belongs to the message. */
export function toLsp(
  diagnostic: Diagnostic,
  document: OpenDocument,
  client: ClientAbilities,
): LspDiagnostic {
  const { code, severity, message, span, hint, related } = diagnostic;
  const href = describedAt(code);
  return {
    range: document.rangeOf(span ?? { start: 0, end: 0 }),
    severity: SEVERITIES[severity],
    source: "mppc",
    code,
    ...(href === undefined ? {} : { codeDescription: { href } }),
    message: hint === undefined ? message : `${message}\nhint: ${hint}`,
    ...(UNUSED.has(code) ? { tags: [DiagnosticTag.Unnecessary] } : {}),
    ...(client.relatedPlaces && related !== undefined
      ? {
          relatedInformation: related.map((place) => ({
            location: document.locationOf(place.span),
            message: place.message,
          })),
        }
      : {}),
  };
}

let lines: ReadonlyMap<string, number> | undefined;

/** Where the reference of errors has this code: a file, with its line; undefined where it is not installed. */
function describedAt(code: string): string | undefined {
  const path = join(packageFolder(), "docs", "errors.md");
  lines ??= new Map(
    (existsSync(path) ? readFileSync(path, "utf8").split("\n") : []).flatMap((line, i) => {
      const named = /^\| `([A-Z]\d{4})` \|/.exec(line)?.[1];
      return named === undefined ? [] : [[named, i + 1] as const];
    }),
  );
  const line = lines.get(code);
  return line === undefined ? undefined : `${pathToFileURL(path).href}#L${line}`;
}

/** All that is known to be wrong with a document, in the order of the text. */
export function allDiagnostics({ analysis, contraction }: OpenDocument): readonly Diagnostic[] {
  return [...analysis.diagnostics, ...contraction].sort(
    (a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0),
  );
}

const tooLong = (document: OpenDocument): LspDiagnostic => ({
  range: document.rangeOf({ start: 0, end: 0 }),
  severity: DiagnosticSeverity.Information,
  source: "mppc",
  message: `this file is longer than ${LONGEST_TEXT} characters, and the editor's help leaves it alone`,
});

/** It is waited so long, in milliseconds, whether another change follows, before what is wrong is published. */
const PAUSE = 60;
/** And so long before an order of summing is looked for: that takes a processor, which answers while typing have use for. */
const REST = 300;

export const diagnostics: Feature = {
  capabilities: {
    diagnosticProvider: { identifier: "mppc", interFileDependencies: false, workspaceDiagnostics: false },
  },
  register: ({ connection, documents, client, guard, fault }) => {
    const found = (document: OpenDocument): LspDiagnostic[] =>
      document.isTooLong
        ? [tooLong(document)]
        : allDiagnostics(document).map((d) => toLsp(d, document, client));
    connection.languages.diagnostics.on(
      guard<DocumentDiagnosticParams, DocumentDiagnosticReport>(
        ({ textDocument }) => {
          const document = documents.get(textDocument.uri);
          const items = document === undefined ? [] : found(document);
          return { kind: DocumentDiagnosticReportKind.Full, items };
        },
        { kind: DocumentDiagnosticReportKind.Full, items: [] },
      ),
    );
    const publish = (document: OpenDocument): void => {
      const { uri, version } = document;
      void connection.sendDiagnostics({ uri, version, diagnostics: found(document) });
    };
    const contraction = new ContractionChecks({
      found: (document, more) => {
        if (documents.get(document.uri) !== document || more.length === 0) return;
        document.contraction = more;
        if (!client.pullsDiagnostics) publish(document);
        else if (client.refreshesDiagnostics) void connection.languages.diagnostics.refresh();
      },
      costs: (document, costs) => {
        document.costs = costs;
        if (documents.get(document.uri) === document && client.refreshesHints)
          void connection.languages.inlayHint.refresh();
      },
      gaveUp: ({ uri }, why) =>
        connection.console.info(`whether ${uri} can be contracted is left to 'mppc check': ${why}`),
    });
    const attempt = (action: () => void): void => {
      try {
        action();
      } catch (problem) {
        fault(problem);
      }
    };
    const look = (document: OpenDocument): void => {
      if (!client.pullsDiagnostics) publish(document);
    };
    const lookFurther = (document: OpenDocument): void => {
      if (!document.isTooLong && document.analysis.checked !== null) contraction.ask(document);
    };
    const waiting = new Map<string, readonly NodeJS.Timeout[]>();
    documents.onChange((uri) => {
      waiting.get(uri)?.forEach(clearTimeout);
      waiting.delete(uri);
      contraction.forget(uri);
      const document = documents.get(uri);
      if (document !== undefined)
        waiting.set(uri, [
          setTimeout(() => attempt(() => look(document)), PAUSE),
          setTimeout(() => attempt(() => lookFurther(document)), REST),
        ]);
      else if (!client.pullsDiagnostics) void connection.sendDiagnostics({ uri, diagnostics: [] });
    });
  },
};
