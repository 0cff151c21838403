// What the server answers about realistic texts, as a client asks over stdio.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  CodeAction,
  DocumentDiagnosticReport,
  DocumentHighlight,
  DocumentSymbol,
  FoldingRange,
  InitializeResult,
  Location,
  Range,
  SemanticTokens,
  SemanticTokensDelta,
  SymbolInformation,
  TextEdit,
  WorkspaceEdit,
} from "vscode-languageserver-protocol";
import { TextDocument } from "vscode-languageserver-textdocument";
import { buildProgram, removeProgram } from "../cli/built.js";
import { Client } from "./client.js";

const URI = "file:///models/m.mpp";
const TEXT = `data {
  plate schools; // 🏫 in UTF-16 two units: 🏫🏫 schools
  real y[schools];
}
model {
  mu ~ normal(0, 5);
  plate schools {
    theta ~ normal(mu, 1); /* 🏫 */ y ~ normal(theta + mu, 1);
  }
}
`;

let main: string;
let client: Client;
let server: InitializeResult;
beforeAll(async () => {
  main = buildProgram();
  client = Client.spawn(main);
  server = await client.initialize();
  await client.open(URI, TEXT);
});
afterAll(async () => {
  await client.stopInPeace();
  removeProgram(main);
});

const textAt = ({ start, end }: Range): string => {
  const document = client.document(URI);
  return `${start.line + 1}: ${document.getText().slice(document.offsetAt(start), document.offsetAt(end))}`;
};

it("definition: where a name of the text is declared", async () => {
  const found = await client.at<Location>("definition", URI, "theta + mu");
  expect([found.uri, textAt(found.range)]).toEqual([URI, "8: theta"]);
  const after = await client.at<Location>("definition", URI, TEXT.indexOf("mu, 1); /") + 2);
  expect(textAt(after.range)).toBe("6: mu");
  expect(textAt((await client.at<Location>("definition", URI, "schools {")).range)).toBe("2: schools");
});

it("definition: into the standard library, and of nothing", async () => {
  const found = await client.at<Location>("definition", URI, "normal");
  expect(found.uri).toMatch(/^file:\/\/.*\/stdlib\/normal\.mpp$/);
  expect(found.range.end.character - found.range.start.character).toBe("normal".length);
  expect(await client.at("definition", URI, "// 🏫")).toBeNull();
});

it("references and highlights: every place of a name", async () => {
  const context = { includeDeclaration: true };
  const found = await client.at<Location[]>("references", URI, "mu ~", { context });
  expect(found.map(({ range }) => textAt(range))).toEqual(["6: mu", "8: mu", "8: mu"]);
  const uses = await client.at<Location[]>("references", URI, "mu ~", {
    context: { includeDeclaration: false },
  });
  expect(uses).toHaveLength(2);
  const highlights = await client.at<DocumentHighlight[]>("documentHighlight", URI, "schools {");
  expect(highlights.map(({ range, kind }) => [textAt(range), kind])).toEqual([
    ["2: schools", 3],
    ["3: schools", 2],
    ["7: schools", 2],
  ]);
});

/** The text after an edit of the workspace. */
function applied(uri: string, edit: WorkspaceEdit | undefined): string {
  return TextDocument.applyEdits(client.document(uri), [...(edit?.changes?.[uri] ?? [])] as TextEdit[]);
}

