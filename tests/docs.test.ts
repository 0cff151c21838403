// The documentation: samples that the compiler reads, outputs that it gives, reference pages made from the sources.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { readSpecification } from "../src/batch/spec.js";
import { checkSource } from "../src/compile.js";
import { renderDiagnostics } from "../src/diagnostic.js";
import { parseModel } from "../src/parser/parse.js";
import { readLibrary } from "../src/stdlib.js";
import { runCaught } from "./cli/terminal.js";
import { distributionsPage } from "./docs/distributions.js";
import { functionsPage } from "./docs/functions.js";
import { diagnostics, messagesPage } from "./docs/messages.js";

const ROOT = join(import.meta.dirname, "..");
const pages = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(join(ROOT, "docs"), { encoding: "utf8" }).map((file) => join("docs", file)),
  ...readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" }).map((file) =>
    join("examples", file),
  ),
].filter((file) => file.endsWith(".md"));

type Sample = {
  readonly page: string;
  readonly line: number;
  /** What follows the opening fence: `mpp`, `mpp in model`, `mpp E0312`, `text`. */
  readonly info: string;
  readonly text: string;
};

const samples: readonly Sample[] = pages.flatMap((file) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    page: file,
    line: text.slice(0, match.index).split("\n").length,
    info: match[1] ?? "",
    text: match[2] ?? "",
  }));
});
const named = (of: readonly Sample[]): (Sample & { name: string })[] =>
  of.map((sample) => ({ ...sample, name: `${sample.page}:${sample.line}` }));
/** A model that has these mistakes: `mpp E0312`. */
const WRONG = /^mpp( [EW]\d{4})+$/;
const models = samples.filter(({ info }) => /^mpp\b/.test(info));

describe("a whole model of the documentation has no errors and warnings", () => {
  it.each(named(models.filter(({ info }) => info === "mpp")))("$name", ({ name, text }) => {
    expect(renderDiagnostics(checkSource({ path: name, text }).diagnostics)).toBe("");
  });
});

describe("a part of a model parses in its block", () => {
  /** What makes a block a file that parses. */
  const wrap: Readonly<Record<string, (text: string) => string>> = {
    functions: (text) => `functions {\n${text}}\nmodel { x ~ normal(0, 1); }`,
    data: (text) => `data {\n${text}}\nmodel { x ~ normal(0, 1); }`,
    model: (text) => `model {\n${text}}`,
    guide: (text) => `model { x ~ normal(0, 1); }\nguide {\n${text}}`,
    generated: (text) => `model { x ~ normal(0, 1); }\ngenerated {\n${text}}`,
  };
  it.each(named(models.filter(({ info }) => info.startsWith("mpp in "))))("$name", ({ name, info, text }) => {
    const whole = wrap[info.replace("mpp in ", "")];
    if (whole === undefined) throw new Error(`${name}: there is no block for '${info}'`);
    expect(renderDiagnostics(parseModel({ path: name, text: whole(text) }).diagnostics)).toBe("");
  });
});

describe("a wrong model gives its codes", () => {
  const wrong = named(models.filter(({ info }) => WRONG.test(info)));
  it("is there", () => expect(wrong.length).toBeGreaterThan(0));
  it.each(wrong)("$name", ({ name, info, text }) => {
    const { diagnostics: found } = checkSource({ path: name, text });
    expect(found.map((d) => d.code).sort()).toEqual(info.split(" ").slice(1).sort());
  });
});

