// What `mppc report` does: reads a finished run's directory and writes its report.
import { createRequire } from "node:module";
import { join } from "node:path";
import { byteSize } from "../../amounts.js";
import { reportPage, type PageAssets } from "../../report/page.js";
import { packageFolder } from "../../stdlib.js";
import type { ReportOptions } from "../commands/report.js";
import { printDiagnostics } from "../failures.js";
import { readText, writeAtomically } from "../files.js";
import { openInBrowser } from "../open-in-browser.js";
import { readRun } from "../report-input.js";
import type { Terminal } from "../terminal.js";

export async function report(directory: string, options: ReportOptions, terminal: Terminal): Promise<void> {
  const { run, diagnostics } = await readRun(directory, terminal);
  const page = reportPage(run, readAssets());
  const path = options.output ?? join(directory, "report.html");
  writeAtomically(path, page);
  printDiagnostics(diagnostics, terminal);
  terminal.out(`the report is in ${path} (${byteSize(Buffer.byteLength(page))})\n`);
  const problem = options.open === true ? await openInBrowser(path) : null;
  if (problem !== null) printDiagnostics([problem], terminal);
}

/** Charts are drawn by Vega-Lite; its parts as they are built for pages, in the order in which they need each other. */
const LIBRARIES = ["vega", "vega-lite", "vega-embed"] as const;

function readAssets(): PageAssets {
  const own = (file: string): string => readText(join(packageFolder(), "assets", "report", file)).text;
  const { resolve } = createRequire(import.meta.url);
  const built = (name: string): string => {
    // The package's own folder: what it exports is for programs, not for pages.
    const entry = resolve(name);
    const within = join("node_modules", name);
    const folder = entry.slice(0, entry.lastIndexOf(within) + within.length);
    return readText(join(folder, "build", `${name}.min.js`)).text;
  };
  return { style: own("report.css"), script: own("report.mjs"), libraries: LIBRARIES.map(built) };
}
