// Packages the extension of Visual Studio Code: `npm run vsix` makes editors/vscode/mppc.vsix.
// With an argument, writes the package there.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const extension = join(root, "editors", "vscode");
const target = process.argv[2] ?? join(extension, "mppc.vsix");

await build({
  entryPoints: [join(extension, "src", "extension.ts")],
  outfile: join(extension, "dist", "extension.cjs"),
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  minify: true,
  logLevel: "warning",
});
const vsce = createRequire(import.meta.url).resolve("@vscode/vsce/vsce");
execFileSync(
  process.execPath,
  [
    vsce,
    "package",
    "--no-dependencies",
    "--skip-license",
    "--allow-missing-repository",
    "--out",
    resolve(target),
  ],
  { cwd: extension, stdio: "inherit" },
);
rmSync(join(extension, "dist"), { recursive: true });