describe("outputs are what the program prints", () => {
  /** A command that gives the same everywhere, perhaps with a filter behind it, or a wrong model; then its output. */
  const SHOWN = /^```(sh|mpp(?: [EW]\d{4})+)\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```$/gm;
  const COMMAND = /^npx mppc ((?:check|explain|compile|estimate) [^|\n]*?)(?: \| ([^\n]*))?\n$/;

  async function printed(info: string, text: string, shown: string): Promise<string> {
    if (info !== "sh") {
      const path = /--> (\S+?):\d/.exec(shown)?.[1] ?? "model.mpp";
      return renderDiagnostics(checkSource({ path, text }).diagnostics);
    }
    const [, args, filter] = COMMAND.exec(text) ?? [];
    if (args === undefined) return shown;
    const { code, out, err } = await runCaught(args.split(/\s+/));
    expect(code, err).toBe(0);
    return filter === undefined ? out : execFileSync("sh", ["-c", filter], { input: out, encoding: "utf8" });
  }

  it.each(pages)("%s", async (file) => {
    const path = join(ROOT, file);
    let whole = readFileSync(path, "utf8");
    for (const [sample, info = "", text = "", shown = ""] of whole.matchAll(SHOWN)) {
      const output = (await printed(info, text, shown)).trimEnd();
      const fence = sample.slice(0, sample.length - shown.length - "```".length);
      whole = whole.replace(sample, () => `${fence}${output}\n\`\`\``);
    }
    await expect(whole).toMatchFileSnapshot(path);
  });
});

describe("a batch's specification is read without complaint", () => {
  it.each(named(samples.filter(({ info }) => info === "yaml")))("$name", ({ name, text }) => {
    const { blocks, diagnostics: found } = readSpecification({ path: name, text });
    expect(renderDiagnostics(found)).toBe("");
    expect(blocks.length).toBeGreaterThan(0);
  });
});

it("has no sample of another kind", () => {
  const known = /^(mpp( in \w+|( [EW]\d{4})+)?|text|json|sh|yaml|lua|lisp|toml|python|r|sql)$/;
  expect(
    named(samples.filter(({ info }) => !known.test(info))).map(({ name, info }) => `${name}: ${info}`),
  ).toEqual([]);
  expect(models.length).toBeGreaterThan(5);
});

describe("links", () => {
  it.each(pages)("of %s lead to files and headings that exist", (file) => {
    const text = readFileSync(join(ROOT, file), "utf8").replace(/^```[\s\S]*?^```$/gm, "");
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
      if (/^https?:/.test(link)) return [];
      const [path = "", heading] = link.split("#");
      const target = path === "" ? file : normalize(join(dirname(file), path));
      if (relative(ROOT, join(ROOT, target)).startsWith("..") || !existsSync(join(ROOT, target)))
        return [link];
      return heading === undefined || headings(target).includes(heading) ? [] : [link];
    });
    expect(broken).toEqual([]);
  });

  /** Anchors of a page's headings, as GitHub makes them. */
  function headings(target: string): readonly string[] {
    const text = readFileSync(join(ROOT, target), "utf8").replace(/^```[\s\S]*?^```$/gm, "");
    return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );
  }
});

describe("reference pages are as the sources say", () => {
  const docs = (name: string): string => join(ROOT, "docs", name);
  it("distributions", () =>
    expect(distributionsPage(readLibrary())).toMatchFileSnapshot(docs("distributions.md")));
  it("functions", () => expect(functionsPage(readLibrary())).toMatchFileSnapshot(docs("functions.md")));
  it("errors", () => expect(messagesPage()).toMatchFileSnapshot(docs("errors.md")));

  it("and what is not yet supported is in the language's page", () => {
    const manual = readFileSync(docs("language.md"), "utf8");
    const notYet = diagnostics().made.filter(
      ({ code, message }) => code.startsWith("E") && /\byet\b/.test(message),
    );
    expect(notYet.length).toBeGreaterThan(10);
    expect(notYet.filter(({ code }) => !manual.includes(`\`${code}\``))).toEqual([]);
  });

  it("and every code has a message there", () => {
    const { codes, made } = diagnostics();
    const said = new Set(made.filter(({ message }) => /[a-z]/.test(message)).map((m) => m.code));
    expect(codes.size).toBeGreaterThan(200);
    expect([...codes].filter((c) => !said.has(c))).toEqual([]);
  });
});
