// The reference page of the diagnostics: every code with its message, read off the sources that make them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { code, page, table } from "./markdown.js";

const SOURCE = join(import.meta.dirname, "..", "..", "src");
const CODE = /^[EWN]\d{4}$/;
const GAP = "…";

/** The codes' first two digits, and what is wrong with. */
const KINDS: readonly (readonly [prefix: string, title: string])[] = [
  ["01", "The text of a model"],
  ["02", "Names"],
  ["03", "Plates"],
  ["04", "Types, distributions, the guide, and what is not yet supported"],
  ["05", "Data and compiled files"],
  ["06", "Devices"],
  ["07", "Inference"],
  ["08", "The command line"],
  ["09", "The contraction"],
  ["10", "Formatting"],
  ["11", "Exported results and reports"],
  ["12", "Batches"],
  ["13", "Simulation and calibration"],
];

type Made = { readonly code: string; readonly message: string };

/** The text of a message, with a gap for each part that depends on the case; every way that a condition may go. */
function texts(node: ts.Expression, scope: ts.Node): readonly string[] {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map((span) => GAP + span.literal.text).join("")];
  if (ts.isConditionalExpression(node))
    return [...texts(node.whenTrue, scope), ...texts(node.whenFalse, scope)];
  if (ts.isParenthesizedExpression(node)) return texts(node.expression, scope);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return texts(node.left, scope).flatMap((left) => texts(node.right, scope).map((right) => left + right));
  if (ts.isIdentifier(node)) {
    const value = localValue(node.text, scope);
    if (value !== undefined) return texts(value, scope);
  }
  return [GAP];
}

/** What a `const` of the enclosing function is set to. */
function localValue(name: string, scope: ts.Node): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name)
      found ??= node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(scope);
  return found;
}

const functionAround = (node: ts.Node): ts.Node =>
  ts.isFunctionLike(node) || ts.isSourceFile(node) ? node : functionAround(node.parent);

/** `not yet supported` is said in one place for all of its callers. */
const endings: Readonly<Record<string, string>> = { notYet: " not yet supported" };

/** The message that goes with a code: a property of the same object, or an argument of the same call. */
function messagesBeside(literal: ts.StringLiteral): readonly string[] {
  const { parent } = literal;
  const scope = functionAround(literal);
  if (ts.isPropertyAssignment(parent) && ts.isObjectLiteralExpression(parent.parent)) {
    const message = parent.parent.properties.find(
      (p): p is ts.PropertyAssignment => ts.isPropertyAssignment(p) && p.name.getText() === "message",
    );
    return message === undefined ? [] : texts(message.initializer, scope);
  }
  const isMade = ts.isCallExpression(parent) || ts.isNewExpression(parent);
  const made = isMade ? parent.expression.getText() : "";
  if (!isMade || !/^(error|warning|notYet|DeviceError)$/.test(made)) return [];
  // The first argument after the code that is no place in a source.
  const rest = (parent.arguments ?? []).slice(1);
  const message = rest.find((argument) => !/(^|\.)span$|^tokenSpan\(/.test(argument.getText()));
  if (message === undefined) return [];
  const found = texts(message, scope);
  return found.every((text) => text === GAP)
    ? hints(rest.at(-1), scope)
    : found.map((text) => text + (endings[made] ?? ""));
}

/** Where the callers have the message, what it advises. */
function hints(details: ts.Expression | undefined, scope: ts.Node): readonly string[] {
  if (details === undefined || !ts.isObjectLiteralExpression(details)) return [];
  const hint = details.properties.find(
    (p): p is ts.PropertyAssignment => ts.isPropertyAssignment(p) && p.name.getText() === "hint",
  );
  return hint === undefined ? [] : texts(hint.initializer, scope).map((text) => `${GAP} (${text})`);
}

/** Every code that stands in the sources, with the messages that are found beside it. */
export function diagnostics(): { readonly codes: ReadonlySet<string>; readonly made: readonly Made[] } {
  const codes = new Set<string>();
  const made: Made[] = [];
  for (const file of readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((f) =>
    f.endsWith(".ts"),
  )) {
    const text = readFileSync(join(SOURCE, file), "utf8");
    if (!/"[EWN]\d{4}"/.test(text)) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteral(node) && CODE.test(node.text)) {
        codes.add(node.text);
        made.push(...messagesBeside(node).map((message) => ({ code: node.text, message })));
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  }
  return { codes, made };
}

export function messagesPage(): string {
  const { made } = diagnostics();
  const stranger = made.find((m) => !KINDS.some(([prefix]) => m.code.slice(1, 3) === prefix));
  if (stranger !== undefined) throw new Error(`there is no section for '${stranger.code}'`);
  const sections = KINDS.flatMap(([prefix, title]) => {
    const codes = [...new Set(made.map((m) => m.code))].filter((c) => c.slice(1, 3) === prefix).sort();
    const rows = codes.map((c) => {
      const messages = new Set(made.filter((m) => m.code === c).map((m) => m.message.replace(/\s+/g, " ")));
      return [code(c), [...messages].map((m) => m.replace(/…(\s*…)+/g, GAP)).join("; or: ")];
    });
    return [`## ${title}`, table(["code", "message"], rows)];
  });
  return page(
    "Errors, warnings and notes",
    "`E` is an error, `W` a warning, `N` a note. A message is printed with the place it is about and, where there is " +
      `one, a hint that mends it; \`${GAP}\` stands for names, numbers and places of the case.`,
    ...sections,
  );
}
