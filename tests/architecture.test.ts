// The shape of the source: who imports whom, where names and codes may stand, how long a file may be.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

const listFiles = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .sort();
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

const SOURCES: ReadonlyMap<string, string> = new Map(
  listFiles("src", ".ts").map((file) => [file, read(file)]),
);

type Import = {
  readonly from: string;
  readonly to: string;
  /** Types are gone at run time; dynamic imports wait until they are called. */
  readonly kind: "value" | "type" | "dynamic";
};

/** Every import and re-export, static or dynamic, with relative ones resolved to files of `src`. */
const IMPORTS: readonly Import[] = [...SOURCES].flatMap(([from, text]) => {
  const resolve = (to: string): string =>
    to.startsWith(".") ? normalize(join(dirname(from), to)).replace(/\.js$/, ".ts") : to;
  const statics = text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s)?"([^"]+)"/gm);
  const dynamics = text.matchAll(/\bimport\("([^"]+)"\)/g);
  return [
    ...[...statics].map(([, type, to = ""]): Import => {
      return { from, to: resolve(to), kind: type === undefined ? "value" : "type" };
    }),
    ...[...dynamics].map(([, to = ""]): Import => ({ from, to: resolve(to), kind: "dynamic" })),
  ];
});
const INTERNAL = IMPORTS.filter(({ to }) => to.startsWith("src/"));

/**
 * The stages from the bottom up. A folder imports only from rows above its own, and not from its row's others. Files
 * that stand in `src` itself are named one by one: the shared vocabulary, and what is composed of the stages.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["source.ts", "diagnostic.ts", "ops.ts", "elementary.ts", "optimisations.ts", "version.ts", "amounts.ts"],
  ["lexer"],
  ["parser"],
  ["format"],
  ["typecheck"],
  ["stdlib.ts", "ir"],
  ["compiled.ts"],
  ["codegen-js", "codegen-wgsl"],
  ["compile-portions.ts", "compile-simulation.ts"],
  ["compile.ts"],
  ["lsp"],
  ["runtime"],
  ["inference"],
  ["results"],
  ["report"],
  ["batch"],
  ["cli"],
];
/** The vocabulary's files build on each other, in this order. */
const VOCABULARY: readonly string[] = LAYERS[0] ?? [];

/** `src/ir/lower/x.ts` is in "ir"; `src/compile.ts` in "compile.ts". */
const partOf = (file: string): string => file.split("/")[1] ?? "";
const layerOf = (file: string): number => LAYERS.findIndex((layer) => layer.includes(partOf(file)));

function isAllowed({ from, to, kind }: Import): boolean {
  if (partOf(from) === partOf(to)) return true;
  if (layerOf(from) === 0 && layerOf(to) === 0)
    return VOCABULARY.indexOf(partOf(to)) < VOCABULARY.indexOf(partOf(from));
  // The compiled model names its programs, and the lowering makes them by those names.
  if (partOf(from) === "ir" && to === "src/compiled.ts") return kind === "type";
  return layerOf(to) < layerOf(from);
}
const show = ({ from, to }: Import): string => `${from} imports ${to}`;

describe("imports", () => {
  it("are found, and name files that exist", () => {
    expect(SOURCES.size).toBeGreaterThan(100);
    expect(INTERNAL.length).toBeGreaterThan(SOURCES.size);
    expect(INTERNAL.filter(({ to }) => !existsSync(join(ROOT, to))).map(show)).toEqual([]);
  });

  it("are of parts that have a layer", () => {
    expect([...SOURCES.keys()].filter((file) => layerOf(file) < 0)).toEqual([]);
  });

  it("go one way only", () => {
    expect(INTERNAL.filter((i) => !isAllowed(i)).map(show)).toEqual([]);
  });

  it("have no cycle between files", () => {
    const needed = INTERNAL.filter(({ kind }) => kind === "value");
    expect(cycles(needed)).toEqual([]);
  });

  it("of npm 'webgpu' stand in the runtime alone", () => {
    const users = IMPORTS.filter(({ to }) => to === "webgpu").map(({ from }) => from);
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter((file) => partOf(file) !== "runtime")).toEqual([]);
  });
});

