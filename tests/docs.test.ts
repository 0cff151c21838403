// The documentation: samples that the compiler reads, outputs that it gives, reference pages made from the sources.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";
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

/** The sample after this one on its page, if that is an output. */
function outputOf(sample: Sample): string | null {
  const next = samples[samples.findIndex((s) => s.page === sample.page && s.line === sample.line) + 1];
  return next?.page === sample.page && next.info === "text" ? next.text : null;
}

describe("a wrong model gives its codes, and the output below it", () => {
  const wrong = named(models.filter(({ info }) => /^mpp( [EW]\d{4})+$/.test(info)));
  it("is there", () => expect(wrong.length).toBeGreaterThan(0));
  it.each(wrong)("$name", (sample) => {
    const output = outputOf(sample);
    const path = /--> (\S+?):\d/.exec(output ?? "")?.[1] ?? "";
    const { diagnostics: found } = checkSource({ path, text: sample.text });
    expect(found.map((d) => d.code).sort()).toEqual(sample.info.split(" ").slice(1).sort());
    expect(output).toBe(`${renderDiagnostics(found)}\n`);
  });
});

describe("a command that needs no device gives the output below it", () => {
  const isRepeatable = ({ text }: Sample): boolean =>
    /^npx mppc (check|explain|compile|estimate) [^\n]*\n$/.test(text) && !/ -o /.test(text);
  const commands = named(samples.filter((sample) => sample.info === "sh" && isRepeatable(sample)));

  it("is there", () => expect(commands.length).toBeGreaterThan(5));
  it.each(commands)("$name", async (sample) => {
    const args = sample.text.trim().split(/\s+/).slice(2);
    const { code, out } = await runCaught(args);
    expect(code).toBe(0);
    expect(missing(outputOf(sample) ?? "", out)).toEqual([]);
  });

  /** Numbers that only count nodes and locals change with everything; they are not compared. */
  const plain = (line: string): string =>
    line
      .trimEnd()
      .replace(/%\d+/g, "%")
      .replace(/\bk\d+_/g, "k_")
      .replace(/_\d+\b/g, "_");

  /**
   * Runs of lines of `shown` that `output` does not have, in this order. A line `...` stands for any lines, and `...` at
   * the end of a line for its rest.
   */
  function missing(shown: string, output: string): readonly string[] {
    const lines = output.trimEnd().split("\n").map(plain);
    const runs = shown
      .trimEnd()
      .split(/^[ ]*\.\.\.$/m)
      .map((run) => run.split("\n").filter((line) => line !== ""));
    let from = 0;
    return runs.flatMap((run) => {
      const matches = (line: string, i: number): boolean => {
        const found = lines.filter((l) => l !== "")[i] ?? "";
        const wanted = plain(line);
        return wanted.endsWith("...") ? found.startsWith(wanted.slice(0, -3)) : found === wanted;
      };
      const starts = lines.map((_, i) => i).slice(from);
      const start = starts.find((i) => run.every((line, j) => matches(line, i + j)));
      if (start === undefined) return [run.join("\n")];
      from = start + run.length;
      return [];
    });
  }
});

it("has no sample of another kind", () => {
  const known = /^(mpp( in \w+|( [EW]\d{4})+)?|text|json|sh)$/;
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