describe("diagnostics", () => {
  const BAD = "file:///models/bad.mpp";

  it("are published with their places, hints, related places and a link to their description", async () => {
    const text =
      "data { real y; }\nmodel {\n  a ~ normal(0, 1);\n  a ~ normal(b, 1);\n  y ~ normal(a, 1);\n}\n";
    await client.open(BAD, text);
    const [twice, unknown, ...others] = await client.diagnostics(BAD);
    expect(others).toEqual([]);
    expect(twice).toMatchObject({
      code: "E0208",
      severity: 1,
      source: "mppc",
      range: { start: { line: 3, character: 2 }, end: { line: 3, character: 3 } },
      relatedInformation: [
        {
          location: { uri: BAD, range: { start: { line: 2, character: 2 } } },
          message: "its first '~' is here",
        },
      ],
    });
    expect(twice?.message).toMatch(/^the latent 'a' has two '~' statements.*\nhint: remove one of them/);
    expect(unknown).toMatchObject({ code: "E0201", range: { start: { line: 3, character: 13 } } });
    await client.open(BAD, text.replace("  a ~ normal(b, 1);\n", "").replace("real y;", "real y; real z;"));
    expect(await client.diagnostics(BAD)).toMatchObject([{ code: "W0201", severity: 2, tags: [1] }]);
  });

  it("that only an order of summing shows come when that was looked for", async () => {
    const plates = "plate p; plate q; real y[p, q];";
    const latents = "plate p { a ~ normal(0, 1); } plate q { b ~ normal(0, 1); }";
    await client.open(
      BAD,
      `data { ${plates} }\nmodel { ${latents} plate p { plate q { y ~ normal(a + b, 1); } } }`,
    );
    expect(await client.diagnosticsWith(BAD, "E0901")).toMatchObject([{ code: "E0901" }]);
  });

  it("are given to clients that ask for them, and not published", async () => {
    const asking = await Client.start(main, { textDocument: { diagnostic: {} } });
    await asking.open(BAD, "model { a ~ nomal(0, 1); }");
    const report = await asking.of<DocumentDiagnosticReport>("diagnostic", BAD);
    expect(report).toMatchObject({ kind: "full" });
    expect(report.kind === "full" && report.items.map((d) => d.code)).toEqual(["E0203"]);
    expect(await asking.stop()).toBe(0);
    expect([asking.publishedUris(), asking.log]).toEqual([[], []]);
  });
});

describe("quick fixes", () => {
  const FIX = "file:///models/fix.mpp";
  /** The titles of the fixes where a text stands, and the text after each of them. */
  async function fixes(text: string, at: string): Promise<readonly (readonly [string, string])[]> {
    await client.open(FIX, text);
    const start = client.document(FIX).positionAt(text.indexOf(at));
    const actions = await client.of<CodeAction[]>("codeAction", FIX, {
      range: { start, end: start },
      context: { diagnostics: [] },
    });
    for (const action of actions) expect(action.kind).toBe("quickfix");
    return actions.map(({ title, edit }) => [title, applied(FIX, edit)]);
  }
  const model = (body: string): string => `data {\n  plate p;\n  real y[p];\n}\nmodel {\n${body}\n}\n`;

  it("what was meant, or data where nothing is near", async () => {
    const text = model("  mean ~ normal(0, 1);\n  plate p { y ~ normal(maen + zz, 1); }");
    const [near, declare] = await fixes(text, "maen");
    expect(near).toEqual(["Change to 'mean'", text.replace("maen", "mean")]);
    expect(declare?.[0]).toBe("Declare 'real maen[p]' in the data block");
    expect(await fixes(text, "zz")).toEqual([
      ["Declare 'real zz[p]' in the data block", text.replace("y[p];\n}", "y[p];\n  real zz[p];\n}")],
    ]);
  });

  it("a plate, a size and an index that are not declared", async () => {
    const text =
      "data { vector[Dim] v; real y[q]; }\nmodel { a ~ normal(v[i], 1); plate q { y ~ normal(a, 1); } }";
    expect(await fixes(text, "Dim]")).toEqual([
      ["Declare 'int<lower=1> Dim' in the data block", text.replace("data {", "data { int<lower=1> Dim;")],
    ]);
    expect(await fixes(text, "q]")).toEqual([
      ["Declare 'plate q' in the data block", text.replace("data {", "data { plate q;")],
    ]);
    expect(await fixes(text, "i]")).toEqual([
      ["Declare 'int<lower=1> i' in the data block", text.replace("y[q]; }", "y[q]; int<lower=1> i; }")],
    ]);
    expect(await fixes("model { a ~ normal(m, 1); }", "m,")).toEqual([
      ["Declare 'real m' in the data block", "data {\n  real m;\n}\nmodel { a ~ normal(m, 1); }"],
    ]);
  });

  it("a semicolon, a bracket, and data that is not used", async () => {
    const missing = model("  mean ~ normal(0, 1)\n  plate p { y ~ normal(mean, 1); }");
    expect(await fixes(missing, "\n  plate p {")).toEqual([["Insert ';'", missing.replace("1)\n", "1);\n")]]);
    const open = model("  mean ~ normal(exp(0, 1);\n  plate p { y ~ normal(mean, 1); }");
    expect((await fixes(open, "(exp")).map(([, text]) => text)).toEqual([open.replace("1);\n", "1));\n")]);
    const unused = model("  a ~ normal(0, 1);\n  plate p { y ~ normal(a, 1); }").replace(
      "  real",
      "  real z;\n  real",
    );
    expect(await fixes(unused, "z;")).toEqual([
      ["Remove the declaration of 'z'", unused.replace("  real z;\n", "")],
    ]);
  });
});