/** A path for each way back to where it came from, as "a -> b -> a". */
function cycles(imports: readonly Import[]): readonly string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const before = path.indexOf(file);
    if (before >= 0) found.push([...path.slice(before), file].join(" -> "));
    if (before >= 0 || finished.has(file)) return;
    for (const to of targets.get(file) ?? []) visit(to, [...path, file]);
    finished.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}

describe("names", () => {
  /** Files of the library that hold distributions: `stdlib/normal.mpp` and its like. */
  const distributions = listFiles("stdlib", ".mpp").flatMap((file) =>
    [...read(file).matchAll(/^distribution (\w+)/gm)].map(([, name = ""]) => name),
  );
  const words = (text: string): readonly string[] =>
    [...text.matchAll(/"([^"\n]*)"|'([^'\n]*)'/g)].map(([, a, b]) => a ?? b ?? "");
  /** Texts for people: messages and hints may give an example, code may not depend on one. */
  const isMessages = (file: string): boolean => /(^|\/)errors(\/|\.ts$)/.test(file);

  /** Names of other things that are words of their own. */
  const OTHERS = [
    "src/ir/lower/guide.ts: categorical", // a coupling of particles
    "src/typecheck/guide.ts: multi_normal", // the family of a group
  ];
  it("of distributions are unknown to the type checker and the IR", () => {
    expect(distributions).toContain("normal");
    const stages = new Set(["typecheck", "ir", "compile.ts"]);
    const found = [...SOURCES].flatMap(([file, text]) =>
      stages.has(partOf(file)) && !isMessages(file)
        ? words(text).flatMap((word) => (distributions.includes(word) ? [`${file}: ${word}`] : []))
        : [],
    );
    expect(found.filter((each) => !OTHERS.includes(each))).toEqual([]);
  });

  it("say what a file holds: there is no 'utils'", () => {
    const vague = /(^|\/)(utils?|helpers?|misc|common)(\.|\/)/;
    expect([...SOURCES.keys(), ...listFiles("tests", ".ts")].filter((file) => vague.test(file))).toEqual([]);
  });
});

describe("files", () => {
  const LONGEST = 400;
  it(`have at most ${LONGEST} lines`, () => {
    const long = [...SOURCES].flatMap(([file, text]) => {
      const lines = text.trimEnd().split("\n").length;
      return lines > LONGEST ? [`${file}: ${lines}`] : [];
    });
    expect(long).toEqual([]);
  });

  it("open with a sentence on what they own", () => {
    expect(
      [...SOURCES].filter(([, text]) => !/^(#![^\n]*\n)?\/\/ [A-Z`"'.]/.test(text)).map(([file]) => file),
    ).toEqual([]);
  });

  it("do not switch the linter or the type checker off", () => {
    const switches = /eslint-disable|@ts-ignore|@ts-nocheck|@ts-expect-error/;
    expect([...SOURCES].filter(([, text]) => switches.test(text)).map(([file]) => file)).toEqual([]);
  });
});

describe("codes of diagnostics", () => {
  /** Where a diagnostic is made; places that only hand a code on to `tooMany` or list codes in a type do not count. */
  const MADE = /(?:code:|\b(?:error|warning|notYet|DeviceError)\()\s*"([EWN]\d{4})"(?!\s*\|)/g;
  const filesByCode = new Map<string, Set<string>>();
  for (const [file, text] of SOURCES)
    for (const [, code = ""] of text.matchAll(MADE))
      filesByCode.set(code, (filesByCode.get(code) ?? new Set<string>()).add(file));

  it("each stand in one file only", () => {
    expect(filesByCode.size).toBeGreaterThan(200);
    const shared = [...filesByCode].filter(([, files]) => files.size > 1);
    expect(shared.map(([code, files]) => `${code}: ${[...files].join(", ")}`)).toEqual([]);
  });
});
