// Hover, completion, signature help and inlay hints as a client asks for them over stdio.
import { afterAll, beforeAll, expect, it } from "vitest";
import type {
  CompletionItem,
  Hover,
  InitializeResult,
  InlayHint,
  MarkupContent,
  SignatureHelp,
} from "vscode-languageserver-protocol";
import { buildProgram, removeProgram } from "../cli/built.js";
import { Client } from "./client.js";

const URI = "file:///models/m.mpp";
const TEXT = `data {
  plate schools;
  real y[schools];
}
model {
  mu ~ normal(0, 5); // the mean 🏫 of all
  /* 🏫 */ tau ~ half_cauchy(5);
  plate schools {
    theta ~ normal(mu, tau);
    y ~ normal(theta, 1);
  }
}
`;

let main: string;
let client: Client;
let server: InitializeResult;
let hints: { readonly types?: boolean; readonly costs?: boolean } = {};
/** What the server asks to be told of. */
const registered: object[] = [];
/** Who waits for the server to say that hints have changed. */
const waiting: (() => void)[] = [];
beforeAll(async () => {
  main = buildProgram();
  client = Client.spawn(main);
  client.rpc.onRequest("workspace/configuration", ({ items }: { items: readonly { section: string }[] }) =>
    items.map(({ section }) => (section === "mppc" ? { inlayHints: hints } : null)),
  );
  client.rpc.onRequest("workspace/inlayHint/refresh", () => {
    waiting.splice(0).forEach((tell) => tell());
    return null;
  });
  client.rpc.onRequest(
    "client/registerCapability",
    ({ registrations }: { registrations: readonly object[] }) => {
      registered.push(...registrations);
      return null;
    },
  );
  server = await client.initialize({
    textDocument: { completion: { completionItem: { snippetSupport: true } } },
    workspace: {
      configuration: true,
      didChangeConfiguration: { dynamicRegistration: true },
      inlayHint: { refreshSupport: true },
    },
  });
  await client.open(URI, TEXT);
});
afterAll(async () => {
  await client.stopInPeace();
  removeProgram(main);
});

const refreshed = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
const valueOf = (hover: Hover | null): string => (hover?.contents as MarkupContent | undefined)?.value ?? "";
async function inlay(uri = URI): Promise<readonly InlayHint[]> {
  const document = client.document(uri);
  const range = { start: { line: 0, character: 0 }, end: document.positionAt(document.getText().length) };
  return client.of<InlayHint[]>("inlayHint", uri, { range });
}
/** The labels of hints until there is one that holds this text. */
async function labelsWith(text: string, uri = URI): Promise<readonly string[]> {
  for (;;) {
    const changed = refreshed();
    const labels = (await inlay(uri)).map(({ label }) => (typeof label === "string" ? label : ""));
    if (labels.some((label) => label.includes(text))) return labels;
    await changed;
  }
}

it("says what it can do", () =>
  expect(server.capabilities).toMatchObject({
    hoverProvider: true,
    completionProvider: { resolveProvider: true },
    signatureHelpProvider: { triggerCharacters: ["(", ",", "|"] },
    inlayHintProvider: true,
  }));

it("hover: Markdown, and what it is about", async () => {
  const found = await client.at<Hover>("hover", URI, "tau ~");
  expect(found.contents).toMatchObject({ kind: "markdown" });
  expect(valueOf(found)).toContain("real<lower=0> tau ~ half_cauchy(5)");
  expect(found.range).toEqual({ start: { line: 6, character: 11 }, end: { line: 6, character: 14 } });
  expect(valueOf(await client.at<Hover>("hover", URI, "mu ~"))).toContain("the mean 🏫 of all");
  expect(await client.at("hover", URI, "🏫 of")).toBeNull();
});

it("hints come with costs once these are known, and then hovers do", async () => {
  const labels = await labelsWith("K^3");
  expect(labels).toEqual([
    ": real", "K", ": real<lower=0>", "K", ": real[schools]", "K^3 x schools", "K x schools",
  ]); // prettier-ignore
  const text = valueOf(await client.at<Hover>("hover", URI, "~ normal(mu"));
  expect(text).toContain("Its table: `K^3 x schools`.");
  expect(valueOf(await client.at<Hover>("hover", URI, "model {"))).toContain("In all `K^3 x schools");
});

