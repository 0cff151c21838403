// `mppc report` on runs of small models: where it writes, what it reads, and what it does without.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

  it("is of finished runs alone", async () => {
    rmSync(join(folder, "fit", "result.json"));
    const { code, err } = await cli("report fit --output none.html");
    expect(code).toBe(2);
    expect(err).toContain("error[E0845]: 'fit' holds no finished run");
    expect(existsSync(join(folder, "none.html"))).toBe(false);
  });
});
