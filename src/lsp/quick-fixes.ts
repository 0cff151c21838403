// Mending what a diagnostic complains of: the fixes that it carries, and declarations that are missing or not needed.
import { CodeActionKind, type CodeAction } from "vscode-languageserver/node";
import type { Diagnostic, Fix } from "../diagnostic.js";
import { tokenEnd } from "../lexer/lexer.js";
import type { Span } from "../source.js";
import type { Analysis } from "./analysis.js";
import { bracesAfter, type Braces } from "./braces.js";
import { allDiagnostics, toLsp } from "./diagnostics.js";
import type { OpenDocument } from "./documents.js";
import type { ClientAbilities, Feature } from "./feature.js";
import { openAt } from "./lookup.js";

export const quickFixes: Feature = {
  capabilities: { codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] } },
  register: ({ connection, answer, client }) => {
    connection.onCodeAction(
      answer((document, { range, context: { only } }): CodeAction[] => {
        const isAsked = only === undefined || only.some((kind) => CodeActionKind.QuickFix.startsWith(kind));
        const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
        const here = allDiagnostics(document).filter(
          ({ span }) => span !== undefined && span.start <= to && from <= span.end,
        );
        return isAsked ? here.flatMap((diagnostic) => actionsOf(diagnostic, document, client)) : [];
      }),
    );
  },
};

function actionsOf(diagnostic: Diagnostic, document: OpenDocument, client: ClientAbilities): CodeAction[] {
  const own = diagnostic.fixes ?? [];
  const fixes = [...own, ...declarations(diagnostic, document.analysis)];
  return fixes.map(({ title, edits }) => ({
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [toLsp(diagnostic, document, client)],
    isPreferred: own.length === 1 && own[0]?.title === title,
    edit: {
      changes: {
        [document.uri]: edits.map(({ span, text }) => ({ range: document.rangeOf(span), newText: text })),
      },
    },
  }));
}

/** The diagnostics that a change of declarations mends, by their codes. */
function declarations({ code, span }: Diagnostic, analysis: Analysis): readonly Fix[] {
  if (span === undefined) return [];
  switch (code) {
    case "E0201":
      return declareVariable(span, analysis);
    case "E0204":
      return [declare(`plate ${textOf(span)};`, "first", analysis)];
    case "W0201":
      return removeData(span, analysis);
    default:
      return [];
  }
}

const textOf = ({ source, start, end }: Span): string => source.text.slice(start, end);

/** An unknown name may be meant to be data, over the plates that are open where it stands. */
function declareVariable(span: Span, analysis: Analysis): readonly Fix[] {
  const isIn = (part: { readonly span: Span }): boolean =>
    part.span.start <= span.start && span.end <= part.span.end;
  const name = textOf(span);
  if (analysis.syntax.functions.some(isIn)) return [];
  // In the data block it can only be a size or a bound.
  if (analysis.syntax.data.some(isIn)) return [declare(`int<lower=1> ${name};`, "first", analysis)];
  const plates = openAt(analysis, span.start).map((plate) => plate.name);
  const dimensions = plates.length === 0 ? "" : `[${plates.join(", ")}]`;
  const isIndex =
    /\[\s*$/.test(span.source.text.slice(0, span.start)) && /^\s*\]/.test(span.source.text.slice(span.end));
  return [declare(`${isIndex ? "int<lower=1>" : "real"} ${name}${dimensions};`, "last", analysis)];
}

/** Puts a declaration into the data block, which is made where there is none. */
function declare(declaration: string, place: "first" | "last", analysis: Analysis): Fix {
  const title = `Declare '${declaration.slice(0, -1)}' in the data block`;
  const { source, syntax } = analysis;
  const at = (offset: number, text: string): Fix => ({
    title,
    edits: [{ span: { source, start: offset, end: offset }, text }],
  });
  const keyword = syntax.blocks.find(({ text }) => text === "data");
  const braces = keyword && bracesAfter(analysis, keyword.span.end);
  if (braces === undefined) {
    const next = syntax.blocks.find(({ text }) => text !== "functions");
    return at(next?.span.start ?? source.text.length, `data {\n  ${declaration}\n}\n`);
  }
  if (place === "last" && endsOnOwnLine(braces, analysis)) {
    const end = braces.close?.startOffset ?? braces.end;
    const line = source.text.lastIndexOf("\n", end - 1) + 1;
    return at(line, `${source.text.slice(line, end)}  ${declaration}\n`);
  }
  const isOneLine = !source.text.slice(braces.open.startOffset, braces.end).includes("\n");
  if (place === "last") {
    const close = braces.close?.startOffset ?? braces.end;
    const before = /\s$/.test(source.text.slice(0, close)) ? "" : " ";
    return at(close, `${before}${declaration} `);
  }
  return at(tokenEnd(braces.open), isOneLine ? ` ${declaration}` : `\n  ${declaration}`);
}

const endsOnOwnLine = ({ close }: Braces, { source }: Analysis): boolean =>
  close !== undefined && /\n[ \t]*$/.test(source.text.slice(0, close.startOffset));

/** Takes out data that is never used, with its line if nothing else stands there. */
function removeData(name: Span, { syntax, source }: Analysis): readonly Fix[] {
  const item = syntax.data.find((d) => d.name.span.start === name.start);
  if (item === undefined) return [];
  const { text } = source;
  const end = /^\s*;/.exec(text.slice(item.span.end))?.[0].length ?? 0;
  let span: Span = { ...item.span, end: item.span.end + end };
  const indent = /(?:^|\n)[ \t]*$/.exec(text.slice(0, span.start))?.[0];
  const rest = /^[ \t]*\r?\n/.exec(text.slice(span.end))?.[0];
  if (indent !== undefined && rest !== undefined)
    span = {
      source,
      start: span.start - indent.replace("\n", "").length,
      end: span.end + rest.length,
    };
  return [{ title: `Remove the declaration of '${item.name.text}'`, edits: [{ span, text: "" }] }];
}
