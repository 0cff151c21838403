// Reports as a browser shows them, without a network: every chart is drawn, nothing is fetched, nothing goes wrong.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCaught } from "../cli/terminal.js";
import { findBrowser, openBrowser } from "./browser.js";

const EXAMPLES = ["radon", "eight_schools"] as const;

const found = findBrowser();
if (found === null && process.env["CI"] === "true")
  throw new Error("no Chromium was found, which continuous integration needs: npm run browser");
if (found === null)
  console.warn("SKIPPED: reports in a browser, as no Chromium was found (npm run browser gets one)");

type Opened = { readonly page: Page; readonly requests: string[]; readonly complaints: string[] };

let browser: Browser;
let folder = "";

/** A page whose charts are drawn, with what it asked for and complained of meanwhile. */
async function open(example: string, width = 1280, scheme = "light"): Promise<Opened> {
  const page = await browser.newPage();
  await page.setOfflineMode(true);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  const [requests, complaints]: [string[], string[]] = [[], []];
  page.on("request", (request) => void requests.push(request.url()));
  page.on("console", (message) => void complaints.push(message.text()));
  page.on("pageerror", (problem) => void complaints.push(String(problem)));
  await page.goto(pathToFileURL(join(folder, `${example}.html`)).href);
  await page.waitForSelector("html[data-charts=drawn]", { timeout: 50_000 });
  return { page, requests, complaints };
}

/** Pixels of a screenshot that are not of the page's background. */
async function inked(page: Page): Promise<number> {
  const shot = await page.screenshot({ encoding: "base64" });
  const viewer = await browser.newPage();
  const share = await viewer.evaluate(`(async () => {
    const image = await createImageBitmap(await (await fetch("data:image/png;base64,${shot}")).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let other = 0;
    for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - data[0]) > 24) other++;
    return other / (data.length / 4);
  })()`);
  await viewer.close();
  return Number(share);
}

/** What an expression is there; a text, as the tests' own types know no pages. */
const ask = (page: Page, expression: string): Promise<unknown> => page.evaluate(expression);
/** The texts of the elements that a selector finds. */
const texts = async (page: Page, selector: string): Promise<readonly string[]> =>
  (await ask(
    page,
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((e) => e.textContent)`,
  )) as string[];
const count = async (page: Page, selector: string): Promise<number> => (await texts(page, selector)).length;

describe.skipIf(found === null)("a report in a browser", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mppc-report-browser-"));
    for (const name of EXAMPLES) {
      const files = [`examples/${name}/${name}.mpp`, "--data", `examples/${name}/data.json`];
      const settings = ["--device", "reference", "-K", "4", "--iterations", "3", "--draws", "200", "--quiet"];
      await runCaught(["run", ...files, ...settings, "--output", join(folder, name)]);
      const { code, err } = await runCaught([
        "report",
        join(folder, name),
        "--output",
        join(folder, `${name}.html`),
      ]);
      expect(code, err).toBe(0);
    }
    if (found !== null) browser = await openBrowser(found);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(EXAMPLES)("of %s has every chart drawn, fetches nothing and does not complain", async (name) => {
    const { page, requests, complaints } = await open(name);
    const charts = Object.keys((JSON.parse(/id="report-data">(.*?)<\/script>/s.exec(readFileSync(join(folder, `${name}.html`), "utf8"))?.[1] ?? "{}") as { charts: object }).charts); // prettier-ignore
    expect(charts.length).toBeGreaterThan(10);
    const marks = ":is(.mark-area, .mark-line, .mark-symbol, .mark-rect, .mark-rule) :is(path, line)";
    const drawn = await page.evaluate(
      `${JSON.stringify(charts)}.map((id) => [id, document.querySelectorAll(\`#\${id} svg\`).length, document.querySelectorAll(\`#\${id} svg ${marks}\`).length > 0])`,
    );
    expect(drawn).toEqual(charts.map((id) => [id, 1, true]));
    expect(await count(page, ".failed")).toBe(0);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
    expect(requests.filter((url) => url.startsWith("file:"))).toHaveLength(1);
    expect(await inked(page)).toBeGreaterThan(0.01);
    await page.close();
  });

  it("sorts, filters and turns over its table", async () => {
    const { page } = await open("radon");
    const column = async (place: number): Promise<number[]> =>
      (await texts(page, `#table tbody tr > :nth-child(${place})`)).map(Number);
    const showing = (): Promise<unknown> => ask(page, 'document.getElementById("table-count").textContent');
    expect(await count(page, "#table tbody tr")).toBe(25);
    await page.click("#table thead th:nth-child(3) button");
    const descending = await column(3);
    expect(descending).toEqual([...descending].sort((a, b) => b - a));
    expect(await count(page, "#table thead th:nth-child(3)[aria-sort=descending]")).toBe(1);
    await page.click("#table thead th:nth-child(3) button");
    const ascending = await column(3);
    expect(ascending).toEqual([...ascending].sort((a, b) => a - b));
    expect(ascending[0]).toBeLessThan(descending[0] ?? 0);
    await page.type("#table-filter", "beta_u[");
    expect(await count(page, "#table tbody tr")).toBe(4);
    expect(await showing()).toBe("1 to 4 of 4");
    await ask(page, 'document.getElementById("table-filter").value = ""');
    await page.type("#table-filter", "log_radon_rep");
    await page.click("#table-after");
    expect(await showing()).toBe("26 to 50 of 600");
    await page.close();
  });

  it("draws the pair that is chosen", async () => {
    const { page, complaints } = await open("eight_schools");
    await page.select("#pair-x", "tau");
    await page.select("#pair-y", "theta[3]");
    await page.waitForFunction(
      `document.querySelector("#pair-choice svg")?.textContent.includes("theta[3]")`,
    );
    const axes = await texts(page, "#pair-choice .role-axis-title");
    expect(axes).toEqual(["tau", "theta[3]"]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("leaves the prior out of the densities when asked", async () => {
    const { page, complaints } = await open("eight_schools");
    const shown = (): Promise<unknown> =>
      ask(
        page,
        `[...document.querySelectorAll("#densities .prior_marks")].map((e) => getComputedStyle(e).display)`,
      );
    expect(await shown()).toEqual(Array(4).fill("inline"));
    await page.click("#show-prior");
    expect(await shown()).toEqual(Array(4).fill("none"));
    await page.click("#show-prior");
    expect(await shown()).toEqual(Array(4).fill("inline"));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("is light on paper, whatever the screen", async () => {
    const { page } = await open("eight_schools", 1280, "dark");
    const colours = (): Promise<unknown> =>
      ask(page, `["--paper", "--ink", "--main"].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name))`); // prettier-ignore
    expect(await colours()).toEqual(["#14171b", "#e7eaee", "#56b4e9"]);
    await page.emulateMediaType("print");
    expect(await colours()).toEqual(["#ffffff", "#000000", "#0072b2"]);
    await page.close();
  });

  it.each([
    [390, "light"],
    [1280, "dark"],
  ])("fits a page %i pixels wide, %s", async (width, scheme) => {
    const { page, complaints } = await open("radon", width, scheme);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(background).toBe(scheme === "dark" ? "rgb(20, 23, 27)" : "rgb(255, 255, 255)");
    expect(complaints).toEqual([]);
    await page.close();
  });
});
