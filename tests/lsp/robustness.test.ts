// What editors and networks do to a server: broken texts, malformed messages, huge files, rapid edits. It answers, and
// its log stays empty.
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Diagnostic, FoldingRange, Location } from "vscode-languageserver-protocol";
import { CancellationTokenSource } from "vscode-jsonrpc/node";
import { checkSource } from "../../src/compile.js";
import { tokenEnd, tokenize } from "../../src/lexer/lexer.js";
import { buildProgram, removeProgram } from "../cli/built.js";
import { ROOT } from "../support/javascript.js";
import { Client } from "./client.js";

const URI = "file:///models/m.mpp";
const RADON = readFileSync(join(ROOT, "examples", "radon", "radon.mpp"), "utf8");
const FUNCTIONS = `functions {
  /// Half as wide.
  distribution narrow(real m, real<lower=0> s) real {
    log_density(y) = normal_lpdf(y | m, s / 2);
    draw = m + s / 2 * std_normal();
  }
  function real twice(real x) { real d = 2 * x; return d; }
}
`;

let main: string;
let client: Client;
beforeAll(async () => {
  main = buildProgram();
  client = await Client.start(main);
});
afterAll(async () => {
  await client.stopInPeace();
  removeProgram(main);
});

/** Asks for everything at a place; a refusal to rename is an answer, any other error is not. */
async function askAll(uri: string, offset: number): Promise<void> {
  const start = client.document(uri).positionAt(offset);
  const range = { start, end: client.document(uri).positionAt(offset + 10) };
  const refusals = (problem: unknown): void => expect(String(problem)).toMatch(/name|mistakes|mean|stands|'/);
  await Promise.all([
    client.at("definition", uri, offset),
    client.at("references", uri, offset, { context: { includeDeclaration: true } }),
    client.at("documentHighlight", uri, offset),
    client.at("hover", uri, offset),
    client.at("prepareRename", uri, offset).catch(refusals),
    client.at("rename", uri, offset, { newName: "another" }).catch(refusals),
    client.of("codeAction", uri, { range, context: { diagnostics: [] } }),
    client.of("documentSymbol", uri),
    client.of("foldingRange", uri),
    client.of("semanticTokens/full", uri),
  ]);
}

describe("broken texts", () => {
  it("cut at every token", async () => {
    const text = FUNCTIONS + RADON;
    const { tokens } = tokenize({ path: "", text });
    expect(tokens.length).toBeGreaterThan(150);
    for (const [i, token] of tokens.entries()) {
      const end = tokenEnd(token);
      await client.open(URI, text.slice(0, end));
      await askAll(URI, i % 2 === 0 ? end : token.startOffset);
    }
  });

  it("with any piece taken out, doubled or misspelt", async () => {
    const text = FUNCTIONS + RADON;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.nat(30),
        fc.constantFrom("", "{", ")", "plate ", "~", "x", ";", '"', "/*", "🏫", "\r\n", "\0"),
        async (start, length, by) => {
          await client.open(URI, text.slice(0, start) + by + text.slice(start + length));
          await askAll(URI, start);
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it("of nothing, of blanks, and of no words at all", async () => {
    for (const text of ["", "\n", "   ", "}", "🏫", "// only a comment", "/*", "\uFEFFmodel { }", "\u0000"]) {
      await client.open(URI, text);
      await askAll(URI, text.length);
    }
  });
});

describe("positions", () => {
  it("are in UTF-16 units, and lines end as they do", async () => {
    const text =
      "data { real y; }\r\n/* 🏫🏫 */ model {\r\n  /* 🏫 */ a ~ normal(0, 1);\r\n  y ~ normal(a, 1);\r\n}\r\n";
    await client.open(URI, text);
    expect(await client.diagnostics(URI)).toEqual([]);
    const found = await client.at<Location>("definition", URI, "a, 1)");
    expect(found.range).toEqual({ start: { line: 2, character: 11 }, end: { line: 2, character: 12 } });
    expect(await client.of<FoldingRange[]>("foldingRange", URI)).toEqual([{ startLine: 1, endLine: 3 }]);
    const at = text.indexOf("(a");
    await client.edit(URI, at + 1, at + 2, "b");
    const [unknown] = await client.diagnostics(URI);
    expect(unknown?.range).toEqual({ start: { line: 3, character: 13 }, end: { line: 3, character: 14 } });
  });

  it("beyond the text are its end", async () => {
    await client.open(URI, "model { a ~ normal(0, 1); }");
    const textDocument = { uri: URI };
    for (const position of [
      { line: 99, character: 99 },
      { line: 0, character: 9999 },
    ])
      expect(await client.rpc.sendRequest("textDocument/definition", { textDocument, position })).toBeNull();
  });
});

describe("several documents", () => {
  it("are each their own, and closed ones are nothing", async () => {
    const [one, two] = ["file:///models/one.mpp", "untitled:two"];
    await client.open(one, "model { a ~ normal(0, b); }");
    await client.open(two, "model { b ~ normal(0, 1); c ~ normal(b, 1); }");
    expect((await client.diagnostics(one)).map((d) => d.code)).toContain("E0201");
    expect((await client.diagnostics(two)).map((d) => d.code)).not.toContain("E0201");
    expect((await client.at<Location>("definition", two, "b, 1")).uri).toBe(two);
    await client.rpc.sendNotification("textDocument/didClose", { textDocument: { uri: two } });
    expect(await client.of("documentSymbol", two)).toBeNull();
    expect(await client.of("documentSymbol", "file:///never/opened.mpp")).toBeNull();
    expect(await client.of("documentSymbol", one)).not.toBeNull();
  });

  it("of the standard library are libraries", async () => {
    const path = join(dirname(main), "..", "..", "stdlib", "log_normal.mpp");
    const uri = `file://${path}`;
    const text = readFileSync(path, "utf8");
    await client.open(uri, text);
    expect(await client.diagnostics(uri)).toEqual([]);
    await askAll(uri, text.indexOf("mu"));
    await client.open(uri, text.replace("sigma * inv_Phi", "sgma * inv_Phi"));
    expect((await client.diagnostics(uri)).map((d) => d.code)).toContain("E0201");
  });
});

/** A message without its hint. */
const textOf = (message: Diagnostic["message"]): string =>
  (typeof message === "string" ? message : message.value).split("\nhint: ")[0] ?? "";

describe("many edits", () => {
  it("leave the text as the client has it", async () => {
    await client.open(URI, RADON);
    let state = 7;
    const next = (below: number): number => (state = (state * 48271) % 2147483647) % below;
    const pieces = ["a", " ", ";", "\n", "normal(", ")", "}", "{", "🏫", "plate p", "\r\n", ""];
    for (let i = 0; i < 400; i++) {
      const { length } = client.document(URI).getText();
      const start = next(length + 1);
      await client.edit(URI, start, Math.min(length, start + next(4)), pieces[next(pieces.length)] ?? "");
    }
    const mixed = client.document(URI).getText();
    const here = await client.of("semanticTokens/full", URI);
    await client.open("file:///models/copy.mpp", mixed);
    const copy = await client.of("semanticTokens/full", "file:///models/copy.mpp");
    expect((here as { data: unknown }).data).toEqual((copy as { data: unknown }).data);
  });

  it("give the diagnostics of `mppc check` on the final text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.nat(), fc.nat(8), fc.constantFrom("", "a", ";", "{", "sigma", "(", "1.5 ", "\n")),
          {
            maxLength: 6,
          },
        ),
        async (edits) => {
          await client.open(URI, RADON);
          for (const [place, length, by] of edits) {
            const document = client.document(URI).getText();
            const start = place % (document.length + 1);
            await client.edit(URI, start, Math.min(document.length, start + length), by);
          }
          const text = client.document(URI).getText();
          const { checked, diagnostics } = checkSource({ path: "/models/m.mpp", text });
          const more = checked?.compile({ programs: ["bounds"] }).diagnostics ?? [];
          const place = (line: number, character: number): number =>
            client.document(URI).offsetAt({ line, character });
          const wanted = [...diagnostics, ...more].map((d) => `${d.code} ${d.span?.start ?? 0} ${d.message}`);
          const [last] = more;
          const published = await (last === undefined
            ? client.diagnostics(URI)
            : client.diagnosticsWith(URI, last.code));
          const found = published.map(
            ({ code, message, range: { start } }) =>
              `${code ?? ""} ${place(start.line, start.character)} ${textOf(message)}`,
          );
          expect(found.sort()).toEqual(wanted.sort());
        },
      ),
      { seed: 2, numRuns: 40 },
    );
  });

  it("cancel requests that are stale", async () => {
    await client.open(URI, RADON);
    const stale = Array.from({ length: 30 }, () => {
      const source = new CancellationTokenSource();
      const params = { textDocument: { uri: URI } };
      const answer = client.rpc.sendRequest("textDocument/semanticTokens/full", params, source.token);
      source.cancel();
      return answer.then(
        () => "answered",
        (problem: unknown) => (problem as { code: number }).code,
      );
    });
    const outcomes = await Promise.all(stale);
    expect(outcomes.filter((outcome) => outcome === -32800).length).toBeGreaterThan(20);
    expect(await client.of("foldingRange", URI)).not.toEqual([]);
  });
});

describe("huge files", () => {
  it("of 20,000 lines are answered about", async () => {
    const latents = Array.from({ length: 9_999 }, (_, i) => {
      const before = i === 0 ? "a" : `l${i - 1}`;
      return `  real l${i} = ${before} + 1;\n  b${i} ~ normal(a, 1); // and so on`;
    });
    await client.open(URI, `model {\n  a ~ normal(0, 1);\n${latents.join("\n")}\n}\n`);
    const found = await client.at<Location>("definition", URI, "l9997 + 1");
    expect(found.range.start.line).toBe(2 + 2 * 9_997);
    await client.open(URI, "model { a ~ normal(0, 1); }");
  });

  it("that are too long are left alone, and said to be", async () => {
    await client.open(URI, `// ${"x".repeat(2_000_001)}\nmodel { a ~ normal(0, 1); }`);
    expect(await client.diagnostics(URI)).toMatchObject([{ severity: 3, message: /longer than 2000000/ }]);
    expect(await client.of("documentSymbol", URI)).toBeNull();
    await client.open(URI, "model { a ~ normal(0, 1); }");
    expect(await client.of("documentSymbol", URI)).toHaveLength(1);
  });
});
