// Formatting by the language server: the text of `mppc format`, as edits between words.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TextEdit } from "vscode-languageserver-protocol";
import { TextDocument } from "vscode-languageserver-textdocument";
import { afterAll, describe, expect, it } from "vitest";
import { formatMpp } from "../../src/format/format.js";
import { buildProgram, removeProgram } from "../cli/built.js";
import { Client } from "./client.js";

const UGLY = "model{a~normal(0,1);\n\n\n// of the data\nb ~ normal( a,1 ) ;\nc~normal(b,1);}";
const main = buildProgram();
const folder = mkdtempSync(join(tmpdir(), "mppc-formatting-"));
afterAll(() => {
  removeProgram(main);
  rmSync(folder, { recursive: true, force: true });
});

const SPACES = { tabSize: 2, insertSpaces: true };
const applied = (text: string, edits: TextEdit[] | null): string =>
  TextDocument.applyEdits(TextDocument.create("a.mpp", "mpp", 1, text), edits ?? []);

describe("formatting", async () => {
  const client = await Client.start(main);
  afterAll(() => client.stop());
  const ask = async (uri: string, text: string, options: object = SPACES): Promise<TextEdit[] | null> => {
    await client.open(uri, text);
    return client.rpc.sendRequest("textDocument/formatting", { textDocument: { uri }, options });
  };

  it("gives the text of mppc format, and nothing for a text that is formatted", async () => {
    const formatted = formatMpp(UGLY);
    expect(applied(UGLY, await ask("untitled:a", UGLY))).toBe(formatted);
    expect(await ask("untitled:a", formatted)).toEqual([]);
  });

  it("indents as the editor says, unless the file's configuration does", async () => {
    const tabs = { tabSize: 4, insertSpaces: false };
    expect(applied(UGLY, await ask("untitled:b", UGLY, tabs))).toContain("\n\ta ~ normal(0, 1);\n");
    mkdirSync(join(folder, "models"));
    writeFileSync(join(folder, "models", ".prettierrc"), '{ "tabWidth": 3, "useTabs": false }');
    const uri = pathToFileURL(join(folder, "models", "c.mpp")).href;
    expect(applied(UGLY, await ask(uri, UGLY, tabs))).toContain("\n   a ~ normal(0, 1);\n");
  });

  it("of a selection changes nothing outside of it", async () => {
    const uri = "untitled:d";
    await client.open(uri, UGLY);
    const range = { start: { line: 4, character: 0 }, end: { line: 4, character: 20 } };
    const edits: TextEdit[] = await client.rpc.sendRequest("textDocument/rangeFormatting", {
      textDocument: { uri },
      options: SPACES,
      range,
    });
    expect(applied(UGLY, edits)).toBe(UGLY.replace("b ~ normal( a,1 ) ;", "b ~ normal(a, 1);"));
  });

  it("leaves a text with syntax errors alone", async () => {
    expect(await ask("untitled:e", "model { x ~ normal(0, 1) }")).toBeNull();
    expect(client.log).toEqual([]);
  });
});
