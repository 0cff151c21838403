// `mppc report` on runs of small models: where it writes, what it reads, and what it does without.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCaughtIn, type Caught } from "../cli/terminal.js";

const MODEL = `data { plate groups; plate items in groups; real y[items]; }
model {
  m ~ normal(0, 1); // </script><script>window.wrong = true</script>
  plate groups { t ~ normal(m, 1); plate items { y ~ normal(t, 1); } }
}
generated { plate groups { plate items { real y_rep ~ normal(t, 1); } } }
`;
const DATA = JSON.stringify({ y: [[0.5, 1.25], [null, -0.5, 2], [1]] }); // prettier-ignore

let folder = "";
const cli = (line: string): Promise<Caught> => runCaughtIn(folder, line.split(" "));
const page = (file: string): string => readFileSync(join(folder, file), "utf8");

/** The page's data: charts by their ids, and the table's rows. */
type PageData = {
  readonly charts: Readonly<
    Record<string, { readonly data?: { readonly values: readonly Record<string, unknown>[] } }>
  >;
  readonly rows: readonly (readonly [string, ...number[]])[];
};
type Layer = { readonly data: { readonly values: readonly Readonly<Record<string, number>>[] } };
const dataOf = (html: string): PageData =>
  JSON.parse(/id="report-data">(.*?)<\/script>/s.exec(html)?.[1] ?? "null") as PageData;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mppc-report-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(join(folder, "data.json"), DATA);
  const { code, err } = await cli("run model.mpp --data data.json --device reference -K 6 --iterations 6 --draws 120 --output fit --quiet"); // prettier-ignore
  expect(err).not.toContain("error");
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("mppc report", () => {
  it("writes one page into the run's directory, and says how large it is", async () => {
    const { code, out, err } = await cli("report fit");
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/^the report is in fit\/report\.html \(\d+(\.\d)? [KM]iB\)\n$/);
    const html = page("fit/report.html");
    expect(html.includes("<script>window.wrong")).toBe(false);
    const own = html.slice(0, html.indexOf('id="report-data"'));
    expect(own.match(/(?:src|href)="(?!#)/g)).toBeNull();
    for (const id of [
      "model",
      "posterior",
      "intervals",
      "densities",
      "pairs",
      "checks",
      "trace",
      "weights",
      "leave-one-out",
      "contraction",
      "reproduce",
    ])
      expect(html.includes(`<section id="${id}"`)).toBe(true);
    expect(html.includes("mppc run model.mpp -K 6")).toBe(true);
    expect(html.includes("items (6)")).toBe(true);
  });

  it("shows the numbers of the run", () => {
    const { rows } = dataOf(page("fit/report.html"));
    const summary = page("fit/summary.csv").trim().split("\n").slice(1);
    expect(rows).toHaveLength(summary.length);
    const [name, mean] = summary[0]?.split(",") ?? [];
    expect(rows[0]?.[0]).toBe(name);
    expect(rows[0]?.[1]).toBeCloseTo(Number(mean), 4);
  });

  it("puts each observation beside its own predictions, missing ones left out", () => {
    const { charts } = dataOf(page("fit/report.html"));
    const values = charts["check-intervals-0"]?.data?.values ?? [];
    const observed = new Map(values.map(({ n, o }) => [n, o]));
    expect([...observed].sort()).toEqual([["y[1,1]", 0.5], ["y[1,2]", 1.25], ["y[2,2]", -0.5], ["y[2,3]", 2], ["y[3,1]", 1]]); // prettier-ignore
    const [header = "", ...draws] = page("fit/draws.csv").trim().split("\n");
    const names = [...header.matchAll(/"([^"]*)"|([^,]+)/g)].map((m) => m[1] ?? m[2]);
    const column = names.indexOf("y_rep[2,3]");
    const sorted = draws.map((line) => Number(line.split(",")[column])).sort((a, b) => a - b);
    const median = ((sorted[59] ?? 0) + (sorted[60] ?? 0)) / 2;
    expect(values.find(({ n }) => n === "y[2,3]")?.["m"]).toBeCloseTo(median, 3);
  });

  it("writes elsewhere when asked", async () => {
    expect((await cli("report fit --output other.html")).code).toBe(0);
    expect(page("other.html") === page("fit/report.html")).toBe(true);
  });

  it("does without data that has changed, and without a model that has, and says so", async () => {
    writeFileSync(join(folder, "data.json"), DATA.replace("0.5", "0.75"));
    const other = await cli("report fit --output without-data.html");
    expect(other.err).toContain("warning[W1122]: the data of the run, 'y', is not there any more as it was");
    expect(page("without-data.html").includes("y_rep beside y")).toBe(false);
    expect(page("without-data.html").includes("What this report leaves out")).toBe(true);
    writeFileSync(join(folder, "model.mpp"), MODEL.replace("// ", "// changed "));
    const changed = await cli("report fit --output without-model.html");
    expect(changed.code).toBe(0);
    expect(changed.err).toContain("warning[W1121]: 'model.mpp' is not there any more as it was");
    expect(page("without-model.html").includes('<section id="model"')).toBe(false);
    expect(page("without-model.html").includes('<section id="densities"')).toBe(true);
  });

  it("checks data that the model has no prediction of, with what the prior says of it and of latents", async () => {
    writeFileSync(
      join(folder, "plain.mpp"),
      `data { plate items; real y[items]; real<lower=0> w; }
      model { m ~ normal(0, 5); plate items { y ~ normal(m, 1); } real log_w = log(w); log_w ~ normal(m, 1); }\n`,
    );
    writeFileSync(join(folder, "plain.json"), '{"y": [3, 3.5, 2.5, 3, 4, 2, 3.5, 2.5, null], "w": 2}');
    await cli("run plain.mpp --data plain.json --device reference -K 10 --iterations 10 --draws 300 --output plain --quiet"); // prettier-ignore
    const { code, err } = await cli("report plain");
    expect(err).toBe("");
    expect(code).toBe(0);
    const html = page("plain/report.html");
    expect(html.includes("The model drew y anew")).toBe(true);
    expect(html.includes("a predictive check: &#39;log_w&#39; is computed from data")).toBe(true);
    const { charts } = dataOf(html);
    const intervals = charts["check-intervals-0"]?.data?.values ?? [];
    expect(intervals).toHaveLength(8);
    // N(m, 1) given a posterior mean of m near 2.7: the median of its replications.
    for (const { m } of intervals) expect(Math.abs(Number(m) - 2.7)).toBeLessThan(0.6);
    const layers = (id: string): readonly Layer[] => (charts[id] as { layer?: readonly Layer[] }).layer ?? [];
    // The prior is wide, and as flat as N(0, 5) is between 1 and 4: its density there is 0.06 to 0.08.
    const prior = layers("density-0")[0]?.data.values ?? [];
    expect(prior.length).toBeGreaterThan(20);
    for (const { x = NaN, d = NaN } of prior)
      if (x > 1 && x < 4) expect(Math.abs(d - 0.07)).toBeLessThan(0.03);
    const reach = (id: string): number => {
      const all = layers(id)[0]?.data.values.map(({ x = NaN }) => x) ?? [];
      return Math.max(...all) - Math.min(...all);
    };
    expect(reach("check-prior-0")).toBeGreaterThan(2 * reach("check-overlay-0"));
  });

  it("opens in a browser when asked, or says why it does not", async () => {
    const path = process.env["PATH"];
    const bin = join(folder, "bin");
    mkdirSync(bin);
    const opener = (text: string): void =>
      writeFileSync(join(bin, "xdg-open"), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    try {
      process.env["PATH"] = bin;
      const none = await cli("report plain --open");
      expect(none.code).toBe(0);
      expect(none.err).toContain("warning[W1123]: 'plain/report.html' was not opened in a browser: xdg-open is not installed"); // prettier-ignore
      opener("exit 3");
      expect((await cli("report plain --open")).err).toContain("xdg-open ended with exit code 3");
      opener(`printf %s "$1" > ${join(folder, "opened")}`);
      const opened = await cli("report plain --open");
      expect(opened.err).toBe("");
      expect(page("opened")).toBe(join(realpathSync(folder), "plain", "report.html"));
    } finally {
      process.env["PATH"] = path;
    }
  });

  it("is of finished runs alone", async () => {
    rmSync(join(folder, "fit", "result.json"));
    const { code, err } = await cli("report fit --output none.html");
    expect(code).toBe(2);
    expect(err).toContain("error[E0845]: 'fit' holds no finished run");
    expect(existsSync(join(folder, "none.html"))).toBe(false);
  });
});
