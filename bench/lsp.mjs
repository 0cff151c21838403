// How soon the language server answers: after every keystroke in a large model, each of an editor's questions.
//
//   npm run build && npm run bench:lsp [-- --lines 500 --keys 60]
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { largeModel } from "./lib/large-model.mjs";

const { values } = parseArgs({
  options: { lines: { type: "string", default: "500" }, keys: { type: "string", default: "60" } },
});
const URI = "file:///models/large.mpp";
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const child = spawn(process.execPath, [main, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const rpc = createMessageConnection(
  new StreamMessageReader(child.stdout),
  new StreamMessageWriter(child.stdin),
);
rpc.listen();
await rpc.sendRequest("initialize", {
  processId: process.pid,
  rootUri: null,
  capabilities: { textDocument: { diagnostic: {} } },
});
await rpc.sendNotification("initialized", {});

const text = largeModel(Number(values.lines));
let document = TextDocument.create(URI, "mpp", 1, text);
await rpc.sendNotification("textDocument/didOpen", {
  textDocument: { uri: URI, languageId: "mpp", version: 1, text },
});

/** Puts one character in, as a key does. */
async function type(offset, character) {
  const position = document.positionAt(offset);
  const change = { range: { start: position, end: position }, text: character };
  document = TextDocument.update(document, [change], document.version + 1);
  await rpc.sendNotification("textDocument/didChange", {
    textDocument: { uri: URI, version: document.version },
    contentChanges: [change],
  });
}

const QUESTIONS = [
  ["diagnostic", () => ({})],
  ["completion", (position) => ({ position })],
  ["hover", (position) => ({ position })],
  ["signatureHelp", (position) => ({ position })],
  ["definition", (position) => ({ position })],
  ["references", (position) => ({ position, context: { includeDeclaration: true } })],
  ["documentHighlight", (position) => ({ position })],
  ["documentSymbol", () => ({})],
  ["foldingRange", () => ({})],
  ["semanticTokens/full", () => ({})],
  ["inlayHint", () => ({ range: { start: { line: 0, character: 0 }, end: { line: 60, character: 0 } } })],
  ["codeAction", (p) => ({ range: { start: p, end: p }, context: { diagnostics: [] } })],
];

/** Each question's times in ms: as the first after a keystroke, which pays for the analysis, and when it is known. */
const FORMATTING = ["formatting", () => ({ options: { tabSize: 2, insertSpaces: true } })];
const times = new Map([...QUESTIONS, FORMATTING].map(([method]) => [method, { first: [], known: [] }]));

/** Types a character, then asks a question twice. */
async function typeAndAsk(character, [method, params]) {
  const ask = async () => {
    const since = performance.now();
    const more = params(document.positionAt(offset - 2));
    await rpc.sendRequest(`textDocument/${method}`, { textDocument: { uri: URI }, ...more });
    return performance.now() - since;
  };
  await type(offset++, character);
  times.get(method).first.push(await ask());
  times.get(method).known.push(await ask());
}

const typed = "eta_1 + slope * 2 ";
let offset = text.indexOf("effect_3 + slope");
for (let key = 0; key < Number(values.keys); key++)
  for (const question of QUESTIONS) await typeAndAsk(typed[key % typed.length], question);

// A text with syntax errors is not formatted: spaces alone are typed, before a statement of the same model.
await rpc.sendNotification("textDocument/didChange", {
  textDocument: { uri: URI, version: document.version + 1 },
  contentChanges: [{ text }],
});
document = TextDocument.create(URI, "mpp", document.version + 1, text);
offset = text.indexOf("effect_3 ~");
for (let key = 0; key < Number(values.keys); key++) await typeAndAsk(" ", FORMATTING);

const quantile = (list, q) => [...list].sort((a, b) => a - b)[Math.floor(q * (list.length - 1))].toFixed(1);
console.log(`${document.lineCount} lines, ${text.length} characters; milliseconds\n`);
console.log("| request | after a keystroke: median | 95 % | once analysed: median | 95 % |");
console.log("| --- | --- | --- | --- | --- |");
for (const [method, { first, known }] of times) {
  const cells = [first, known].flatMap((list) => [quantile(list, 0.5), quantile(list, 0.95)]);
  console.log(`| ${method} | ${cells.join(" | ")} |`);
}
await rpc.sendRequest("shutdown");
await rpc.sendNotification("exit");
process.exit(0);
