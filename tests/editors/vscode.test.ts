// The extension of Visual Studio Code: its colours, what it is packaged of, and how it finds and calls mppc.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runProgram } from "../../editors/vscode/src/process.js";
import {
  checkArguments,
  dataBeside,
  findProgram,
  reportArguments,
  reportIn,
  runArguments,
  shown,
} from "../../editors/vscode/src/program.js";
import { VERSION } from "../../src/version.js";
import { ROOT } from "../support/javascript.js";
import { runCaughtIn } from "../cli/terminal.js";

const EXTENSION = join(ROOT, "editors", "vscode");
const folder = mkdtempSync(join(tmpdir(), "mppc-vscode-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bin = (name: string): string => join(ROOT, "node_modules", ".bin", name);

type Manifest = {
  readonly version: string;
  readonly main: string;
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
  };
};
const manifest = JSON.parse(readFileSync(join(EXTENSION, "package.json"), "utf8")) as Manifest;

describe("colours", () => {
  const grammar = join(EXTENSION, "syntaxes", "mpp.tmLanguage.json");

  it("are as the cases assert", () => {
    const tests = join(EXTENSION, "tests", "*.test.mpp");
    const out = execFileSync(bin("vscode-tmgrammar-test"), ["-g", grammar, tests], { encoding: "utf8" });
    expect(out).toContain("statements.test.mpp");
    expect(out).toContain("library.test.mpp");
  });

  it("of whole models are as they were", () => {
    const models = readdirSync(join(EXTENSION, "tests", "models")).filter((name) => name.endsWith(".mpp"));
    expect(models.length).toBeGreaterThan(1);
    execFileSync(
      bin("vscode-tmgrammar-snap"),
      ["-g", grammar, "-s", "source.mpp", join(EXTENSION, "tests", "models", "*.mpp")],
      { encoding: "utf8" },
    );
  });
});

describe("the package", () => {
  const vsix = join(folder, "mppc.vsix");
  execFileSync(process.execPath, [join(ROOT, "scripts", "vsix.mjs"), vsix], { stdio: "pipe" });
  const unpacked = join(folder, "unpacked");
  execFileSync("python3", ["-m", "zipfile", "-e", vsix, unpacked]);

  it("holds what the extension needs, and nothing else", () => {
    const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1));
    expect(files.sort()).toEqual([
      "[Content_Types].xml",
      "extension.vsixmanifest",
      "extension/LICENSE.txt",
      "extension/dist/extension.cjs",
      "extension/icons/mpp.svg",
      "extension/icons/mppc.png",
      "extension/language-configuration.json",
      "extension/package.json",
      "extension/readme.md",
      "extension/snippets/mpp.json",
      "extension/syntaxes/mpp.tmLanguage.json",
    ]);
  });

  it("is whole: every file that its manifest names is there, and its code needs the editor alone", () => {
    const named = JSON.stringify(manifest).match(/"\.\/[^"]+"/g) ?? [];
    expect(named.length).toBeGreaterThan(3);
    for (const path of named)
      expect(existsSync(join(unpacked, "extension", path.slice(1, -1))), path).toBe(true);
    const code = readFileSync(join(unpacked, "extension", "dist", "extension.cjs"), "utf8");
    const required = new Set([...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name));
    const builtin = new Set(builtinModules);
    const foreign = [...required].filter((name) => !builtin.has(name.replace(/^node:/, "")));
    expect(foreign).toEqual(["vscode"]);
    for (const { command } of manifest.contributes.commands) expect(code).toContain(command);
  });

  it("has the version of mppc", () => expect(manifest.version).toBe(VERSION));
});

describe("the program", () => {
  const put = (path: string): string => {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, '#!/bin/sh\necho "$@"\nexit 3\n');
    chmodSync(path, 0o755);
    return path;
  };
  const local = put(join(folder, "project", "node_modules", ".bin", "mppc"));
  const models = join(folder, "project", "models", "deep");
  mkdirSync(models, { recursive: true });

  it("is that of the setting, of the nearest node_modules, or on the path", () => {
    const find = (setting: string, at: string | undefined) =>
      findProgram({ setting, folder: at, platform: "linux" });
    expect(find(" /opt/mppc ", models)).toEqual({ command: "/opt/mppc", shell: false });
    expect(find("", models)).toEqual({ command: local, shell: false });
    expect(find("", "/")).toEqual({ command: "mppc", shell: false });
    expect(find("", undefined)).toEqual({ command: "mppc", shell: false });
  });

  it("is a script on Windows, which a shell starts", () => {
    put(join(folder, "with space", "node_modules", ".bin", "mppc.cmd"));
    const found = findProgram({ setting: "", folder: join(folder, "with space"), platform: "win32" });
    expect(found.shell).toBe(true);
    expect(found.command).toMatch(/^".*with space.*mppc\.cmd"$/);
  });

  it("is told of its end, and of what it says", async () => {
    let heard = "";
    const ears = { hear: (text: string) => void (heard += text), onCancel: () => undefined };
    const program = findProgram({ setting: "", folder: models, platform: "linux" });
    expect(await runProgram(program, ["run", "a b"], models, ears)).toEqual({ code: 3 });
    expect(heard).toBe("run a b\n");
    const missing = await runProgram({ command: "no-such-mppc", shell: false }, [], models, ears);
    expect(missing).toEqual({ code: null, problem: "there is no program 'no-such-mppc'" });
  });

  it("is offered the data that is beside the model", () => {
    const beside = join(folder, "beside");
    mkdirSync(beside);
    for (const name of ["b.csv", "A.JSON", ".hidden.json", "package.json", "notes.md", "model.mpp"])
      writeFileSync(join(beside, name), "");
    expect(dataBeside(join(beside, "model.mpp"))).toEqual([join(beside, "A.JSON"), join(beside, "b.csv")]);
    expect(dataBeside(join(folder, "no such folder", "model.mpp"))).toEqual([]);
  });

  it("stops when it is cancelled", async () => {
    const slow = join(folder, "slow");
    writeFileSync(slow, "#!/bin/sh\nexec sleep 60\n");
    chmodSync(slow, 0o755);
    const ears = { hear: () => undefined, onCancel: (stop: () => void) => void setTimeout(stop, 50) };
    expect((await runProgram({ command: slow, shell: false }, [], folder, ears)).code).not.toBe(0);
  });

  it("is called with arguments that mppc takes", async () => {
    const model = join(folder, "model.mpp");
    writeFileSync(model, "data { real y; }\nmodel { x ~ normal(0, 1); y ~ normal(x, 1); }\n");
    const data = join(folder, "data.json");
    writeFileSync(data, '{ "y": 1 }');
    const run = join(folder, "run of it");
    const quick = ["-K", "5", "--iterations", "2", "--device", "reference", "--quiet"];
    const done = await runCaughtIn(folder, runArguments(model, [data], run, quick));
    expect(done.code, done.err).toBe(0);
    expect((await runCaughtIn(folder, checkArguments(model))).code).toBe(0);
    const reported = await runCaughtIn(folder, reportArguments(run));
    expect(reported.code, reported.err).toBe(0);
    expect(readFileSync(reportIn(run), "utf8")).toMatch(/^<!doctype html>/i);
  });

  it("is shown as one would type it", () => {
    expect(shown({ command: "mppc", shell: false }, ["run", "it's.mpp", "-K", "3"])).toBe(
      "mppc run 'it'\\''s.mpp' -K 3",
    );
  });
});
