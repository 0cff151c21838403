// The report's page: nothing from the user's files is taken for markup, its policy lets its own scripts run and no others,
// its charts are specifications that Vega-Lite takes, and it stays small whatever the run.
import { createHash } from "node:crypto";
import { compile, type TopLevelSpec } from "vega-lite";
import { describe, expect, it } from "vitest";
import { CHART_CONFIG } from "../../src/report/chart.js";
import { escapeText, markup, scriptJson } from "../../src/report/markup.js";
import { reportPage, reportSections } from "../../src/report/page.js";
import { MOST_ROWS } from "../../src/report/sections/summary.js";
import type { RunRecord } from "../../src/report/run-record.js";
import { numbers, record } from "./record.js";

const ASSETS = { style: "b {}", script: "const a = 1;", libraries: ['const b = "</script><!--";'] };
const page = reportPage(record(3), ASSETS);

describe("text from the user's files", () => {
  it("is escaped wherever it stands", () => {
    expect(escapeText(`<a href="x" title='y'>&`)).toBe("&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
    expect(markup`<b>${"<i>"}</b>${[markup`<u>`, null, 3]}`.text).toBe("<b>&lt;i&gt;</b><u>3");
    expect(scriptJson("</script><!--\u2028")).toBe(String.raw`"\u003c/script\u003e\u003c!--\u2028"`);
    expect(JSON.parse(scriptJson({ a: "</script>" }))).toEqual({ a: "</script>" });
  });

  it("never becomes an element or a script", () => {
    for (const made of ["<script>alert", "<i>model", "<b>]", "<somebody>"]) expect(page).not.toContain(made);
    expect(page).toContain("a &lt;i&gt;model&lt;/i&gt;");
    // Two scripts of ours, one library and the data: each ends once.
    expect(page.match(/<\/script/g)).toHaveLength(3);
  });
});

describe("the policy of the page", () => {
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll("&#39;", "'") ?? "";

  it("allows no source but what stands in it", () => {
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/http|unsafe-eval|script-src[^;]*unsafe-inline|\*/);
  });

  it("knows each script by its hash", () => {
    const scripts = [...page.matchAll(/<script(?: type="module")?>([\s\S]*?)<\/script>/g)].map(
      ([, text = ""]) => text,
    );
    expect(scripts).toHaveLength(2);
    for (const text of scripts)
      expect(policy).toContain(`'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  });
});

describe("charts", () => {
  const charts = reportSections(record(60)).flatMap((section) => section.charts);

  it("are of every part", () => {
    const parts = new Set(charts.map(({ id }) => id.replace(/-.*$/, "")));
    expect([...parts].sort()).toEqual(["check", "density", "group", "interval", "loo", "pair", "trace"]);
    expect(new Set(charts.map(({ id }) => id)).size).toBe(charts.length);
    for (const { id } of charts) expect(reportPage(record(60), ASSETS)).toContain(`id="${id}"`);
  });

  it("are taken by Vega-Lite without a warning", () => {
    for (const { id, spec } of charts) {
      const said: string[] = [];
      const hear = (...args: unknown[]) => (said.push(args.join(" ")), logger);
      const logger = {
        level: () => logger,
        warn: hear,
        error: hear,
        info: () => logger,
        debug: () => logger,
      };
      compile({ ...spec, config: CHART_CONFIG } as unknown as TopLevelSpec, { logger: logger as never });
      expect(said, id).toEqual([]);
    }
  });
});

describe("a report of what there is", () => {
  it("has the prior behind the densities, where there are draws from it", () => {
    const layers = (run: RunRecord): readonly unknown[] =>
      reportSections(run)
        .flatMap(({ charts }) => charts)
        .filter(({ id }) => id.startsWith("density-"))
        .map(({ spec }) => (spec["layer"] as { name?: string }[] | undefined)?.map(({ name }) => name));
    expect(layers(record(3))).toEqual([["prior", undefined], ["prior", undefined]]); // prettier-ignore
    expect(reportPage(record(3), ASSETS).includes('id="show-prior"')).toBe(true);
    expect(layers(record(3, { prior: null }))).toEqual([undefined, undefined]);
    expect(reportPage(record(3, { prior: null }), ASSETS).includes("show-prior")).toBe(false);
  });

  it("does without model, draws, checks and trace", () => {
    const bare = record(2, {
      knownModel: null,
      draws: null,
      prior: null,
      checks: [],
      trace: [],
      leaveOneOut: null,
      heldOut: null,
      groups: [],
      remarks: ["the model has gone"],
    });
    expect(reportSections(bare).map(({ id }) => id)).toEqual(["posterior", "intervals", "reproduce"]);
    expect(reportPage(bare, ASSETS)).toContain("the model has gone");
  });

  it("tells warnings before anything else", () => {
    const bad = reportPage(record(1, { warnings: [{ code: "W0901", message: "k is <high>" }] }), ASSETS);
    expect(bad.indexOf("k is &lt;high&gt;")).toBeGreaterThan(0);
    expect(bad.indexOf("k is &lt;high&gt;")).toBeLessThan(bad.indexOf("<nav"));
    expect(bad).not.toContain("No warnings");
  });

  it("is small for hundreds of thousands of latents, and says what it leaves out", () => {
    const many = 300_000;
    const values = numbers(many);
    const { summary } = record(0);
    const rows = Array.from(values, (x, i) => ({
      name: `theta[${i + 1}]`,
      mean: x,
      sd: 1,
      mcse_mean: 0.01,
      q5: x - 1.7,
      q50: x,
      q95: x + 1.7,
      ess: 300,
    }));
    const large = reportPage(record(0, { summary: [...summary, ...rows] }), ASSETS);
    expect(large.length).toBeLessThan(5e6);
    expect(large).toContain(`Left out: ${(many + 1 - MOST_ROWS).toLocaleString("en-US")} of 300,001 rows`);
  });
});
