// `mppc format` and `prettier --plugin`, as users run them.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { buildProgram, removeProgram } from "../cli/built.js";
import { ROOT } from "../support/javascript.js";
import { runCaughtIn } from "../cli/terminal.js";

const UGLY = "model{x~normal(0,1);y ~ normal( x,exp(x)+square(x) ) ;}\n";
const TIDY = "model {\n  x ~ normal(0, 1);\n  y ~ normal(x, exp(x) + square(x));\n}\n";
const NARROW = "model {\n  x ~ normal(0, 1);\n  y ~ normal(\n    x,\n    exp(x) + square(x)\n  );\n}\n";
const BROKEN = "model {\n  x ~ normal(0, 1)\n}\n";

const folder = mkdtempSync(join(tmpdir(), "mppc-format-"));
const put = (name: string, text: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const run = (...args: string[]) => runCaughtIn(folder, ["format", ...args]);

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("mppc format", () => {
  it("writes what changes, and names it", async () => {
    put("a.mpp", UGLY);
    put("b.mpp", TIDY);
    expect(await run("a.mpp", "b.mpp")).toEqual({ code: 0, out: "a.mpp\n", err: "" });
    expect(read("a.mpp")).toBe(TIDY);
    expect(await run("a.mpp", "b.mpp")).toEqual({ code: 0, out: "", err: "" });
  });

  it("looks into directories, but not into hidden ones and packages, nor at what is ignored", async () => {
    for (const name of [
      "models/a.mpp",
      "models/deep/b.mpp",
      "models/.git/c.mpp",
      "models/node_modules/d.mpp",
    ])
      put(name, UGLY);
    put("models/generated.mpp", UGLY);
    put("models/notes.txt", UGLY);
    put(".prettierignore", "generated.mpp\n");
    expect(await run("models")).toEqual({ code: 0, out: "models/a.mpp\nmodels/deep/b.mpp\n", err: "" });
    expect(read("models/generated.mpp")).toBe(UGLY);
    expect(read("models/.git/c.mpp")).toBe(UGLY);
  });

  it("only lists with --check", async () => {
    put("a.mpp", UGLY);
    put("b.mpp", TIDY);
    expect(await run("--check", ".")).toEqual({ code: 1, out: "a.mpp\n", err: "" });
    expect(read("a.mpp")).toBe(UGLY);
    expect(await run("--check", "b.mpp")).toEqual({ code: 0, out: "", err: "" });
  });

  it("leaves a file with syntax errors as it is, says what mppc check says, and goes on", async () => {
    put("a.mpp", BROKEN);
    put("b.mpp", UGLY);
    const { code, out, err } = await run(".");
    const check = await runCaughtIn(folder, ["check", "a.mpp"]);
    expect(err).toContain("[E01");
    expect({ code, out, err }).toEqual({ code: 1, out: "b.mpp\n", err: check.err });
    expect(read("a.mpp")).toBe(BROKEN);
    expect(read("b.mpp")).toBe(TIDY);
  });

  it("takes width and indentation from .prettierrc and .editorconfig", async () => {
    put("narrow/.prettierrc", '{ "printWidth": 30 }');
    put("narrow/a.mpp", UGLY);
    put("tabs/.editorconfig", "root = true\n[*.mpp]\nindent_style = tab\n");
    put("tabs/a.mpp", UGLY);
    expect((await run(".")).code).toBe(0);
    expect(read("narrow/a.mpp")).toBe(NARROW);
    expect(read("tabs/a.mpp")).toBe(TIDY.replaceAll("  ", "\t"));
  });

  it.each([
    ["printWidth", '"wide"', "a whole number"],
    ["tabWidth", "-1", "a whole number"],
    ["useTabs", '"yes"', "true or false"],
    ["endOfLine", '"lfcr"', "auto or one of lf, crlf, cr"],
  ])("refuses a configuration whose %s is %s", async (option, value, wanted) => {
    put("odd/.prettierrc", `{ "${option}": ${value} }`);
    put("odd/a.mpp", UGLY);
    const { code, err } = await run(".");
    expect(code).toBe(2);
    expect(err).toContain("[E1001]");
    expect(err).toContain(`'${option}' is ${value}, and must be ${wanted}`);
    expect(read("odd/a.mpp")).toBe(UGLY);
  });

  it("writes through links, keeps permissions, and leaves nothing beside the file", async () => {
    put("a.mpp", UGLY);
    chmodSync(join(folder, "a.mpp"), 0o640);
    symlinkSync("a.mpp", join(folder, "link.mpp"));
    expect((await run("link.mpp")).code).toBe(0);
    expect(lstatSync(join(folder, "link.mpp")).isSymbolicLink()).toBe(true);
    expect(read("a.mpp")).toBe(TIDY);
    expect(statSync(join(folder, "a.mpp")).mode & 0o777).toBe(0o640);
    expect((await run("--check", ".")).out).toBe("");
  });

  it("says which file is not there", async () => {
    const { code, err } = await run("missing.mpp");
    expect(code).toBe(2);
    expect(err).toContain("[E0801]");
  });
});

describe("the built program", () => {
  const main = buildProgram();
  const plugin = join(dirname(dirname(main)), "format", "prettier.js");
  const prettier = join(ROOT, "node_modules", "prettier", "bin", "prettier.cjs");
  afterAll(() => removeProgram(main));
  const node = (args: readonly string[], input: string): string =>
    execFileSync(process.execPath, args, { cwd: folder, input, encoding: "utf8" });

  it("formats standard input", () => {
    expect(node([main, "format", "-"], UGLY)).toBe(TIDY);
    put(".prettierrc", '{ "printWidth": 30 }');
    expect(node([main, "format", "-", "--stdin-filepath", "a.mpp"], UGLY)).toBe(NARROW);
  });

  it("holds a plugin for prettier, with its own line width where nothing is configured", () => {
    const long = `model {\n  y ~ normal(${"x + ".repeat(18)}x, 1);\n}\n`;
    expect(node([prettier, "--plugin", plugin, "--stdin-filepath", "a.mpp"], UGLY)).toBe(TIDY);
    expect(long.split("\n")[1]?.length).toBeGreaterThan(80);
    expect(node([prettier, "--plugin", plugin, "--stdin-filepath", "a.mpp"], long)).toBe(long);
    expect(() =>
      execFileSync(process.execPath, [prettier, "--plugin", plugin, "--stdin-filepath", "a.mpp"], {
        cwd: folder,
        input: BROKEN,
        encoding: "utf8",
        stdio: "pipe",
      }),
    ).toThrow(/SyntaxError: expected ';' after this statement \(2:19\)/);
  });

  it("is exported as mppc/prettier", () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      exports: Record<string, string>;
    };
    expect(exports["./prettier"]).toBe("./dist/format/prettier.js");
  });
});