describe("rename", () => {
  const NAMES = "file:///models/names.mpp";
  const text = `functions {
  distribution mine(real m) real { log_density(y) = -square(y - m); draw = m; }
}
data { plate t ordered; real o[t]; }
model {
  plate t {
    x ~ mine(prev(x, 0)); // x is no name here
    o ~ normal(x + mine_lpdf(o | 1), 1);
  }
}
guide { plate t { x ~ normal(learn(0), 1); } }
`;
  const to = (at: string, newName: string): Promise<WorkspaceEdit> =>
    client.at<WorkspaceEdit>("rename", NAMES, at, { newName });
  beforeAll(() => client.open(NAMES, text));

  it("changes every place of a name, and no other", async () => {
    expect(applied(NAMES, await to("x ~", "state"))).toBe(
      text
        .replace("x ~ mine(prev(x", "state ~ mine(prev(state")
        .replace("(x +", "(state +")
        .replace("{ x ~ normal", "{ state ~ normal"),
    );
    expect(applied(NAMES, await to("mine_lpdf", "yours"))).toBe(text.replaceAll("mine", "yours"));
    expect(applied(NAMES, await to("m) real", "centre"))).toBe(
      text
        .replace("real m)", "real centre)")
        .replace("- m)", "- centre)")
        .replace("draw = m", "draw = centre"),
    );
    expect(await client.at("prepareRename", NAMES, "mine_lpdf")).toMatchObject({ placeholder: "mine" });
    expect(await client.at("prepareRename", NAMES, "// x is")).toBeNull();
  });

  it("refuses what would not be the same model, and says why", async () => {
    await expect(to("normal", "gauss")).rejects.toThrow("'normal' belongs to the standard library");
    await expect(to("square", "sq")).rejects.toThrow("'square' belongs to the language");
    await expect(client.at("prepareRename", NAMES, "normal")).rejects.toThrow("cannot be renamed");
    await expect(to("x ~", "1x")).rejects.toThrow("'1x' is not a name");
    await expect(to("x ~", "plate")).rejects.toThrow("'plate' is a word of the language");
    await expect(to("x ~", "o")).rejects.toThrow("'o' is already declared in line 4");
    await expect(to("x ~", "t")).rejects.toThrow("'t' is already declared in line 4");
    await expect(to("mine(", "normal")).rejects.toThrow("the library already has a distribution");
    const broken = text.replace("normal(x +", "normal(x + ,");
    await client.open(NAMES, broken);
    await expect(to("x ~", "state")).rejects.toThrow("what 'x' stands for in line 8 is not known");
    await client.open(NAMES, text);
  });
});

describe("the outline", () => {
  it("is a tree of blocks, plates and what stands in them", async () => {
    type Shown = readonly [string, string, ...unknown[]];
    const show = ({ name, detail = "", children = [] }: DocumentSymbol): Shown => [
      name,
      detail,
      ...children.map(show),
    ];
    const symbols = await client.of<DocumentSymbol[]>("documentSymbol", URI);
    expect(symbols.map(show)).toEqual([
      ["data", "", ["schools", "plate"], ["y", "real"]],
      [
        "model",
        "",
        ["mu", "~ normal(0, 5)"],
        ["schools", "plate", ["theta", "~ normal(mu, 1)"], ["y", "~ normal(theta + mu, 1)"]],
      ],
    ]);
    const inside = ({ range, selectionRange, children = [] }: DocumentSymbol): boolean => {
      const at = (r: Range): [number, number] => [
        client.document(URI).offsetAt(r.start),
        client.document(URI).offsetAt(r.end),
      ];
      const [[start, end], [from, to]] = [at(range), at(selectionRange)];
      return start <= from && to <= end && children.every(inside);
    };
    expect(symbols.every(inside)).toBe(true);
  });

  it("is a list for clients without trees", async () => {
    const plain = await Client.start(main, {});
    await plain.open(URI, TEXT);
    const list = await plain.of<SymbolInformation[]>("documentSymbol", URI);
    expect(list.map(({ name, containerName }) => `${containerName ?? ""}/${name}`)).toEqual([
      "/data",
      "data/schools",
      "data/y",
      "/model",
      "model/mu",
      "model/schools",
      "schools/theta",
      "schools/y",
    ]);
    await plain.stop();
  });
});

