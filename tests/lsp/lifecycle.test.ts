// The life of a server: what it says of itself, messages that come at the wrong time or are none, and its end.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram, removeProgram } from "../cli/built.js";
import { Client } from "./client.js";

const URI = "file:///models/m.mpp";

let main: string;
beforeAll(() => void (main = buildProgram()));
afterAll(() => removeProgram(main));

const framed = (body: string, length = Buffer.byteLength(body)): string =>
  `Content-Length: ${length}\r\n\r\n${body}`;

it("says what it can do", async () => {
  const client = Client.spawn(main);
  const { capabilities, serverInfo } = await client.initialize();
  expect(serverInfo?.name).toBe("mppc");
  expect(capabilities).toMatchObject({
    positionEncoding: "utf-16",
    textDocumentSync: { openClose: true, change: 2 },
    definitionProvider: true,
    referencesProvider: true,
    documentHighlightProvider: true,
    renameProvider: { prepareProvider: true },
    documentSymbolProvider: true,
    foldingRangeProvider: true,
    codeActionProvider: { codeActionKinds: ["quickfix"] },
    semanticTokensProvider: { full: { delta: true }, range: true },
  });
  expect(await client.stop()).toBe(0);
});

describe("at the wrong time", () => {
  it("requests are refused before `initialize` and after `shutdown`", async () => {
    const client = Client.spawn(main);
    const outline = (): Promise<unknown> => client.of("documentSymbol", URI);
    await expect(outline()).rejects.toMatchObject({ code: -32002 });
    await client.initialize();
    expect(await outline()).toBeNull();
    await client.rpc.sendRequest("shutdown");
    await expect(outline()).rejects.toMatchObject({ code: -32600 });
    await client.rpc.sendNotification("exit");
    expect(await client.exit).toBe(0);
  });

  it("an `exit` without `shutdown` ends with 1, and so does the client's end", async () => {
    const client = await Client.start(main);
    await client.rpc.sendNotification("exit");
    expect(await client.exit).toBe(1);
    const left = await Client.start(main);
    left.child.stdin.end();
    expect(await left.exit).toBe(1);
    const shut = await Client.start(main);
    await shut.rpc.sendRequest("shutdown");
    shut.child.stdin.end();
    expect(await shut.exit).toBe(0);
  });
});

describe("messages that are none", () => {
  const OPEN = JSON.stringify({
    jsonrpc: "2.0",
    method: "textDocument/didOpen",
    params: {
      textDocument: { uri: URI, languageId: "mpp", version: 1, text: "model { a ~ normal(0, 1); }" },
    },
  });
  it.each([
    ["bad JSON", framed("{ no json")],
    ["an array, a number and a string", framed("[]") + framed("1") + framed('"x"')],
    ["no length", "Content-Type: x\r\n\r\n"],
    ["a length that is no number", "Content-Length: many\r\n\r\n"],
    ["a length that is absurd", framed("{}", 1e15)],
    ["a length that is too small", framed('{"jsonrpc":"2.0","method":"x"}', 7)],
    ["a length that is too large", framed('{"jsonrpc":"2.0","method":"x"}', 40)],
    ["bytes that are nothing", "\u0000\u0001garbage without an end\r\n\r\n"],
    ["parameters of the wrong kind", framed('{"jsonrpc":"2.0","method":"textDocument/didOpen","params":7}')],
    ["an answer to nothing", framed('{"jsonrpc":"2.0","id":99,"result":null}')],
    ["an unknown notification", framed('{"jsonrpc":"2.0","method":"no/such"}')],
  ])("%s: the server goes on", async (_, bytes) => {
    const client = await Client.start(main);
    client.child.stdin.write(bytes);
    // What comes next may still be lost to a wrong length; what comes after that is not.
    client.child.stdin.write(framed('{"jsonrpc":"2.0","method":"no/such/thing"}'));
    client.child.stdin.write(framed(OPEN));
    expect(await client.of("documentSymbol", URI)).toHaveLength(1);
    await expect(client.rpc.sendRequest("no/such")).rejects.toMatchObject({ code: -32601 });
    expect(await client.stop()).toBe(0);
  });

  it("requests without what they need are refused or answered, and the server goes on", async () => {
    const client = await Client.start(main);
    for (const params of [{}, { textDocument: {} }, { textDocument: { uri: 7 } }, null, 3])
      await client.rpc.sendRequest("textDocument/definition", params).catch(() => undefined);
    await client.open(URI, "model { a ~ normal(0, 1); }");
    await client.rpc
      .sendRequest("textDocument/definition", { textDocument: { uri: URI } })
      .catch(() => undefined);
    await client.rpc.sendNotification("textDocument/didChange", {
      textDocument: { uri: "file:///no" },
      contentChanges: [{ text: "" }],
    });
    expect(await client.of("documentSymbol", URI)).toHaveLength(1);
    expect(await client.stop()).toBe(0);
  });
});
