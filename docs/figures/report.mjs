// Draws docs/figures/report.png: the head of a report on the radon example, as a browser shows it.
//   npm run figures:report
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";
import { findBrowser } from "../../scripts/browser.mjs";

const ROOT = join(import.meta.dirname, "..", "..");
const [WIDTH, HEIGHT] = [1160, 900];
/** Sections that stand side by side in the picture, each from its own heading. */
const SECTIONS = ["model", "densities"];

const browser = await findBrowser();
if (browser === null) {
  console.error("no Chromium was found; npm run browser gets one");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "mppc-figure-"));
const mppc = (...args) =>
  execFileSync(process.execPath, [join(ROOT, "dist", "cli", "main.js"), ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
try {
  const run = join(folder, "radon-run");
  mppc("run", "examples/radon/radon.mpp", "--data", "examples/radon/data.json", "--output", run, "--quiet");
  mppc("report", run);
  const chromium = await puppeteer.launch({
    executablePath: browser.file,
    env: { ...process.env, ...browser.env },
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const page = await chromium.newPage();
  await page.setViewport({ width: WIDTH, height: HEIGHT });
  await page.goto(pathToFileURL(join(run, "report.html")).href);
  await page.waitForSelector("html[data-charts=drawn]");
  // The parts between would make the picture too tall.
  await page.addStyleTag({
    content: `section:not(${SECTIONS.map((id) => `#${id}`).join(", ")}), .save { display: none }`,
  });
  const height = await page.evaluate(
    () => document.querySelector("#densities").getBoundingClientRect().bottom,
  );
  const clip = { x: 0, y: 0, width: WIDTH, height: Math.ceil(height) };
  await page.screenshot({ path: join(import.meta.dirname, "report.png"), clip, captureBeyondViewport: true });
  await chromium.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