it("folding: blocks, plates and comments of several lines", async () => {
  const uri = "file:///models/fold.mpp";
  await client.open(
    uri,
    "// a\n// b\ndata {\n  real y; // c\n  // d\n}\n/* e\n f */\nmodel { a ~ normal(0, 1); {\n y ~ normal(a, 1);\n",
  );
  expect(await client.of<FoldingRange[]>("foldingRange", uri)).toEqual([
    { startLine: 2, endLine: 4 },
    { startLine: 8, endLine: 9 },
    { startLine: 8, endLine: 9 },
    { startLine: 0, endLine: 1, kind: "comment" },
    { startLine: 6, endLine: 7, kind: "comment" },
  ]);
});

describe("semantic tokens", () => {
  const uri = "file:///models/tokens.mpp";
  const text = "data { plate p; real y[p]; }\nmodel { a ~ normal(0, 1); plate p { y ~ normal(exp(a), 1); } }";

  /** Each token's text, with its type and modifiers. */
  function read(data: readonly number[], of: string): readonly string[] {
    const provider = server.capabilities.semanticTokensProvider;
    if (provider === undefined) throw new Error("no semantic tokens");
    const { tokenTypes, tokenModifiers } = provider.legend;
    const document = TextDocument.create(uri, "mpp", 1, of);
    let [line, character] = [0, 0];
    return Array.from({ length: data.length / 5 }, (_, i) => {
      const [down = 0, right = 0, length = 0, type = 0, bits = 0] = data.slice(5 * i, 5 * i + 5);
      [line, character] = [line + down, down === 0 ? character + right : right];
      const start = document.offsetAt({ line, character });
      const modifiers = tokenModifiers.filter((_, bit) => (bits & (1 << bit)) !== 0);
      return [of.slice(start, start + length), tokenTypes[type], ...modifiers].join(" ");
    });
  }

  it("say what each name is", async () => {
    await client.open(uri, text);
    const { data } = await client.of<SemanticTokens>("semanticTokens/full", uri);
    expect(read(data, text)).toEqual([
      "data keyword", "plate keyword", "p namespace declaration", "real type", "y property declaration readonly",
      "p namespace", "model keyword", "a variable declaration", "~ operator", "normal class defaultLibrary",
      "0 number", "1 number", "plate keyword", "p namespace", "y property readonly", "~ operator",
      "normal class defaultLibrary", "exp function defaultLibrary", "a variable", "1 number",
    ]); // prettier-ignore
  });

  it("come as the difference from the last answer, and for a part of the text", async () => {
    const before = await client.of<SemanticTokens>("semanticTokens/full", uri);
    const at = text.indexOf("0, 1");
    await client.edit(uri, at, at + 1, "y + 3");
    const now = client.document(uri).getText();
    const { resultId, edits } = await client.of<SemanticTokensDelta>("semanticTokens/full/delta", uri, {
      previousResultId: before.resultId,
    });
    const data = [...before.data];
    for (const { start, deleteCount, data: added = [] } of edits) data.splice(start, deleteCount, ...added);
    const whole = await client.of<SemanticTokens>("semanticTokens/full", uri);
    expect(data).toEqual(whole.data);
    expect(edits[0]?.data?.length).toBeLessThan(whole.data.length / 2);
    expect(resultId).not.toBe(before.resultId);
    const unknown = await client.of<SemanticTokens>("semanticTokens/full/delta", uri, {
      previousResultId: "x",
    });
    expect(unknown.data).toEqual(whole.data);
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 15 } };
    const part = await client.of<SemanticTokens>("semanticTokens/range", uri, { range });
    expect(read(part.data, now)).toEqual(read(whole.data, now).slice(0, 3));
  });
});
