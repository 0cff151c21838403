// The report as one HTML file that needs nothing else: sections, data, style, scripts, and a policy that forbids the rest.
import { createHash } from "node:crypto";
import { CHART_CONFIG, type Section } from "./chart.js";
import { Markup, markup, scriptJson } from "./markup.js";
import { predictionsOf, shownQuantities } from "./quantities.js";
import type { RunRecord } from "./run-record.js";
import { checks } from "./sections/checks.js";
import { densities } from "./sections/densities.js";
import { headline } from "./sections/headline.js";
import { intervals } from "./sections/intervals.js";
import { leaveOneOut } from "./sections/leave-one-out.js";
import { contraction, modelGraph } from "./sections/model.js";
import { pairs } from "./sections/pairs.js";
import { reproduce } from "./sections/reproduce.js";
import { summaryTable, tableRows, type TableRow } from "./sections/summary.js";
import { trace } from "./sections/trace.js";
import { weights } from "./sections/weights.js";

/** What the page is made with, as text: its own style and script, and the libraries that draw its charts, in their order. */
export type PageAssets = {
  readonly style: string;
  readonly script: string;
  readonly libraries: readonly string[];
};

/** The whole page. */
export function reportPage(run: RunRecord, assets: PageAssets): string {
  const rows = tableRows(run.summary);
  const sections = reportSections(run, rows);
  const data = {
    config: CHART_CONFIG,
    charts: Object.fromEntries(sections.flatMap(({ charts }) => charts.map(({ id, spec }) => [id, spec]))),
    rows,
  };
  const libraries = assets.libraries.map(inScript);
  const script = inScript(assets.script);
  // Only these scripts run, whatever else should come to stand in the page, and nothing is fetched.
  const policy = [
    "default-src 'none'",
    `script-src ${[...libraries, script].map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`).join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="mppc">
<title>${run.model.name}: report of an mppc run</title>
<style>${new Markup(assets.style)}</style>
</head>
<body>
<a class="skip" href="#posterior">Skip to the posterior</a>
${headline(run)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main>
<noscript><p class="verdict bad">Charts are drawn by JavaScript, which is off. Tables and the model's graph are here without it.</p></noscript>
${sections.map(({ id, title, body }) => markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`)}
</main>
<footer><p>Made by mppc ${run.versions.find(([name]) => name === "mppc")?.[1] ?? ""}.</p></footer>
<script type="application/json" id="report-data">${new Markup(scriptJson(data))}</script>
${libraries.map((text) => markup`<script>${new Markup(text)}</script>`)}
<script type="module">${new Markup(script)}</script>
</body>
</html>
`;
  return page.text;
}

/** The parts of a report that this run has something for, in the order of the page. */
export function reportSections(
  run: RunRecord,
  rows: readonly TableRow[] = tableRows(run.summary),
): readonly Section[] {
  const all = shownQuantities(run.summary, predictionsOf(run));
  const latents = run.knownModel === null ? null : new Set(run.knownModel.latents);
  return [
    modelGraph(run),
    summaryTable(run, rows),
    intervals(all),
    densities(all, run.draws, run.prior),
    pairs(all, run.draws, latents),
    checks(run),
    trace(run),
    weights(run),
    leaveOneOut(run),
    contraction(run),
    reproduce(run),
  ].filter((section) => section !== null);
}

/** A script's text, in which nothing ends its element. */
const inScript = (text: string): string =>
  text.replaceAll(/<\/(script)/gi, "<\\/$1").replaceAll("<!--", "<\\!--");
