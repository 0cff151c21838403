// From names to declarations and back, as a client asks over stdio.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DocumentHighlight, Location, Range } from "vscode-languageserver-protocol";
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
beforeAll(async () => {
  main = buildProgram();
  client = await Client.start(main);
  await client.open(URI, TEXT);
});
afterAll(async () => {
  expect(await client.stop()).toBe(0);
  expect(client.log).toEqual([]);
  expect(client.stderr).toBe("");
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