it("hints are as the settings say", async () => {
  for (const [chosen, shown] of [
    [{ types: false }, ["K", "K", "K^3 x schools", "K x schools"]],
    [{ costs: false }, [": real", ": real<lower=0>", ": real[schools]"]],
    [{}, [": real", "K", ": real<lower=0>", "K", ": real[schools]", "K^3 x schools", "K x schools"]],
  ] as const) {
    hints = chosen;
    const changed = refreshed();
    await client.rpc.sendNotification("workspace/didChangeConfiguration", { settings: null });
    await changed;
    expect((await inlay()).map(({ label }) => label)).toEqual(shown);
  }
  expect(registered).toMatchObject([
    { method: "workspace/didChangeConfiguration", registerOptions: { section: "mppc" } },
  ]);
});

it("costs of a model of a hundred groups are found beside other answers", async () => {
  const many = Array.from({ length: 100 }, (_, i) => `  x${i} ~ normal(${i === 0 ? "0" : `x${i - 1}`}, 1);`);
  const uri = "file:///models/many.mpp";
  await client.open(uri, `data { real y; }\nmodel {\n${many.join("\n")}\n  y ~ normal(x99, 1);\n}\n`);
  expect(valueOf(await client.at<Hover>("hover", uri, "x99 ~"))).toContain("Depends on `x98`.");
  const labels = await labelsWith("K^2", uri);
  expect(labels.filter((label) => label === "K^2")).toHaveLength(99);
  expect(valueOf(await client.at<Hover>("hover", uri, "model {"))).toContain(
    "In all `99 (K^2) + K` combinations.",
  );
});

it("completion, its documentation, and signature help while a statement is written", async () => {
  const at = TEXT.indexOf("y ~ normal");
  await client.edit(URI, at, at, "phi ~ ga");
  // A space asks by itself where only a family or a plate can stand, and nowhere else.
  const context = { triggerKind: 2, triggerCharacter: " " };
  const unasked = (text: string) =>
    client.at<CompletionItem[]>("completion", URI, at + text.length, { context });
  expect((await unasked("phi ~ ")).map(({ label }) => label)).toContain("gamma");
  expect(await unasked("phi ")).toEqual([]);
  const items = await client.at<CompletionItem[]>("completion", URI, at + "phi ~ ga".length);
  const gamma = items.find(({ label }) => label === "gamma");
  expect(gamma).toMatchObject({ insertText: "gamma(${1:alpha}, ${2:beta})", insertTextFormat: 2 });
  const resolved: CompletionItem = await client.rpc.sendRequest("completionItem/resolve", gamma);
  expect((resolved.documentation as MarkupContent).value).toContain("with shape `alpha` and rate `beta`");
  await client.edit(URI, at + "phi ~ ".length, at + "phi ~ ga".length, "gamma(th");
  const names = await client.at<CompletionItem[]>("completion", URI, at + "phi ~ gamma(th".length);
  expect(names.map(({ label }) => label)).toContain("theta");
  const theta = names.find(({ label }) => label === "theta");
  const ofName: CompletionItem = await client.rpc.sendRequest("completionItem/resolve", theta);
  expect((ofName.documentation as MarkupContent).value).toContain("real theta[schools]");
  const help = await client.at<SignatureHelp>("signatureHelp", URI, at + "phi ~ gamma(th".length);
  expect(help.signatures[0]?.label).toBe("gamma(real<lower=0> alpha, real<lower=0> beta)");
  expect(help.activeParameter).toBe(0);
  await client.edit(URI, at, at + "phi ~ gamma(th".length, "");
  expect(client.document(URI).getText()).toBe(TEXT);
});

it("an item of a document that is closed, or of nobody, stays as it is", async () => {
  for (const data of [{ uri: "file:///none.mpp", kind: "family", name: "normal" }, 3, undefined]) {
    const item = { label: "normal", data };
    expect(await client.rpc.sendRequest("completionItem/resolve", item)).toEqual(
      data === undefined ? { label: "normal" } : item,
    );
  }
});

it("without snippets the name alone is put in", async () => {
  const plain = await Client.start(main);
  await plain.open(URI, TEXT);
  const items = await plain.at<CompletionItem[]>("completion", URI, "half_cauchy");
  expect(items.find(({ label }) => label === "gamma")?.insertText).toBeUndefined();
  expect(await plain.stop()).toBe(0);
});
