// A headless Chromium for tests: the one that `npm run browser` has put into the cache, or the system's.
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import puppeteer, { type Browser } from "puppeteer-core";
import { softwareVulkanDirectory } from "../../src/runtime/vulkan.js";

type Found = { readonly file: string; readonly env: Readonly<Record<string, string>> };

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Null where there is none. */
export function findBrowser(): Found | null {
  const manifest = join(dirname(softwareVulkanDirectory()), "chromium", "install.json");
  if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, "utf8")) as Found;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const file = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
  return file === undefined ? null : { file, env: {} };
}

/** Without a sandbox, as tests may run as root; pages are our own. */
export const openBrowser = ({ file, env }: Found): Promise<Browser> =>
  puppeteer.launch({
    executablePath: file,
    env: { ...process.env, ...env },
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
