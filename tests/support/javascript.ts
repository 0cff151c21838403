// Plain JavaScript of sources, for tests that need a process of their own to run it in; types are checked elsewhere.
import { buildSync } from "esbuild";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Writes sources as JavaScript below `folder`, where they stand in relation to each other as they do below `base`. */
export function writeJavaScript(folder: string, base: string, sources: readonly string[]): void {
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: [...sources],
    outbase: base,
    outdir: folder,
    format: "esm",
    target: "es2023",
    logLevel: "error",
  });
}
